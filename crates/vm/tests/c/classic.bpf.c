// A packet read as classic BPF did.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

__u64 before;

SEC("socket")
int run(struct __sk_buff *skb)
{
	__u32 sum = load_byte(skb, 3) + load_half(skb, 4) * 3 + load_word(skb, 8) * 5;
	__u8 bytes[4] = {};
	long error = bpf_skb_load_bytes(skb, 4, bytes, 4);
	error += bpf_skb_load_bytes(skb, 400, bytes, 2);
	before = sum;
	sum += load_byte(skb, 10 + (sum & 3)) + error + bytes[3];
	if (before == 1)
		return 1;
	return sum;
}

SEC("socket")
int past_the_end(struct __sk_buff *skb)
{
	before = 7;
	__u32 sum = load_word(skb, 1000);
	before = 8;
	return sum + 5;
}

char LICENSE[] SEC("license") = "GPL";
