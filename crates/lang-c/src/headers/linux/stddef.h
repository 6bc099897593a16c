/* What the headers of the kernel's interface build their structures with. */
#pragma once

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif

/* Members that are reached by themselves and, as a whole, by a name. */
#define __struct_group_tag(tag) tag
#define __struct_group(tag, name, attrs, members...) \
    union {                                          \
        struct {                                     \
            members                                  \
        } attrs;                                     \
        struct __struct_group_tag(tag) {             \
            members                                  \
        } attrs name;                                \
    }

/* An array without a length where a structure has nothing else, or in a union. */
#define __DECLARE_FLEX_ARRAY(type, name) \
    struct {                             \
        struct {                         \
        } __empty_##name;                \
        type name[];                     \
    }

#define __counted_by(member)
#define __counted_by_le(member)
#define __counted_by_be(member)
#define __kernel_nonstring
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member) (offsetof(type, member) + sizeof_field(type, member))
