#pragma once

#define __AC(number, suffix) (number##suffix)
#define _AC(number, suffix) __AC(number, suffix)
#define _AT(type, value) ((type)(value))
#define _UL(number) (_AC(number, UL))
#define _ULL(number) (_AC(number, ULL))
#define _BITUL(bit) (_UL(1) << (bit))
#define _BITULL(bit) (_ULL(1) << (bit))
#define __ALIGN_KERNEL(x, align) __ALIGN_KERNEL_MASK(x, (__typeof__(x))(align) - 1)
#define __ALIGN_KERNEL_MASK(x, mask) (((x) + (mask)) & ~(mask))
#define __KERNEL_DIV_ROUND_UP(n, by) (((n) + (by) - 1) / (by))
