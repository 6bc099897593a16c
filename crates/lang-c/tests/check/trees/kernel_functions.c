#include "vmlinux.h"

void end(struct task_struct *task)
{
    if (bpf_task_release)
        bpf_task_release(task);
}
---- expect
global end: void (struct task_struct *)
  l0 task: struct task_struct *
  if &bpf_task_release
    bpf_task_release(task.l0)
weak in ".ksyms" bpf_task_release: void (struct task_struct *) elsewhere
