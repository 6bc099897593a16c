int f(void) {
	return 1;
}
}
int g(void) {
	return 2;
}
int h = 1);
---- expect
(function int f (fn)
  {
    (return 1)})
(function int g (fn)
  {
    (return 2)})
(declare int h = 1)
unit.c:4:1-2: ERROR: this `}` closes nothing
}
~
HINT: is there one too many before it?
unit.c:8:10-11: ERROR: expected `;`, found `)`
int h = 1);
         ~
