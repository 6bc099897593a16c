void f(int x) {
	void *label = &&here;
	goto *label;
here:
	asm goto("" : : : : here);
	int nested(int a) { return a; }
	x = __builtin_va_arg(x, int);
	else x = 1;
	if (x) int y = 1;
	x = L'a';
	x = '';
	x = 'abcde';
	x = 08;
	x = 1xyz;
	x = 99999999999999999999;
	char *s = L"wide", *t = "\q", *u = "\x";
	_Atomic int atomic;
	_Complex float complex;
	int k @ 3;
#pragma unroll
	x = 1;
#pragma unroll many
	for (;;) ;
}
asm("nothing");
_Thread_local int thread;
#pragma clang attribute pop
#pragma clang attribute push (__attribute__((unused)), apply_to = record)
---- expect
(function void f (fn (int x))
  {
    (declare void label * = error)
    ()
    (label here)
    (asm "" : : :)
    (= x error)
    (= x 1)
    (if x
      (declare int y = 1))
    (= x 97)
    (= x error)
    (= x error)
    (= x error)
    (= x error)
    (= x error)
    (declare char s * = "wide" t * = "" u * = "\x00")
    (declare int atomic)
    (declare float complex)
    (declare int k)
    (= x 1)
    (for () () ()
      ())})
(declare int thread)
unit.c:2:16-22: ERROR: labels have no addresses: programs for BPF only jump to places that are known
    void *label = &&here;
                  ~~~~~~
unit.c:3:2-13: ERROR: `goto` needs a label: programs for BPF only jump to places that are known
    goto *label;
    ~~~~~~~~~~~
unit.c:5:6-10: ERROR: `asm goto` is not known: assembly cannot jump into the program around it
    asm goto("" : : : : here);
        ~~~~
HINT: set a variable in the assembly, and test it behind it
unit.c:6:6-12: ERROR: a function cannot stand inside of another one
    int nested(int a) { return a; }
        ~~~~~~
unit.c:1:15-16: ERROR: this block is still open: is its `}` missing?
void f(int x) {
              ~
unit.c:7:6-22: ERROR: functions of BPF programs take no variable arguments
    x = __builtin_va_arg(x, int);
        ~~~~~~~~~~~~~~~~
HINT: pass an array and its length
unit.c:8:2-6: ERROR: this `else` belongs to no `if`
    else x = 1;
    ~~~~
HINT: between `if (…)` and `else` stands one statement: put several into `{ }`
unit.c:9:9-12: ERROR: expected a statement, found a declaration
    if (x) int y = 1;
           ~~~
HINT: put it and what uses it into `{ }`
unit.c:10:6-10: ERROR: programs for BPF know no wide characters
    x = L'a';
        ~~~~
HINT: leave out the letter before the quote
unit.c:11:6-8: ERROR: there is no character between these quotes
    x = '';
        ~~
unit.c:12:6-13: ERROR: an `int` has no room for so many characters
    x = 'abcde';
        ~~~~~~~
HINT: text stands in `"`
unit.c:13:6-8: ERROR: a number that begins with 0 is octal: its digits are 0 to 7
    x = 08;
        ~~
unit.c:14:6-10: ERROR: this number ends with letters that mean nothing: `u`, `l`, `ul`, `ll` and `ull` do
    x = 1xyz;
        ~~~~
unit.c:15:6-26: ERROR: this number does not fit into 64 bits
    x = 99999999999999999999;
        ~~~~~~~~~~~~~~~~~~~~
unit.c:16:12-19: ERROR: programs for BPF know no wide characters
    char *s = L"wide", *t = "\q", *u = "\x";
              ~~~~~~~
HINT: leave out the letter before the quote
unit.c:16:26-30: ERROR: this string has a `\` that means nothing before the letter behind it
    char *s = L"wide", *t = "\q", *u = "\x";
                            ~~~~
unit.c:16:37-41: ERROR: behind `\x` stand hexadecimal digits, for one byte
    char *s = L"wide", *t = "\q", *u = "\x";
                                       ~~~~
unit.c:17:2-9: ERROR: `_Atomic` types are not known
    _Atomic int atomic;
    ~~~~~~~
HINT: use a plain type, and `__sync_fetch_and_add()` and its kin for what has to be atomic
unit.c:18:2-10: ERROR: complex numbers are not known: programs for BPF only have integers
    _Complex float complex;
    ~~~~~~~~
unit.c:19:10-11: ERROR: expected `;`, `,` or `=`, found the number `3`
    int k @ 3;
            ~
unit.c:20:2-15: ERROR: `#pragma unroll` stands right before a loop
#pragma unroll
 ~~~~~~~~~~~~~
unit.c:22:2-20: ERROR: expected the number of turns of the loop that are made at once
#pragma unroll many
 ~~~~~~~~~~~~~~~~~~
unit.c:25:1-4: ERROR: assembly stands in functions only
asm("nothing");
~~~
unit.c:26:1-14: ERROR: programs for BPF have no threads of their own
_Thread_local int thread;
~~~~~~~~~~~~~
HINT: for a variable of each processor use a map of the kind BPF_MAP_TYPE_PERCPU_ARRAY
unit.c:27:2-28: ERROR: there is no `#pragma clang attribute push` that this could end
#pragma clang attribute pop
 ~~~~~~~~~~~~~~~~~~~~~~~~~~
unit.c:28:2-74: ERROR: this `#pragma clang attribute push` has no `#pragma clang attribute pop`
#pragma clang attribute push (__attribute__((unused)), apply_to = record)
 ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
