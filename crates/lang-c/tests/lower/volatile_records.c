// What is volatile is read though nobody wants it, records as a whole.
#define SEC(x) __attribute__((section(x), used))
struct pair { int a; short b; char c[6]; };
volatile struct pair shared;
SEC("kprobe") int prog(volatile struct pair *p)
{
	shared;
	p->b;
	(void)*p, 0;
	volatile struct pair own = { 1 };
	struct pair copy = own;
	*p = copy;
	return 0;
}
---- expect
data data0 ".bss" 12

func "prog" "kprobe" inline program kprobe -> i32 {
  slot s0 8 align 8
  slot s1 12 align 4
  slot s2 12 align 4
  slot s3 12 align 4
  slot s4 12 align 4
b0(v0: *ctx):
  v1: *stack = slot s0
  store.64 [v1], v0
  v2: *mem = data data0
  v3: *stack = slot s1
  barrier
  v4: i32 = load.32 [v2]
  v5: i32 = opaque v4
  store.32 [v3], v5
  v6: i32 = load.32 [v2 + 4]
  v7: i32 = opaque v6
  store.32 [v3 + 4], v7
  v8: i32 = load.32 [v2 + 8]
  v9: i32 = opaque v8
  store.32 [v3 + 8], v9
  barrier
  v10: *stack = slot s0
  v11: *mem = load.64 [v10]
  barrier
  v12: i32 = loads.16 [v11 + 4]
  v13: i32 = opaque v12
  v14: *stack = slot s0
  v15: *mem = load.64 [v14]
  v16: *stack = slot s2
  barrier
  v17: i32 = load.32 [v15]
  v18: i32 = opaque v17
  store.32 [v16], v18
  v19: i32 = load.32 [v15 + 4]
  v20: i32 = opaque v19
  store.32 [v16 + 4], v20
  v21: i32 = load.32 [v15 + 8]
  v22: i32 = opaque v21
  store.32 [v16 + 8], v22
  barrier
  v23: i32 = const 0
  v24: *stack = slot s3
  v25: *stack = opaque v24
  v26: i64 = const 0
  store.64 [v25], v26
  store.32 [v25 + 8], v26
  v27: i32 = const 1
  v28: *stack = slot s3
  v29: *stack = opaque v28
  store.32 [v29], v27
  barrier
  v30: *stack = slot s3
  v31: *stack = opaque v30
  v32: *stack = slot s4
  barrier
  v33: i64 = load.64 [v31]
  v34: i64 = opaque v33
  store.64 [v32], v34
  v35: i32 = load.32 [v31 + 8]
  v36: i32 = opaque v35
  store.32 [v32 + 8], v36
  barrier
  v37: *stack = slot s4
  v38: *stack = slot s0
  v39: *mem = load.64 [v38]
  barrier
  v40: i32 = load.32 [v37]
  v41: i32 = opaque v40
  store.32 [v39], v41
  v42: i32 = load.32 [v37 + 4]
  v43: i32 = opaque v42
  store.32 [v39 + 4], v43
  v44: i32 = load.32 [v37 + 8]
  v45: i32 = opaque v44
  store.32 [v39 + 8], v45
  barrier
  v46: i32 = const 0
  ret v46
}
