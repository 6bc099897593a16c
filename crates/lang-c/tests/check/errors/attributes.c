typedef unsigned int u64x __attribute__((mode(DI))); _Static_assert(sizeof(u64x) == 8, "behind the name");
int hi __attribute__((mode(HI))), *p; _Static_assert(sizeof(hi) == 2, "of one alone"); _Static_assert(sizeof(*p) == 4, "of the other not");
struct s { const unsigned x __attribute__((mode(QI))); }; _Static_assert(sizeof(struct s) == 1, "of a member"); int takes(int x __attribute__((mode(DI))));
int *q __attribute__((mode(SI))); __attribute__((mode(DI))) struct s r;
int x asm("y") = 3; extern int z __asm__("zz"); int f(void) { register int a asm("r1") = 1; static int b asm("bb"); int c __attribute__((section("s"))) = 2; return a + b + c; }
int h(void); static int h(void); int g; static int g; static int k(void); int k(void); static int l; extern int l;
__attribute__((naked)) int n(void) { }
---- expect
unit.c:4:23-31: ERROR: `mode` changes the size of whole numbers, not of `int *`
int *q __attribute__((mode(SI))); __attribute__((mode(DI))) struct s r;
                      ~~~~~~~~
unit.c:4:50-58: ERROR: `mode` changes the size of whole numbers, not of `struct s`
int *q __attribute__((mode(SI))); __attribute__((mode(DI))) struct s r;
                                                 ~~~~~~~~
unit.c:5:78-87: ERROR: the compiler chooses the registers of variables
int x asm("y") = 3; extern int z __asm__("zz"); int f(void) { register int a asm("r1") = 1; static int b asm("bb"); int c __attribute__((section("s"))) = 2; return a + b + c; }
                                                                             ~~~~~~~~~
unit.c:5:121-122: ERROR: a variable of a function lies on the stack, and in no section
int x asm("y") = 3; extern int z __asm__("zz"); int f(void) { register int a asm("r1") = 1; static int b asm("bb"); int c __attribute__((section("s"))) = 2; return a + b + c; }
                                                                                                                        ~
unit.c:6:25-26: ERROR: `h` is `static` here, and was not before
int h(void); static int h(void); int g; static int g; static int k(void); int k(void); static int l; extern int l;
                        ~
unit.c:6:5-6: ERROR: here
int h(void); static int h(void); int g; static int g; static int k(void); int k(void); static int l; extern int l;
    ~
unit.c:6:52-53: ERROR: `g` is `static` here, and was not before
int h(void); static int h(void); int g; static int g; static int k(void); int k(void); static int l; extern int l;
                                                   ~
unit.c:6:38-39: ERROR: here
int h(void); static int h(void); int g; static int g; static int k(void); int k(void); static int l; extern int l;
                                     ~
unit.c:7:16-21: ERROR: the attribute `naked` is not known yet
__attribute__((naked)) int n(void) { }
               ~~~~~
