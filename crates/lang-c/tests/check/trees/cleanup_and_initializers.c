struct it { int x; };
int *next(struct it *i); int new(struct it *i, int n); void destroy(struct it *i);
int f(int n) {
  int sum = 0; int *v;
  for (struct it i __attribute__((aligned(8), cleanup(destroy))), *p __attribute__((unused)) = (new(&i, n), (void)destroy, (void*)0); (v = next(&i)); ) {
    if (*v == 3) continue;
    if (*v == 4) break;
    if (*v == 5) return sum;
    sum += *v;
  }
  return sum;
}
struct p { long a, b; } g = { .b = 5 }, garr[] = { [2] = { 1, 2 }, { 3 } }, *gp = &garr[1];
int mat[2][3] = { 1, 2, 3, { 4 } };
union u { int i; struct p p; } un = { .p = { 1, 2 } };
char *names[] = { "one", "two", [4] = "one" };
struct fl { int n; char c[]; } fl = { 3, "abc" };
struct p h(struct p x, int c) { struct p y = x; struct p z = c ? x : y; y = z; return (struct p){ c, 2 }; }
long k(void) { return h(g, 1).b + sizeof(struct p) + __builtin_offsetof(struct p, b) + _Generic(1u, int: 1, unsigned: 2); }
---- expect
g0 global g: struct p = "\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00"
g1 global garr: struct p [4] = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
g2 global gp: struct p * = 8 zeros, 0: &g1+16
g3 global mat: int [2][3] = "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
g4 global un: union u = "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"
g5 global names: char *[5] = 40 zeros, 0: &g6, 8: &g7, 32: &g6
g6 static -: char [4] = "one\x00"
g7 static -: char [4] = "two\x00"
g8 global fl: struct fl = "\x03\x00\x00\x00abc\x00"
global next: int *(struct it *) elsewhere
global new: int (struct it *, int) elsewhere
global destroy: void (struct it *) elsewhere
global f: int (int)
  l0 n: int
  l1 sum: int
  l2 v: int *
  l3 i: struct it aligned 8
  l4 p: struct it *
  l5 -: int
  begin sum.l1 sum.l1 = 0:int
  begin v.l2
  block
    begin i.l3
    begin p.l4 p.l4 = (struct it *)((new(&i.l3, n.l0), (void)&destroy), 0:void *)
    loop v.l2 = next(&i.l3)
      block
        if (*v.l2 == 3:int)
          continue
        if (*v.l2 == 4:int)
          break
        if (*v.l2 == 5:int)
          block
            begin l5 l5 = sum.l1
            destroy(&i.l3)
            return l5
        sum.l1 += *v.l2 in int
    destroy(&i.l3)
  return sum.l1
global h: struct p (struct p, int)
  l0 x: struct p
  l1 c: int
  l2 y: struct p
  l3 z: struct p
  l4 -: struct p
  begin y.l2 y.l2 <- x.l0
  begin z.l3 z.l3 <- (c.l1 ? x.l0 : y.l2)
  { y.l2 <- z.l3 }
  return record { begin l4 l4.a = (long)c.l1; l4.b = 2:long => l4 }
global k: long (void)
  l0 -: struct p
  return (long)((((unsigned long){l0 = h(record g, 1:int)}.b + 16:unsigned long) + 8:unsigned long) + 2:unsigned long)
