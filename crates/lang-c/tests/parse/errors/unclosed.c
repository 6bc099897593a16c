int f(void) {
	if (1) {
		return 1;
	return 2;
}

int g(void) {
	return 3;
}
---- expect
(function int f (fn)
  {
    (if 1
      {
        (return 1)
        (return 2)})})
unit.c:7:5-6: ERROR: a function cannot stand inside of another one
int g(void) {
    ~
unit.c:1:13-14: ERROR: this block is still open: is its `}` missing?
int f(void) {
            ~
