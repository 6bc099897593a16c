// One half of a program: what the other half declares, and what it wants of it.
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))

struct value { u64 count; struct value *next; int last; };

struct {
	int (*type)[1];
	int (*max_entries)[16];
	u32 *key;
	struct value *value;
} counts SEC(".maps");

extern int limit;
extern const int step;
int total = 7;
int __weak chosen = 1;
static int hits = 3;
static const volatile char greeting[] = "one";

extern int add(int a, int b);
int __weak pick(int a) { return a + 1; }
__hidden int twice(int a) { return 2 * a + hits; }

static __attribute__((noinline)) int own(int a) { hits += a; return greeting[a & 3]; }

SEC("socket") int first(void *ctx)
{
	u32 key = 1;
	struct value *value = ((void *(*)(void *, const void *))1)(&counts, &key);
	if (value)
		value->count += limit;
	return add(total, step) + pick(chosen) + own(2) + twice(3);
}

char _license[] SEC("license") = "GPL";
