int pid_t_before;
#include "vmlinux.h"
u32 counter;
static pid_t of(struct task_struct *task, u32 *out) { u32 x = (u32)1; pid_t *p = (pid_t *)out; return *p + x; }
void hides(int u32) { u32 * 2; }
int pid_t;
void hidden(void) { pid_t * 2; }
---- expect
(declare int pid_t_before)
(kernel)
(declare u32 counter)
(function static pid_t of (fn ((struct task_struct) task *) (u32 out *))
  {
    (declare u32 x = (cast <u32> 1))
    (declare pid_t p * = (cast <pid_t *> out))
    (return (+ (* p) x))})
(function void hides (fn (int u32))
  {
    (* u32 2)})
(declare int pid_t)
(function void hidden (fn)
  {
    (* pid_t 2)})
