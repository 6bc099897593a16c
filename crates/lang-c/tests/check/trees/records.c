// Records as values: places are found once.
struct p { long a, b; }; struct p *get(void);
long f(struct p *q, struct p x, int i) { *q = x; *get() = x; q[i] = x; return (*get() = x).a + (q[i] = *q).b; }
// Numbers that nobody changes, labels of statement expressions, what later parts of an initializer undo.
static const int ten = 10; const int open_to_others __attribute__((weak)) = 3; const volatile int setting = 4;
int twice[ten] = { [0 ... 9] = ten * 2, [3] = 1 };
union either { int a[3]; char b; } last = { .a = { 1, 2 }, .b = 3 };
struct { struct p x; int y; } again = { .x.b = 5, .x = { 1 }, 7 };
int g(int n) {
  const int local = ten + 1; int room[local]; room[0] = setting + open_to_others;
  n = ({ int r = 1; if (n) goto yes; r = 0; yes: r; }) + ({ int r = 1; if (n) goto yes; goto out; yes: r; });
out:
  return __builtin_constant_p(local) + room[n];
}
long kept(int n) {
  static struct p rows[] = { (struct p){ 1, 2 }, { 3, 4 } }, *row = &(struct p){ .b = 5 };
  return rows[n].a + row->b;
}
---- expect
g0 weak open_to_others: const int = "\x03\x00\x00\x00"
g1 global setting: const volatile int = "\x04\x00\x00\x00"
g2 global twice: int [10] = "\x14\x00\x00\x00\x14\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00\x14\x00\x00\x00\x14\x00\x00\x00\x14\x00\x00\x00\x14\x00\x00\x00\x14\x00\x00\x00\x14\x00\x00\x00"
g3 global last: union either = "\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
g4 global again: unnamed struct = "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00"
g5 static kept.rows: struct p [2] = "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00"
g6 static kept.row: struct p * = 8 zeros, 0: &g7
g7 static -: struct p = "\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00"
global get: struct p *(void) elsewhere
global f: long (struct p *, struct p, int)
  l0 q: struct p *
  l1 x: struct p
  l2 i: int
  l3 -: struct p *
  l4 -: struct p *
  { *q.l0 <- x.l1 }
  { begin l3 l3 = get(); *l3 <- x.l1 }
  { *(q.l0 + (long)i.l2 * 16) <- x.l1 }
  return ({ begin l4 l4 = get(); *l4 <- x.l1 => *l4 }.a + { *(q.l0 + (long)i.l2 * 16) <- *q.l0 => *(q.l0 + (long)i.l2 * 16) }.b)
global g: int (int)
  l0 n: int
  l1 local: const int
  l2 room: int [11]
  l3 r: int
  l4 r: int
  begin local.l1 local.l1 = 11:int
  begin room.l2
  room.l2[0:long] = (setting + open_to_others)
  n.l0 = ({ begin r.l3 r.l3 = 1:int; if n.l0;   goto 0; r.l3 = 0:int; label 0 => r.l3 } + { begin r.l4 r.l4 = 1:int; if n.l0;   goto 1; goto 2; label 1 => r.l4 })
  label 2
  return (1:int + room.l2[(long)n.l0])
global kept: long (int)
  l0 n: int
  return (kept.rows[(long)n.l0].a + (*kept.row).b)
