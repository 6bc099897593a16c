// Braces left out, designators, text, what is copied, what is zero.
struct in { int a, b; }; struct out { struct in in; int c[2]; union { char d; long e; }; char t[6]; };
struct out whole = { { 1, 2 }, { 3, 4 }, { 5 }, "text" }, flat = { 1, 2, 3, 4, 5, "te" }, some = { .c[1] = 9, .e = 8, .in.b = 7, 6 };
int table[] = { [2] = 1, 2, [0 ... 1] = 5 };
char text[3] = "abc", more[] = { "de" }, *pointers[2] = { "abc", text + 1 };
int (*calls[])(int); int call(int x) { return x; } int (*calls[])(int) = { call, &call };
struct in literal = (struct in){ 1, 2 }; struct in *address = &(struct in){ 3, 4 };
struct { unsigned a : 4, b : 6; int c : 20; } bits = { 15, 33, -2 };
long number = (long)&table[1]; unsigned long size = sizeof(table) / sizeof(table[0]);
int local(int x, struct in *p) {
  struct out a = { .in = *p, .c = { x } }; struct in b = *p, c = { x, 1 }, d[2] = { *p, { .b = x } }, e = {};
  char t[] = "hello", u[8] = "hi"; int n = { x }, m[3] = { 1, 2, 3 }, z[4] = { 1 };
  struct in f = (struct in){ .b = 2 }; p = &(struct in){ x };
  __auto_type g = p; const char *s = __func__;
  return a.c[0] + b.a + c.b + d[1].b + e.a + t[0] + u[1] + n + m[2] + z[3] + f.a + g->a + s[0];
}
---- expect
g0 global whole: struct out = "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00text\x00\x00\x00\x00"
g1 global flat: struct out = "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00te\x00\x00\x00\x00\x00\x00"
g2 global some: struct out = "\x00\x00\x00\x00\x07\x00\x00\x00\x06\x00\x00\x00\t\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
g3 global table: int [4] = "\x05\x00\x00\x00\x05\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"
g4 global text: char [3] = "abc"
g5 global more: char [3] = "de\x00"
g6 global pointers: char *[2] = 16 zeros, 0: &g7, 8: &g4+1
g7 static -: char [4] = "abc\x00"
g8 global calls: int (*[2])(int) = 16 zeros, 0: &call, 8: &call
g9 global literal: struct in = "\x01\x00\x00\x00\x02\x00\x00\x00"
g10 global address: struct in * = 8 zeros, 0: &g11
g11 static -: struct in = "\x03\x00\x00\x00\x04\x00\x00\x00"
g12 global bits: unnamed struct = "\x1f\xfa\xff?"
g13 global number: long = 8 zeros, 0: &g3+4
g14 global size: unsigned long = "\x04\x00\x00\x00\x00\x00\x00\x00"
g15 static -: char [6] = "hello\x00"
g16 static -: char [3] = "hi\x00"
g17 static -: char [6] = "local\x00"
global call: int (int)
  l0 x: int
  return x.l0
global local: int (int, struct in *)
  l0 x: int
  l1 p: struct in *
  l2 a: struct out
  l3 b: struct in
  l4 c: struct in
  l5 d: struct in [2]
  l6 e: struct in
  l7 t: char [6]
  l8 u: char [8]
  l9 n: int
  l10 m: int [3]
  l11 z: int [4]
  l12 f: struct in
  l13 -: struct in
  l14 -: struct in
  l15 g: struct in *
  l16 s: const char *
  begin a.l2 zero a.l2.in <- *p.l1; a.l2.c[0:long] = x.l0
  begin b.l3 b.l3 <- *p.l1
  begin c.l4 c.l4.a = x.l0; c.l4.b = 1:int
  begin d.l5 zero d.l5[0:long] <- *p.l1; d.l5[1:long].b = x.l0
  begin e.l6 zero
  begin t.l7 t.l7 <- g15
  begin u.l8 zero *(char (*)[3])&u.l8 <- g16
  begin n.l9 n.l9 = x.l0
  begin m.l10 m.l10[0:long] = 1:int; m.l10[1:long] = 2:int; m.l10[2:long] = 3:int
  begin z.l11 zero z.l11[0:long] = 1:int
  begin f.l12 f.l12 <- { begin l13 zero l13.b = 2:int => l13 }
  p.l1 = &{ begin l14 zero l14.a = x.l0 => l14 }
  begin g.l15 g.l15 = p.l1
  begin s.l16 s.l16 = (const char *)&g17
  return ((((((((((((a.l2.c[0:long] + b.l3.a) + c.l4.b) + d.l5[1:long].b) + e.l6.a) + (int)t.l7[0:long]) + (int)u.l8[1:long]) + n.l9) + m.l10[2:long]) + z.l11[3:long]) + f.l12.a) + (*g.l15).a) + (int)*s.l16)
