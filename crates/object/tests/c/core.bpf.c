// CO-RE: every kind of question, with answers that differ from the local types.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

typedef int pid_t;
struct list_head { struct list_head *next, *prev; } CORE;
struct mm_struct { unsigned long start_code; } CORE;
struct task_struct {
	int pid;
	int tgid;
	struct task_struct *real_parent;
	char comm[16];
	unsigned int flags;
	struct mm_struct *mm;
	struct list_head tasks;
} CORE;
struct task_struct___other { int no_such_field; long pid; } CORE;
struct no_such_struct { int x; } CORE;
struct bits { unsigned char a : 3; } CORE;
struct tcp_sock { unsigned char repair : 1; unsigned int snd_cwnd; } CORE;
struct net_device { unsigned int mtu; unsigned long state; unsigned char netns_immutable : 1; } CORE;
enum bpf_map_type___mine { BPF_MAP_TYPE_RINGBUF___mine = 99, BPF_MAP_TYPE_NONE___mine = 100 };

__u64 results[32];

SEC("raw_tp/sys_enter")
int questions(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *parent;
	int i = 0;
	results[i++] = BPF_CORE_READ(task, pid);
	results[i++] = BPF_CORE_READ(task, real_parent, tgid);
	results[i++] = BPF_CORE_READ(task, mm, start_code);
	results[i++] = bpf_core_field_exists(task->flags);
	results[i++] = bpf_core_field_exists(((struct task_struct___other *)task)->no_such_field);
	results[i++] = bpf_core_field_size(task->comm);
	results[i++] = bpf_core_field_offset(struct task_struct, comm);
	results[i++] = bpf_core_type_exists(struct no_such_struct);
	results[i++] = bpf_core_type_exists(struct mm_struct);
	results[i++] = bpf_core_type_size(struct task_struct);
	results[i++] = bpf_core_type_id_local(struct task_struct);
	results[i++] = bpf_core_type_id_kernel(struct task_struct);
	results[i++] = bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_RINGBUF___mine);
	results[i++] = bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_NONE___mine);
	if (bpf_core_field_exists(((struct task_struct___other *)task)->no_such_field))
		results[i++] = BPF_CORE_READ((struct task_struct___other *)task, no_such_field);
	if (bpf_core_type_exists(struct no_such_struct))
		results[i++] = BPF_CORE_READ((struct no_such_struct *)task, x);
	struct tcp_sock *sock = (void *)task;
	results[i++] = BPF_CORE_READ_BITFIELD_PROBED(sock, repair);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
