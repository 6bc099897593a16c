// A packet read and written through pointers and helpers.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

__u64 seen[4];

SEC("xdp")
int run(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 sum = 0;
	__u8 head[6];
	if (data + 20 > end)
		return XDP_DROP;
	for (int i = 0; i < 20; i++)
		sum = (sum << 3 ^ sum >> 5) + data[i];
	__u16 kind = bpf_ntohs(*(__u16 *)(data + 12));
	for (int i = 0; i < 6; i++) {
		__u8 other = data[i];
		data[i] = data[i + 6];
		data[i + 6] = other;
	}
	seen[0] = end - data;
	seen[1] = kind;
	seen[2] = bpf_xdp_load_bytes(ctx, 2, head, sizeof(head));
	sum += head[5];
	seen[2] += bpf_xdp_load_bytes(ctx, 1000, head, sizeof(head)) + head[0];
	head[0] = 0xee;
	seen[3] = bpf_xdp_store_bytes(ctx, 16, head, 2);
	seen[3] += bpf_xdp_get_buff_len(ctx);
	return sum;
}

char LICENSE[] SEC("license") = "GPL";
