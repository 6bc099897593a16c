// A program with maps, helpers, functions and global data, for the dump of a loaded program.
#include <linux/bpf.h>
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]

struct bpf_map_def {
	unsigned int type, key_size, value_size, max_entries, map_flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(key_size, 4);
	__uint(value_size, 8);
	__uint(max_entries, 16);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 4);
} tails SEC(".maps");

static void *(*lookup)(void *, const void *) = (void *)BPF_FUNC_map_lookup_elem;
static long (*update)(void *, const void *, const void *, unsigned long long) = (void *)BPF_FUNC_map_update_elem;
static unsigned long long (*now)(void) = (void *)BPF_FUNC_ktime_get_ns;
static unsigned int (*cpu)(void) = (void *)BPF_FUNC_get_smp_processor_id;
static long (*tail)(void *, void *, unsigned int) = (void *)BPF_FUNC_tail_call;
static long (*loop)(unsigned int, void *, void *, unsigned long long) = (void *)BPF_FUNC_loop;

volatile unsigned long long total, other = 5;
const volatile int limit = 10;

__attribute__((noinline)) int weigh(int value)
{
	total += value;
	return value * 3 + (int)cpu();
}

static long step(unsigned int index, void *context)
{
	*(unsigned long long *)context += index;
	return 0;
}

SEC("socket") int prog(struct __sk_buff *skb)
{
	unsigned int key = skb->len;
	unsigned long long one = 1, sum = now(), *value = lookup(&counts, &key);
	if (value)
		__sync_fetch_and_add(value, 1);
	else
		update(&counts, &key, &one, BPF_ANY);
	loop(limit, step, &sum, 0);
	other += sum;
	if (key > 100)
		tail(skb, &tails, 1);
	return weigh(key);
}

char _license[] SEC("license") = "GPL";
