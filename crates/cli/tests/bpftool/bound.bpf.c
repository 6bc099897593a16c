// An XDP program that asks the driver when a packet came: only one that is bound to an interface may.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, __u64 *timestamp) __ksym;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} last SEC(".maps");

SEC("xdp")
int stamp(struct xdp_md *ctx)
{
    __u64 now = 0;
    __u32 zero = 0;

    if (!bpf_xdp_metadata_rx_timestamp(ctx, &now))
        bpf_map_update_elem(&last, &zero, &now, 0);
    return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
