// Global data in all its sections.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile int limit = 7;
const volatile char prefix[8] = "abc";
int counter = 5;
static int hidden_counter = 6;
__u64 zeroed[4];
static volatile __u16 small_zero;
int custom SEC(".data.custom") = 9;
const int constant SEC(".rodata.custom") = 11;
struct { int a; char b[3]; } pair = { 1, "xy" };

SEC("socket")
int run(struct __sk_buff *skb)
{
	static const char format[] = "counter %d\n";
	counter += limit;
	hidden_counter += prefix[1];
	zeroed[skb->len & 3] = hidden_counter;
	small_zero = custom + constant;
	pair.b[1] = 3;
	bpf_trace_printk(format, sizeof(format), counter);
	bpf_printk("total %d %d", counter, small_zero);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
