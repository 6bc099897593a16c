// The half of @NAME@ that runs in the kernel: counts what one process writes. No header is needed for it; with more of
// them, `osmia btf dump file /sys/kernel/btf/vmlinux format c > src/vmlinux.h` and libbpf's bpf/bpf_helpers.h are what C
// programs use.
#define SEC(name) __attribute__((section(name), used))

// Helper 14 of the kernel.
static unsigned long long (*bpf_get_current_pid_tgid)(void) = (void *)14;

// Set by main.rs before this is loaded; constant for the kernel.
const volatile unsigned int pid;

// Read by main.rs while this runs: it is the same memory.
unsigned long long writes;

SEC("tp/syscalls/sys_enter_write")
int on_write(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == pid)
		__sync_fetch_and_add(&writes, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
