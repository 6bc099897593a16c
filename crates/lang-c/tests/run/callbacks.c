// Functions that the kernel calls back.
#define SEC(x) __attribute__((section(x), used))
char LICENSE[] SEC("license") = "GPL";
typedef unsigned int u32;
typedef unsigned long long u64;
static long (*const bpf_loop)(u32 count, void *each, void *ctx, u64 flags) = (void *)181;
struct state { u64 sum; int left; u32 *seen; };
static long each(u32 at, struct state *s)
{
	s->sum = s->sum * 31 + at;
	*s->seen += at;
	return --s->left == 0;
}
SEC("xdp") int prog(void *ctx)
{
	u32 seen = 1;
	struct state s = { .sum = 7, .left = 9, .seen = &seen };
	long turns = bpf_loop(20, each, &s, 0);
	return (s.sum ^ s.sum >> 32) + turns * 1000 + seen;
}
---- expect
2232011604
