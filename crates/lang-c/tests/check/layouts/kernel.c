#include "vmlinux.h"
// What is asked of a type is taken from the kernel, with the types it needs; pointers need nothing.
unsigned long size = sizeof(struct task_struct);
struct mine { struct task_struct task; struct ops *ops; int last; };
struct task_struct___old { int state; } __attribute__((preserve_access_index));
struct outer { struct inner { int a; } inner; union { int b; char c; }; } __attribute__((preserve_access_index));
---- expect
struct task_struct: 48 bytes, aligned to 8, relocatable
  0 flags unsigned long
  8 pid pid_t
  12 - unnamed union
  16 parent struct task_struct *
  24 comm char [16]
  40:0 exit unsigned int : 1
  40:1 level unsigned int : 5
unnamed union: 4 bytes, aligned to 4, relocatable
  0 tgid pid_t
  0 both unsigned int
struct mine: 64 bytes, aligned to 8
  0 task struct task_struct
  48 ops struct ops *
  56 last int
struct ops is only declared
struct task_struct___old: 4 bytes, aligned to 4, relocatable
  0 state int
struct outer: 8 bytes, aligned to 4, relocatable
  0 inner struct inner
  4 - unnamed union
struct inner: 4 bytes, aligned to 4, relocatable
  0 a int
unnamed union: 4 bytes, aligned to 4, relocatable
  0 b int
  0 c char
