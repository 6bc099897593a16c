// Subprograms: static, global, weak, hidden, called from several programs and by address.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int total;

static __noinline int deepest(int x)
{
	total += x;
	return x * 3;
}

static __noinline int middle(int x)
{
	return deepest(x) + deepest(x + 1);
}

__noinline int shared(int x)
{
	return middle(x) + 1;
}

__weak __noinline int perhaps(int x)
{
	return x + total;
}

__hidden __noinline int hidden(int x)
{
	return x - total;
}

static int each(__u32 index, void *ctx)
{
	*(int *)ctx += index;
	return index > 10;
}

SEC("socket")
int first(struct __sk_buff *skb)
{
	int sum = 0;
	bpf_loop(20, each, &sum, 0);
	return shared(skb->len) + hidden(sum);
}

SEC("socket")
int second(struct __sk_buff *skb)
{
	return perhaps(skb->len) + middle(skb->len) + shared(1);
}

SEC("?socket")
int dormant(struct __sk_buff *skb)
{
	return deepest(1);
}

char LICENSE[] SEC("license") = "GPL";
