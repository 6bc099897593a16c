#inclde "a.h"
#include
#include 12
#include "missing.h"
#include <missing/too.h>
#include "locked.h"
#error this will not do, don't try
#warning but "this" may
#line x
#line 12 "other.c"
#unknown
int a @ b;
char *s = "no end;
char c = 'x;
two(1, 2) /* no end
---- expect
int a b ;
char * s =
char c =
two ( 1 , 2 )
unit.c:1:2-8: ERROR: There is no directive `#inclde`
#inclde "a.h"
 ~~~~~~
HINT: did you mean `include`?
unit.c:2:2-9: ERROR: `#include` names no header
#include
 ~~~~~~~
HINT: `#include "name"` or `#include <name>`
unit.c:3:2-9: ERROR: `#include` names no header
#include 12
 ~~~~~~~
HINT: `#include "name"` or `#include <name>`
unit.c:4:10-21: ERROR: `#include` cannot be found: missing.h
#include "missing.h"
         ~~~~~~~~~~~
HINT: looked for in here, Quoted
unit.c:5:10-25: ERROR: `#include` cannot be found: missing/too.h
#include <missing/too.h>
         ~~~~~~~~~~~~~~~
HINT: looked for in here, Angled
unit.c:6:10-20: ERROR: `#include` cannot be read: locked.h: permission denied
#include "locked.h"
         ~~~~~~~~~~
unit.c:7:2-35: ERROR: #error this will not do, don't try
#error this will not do, don't try
 ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
unit.c:9:7-8: ERROR: A line's number is missing here
#line x
      ~
HINT: `#line 12 "file"`
unit.c:11:2-9: ERROR: There is no directive `#unknown`
#unknown
 ~~~~~~~
unit.c:12:7-8: ERROR: `@` means nothing in C
int a @ b;
      ~
unit.c:13:11-19: ERROR: This string has no end in its line
char *s = "no end;
          ~~~~~~~~
HINT: a string ends with `"`; several strings behind one another are one
unit.c:14:10-13: ERROR: This character constant has no end in its line
char c = 'x;
         ~~~
HINT: a character constant is one character in `'`; text stands in `"`
unit.c:15:11-13: ERROR: This comment has no end
two(1, 2) /* no end
          ~~
HINT: comments end with `*/`
unit.c:8:2-24: WARNING: #warning but "this" may
#warning but "this" may
 ~~~~~~~~~~~~~~~~~~~~~~
