#define ONE 1
#if ONE == 1 && defined ONE && !defined(TWO)
yes 1
#elif 1 / 0
no
#else
no
#endif
#if 0
don't look "here
#if 1
no
#else
no
#endif
#elif ONE
yes 2
#endif
#ifdef ONE
yes 3
#endif
#ifndef ONE
no
#elifdef ONE
yes 4
#elifndef TWO
no
#endif
#if __has_builtin(__builtin_preserve_access_index) && !__has_builtin(__builtin_other)
yes 5
#endif
#if __has_attribute(__packed__) && __has_attribute(btf_type_tag) && !__has_attribute(other)
yes 6
#endif
#if __has_include("there.h") && __has_include(<vmlinux.h>) && !__has_include("missing.h")
yes 7
#endif
#define ASK defined(ONE) && __has_include(THERE)
#define THERE "there.h"
#if ASK
yes 8
#endif
#if __bpf__ && __BPF_CPU_VERSION__ >= 3 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && __clang_major__ >= 10
yes 9
#endif
#if __SIZEOF_POINTER__ == 8 && __STDC_VERSION__ >= 201112L && __INT_MAX__ == 0x7fffffff
yes 10
#endif
#if 1
#endif
#ifdef __has_feature
#if __has_feature(address_sanitizer)
no
#endif
yes 11
#endif
==== there.h
#if
---- expect
yes 1
yes 2
yes 3
yes 4
yes 5
yes 6
yes 7
yes 8
yes 9
yes 10
yes 11
