int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
void v; int none[]; int bad[-1]; int n = 3; int open[n]; void voids[2]; int f()[3]; int g(void)(int); int (h[2])(void);
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
struct s { int b; }; union s { int c; }; enum s { S }; enum e { A, A, B = 1 << 3, C = n }; enum e { D };
int func(int x) { int x; int y; long y; { int x; } return x; } int func(int x) { return x; } int func(long x);
static int v2 = n; int *v3 = &n + n; long v4 = (int)(long)&n; int v5 = "text"; _Static_assert(1 == 2, "no"); _Static_assert(sizeof(int) == 4, "");
__auto_type t = 3; __auto_type u; int i __attribute__((aligned(3))), j __attribute__((unknown_word)), k __attribute__((vector_size(16)));
---- expect
unit.c:1:13-14: ERROR: this is of type `long`, and was of type `int` before
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
            ~
unit.c:1:5-6: ERROR: here
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
    ~
unit.c:1:20-21: ERROR: `a` is declared already, as something else
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
                   ~
unit.c:1:5-6: ERROR: here
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
    ~
unit.c:1:44-45: ERROR: `b` is given what it holds twice
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
                                           ~
unit.c:1:33-34: ERROR: it was declared here
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
                                ~
unit.c:1:79-80: ERROR: `c` is declared already, as something else
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
                                                                              ~
unit.c:1:63-64: ERROR: here
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
                                                              ~
unit.c:1:94-95: ERROR: `c` is declared already, as something else
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
                                                                                             ~
unit.c:1:79-80: ERROR: here
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
                                                                              ~
unit.c:1:101-102: ERROR: `c` is declared already, as something else
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
                                                                                                    ~
unit.c:1:94-95: ERROR: here
int a; long a; int a(void); int b = 1; int b = 2; typedef int c; typedef long c; typedef int c; int c;
                                                                                             ~
unit.c:2:6-7: ERROR: a variable of type `void` holds nothing
void v; int none[]; int bad[-1]; int n = 3; int open[n]; void voids[2]; int f()[3]; int g(void)(int); int (h[2])(void);
     ~
unit.c:2:29-31: ERROR: this array would have -1 elements
void v; int none[]; int bad[-1]; int n = 3; int open[n]; void voids[2]; int f()[3]; int g(void)(int); int (h[2])(void);
                            ~~
unit.c:2:54-55: ERROR: the length of an array is a constant number in BPF: its stack is laid out when the program is compiled
void v; int none[]; int bad[-1]; int n = 3; int open[n]; void voids[2]; int f()[3]; int g(void)(int); int (h[2])(void);
                                                     ~
unit.c:2:63-71: ERROR: `void` has no size
void v; int none[]; int bad[-1]; int n = 3; int open[n]; void voids[2]; int f()[3]; int g(void)(int); int (h[2])(void);
                                                              ~~~~~~~~
unit.c:2:77-83: ERROR: a function returns no array: a pointer, or a struct
void v; int none[]; int bad[-1]; int n = 3; int open[n]; void voids[2]; int f()[3]; int g(void)(int); int (h[2])(void);
                                                                            ~~~~~~
unit.c:2:89-101: ERROR: a function returns no function: a pointer to one
void v; int none[]; int bad[-1]; int n = 3; int open[n]; void voids[2]; int f()[3]; int g(void)(int); int (h[2])(void);
                                                                                        ~~~~~~~~~~~~
unit.c:2:107-119: ERROR: functions are no elements of arrays: pointers to them may be
void v; int none[]; int bad[-1]; int n = 3; int open[n]; void voids[2]; int f()[3]; int g(void)(int); int (h[2])(void);
                                                                                                          ~~~~~~~~~~~~
unit.c:3:23-24: ERROR: there is a member `a` already
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
                      ~
unit.c:3:16-17: ERROR: here
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
               ~
unit.c:3:35-36: ERROR: `struct s` is only declared here: its members are not known
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
                                  ~
unit.c:3:43-44: ERROR: `void` has no size
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
                                          ~
unit.c:3:50-51: ERROR: `int (void)` has no size
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
                                                 ~
unit.c:3:67-69: ERROR: `int` has no field of 33 bits: 1 to 32 are possible
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
                                                                  ~~
unit.c:3:88-89: ERROR: `int` has no field of 0 bits: 1 to 32 are possible
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
                                                                                       ~
unit.c:3:101-102: ERROR: bits are of a type of whole numbers, not of `char *`
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
                                                                                                    ~
unit.c:3:108-112: ERROR: a member without a length is the last one
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
                                                                                                           ~~~~
unit.c:3:120-126: ERROR: this one stands behind it
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
                                                                                                                       ~~~~~~
unit.c:4:8-9: ERROR: `s` has its members already
struct s { int b; }; union s { int c; }; enum s { S }; enum e { A, A, B = 1 << 3, C = n }; enum e { D };
       ~
unit.c:3:8-9: ERROR: they are here
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
       ~
unit.c:4:28-29: ERROR: the tag `s` is that of another kind of type
struct s { int b; }; union s { int c; }; enum s { S }; enum e { A, A, B = 1 << 3, C = n }; enum e { D };
                           ~
unit.c:3:8-9: ERROR: declared here
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
       ~
unit.c:4:47-48: ERROR: there is a type with the tag `s` already
struct s { int b; }; union s { int c; }; enum s { S }; enum e { A, A, B = 1 << 3, C = n }; enum e { D };
                                              ~
unit.c:3:8-9: ERROR: here
struct s { int a; int a; struct s s; void v; int f(void); int x : 33; int : 2; int y : 0; char *p : 3; int last[]; int behind; };
       ~
unit.c:4:68-69: ERROR: `A` is declared already
struct s { int b; }; union s { int c; }; enum s { S }; enum e { A, A, B = 1 << 3, C = n }; enum e { D };
                                                                   ~
unit.c:4:65-66: ERROR: here
struct s { int b; }; union s { int c; }; enum s { S }; enum e { A, A, B = 1 << 3, C = n }; enum e { D };
                                                                ~
unit.c:4:87-88: ERROR: this must be a constant number
struct s { int b; }; union s { int c; }; enum s { S }; enum e { A, A, B = 1 << 3, C = n }; enum e { D };
                                                                                      ~
unit.c:4:97-98: ERROR: there is a type with the tag `e` already
struct s { int b; }; union s { int c; }; enum s { S }; enum e { A, A, B = 1 << 3, C = n }; enum e { D };
                                                                                                ~
unit.c:4:61-62: ERROR: here
struct s { int b; }; union s { int c; }; enum s { S }; enum e { A, A, B = 1 << 3, C = n }; enum e { D };
                                                            ~
unit.c:5:23-24: ERROR: `x` is declared in this block already
int func(int x) { int x; int y; long y; { int x; } return x; } int func(int x) { return x; } int func(long x);
                      ~
unit.c:5:14-15: ERROR: here
int func(int x) { int x; int y; long y; { int x; } return x; } int func(int x) { return x; } int func(long x);
             ~
unit.c:5:38-39: ERROR: `y` is declared in this block already
int func(int x) { int x; int y; long y; { int x; } return x; } int func(int x) { return x; } int func(long x);
                                     ~
unit.c:5:30-31: ERROR: here
int func(int x) { int x; int y; long y; { int x; } return x; } int func(int x) { return x; } int func(long x);
                             ~
unit.c:5:68-72: ERROR: the function `func` has a body already
int func(int x) { int x; int y; long y; { int x; } return x; } int func(int x) { return x; } int func(long x);
                                                                   ~~~~
unit.c:5:5-9: ERROR: here
int func(int x) { int x; int y; long y; { int x; } return x; } int func(int x) { return x; } int func(long x);
    ~~~~
unit.c:5:98-102: ERROR: this is of type `int (long)`, and was of type `int (int)` before
int func(int x) { int x; int y; long y; { int x; } return x; } int func(int x) { return x; } int func(long x);
                                                                                                 ~~~~
unit.c:5:5-9: ERROR: here
int func(int x) { int x; int y; long y; { int x; } return x; } int func(int x) { return x; } int func(long x);
    ~~~~
unit.c:6:17-18: ERROR: what a variable of the program holds at first is known when it is compiled, and this is not
static int v2 = n; int *v3 = &n + n; long v4 = (int)(long)&n; int v5 = "text"; _Static_assert(1 == 2, "no"); _Static_assert(sizeof(int) == 4, "");
                ~
unit.c:6:30-36: ERROR: what a variable of the program holds at first is known when it is compiled, and this is not
static int v2 = n; int *v3 = &n + n; long v4 = (int)(long)&n; int v5 = "text"; _Static_assert(1 == 2, "no"); _Static_assert(sizeof(int) == 4, "");
                             ~~~~~~
unit.c:6:48-61: ERROR: what a variable of the program holds at first is known when it is compiled, and this is not
static int v2 = n; int *v3 = &n + n; long v4 = (int)(long)&n; int v5 = "text"; _Static_assert(1 == 2, "no"); _Static_assert(sizeof(int) == 4, "");
                                               ~~~~~~~~~~~~~
unit.c:6:72-78: ERROR: what a variable of the program holds at first is known when it is compiled, and this is not
static int v2 = n; int *v3 = &n + n; long v4 = (int)(long)&n; int v5 = "text"; _Static_assert(1 == 2, "no"); _Static_assert(sizeof(int) == 4, "");
                                                                       ~~~~~~
unit.c:6:80-109: ERROR: this does not hold: no
static int v2 = n; int *v3 = &n + n; long v4 = (int)(long)&n; int v5 = "text"; _Static_assert(1 == 2, "no"); _Static_assert(sizeof(int) == 4, "");
                                                                               ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
unit.c:7:13-14: ERROR: `__auto_type` is of variables in functions
__auto_type t = 3; __auto_type u; int i __attribute__((aligned(3))), j __attribute__((unknown_word)), k __attribute__((vector_size(16)));
            ~
unit.c:7:32-33: ERROR: `__auto_type` takes its type from a value
__auto_type t = 3; __auto_type u; int i __attribute__((aligned(3))), j __attribute__((unknown_word)), k __attribute__((vector_size(16)));
                               ~
unit.c:7:56-66: ERROR: `aligned` takes a power of two: a number of bytes
__auto_type t = 3; __auto_type u; int i __attribute__((aligned(3))), j __attribute__((unknown_word)), k __attribute__((vector_size(16)));
                                                       ~~~~~~~~~~
unit.c:7:120-135: ERROR: the attribute `vector_size` is not known yet
__auto_type t = 3; __auto_type u; int i __attribute__((aligned(3))), j __attribute__((unknown_word)), k __attribute__((vector_size(16)));
                                                                                                                       ~~~~~~~~~~~~~~~
unit.c:6:72-78: WARNING: what is initialized is of type `int`, and an address of type `char *` is taken for a number
static int v2 = n; int *v3 = &n + n; long v4 = (int)(long)&n; int v5 = "text"; _Static_assert(1 == 2, "no"); _Static_assert(sizeof(int) == 4, "");
                                                                       ~~~~~~
HINT: write the cast where that is meant
unit.c:7:87-99: WARNING: the attribute `unknown_word` is not known, and means nothing here
__auto_type t = 3; __auto_type u; int i __attribute__((aligned(3))), j __attribute__((unknown_word)), k __attribute__((vector_size(16)));
                                                                                      ~~~~~~~~~~~~
