int number(void); void none(void);
int f(int n, int *p) {
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
  switch (p) { case 1: ; } return; same: same: goto same; for (int i = none(); none(); ) { break; }
  int open[n]; asm("r0 = 1"); __builtin_alloca(3); ({ int x; x; }) = 3; if (none()) n = 1; return n;
}
void g(void) { return 1; }
static void unused(void) { asm("exit"); }
---- expect
unit.c:3:3-9: ERROR: there is no loop around this `break`
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
  ~~~~~~
unit.c:3:10-19: ERROR: there is no loop around this `continue`
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
         ~~~~~~~~~
unit.c:3:25-26: ERROR: there is no `switch` around this `case`
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
                        ~
unit.c:3:61-62: ERROR: this case is another's already
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
                                                            ~
unit.c:3:53-54: ERROR: here
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
                                                    ~
unit.c:3:64-73: ERROR: there is no loop around this `continue`
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
                                                               ~~~~~~~~~
unit.c:3:93-94: ERROR: this case is another's already
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
                                                                                            ~
unit.c:3:79-80: ERROR: here
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
                                                                              ~
unit.c:3:108-109: ERROR: this must be a constant number
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
                                                                                                           ~
unit.c:3:120-128: ERROR: this switch has a `default` already
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
                                                                                                                       ~~~~~~~~
unit.c:3:111-119: ERROR: here
  break; continue; case 1: n = 2; switch (n) { case 1: case 1: continue; case 2 ... 5: case 4: break; case n: default: default: ; }
                                                                                                              ~~~~~~~~
unit.c:4:11-12: ERROR: a whole number is needed here, and this is of type `int *`
  switch (p) { case 1: ; } return; same: same: goto same; for (int i = none(); none(); ) { break; }
          ~
unit.c:4:28-35: ERROR: this function returns `int`, and here nothing
  switch (p) { case 1: ; } return; same: same: goto same; for (int i = none(); none(); ) { break; }
                           ~~~~~~~
unit.c:4:42-46: ERROR: there is a label `same` already
  switch (p) { case 1: ; } return; same: same: goto same; for (int i = none(); none(); ) { break; }
                                         ~~~~
unit.c:4:36-40: ERROR: here
  switch (p) { case 1: ; } return; same: same: goto same; for (int i = none(); none(); ) { break; }
                                   ~~~~
unit.c:4:72-78: ERROR: what is initialized takes a value, and this has none
  switch (p) { case 1: ; } return; same: same: goto same; for (int i = none(); none(); ) { break; }
                                                                       ~~~~~~
unit.c:4:80-86: ERROR: a number or pointer is needed here, and this has no value
  switch (p) { case 1: ; } return; same: same: goto same; for (int i = none(); none(); ) { break; }
                                                                               ~~~~~~
unit.c:5:12-13: ERROR: the length of an array is a constant number in BPF: its stack is laid out when the program is compiled
  int open[n]; asm("r0 = 1"); __builtin_alloca(3); ({ int x; x; }) = 3; if (none()) n = 1; return n;
           ~
unit.c:5:16-30: ERROR: instructions as text are not known yet
  int open[n]; asm("r0 = 1"); __builtin_alloca(3); ({ int x; x; }) = 3; if (none()) n = 1; return n;
               ~~~~~~~~~~~~~~
HINT: an empty text with `"+r"(variable)` or `"memory"` is
unit.c:5:31-50: ERROR: `__builtin_alloca` is not known yet
  int open[n]; asm("r0 = 1"); __builtin_alloca(3); ({ int x; x; }) = 3; if (none()) n = 1; return n;
                              ~~~~~~~~~~~~~~~~~~~
unit.c:5:52-67: ERROR: this `int` is a value, and nothing is stored in values
  int open[n]; asm("r0 = 1"); __builtin_alloca(3); ({ int x; x; }) = 3; if (none()) n = 1; return n;
                                                   ~~~~~~~~~~~~~~~
unit.c:5:77-83: ERROR: a number or pointer is needed here, and this has no value
  int open[n]; asm("r0 = 1"); __builtin_alloca(3); ({ int x; x; }) = 3; if (none()) n = 1; return n;
                                                                            ~~~~~~
unit.c:7:23-24: ERROR: this function returns nothing, and here a value
void g(void) { return 1; }
                      ~
