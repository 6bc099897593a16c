/* Questions about the running kernel's types, and reads that go where its types say. */
#ifndef __BPF_CORE_READ_H__
#define __BPF_CORE_READ_H__

#include <bpf/bpf_helpers.h>

/* What the compiler's builtins ask; the numbers are those of the kernel's enum bpf_core_relo_kind, counted for each builtin. */
enum bpf_field_info_kind {
    BPF_FIELD_BYTE_OFFSET = 0,
    BPF_FIELD_BYTE_SIZE = 1,
    BPF_FIELD_EXISTS = 2,
    BPF_FIELD_SIGNED = 3,
    BPF_FIELD_LSHIFT_U64 = 4,
    BPF_FIELD_RSHIFT_U64 = 5,
};
enum bpf_type_id_kind {
    BPF_TYPE_ID_LOCAL = 0,
    BPF_TYPE_ID_TARGET = 1,
};
enum bpf_type_info_kind {
    BPF_TYPE_EXISTS = 0,
    BPF_TYPE_SIZE = 1,
    BPF_TYPE_MATCHES = 2,
};
enum bpf_enum_value_kind {
    BPF_ENUMVAL_EXISTS = 0,
    BPF_ENUMVAL_VALUE = 1,
};

/* A field is `p->field`, or a type and the name of its field. */
#define ___bpf_field1(place) place
#define ___bpf_field2(type, name) ((typeof(type) *)0)->name
#define ___bpf_ask_field(kind, field...) \
    __builtin_preserve_field_info(___bpf_apply(___bpf_field, ___bpf_narg(field))(field), BPF_FIELD_##kind)
#define bpf_core_field_exists(field...) ___bpf_ask_field(EXISTS, field)
#define bpf_core_field_size(field...) ___bpf_ask_field(BYTE_SIZE, field)
#define bpf_core_field_offset(field...) ___bpf_ask_field(BYTE_OFFSET, field)

#define ___bpf_some(type) (*(typeof(type) *)0)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(___bpf_some(type), BPF_TYPE_EXISTS)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(___bpf_some(type), BPF_TYPE_MATCHES)
#define bpf_core_type_size(type) __builtin_preserve_type_info(___bpf_some(type), BPF_TYPE_SIZE)
#define bpf_core_type_id_local(type) __builtin_btf_type_id(___bpf_some(type), BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(___bpf_some(type), BPF_TYPE_ID_TARGET)

#define ___bpf_ask_value(kind, type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, BPF_ENUMVAL_##kind)
#define bpf_core_enum_value_exists(enum_type, enum_value) ___bpf_ask_value(EXISTS, enum_type, enum_value)
#define bpf_core_enum_value(enum_type, enum_value) ___bpf_ask_value(VALUE, enum_type, enum_value)

/* A pointer to one of the kernel's types, through which fields are read like any others. */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#define bpf_core_cast(ptr, type) ((typeof(type) *)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))

/* Bit-fields. What the running kernel has around the bits is read as a whole; a shift to the left and one to the right, by which
 * the sign comes down, leave the bits alone. */
#define __CORE_RELO(src, field, info) __builtin_preserve_field_info((src)->field, BPF_FIELD_##info)
#define ___bpf_bits(whole, s, field)                                                           \
    ((whole) <<= __CORE_RELO(s, field, LSHIFT_U64),                                            \
     __CORE_RELO(s, field, SIGNED)                                                             \
         ? (unsigned long long)((long long)(whole) >> __CORE_RELO(s, field, RSHIFT_U64))       \
         : (whole) >> __CORE_RELO(s, field, RSHIFT_U64))

/* The first byte of a number that is read into the low bytes of eight. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ___bpf_low_bytes(place, size) ((void *)(place))
#else
#define ___bpf_low_bytes(place, size) ((void *)(place) + (8 - (size)))
#endif

/* The bits of a field, read by a helper. */
#define BPF_CORE_READ_BITFIELD_PROBED(s, field)                                                     \
    ({                                                                                              \
        unsigned long long ___whole = 0;                                                            \
        bpf_probe_read_kernel(___bpf_low_bytes(&___whole, __CORE_RELO(s, field, BYTE_SIZE)),        \
                              __CORE_RELO(s, field, BYTE_SIZE),                                     \
                              (const void *)(s) + __CORE_RELO(s, field, BYTE_OFFSET));              \
        ___bpf_bits(___whole, s, field);                                                            \
    })

/* The bits of a field, read directly: for programs whose pointers the kernel knows. Where the field is, is found once: no access
 * of another size has a relocation of its own. */
#define BPF_CORE_READ_BITFIELD(s, field)                                            \
    ({                                                                              \
        const void *___at = (const void *)(s) + __CORE_RELO(s, field, BYTE_OFFSET); \
        unsigned long long ___whole = 0;                                            \
        barrier_var(___at);                                                         \
        switch (__CORE_RELO(s, field, BYTE_SIZE)) {                                 \
        case 1: ___whole = *(const unsigned char *)___at; break;                    \
        case 2: ___whole = *(const unsigned short *)___at; break;                   \
        case 4: ___whole = *(const unsigned int *)___at; break;                     \
        case 8: ___whole = *(const unsigned long long *)___at; break;               \
        }                                                                           \
        ___bpf_bits(___whole, s, field);                                            \
    })

#define ___bpf_replace(type, at, mask, bits) (*(type *)(at) = (*(type *)(at) & ~(mask)) | (bits))

/* Changes the bits of a field, and none beside it. */
#define BPF_CORE_WRITE_BITFIELD(s, field, new_val)                                                   \
    ({                                                                                               \
        void *___at = (void *)(s) + __CORE_RELO(s, field, BYTE_OFFSET);                              \
        unsigned int ___left = __CORE_RELO(s, field, LSHIFT_U64);                                    \
        unsigned int ___right = __CORE_RELO(s, field, RSHIFT_U64);                                   \
        unsigned long long ___mask = (~0ULL << ___right) >> ___left;                                 \
        unsigned long long ___new = (new_val);                                                       \
        ___new = ___new << (___right - ___left) & ___mask;                                           \
        barrier_var(___at);                                                                          \
        switch (__CORE_RELO(s, field, BYTE_SIZE)) {                                                  \
        case 1: ___bpf_replace(unsigned char, ___at, ___mask, ___new); break;                        \
        case 2: ___bpf_replace(unsigned short, ___at, ___mask, ___new); break;                       \
        case 4: ___bpf_replace(unsigned int, ___at, ___mask, ___new); break;                         \
        case 8: ___bpf_replace(unsigned long long, ___at, ___mask, ___new); break;                   \
        }                                                                                            \
    })

/* Reads whose address the running kernel's types say. */
#define ___bpf_moved(src) ((const void *)__builtin_preserve_access_index(src))
#define bpf_core_read(dst, sz, src) bpf_probe_read_kernel(dst, sz, ___bpf_moved(src))
#define bpf_core_read_user(dst, sz, src) bpf_probe_read_user(dst, sz, ___bpf_moved(src))
#define bpf_core_read_str(dst, sz, src) bpf_probe_read_kernel_str(dst, sz, ___bpf_moved(src))
#define bpf_core_read_user_str(dst, sz, src) bpf_probe_read_user_str(dst, sz, ___bpf_moved(src))

/* `src->a->b->c` as an expression, for its type alone. */
#define ___bpf_path1(from, a) from->a
#define ___bpf_path2(from, a, more...) ___bpf_path1(from->a, more)
#define ___bpf_path3(from, a, more...) ___bpf_path2(from->a, more)
#define ___bpf_path4(from, a, more...) ___bpf_path3(from->a, more)
#define ___bpf_path5(from, a, more...) ___bpf_path4(from->a, more)
#define ___bpf_path6(from, a, more...) ___bpf_path5(from->a, more)
#define ___bpf_path7(from, a, more...) ___bpf_path6(from->a, more)
#define ___bpf_path8(from, a, more...) ___bpf_path7(from->a, more)
#define ___bpf_path9(from, a, more...) ___bpf_path8(from->a, more)
#define ___bpf_path10(from, a, more...) ___bpf_path9(from->a, more)
#define ___bpf_path(from, path...) ___bpf_apply(___bpf_path, ___bpf_narg(path))(from, path)

/* One step of the way: `at`, which is of the type of `from`, points to a field `a`, which becomes `___p`. */
#define ___bpf_step(read, from, at, a) read(&___p, sizeof(___p), &((typeof(from))(at))->a);

/* The way along a path from `at`: all but the last field are pointers, the last is read into `dst`. */
#define ___bpf_walk1(last, read, dst, from, at, a) last(dst, sizeof(*(dst)), &((typeof(from))(at))->a);
#define ___bpf_walk2(last, read, dst, from, at, a, more...) \
    ___bpf_step(read, from, at, a) ___bpf_walk1(last, read, dst, from->a, ___p, more)
#define ___bpf_walk3(last, read, dst, from, at, a, more...) \
    ___bpf_step(read, from, at, a) ___bpf_walk2(last, read, dst, from->a, ___p, more)
#define ___bpf_walk4(last, read, dst, from, at, a, more...) \
    ___bpf_step(read, from, at, a) ___bpf_walk3(last, read, dst, from->a, ___p, more)
#define ___bpf_walk5(last, read, dst, from, at, a, more...) \
    ___bpf_step(read, from, at, a) ___bpf_walk4(last, read, dst, from->a, ___p, more)
#define ___bpf_walk6(last, read, dst, from, at, a, more...) \
    ___bpf_step(read, from, at, a) ___bpf_walk5(last, read, dst, from->a, ___p, more)
#define ___bpf_walk7(last, read, dst, from, at, a, more...) \
    ___bpf_step(read, from, at, a) ___bpf_walk6(last, read, dst, from->a, ___p, more)
#define ___bpf_walk8(last, read, dst, from, at, a, more...) \
    ___bpf_step(read, from, at, a) ___bpf_walk7(last, read, dst, from->a, ___p, more)
#define ___bpf_walk9(last, read, dst, from, at, a, more...) \
    ___bpf_step(read, from, at, a) ___bpf_walk8(last, read, dst, from->a, ___p, more)
#define ___bpf_walk10(last, read, dst, from, at, a, more...) \
    ___bpf_step(read, from, at, a) ___bpf_walk9(last, read, dst, from->a, ___p, more)

/* Reads what `src->a->b->c` is into `dst`; the value is the last helper's. */
#define ___bpf_read_into(last, read, dst, src, path...)                                      \
    ({                                                                                       \
        const void *___p __attribute__((unused));                                            \
        ___bpf_apply(___bpf_walk, ___bpf_narg(path))(last, read, dst, (src), (src), path)    \
    })
#define BPF_CORE_READ_INTO(dst, src, path...) ___bpf_read_into(bpf_core_read, bpf_core_read, dst, src, path)
#define BPF_CORE_READ_USER_INTO(dst, src, path...) \
    ___bpf_read_into(bpf_core_read_user, bpf_core_read_user, dst, src, path)
#define BPF_PROBE_READ_INTO(dst, src, path...) \
    ___bpf_read_into(bpf_probe_read_kernel, bpf_probe_read_kernel, dst, src, path)
#define BPF_PROBE_READ_USER_INTO(dst, src, path...) \
    ___bpf_read_into(bpf_probe_read_user, bpf_probe_read_user, dst, src, path)
#define BPF_CORE_READ_STR_INTO(dst, src, path...) ___bpf_read_into(bpf_core_read_str, bpf_core_read, dst, src, path)
#define BPF_CORE_READ_USER_STR_INTO(dst, src, path...) \
    ___bpf_read_into(bpf_core_read_user_str, bpf_core_read_user, dst, src, path)
#define BPF_PROBE_READ_STR_INTO(dst, src, path...) \
    ___bpf_read_into(bpf_probe_read_kernel_str, bpf_probe_read_kernel, dst, src, path)
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, path...) \
    ___bpf_read_into(bpf_probe_read_user_str, bpf_probe_read_user, dst, src, path)

/* What `src->a->b->c` is. */
#define ___bpf_read(read, src, path...)                            \
    ({                                                             \
        typeof(___bpf_path((src), path)) ___result;                \
        ___bpf_read_into(read, read, &___result, src, path);       \
        ___result;                                                 \
    })
#define BPF_CORE_READ(src, path...) ___bpf_read(bpf_core_read, src, path)
#define BPF_CORE_READ_USER(src, path...) ___bpf_read(bpf_core_read_user, src, path)
#define BPF_PROBE_READ(src, path...) ___bpf_read(bpf_probe_read_kernel, src, path)
#define BPF_PROBE_READ_USER(src, path...) ___bpf_read(bpf_probe_read_user, src, path)

#endif
