#define
#define 1
#define defined
#define __VA_ARGS__ 1
#define two(a, b) a b
two(1)
two(1, 2, 3)
#define some(a, b, ...) a b
some(1)
#define none() x
none(1)
#define p(a
#define p(a, a)
#define p(a b)
#define p(1)
#define p(..., a)
#define p(a) #b
#define p(a) ## a
#define p(a) a ##
#define paste(a, b) a ## b
paste(+, -)
#define o(...) __VA_OPT__ x
#define o(...) __VA_OPT__(__VA_OPT__(a))
#define same(a) a  + b
#define same(a) a + b
#define same(a) a - b
#undef
#undef 1
#undef unknown
_Pragma(1)
__has_builtin
two(1,
---- expect
+ -
0
unit.c:1:2-8: ERROR: `#define` names no macro
#define
 ~~~~~~
HINT: `#define NAME TEXT`
unit.c:2:9-10: ERROR: `1` is no name, so it cannot be a macro
#define 1
        ~
unit.c:3:9-16: ERROR: `defined` is the preprocessor's own word
#define defined
        ~~~~~~~
unit.c:4:9-20: ERROR: `__VA_ARGS__` is the preprocessor's own word
#define __VA_ARGS__ 1
        ~~~~~~~~~~~
unit.c:6:1-7: ERROR: The macro `two` takes 2 arguments, but 1 is given
two(1)
~~~~~~
unit.c:5:9-12: ERROR: It is defined here
#define two(a, b) a b
        ~~~
unit.c:7:1-13: ERROR: The macro `two` takes 2 arguments, but 3 are given
two(1, 2, 3)
~~~~~~~~~~~~
unit.c:5:9-12: ERROR: It is defined here
#define two(a, b) a b
        ~~~
HINT: a comma within an argument stands in parentheses
unit.c:9:1-8: ERROR: The macro `some` takes at least 2 arguments, but 1 is given
some(1)
~~~~~~~
unit.c:8:9-13: ERROR: It is defined here
#define some(a, b, ...) a b
        ~~~~
unit.c:11:1-8: ERROR: The macro `none` takes 0 arguments, but 1 is given
none(1)
~~~~~~~
unit.c:10:9-13: ERROR: It is defined here
#define none() x
        ~~~~
unit.c:12:10-11: ERROR: The parameters of this macro have no `)` in their line
#define p(a
         ~
unit.c:13:14-15: ERROR: There are two parameters `a`
#define p(a, a)
             ~
unit.c:14:13-14: ERROR: A `)` is missing before `b`
#define p(a b)
            ~
unit.c:14:10-11: ERROR: The parameters begin here
#define p(a b)
         ~
unit.c:15:11-12: ERROR: `1` is no name of a parameter
#define p(1)
          ~
HINT: parameters are names, and `...` for any number of arguments
unit.c:16:14-15: ERROR: A `)` is missing before `,`
#define p(..., a)
             ~
unit.c:16:10-11: ERROR: The parameters begin here
#define p(..., a)
         ~
unit.c:17:14-15: ERROR: `#` stands before a parameter of the macro
#define p(a) #b
             ~
HINT: it makes a string of the argument
unit.c:18:14-16: ERROR: `##` stands between two tokens
#define p(a) ## a
             ~~
HINT: it makes one token of both
unit.c:19:16-18: ERROR: `##` stands between two tokens
#define p(a) a ##
               ~~
HINT: it makes one token of both
unit.c:22:16-26: ERROR: `__VA_OPT__` takes tokens in parentheses
#define o(...) __VA_OPT__ x
               ~~~~~~~~~~
unit.c:23:27-37: ERROR: `__VA_OPT__` may not stand within another
#define o(...) __VA_OPT__(__VA_OPT__(a))
                          ~~~~~~~~~~
unit.c:27:2-7: ERROR: `#undef` names no macro
#undef
 ~~~~~
unit.c:28:8-9: ERROR: `1` is no name, so it cannot be a macro
#undef 1
       ~
unit.c:30:1-8: ERROR: `_Pragma` takes one string
_Pragma(1)
~~~~~~~
HINT: `_Pragma("unroll")`
unit.c:31:1-14: ERROR: `__has_builtin` takes what it asks for in parentheses
__has_builtin
~~~~~~~~~~~~~
unit.c:32:1-4: ERROR: This call of the macro `two` has no `)`
two(1,
~~~
unit.c:5:9-12: ERROR: The macro is defined here
#define two(a, b) a b
        ~~~
unit.c:20:21-27: ERROR: `##` makes `+-` here, which is no token
#define paste(a, b) a ## b
                    ~~~~~~
unit.c:21:1-12: ERROR: expanded from
paste(+, -)
~~~~~~~~~~~
HINT: tokens beside one another need no `##`
unit.c:26:9-13: WARNING: The macro `same` is defined anew, and otherwise
#define same(a) a - b
        ~~~~
unit.c:25:9-13: WARNING: It was defined here
#define same(a) a + b
        ~~~~
HINT: `#undef` before it if that is meant
