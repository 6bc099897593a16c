#pragma unroll
for (;;) {}
#pragma clang loop   unroll(full) /* all of it */
#pragma GCC unroll 4
#pragma unknown thing
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
struct a {};
#pragma clang attribute pop
#pragma
_Pragma("unroll") for (;;) {}
#define unrolled(n) _Pragma("unroll") for (int i = 0; i < n; i++)
#define DO(x) _Pragma(#x)
#define wrap(x) x
unrolled(3) {}
DO(clang loop unroll_count(4)) while (1) {}
wrap(DO(pack(1)) a DO(other))
wrap(
#pragma unroll
while (1) {}
)
#define kept 1
#pragma push_macro("kept")
#undef kept
kept
#pragma pop_macro("kept")
kept
_Pragma("once") once
---- expect
#pragma unroll
for ( ; ; ) { }
#pragma clang loop unroll(full)
#pragma GCC unroll 4
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
struct a { } ;
#pragma clang attribute pop
#pragma unroll
for ( ; ; ) { }
#pragma unroll
for ( int i = 0 ; i < 3 ; i ++ ) { }
#pragma clang loop unroll_count(4)
while ( 1 ) { }
#pragma pack(1)
a
#pragma unroll
while ( 1 ) { }
kept
1 once
unit.c:5:2-22: WARNING: `#pragma unknown thing` is not known, and means nothing here
#pragma unknown thing
 ~~~~~~~~~~~~~~~~~~~~
unit.c:12:15-22: WARNING: `#pragma other` is not known, and means nothing here
#define DO(x) _Pragma(#x)
              ~~~~~~~
unit.c:16:20-29: WARNING: expanded from
wrap(DO(pack(1)) a DO(other))
                   ~~~~~~~~~
