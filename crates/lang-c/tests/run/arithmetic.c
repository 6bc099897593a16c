// Numbers of all widths and signs.
#define SEC(x) __attribute__((section(x), used))
#define MIX(sum, v) (sum = sum * 31 + (v))
typedef unsigned long long u64;
typedef long long s64;
char LICENSE[] SEC("license") = "GPL";

volatile const u64 seed = 0x123456789abcdef0;

#define ALL(T)                                                                 \
	static __attribute__((noinline)) u64 all_##T(T a, T b)                     \
	{                                                                          \
		u64 sum = 7;                                                           \
		T c = a;                                                               \
		MIX(sum, (u64)(a + b));                                                \
		MIX(sum, (u64)(a - b));                                                \
		MIX(sum, (u64)(a * b));                                                \
		MIX(sum, b ? (u64)(a / b) : 1);                                        \
		MIX(sum, b ? (u64)(a % b) : 2);                                        \
		MIX(sum, (u64)(a & b));                                                \
		MIX(sum, (u64)(a | b));                                                \
		MIX(sum, (u64)(a ^ b));                                                \
		MIX(sum, (u64)~a);                                                     \
		MIX(sum, (u64)-a);                                                     \
		MIX(sum, !a);                                                          \
		MIX(sum, (u64)(a << 3));                                               \
		MIX(sum, (u64)(a >> 3));                                               \
		MIX(sum, (u64)(a << (b & 7)));                                         \
		MIX(sum, (u64)(a >> (b & 7)));                                         \
		MIX(sum, a < b);                                                       \
		MIX(sum, a <= b);                                                      \
		MIX(sum, a > b);                                                       \
		MIX(sum, a >= b);                                                      \
		MIX(sum, a == b);                                                      \
		MIX(sum, a != b);                                                      \
		MIX(sum, (u64)c++);                                                    \
		MIX(sum, (u64)++c);                                                    \
		MIX(sum, (u64)c--);                                                    \
		MIX(sum, (u64)--c);                                                    \
		MIX(sum, (u64)(c += b));                                               \
		MIX(sum, (u64)(c -= 3));                                               \
		MIX(sum, (u64)(c *= 5));                                               \
		MIX(sum, (u64)(c <<= 1));                                              \
		MIX(sum, (u64)(c >>= 2));                                              \
		MIX(sum, (u64)(c ^= a));                                               \
		MIX(sum, (u64)(signed char)a);                                         \
		MIX(sum, (u64)(unsigned char)a);                                       \
		MIX(sum, (u64)(short)a);                                               \
		MIX(sum, (u64)(unsigned short)a);                                      \
		MIX(sum, (u64)(int)a);                                                 \
		MIX(sum, (u64)(unsigned int)a);                                        \
		MIX(sum, (u64)(long)a);                                                \
		MIX(sum, (u64)(_Bool)a);                                               \
		MIX(sum, (u64)(a + 1ull));                                             \
		MIX(sum, (u64)(a + 1));                                                \
		MIX(sum, a > 0 ? 5u : -1);                                             \
		return sum;                                                            \
	}

typedef signed char sc;
typedef unsigned char uc;
typedef unsigned short us;
typedef unsigned int ui;
typedef unsigned long ul;
ALL(sc) ALL(uc) ALL(short) ALL(us) ALL(int) ALL(ui) ALL(long) ALL(ul)

SEC("xdp") int prog(void *ctx)
{
	u64 sum = 1, a = seed, b = seed >> 7;
	for (int i = 0; i < 6; i++) {
		MIX(sum, all_sc(a, b));
		MIX(sum, all_uc(a, b));
		MIX(sum, all_short(a, b));
		MIX(sum, all_us(a, b));
		MIX(sum, all_int(a, b));
		MIX(sum, all_ui(a, b));
		MIX(sum, all_long(a, b));
		MIX(sum, all_ul(a, b));
		a = a * 6364136223846793005ull + 1442695040888963407ull;
		b = (b ^ a) >> (i & 3);
	}
	return sum ^ sum >> 32;
}
---- expect
4049575446
