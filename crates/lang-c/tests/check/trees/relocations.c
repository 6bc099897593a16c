// The kernel's types: what is moved with them, and what is asked of them.
#include "vmlinux.h"
struct task_struct___old { int state; } __attribute__((preserve_access_index));
struct plain { int a; struct { int b[4]; }; };
int type = BPF_MAP_TYPE_HASH;
enum bpf_map_type kind = BPF_MAP_TYPE_ARRAY;
u64 of(struct task_struct *task, struct plain *p, struct ops *ops, int i) {
  struct task_struct___old *old = (void *)task;
  u64 sum = task->parent->tgid + task->level + old->state + task->comm[i] + p->b[1];
  sum += *(int *)__builtin_preserve_access_index(&p->b[2]);
  sum += __builtin_preserve_field_info(task->parent->comm[3], 0) + __builtin_preserve_field_info(((typeof(struct plain) *)0)->b, 2);
  sum += __builtin_preserve_type_info(*(typeof(struct ops) *)0, 0);
  sum += __builtin_preserve_enum_value(*(typeof(enum bpf_map_type) *)BPF_MAP_TYPE_ARRAY, 1);
  sum += __builtin_btf_type_id(*(typeof(struct task_struct) *)0, 1);
  pid_t pid = __builtin_offsetof(struct task_struct, comm[2]);
  return sum + pid + ops->run(0) + sizeof(struct task_struct);
}
---- expect
g0 global type: int = "\x01\x00\x00\x00"
g1 global kind: enum bpf_map_type = "\x02\x00\x00\x00"
global of: u64 (struct task_struct *, struct plain *, struct ops *, int)
  l0 task: struct task_struct *
  l1 p: struct plain *
  l2 ops: struct ops *
  l3 i: int
  l4 old: struct task_struct___old *
  l5 sum: u64
  l6 pid: pid_t
  begin old.l4 old.l4 = (struct task_struct___old *)(void *)task.l0
  begin sum.l5 sum.l5 = (u64)(((((*(*task.l0).~parent).~[2].~tgid + (int)(*task.l0).~level) + (*old.l4).~state) + (int)(*task.l0).~comm[~(long)i.l3]) + (*p.l1).[1].b[1:long])
  sum.l5 += (unsigned long)(*p.l1).~[1].~b[~2:long] in unsigned long
  sum.l5 += (unsigned long)(core_field((*(*task.l0).~parent).~comm[~3:long], 0) + core_field((*0:struct plain *).~[1].~b, 2)) in unsigned long
  sum.l5 += (unsigned long)core_type(struct ops, 0) in unsigned long
  sum.l5 += core_enumerator(enum bpf_map_type, 1, 1) in unsigned long
  sum.l5 += type_id(struct task_struct, 1) in unsigned long
  begin pid.l6 pid.l6 = 26:pid_t
  return (((sum.l5 + (unsigned long)pid.l6) + (unsigned long)(*(*ops.l2).~run)(0:char *)) + 48:unsigned long)
