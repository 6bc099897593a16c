// Structures of functions: members by name, in another order than the kernel's.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct sock;

struct tcp_congestion_ops {
	char name[16];
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	__u32 flags;
};

SEC("struct_ops/ssthresh") __u32 ssthresh(unsigned long long *ctx)
{
	return 5;
}

SEC("struct_ops/cong_avoid") int cong_avoid(unsigned long long *ctx)
{
	return 0;
}

SEC("struct_ops/undo_cwnd") __u32 undo_cwnd(unsigned long long *ctx)
{
	return 7;
}

SEC(".struct_ops")
struct tcp_congestion_ops osmia_test = {
	.name = "osmia_test",
	.ssthresh = (void *)ssthresh,
	.cong_avoid = (void *)cong_avoid,
	.undo_cwnd = (void *)undo_cwnd,
};

SEC(".struct_ops")
struct tcp_congestion_ops another = {
	.name = "osmia_another",
	.ssthresh = (void *)ssthresh,
	.cong_avoid = (void *)cong_avoid,
	.undo_cwnd = (void *)undo_cwnd,
};

char LICENSE[] SEC("license") = "GPL";
