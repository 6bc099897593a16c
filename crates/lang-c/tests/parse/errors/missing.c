int a
int b;
int c = ;
int d = 1 +;
int e[3;
int f(int g {
	return 1;
}
void h(void) {
	int i = 1
	i = 2
	i++;
	if (i == 1 {
		i = 3;
	}
	for (i = 0 i < 3; i++) { i = 4; }
	while i { i = 5; }
	f(1, 2;
	i = f(1 2);
	i = (1 + 2;
	do i++; (i);
	i = i ? 1;
	goto ;
	case 1 i = 6;
	return
}
struct j { int a b; int c; };
struct k { int a; }
int l;
int m[] = { 1 2, 3 };
enum n { A B, C };
int o = { .x 1 };
int p = sizeof;
int = 3;
---- expect
(declare int a)
(declare int c = error)
(declare int d = (+ 1 error))
(declare int e [3])
(declare int f (fn (int g)))
(function void h (fn)
  {
    (declare int i = 1)
    (if (== i 1))
    (for (= i 0) () ()
      {
        (= i 4)})
    (while error)
    (call f 1 2)
    (= i (call f 1))
    (= i (+ 1 2))
    (do
      (_++ i) error)
    (= i (? i 1 error))
    ()
    (case 1)
    (return error)})
(declare (struct j {
  (member int a)
  (member int c)}))
(declare (struct k {
  (member int a)}))
(declare int l)
(declare int m [] = {1})
(declare (enum n { A }))
(declare int o = {.x = 1})
(declare int p = (sizeof error))
(declare int _ = 3)
unit.c:1:6-6: ERROR: expected `;`, `,` or `=`, found `int`
int a
     ~
unit.c:3:9-10: ERROR: expected an expression, found `;`
int c = ;
        ~
unit.c:4:12-13: ERROR: expected an expression, found `;`
int d = 1 +;
           ~
unit.c:5:8-9: ERROR: expected `]` to close this array, found `;`
int e[3;
       ~
unit.c:5:6-7: ERROR: the array begins here
int e[3;
     ~
unit.c:6:13-14: ERROR: expected `)` to close this list of parameters, found `{`
int f(int g {
            ~
unit.c:6:6-7: ERROR: the list of parameters begins here
int f(int g {
     ~
unit.c:10:11-11: ERROR: expected `;`, found the name `i`
    int i = 1
             ~
unit.c:13:13-14: ERROR: expected `)` to close this condition, found `{`
    if (i == 1 {
               ~
unit.c:13:5-6: ERROR: the condition begins here
    if (i == 1 {
       ~
unit.c:16:13-14: ERROR: expected `;`, found the name `i`
    for (i = 0 i < 3; i++) { i = 4; }
               ~
unit.c:17:8-9: ERROR: expected `(`, found the name `i`
    while i { i = 5; }
          ~
unit.c:18:8-9: ERROR: expected `)` to close this call, found `;`
    f(1, 2;
          ~
unit.c:18:3-4: ERROR: the call begins here
    f(1, 2;
     ~
unit.c:19:10-11: ERROR: expected `)` to close this call, found the number `2`
    i = f(1 2);
            ~
unit.c:19:7-8: ERROR: the call begins here
    i = f(1 2);
         ~
unit.c:20:12-13: ERROR: expected `)` to close this parenthesis, found `;`
    i = (1 + 2;
              ~
unit.c:20:6-7: ERROR: the parenthesis begins here
    i = (1 + 2;
        ~
unit.c:21:10-11: ERROR: expected `while` behind the body of `do`, found `(`
    do i++; (i);
            ~
unit.c:22:11-12: ERROR: expected `:` and the other value, found `;`
    i = i ? 1;
             ~
unit.c:22:8-9: ERROR: of this `?`
    i = i ? 1;
          ~
unit.c:23:7-8: ERROR: expected the name of a label, found `;`
    goto ;
         ~
unit.c:24:9-10: ERROR: expected `:`, found the name `i`
    case 1 i = 6;
           ~
unit.c:25:8-8: ERROR: expected an expression, found `}`
    return
          ~
unit.c:27:18-19: ERROR: expected `;`, found the name `b`
struct j { int a b; int c; };
                 ~
unit.c:28:20-20: ERROR: expected `;` or a name behind this `}`, found `int`
struct k { int a; }
                   ~
unit.c:30:15-16: ERROR: expected `,` or `}` behind this value, found the number `2`
int m[] = { 1 2, 3 };
              ~
unit.c:31:12-13: ERROR: expected `,` or `}`, found the name `B`
enum n { A B, C };
           ~
unit.c:32:14-15: ERROR: expected `=`, found the number `1`
int o = { .x 1 };
             ~
unit.c:33:15-16: ERROR: expected an expression, found `;`
int p = sizeof;
              ~
unit.c:34:5-6: ERROR: expected a name, found `=`
int = 3;
    ~
