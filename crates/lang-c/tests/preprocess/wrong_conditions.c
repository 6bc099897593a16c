#if
#endif
#if 1 +
#elif (1
#elif 1 = 1
#elif "a"
#elif f(1)
#elif 1 / 0
#elif 99999999999999999999999
#elif defined
#elif defined(X
#endif
#ifdef
#endif
#ifdef 1
#endif
#else
#endif
#elif 1
#if 1
#else
#else
#elif 1
#endif
#ifdef X
#if 1
#else
---- expect

unit.c:1:2-4: ERROR: The condition is empty
#if
 ~~
unit.c:3:7-8: ERROR: The condition ends too early: a number is missing behind this
#if 1 +
      ~
unit.c:4:7-8: ERROR: This parenthesis has no `)`
#elif (1
      ~
unit.c:5:9-10: ERROR: `=` is out of place in a condition
#elif 1 = 1
        ~
HINT: numbers are compared with `==`
unit.c:6:7-10: ERROR: `"a"` is out of place in a condition
#elif "a"
      ~~~
HINT: conditions of the preprocessor know numbers only
unit.c:7:7-8: ERROR: There is no macro `f` to call here
#elif f(1)
      ~
unit.c:7:8-9: ERROR: Its arguments begin here
#elif f(1)
       ~
unit.c:8:9-10: ERROR: This condition divides by zero
#elif 1 / 0
        ~
unit.c:9:7-30: ERROR: `99999999999999999999999` does not fit in 64 bits
#elif 99999999999999999999999
      ~~~~~~~~~~~~~~~~~~~~~~~
unit.c:10:7-14: ERROR: `defined` asks for the name of a macro
#elif defined
      ~~~~~~~
HINT: `defined NAME` or `defined(NAME)`
unit.c:11:7-14: ERROR: `defined` asks for the name of a macro
#elif defined(X
      ~~~~~~~
HINT: `defined NAME` or `defined(NAME)`
unit.c:13:2-7: ERROR: `#ifdef` names no macro
#ifdef
 ~~~~~
unit.c:15:8-9: ERROR: `1` is no name, so it cannot be a macro
#ifdef 1
       ~
unit.c:17:2-6: ERROR: There is no `#if` for this `#else`
#else
 ~~~~
unit.c:18:2-7: ERROR: There is no `#if` for this `#endif`
#endif
 ~~~~~
unit.c:19:2-6: ERROR: There is no `#if` for this `#elif`
#elif 1
 ~~~~
unit.c:22:2-6: ERROR: `#else` stands behind `#else`
#else
 ~~~~
unit.c:21:2-6: ERROR: The `#else` is here
#else
 ~~~~
unit.c:23:2-6: ERROR: `#elif` stands behind `#else`
#elif 1
 ~~~~
unit.c:21:2-6: ERROR: The `#else` is here
#else
 ~~~~
unit.c:25:2-7: ERROR: This condition has no `#endif`
#ifdef X
 ~~~~~
