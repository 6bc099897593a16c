// CO-RE without an answer: the verifier never gets there, because the map holds zero.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct task_struct { int gone_field; struct { int deep; } gone[3]; } __attribute__((preserve_access_index));
const volatile int never = 0;
__u64 results[4];

SEC("raw_tp/sys_enter")
int run(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	if (never) {
		results[0] = BPF_CORE_READ(task, gone_field);
		results[1] = bpf_core_type_size(struct task_struct) + bpf_core_field_offset(task->gone[1].deep);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
