// The other half: definitions for the first, and static names that it has too.
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __weak __attribute__((weak))

struct value { u64 count; struct value *next; int last; };

extern struct {
	int (*type)[1];
	int (*max_entries)[16];
	u32 *key;
	struct value *value;
} counts __attribute__((section(".maps")));

struct {
	int (*type)[2];
	int (*max_entries)[4];
	u32 *key;
	u64 *value;
} numbers SEC(".maps");

int limit = 11;
const int step = 5;
extern int total;
int chosen = 2;
static int hits = 30;
static const volatile char greeting[] = "two";

static __attribute__((noinline)) int own(int a) { hits += a; return greeting[a & 3]; }

int add(int a, int b) { return a + b + own(a); }
int pick(int a) { return a + 100; }
extern int twice(int a);

SEC("socket") int second(void *ctx)
{
	u32 key = 2;
	u64 *number = ((void *(*)(void *, const void *))1)(&numbers, &key);
	struct value *value = ((void *(*)(void *, const void *))1)(&counts, &key);
	if (value && number)
		value->count += *number;
	return add(total, chosen) + twice(1) + pick(4);
}

char _license[] SEC("license") = "GPL";
