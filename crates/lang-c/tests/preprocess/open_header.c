#include "open.h"
f(1)
#include "call.h"
)
==== open.h
#define f(x) <x>
#if 1
==== call.h
f(2
---- expect
< 1 >
)
open.h:2:2-4: ERROR: This condition has no `#endif`
#if 1
 ~~
call.h:1:1-2: ERROR: This call of the macro `f` has no `)`
f(2
~
open.h:1:9-10: ERROR: The macro is defined here
#define f(x) <x>
        ~
