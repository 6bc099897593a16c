// Bits that lie across two numbers of their type are read from a larger one.
#define SEC(x) __attribute__((section(x), used))
struct packed { unsigned a : 20, b : 20; unsigned short c : 12; } __attribute__((packed, preserve_access_index));
SEC("kprobe") long prog(struct packed *p) { return p->b + p->c; }
---- expect
func "prog" "kprobe" inline program kprobe -> i64 {
  slot s0 8 align 8
b0(v0: *ctx):
  v1: *stack = slot s0
  store.64 [v1], v0
  v2: *stack = slot s0
  v3: *mem = load.64 [v2]
  v4: i64 = load.64 [v3 + core 3 "0:1" 0 0]
  v5: i64 = core 3 "0:1" 4 24
  v6: i64 = core 3 "0:1" 5 44
  v7: i64 = lsh v4, v5
  v8: i64 = rsh v7, v6
  v9: i32 = trunc v8
  v10: *stack = slot s0
  v11: *mem = load.64 [v10]
  v12: i64 = load.32 [v11 + core 3 "0:2" 0 4]
  v13: i64 = core 3 "0:2" 4 44
  v14: i64 = core 3 "0:2" 5 52
  v15: i64 = lsh v12, v13
  v16: i64 = rsh v15, v14
  v17: i32 = trunc v16
  v18: i32 = add v9, v17
  v19: i64 = sext.32 v18
  ret v19
}
