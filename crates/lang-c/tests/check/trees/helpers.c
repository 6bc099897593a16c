// Pointers that are small numbers are helpers; what is not used is not there.
#define SEC(name) __attribute__((section(name), used))
typedef unsigned int u32; typedef unsigned long u64;
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_trace_printk)(const char *fmt, u32 fmt_size, ...) = (void *)6;
static u64 (*bpf_ktime_get_ns)(void) = (void *)5;
extern int kfunc(struct task *t) __attribute__((section(".ksyms"))) __attribute__((weak));
extern const int missing __attribute__((section(".ksyms"))) __attribute__((weak));
extern int never(void);
extern _Bool CONFIG_X __attribute__((section(".kconfig")));
extern const void start __attribute__((section(".ksyms")));
struct { int (*type)[1]; int (*max_entries)[8]; u32 *key; u64 *value; } counts SEC(".maps");
static inline u64 *of(u32 key) { return bpf_map_lookup_elem(&counts, &key); }
static int unused(void) { return kfunc(0) + never(); }
static __attribute__((noinline)) int sub(short a) { return a; }
__attribute__((noinline, weak, visibility("hidden"))) int global(int a __attribute__((btf_decl_tag("arg:ctx")))) { return sub(a); }
static u32 hidden_count; static u32 seen = 3; static const u32 fixed = 4; static u32 kept __attribute__((used));
SEC("kprobe") int program(void *ctx) {
  u64 *count = of(1);
  if (count && CONFIG_X) *count += bpf_ktime_get_ns();
  if (&missing && kfunc) kfunc(0);
  bpf_trace_printk("%d %c %lu", 10, (short)-1, 'c', 7ul, ctx);
  return global(seen) + fixed + ((int (*)(void))8)() + (int)(long)&start;
}
char LICENSE[] SEC("license") = "GPL";
---- expect
g0 weak in ".ksyms" missing: const int elsewhere
g1 global in ".kconfig" CONFIG_X: _Bool elsewhere
g2 global in ".ksyms" start: const void elsewhere
g3 global in ".maps" counts: unnamed struct = 32 zeros
g4 static seen: u32 = "\x03\x00\x00\x00"
g5 static fixed: const u32 = "\x04\x00\x00\x00"
g6 static kept: u32 = 4 zeros
g7 static -: char [10] = "%d %c %lu\x00"
g8 global in "license" LICENSE: char [4] = "GPL\x00"
weak in ".ksyms" kfunc: int (struct task *) elsewhere
static of: u64 *(u32)
  l0 key: u32
  return (u64 *)helper 1((void *)&counts, (const void *)&key.l0)
static noinline sub: int (short)
  l0 a: short
  return (int)a.l0
weak hidden noinline global: int (int) parameter 0 tag "arg:ctx"
  l0 a: int
  return sub((short)a.l0)
global in "kprobe" program: int (void *)
  l0 ctx: void *
  l1 count: u64 *
  begin count.l1 count.l1 = of(1:u32)
  if (count.l1 && CONFIG_X)
    *count.l1 += helper 5() in unsigned long
  if (&missing && &kfunc)
    kfunc(0:struct task *)
  helper 6((const char *)&g7, 10:u32, -1:long, 99:long, 7:unsigned long, ctx.l0)
  return (int)((((unsigned int)global((int)seen) + fixed) + (unsigned int)helper 8()) + (unsigned int)(int)(long)&start)
