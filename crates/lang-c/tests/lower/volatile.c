// Each access that is written is made.
#define SEC(x) __attribute__((section(x), used))
volatile int global;
SEC("kprobe") int prog(volatile int *p)
{
	volatile long local = 1;
	local += *p;
	*p = 3;
	global++;
	int x = 5;
	asm volatile("" : "+r"(x));
	asm volatile("" ::: "memory");
	return local + x;
}
---- expect
data data0 ".bss" 4

func "prog" "kprobe" program kprobe -> i32 {
  slot s0 8 align 8
  slot s1 8 align 8
  slot s2 4 align 4
b0(v0: *ctx):
  v1: *stack = slot s0
  store.64 [v1], v0
  v2: i64 = const 1
  v3: *stack = slot s1
  v4: *stack = opaque v3
  store.64 [v4], v2
  barrier
  v5: *stack = slot s1
  v6: *stack = opaque v5
  v7: *stack = slot s0
  v8: *mem = load.64 [v7]
  barrier
  v9: i32 = load.32 [v8]
  v10: i32 = opaque v9
  v11: i64 = sext.32 v10
  barrier
  v12: i64 = load.64 [v6]
  v13: i64 = opaque v12
  v14: i64 = add v13, v11
  store.64 [v6], v14
  barrier
  v15: i32 = const 3
  v16: *stack = slot s0
  v17: *mem = load.64 [v16]
  store.32 [v17], v15
  barrier
  v18: *mem = data data0
  v19: i32 = const 1
  barrier
  v20: i32 = load.32 [v18]
  v21: i32 = opaque v20
  v22: i32 = add v21, v19
  store.32 [v18], v22
  barrier
  v23: i32 = const 5
  v24: *stack = slot s2
  store.32 [v24], v23
  v25: *stack = slot s2
  v26: i32 = load.32 [v25]
  v27: i32 = opaque v26
  store.32 [v25], v27
  barrier
  v28: *stack = slot s1
  v29: *stack = opaque v28
  barrier
  v30: i64 = load.64 [v29]
  v31: i64 = opaque v30
  v32: *stack = slot s2
  v33: i32 = load.32 [v32]
  v34: i64 = sext.32 v33
  v35: i64 = add v31, v34
  v36: i32 = trunc v35
  ret v36
}
