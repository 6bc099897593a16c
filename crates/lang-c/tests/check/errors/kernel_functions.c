#include "vmlinux.h"

void end(struct task_struct *task)
{
    bpf_task_release(1, 2);
    do_exit(task);
}
---- expect
unit.c:5:5-27: ERROR: this takes 1 argument, and has 2 here
    bpf_task_release(1, 2);
    ~~~~~~~~~~~~~~~~~~~~~~
HINT: they are: `struct task_struct *task`
unit.c:6:5-12: ERROR: there is no variable, function or constant `do_exit`
    do_exit(task);
    ~~~~~~~
