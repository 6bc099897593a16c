// Every way to declare a map, and several programs in one section.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct key { __u32 a, b; };
struct value { __u64 count; char comm[16]; };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, struct key);
	__type(value, struct value);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 12);
	__uint(max_entries, 3);
} plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

typedef struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} percpu_t;
percpu_t percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__uint(value_size, 4);
	__uint(map_extra, 3);
} bloom SEC(".maps");

SEC("tp/sched/sched_switch")
int on_switch(void *ctx)
{
	struct key key = { 1, 2 };
	struct value *value = bpf_map_lookup_elem(&counts, &key);
	if (value)
		__sync_fetch_and_add(&value->count, 1);
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &key, sizeof(key));
	return 0;
}

SEC("tp/sched/sched_switch")
int on_switch_again(void *ctx)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&percpu, &zero);
	if (value)
		*value += 1;
	bpf_map_push_elem(&bloom, &zero, 0);
	bpf_ringbuf_output(&ring, &zero, sizeof(zero), 0);
	bpf_map_delete_elem(&plain, &zero);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
