// Half an object: what it calls is in the other half.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int other_half(int number);
extern int shared;

SEC("socket")
int half(struct __sk_buff *skb)
{
	return other_half(skb->len) + shared;
}

char LICENSE[] SEC("license") = "GPL";
