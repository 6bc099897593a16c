// Bit-fields of packed records that nine bytes have a part of.
#define SEC(x) __attribute__((section(x), used))
#define MIX(sum, v) (sum = sum * 31 + (v))
char LICENSE[] SEC("license") = "GPL";
typedef unsigned long long u64;
struct __attribute__((packed)) a { u64 x : 7, y : 64; long z : 61; u64 w : 60; };
struct __attribute__((packed)) b { unsigned char before; u64 p : 1, q : 63; long r : 63; unsigned char s : 5; };

static struct a kept;
static __attribute__((noinline)) u64 of_a(struct a *p, u64 n)
{
	u64 sum = 0;
	MIX(sum, p->x = n); MIX(sum, p->y = n * 0x9e3779b97f4a7c15); MIX(sum, (u64)(p->z = n * 0x123456789abcdef1)); MIX(sum, p->w -= n << 33);
	MIX(sum, p->y++); MIX(sum, (u64)p->z--); MIX(sum, p->z < 0);
	MIX(sum, p->x); MIX(sum, p->y); MIX(sum, (u64)p->z); MIX(sum, p->w);
	return sum;
}

SEC("xdp") int prog(void *ctx)
{
	u64 sum = 1;
	struct a a = { 1, 0x8000000000000001, -5, 0xabcdef012345678 };
	for (int i = 0; i < 10; i++) {
		MIX(sum, of_a(&a, sum + i));
		kept = a;
		kept.y ^= kept.z;
		for (unsigned at = 0; at < sizeof(kept); at++) MIX(sum, ((unsigned char *)&kept)[at]);
	}
	struct b b = { 200, 1, 0x7123456789abcdef, -2, 17 };
	for (int i = 0; i < 5; i++) {
		b.q = b.q * 3 + b.s; b.r = b.r * 5 - b.q; b.p ^= b.q; b.s += b.r;
		MIX(sum, b.before); MIX(sum, b.p); MIX(sum, b.q); MIX(sum, (u64)b.r); MIX(sum, b.s);
	}
	MIX(sum, sizeof(a) * 100 + sizeof(b));
	return sum ^ sum >> 32;
}
---- expect
3081981901
