/* What the macros of the other headers are made of. */
#pragma once

#define ___bpf_concat(a, b) a##b
#define ___bpf_apply(macro, suffix) ___bpf_concat(macro, suffix)

/* How many arguments there are, up to 12. */
#define ___bpf_nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, which, ...) which
#define ___bpf_narg(...) ___bpf_nth(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)

/* How many pairs of arguments there are, up to 12. */
#define ___bpf_nth2(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, \
                    _22, _23, _24, which, ...) which
#define ___bpf_narg2(...) \
    ___bpf_nth2(_, ##__VA_ARGS__, 12, 12, 11, 11, 10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0)
