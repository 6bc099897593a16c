start:
r1 += r2
r3 += 7
r4 += -0x80000000
r1 -= r2
r3 -= 7
r4 -= -0x80000000
r1 *= r2
r3 *= 7
r4 *= -0x80000000
r1 /= r2
r3 /= 7
r4 /= -0x80000000
r1 s/= r2
r3 s/= 7
r4 s/= -0x80000000
r1 |= r2
r3 |= 7
r4 |= -0x80000000
r1 &= r2
r3 &= 7
r4 &= -0x80000000
r1 <<= r2
r3 <<= 7
r4 <<= -0x80000000
r1 >>= r2
r3 >>= 7
r4 >>= -0x80000000
r1 %= r2
r3 %= 7
r4 %= -0x80000000
r1 s%= r2
r3 s%= 7
r4 s%= -0x80000000
r1 ^= r2
r3 ^= 7
r4 ^= -0x80000000
r1 = r2
r3 = 7
r4 = -0x80000000
r1 s>>= r2
r3 s>>= 7
r4 s>>= -0x80000000
r5 = -r5
r6 = (s8)r7
r6 = (s16)r7
w1 += w2
w3 += 7
w4 += -0x80000000
w1 -= w2
w3 -= 7
w4 -= -0x80000000
w1 *= w2
w3 *= 7
w4 *= -0x80000000
w1 /= w2
w3 /= 7
w4 /= -0x80000000
w1 s/= w2
w3 s/= 7
w4 s/= -0x80000000
w1 |= w2
w3 |= 7
w4 |= -0x80000000
w1 &= w2
w3 &= 7
w4 &= -0x80000000
w1 <<= w2
w3 <<= 7
w4 <<= -0x80000000
w1 >>= w2
w3 >>= 7
w4 >>= -0x80000000
w1 %= w2
w3 %= 7
w4 %= -0x80000000
w1 s%= w2
w3 s%= 7
w4 s%= -0x80000000
w1 ^= w2
w3 ^= 7
w4 ^= -0x80000000
w1 = w2
w3 = 7
w4 = -0x80000000
w1 s>>= w2
w3 s>>= 7
w4 s>>= -0x80000000
w5 = -w5
w6 = (s8)w7
w6 = (s16)w7
r6 = (s32)r7
r3 = le16 r3
r3 = le32 r3
r3 = le64 r3
r3 = be16 r3
r3 = be32 r3
r3 = be64 r3
r3 = bswap16 r3
r3 = bswap32 r3
r3 = bswap64 r3
r1 = 0x1122334455667788 ll
r1 = -1 ll
r1 = 5 ll
r8 = 0xffffffff ll
r1 = 4294967295
middle:
r1 = *(u8 *)(r2 + 4)
r9 = *(u8 *)(r10 - 0x8)
*(u8 *)(r10 - 16) = r3
*(u8*)(r1+0) = w4
*(u8 *)(r10 - 8) = -5
w1 = *(u8 *)(r2 + 0x7fff)
r1 = *(s8 *)(r2 - 32768)
r0 = *(u8 *)skb[20]
r0 = *(u8 *)skb[r3]
r1 = *(u16 *)(r2 + 4)
r9 = *(u16 *)(r10 - 0x8)
*(u16 *)(r10 - 16) = r3
*(u16*)(r1+0) = w4
*(u16 *)(r10 - 8) = -5
w1 = *(u16 *)(r2 + 0x7fff)
r1 = *(s16 *)(r2 - 32768)
r0 = *(u16 *)skb[20]
r0 = *(u16 *)skb[r3]
r1 = *(u32 *)(r2 + 4)
r9 = *(u32 *)(r10 - 0x8)
*(u32 *)(r10 - 16) = r3
*(u32*)(r1+0) = w4
*(u32 *)(r10 - 8) = -5
w1 = *(u32 *)(r2 + 0x7fff)
r1 = *(s32 *)(r2 - 32768)
r0 = *(u32 *)skb[20]
r0 = *(u32 *)skb[r3]
r1 = *(u64 *)(r2 + 4)
r9 = *(u64 *)(r10 - 0x8)
*(u64 *)(r10 - 16) = r3
*(u64*)(r1+0) = r4
*(u64 *)(r10 - 8) = -5
lock *(u64 *)(r1 + 8) += r2
lock *(u32 *)(r1 + 8) += w2
r2 = atomic_fetch_add((u64 *)(r1 - 8), r2)
w2 = atomic_fetch_add((u32 *)(r1 + 0), w2)
lock *(u64 *)(r1 + 8) |= r2
lock *(u32 *)(r1 + 8) |= w2
r2 = atomic_fetch_or((u64 *)(r1 - 8), r2)
w2 = atomic_fetch_or((u32 *)(r1 + 0), w2)
lock *(u64 *)(r1 + 8) &= r2
lock *(u32 *)(r1 + 8) &= w2
r2 = atomic_fetch_and((u64 *)(r1 - 8), r2)
w2 = atomic_fetch_and((u32 *)(r1 + 0), w2)
lock *(u64 *)(r1 + 8) ^= r2
lock *(u32 *)(r1 + 8) ^= w2
r2 = atomic_fetch_xor((u64 *)(r1 - 8), r2)
w2 = atomic_fetch_xor((u32 *)(r1 + 0), w2)
r2 = xchg_64(r1 + 8, r2)
w2 = xchg32_32(r1 - 8, w2)
r0 = cmpxchg_64(r1 + 8, r0, r2)
w0 = cmpxchg32_32(r1 - 8, w0, w2)
r1 = addr_space_cast(r2, 1, 0)
r1 = addr_space_cast(r2, 0, 1)
if r1 == r2 goto end
if r1 == -3 goto +2; exit
if r1 == 0xff goto -1 // a comment
if r1 > r2 goto middle
if r1 > -3 goto +2; exit
if r1 > 0xff goto -1 // a comment
if r1 >= r2 goto end
if r1 >= -3 goto +2; exit
if r1 >= 0xff goto -1 // a comment
if r1 & r2 goto middle
if r1 & -3 goto +2; exit
if r1 & 0xff goto -1 // a comment
if r1 != r2 goto end
if r1 != -3 goto +2; exit
if r1 != 0xff goto -1 // a comment
if r1 s> r2 goto middle
if r1 s> -3 goto +2; exit
if r1 s> 0xff goto -1 // a comment
if r1 s>= r2 goto end
if r1 s>= -3 goto +2; exit
if r1 s>= 0xff goto -1 // a comment
if r1 < r2 goto middle
if r1 < -3 goto +2; exit
if r1 < 0xff goto -1 // a comment
if r1 <= r2 goto end
if r1 <= -3 goto +2; exit
if r1 <= 0xff goto -1 // a comment
if r1 s< r2 goto middle
if r1 s< -3 goto +2; exit
if r1 s< 0xff goto -1 // a comment
if r1 s<= r2 goto end
if r1 s<= -3 goto +2; exit
if r1 s<= 0xff goto -1 // a comment
if w1 == w2 goto end
if w1 == -3 goto +2; exit
if w1 == 0xff goto -1 // a comment
if w1 > w2 goto middle
if w1 > -3 goto +2; exit
if w1 > 0xff goto -1 // a comment
if w1 >= w2 goto end
if w1 >= -3 goto +2; exit
if w1 >= 0xff goto -1 // a comment
if w1 & w2 goto middle
if w1 & -3 goto +2; exit
if w1 & 0xff goto -1 // a comment
if w1 != w2 goto end
if w1 != -3 goto +2; exit
if w1 != 0xff goto -1 // a comment
if w1 s> w2 goto middle
if w1 s> -3 goto +2; exit
if w1 s> 0xff goto -1 // a comment
if w1 s>= w2 goto end
if w1 s>= -3 goto +2; exit
if w1 s>= 0xff goto -1 // a comment
if w1 < w2 goto middle
if w1 < -3 goto +2; exit
if w1 < 0xff goto -1 // a comment
if w1 <= w2 goto end
if w1 <= -3 goto +2; exit
if w1 <= 0xff goto -1 // a comment
if w1 s< w2 goto middle
if w1 s< -3 goto +2; exit
if w1 s< 0xff goto -1 // a comment
if w1 s<= w2 goto end
if w1 s<= -3 goto +2; exit
if w1 s<= 0xff goto -1 // a comment
goto start
goto +0
goto 5 # another
gotol end
gotol start
gotol +30000
may_goto end
may_goto -2
call 1
call 0xd3
call function
callx r3
exit
end:
exit
function:
/* a block
comment */ r0 = 0; exit
