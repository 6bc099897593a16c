// Steps of pointers, differences, comparisons, decay.
struct s { int a; int row[4]; struct s *next; };
int matrix[3][5];
long steps(struct s *p, struct s *q, void *v, int i, unsigned n, char *c) {
  p = p + i; p = n + p; p -= 2; p++; v = v + 4; v += i; c = &c[n - 1];
  long d = q - p; d = (char *)q - c;
  if (p == q || p < q || p == 0 || !v || v == p) d = p[1].row[i];
  d += *(p->row + 2) + 3[p->row] + matrix[i][n] + *matrix[1] + (&p->next->row[1])[0] + (*p).a;
  int (*row)[5] = matrix + 1;
  int (*call)(struct s *) = (void *)0;
  const char *text = i ? "yes" : 0;
  void *either = i ? (void *)p : c;
  return d + (*row)[2] + call(p) + (*call)(p) + sizeof(matrix) + sizeof matrix[0] + sizeof(*row) + text[0];
}
---- expect
g0 global matrix: int [3][5] = 60 zeros
g1 static -: char [4] = "yes\x00"
global steps: long (struct s *, struct s *, void *, int, unsigned int, char *)
  l0 p: struct s *
  l1 q: struct s *
  l2 v: void *
  l3 i: int
  l4 n: unsigned int
  l5 c: char *
  l6 d: long
  l7 row: int (*)[5]
  l8 call: int (*)(struct s *)
  l9 text: const char *
  l10 either: void *
  p.l0 = (p.l0 + (long)i.l3 * 32)
  p.l0 = (p.l0 + (unsigned long)n.l4 * 32)
  p.l0 -= 64:long in struct s *
  before p.l0 += 32:long in struct s *
  v.l2 = (v.l2 + 4:long * 1)
  v.l2 += ((long)i.l3 * 1:long) in void *
  c.l5 = (c.l5 + (unsigned long)(n.l4 - 1:unsigned int) * 1)
  begin d.l6 d.l6 = ((q.l1 - p.l0) / 32)
  d.l6 = (((char *)q.l1 - c.l5) / 1)
  if (((((p.l0 == q.l1) || (p.l0 < q.l1)) || (p.l0 == 0:struct s *)) || !v.l2) || (v.l2 == (void *)p.l0))
    d.l6 = (long)(*(p.l0 + 1:long * 32)).row[(long)i.l3]
  d.l6 += (long)(((((*(&(*p.l0).row + 2:long * 4) + (*p.l0).row[3:long]) + matrix[(long)i.l3][(unsigned long)n.l4]) + *&matrix[1:long]) + (*(*p.l0).next).row[1:long]) + (*p.l0).a) in long
  begin row.l7 row.l7 = (&matrix + 1:long * 20)
  begin call.l8 call.l8 = 0:int (*)(struct s *)
  begin text.l9 text.l9 = (const char *)(i.l3 ? &g1 : 0:char *)
  begin either.l10 either.l10 = (i.l3 ? (void *)p.l0 : (void *)c.l5)
  return (long)(((((unsigned long)(((d.l6 + (long)*row.l7[2:long]) + (long)(*call.l8)(p.l0)) + (long)(*call.l8)(p.l0)) + 60:unsigned long) + 20:unsigned long) + 20:unsigned long) + (unsigned long)(int)*text.l9)
