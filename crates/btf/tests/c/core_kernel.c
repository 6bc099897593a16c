/* Asks the running kernel; vmlinux.h is written by the test. */
#include "vmlinux.h"

#define SEC(name) __attribute__((section(name), used))

volatile unsigned long long sink;

#define ALL(place) do { \
	sink = __builtin_preserve_field_info(place, 0); sink = __builtin_preserve_field_info(place, 1); \
	sink = __builtin_preserve_field_info(place, 2); sink = __builtin_preserve_field_info(place, 3); \
	sink = __builtin_preserve_field_info(place, 4); sink = __builtin_preserve_field_info(place, 5); } while (0)
#define PLACE(place) do { \
	sink = __builtin_preserve_field_info(place, 0); sink = __builtin_preserve_field_info(place, 1); \
	sink = __builtin_preserve_field_info(place, 2); } while (0)
#define TYPE(type) do { \
	sink = __builtin_btf_type_id(*(type *)0, 1); sink = __builtin_preserve_type_info(*(type *)0, 0); \
	sink = __builtin_preserve_type_info(*(type *)0, 1); sink = __builtin_preserve_type_info(*(type *)0, 2); } while (0)

SEC("socket") int fields(void *ctx)
{
	struct task_struct *task = ctx;
	struct sk_buff *skb = ctx;
	struct file *file = ctx;
	struct tcp_sock *tcp = ctx;

	ALL(task->pid);
	ALL(task->tgid);
	PLACE(task->comm);
	PLACE(task->real_parent);
	ALL(task->sched_migrated);
	ALL(task->in_execve);
	ALL(task->se.sum_exec_runtime);
	PLACE(task->thread_pid);
	ALL(skb->len);
	PLACE(skb->next);
	PLACE(skb->dev);
	ALL(skb->pkt_type);
	ALL(skb->ip_summed);
	ALL(skb->protocol);
	PLACE(file->f_path.dentry);
	ALL(file->f_mode);
	ALL(tcp->inet_conn.icsk_inet.sk.__sk_common.skc_dport);
	ALL(tcp->inet_conn.icsk_ca_state);
	ALL(tcp->snd_cwnd);
	sink = __builtin_preserve_field_info(task->comm[3], 0);
	sink = task->pid;
	sink = skb->len;
	sink = (unsigned long)file->f_inode;
	return 0;
}

SEC("socket") int types(void *ctx)
{
	TYPE(struct task_struct);
	TYPE(struct sk_buff);
	TYPE(struct bpf_prog);
	TYPE(union bpf_attr);
	TYPE(enum bpf_map_type);
	TYPE(pid_t);
	TYPE(atomic_t);
	TYPE(struct list_head);
	sink = __builtin_preserve_enum_value(*(enum bpf_map_type *)BPF_MAP_TYPE_RINGBUF, 1);
	sink = __builtin_preserve_enum_value(*(enum bpf_map_type *)BPF_MAP_TYPE_RINGBUF, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
