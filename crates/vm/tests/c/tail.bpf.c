// Tail calls: from the program and from a function, to nothing, and too many.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int other(struct xdp_md *ctx);
int again(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int(struct xdp_md *));
} programs SEC(".maps") = {
	.values = { [1] = (void *)&other, [2] = (void *)&again },
};

int calls, after;

static __attribute__((noinline)) int inside(struct xdp_md *ctx, int index)
{
	volatile int keep = 1;
	bpf_tail_call(ctx, &programs, index);
	after += 100;
	return keep + 1;
}

SEC("xdp")
int run(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, 3);
	bpf_tail_call(ctx, &programs, 9);
	after++;
	int first = inside(ctx, 1);
	int second = inside(ctx, 0);
	after += first * 3 + second * 5;
	bpf_tail_call(ctx, &programs, 2);
	return 1;
}

SEC("xdp")
int other(struct xdp_md *ctx)
{
	calls += 1000;
	return 42;
}

SEC("xdp")
int again(struct xdp_md *ctx)
{
	calls++;
	bpf_tail_call(ctx, &programs, 2);
	return calls;
}

char LICENSE[] SEC("license") = "GPL";
