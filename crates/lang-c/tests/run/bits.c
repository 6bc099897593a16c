// Bit-fields.
#define SEC(x) __attribute__((section(x), used))
#define MIX(sum, v) (sum = sum * 31 + (v))
char LICENSE[] SEC("license") = "GPL";
typedef unsigned long long u64;
enum color { RED, GREEN, BLUE };
struct a { unsigned x : 3, y : 7; int z : 5; unsigned : 0; signed char w : 4; _Bool f : 1; enum color c : 2; };
struct b { u64 low : 20, mid : 30, high : 14; long s : 33; unsigned char t : 8; };
struct __attribute__((packed)) c { unsigned char a : 3; unsigned b : 17; u64 c : 44; short d : 9; };
struct d { unsigned short p : 9; unsigned short q : 9; int n; unsigned m : 1; };
union e { struct { unsigned char ihl : 4, version : 4; }; unsigned char whole; };

static struct b kept;
static __attribute__((noinline)) u64 of_a(struct a *p, int n)
{
	u64 sum = 0;
	MIX(sum, p->x = n); MIX(sum, p->y += n); MIX(sum, p->z -= n); MIX(sum, p->w = n * 3); MIX(sum, p->f = n & 6); MIX(sum, p->c = n % 3);
	MIX(sum, p->x++); MIX(sum, --p->z); MIX(sum, p->w >> 1); MIX(sum, p->z < 0); MIX(sum, p->c == BLUE);
	MIX(sum, p->x); MIX(sum, p->y); MIX(sum, (u64)p->z); MIX(sum, (u64)p->w); MIX(sum, p->f);
	return sum;
}

SEC("xdp") int prog(void *ctx)
{
	u64 sum = 1;
	struct a a = { 1, 2, -3, -4, 1, GREEN };
	for (int i = 0; i < 20; i++) MIX(sum, of_a(&a, i * 7 - 30));
	struct b b = { 0x12345, 0x23456789, 0x3fff, -1, 9 };
	for (int i = 0; i < 5; i++) {
		b.mid = b.mid * 3 + b.low; b.high -= i; b.s = b.s * 5 - b.high; b.t += 100; b.low ^= b.t;
		kept = b;
		MIX(sum, kept.low); MIX(sum, kept.mid); MIX(sum, kept.high); MIX(sum, (u64)kept.s); MIX(sum, kept.t);
	}
	struct c c = { 5, 0x1abcd, 0xabcdef12345, -7 };
	for (int i = 0; i < 4; i++) {
		c.a += 3; c.b = c.b * 3 + 1; c.c = c.c * 7 + c.b; c.d -= 50;
		MIX(sum, c.a); MIX(sum, c.b); MIX(sum, c.c); MIX(sum, (u64)c.d);
	}
	MIX(sum, sizeof(struct a) * 100 + sizeof(b) * 10 + sizeof(c));
	struct d d = { .p = 511, .q = 300, .n = -1, .m = 1 };
	d.q += 300; d.m++;
	MIX(sum, d.p); MIX(sum, d.q); MIX(sum, d.n); MIX(sum, d.m);
	union e e = { .whole = 0x45 };
	MIX(sum, e.version * 16 + e.ihl * 4);
	e.version = 6;
	MIX(sum, e.whole);
	return sum ^ sum >> 32;
}
---- expect
2097767040
