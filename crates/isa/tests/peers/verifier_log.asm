# A socket filter that the kernel accepts; every instruction is on some path.
    r6 = r1
    r0 = 0
    r1 = 7
    w2 = 0x80000000
    r3 = 0x1122334455667788 ll
    r4 = -1 ll
    r5 = r3
    w5 = w4
    r1 += 1
    r1 -= 2
    r1 *= 3
    r1 /= 4
    r1 s/= 5
    r1 |= 6
    r1 &= 7
    r1 <<= 8
    r1 >>= 9
    r1 %= 10
    r1 s%= -11
    r1 ^= 12
    r1 s>>= 13
    w1 += -1
    w1 -= 2
    w1 *= 3
    w1 /= 4
    w1 s/= -5
    w1 |= 6
    w1 &= 7
    w1 <<= 8
    w1 >>= 9
    w1 %= 10
    w1 s%= 11
    w1 ^= 12
    w1 s>>= 13
    r1 += r2
    r1 -= r2
    r1 *= r2
    r1 /= r2
    r1 s/= r2
    r1 |= r2
    r1 &= r2
    r1 %= r2
    r1 s%= r2
    r1 ^= r2
    w1 += w2
    w1 -= w2
    w1 *= w2
    w1 /= w2
    w1 s/= w2
    w1 |= w2
    w1 &= w2
    w1 %= w2
    w1 s%= w2
    w1 ^= w2
    r1 &= 7
    r2 = 3
    r2 <<= r1
    r2 >>= r1
    r2 s>>= r1
    w2 <<= w1
    w2 >>= w1
    w2 s>>= w1
    r1 = -r1
    w1 = -w1
    r1 = (s8)r2
    r1 = (s16)r2
    r1 = (s32)r2
    w1 = (s8)w2
    w1 = (s16)w2
    r1 = le16 r1
    r1 = le32 r1
    r1 = le64 r1
    r1 = be16 r1
    r1 = be32 r1
    r1 = be64 r1
    r1 = bswap16 r1
    r1 = bswap32 r1
    r1 = bswap64 r1
    *(u64 *)(r10 - 8) = r1
    *(u32 *)(r10 - 16) = r1
    *(u16 *)(r10 - 18) = r1
    *(u8 *)(r10 - 19) = r1
    *(u64 *)(r10 - 32) = -1
    *(u32 *)(r10 - 36) = 5
    *(u16 *)(r10 - 38) = 6
    *(u8 *)(r10 - 39) = -7
    r1 = *(u64 *)(r10 - 8)
    r1 = *(u32 *)(r10 - 16)
    r1 = *(u16 *)(r10 - 18)
    r1 = *(u8 *)(r10 - 19)
    r1 = *(s32 *)(r10 - 36)
    r1 = *(s16 *)(r10 - 38)
    r1 = *(s8 *)(r10 - 39)
    r2 = 1
    lock *(u64 *)(r10 - 8) += r2
    lock *(u64 *)(r10 - 8) |= r2
    lock *(u64 *)(r10 - 8) &= r2
    lock *(u64 *)(r10 - 8) ^= r2
    lock *(u32 *)(r10 - 16) += w2
    lock *(u32 *)(r10 - 16) |= w2
    lock *(u32 *)(r10 - 16) &= w2
    lock *(u32 *)(r10 - 16) ^= w2
    r2 = atomic_fetch_add((u64 *)(r10 - 8), r2)
    r2 = atomic_fetch_or((u64 *)(r10 - 8), r2)
    r2 = atomic_fetch_and((u64 *)(r10 - 8), r2)
    r2 = atomic_fetch_xor((u64 *)(r10 - 8), r2)
    w2 = atomic_fetch_add((u32 *)(r10 - 16), w2)
    w2 = atomic_fetch_or((u32 *)(r10 - 16), w2)
    w2 = atomic_fetch_and((u32 *)(r10 - 16), w2)
    w2 = atomic_fetch_xor((u32 *)(r10 - 16), w2)
    r2 = xchg_64(r10 - 8, r2)
    w2 = xchg32_32(r10 - 16, w2)
    r0 = cmpxchg_64(r10 - 8, r0, r2)
    w0 = cmpxchg32_32(r10 - 16, w0, w2)
    r1 = load_acquire((u64 *)(r10 - 8))
    w1 = load_acquire((u32 *)(r10 - 16))
    w1 = load_acquire((u16 *)(r10 - 18))
    w1 = load_acquire((u8 *)(r10 - 19))
    store_release((u64 *)(r10 - 8), r1)
    store_release((u32 *)(r10 - 16), w1)
    store_release((u16 *)(r10 - 18), w1)
    store_release((u8 *)(r10 - 19), w1)
    r7 = 2
    r0 = *(u32 *)skb[20]
    r0 = *(u16 *)skb[2]
    r0 = *(u8 *)skb[-4096]
    r0 = *(u32 *)skb[r7]
    r0 = *(u16 *)skb[r7 + 4]
    r0 = *(u8 *)skb[r7 + 5]
    r8 = *(u32 *)(r6 + 0)
    r9 = r0
    if r8 == 1 goto l1
l1: if r8 > 2 goto l2
l2: if r8 >= 3 goto l3
l3: if r8 & 4 goto l4
l4: if r8 != 5 goto l5
l5: if r8 s> -6 goto l6
l6: if r8 s>= 7 goto l7
l7: if r8 < 8 goto l8
l8: if r8 <= 9 goto l9
l9: if r8 s< 10 goto l10
l10: if r8 s<= 11 goto l11
l11: if w8 == 1 goto l12
l12: if w8 > 2 goto l13
l13: if w8 >= 0xffffffff goto l14
l14: if w8 & 4 goto l15
l15: if w8 != 5 goto l16
l16: if w8 s> -6 goto l17
l17: if w8 s>= 7 goto l18
l18: if w8 < 8 goto l19
l19: if w8 <= 9 goto l20
l20: if w8 s< 10 goto l21
l21: if w8 s<= 11 goto l22
l22: if r8 == r9 goto l23
l23: if r8 s> r9 goto l24
l24: if w8 <= w9 goto l25
l25: if w8 & w9 goto l26
l26: goto l27
l27: gotol l28
l28: may_goto l29
l29: call bpf_ktime_get_ns
    call bpf_get_prandom_u32
    call function
    r0 = 0
    exit
function:
    r0 = 1
    exit
