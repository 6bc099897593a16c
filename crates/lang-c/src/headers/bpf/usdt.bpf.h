/* Programs at probes that a file's author put in (USDT). Where a probe's arguments are, the loader tells in a map. */
#ifndef __USDT_BPF_H__
#define __USDT_BPF_H__

#include <linux/errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* For how many kinds of places there is room; where a kernel has no cookies (before 5.15), for how many addresses. */
#ifndef BPF_USDT_MAX_SPEC_CNT
#define BPF_USDT_MAX_SPEC_CNT 256
#endif
#ifndef BPF_USDT_MAX_IP_CNT
#define BPF_USDT_MAX_IP_CNT (4 * BPF_USDT_MAX_SPEC_CNT)
#endif
#define BPF_USDT_MAX_ARG_CNT 12

/* An argument is a number; a register; in memory at a register; in memory at a register and a multiple of another. */
enum __bpf_usdt_arg_type {
    BPF_USDT_ARG_CONST,
    BPF_USDT_ARG_REG,
    BPF_USDT_ARG_REG_DEREF,
    BPF_USDT_ARG_SIB,
};

/* What loaders write; laid out as they have it since libbpf 1.7. Registers are offsets into struct pt_regs. */
struct __bpf_usdt_arg_spec {
    __u64 val_off;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    enum __bpf_usdt_arg_type arg_type : 8;
    __u16 idx_reg_off : 12;
    __u16 scale_bitshift : 4;
    __u8 __reserved : 8;
#else
    __u8 __reserved : 8;
    __u16 idx_reg_off : 12;
    __u16 scale_bitshift : 4;
    enum __bpf_usdt_arg_type arg_type : 8;
#endif
    short reg_off;
    _Bool arg_signed;
    char arg_bitshift;
};
struct __bpf_usdt_spec {
    struct __bpf_usdt_arg_spec args[BPF_USDT_MAX_ARG_CNT];
    __u64 usdt_cookie;
    short arg_cnt;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, BPF_USDT_MAX_SPEC_CNT);
    __type(key, int);
    __type(value, struct __bpf_usdt_spec);
} __bpf_usdt_specs SEC(".maps") __weak;

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, BPF_USDT_MAX_IP_CNT);
    __type(key, long);
    __type(value, __u32);
} __bpf_usdt_ip_to_spec_id SEC(".maps") __weak;

extern const _Bool LINUX_HAS_BPF_COOKIE __kconfig;

/* What the loader wrote for this place; null where it wrote nothing. */
static __always_inline struct __bpf_usdt_spec *__bpf_usdt_spec(struct pt_regs *ctx)
{
    int number;

    if (LINUX_HAS_BPF_COOKIE) {
        number = bpf_get_attach_cookie(ctx);
    } else {
        long ip = PT_REGS_IP(ctx);
        int *known = bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &ip);

        if (!known)
            return (void *)0;
        number = *known;
    }
    return bpf_map_lookup_elem(&__bpf_usdt_specs, &number);
}

/* What the loader wrote for an argument, or why there is nothing. The verifier must see the bound, whatever is known of the number. */
static __always_inline int
__bpf_usdt_arg_spec(struct pt_regs *ctx, __u64 arg_num, struct __bpf_usdt_arg_spec **arg)
{
    struct __bpf_usdt_spec *spec = __bpf_usdt_spec(ctx);

    if (!spec)
        return -ESRCH;
    if (arg_num >= BPF_USDT_MAX_ARG_CNT)
        return -ENOENT;
    barrier_var(arg_num);
    if (arg_num >= spec->arg_cnt)
        return -ENOENT;
    *arg = &spec->args[arg_num];
    return 0;
}

/* How many arguments the probe has, or -ESRCH. */
__weak __hidden int bpf_usdt_arg_cnt(struct pt_regs *ctx)
{
    struct __bpf_usdt_spec *spec = __bpf_usdt_spec(ctx);

    return spec ? spec->arg_cnt : -ESRCH;
}

/* How many bytes an argument has, or what is wrong. Arguments are counted from zero. */
static __always_inline int bpf_usdt_arg_size(struct pt_regs *ctx, __u64 arg_num)
{
    struct __bpf_usdt_arg_spec *arg;
    int err = __bpf_usdt_arg_spec(ctx, arg_num, &arg);

    return err ? err : (int)((unsigned int)(64 - arg->arg_bitshift) / 8);
}

static __always_inline int __bpf_usdt_register(struct pt_regs *ctx, int offset, unsigned long *value)
{
    return bpf_probe_read_kernel(value, sizeof(*value), (void *)ctx + offset);
}

/* An argument as it is found, of eight bytes. */
static __always_inline int
__bpf_usdt_value(struct pt_regs *ctx, struct __bpf_usdt_arg_spec *arg, unsigned long *value)
{
    unsigned long base, index = 0;
    int err;

    if (arg->arg_type == BPF_USDT_ARG_CONST) {
        *value = arg->val_off;
        return 0;
    }
    if (arg->arg_type > BPF_USDT_ARG_SIB)
        return -EINVAL;
    err = __bpf_usdt_register(ctx, arg->reg_off, &base);
    if (err)
        return err;
    if (arg->arg_type == BPF_USDT_ARG_REG) {
        *value = base;
        return 0;
    }
    if (arg->arg_type == BPF_USDT_ARG_SIB) {
        err = __bpf_usdt_register(ctx, arg->idx_reg_off, &index);
        if (err)
            return err;
        index <<= arg->scale_bitshift;
    }
    err = bpf_probe_read_user(value, sizeof(*value), (void *)(base + index + arg->val_off));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    *value >>= arg->arg_bitshift;
#endif
    return err;
}

/* An argument, widened by its sign; zero, and what is wrong, where it cannot be read. */
__weak __hidden int bpf_usdt_arg(struct pt_regs *ctx, __u64 arg_num, long *res)
{
    struct __bpf_usdt_arg_spec *arg;
    unsigned long value;
    int err;

    *res = 0;
    err = __bpf_usdt_arg_spec(ctx, arg_num, &arg);
    if (err)
        return err;
    err = __bpf_usdt_value(ctx, arg, &value);
    if (err)
        return err;
    value <<= arg->arg_bitshift;
    *res = arg->arg_signed ? (long)value >> arg->arg_bitshift : (long)(value >> arg->arg_bitshift);
    return 0;
}

/* The cookie that whoever attached the program gave it. */
__weak __hidden long bpf_usdt_cookie(struct pt_regs *ctx)
{
    struct __bpf_usdt_spec *spec = __bpf_usdt_spec(ctx);

    return spec ? spec->usdt_cookie : 0;
}

/* A program written as a function of the probe's arguments. */
#define ___bpf_usdt_value(number)                 \
    ({                                            \
        long ___value;                            \
        bpf_usdt_arg(ctx, number, &___value);     \
        ___value;                                 \
    })
#define ___bpf_usdt_values0()
#define ___bpf_usdt_values1() , ___bpf_usdt_value(0)
#define ___bpf_usdt_values2() ___bpf_usdt_values1() , ___bpf_usdt_value(1)
#define ___bpf_usdt_values3() ___bpf_usdt_values2() , ___bpf_usdt_value(2)
#define ___bpf_usdt_values4() ___bpf_usdt_values3() , ___bpf_usdt_value(3)
#define ___bpf_usdt_values5() ___bpf_usdt_values4() , ___bpf_usdt_value(4)
#define ___bpf_usdt_values6() ___bpf_usdt_values5() , ___bpf_usdt_value(5)
#define ___bpf_usdt_values7() ___bpf_usdt_values6() , ___bpf_usdt_value(6)
#define ___bpf_usdt_values8() ___bpf_usdt_values7() , ___bpf_usdt_value(7)
#define ___bpf_usdt_values9() ___bpf_usdt_values8() , ___bpf_usdt_value(8)
#define ___bpf_usdt_values10() ___bpf_usdt_values9() , ___bpf_usdt_value(9)
#define ___bpf_usdt_values11() ___bpf_usdt_values10() , ___bpf_usdt_value(10)
#define ___bpf_usdt_values12() ___bpf_usdt_values11() , ___bpf_usdt_value(11)
#define BPF_USDT(name, args...) \
    ___bpf_program(name, struct pt_regs *ctx, ___bpf_as_many(___bpf_usdt_values, ##args), ##args)

#endif
