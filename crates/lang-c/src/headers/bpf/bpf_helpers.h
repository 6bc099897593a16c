/* What every program for BPF may use: helpers, sections, declarations of maps, loops, messages. */
#ifndef __BPF_HELPERS__
#define __BPF_HELPERS__

#include <linux/types.h>
#include <osmia/macros.h>
#include <bpf/bpf_helper_defs.h>

/* Sections, and who sees a symbol. */
#define SEC(name) __attribute__((section(name), used))
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))
#define __hidden __attribute__((visibility("hidden")))
#ifndef __weak
#define __weak __attribute__((weak))
#endif

/* What becomes of calls. */
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif

/* Members of a map's declaration: the type tells each one's value. */
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __ulong(name, val) enum { ___bpf_apply(__unique_value, __COUNTER__) = val } name

/* How a map's value holds what it points to. */
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))

/* What the verifier may take for granted of a global function's parameter. */
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))

enum libbpf_pin_type {
    LIBBPF_PIN_NONE,
    LIBBPF_PIN_BY_NAME,
};

/* Values of a kernel option that may be a module. */
enum libbpf_tristate {
    TRI_NO = 0,
    TRI_YES = 1,
    TRI_MODULE = 2,
};

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif
#ifndef likely
#define likely(x) (__builtin_expect(!!(x), 1))
#endif
#ifndef unlikely
#define unlikely(x) (__builtin_expect(!!(x), 0))
#endif

/* By way of a member's address, which the running kernel's types move. */
#undef offsetof
#define offsetof(type, member) ((unsigned long)&((type *)0)->member)
#undef container_of
#define container_of(ptr, type, member) ((type *)((void *)(ptr) - offsetof(type, member)))

/* Whatever is known of memory, or of one variable, is not known behind these. */
#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif
#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif

/* Whether the kernel has what an extern symbol names, which may be missing because it is weak. */
#define bpf_ksym_exists(sym)                                                               \
    ({                                                                                     \
        _Static_assert(!__builtin_constant_p(!!(sym)), #sym " should be marked as __weak"); \
        !!(sym);                                                                           \
    })

/* The kernel patches a tail call whose slot is a constant into a jump. */
static __always_inline void bpf_tail_call_static(void *ctx, const void *map, const __u32 slot)
{
    bpf_tail_call(ctx, (void *)map, slot);
}

/* A format, and values for it as the helpers take them: 64 bits each. */
#define ___bpf_format(fmt) static const char ___format[] = fmt
#define ___bpf_values(args...) unsigned long long ___values[___bpf_narg(args)] = { args }

#define BPF_SEQ_PRINTF(seq, fmt, args...)                                               \
    ({                                                                                  \
        ___bpf_format(fmt);                                                             \
        ___bpf_values(args);                                                            \
        bpf_seq_printf(seq, ___format, sizeof(___format), ___values, sizeof(___values)); \
    })

#define BPF_SNPRINTF(out, out_size, fmt, args...)                              \
    ({                                                                         \
        ___bpf_format(fmt);                                                    \
        ___bpf_values(args);                                                   \
        bpf_snprintf(out, out_size, ___format, ___values, sizeof(___values)); \
    })

/* Text for one of the streams that belong to the program. Kernels differ in what the function takes: from 7.0 on the kernel itself
 * adds the last argument that earlier ones want to be null. */
extern int bpf_stream_vprintk___implicit(int stream_id, const char *fmt__str, const void *args, __u32 len__sz) __weak __ksym;
extern int bpf_stream_vprintk_impl(int stream_id, const char *fmt__str, const void *args, __u32 len__sz, void *aux__prog)
    __weak __ksym;

#define bpf_stream_printk(stream_id, fmt, args...)                                                    \
    ({                                                                                                \
        ___bpf_format(fmt);                                                                           \
        ___bpf_values(args);                                                                          \
        bpf_ksym_exists(bpf_stream_vprintk___implicit)                                                \
            ? bpf_stream_vprintk___implicit(stream_id, ___format, ___values, sizeof(___values))       \
            : bpf_stream_vprintk_impl(stream_id, ___format, ___values, sizeof(___values), (void *)0); \
    })

/* Kernels before 5.2 have no variables for programs: there the format is on the stack. */
#ifdef BPF_NO_GLOBAL_DATA
#define BPF_PRINTK_FMT_MOD
#else
#define BPF_PRINTK_FMT_MOD static const
#endif

/* A message of up to three values, which all kernels write, and one of up to twelve, for kernels from 5.16 on. */
#define __bpf_printk(fmt, ...)                                            \
    ({                                                                    \
        BPF_PRINTK_FMT_MOD char ____fmt[] = fmt;                          \
        bpf_trace_printk(____fmt, sizeof(____fmt), ##__VA_ARGS__);        \
    })
#define __bpf_vprintk(fmt, args...)                                                    \
    ({                                                                                 \
        ___bpf_format(fmt);                                                            \
        ___bpf_values(args);                                                           \
        bpf_trace_vprintk(___format, sizeof(___format), ___values, sizeof(___values)); \
    })

#define ___bpf_printk0 __bpf_printk
#define ___bpf_printk1 __bpf_printk
#define ___bpf_printk2 __bpf_printk
#define ___bpf_printk3 __bpf_printk
#define ___bpf_printk4 __bpf_vprintk
#define ___bpf_printk5 __bpf_vprintk
#define ___bpf_printk6 __bpf_vprintk
#define ___bpf_printk7 __bpf_vprintk
#define ___bpf_printk8 __bpf_vprintk
#define ___bpf_printk9 __bpf_vprintk
#define ___bpf_printk10 __bpf_vprintk
#define ___bpf_printk11 __bpf_vprintk
#define ___bpf_printk12 __bpf_vprintk
#define bpf_printk(fmt, args...) ___bpf_apply(___bpf_printk, ___bpf_narg(args))(fmt, ##args)

struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/* An iterator that begins once, before the loop, and ends however the loop is left. The pointer is there to begin it; that it
 * names the function that ends the iterator tells compilers that the function is used. */
#define ___bpf_iterator(kind, args...)                                                                        \
    struct bpf_iter_##kind ___it __attribute__((aligned(8), cleanup(bpf_iter_##kind##_destroy))),             \
        *___begun __attribute__((unused)) =                                                                   \
            (bpf_iter_##kind##_new(&___it, ##args), (void)bpf_iter_##kind##_destroy, (void *)0)

/* `cur` is all that an iterator of the kernel yields. */
#ifndef bpf_for_each
#define bpf_for_each(type, cur, args...) \
    for (___bpf_iterator(type, ##args); ((cur) = bpf_iter_##type##_next(&___it));)
#endif

/* `i` is all numbers from `start` on below `end`, and the verifier sees it. */
#ifndef bpf_for
#define bpf_for(i, start, end)                                                 \
    for (___bpf_iterator(num, (start), (end)); ({                              \
             int *___next = bpf_iter_num_next(&___it);                         \
             ___next && ((i) = *___next, (i) >= (start) && (i) < (end));       \
         });)
#endif

/* So many turns. */
#ifndef bpf_repeat
#define bpf_repeat(N) for (___bpf_iterator(num, 0, (N)); bpf_iter_num_next(&___it);)
#endif

#endif
