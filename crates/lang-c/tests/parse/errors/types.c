#include "vmlinux.h"
typedef int counter_t;
struct packet { int a; };
conuter_t one;
unsinged int two;
pidt three;
void f(task_struct *task) {
	packet *p = 0;
	f *q;
	nothing_like_it x;
	int f = (counter_tt)1;
}
int f g;
static four = 1;
struct s { f a; };
long char five;
int struct packet six;
short long seven;
counter_t int eight;
long long long nine;
typedef static int ten;
const = 1;
LICENSE("GPL");
__always_inlined static int eleven(void) { return 1; }
---- expect
(kernel)
(declare typedef int counter_t)
(declare (struct packet {
  (member int a)}))
(declare conuter_t one)
(declare int two)
(declare pidt three)
(function void f (fn (task_struct task *))
  {
    (declare packet p * = 0)
    (* f q)
    (declare nothing_like_it x)
    (declare int f = 1)})
(declare int f)
(declare static int)
(declare (struct s {
  (member f a)}))
(declare int five)
(declare (struct packet) six)
(declare int seven)
(declare counter_t eight)
(declare int nine)
(declare static int ten)
(declare const int)
(function static int eleven (fn)
  {
    (return 1)})
unit.c:4:1-10: ERROR: unknown type name `conuter_t`
conuter_t one;
~~~~~~~~~
HINT: did you mean `counter_t`?
unit.c:5:1-9: ERROR: unknown type name `unsinged`
unsinged int two;
~~~~~~~~
HINT: did you mean `unsigned`?
unit.c:6:1-5: ERROR: unknown type name `pidt`
pidt three;
~~~~
HINT: did you mean `pid_t`?
unit.c:7:8-19: ERROR: unknown type name `task_struct`
void f(task_struct *task) {
       ~~~~~~~~~~~
HINT: write `struct task_struct`
unit.c:8:2-8: ERROR: unknown type name `packet`
    packet *p = 0;
    ~~~~~~
HINT: write `struct packet`
unit.c:10:2-17: ERROR: unknown type name `nothing_like_it`
    nothing_like_it x;
    ~~~~~~~~~~~~~~~
unit.c:11:11-21: ERROR: unknown type name `counter_tt`
    int f = (counter_tt)1;
             ~~~~~~~~~~
HINT: did you mean `counter_t`?
unit.c:13:7-8: ERROR: expected `;`, `,` or `=`, found the name `g`
int f g;
      ~
unit.c:14:8-12: ERROR: expected a type, found the name `four`
static four = 1;
       ~~~~
unit.c:15:12-13: ERROR: expected a type, found `f`, which is not the name of one
struct s { f a; };
           ~
unit.c:16:1-10: ERROR: these words are no type together
long char five;
~~~~~~~~~
unit.c:17:5-11: ERROR: there is already a type before this one: is a `;` or `,` missing?
int struct packet six;
    ~~~~~~
unit.c:18:1-11: ERROR: these words are no type together
short long seven;
~~~~~~~~~~
unit.c:19:11-14: ERROR: there is already a type before this one: is a `;` or `,` missing?
counter_t int eight;
          ~~~
unit.c:20:1-15: ERROR: these words are no type together
long long long nine;
~~~~~~~~~~~~~~
unit.c:21:9-15: ERROR: there is already another of `typedef`, `extern`, `static`, `register`
typedef static int ten;
        ~~~~~~
unit.c:22:7-8: ERROR: expected a type, found `=`
const = 1;
      ~
unit.c:23:1-8: ERROR: expected a declaration, found a call of `LICENSE`
LICENSE("GPL");
~~~~~~~
HINT: a function's declaration begins with the type that it returns; macros have to be defined before
unit.c:24:1-17: ERROR: unknown type name `__always_inlined`
__always_inlined static int eleven(void) { return 1; }
~~~~~~~~~~~~~~~~
