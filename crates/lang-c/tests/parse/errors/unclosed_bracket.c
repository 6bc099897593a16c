int f(int a) {
	return (a + (a * 2);
}
int x[] = {
	1,
	2,
;
---- expect
(function int f (fn (int a))
  {
    (return (+ a (* a 2)))})
(declare int x [] = {1, 2, error})
unit.c:2:21-22: ERROR: expected `)` to close this parenthesis, found `;`
    return (a + (a * 2);
                       ~
unit.c:2:9-10: ERROR: the parenthesis begins here
    return (a + (a * 2);
           ~
unit.c:6:4-4: ERROR: expected an expression, found `;`
    2,
      ~
