// Bits that are counted, and arithmetic that says whether the result fits.
#define SEC(x) __attribute__((section(x), used))
#define MIX(v) (sum = sum * 31 + (u64)(v))
char LICENSE[] SEC("license") = "GPL";
typedef unsigned long long u64;
_Static_assert(__builtin_popcount(5) == 2 && __builtin_clz(1) == 31 && __builtin_ctzl(8) == 3 && __builtin_ffs(0) == 0, "");
_Static_assert(__builtin_ffsll(1ull << 40) == 41 && __builtin_parity(7) == 1 && __builtin_clzll(1ull << 40) == 23, "");
#define EACH(T, R) case __COUNTER__: { T a = (T)x; R r = 0; MIX(__builtin_add_overflow(a, y, &r)); MIX(r); \
	MIX(__builtin_sub_overflow(a, y, &r)); MIX(r); MIX(__builtin_mul_overflow(a, (int)y, &r)); MIX(r); \
	MIX(__builtin_mul_overflow(a, (signed char)y, &r)); MIX(r); MIX(__builtin_sub_overflow(y, a, &r)); MIX(r); \
	MIX(__builtin_mul_overflow(a, (unsigned)y, &r)); MIX(r); MIX(__builtin_mul_overflow(a, a, &r)); MIX(r); break; }

static __attribute__((noinline)) u64 small(unsigned kind, u64 x, int y)
{
	u64 sum = 0;
	switch (kind) {
	EACH(signed char, signed char) EACH(short, unsigned char) EACH(int, int) EACH(unsigned, unsigned)
	EACH(int, long) EACH(unsigned, u64) EACH(unsigned, int) EACH(int, unsigned)
	}
	return sum;
}

static __attribute__((noinline)) u64 large(unsigned kind, u64 x, long y)
{
	u64 sum = 0;
	switch (kind + 8) {
	EACH(long, long) EACH(u64, u64) EACH(long, u64) EACH(u64, long) EACH(long, int) EACH(u64, short) EACH(int, long) EACH(unsigned, u64)
	}
	return sum;
}

static __attribute__((noinline)) u64 counted(u64 x)
{
	u64 sum = 0;
	MIX(__builtin_popcount(x)); MIX(__builtin_popcountl(x)); MIX(__builtin_popcountll(~x)); MIX(__builtin_parity(x)); MIX(__builtin_parityll(x));
	MIX(__builtin_ffs(x)); MIX(__builtin_ffsl(x)); MIX(__builtin_ffsll(x >> 32 << 32));
	if ((unsigned)x) { MIX(__builtin_ctz(x)); MIX(__builtin_clz(x)); }
	if (x) { MIX(__builtin_ctzl(x)); MIX(__builtin_clzl(x)); MIX(__builtin_ctzll(x)); MIX(__builtin_clzll(x)); }
	return sum;
}

SEC("xdp") int prog(void *ctx)
{
	u64 sum = 1, x = 88172645463325252ull;
	for (int i = 0; i < 96; i++) {
		x ^= x << 13; x ^= x >> 7; x ^= x << 17;
		u64 a = i % 3 == 0 ? x : i % 3 == 1 ? x >> (x & 63) : (u64)((long)x >> (x & 63));
		u64 b = i & 4 ? a << 63 >> (i & 63) : x >> (i * 7 & 63);
		MIX(counted(a)); MIX(counted(b)); MIX(small(i & 7, a, b)); MIX(large(i & 7, a, b));
	}
	MIX(counted(0)); MIX(counted(1ull << 63));
	int r; long l; unsigned long ul;
	MIX(__builtin_sadd_overflow(0x7fffffff, (int)(x & 1) + 1, &r)); MIX(r);
	MIX(__builtin_ssubl_overflow(-5, 7, &l)); MIX(l); MIX(__builtin_umull_overflow(x, x, &ul)); MIX(ul); MIX(__builtin_usub_overflow(1, 2, (unsigned *)&r)); MIX(r);
	return sum ^ sum >> 32;
}
---- expect
1186091220
