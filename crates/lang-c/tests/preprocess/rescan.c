// A name that is met while its macro is off is never expanded any more.
#define foo foo bar
#define twice(x) x x
foo twice(foo)
#define a b
#define b a
a b twice(a)
// The rest of a call may lie behind what the macro became.
#define call f
#define f(x) <x>
#define open f(
call(1) open 2) f f (3) (f)(4)
call
(
5
)
#define g(x) x * h
#define h(x) g(x)
g(2)(9)(10)
#define nothing
f(nothing) f( nothing 1 nothing ) nothing
#define str(x) #x
#define xstr(x) str(x)
xstr(f(nothing)- nothing +nothing-twice( a  ))
TWICE(TARGET)
---- expect
foo bar foo bar foo bar
a b a a
< 1 > < 2 > f < 3 > ( f ) ( 4 )
< 5 >
2 * 9 * h ( 10 )
< > < 1 >
"<>- +-a a"
x86 x86
