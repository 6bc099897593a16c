// Pointers, arrays, strings, data, what the compiler itself does.
#define SEC(x) __attribute__((section(x), used))
#define MIX(sum, v) (sum = sum * 31 + (v))
char LICENSE[] SEC("license") = "GPL";
typedef unsigned long long u64;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

const char greeting[] = "hello, world";
static const int table[4][4] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 }, { 9, 10, 11, 12 } };
int counts[8];
long total SEC(".data.own") = 5;
static const short small[] SEC(".rodata.own") = { -1, -2, 30000 };
static u8 zeros[16] SEC(".bss.own");

static __attribute__((noinline)) int next(void) { static int n = 100; static int calls; calls++; return n += calls; }
static __attribute__((noinline)) void bump(int *a, int *b) { *a += 1; *b += 10; *a += *b; }
static __attribute__((noinline)) int length(const char *text, int most)
{
	for (int i = 0; i < 16; i++)
		if (i >= most || !text[i])
			return i;
	return -1;
}
static inline __attribute__((always_inline)) void fill(u8 *to, int n) { for (int i = 0; i < 16; i++) to[i] = n + i; }

SEC("xdp") int prog(void *ctx)
{
	u64 sum = 1;
	for (int i = 0; i < sizeof(greeting); i++) MIX(sum, greeting[i]);
	for (int i = 0; i < 16; i++) MIX(sum, table[i / 4 & 3][i & 3]);
	for (int i = 0; i < 20; i++) counts[i & 7] += i;
	int *p = counts + 3;
	MIX(sum, *p++); MIX(sum, p[-2]); MIX(sum, *--p); MIX(sum, p - counts); MIX(sum, &counts[7] - p); MIX(sum, p > counts);
	p += 2; MIX(sum, *p);
	MIX(sum, next()); MIX(sum, next()); MIX(sum, next());
	total += small[1] + small[2];
	MIX(sum, total); MIX(sum, zeros[3]); zeros[3] = 9; MIX(sum, zeros[3]);
	int x = 5, y = 6, *q = &x;
	bump(&x, &y); MIX(sum, x); MIX(sum, y);
	bump(q, q); MIX(sum, x);
	int **qq = &q; **qq = 77; MIX(sum, x); *qq = &y; *q = 3; MIX(sum, y);
	char text[16] = "abc"; text[3] = 'd'; text[4] = 0;
	MIX(sum, length(text, 16)); MIX(sum, length("literal", 5)); MIX(sum, text[1]);
	u8 bytes[16]; fill(bytes, 3);
	u8 other[16];
	__builtin_memcpy(other, bytes, 16); MIX(sum, other[7]);
	__builtin_memset(other + 3, 0xee, 5); MIX(sum, other[3] + other[7] + other[8]);
	__builtin_memset(&bytes[1], 0, 7); MIX(sum, bytes[0] + bytes[4] + bytes[8]);
	__builtin_memmove(other + 1, other, 8); MIX(sum, other[8] + other[1] + other[2]);
	MIX(sum, __builtin_memcmp(other, bytes, 16) > 0); MIX(sum, __builtin_memcmp(bytes, other, 16) < 0); MIX(sum, __builtin_memcmp(other, other, 11) == 0);
	u64 wide = 0x0102030405060708;
	MIX(sum, ((u8 *)&wide)[2]); *(u16 *)((u8 *)&wide + 4) = 0xbeef; MIX(sum, wide);
	__builtin_memcpy(&wide, "12345678", 8); MIX(sum, wide);
	MIX(sum, __builtin_bswap16(0x1234 + x)); MIX(sum, __builtin_bswap32(0x12345678 + x)); MIX(sum, __builtin_bswap64(wide));
	MIX(sum, ({ int a = x; a *= 3; a + 1; }));
	MIX(sum, (x++, y += 2, x * y));
	struct { int n; const char *name; } rows[2] = { { 1, "one" }, { 2, "three" } };
	for (int i = 0; i < 2; i++) MIX(sum, length(rows[i].name, rows[i].n + 3));
	volatile int v = 4; v += v; v++; MIX(sum, v);
	u64 hidden = 12; asm volatile("" : "+r"(hidden)); MIX(sum, hidden & 0xf);
	asm volatile("" ::: "memory"); MIX(sum, counts[1]);
	return sum ^ sum >> 32;
}
---- expect
4117549873
