// Functions: what is inlined, what is passed in registers, what is called back.
#define SEC(x) __attribute__((section(x), used))
struct pair { long a, b; };
struct __sk_buff;
static long (*const bpf_loop)(unsigned count, void *each, void *ctx, unsigned long flags) = (void *)181;
static inline __attribute__((always_inline)) long always(long n) { return n + 1; }
static __attribute__((noinline)) long never(char n) { return n + 2; }
__attribute__((noinline)) int global(struct __sk_buff *skb) { return 3; }
__attribute__((noinline, weak)) int weak(int n) { return n; }
__attribute__((noinline, visibility("hidden"))) int hidden(int n) { return n; }
static long six(long a, long b, long c, long d, long e, long f) { return a + f; }
static long by_value(struct pair p) { return p.a + p.b; }
static long each(unsigned at, long *sum) { *sum += at; return 0; }
static void nothing(void) {}
SEC("tc") int prog(struct __sk_buff *skb)
{
	long sum = 0;
	struct pair p = { 1, 2 };
	bpf_loop(5, each, &sum, 0);
	nothing();
	return always(sum) + never(sum) + global(skb) + weak(4) + hidden(5) + six(1, 2, 3, 4, 5, 6) + by_value(p);
}
---- expect
func "always" ".text" static always_inline -> i64 {
  slot s0 8 align 8
b0(v0: i64):
  v1: *stack = slot s0
  store.64 [v1], v0
  v2: *stack = slot s0
  v3: i64 = load.64 [v2]
  v4: i64 = const 1
  v5: i64 = add v3, v4
  ret v5
}

func "never" ".text" static noinline -> i64 {
  slot s0 1 align 1
b0(v0: i32):
  v1: *stack = slot s0
  store.8 [v1], v0
  v2: *stack = slot s0
  v3: i32 = loads.8 [v2]
  v4: i32 = const 2
  v5: i32 = add v3, v4
  v6: i64 = sext.32 v5
  ret v6
}

func "global" ".text" noinline -> i32 {
  slot s0 8 align 8
b0(v0: *ctx):
  v1: *stack = slot s0
  store.64 [v1], v0
  v2: i32 = const 3
  ret v2
}

func "weak" ".text" weak noinline -> i32 {
  slot s0 4 align 4
b0(v0: i32):
  v1: *stack = slot s0
  store.32 [v1], v0
  v2: *stack = slot s0
  v3: i32 = load.32 [v2]
  ret v3
}

func "hidden" ".text" static noinline -> i32 {
  slot s0 4 align 4
b0(v0: i32):
  v1: *stack = slot s0
  store.32 [v1], v0
  v2: *stack = slot s0
  v3: i32 = load.32 [v2]
  ret v3
}

func "six" ".text" static always_inline -> i64 {
  slot s0 8 align 8
  slot s1 8 align 8
  slot s2 8 align 8
  slot s3 8 align 8
  slot s4 8 align 8
  slot s5 8 align 8
b0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64, v5: i64):
  v6: *stack = slot s0
  store.64 [v6], v0
  v7: *stack = slot s1
  store.64 [v7], v1
  v8: *stack = slot s2
  store.64 [v8], v2
  v9: *stack = slot s3
  store.64 [v9], v3
  v10: *stack = slot s4
  store.64 [v10], v4
  v11: *stack = slot s5
  store.64 [v11], v5
  v12: *stack = slot s0
  v13: i64 = load.64 [v12]
  v14: *stack = slot s5
  v15: i64 = load.64 [v14]
  v16: i64 = add v13, v15
  ret v16
}

func "by_value" ".text" static inline -> i64 {
  slot s0 16 align 8
b0(v0: *mem):
  v1: *stack = slot s0
  v2: i64 = load.64 [v0]
  store.64 [v1], v2
  v3: i64 = load.64 [v0 + 8]
  store.64 [v1 + 8], v3
  v4: *stack = slot s0
  v5: i64 = load.64 [v4]
  v6: *stack = slot s0
  v7: i64 = load.64 [v6 + 8]
  v8: i64 = add v5, v7
  ret v8
}

func "each" ".text" static inline -> i64 {
  slot s0 4 align 4
  slot s1 8 align 8
b0(v0: i32, v1: *mem):
  v2: *stack = slot s0
  store.32 [v2], v0
  v3: *stack = slot s1
  store.64 [v3], v1
  v4: *stack = slot s0
  v5: i32 = load.32 [v4]
  v6: i64 = zext.32 v5
  v7: *stack = slot s1
  v8: *mem = load.64 [v7]
  v9: i64 = load.64 [v8]
  v10: i64 = add v9, v6
  store.64 [v8], v10
  v11: i64 = const 0
  ret v11
}

func "nothing" ".text" static inline {
b0:
  ret
}

func "prog" "tc" inline program sched_cls -> i32 {
  slot s0 8 align 8
  slot s1 8 align 8
  slot s2 16 align 8
  slot s3 16 align 8
b0(v0: *ctx):
  v1: *stack = slot s0
  store.64 [v1], v0
  v2: i64 = const 0
  v3: *stack = slot s1
  store.64 [v3], v2
  v4: i64 = const 1
  v5: *stack = slot s2
  store.64 [v5], v4
  v6: i64 = const 2
  v7: *stack = slot s2
  store.64 [v7 + 8], v6
  v8: i32 = const 5
  v9: i64 = zext.32 v8
  v10: *func = func f7
  v11: *stack = slot s1
  v12: i64 = const 0
  v13: i64 = call helper 181(v9, v10, v11, v12)
  call f8()
  v14: *stack = slot s1
  v15: i64 = load.64 [v14]
  v16: i64 = call f0(v15)
  v17: *stack = slot s1
  v18: i64 = load.64 [v17]
  v19: i32 = sext.8 v18
  v20: i64 = call f1(v19)
  v21: i64 = add v16, v20
  v22: *stack = slot s0
  v23: *mem = load.64 [v22]
  v24: i32 = call f2(v23)
  v25: i64 = sext.32 v24
  v26: i64 = add v21, v25
  v27: i32 = const 4
  v28: i32 = call f3(v27)
  v29: i64 = sext.32 v28
  v30: i64 = add v26, v29
  v31: i32 = const 5
  v32: i32 = call f4(v31)
  v33: i64 = sext.32 v32
  v34: i64 = add v30, v33
  v35: i64 = const 1
  v36: i64 = const 2
  v37: i64 = const 3
  v38: i64 = const 4
  v39: i64 = const 5
  v40: i64 = const 6
  v41: i64 = call f5(v35, v36, v37, v38, v39, v40)
  v42: i64 = add v34, v41
  v43: *stack = slot s2
  v44: *stack = slot s3
  v45: i64 = load.64 [v43]
  store.64 [v44], v45
  v46: i64 = load.64 [v43 + 8]
  store.64 [v44 + 8], v46
  v47: *mem = cast v44
  v48: i64 = call f6(v47)
  v49: i64 = add v42, v48
  v50: i32 = trunc v49
  ret v50
}
