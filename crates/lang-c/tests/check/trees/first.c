typedef unsigned int __u32; typedef unsigned long long u64;
struct in { int a; char b; short c:4, d:9; union { long u; struct { int v, w; }; }; } ;
static long (*bpf_map_lookup_elem)(void *map, const void *key) = (void *) 1;
static long (* const bpf_trace_printk)(const char *fmt, __u32 fmt_size, ...) = (void *) 6;
struct { int (*type)[2]; int *key; u64 *value; int (*max_entries)[16]; } m __attribute__((section(".maps"), used));
char _license[] __attribute__((section("license"), used)) = "GPL";
static int twice(int x) { return x * 2; }
static int never(int x) { return x * 2; }
__attribute__((section("xdp"))) int prog(struct in *ctx) {
  int key = 0; u64 *v = bpf_map_lookup_elem(&m, &key);
  if (!v) return 0;
  for (int i = 0; i < 10; i++) { *v += ctx->w + twice(i); ctx->d++; }
  char fmt[] = "hello %d"; static int count = 3;
  struct in s = { .a = 1, .w = ctx->a > 0 ? 1 : 2 };
  bpf_trace_printk(fmt, sizeof(fmt), ctx->c, s.b, count++);
  while (key < 3u) key++;
  switch (key) { case 1: case 3 ... 5: key = 1; break; default: return -1; }
  return __builtin_bswap16(0x1234) + (int)((char*)v)[3];
}
---- expect
g0 global in ".maps" m: unnamed struct = 32 zeros
g1 global in "license" _license: char [4] = "GPL\x00"
g2 static -: char [9] = "hello %d\x00"
g3 static prog.count: int = "\x03\x00\x00\x00"
static twice: int (int)
  l0 x: int
  return (x.l0 * 2:int)
global in "xdp" prog: int (struct in *)
  l0 ctx: struct in *
  l1 key: int
  l2 v: u64 *
  l3 i: int
  l4 fmt: char [9]
  l5 s: struct in
  begin key.l1 key.l1 = 0:int
  begin v.l2 v.l2 = (u64 *)helper 1((void *)&m, (const void *)&key.l1)
  if !v.l2
    return 0:int
  block
    begin i.l3 i.l3 = 0:int
    loop (i.l3 < 10:int) step before i.l3 += 1:int in int
      block
        *v.l2 += (unsigned long long)((*ctx.l0).[4].[1].w + twice(i.l3)) in unsigned long long
        before (*ctx.l0).d += 1:int in int
  begin fmt.l4 fmt.l4 <- g2
  begin s.l5 zero s.l5.a = 1:int; s.l5.[4].[1].w = (((*ctx.l0).a > 0:int) ? 1:int : 2:int)
  helper 6((const char *)&fmt.l4, 9:__u32, (long)(int)(*ctx.l0).c, (long)(int)s.l5.b, (long)before prog.count += 1:int in int)
  loop ((unsigned int)key.l1 < 3:unsigned int)
    before key.l1 += 1:int in int
  switch key.l1 [1: 0, 3..=5: 1] else: 2
    block
      case 0
      case 1
      key.l1 = 1:int
      break
      case 2
      return -1:int
  return (13330:int + (int)*((char *)v.l2 + 3:long * 1))
