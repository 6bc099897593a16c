#define std(x, ...) [x, ## __VA_ARGS__]
#define named(x, rest...) [x, ## rest]
#define only(...) [k, ## __VA_ARGS__]
std(1) std(1,) std(1, 2, 3) std()
named(1) named(1, 2)
only() only(1)
#define bpf_printk(fmt, args...) ({ char s[] = fmt; trace(s, sizeof(s), ##args); })
bpf_printk("a"); bpf_printk("a", 1, (2, 3));
#define opt(x, ...) f(x __VA_OPT__(,) __VA_ARGS__)
opt(1) opt(1, 2) opt(1, EMPTY)
#define EMPTY
opt(1, EMPTY) opt(1, EMPTY 2)
#define glued(x, ...) x ## __VA_OPT__(a __VA_ARGS__ b) ## x
glued(p) glued(p, q)
#define text(...) #__VA_OPT__(<__VA_ARGS__ + 1>)
text() text(a,  b)
// Counting arguments, and a list of calls.
#define nth(_, _1, _2, _3, _4, N, ...) N
#define narg(...) nth(_, ##__VA_ARGS__, 4, 3, 2, 1, 0)
#define concat(a, b) a ## b
#define apply(fn, n) concat(fn, n)
#define fill0(arr, p)
#define fill1(arr, p, x) arr[p] = x;
#define fill2(arr, p, x, args...) arr[p] = x; fill1(arr, p + 1, args)
#define fill(arr, args...) apply(fill, narg(args))(arr, 0, args)
narg() narg(a) narg(a, b, c)
fill(v, 7) fill(v, 7, 8)
---- expect
[ 1 ] [ 1 , ] [ 1 , 2 , 3 ] [ ]
[ 1 ] [ 1 , 2 ]
[ k ] [ k , 1 ]
( { char s [ ] = "a" ; trace ( s , sizeof ( s ) ) ; } ) ; ( { char s [ ] = "a" ; trace ( s , sizeof ( s ) , 1 , ( 2 , 3 ) ) ; } ) ;
f ( 1 ) f ( 1 , 2 ) f ( 1 , EMPTY )
f ( 1 ) f ( 1 , 2 )
pp pa q bp
"" "<a, b + 1>"
0 1 3
v [ 0 ] = 7 ; v [ 0 ] = 7 ; v [ 0 + 1 ] = 8 ;
