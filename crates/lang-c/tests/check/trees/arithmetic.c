// Promotions, the usual conversions, shifts, comparisons.
enum small { ONE = 1 };
enum below { MINUS = -1 };
enum large { LARGE = 1ul << 40 };
struct bits { unsigned a : 3, b : 32; unsigned long c : 40; int d : 5; _Bool e : 1; };
long sum(char c, unsigned char u, short s, int i, unsigned n, long l, unsigned long m, long long x, _Bool b, void *p) {
  l = c + u; l = i + n; l = n + l; m = l + m; m = x + m; l = s << m; l = u >> 1;
  i = c < u; i = i < n; i = l < n; i = -c; i = ~u; i = !p; i = b + b;
  c += n; u <<= 2; s /= 3u; b |= 4; i = c++ + --u; b++;
  l = (char)i; l = (unsigned char)-1; b = i; b = p; i = (int)(long)p; p = (void *)(long)i; p = (void *)0;
  return i ? c : n;
}
long fields(struct bits *s, enum small e, enum below m, enum large k) {
  s->a += 1; s->d = -1; s->e = 2;
  return s->a - 4 + (s->b + 1) + (s->c + 1) + (e - 2) + (m - 2) + (k - 2) + (s->a < -1) + ONE + LARGE;
}
int known[] = { 7 / 2, -7 / 2, -7 % 3, 7u % 4, 1 << 4, -16 >> 2, ~0u >> 28, 3 > 2 && 0, 1 ? 5 : 1 / 0, sizeof(int[3]), 'a', (char)300, (_Bool)8, -1 < 0u };
---- expect
unit.c:17:101-102: WARNING: this divides by zero
int known[] = { 7 / 2, -7 / 2, -7 % 3, 7u % 4, 1 << 4, -16 >> 2, ~0u >> 28, 3 > 2 && 0, 1 ? 5 : 1 / 0, sizeof(int[3]), 'a', (char)300, (_Bool)8, -1 < 0u };
                                                                                                    ~
g0 global known: int [14] = "\x03\x00\x00\x00\xfd\xff\xff\xff\xff\xff\xff\xff\x03\x00\x00\x00\x10\x00\x00\x00\xfc\xff\xff\xff\x0f\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x0c\x00\x00\x00a\x00\x00\x00,\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"
global sum: long (char, unsigned char, short, int, unsigned int, long, unsigned long, long long, _Bool, void *)
  l0 c: char
  l1 u: unsigned char
  l2 s: short
  l3 i: int
  l4 n: unsigned int
  l5 l: long
  l6 m: unsigned long
  l7 x: long long
  l8 b: _Bool
  l9 p: void *
  l.l5 = (long)((int)c.l0 + (int)u.l1)
  l.l5 = (long)((unsigned int)i.l3 + n.l4)
  l.l5 = ((long)n.l4 + l.l5)
  m.l6 = ((unsigned long)l.l5 + m.l6)
  m.l6 = (unsigned long)((unsigned long long)x.l7 + (unsigned long long)m.l6)
  l.l5 = (long)((int)s.l2 << (int)m.l6)
  l.l5 = (long)((int)u.l1 >> 1:int)
  i.l3 = ((int)c.l0 < (int)u.l1)
  i.l3 = ((unsigned int)i.l3 < n.l4)
  i.l3 = (l.l5 < (long)n.l4)
  i.l3 = -(int)c.l0
  i.l3 = ~(int)u.l1
  i.l3 = !p.l9
  i.l3 = ((int)b.l8 + (int)b.l8)
  c.l0 += n.l4 in unsigned int
  u.l1 <<= 2:int in int
  s.l2 /= 3:unsigned int in unsigned int
  b.l8 |= 4:int in int
  i.l3 = ((int)before c.l0 += 1:int in int + (int)u.l1 -= 1:int in int)
  before b.l8 += 1:int in int
  l.l5 = (long)(char)i.l3
  l.l5 = 255:long
  b.l8 = (_Bool)i.l3
  b.l8 = (_Bool)p.l9
  i.l3 = (int)(long)p.l9
  p.l9 = (void *)(long)i.l3
  p.l9 = 0:void *
  return (long)(i.l3 ? (unsigned int)(int)c.l0 : n.l4)
global fields: long (struct bits *, enum small, enum below, enum large)
  l0 s: struct bits *
  l1 e: enum small
  l2 m: enum below
  l3 k: enum large
  (*s.l0).a += 1:int in int
  (*s.l0).d = -1:int
  (*s.l0).e = 1:_Bool
  return (long)((((((((unsigned long)((unsigned int)((int)(*s.l0).a - 4:int) + ((*s.l0).b + 1:unsigned int)) + ((*s.l0).c + 1:unsigned long)) + (unsigned long)((unsigned int)e.l1 - 2:unsigned int)) + (unsigned long)((int)m.l2 - 2:int)) + ((unsigned long)k.l3 - 2:unsigned long)) + (unsigned long)((int)(*s.l0).a < -1:int)) + 1:unsigned long) + 1099511627776:unsigned long)
