// Maps: looked up, changed, of all kinds of keys.
#define SEC(x) __attribute__((section(x), used))
#define MIX(sum, v) (sum = sum * 31 + (v))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
typedef unsigned int u32;
typedef unsigned long long u64;
char LICENSE[] SEC("license") = "GPL";
static void *(*const lookup)(void *map, const void *key) = (void *)1;
static long (*const update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*const delete)(void *map, const void *key) = (void *)3;

struct key { u32 a; char b, pad[3]; u64 c; };
struct value { u64 n; char name[12]; u32 more; };
struct { __uint(type, 1); __uint(max_entries, 16); __type(key, struct key); __type(value, struct value); } hash SEC(".maps");
struct { __uint(type, 2); __uint(max_entries, 4); __type(key, u32); __type(value, u64); } array SEC(".maps");
struct inner { __uint(type, 2); __uint(max_entries, 1); __type(key, u32); __type(value, u32); } one SEC(".maps"), two SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 2); __type(key, u32); __array(values, struct inner); } outer SEC(".maps") = { .values = { &one, [1] = &two } };

static __attribute__((noinline)) int add(u32 at, u64 n)
{
	u64 *v = lookup(&array, &at);
	if (!v)
		return -1;
	*v += n;
	return *v;
}

SEC("xdp") int prog(void *ctx)
{
	u64 sum = 1;
	for (u32 i = 0; i < 6; i++) MIX(sum, add(i, i * 3));
	for (u32 i = 0; i < 5; i++) {
		struct key k = { .a = i, .b = 'k', .c = ~0ull - i };
		struct value v = { .n = i * i, .name = "value", .more = i };
		v.name[5] = '0' + i;
		MIX(sum, update(&hash, &k, &v, 0));
	}
	struct key k = { 3, 'k', ~3ull };
	struct value *v = lookup(&hash, &k);
	if (v) { MIX(sum, v->n); MIX(sum, v->name[5]); v->more = 90; struct value copy = *v; copy.n++; *v = copy; MIX(sum, v->n + v->more); }
	MIX(sum, delete(&hash, &k)); MIX(sum, (u32)delete(&hash, &k)); MIX(sum, lookup(&hash, &k) != 0);
	for (u32 i = 0; i < 3; i++) {
		void *in = lookup(&outer, &i);
		if (!in) { MIX(sum, 99); continue; }
		u32 zero = 0, *n = lookup(in, &zero);
		if (n) { *n += 5 + i; MIX(sum, *n); }
	}
	return sum ^ sum >> 32;
}
---- expect
4283651654
