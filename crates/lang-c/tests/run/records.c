// Records by copy, in arrays, in each other, packed ones; unions.
#define SEC(x) __attribute__((section(x), used))
#define MIX(sum, v) (sum = sum * 31 + (v))
char LICENSE[] SEC("license") = "GPL";
typedef unsigned long long u64;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

struct point { int x, y; };
struct odd { u8 a; u64 b; u16 c; u8 d[3]; };
struct __attribute__((packed)) tight { u8 a; u64 b; u16 c; int d; };
struct nest { struct point p[3]; struct odd o; union { u32 whole; u16 half[2]; u8 bytes[4]; }; struct { int in; } named; };
struct big { long n[20]; };

static struct point swap(struct point p) { struct point q = { p.y, p.x }; return q; }
static __attribute__((noinline)) struct point far(struct point *p) { return (struct point){ .x = p->x + 1, .y = p->y * 2 }; }
static __attribute__((noinline)) int total(const struct nest *n)
{
	int sum = 0;
	for (int i = 0; i < 3; i++)
		sum += n->p[i].x * n->p[i].y;
	return sum + n->o.b + n->o.c + n->o.d[2] + n->whole + n->named.in;
}
static long six(long a, long b, long c, long d, long e, long f) { return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f; }

struct nest shared = { .p = { { 1, 2 }, { 3, 4 } }, .o = { 5, 6, 7, { 8, 9, 10 } }, .half = { 11, 12 } };
struct big much;

SEC("xdp") int prog(void *ctx)
{
	u64 sum = 1;
	struct point a = { 3, 4 }, b = a, list[4] = { [1] = { 5, 6 }, [3].y = 9 };
	b.x += 10;
	a = swap(b);
	MIX(sum, a.x); MIX(sum, a.y); MIX(sum, b.x);
	b = far(&a);
	MIX(sum, b.x); MIX(sum, b.y);
	MIX(sum, swap(far(&b)).x);
	MIX(sum, (a.x > 3 ? a : b).y);
	list[0] = list[1];
	list[2] = (struct point){ list[0].y, list[3].y };
	for (int i = 0; i < 4; i++) { MIX(sum, list[i].x); MIX(sum, list[i].y); }
	struct odd o = { 1, 0x123456789abcdef, 3, { 4, 5, 6 } }, copy = o, *p = &copy;
	p->b++; p->d[1] = 200; p->d[1] += 100;
	MIX(sum, copy.a + copy.b + copy.c + copy.d[1] + p->d[2]);
	struct tight t = { 1, 0xfedcba9876543210, 0xabcd, -5 }, *tp = &t;
	tp->b -= 7; tp->c ^= 0xff; t.d *= 3;
	MIX(sum, t.b); MIX(sum, t.c); MIX(sum, t.d); MIX(sum, sizeof(t)); MIX(sum, sizeof(o)); MIX(sum, sizeof(struct nest));
	struct nest n = shared;
	n.bytes[3] = 0x80; n.named.in = -2; n.p[2] = b;
	MIX(sum, total(&n)); MIX(sum, total(&shared)); MIX(sum, n.whole); MIX(sum, n.half[1]);
	shared = n;
	MIX(sum, total(&shared));
	for (int i = 0; i < 20; i++) much.n[i] = i * i;
	struct big here = much;
	here.n[7]++;
	much = here;
	MIX(sum, much.n[7] + much.n[19]);
	MIX(sum, six(1, 2, 3, 4, 5, sum & 0xff));
	return sum ^ sum >> 32;
}
---- expect
2489260272
