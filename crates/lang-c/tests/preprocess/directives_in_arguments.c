#define f(x, y) [x | y]
f(1,
#ifdef f
2
#else
3
#endif
)
f(a,
#undef f
#define f(x) again x
f(b)
)
f(c)
#
# /* nothing */
%:define digraph <: :>
digraph
nothing #define x
---- expect
[ 1 | 2 ]
[ a | again b ]
again c
<: :>
nothing # define x
