// Where variables go.
#define SEC(x) __attribute__((section(x), used))
char LICENSE[] SEC("license") = "Dual BSD/GPL";
unsigned int _version SEC("version") = 0x50f00;
int zero; int one = 1; const int constant = 2; const volatile int set_later;
static int unused = 4; static short own[3] = { 1, 2, 3 };
int named SEC(".data.hot") = 5; const char text[] SEC(".rodata.text") = "abc"; int empty SEC(".bss.big");
const char *pointer = "literal"; int *to_one = &one; long *far = (long *)&own[2];
extern const int later __attribute__((section(".kconfig"), weak));
extern void kernel_function(int n) __attribute__((section(".ksyms")));
extern const void symbol __attribute__((section(".ksyms")));
int beside SEC("elsewhere") = 6;
SEC("kprobe") int prog(int n)
{
	static int calls = 3;
	calls++;
	kernel_function(n + (long)&symbol);
	return zero + one + constant + set_later + own[1] + named + text[1] + empty + *pointer + *to_one + *far + later + calls + "literal"[2];
}
---- expect
data data0 ".bss" 4
data data1 ".data" 44
data data2 ".rodata" 8
data data3 ".data.hot" 4
data data4 ".rodata.text" 4
data data5 ".bss.big" 4
data data6 ".rodata.str1.1" 8
extern extern0 "later" ".kconfig"
extern extern1 "symbol" ".ksyms"
extern extern2 "kernel_function" ".ksyms"

func "prog" "kprobe" inline program kprobe -> i32 {
  slot s0 4 align 4
b0(v0: i32):
  v1: *stack = slot s0
  store.32 [v1], v0
  v2: i32 = const 1
  v3: *mem = data data1 + 40
  v4: i32 = load.32 [v3]
  v5: i32 = add v4, v2
  store.32 [v3], v5
  v6: *stack = slot s0
  v7: i32 = load.32 [v6]
  v8: i64 = sext.32 v7
  v9: *mem = extern extern1
  v10: i64 = cast v9
  v11: i64 = add v8, v10
  v12: i32 = trunc v11
  v13: i64 = zext.32 v12
  call extern2(v13)
  v14: *mem = data data0
  v15: i32 = load.32 [v14]
  v16: *mem = data data1
  v17: i32 = load.32 [v16]
  v18: i32 = add v15, v17
  v19: *mem = data data2
  v20: i32 = load.32 [v19]
  v21: i32 = add v18, v20
  v22: *mem = data data2 + 4
  barrier
  v23: i32 = load.32 [v22]
  v24: i32 = opaque v23
  v25: i32 = add v21, v24
  v26: *mem = data data1 + 4
  v27: i32 = loads.16 [v26 + 2]
  v28: i32 = add v25, v27
  v29: *mem = data data3
  v30: i32 = load.32 [v29]
  v31: i32 = add v28, v30
  v32: *mem = data data4
  v33: i32 = loads.8 [v32 + 1]
  v34: i32 = add v31, v33
  v35: *mem = data data5
  v36: i32 = load.32 [v35]
  v37: i32 = add v34, v36
  v38: *mem = data data1 + 16
  v39: *mem = load.64 [v38]
  v40: i32 = loads.8 [v39]
  v41: i32 = add v37, v40
  v42: *mem = data data1 + 24
  v43: *mem = load.64 [v42]
  v44: i32 = load.32 [v43]
  v45: i32 = add v41, v44
  v46: i64 = sext.32 v45
  v47: *mem = data data1 + 32
  v48: *mem = load.64 [v47]
  v49: i64 = load.64 [v48]
  v50: i64 = add v46, v49
  v51: *mem = extern extern0
  v52: i32 = load.32 [v51]
  v53: i64 = sext.32 v52
  v54: i64 = add v50, v53
  v55: *mem = data data1 + 40
  v56: i32 = load.32 [v55]
  v57: i64 = sext.32 v56
  v58: i64 = add v54, v57
  v59: *mem = data data6
  v60: i32 = loads.8 [v59 + 2]
  v61: i64 = sext.32 v60
  v62: i64 = add v58, v61
  v63: i32 = trunc v62
  ret v63
}
