// The half of @NAME@ that runs in the kernel: counts what one process writes.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// Set by @NAME@.c before this is loaded; constant for the kernel.
const volatile __u32 pid;

// Read by @NAME@.c while this runs: it is the same memory.
__u64 writes;

SEC("tp/syscalls/sys_enter_write")
int on_write(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == pid)
		__sync_fetch_and_add(&writes, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
