void f(int a, int b) {
	;
	int x = 1, *y = &x;
	struct s { int m; } s;
	if (a) b = 1;
	if (a) b = 1; else b = 2;
	if (a) if (b) x = 1; else x = 2;
	if (a) { } else if (b) { x = 1; } else { }
	while (a) a--;
	do a++; while (a < 3);
	do { continue; } while (0);
	for (;;) break;
	for (a = 0; a < 3; a++) { b += a; }
	for (int i = 0, j = 1; i < j; i++, j--) ;
	for (struct s *p = &s; ; ) break;
	switch (a) {
	case 1:
	case 2 ... 4:
		b = 1;
		break;
	case 'c': { b = 2; }
	default:
		return;
	}
	switch (a) case 1: case 2: default: b = 3;
	if (a) inner: b = 4;
	goto end;
	{ __label__ local, other; local: int declared_behind_a_label; }
	_Static_assert(sizeof(int) == 4, "four");
	_Static_assert(1);
	static_assert(1);
	extern int elsewhere;
	static int kept;
	typedef int local_type;
	local_type z;
	local_type: z = 1;
	int prototype(int);
end:
}
int g(void) { return 1; }
int h(void) { return (2); }
_Static_assert(1, "outside");
;
---- expect
(function void f (fn (int a) (int b))
  {
    ()
    (declare int x = 1 y * = (& x))
    (declare (struct s {
      (member int m)}) s)
    (if a
      (= b 1))
    (if a
      (= b 1)
      (= b 2))
    (if a
      (if b
        (= x 1)
        (= x 2)))
    (if a
      {}
      (if b
        {
          (= x 1)}
        {}))
    (while a
      (_-- a))
    (do
      (_++ a) (< a 3))
    (do
      {
        (continue)} 0)
    (for () () ()
      (break))
    (for (= a 0) (< a 3) (_++ a)
      {
        (+= b a)})
    (for (declare int i = 0 j = 1) (< i j) (, (_++ i) (_-- j))
      ())
    (for (declare (struct s) p * = (& s)) () ()
      (break))
    (switch a
      {
        (case 1)
        (case 2 4)
        (= b 1)
        (break)
        (case 99)
        {
          (= b 2)}
        (default)
        (return)})
    (switch a
      (case 1
        (case 2
          (default
            (= b 3)))))
    (if a
      (label inner
        (= b 4)))
    (goto end)
    {
      (label local)
      (declare int declared_behind_a_label)}
    (assert (== (sizeof <int>) 4) "four")
    (assert 1)
    (assert 1)
    (declare extern int elsewhere)
    (declare static int kept)
    (declare typedef int local_type)
    (declare local_type z)
    (label local_type)
    (= z 1)
    (declare int prototype (fn (int _)))
    (label end)})
(function int g (fn)
  {
    (return 1)})
(function int h (fn)
  {
    (return 2)})
(assert 1 "outside")
