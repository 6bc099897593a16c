// Maps of all kinds with keys and values of all types, and programs with all that an inspector can tell of.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

typedef unsigned int u32;
typedef unsigned long long u64;
typedef char other_name;

enum color { RED, GREEN = 5, NEGATIVE = -3 };
enum wide { FAR = 0x1234567890ULL, NEAR = 1 };
enum narrow { FIRST, SECOND } __attribute__((packed));

struct key { u32 pid; int cpu; char comm[16]; };
struct small { short a; signed char b; unsigned char c; };
struct declared;

struct value {
	u64 count;
	long long delta;
	enum color color;
	u32 f1 : 3;
	u32 f2 : 7;
	int f3 : 5;
	u64 f4 : 40;
	bool ok;
	char tag;
	char name[8];
	unsigned char raw[4];
	other_name no_text[4];
	int arr[3];
	int table[2][3];
	union { u32 u; unsigned char b[4]; } either;
	union { u64 anonymous; struct small nested; };
	void *pointer;
	struct declared *unknown;
	int (*function)(int, void *);
	struct small two[2];
	__int128 i128;
	unsigned __int128 u128;
	const volatile u32 qualified;
	enum narrow narrow;
	enum wide wide;
	char flexible[0];
};

#define MAP(name, kind, k, v, n) \
	struct { __uint(type, kind); __type(key, k); __type(value, v); __uint(max_entries, n); } name SEC(".maps")

MAP(structs, BPF_MAP_TYPE_HASH, struct key, struct value, 16);
MAP(numbers, BPF_MAP_TYPE_ARRAY, u32, u64, 3);
MAP(each_cpu, BPF_MAP_TYPE_PERCPU_ARRAY, u32, struct small, 2);
MAP(each_cpu_hash, BPF_MAP_TYPE_PERCPU_HASH, int, u64, 4);
MAP(recent, BPF_MAP_TYPE_LRU_HASH, u64, enum color, 4);
MAP(chars, BPF_MAP_TYPE_ARRAY, u32, char, 4);
MAP(colors, BPF_MAP_TYPE_ARRAY, u32, enum color, 4);
MAP(wides, BPF_MAP_TYPE_ARRAY, u32, enum wide, 3);
MAP(bools, BPF_MAP_TYPE_ARRAY, u32, bool, 2);

struct prefix { u32 length; unsigned char address[4]; };
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__type(key, struct prefix);
	__type(value, u32);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} prefixes SEC(".maps");

MAP(jumps, BPF_MAP_TYPE_PROG_ARRAY, u32, u32, 4);
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __type(value, u32); __uint(max_entries, 4); } queue SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 4);
} events SEC(".maps");

struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, u32); __type(value, u32); __uint(max_entries, 2); };
struct inner inner_map SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__type(key, u32);
	__type(value, u32);
	__uint(max_entries, 4);
	__array(values, struct inner);
} hash_of_maps SEC(".maps") = { .values = { [2] = &inner_map } };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__type(key, u32);
	__type(value, u32);
	__uint(max_entries, 4);
	__array(values, struct inner);
} array_of_maps SEC(".maps") = { .values = { [1] = &inner_map } };

const char bpf_metadata_owner[] SEC(".rodata") = "\"osmia\" it's x";
const int bpf_metadata_revision SEC(".rodata") = 7;
const struct small bpf_metadata_small SEC(".rodata") = { 1, 2, 3 };
const volatile int tunable = 3;
int counter = 5;
u64 zeroed;
static volatile char text[8] = "hey";

static __noinline int subprogram(struct key *k, u32 x)
{
	u64 one = 1;

	if (!k)
		return 0;
	bpf_map_update_elem(&numbers, &k->pid, &one, 0);
	return k->cpu + x;
}

static long each(u32 i, void *ctx)
{
	*(u64 *)ctx += i;
	return 0;
}

SEC("socket")
int a_rather_long_program_name(struct __sk_buff *ctx)
{
	struct key k = { .pid = ctx->len, .cpu = 3 };
	struct value *v = bpf_map_lookup_elem(&structs, &k);
	u64 sum = 0;

	if (v)
		__sync_fetch_and_add(&v->count, 1);
	counter += tunable;
	zeroed++;
	text[bpf_get_prandom_u32() & 7]++;
	bpf_loop(4, each, &sum, 0);
	bpf_tail_call(ctx, &jumps, 1);
	bpf_printk("hello \"%d\"\n", ctx->len);	// a tab and a backslash
	return subprogram(&k, sum) + bpf_metadata_revision + bpf_metadata_owner[0] + bpf_metadata_small.a;
}

SEC("tp/syscalls/sys_enter_getpid")
int short_name(void *ctx)
{
	char comm[16];
	u64 *record;
	u32 zero = 0;

	bpf_get_current_comm(comm, sizeof(comm));
	record = bpf_ringbuf_reserve(&ring, 8, 0);
	if (record) {
		*record = bpf_get_current_pid_tgid();
		bpf_ringbuf_submit(record, 0);
	}
	bpf_map_push_elem(&queue, &zero, 0);
	return comm[0];
}

SEC("socket")
int large(struct __sk_buff *ctx)
{
	volatile u64 sum = ctx->len;

#pragma unroll
	for (int i = 0; i < 400; i++)
		sum += i;
	return sum;
}

char LICENSE[] SEC("license") = "GPL";
