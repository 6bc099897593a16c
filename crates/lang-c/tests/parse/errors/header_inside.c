void f(void) {
#include "vmlinux.h"
	u32 x;
}
---- expect
(function void f (fn)
  {})
unit.c:1:15-15: ERROR: expected `}` to close this block, found `#include "vmlinux.h"`, which stands outside of declarations only
void f(void) {
              ~
unit.c:1:14-15: ERROR: the block begins here
void f(void) {
             ~
