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

func "prog" "kprobe" inline program kprobe -> i32 {
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
  v5: *stack = slot s0
  v6: *mem = load.64 [v5]
  barrier
  v7: i32 = load.32 [v6]
  v8: i32 = opaque v7
  v9: i64 = sext.32 v8
  v10: *stack = slot s1
  v11: *stack = opaque v10
  barrier
  v12: i64 = load.64 [v11]
  v13: i64 = opaque v12
  v14: i64 = add v13, v9
  store.64 [v11], v14
  barrier
  v15: i32 = const 3
  v16: *stack = slot s0
  v17: *mem = load.64 [v16]
  store.32 [v17], v15
  barrier
  v18: i32 = const 1
  v19: *mem = data data0
  barrier
  v20: i32 = load.32 [v19]
  v21: i32 = opaque v20
  v22: i32 = add v21, v18
  store.32 [v19], v22
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
