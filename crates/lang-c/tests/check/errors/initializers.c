struct p { int a, b; } one = { 1, 2, 3 }, two = { .c = 1 }, three = 5; int four[2] = { 1, 2, 3 }, five[2] = 1, six = { 1, 2 };
int seven[] = { [1] = 1, [-1] = 2 }, eight[2] = { [3] = 1 }; char nine[2] = "long"; struct fl { int n; int x[]; } ten = { 1, { 2, 3 } };
int f(int x) { struct fl local = { 1, { 2 } }; struct p q = x; int a[] = x; static int y = x; return local.n + q.a + a[0] + y; }
struct none *p = &(struct none){ 1 };
---- expect
unit.c:1:38-39: ERROR: there are more values than `struct p` has room for
struct p { int a, b; } one = { 1, 2, 3 }, two = { .c = 1 }, three = 5; int four[2] = { 1, 2, 3 }, five[2] = 1, six = { 1, 2 };
                                     ~
unit.c:1:52-53: ERROR: `struct p` has no member `c`
struct p { int a, b; } one = { 1, 2, 3 }, two = { .c = 1 }, three = 5; int four[2] = { 1, 2, 3 }, five[2] = 1, six = { 1, 2 };
                                                   ~
HINT: did you mean `a`?
unit.c:1:69-70: ERROR: what is initialized is of type `struct p`, which `int` does not fit
struct p { int a, b; } one = { 1, 2, 3 }, two = { .c = 1 }, three = 5; int four[2] = { 1, 2, 3 }, five[2] = 1, six = { 1, 2 };
                                                                    ~
unit.c:1:94-95: ERROR: there are more values than `int [2]` has room for
struct p { int a, b; } one = { 1, 2, 3 }, two = { .c = 1 }, three = 5; int four[2] = { 1, 2, 3 }, five[2] = 1, six = { 1, 2 };
                                                                                             ~
unit.c:1:109-110: ERROR: `int [2]` is initialized by a list, or by text
struct p { int a, b; } one = { 1, 2, 3 }, two = { .c = 1 }, three = 5; int four[2] = { 1, 2, 3 }, five[2] = 1, six = { 1, 2 };
                                                                                                            ~
HINT: write `{ … }` around the elements
unit.c:1:118-126: ERROR: one number or pointer is initialized by one value
struct p { int a, b; } one = { 1, 2, 3 }, two = { .c = 1 }, three = 5; int four[2] = { 1, 2, 3 }, five[2] = 1, six = { 1, 2 };
                                                                                                                     ~~~~~~~~
unit.c:2:27-29: ERROR: `int []` has no such element
int seven[] = { [1] = 1, [-1] = 2 }, eight[2] = { [3] = 1 }; char nine[2] = "long"; struct fl { int n; int x[]; } ten = { 1, { 2, 3 } };
                          ~~
unit.c:2:52-53: ERROR: `int [2]` has no such element
int seven[] = { [1] = 1, [-1] = 2 }, eight[2] = { [3] = 1 }; char nine[2] = "long"; struct fl { int n; int x[]; } ten = { 1, { 2, 3 } };
                                                   ~
unit.c:3:26-31: ERROR: a member without a length has no room in a variable of a function
int f(int x) { struct fl local = { 1, { 2 } }; struct p q = x; int a[] = x; static int y = x; return local.n + q.a + a[0] + y; }
                         ~~~~~
unit.c:3:61-62: ERROR: what is initialized is of type `struct p`, which `int` does not fit
int f(int x) { struct fl local = { 1, { 2 } }; struct p q = x; int a[] = x; static int y = x; return local.n + q.a + a[0] + y; }
                                                            ~
unit.c:3:74-75: ERROR: `int []` is initialized by a list, or by text
int f(int x) { struct fl local = { 1, { 2 } }; struct p q = x; int a[] = x; static int y = x; return local.n + q.a + a[0] + y; }
                                                                         ~
unit.c:3:92-93: ERROR: what a variable of the program holds at first is known when it is compiled, and this is not
int f(int x) { struct fl local = { 1, { 2 } }; struct p q = x; int a[] = x; static int y = x; return local.n + q.a + a[0] + y; }
                                                                                           ~
unit.c:4:19-37: ERROR: `struct none` is only declared here: its members are not known
struct none *p = &(struct none){ 1 };
                  ~~~~~~~~~~~~~~~~~~
unit.c:4:34-35: ERROR: there are more values than `struct none` has room for
struct none *p = &(struct none){ 1 };
                                 ~
unit.c:2:77-83: WARNING: this text has 4 bytes, and there is room for 2
int seven[] = { [1] = 1, [-1] = 2 }, eight[2] = { [3] = 1 }; char nine[2] = "long"; struct fl { int n; int x[]; } ten = { 1, { 2, 3 } };
                                                                            ~~~~~~
