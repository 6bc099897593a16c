// Conditions lead somewhere; a number is made where one is asked for alone.
#define SEC(x) __attribute__((section(x), used))
SEC("kprobe") int prog(unsigned *p, int a, unsigned b, long c, _Bool d)
{
	if (a < 3 && b < 3 || !(c >= 3)) return 1;
	if (!!p == 1) return 2;
	if (__builtin_expect(!!(a), 1)) return 3;
	int x = a && b;
	while (d) { if (*p) break; d = c; }
	return x + (a == c) + (p ? a : 0) + (a ?: 5) + !a;
}
---- expect
func "prog" "kprobe" inline program kprobe -> i32 {
  slot s0 8 align 8
  slot s1 4 align 4
  slot s2 4 align 4
  slot s3 8 align 8
  slot s4 1 align 1
  slot s5 4 align 4
b0(v0: *ctx, v1: i32, v2: i32, v3: i64, v4: i32):
  v5: *stack = slot s0
  store.64 [v5], v0
  v6: *stack = slot s1
  store.32 [v6], v1
  v7: *stack = slot s2
  store.32 [v7], v2
  v8: *stack = slot s3
  store.64 [v8], v3
  v9: *stack = slot s4
  store.8 [v9], v4
  v10: *stack = slot s1
  v11: i32 = load.32 [v10]
  v12: i32 = const 3
  br.slt v11, v12, b4, b3
b4:
  v13: *stack = slot s2
  v14: i32 = load.32 [v13]
  v15: i32 = const 3
  br.lt v14, v15, b1, b3
b3:
  v16: *stack = slot s3
  v17: i64 = load.64 [v16]
  v18: i64 = const 3
  br.sge v17, v18, b2, b1
b2:
  v21: *stack = slot s0
  v22: *mem = load.64 [v21]
  v23: *mem = const 0
  br.ne v22, v23, b8, b9
b9:
  v25: i32 = const 0
  jump b10(v25)
b8:
  v24: i32 = const 1
  jump b10(v24)
b10(v20: i32):
  v26: i32 = const 1
  br.eq v20, v26, b6, b7
b7:
  v28: *stack = slot s1
  v29: i32 = load.32 [v28]
  v30: i32 = const 0
  br.ne v29, v30, b12, b13
b13:
  v33: *stack = slot s1
  v34: i32 = load.32 [v33]
  v35: i32 = const 0
  br.ne v34, v35, b18, b16
b18:
  v36: *stack = slot s2
  v37: i32 = load.32 [v36]
  v38: i32 = const 0
  br.ne v37, v38, b15, b16
b16:
  v40: i32 = const 0
  jump b17(v40)
b15:
  v39: i32 = const 1
  jump b17(v39)
b17(v32: i32):
  v41: *stack = slot s5
  store.32 [v41], v32
  jump b19
b19:
  v51: *stack = slot s4
  v52: i32 = load.8 [v51]
  v53: i32 = const 0
  br.ne v52, v53, b20, b22
b20:
  v42: *stack = slot s0
  v43: *mem = load.64 [v42]
  v44: i32 = load.32 [v43]
  v45: i32 = const 0
  br.ne v44, v45, b23, b24
b24:
  v46: *stack = slot s3
  v47: i64 = load.64 [v46]
  v48: i64 = const 0
  v49: i32 = cmp.ne v47, v48
  v50: *stack = slot s4
  store.8 [v50], v49
  jump b21
b21:
  jump b19
b23:
  jump b22
b22:
  v54: *stack = slot s5
  v55: i32 = load.32 [v54]
  v56: *stack = slot s1
  v57: i32 = load.32 [v56]
  v58: i64 = sext.32 v57
  v59: *stack = slot s3
  v60: i64 = load.64 [v59]
  v61: i32 = cmp.eq v58, v60
  v62: i32 = add v55, v61
  v64: *stack = slot s0
  v65: *mem = load.64 [v64]
  v66: *mem = const 0
  br.ne v65, v66, b26, b27
b27:
  v69: i32 = const 0
  jump b28(v69)
b26:
  v67: *stack = slot s1
  v68: i32 = load.32 [v67]
  jump b28(v68)
b28(v63: i32):
  v70: i32 = add v62, v63
  v72: *stack = slot s1
  v73: i32 = load.32 [v72]
  v74: i32 = const 0
  br.ne v73, v74, b30(v73), b29
b29:
  v75: i32 = const 5
  jump b30(v75)
b30(v71: i32):
  v76: i32 = add v70, v71
  v77: *stack = slot s1
  v78: i32 = load.32 [v77]
  v79: i32 = const 0
  v80: i32 = cmp.eq v78, v79
  v81: i32 = add v76, v80
  ret v81
b12:
  v31: i32 = const 3
  ret v31
b6:
  v27: i32 = const 2
  ret v27
b1:
  v19: i32 = const 1
  ret v19
}
