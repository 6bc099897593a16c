struct s { int a; }; struct t { int b; }; union u { int a; }; struct s s; struct t t; const int fixed = 1; int array[3];
int f(int *p, struct s *q, long *w, const struct s *c, int n) {
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
  if (s) n = 1; while (f(p, q, w, c, n) == s) n = 2; n = n ? s : 1; n = n ? p : q; s += 1; p += p; p <<= 1;
  sizeof(struct none); sizeof(void); n = 1.5; return q;
}
---- expect
unit.c:3:7-8: ERROR: what is assigned to is of type `struct s`, which `struct t` does not fit
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
      ~
unit.c:3:14-15: ERROR: what is assigned to is of type `struct s`, which `int` does not fit
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
             ~
unit.c:3:21-22: ERROR: what is assigned to is of type `int`, which `struct s` does not fit
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                    ~
unit.c:3:52-57: ERROR: this is `const`, and not to be changed
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                                   ~~~~~
unit.c:3:63-67: ERROR: this is `const`, and not to be changed
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                                              ~~~~
unit.c:3:73-78: ERROR: `int [3]` is not assigned to as a whole
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                                                        ~~~~~
unit.c:3:84-85: ERROR: this `int` is a value, and nothing is stored in values
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                                                                   ~
unit.c:3:91-94: ERROR: this `int` is a value, and nothing is stored in values
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                                                                          ~~~
unit.c:3:100-102: ERROR: this `int *` is a value, and nothing is stored in values
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                                                                                   ~~
unit.c:3:108-110: ERROR: this `int` is a value that lies nowhere, so that it has no address
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                                                                                           ~~
unit.c:4:21-26: ERROR: there is no `+` of `int *` and `struct s *`
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                    ~~~~~
unit.c:4:32-37: ERROR: there is no `*` of `int *` and `int`
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                               ~~~~~
unit.c:4:43-44: ERROR: a number or pointer is needed here, and this is of type `struct s`
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                                          ~
unit.c:4:55-56: ERROR: a whole number is needed here, and this is of type `int *`
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                                                      ~
unit.c:4:63-64: ERROR: a whole number is needed here, and this is of type `struct s *`
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                                                              ~
unit.c:4:70-72: ERROR: only pointers point somewhere, and this is of type `int`
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                                                                     ~~
unit.c:4:78-82: ERROR: `int` has no elements
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                                                                             ~~~~
unit.c:4:88-93: ERROR: there is no `%` of `struct s *` and `int`
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                                                                                       ~~~~~
unit.c:4:95-106: ERROR: nothing is cast to `struct s`: numbers and pointers alone are
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                                                                                              ~~~~~~~~~~~
unit.c:4:108-118: ERROR: nothing is cast to `union u`: numbers and pointers alone are
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                                                                                                           ~~~~~~~~~~
unit.c:4:125-126: ERROR: a number or pointer is needed here, and this is of type `struct s`
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
                                                                                                                            ~
unit.c:5:7-8: ERROR: a number or pointer is needed here, and this is of type `struct s`
  if (s) n = 1; while (f(p, q, w, c, n) == s) n = 2; n = n ? s : 1; n = n ? p : q; s += 1; p += p; p <<= 1;
      ~
unit.c:5:44-45: ERROR: a number or pointer is needed here, and this is of type `struct s`
  if (s) n = 1; while (f(p, q, w, c, n) == s) n = 2; n = n ? s : 1; n = n ? p : q; s += 1; p += p; p <<= 1;
                                           ~
unit.c:5:58-67: ERROR: `struct s` and `int` have no type in common
  if (s) n = 1; while (f(p, q, w, c, n) == s) n = 2; n = n ? s : 1; n = n ? p : q; s += 1; p += p; p <<= 1;
                                                         ~~~~~~~~~
unit.c:5:84-90: ERROR: there is no `+` of `struct s` and `int`
  if (s) n = 1; while (f(p, q, w, c, n) == s) n = 2; n = n ? s : 1; n = n ? p : q; s += 1; p += p; p <<= 1;
                                                                                   ~~~~~~
unit.c:5:92-98: ERROR: there is no `+` of `int *` and `int *`
  if (s) n = 1; while (f(p, q, w, c, n) == s) n = 2; n = n ? s : 1; n = n ? p : q; s += 1; p += p; p <<= 1;
                                                                                           ~~~~~~
unit.c:5:100-107: ERROR: there is no `<<` of `int *` and `int`
  if (s) n = 1; while (f(p, q, w, c, n) == s) n = 2; n = n ? s : 1; n = n ? p : q; s += 1; p += p; p <<= 1;
                                                                                                   ~~~~~~~
unit.c:6:3-22: ERROR: `struct none` is only declared here: its members are not known
  sizeof(struct none); sizeof(void); n = 1.5; return q;
  ~~~~~~~~~~~~~~~~~~~
unit.c:6:42-45: ERROR: BPF has no floating-point numbers
  sizeof(struct none); sizeof(void); n = 1.5; return q;
                                         ~~~
unit.c:3:28-29: WARNING: what is assigned to is of type `int *`, and `long *` points to something else
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                           ~
unit.c:3:35-36: WARNING: what is assigned to is of type `int *`, and a number of type `int` is taken for an address
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                  ~
HINT: write the cast where that is meant
unit.c:3:42-43: WARNING: what is assigned to is of type `int`, and an address of type `int *` is taken for a number
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                         ~
HINT: write the cast where that is meant
unit.c:3:49-50: WARNING: what is assigned to is of type `int *`, and a number of type `int` is taken for an address
  s = t; s = 1; n = s; p = w; p = n; n = p; p = 5; fixed = 2; c->a = 1; array = 0; 3 = n; n++ = 1; &n = 0; &3;
                                                ~
HINT: write the cast where that is meant
unit.c:4:7-8: WARNING: what is assigned to is of type `int *`, and `struct s *` points to something else
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
      ~
unit.c:4:14-15: WARNING: what is assigned to is of type `long *`, and `const struct s *` points to something else
  p = q; w = c; n = p + q; n = p * 2; n = s + 1; n = -p; n = ~q; n = *n; n = n[2]; n = q % 2; (struct s)n; (union u)n; (int)s;
             ~
unit.c:5:73-82: WARNING: `int *` and `struct s *` point to different things
  if (s) n = 1; while (f(p, q, w, c, n) == s) n = 2; n = n ? s : 1; n = n ? p : q; s += 1; p += p; p <<= 1;
                                                                        ~~~~~~~~~
unit.c:5:73-82: WARNING: what is assigned to is of type `int`, and an address of type `void *` is taken for a number
  if (s) n = 1; while (f(p, q, w, c, n) == s) n = 2; n = n ? s : 1; n = n ? p : q; s += 1; p += p; p <<= 1;
                                                                        ~~~~~~~~~
HINT: write the cast where that is meant
unit.c:6:54-55: WARNING: what is returned is of type `int`, and an address of type `struct s *` is taken for a number
  sizeof(struct none); sizeof(void); n = 1.5; return q;
                                                     ~
HINT: write the cast where that is meant
