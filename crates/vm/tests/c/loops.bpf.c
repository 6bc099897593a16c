// Callbacks, loops, functions, global data of all kinds.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u64);
} squares SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} percpu SEC(".maps");

const volatile int limit = 10;
__u64 sum;
int start = 5;
static char name[8] = "abc";
__u64 visited[4];

static int add(__u32 index, void *ctx)
{
	__u64 *total = ctx;
	__u64 value = index * index;
	bpf_map_update_elem(&counts, &index, &value, BPF_ANY);
	*total += index;
	return index == 17;
}

static long see(struct bpf_map *map, __u32 *key, __u64 *value, __u64 *ctx)
{
	*ctx += *key + *value;
	visited[*key & 3] += *value;
	*value += 1;
	return 0;
}

static long stop(struct bpf_map *map, __u32 *key, __u64 *value, __u64 *ctx)
{
	*ctx += *value;
	return *key == 2;
}

static long remove_odd(struct bpf_map *map, __u32 *key, __u64 *value, void *ctx)
{
	__u32 copy = *key;
	if (copy & 1)
		bpf_map_delete_elem(&counts, &copy);
	return 0;
}

static long see_percpu(struct bpf_map *map, __u32 *key, __u32 *value, __u64 *ctx)
{
	*value += 3 + *key;
	*ctx += *value;
	return 0;
}

__attribute__((noinline)) int fibonacci(int n)
{
	__u64 a = 0, b = 1;
	if (n > 50)
		return -1;
	for (int i = 0; i < 50; i++) {
		__u64 next = a + b;
		if (i >= n)
			break;
		a = b;
		b = next;
	}
	return a;
}

SEC("raw_tp")
int run(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 total = start;
	__u32 key = 4;
	sum += bpf_loop(20, add, &total, 0);
	sum += bpf_loop(3, add, &total, 0);
	sum += bpf_for_each_map_elem(&counts, see, &total, 0);
	sum += bpf_for_each_map_elem(&counts, remove_odd, &total, 0);
	sum += bpf_for_each_map_elem(&squares, see, &total, 0);
	sum += bpf_for_each_map_elem(&squares, stop, &total, 0);
	sum += bpf_for_each_map_elem(&percpu, see_percpu, &total, 0);
	sum += bpf_loop(1, add, &total, 1);
	__u64 *square = bpf_map_lookup_elem(&squares, &key);
	if (square)
		__sync_fetch_and_add(square, 7);
	__u32 *other = bpf_map_lookup_percpu_elem(&percpu, &key, 0);
	key = 1;
	__u32 *there = bpf_map_lookup_percpu_elem(&percpu, &key, 1);
	if (there)
		*there = 77;
	start += limit;
	name[start & 7] += 1;
	return total + sum + fibonacci(ctx->args[0] & 31) + (other != 0) + name[2];
}

char LICENSE[] SEC("license") = "GPL";
