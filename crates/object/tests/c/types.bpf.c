// Types that old kernels cannot read: floats, 64-bit enums, tags; and pointers in data.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum wide { SMALL = 1, LARGE = 0x100000000ull };
struct tagged { int __attribute__((btf_type_tag("user"))) *pointer; enum wide wide; double real; };
enum wide wide_value = LARGE;
struct tagged tagged_value __attribute__((btf_decl_tag("mine")));
double real_value = 1.5;
const char *const names[] = { "one", "two", "three" };
int *pointer_to_int = (int *)&wide_value;

__noinline int global(struct __sk_buff *skb __attribute__((btf_decl_tag("arg"))))
{
	return skb ? (int)wide_value : 0;
}

SEC("socket")
int run(struct __sk_buff *skb)
{
	return global(skb) + (names[skb->len & 1] != 0) + (pointer_to_int != 0) + (tagged_value.wide == SMALL);
}

char LICENSE[] SEC("license") = "GPL";
