/* Programs that trace: where functions' arguments are, and programs written as functions of them. */
#ifndef __BPF_TRACING_H__
#define __BPF_TRACING_H__

#include <bpf/bpf_helpers.h>

/* Which processor's registers: what the program says, else the compiler's own. */
#if defined(__TARGET_ARCH_x86)
#define bpf_target_x86
#elif defined(__TARGET_ARCH_arm64)
#define bpf_target_arm64
#elif defined(__x86_64__)
#define bpf_target_x86
#elif defined(__aarch64__)
#define bpf_target_arm64
#endif

#if defined(bpf_target_x86)
#define bpf_target_defined

/* Arguments of functions, in the order of the System V ABI. The kernel's own structure has other names than the one for programs
 * outside of it, which a text of the user's may have brought. */
#if defined(_ASM_X86_PTRACE_H) && !defined(__KERNEL__) && !defined(__VMLINUX_H__)
#define __PT_PARM1_REG rdi
#define __PT_PARM2_REG rsi
#define __PT_PARM3_REG rdx
#define __PT_PARM4_REG rcx
#define __PT_RET_REG rsp
#define __PT_FP_REG rbp
#define __PT_RC_REG rax
#define __PT_SP_REG rsp
#define __PT_IP_REG rip
#else
#define __PT_PARM1_REG di
#define __PT_PARM2_REG si
#define __PT_PARM3_REG dx
#define __PT_PARM4_REG cx
#define __PT_RET_REG sp
#define __PT_FP_REG bp
#define __PT_RC_REG ax
#define __PT_SP_REG sp
#define __PT_IP_REG ip
#endif
#define __PT_PARM5_REG r8
#define __PT_PARM6_REG r9
#define __PT_PARM7_REG __unsupported__
#define __PT_PARM8_REG __unsupported__

/* System calls have their fourth argument elsewhere: the instruction itself overwrites the register. */
#define __PT_PARM1_SYSCALL_REG __PT_PARM1_REG
#define __PT_PARM4_SYSCALL_REG r10
#define __PT_REGS_CAST(x) (x)

#elif defined(bpf_target_arm64)
#define bpf_target_defined

#define __PT_PARM1_REG regs[0]
#define __PT_PARM2_REG regs[1]
#define __PT_PARM3_REG regs[2]
#define __PT_PARM4_REG regs[3]
#define __PT_PARM5_REG regs[4]
#define __PT_PARM6_REG regs[5]
#define __PT_PARM7_REG regs[6]
#define __PT_PARM8_REG regs[7]
#define __PT_RET_REG regs[30]
#define __PT_FP_REG regs[29]
#define __PT_RC_REG regs[0]
#define __PT_SP_REG sp
#define __PT_IP_REG pc

/* What a system call returns overwrites the first argument; the kernel keeps it in its own structure. */
struct pt_regs___arm64 {
    unsigned long orig_x0;
} __attribute__((preserve_access_index));
#define __PT_PARM1_SYSCALL_REG orig_x0
#define __PT_PARM4_SYSCALL_REG __PT_PARM4_REG
#define __PT_REGS_CAST(x) ((const struct user_pt_regs *)(x))
#define PT_REGS_PARM1_SYSCALL(x) (((const struct pt_regs___arm64 *)(x))->__PT_PARM1_SYSCALL_REG)
#define PT_REGS_PARM1_CORE_SYSCALL(x) \
    BPF_CORE_READ((const struct pt_regs___arm64 *)(x), __PT_PARM1_SYSCALL_REG)

#endif

#define __PT_PARM2_SYSCALL_REG __PT_PARM2_REG
#define __PT_PARM3_SYSCALL_REG __PT_PARM3_REG
#define __PT_PARM5_SYSCALL_REG __PT_PARM5_REG
#define __PT_PARM6_SYSCALL_REG __PT_PARM6_REG
#define __PT_PARM7_SYSCALL_REG __unsupported__

#if defined(bpf_target_defined)
/* A register, in the structure itself and read by a helper. */
#define ___bpf_reg(x, which) (__PT_REGS_CAST(x)->which)
#define ___bpf_reg_core(x, which) BPF_CORE_READ(__PT_REGS_CAST(x), which)
#else
#define ___bpf_no_target                                                                               \
    ({                                                                                                 \
        _Static_assert(0, "whose registers? define __TARGET_ARCH_x86 or __TARGET_ARCH_arm64");         \
        0l;                                                                                            \
    })
#define ___bpf_reg(x, which) ___bpf_no_target
#define ___bpf_reg_core(x, which) ___bpf_no_target
#endif

#define PT_REGS_PARM1(x) ___bpf_reg(x, __PT_PARM1_REG)
#define PT_REGS_PARM2(x) ___bpf_reg(x, __PT_PARM2_REG)
#define PT_REGS_PARM3(x) ___bpf_reg(x, __PT_PARM3_REG)
#define PT_REGS_PARM4(x) ___bpf_reg(x, __PT_PARM4_REG)
#define PT_REGS_PARM5(x) ___bpf_reg(x, __PT_PARM5_REG)
#define PT_REGS_PARM6(x) ___bpf_reg(x, __PT_PARM6_REG)
#define PT_REGS_PARM7(x) ___bpf_reg(x, __PT_PARM7_REG)
#define PT_REGS_PARM8(x) ___bpf_reg(x, __PT_PARM8_REG)
#define PT_REGS_RET(x) ___bpf_reg(x, __PT_RET_REG)
#define PT_REGS_FP(x) ___bpf_reg(x, __PT_FP_REG)
#define PT_REGS_RC(x) ___bpf_reg(x, __PT_RC_REG)
#define PT_REGS_SP(x) ___bpf_reg(x, __PT_SP_REG)
#define PT_REGS_IP(x) ___bpf_reg(x, __PT_IP_REG)

#define PT_REGS_PARM1_CORE(x) ___bpf_reg_core(x, __PT_PARM1_REG)
#define PT_REGS_PARM2_CORE(x) ___bpf_reg_core(x, __PT_PARM2_REG)
#define PT_REGS_PARM3_CORE(x) ___bpf_reg_core(x, __PT_PARM3_REG)
#define PT_REGS_PARM4_CORE(x) ___bpf_reg_core(x, __PT_PARM4_REG)
#define PT_REGS_PARM5_CORE(x) ___bpf_reg_core(x, __PT_PARM5_REG)
#define PT_REGS_PARM6_CORE(x) ___bpf_reg_core(x, __PT_PARM6_REG)
#define PT_REGS_PARM7_CORE(x) ___bpf_reg_core(x, __PT_PARM7_REG)
#define PT_REGS_PARM8_CORE(x) ___bpf_reg_core(x, __PT_PARM8_REG)
#define PT_REGS_RET_CORE(x) ___bpf_reg_core(x, __PT_RET_REG)
#define PT_REGS_FP_CORE(x) ___bpf_reg_core(x, __PT_FP_REG)
#define PT_REGS_RC_CORE(x) ___bpf_reg_core(x, __PT_RC_REG)
#define PT_REGS_SP_CORE(x) ___bpf_reg_core(x, __PT_SP_REG)
#define PT_REGS_IP_CORE(x) ___bpf_reg_core(x, __PT_IP_REG)

#ifndef PT_REGS_PARM1_SYSCALL
#define PT_REGS_PARM1_SYSCALL(x) ___bpf_reg(x, __PT_PARM1_SYSCALL_REG)
#define PT_REGS_PARM1_CORE_SYSCALL(x) ___bpf_reg_core(x, __PT_PARM1_SYSCALL_REG)
#endif
#define PT_REGS_PARM2_SYSCALL(x) ___bpf_reg(x, __PT_PARM2_SYSCALL_REG)
#define PT_REGS_PARM3_SYSCALL(x) ___bpf_reg(x, __PT_PARM3_SYSCALL_REG)
#define PT_REGS_PARM4_SYSCALL(x) ___bpf_reg(x, __PT_PARM4_SYSCALL_REG)
#define PT_REGS_PARM5_SYSCALL(x) ___bpf_reg(x, __PT_PARM5_SYSCALL_REG)
#define PT_REGS_PARM6_SYSCALL(x) ___bpf_reg(x, __PT_PARM6_SYSCALL_REG)
#define PT_REGS_PARM7_SYSCALL(x) ___bpf_reg(x, __PT_PARM7_SYSCALL_REG)
#define PT_REGS_PARM2_CORE_SYSCALL(x) ___bpf_reg_core(x, __PT_PARM2_SYSCALL_REG)
#define PT_REGS_PARM3_CORE_SYSCALL(x) ___bpf_reg_core(x, __PT_PARM3_SYSCALL_REG)
#define PT_REGS_PARM4_CORE_SYSCALL(x) ___bpf_reg_core(x, __PT_PARM4_SYSCALL_REG)
#define PT_REGS_PARM5_CORE_SYSCALL(x) ___bpf_reg_core(x, __PT_PARM5_SYSCALL_REG)
#define PT_REGS_PARM6_CORE_SYSCALL(x) ___bpf_reg_core(x, __PT_PARM6_SYSCALL_REG)
#define PT_REGS_PARM7_CORE_SYSCALL(x) ___bpf_reg_core(x, __PT_PARM7_SYSCALL_REG)

/* The registers that a system call came with: the kernel's function for it has their address as its argument. */
#define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))

/* Where a function returns to: at its begin, and at its return. */
#if defined(bpf_target_arm64)
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ (ip) = PT_REGS_RET(ctx); })
#define BPF_KRETPROBE_READ_RET_IP BPF_KPROBE_READ_RET_IP
#else
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)PT_REGS_RET(ctx)); })
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) \
    ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)(PT_REGS_FP(ctx) + sizeof(ip))); })
#endif

/* What follows makes two functions of what is written: the program, which takes the context alone, and within it the function that
 * takes what the author names. `from` is what the program hands on besides its context. */
#define ___bpf_program(name, context, from, args...)                                  \
    name(context);                                                                    \
    static __always_inline typeof(name(0)) ____##name(context, ##args);               \
    typeof(name(0)) name(context)                                                     \
    {                                                                                 \
        return ____##name(ctx from);                                                  \
    }                                                                                 \
    static __always_inline typeof(name(0)) ____##name(context, ##args)

/* So many values as there are arguments. The parentheses stand outside, so that what the values are made of may count, too. */
#define ___bpf_as_many(values, args...) ___bpf_apply(values, ___bpf_narg(args))()

/* Words of the context: programs of BTF-typed tracepoints, fentry, fexit, LSM, iterators, struct_ops. */
#define ___bpf_words0()
#define ___bpf_words1() , ctx[0]
#define ___bpf_words2() ___bpf_words1() , ctx[1]
#define ___bpf_words3() ___bpf_words2() , ctx[2]
#define ___bpf_words4() ___bpf_words3() , ctx[3]
#define ___bpf_words5() ___bpf_words4() , ctx[4]
#define ___bpf_words6() ___bpf_words5() , ctx[5]
#define ___bpf_words7() ___bpf_words6() , ctx[6]
#define ___bpf_words8() ___bpf_words7() , ctx[7]
#define ___bpf_words9() ___bpf_words8() , ctx[8]
#define ___bpf_words10() ___bpf_words9() , ctx[9]
#define ___bpf_words11() ___bpf_words10() , ctx[10]
#define ___bpf_words12() ___bpf_words11() , ctx[11]
#define BPF_PROG(name, args...) \
    ___bpf_program(name, unsigned long long *ctx, ___bpf_as_many(___bpf_words, ##args), ##args)

/* Registers at a function's begin. */
#define ___bpf_parms0()
#define ___bpf_parms1() , (unsigned long long)PT_REGS_PARM1(ctx)
#define ___bpf_parms2() ___bpf_parms1() , (unsigned long long)PT_REGS_PARM2(ctx)
#define ___bpf_parms3() ___bpf_parms2() , (unsigned long long)PT_REGS_PARM3(ctx)
#define ___bpf_parms4() ___bpf_parms3() , (unsigned long long)PT_REGS_PARM4(ctx)
#define ___bpf_parms5() ___bpf_parms4() , (unsigned long long)PT_REGS_PARM5(ctx)
#define ___bpf_parms6() ___bpf_parms5() , (unsigned long long)PT_REGS_PARM6(ctx)
#define ___bpf_parms7() ___bpf_parms6() , (unsigned long long)PT_REGS_PARM7(ctx)
#define ___bpf_parms8() ___bpf_parms7() , (unsigned long long)PT_REGS_PARM8(ctx)
#define BPF_KPROBE(name, args...) \
    ___bpf_program(name, struct pt_regs *ctx, ___bpf_as_many(___bpf_parms, ##args), ##args)
#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)

/* The register of what a function returns. */
#define ___bpf_result0()
#define ___bpf_result1() , (unsigned long long)PT_REGS_RC(ctx)
#define BPF_KRETPROBE(name, args...) \
    ___bpf_program(name, struct pt_regs *ctx, ___bpf_as_many(___bpf_result, ##args), ##args)
#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)

/* Registers of a system call: in the context itself, and in a structure elsewhere. */
#define ___bpf_call0()
#define ___bpf_call1() , (unsigned long long)PT_REGS_PARM1_SYSCALL(regs)
#define ___bpf_call2() ___bpf_call1() , (unsigned long long)PT_REGS_PARM2_SYSCALL(regs)
#define ___bpf_call3() ___bpf_call2() , (unsigned long long)PT_REGS_PARM3_SYSCALL(regs)
#define ___bpf_call4() ___bpf_call3() , (unsigned long long)PT_REGS_PARM4_SYSCALL(regs)
#define ___bpf_call5() ___bpf_call4() , (unsigned long long)PT_REGS_PARM5_SYSCALL(regs)
#define ___bpf_call6() ___bpf_call5() , (unsigned long long)PT_REGS_PARM6_SYSCALL(regs)
#define ___bpf_call7() ___bpf_call6() , (unsigned long long)PT_REGS_PARM7_SYSCALL(regs)
#define ___bpf_wrapped0()
#define ___bpf_wrapped1() , (unsigned long long)PT_REGS_PARM1_CORE_SYSCALL(regs)
#define ___bpf_wrapped2() ___bpf_wrapped1() , (unsigned long long)PT_REGS_PARM2_CORE_SYSCALL(regs)
#define ___bpf_wrapped3() ___bpf_wrapped2() , (unsigned long long)PT_REGS_PARM3_CORE_SYSCALL(regs)
#define ___bpf_wrapped4() ___bpf_wrapped3() , (unsigned long long)PT_REGS_PARM4_CORE_SYSCALL(regs)
#define ___bpf_wrapped5() ___bpf_wrapped4() , (unsigned long long)PT_REGS_PARM5_CORE_SYSCALL(regs)
#define ___bpf_wrapped6() ___bpf_wrapped5() , (unsigned long long)PT_REGS_PARM6_CORE_SYSCALL(regs)
#define ___bpf_wrapped7() ___bpf_wrapped6() , (unsigned long long)PT_REGS_PARM7_CORE_SYSCALL(regs)
#define BPF_KSYSCALL(name, args...)                                                       \
    name(struct pt_regs *ctx);                                                            \
    extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;                                     \
    static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args);       \
    typeof(name(0)) name(struct pt_regs *ctx)                                             \
    {                                                                                     \
        struct pt_regs *regs = LINUX_HAS_SYSCALL_WRAPPER ? PT_REGS_SYSCALL_REGS(ctx) : ctx; \
        if (LINUX_HAS_SYSCALL_WRAPPER)                                                    \
            return ____##name(ctx ___bpf_as_many(___bpf_wrapped, ##args));                \
        return ____##name(ctx ___bpf_as_many(___bpf_call, ##args));                       \
    }                                                                                     \
    static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args)
#define BPF_KPROBE_SYSCALL BPF_KSYSCALL

/* BPF_PROG2(name, type, argument, …): arguments that are records take as many words as they are long, up to two. */
#define ___bpf_word_count(type) (sizeof(type) > 8 ? 2 : 1)
#define ___bpf_argument(type, at)                                            \
    ({                                                                       \
        union {                                                              \
            unsigned long long words[___bpf_word_count(type)];               \
            type value;                                                      \
        } ___u;                                                              \
        ___u.words[0] = ctx[at];                                             \
        if (___bpf_word_count(type) > 1)                                     \
            ___u.words[___bpf_word_count(type) - 1] = ctx[(at) + 1];         \
        ___u.value;                                                          \
    })
#define ___bpf_pair_values0(at)
#define ___bpf_pair_values1(at, type, x) , ___bpf_argument(type, at)
#define ___bpf_pair_values2(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values1(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values3(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values2(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values4(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values3(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values5(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values4(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values6(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values5(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values7(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values6(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values8(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values7(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values9(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values8(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values10(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values9(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values11(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values10(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values12(at, type, x, more...) \
    , ___bpf_argument(type, at) ___bpf_pair_values11(at + ___bpf_word_count(type), more)
#define ___bpf_pair_values(args...) ___bpf_apply(___bpf_pair_values, ___bpf_narg2(args))(0, ##args)
#define ___bpf_pair_params0()
#define ___bpf_pair_params1(type, x) , type x
#define ___bpf_pair_params2(type, x, more...) , type x ___bpf_pair_params1(more)
#define ___bpf_pair_params3(type, x, more...) , type x ___bpf_pair_params2(more)
#define ___bpf_pair_params4(type, x, more...) , type x ___bpf_pair_params3(more)
#define ___bpf_pair_params5(type, x, more...) , type x ___bpf_pair_params4(more)
#define ___bpf_pair_params6(type, x, more...) , type x ___bpf_pair_params5(more)
#define ___bpf_pair_params7(type, x, more...) , type x ___bpf_pair_params6(more)
#define ___bpf_pair_params8(type, x, more...) , type x ___bpf_pair_params7(more)
#define ___bpf_pair_params9(type, x, more...) , type x ___bpf_pair_params8(more)
#define ___bpf_pair_params10(type, x, more...) , type x ___bpf_pair_params9(more)
#define ___bpf_pair_params11(type, x, more...) , type x ___bpf_pair_params10(more)
#define ___bpf_pair_params12(type, x, more...) , type x ___bpf_pair_params11(more)
#define ___bpf_pair_params(args...) ___bpf_apply(___bpf_pair_params, ___bpf_narg2(args))(args)
#define BPF_PROG2(name, args...)                                                                               \
    name(unsigned long long *ctx);                                                                             \
    static __always_inline typeof(name(0)) ____##name(unsigned long long *ctx ___bpf_pair_params(args));       \
    typeof(name(0)) name(unsigned long long *ctx)                                                              \
    {                                                                                                          \
        return ____##name(ctx ___bpf_pair_values(args));                                                       \
    }                                                                                                          \
    static __always_inline typeof(name(0)) ____##name(unsigned long long *ctx ___bpf_pair_params(args))

#endif
