// What the other half calls.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int shared = 2;

__attribute__((noinline)) int other_half(int number)
{
	return number + shared;
}
