// What the world tells, where it is the same for both machines.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 80);
} stacks SEC(".maps");

__u64 pid, uid, cpu, signal_error, bad[4];
char comm[16], shorter[4];

SEC("raw_tp")
int run(struct bpf_raw_tracepoint_args *ctx)
{
	pid = bpf_get_current_pid_tgid();
	uid = bpf_get_current_uid_gid();
	cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(comm, sizeof(comm));
	bpf_get_current_comm(shorter, sizeof(shorter));
	struct bpf_pidns_info info = { 1, 2 };
	bad[0] = bpf_get_ns_current_pid_tgid(1, 2, &info, sizeof(info));
	bad[1] = info.pid + info.tgid;
	bad[2] = bpf_get_stackid(ctx, &stacks, 1 << 20);
	__u64 before = bpf_ktime_get_ns(), boot = bpf_ktime_get_boot_ns();
	return before != 0 && boot != 0;
}

char LICENSE[] SEC("license") = "GPL";
