// How far apart records are that the kernel's types move the kernel says of `p[n]`, as clang has it; of `p + n` it is known here.
#define SEC(x) __attribute__((section(x), used))
struct moved { int a; int b; struct { short c; } in[2]; } __attribute__((preserve_access_index));
struct plain { int a; int b; };
SEC("kprobe") long prog(struct moved *m, struct plain *p, long i)
{
	long sum = m[3].b + m[2].in[1].c + 1[m].a + (&m[4])->b + m[0].b;
	sum += (m + 3)->b + (*(m + 3)).b + m[i].b + m[-1].b + p[2].b;
	sum += __builtin_preserve_access_index(p[2].b);
	sum += __builtin_preserve_field_info(m[2].b, 0);
	return sum + (long)&m[5];
}
---- expect
func "prog" "kprobe" inline program kprobe -> i64 {
  slot s0 8 align 8
  slot s1 8 align 8
  slot s2 8 align 8
  slot s3 8 align 8
b0(v0: *ctx, v1: *mem, v2: i64):
  v3: *stack = slot s0
  store.64 [v3], v0
  v4: *stack = slot s1
  store.64 [v4], v1
  v5: *stack = slot s2
  store.64 [v5], v2
  v6: *stack = slot s0
  v7: *mem = load.64 [v6]
  v8: i32 = load.32 [v7 + core 3 "3:1" 0 40]
  v9: *stack = slot s0
  v10: *mem = load.64 [v9]
  v11: i32 = loads.16 [v10 + core 3 "2:2:1:0" 0 34]
  v12: i32 = add v8, v11
  v13: *stack = slot s0
  v14: *mem = load.64 [v13]
  v15: i32 = load.32 [v14 + core 3 "1:0" 0 12]
  v16: i32 = add v12, v15
  v17: *stack = slot s0
  v18: *mem = load.64 [v17]
  v19: i32 = load.32 [v18 + core 3 "4:1" 0 52]
  v20: i32 = add v16, v19
  v21: *stack = slot s0
  v22: *mem = load.64 [v21]
  v23: i32 = load.32 [v22 + core 3 "0:1" 0 4]
  v24: i32 = add v20, v23
  v25: i64 = sext.32 v24
  v26: *stack = slot s3
  store.64 [v26], v25
  v27: *stack = slot s0
  v28: *mem = load.64 [v27]
  v29: i64 = const 36
  v30: *mem = add v28, v29
  v31: i32 = load.32 [v30 + core 3 "0:1" 0 4]
  v32: *stack = slot s0
  v33: *mem = load.64 [v32]
  v34: i64 = const 36
  v35: *mem = add v33, v34
  v36: i32 = load.32 [v35 + core 3 "0:1" 0 4]
  v37: i32 = add v31, v36
  v38: *stack = slot s0
  v39: *mem = load.64 [v38]
  v40: *stack = slot s2
  v41: i64 = load.64 [v40]
  v42: i64 = const 12
  v43: i64 = mul v41, v42
  v44: *mem = add v39, v43
  v45: i32 = load.32 [v44 + core 3 "0:1" 0 4]
  v46: i32 = add v37, v45
  v47: *stack = slot s0
  v48: *mem = load.64 [v47]
  v49: i64 = const -12
  v50: *mem = add v48, v49
  v51: i32 = load.32 [v50 + core 3 "0:1" 0 4]
  v52: i32 = add v46, v51
  v53: *stack = slot s1
  v54: *mem = load.64 [v53]
  v55: i64 = const 16
  v56: *mem = add v54, v55
  v57: i32 = load.32 [v56 + 4]
  v58: i32 = add v52, v57
  v59: i64 = sext.32 v58
  v60: *stack = slot s3
  v61: i64 = load.64 [v60]
  v62: i64 = add v61, v59
  store.64 [v60], v62
  v63: *stack = slot s1
  v64: *mem = load.64 [v63]
  v65: i32 = load.32 [v64 + core 5 "2:1" 0 20]
  v66: i64 = sext.32 v65
  v67: *stack = slot s3
  v68: i64 = load.64 [v67]
  v69: i64 = add v68, v66
  store.64 [v67], v69
  v70: i32 = core 3 "2:1" 0 28
  v71: i64 = zext.32 v70
  v72: *stack = slot s3
  v73: i64 = load.64 [v72]
  v74: i64 = add v73, v71
  store.64 [v72], v74
  v75: *stack = slot s3
  v76: i64 = load.64 [v75]
  v77: *stack = slot s0
  v78: *mem = load.64 [v77]
  v79: i64 = core 3 "5" 0 60
  v80: *mem = add v78, v79
  v81: i64 = cast v80
  v82: i64 = add v76, v81
  ret v82
}
