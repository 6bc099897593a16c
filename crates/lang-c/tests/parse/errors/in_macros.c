#define BROKEN(x) (x + )
#define TYPE undefined_type
int a = BROKEN(1) + 2;
TYPE b;
int f(void) { return BROKEN(a) * a; }
---- expect
(declare int a = (+ (+ 1 error) 2))
(declare undefined_type b)
(function int f (fn)
  {
    (return (* (+ a error) a))})
unit.c:1:24-25: ERROR: expected an expression, found `)`
#define BROKEN(x) (x + )
                       ~
unit.c:3:9-18: ERROR: expanded from
int a = BROKEN(1) + 2;
        ~~~~~~~~~
unit.c:2:14-28: ERROR: unknown type name `undefined_type`
#define TYPE undefined_type
             ~~~~~~~~~~~~~~
unit.c:4:1-5: ERROR: expanded from
TYPE b;
~~~~
unit.c:1:24-25: ERROR: expected an expression, found `)`
#define BROKEN(x) (x + )
                       ~
unit.c:5:22-31: ERROR: expanded from
int f(void) { return BROKEN(a) * a; }
                     ~~~~~~~~~
