// Loops, switches, jumps, statement expressions.
int g(int);
int run(int n, unsigned char k) {
  int total = 0;
  for (int i = 0, j = n; i < j; i++, j--) { if (i == 2) continue; if (i == 5) break; total += i; }
  for (;;) { break; }
  do total--; while (total > 100);
#pragma unroll
  for (int i = 0; i < 4; i++) total += i;
  switch (k) {
  case 1: total = 1;
  case 2 ... 4: { int inner = 3; total += inner; break; }
  case 'a': case 200: return 7;
  default: goto out;
  }
  switch (n) case 3: total = 9;
  total = ({ int x = n; x * x; }) + ({ g(1); });
  ({ g(2); (void)0; });
  total ? g(3) : (void)0, g(4);
  total = n ?: 3;
  static int calls; static int calls2 = 4;
  { static int calls; calls++; }
  calls += calls2;
out:
  if (total) return 1; else if (n) total = 2;
  __builtin_unreachable();
}
void nothing(void) { return; }
void same(void) { return nothing(); }
---- expect
g0 static run.calls: int = 4 zeros
g1 static run.calls2: int = "\x04\x00\x00\x00"
g2 static run.calls.1: int = 4 zeros
global g: int (int) elsewhere
global run: int (int, unsigned char)
  l0 n: int
  l1 k: unsigned char
  l2 total: int
  l3 i: int
  l4 j: int
  l5 i: int
  l6 inner: int
  l7 x: int
  begin total.l2 total.l2 = 0:int
  block
    begin i.l3 i.l3 = 0:int
    begin j.l4 j.l4 = n.l0
    loop (i.l3 < j.l4) step (before i.l3 += 1:int in int, before j.l4 -= 1:int in int)
      block
        if (i.l3 == 2:int)
          continue
        if (i.l3 == 5:int)
          break
        total.l2 += i.l3 in int
  loop always
    block
      break
  do (total.l2 > 100:int)
    before total.l2 -= 1:int in int
  block
    begin i.l5 i.l5 = 0:int
    loop (i.l5 < 4:int) step before i.l5 += 1:int in int unrolled
      total.l2 += i.l5 in int
  switch (int)k.l1 [1: 0, 2..=4: 1, 97: 2, 200: 3] else: 4
    block
      case 0
      total.l2 = 1:int
      case 1
      block
        begin inner.l6 inner.l6 = 3:int
        total.l2 += inner.l6 in int
        break
      case 2
      case 3
      return 7:int
      case 4
      goto 0
  switch n.l0 [3: 0]
    block
      case 0
      total.l2 = 9:int
  total.l2 = ({ begin x.l7 x.l7 = n.l0 => (x.l7 * x.l7) } + g(1:int))
  { g(2:int); (void)0:int }
  ((total.l2 ? (void)g(3:int) : (void)0:int), g(4:int))
  total.l2 = (n.l0 ?: 3:int)
  block
    before run.calls.1 += 1:int in int
  run.calls += run.calls2 in int
  label 0
  if total.l2
    return 1:int
  else
    if n.l0
      total.l2 = 2:int
  unreachable
global nothing: void (void)
  return
global same: void (void)
  block
    nothing()
    return
