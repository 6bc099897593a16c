// What bpftool 7.1 cannot show, or shows wrong.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct measured { float narrow; double wide; int after; };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, unsigned int);
	__type(value, struct measured);
	__uint(max_entries, 1);
} floats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, unsigned int);
	__type(value, unsigned long long);
	__uint(max_entries, 1);
} each_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__type(value, unsigned int);
	__uint(max_entries, 4);
} seen SEC(".maps");

SEC("socket")
int percpu(struct __sk_buff *ctx)
{
	unsigned int zero = 0;
	unsigned long long *value = bpf_map_lookup_elem(&each_cpu, &zero);

	return value ? *value : 0;
}

char LICENSE[] SEC("license") = "GPL";
