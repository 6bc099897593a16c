long helper(void *map, const char *key); int print(const char *fmt, ...); struct s { int a; }; void none(void); int number;
void f(struct s s, int *p) {
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
  __builtin_memcpy(p); __sync_fetch_and_add(p); __builtin_bswap32(s); __sync_fetch_and_add((char *)p, 1);
}
---- expect
unit.c:3:3-12: ERROR: this takes 2 arguments, and has 1 here
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
  ~~~~~~~~~
unit.c:1:6-12: ERROR: it is declared here
long helper(void *map, const char *key); int print(const char *fmt, ...); struct s { int a; }; void none(void); int number;
     ~~~~~~
HINT: they are: `void *map`, `const char *key`
unit.c:3:14-31: ERROR: this takes 2 arguments, and has 3 here
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
             ~~~~~~~~~~~~~~~~~
unit.c:1:6-12: ERROR: it is declared here
long helper(void *map, const char *key); int print(const char *fmt, ...); struct s { int a; }; void none(void); int number;
     ~~~~~~
HINT: they are: `void *map`, `const char *key`
unit.c:3:33-40: ERROR: this takes at least 1 argument, and has 0 here
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
                                ~~~~~~~
unit.c:1:46-51: ERROR: it is declared here
long helper(void *map, const char *key); int print(const char *fmt, ...); struct s { int a; }; void none(void); int number;
                                             ~~~~~
HINT: they are: `const char *fmt`
unit.c:3:49-50: ERROR: the parameter `map` is of type `void *`, which `struct s` does not fit
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
                                                ~
unit.c:3:56-62: ERROR: this is of type `int`, and functions alone are called
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
                                                       ~~~~~~
unit.c:3:67-74: ERROR: this takes 0 arguments, and has 1 here
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
                                                                  ~~~~~~~
unit.c:1:101-105: ERROR: it is declared here
long helper(void *map, const char *key); int print(const char *fmt, ...); struct s { int a; }; void none(void); int number;
                                                                                                    ~~~~
unit.c:3:76-80: ERROR: this is of type `int`, and functions alone are called
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
                                                                           ~~~~
unit.c:3:93-99: ERROR: what is initialized takes a value, and this has none
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
                                                                                            ~~~~~~
unit.c:3:108-114: ERROR: the parameter `map` takes a value, and this has none
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
                                                                                                           ~~~~~~
unit.c:4:3-22: ERROR: `__builtin_memcpy` takes 3 arguments, and has 1 here
  __builtin_memcpy(p); __sync_fetch_and_add(p); __builtin_bswap32(s); __sync_fetch_and_add((char *)p, 1);
  ~~~~~~~~~~~~~~~~~~~
unit.c:4:24-47: ERROR: `__sync_fetch_and_add` takes 2 arguments, and has 1 here
  __builtin_memcpy(p); __sync_fetch_and_add(p); __builtin_bswap32(s); __sync_fetch_and_add((char *)p, 1);
                       ~~~~~~~~~~~~~~~~~~~~~~~
unit.c:4:67-68: ERROR: a number or pointer is needed here, and this is of type `struct s`
  __builtin_memcpy(p); __sync_fetch_and_add(p); __builtin_bswap32(s); __sync_fetch_and_add((char *)p, 1);
                                                                  ~
unit.c:4:92-101: ERROR: atomic changes are of 4 or 8 bytes: `char *` does not point to so many
  __builtin_memcpy(p); __sync_fetch_and_add(p); __builtin_bswap32(s); __sync_fetch_and_add((char *)p, 1);
                                                                                           ~~~~~~~~~
unit.c:3:52-53: WARNING: the parameter `key` is of type `const char *`, and a number of type `int` is taken for an address
  helper(p); helper(p, "x", 1); print(); helper(s, 1); number(1); none(2); (*p)(1); int x = none(); helper(none(), "x");
                                                   ~
HINT: write the cast where that is meant
