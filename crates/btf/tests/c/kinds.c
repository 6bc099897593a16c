/* One type of every kind, for differential tests of the reader. */
typedef unsigned int u32;
typedef unsigned long long u64;
typedef _Bool boolean;

enum small { SMALL_A, SMALL_B = 7, SMALL_C = 0x7fffffff };
enum negative { NEGATIVE_A = -1, NEGATIVE_B = 5 };
enum big { BIG_A = 0xffffffffff, BIG_B = 1 };
enum big_negative { BIG_NEGATIVE_A = -0x10000000000, BIG_NEGATIVE_B = 1 };
enum __attribute__((packed)) tiny { TINY_A, TINY_B };

struct declared;
union declared_union;

struct bits {
	u32 a : 3;
	int b : 5;
	enum small c : 4;
	u32 : 7;
	boolean d : 1;
	u64 e : 40;
	char after;
};

struct packed {
	char a;
	u64 b;
	short c;
} __attribute__((packed));

struct aligned {
	char a;
	char b __attribute__((aligned(64)));
	int c;
} __attribute__((aligned(128)));

struct nested {
	int kind;
	union {
		struct {
			int x, y;
		};
		u64 xy;
		struct packed p;
	};
	struct {
		int inner;
	} named[3];
	enum { UNNAMED_A = 40, UNNAMED_B } unnamed;
	struct declared *d;
	union declared_union *du;
	int (*callback)(struct nested *, const char *fmt, ...);
	const volatile int *const cv;
	char *__restrict r;
	void (*handlers[4])(void);
	char (*matrix)[3][5];
	enum tiny t;
	enum big big;
	double number;
	int flexible[];
};

struct node {
	struct node *next;
	struct other *other;
};

struct other {
	struct node node;
	struct nested *nested;
};

#define TAG(x) __attribute__((btf_decl_tag(x)))
#define TYPE_TAG(x) __attribute__((btf_type_tag(x)))

struct tagged {
	int TYPE_TAG("user") *pointer;
	int plain TAG("member");
} TAG("whole");

struct bits global_bits;
static volatile u64 counter;
const enum negative constant = NEGATIVE_A;
struct aligned aligned_var;
struct packed packed_var;
struct other other_var;
struct tagged tagged_var;
enum big_negative big_negative_var;
#ifdef NO_EXTERN
#define outside 0
#else
extern const int outside __attribute__((section(".ksyms")));
#endif

struct nested nested_var;

__attribute__((noinline)) static int helper(struct nested *n, int x TAG("param"))
{
	counter += x;
	return n->kind + outside;
}

int entry(struct nested *n) __attribute__((section("socket")));
int entry(struct nested *n)
{
	return helper(n, constant) + (int)counter;
}

char _license[] __attribute__((section("license"))) = "GPL";
