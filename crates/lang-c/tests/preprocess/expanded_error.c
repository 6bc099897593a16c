#define bad(x) x @
#define outer(x) bad(x) bad(2)
outer(1)
outer(@)
---- expect
1 2 2
unit.c:4:7-8: ERROR: `@` means nothing in C
outer(@)
      ~
unit.c:1:18-19: ERROR: `@` means nothing in C
#define bad(x) x @
                 ~
unit.c:2:18-24: ERROR: expanded from
#define outer(x) bad(x) bad(2)
                 ~~~~~~
unit.c:3:1-9: ERROR: expanded from
outer(1)
~~~~~~~~
unit.c:1:18-19: ERROR: `@` means nothing in C
#define bad(x) x @
                 ~
unit.c:2:25-31: ERROR: expanded from
#define outer(x) bad(x) bad(2)
                        ~~~~~~
unit.c:3:1-9: ERROR: expanded from
outer(1)
~~~~~~~~
unit.c:1:18-19: ERROR: `@` means nothing in C
#define bad(x) x @
                 ~
unit.c:2:18-24: ERROR: expanded from
#define outer(x) bad(x) bad(2)
                 ~~~~~~
unit.c:4:1-9: ERROR: expanded from
outer(@)
~~~~~~~~
unit.c:1:18-19: ERROR: `@` means nothing in C
#define bad(x) x @
                 ~
unit.c:2:25-31: ERROR: expanded from
#define outer(x) bad(x) bad(2)
                        ~~~~~~
unit.c:4:1-9: ERROR: expanded from
outer(@)
~~~~~~~~
