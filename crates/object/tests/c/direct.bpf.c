// CO-RE on direct loads, whose width changes with the field's.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct task_struct___narrow { unsigned short flags; } __attribute__((preserve_access_index));
struct task_struct { int pid; unsigned int flags; } __attribute__((preserve_access_index));
struct trace_event_raw_sys_enter { long id; unsigned long args[6]; } __attribute__((preserve_access_index));
struct sk_buff { unsigned int len; } __attribute__((preserve_access_index));

__u64 results[4];

SEC("tp_btf/sys_enter")
int typed(__u64 *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	results[0] = task->pid;
	results[1] = ((struct task_struct___narrow *)task)->flags;
	return 0;
}

SEC("tp/raw_syscalls/sys_enter")
int event(struct trace_event_raw_sys_enter *ctx)
{
	results[2] = ctx->id;
	results[3] = ctx->args[2];
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
