#include "guarded.h"
#include "guarded.h"
#include "once.h"
#include <once.h>
#define HEADER <plain.h>
#include HEADER
#define NAME(x) #x
#include NAME(plain.h)
#include "nothing.h"
#include "vmlinux.h"
int behind;
#include <vmlinux.h>
#include "wrapped.h"
#include "not_own.h"
#include "not_own.h"
__FILE__ __LINE__
#include <other.h>
==== guarded.h
// Comments may stand before it.
#ifndef GUARDED_H
#define GUARDED_H
guarded __FILE__ __LINE__ __INCLUDE_LEVEL__ __BASE_FILE__
#if 1
#else
#endif
#endif
// And behind.
==== once.h
#pragma once
once
==== plain.h
plain __LINE__
#define plain plain
==== wrapped.h
wrapped
#include_next <wrapped.h>
==== next/wrapped.h
the wrapped one, __FILE__
==== not_own.h
#ifndef NOT_OWN
#define NOT_OWN
first
#else
second
#include "deeper.h"
#endif
==== deeper.h
#warning a program's own headers warn
==== other.h
#define plain other
#warning headers of others do not
---- expect
guarded "guarded.h" 4 1 "unit.c"
once
plain 1
plain 1
the kernel's types: vmlinux.h
int behind ;
wrapped
the wrapped one , "next/wrapped.h"
first
second
"unit.c" 16
deeper.h:1:2-38: WARNING: #warning a program's own headers warn
#warning a program's own headers warn
 ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
