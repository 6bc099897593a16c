// Records: part by part if they have few, else as one area; what a compiler does itself.
#define SEC(x) __attribute__((section(x), used))
struct few { int a; char b; long c; };
struct many { long n[20]; };
union one { int a; char b[12]; };
struct few few; struct many many; union one one;
static __attribute__((noinline)) struct few make(struct few f, int n) { f.a = n; return f; }
SEC("kprobe") int prog(struct few *p, struct many *q, char *text, union one *u)
{
	struct few f = *p, g = {};
	*q = many;
	one = *u;
	g = make(f, 3);
	__builtin_memcpy(text, &few, 16);
	__builtin_memcpy(&few.c, p, 8);
	__builtin_memset(q, 0, sizeof(*q));
	__builtin_memset(text, 7, 3);
	__builtin_memmove(q, &q->n[1], 64);
	return __builtin_memcmp(p, &g, 9);
}
---- expect
data data0 ".bss" 188

func "make" ".text" static noinline {
  slot s0 16 align 8
  slot s1 4 align 4
b0(v0: *mem, v1: *mem, v2: i32):
  v3: *stack = slot s0
  v4: i32 = load.32 [v1]
  store.32 [v3], v4
  v5: i32 = load.8 [v1 + 4]
  store.8 [v3 + 4], v5
  v6: i32 = load.8 [v1 + 5]
  store.8 [v3 + 5], v6
  v7: i32 = load.16 [v1 + 6]
  store.16 [v3 + 6], v7
  v8: i64 = load.64 [v1 + 8]
  store.64 [v3 + 8], v8
  v9: *stack = slot s1
  store.32 [v9], v2
  v10: *stack = slot s1
  v11: i32 = load.32 [v10]
  v12: *stack = slot s0
  store.32 [v12], v11
  v13: *stack = slot s0
  v14: i32 = load.32 [v13]
  store.32 [v0], v14
  v15: i32 = load.8 [v13 + 4]
  store.8 [v0 + 4], v15
  v16: i32 = load.8 [v13 + 5]
  store.8 [v0 + 5], v16
  v17: i32 = load.16 [v13 + 6]
  store.16 [v0 + 6], v17
  v18: i64 = load.64 [v13 + 8]
  store.64 [v0 + 8], v18
  ret
}

func "prog" "kprobe" inline program kprobe -> i32 {
  slot s0 8 align 8
  slot s1 8 align 8
  slot s2 8 align 8
  slot s3 8 align 8
  slot s4 16 align 8
  slot s5 16 align 8
  slot s6 16 align 8
  slot s7 16 align 8
  slot s8 64 align 8
b0(v0: *ctx, v1: *mem, v2: *mem, v3: *mem):
  v4: *stack = slot s0
  store.64 [v4], v0
  v5: *stack = slot s1
  store.64 [v5], v1
  v6: *stack = slot s2
  store.64 [v6], v2
  v7: *stack = slot s3
  store.64 [v7], v3
  v8: *stack = slot s0
  v9: *mem = load.64 [v8]
  v10: *stack = slot s4
  v11: i32 = load.32 [v9]
  store.32 [v10], v11
  v12: i32 = load.8 [v9 + 4]
  store.8 [v10 + 4], v12
  v13: i32 = load.8 [v9 + 5]
  store.8 [v10 + 5], v13
  v14: i32 = load.16 [v9 + 6]
  store.16 [v10 + 6], v14
  v15: i64 = load.64 [v9 + 8]
  store.64 [v10 + 8], v15
  v16: *stack = slot s5
  zero [v16], 16
  v17: *mem = data data0 + 16
  v18: *stack = slot s1
  v19: *mem = load.64 [v18]
  copy [v19], [v17], 160
  v20: *stack = slot s3
  v21: *mem = load.64 [v20]
  v22: *mem = data data0 + 176
  v23: i32 = load.32 [v21]
  v24: i32 = load.32 [v21 + 4]
  v25: i32 = load.32 [v21 + 8]
  store.32 [v22], v23
  store.32 [v22 + 4], v24
  store.32 [v22 + 8], v25
  v26: *stack = slot s6
  v27: *stack = slot s4
  v28: *stack = slot s7
  v29: i32 = load.32 [v27]
  store.32 [v28], v29
  v30: i32 = load.8 [v27 + 4]
  store.8 [v28 + 4], v30
  v31: i32 = load.8 [v27 + 5]
  store.8 [v28 + 5], v31
  v32: i32 = load.16 [v27 + 6]
  store.16 [v28 + 6], v32
  v33: i64 = load.64 [v27 + 8]
  store.64 [v28 + 8], v33
  v34: *mem = cast v28
  v35: i32 = const 3
  call f0(v26, v34, v35)
  v36: *stack = slot s5
  v37: i32 = load.32 [v26]
  store.32 [v36], v37
  v38: i32 = load.8 [v26 + 4]
  store.8 [v36 + 4], v38
  v39: i32 = load.8 [v26 + 5]
  store.8 [v36 + 5], v39
  v40: i32 = load.16 [v26 + 6]
  store.16 [v36 + 6], v40
  v41: i64 = load.64 [v26 + 8]
  store.64 [v36 + 8], v41
  v42: *stack = slot s2
  v43: *mem = load.64 [v42]
  v44: *mem = data data0
  v45: i32 = load.8 [v44]
  v46: i32 = load.8 [v44 + 1]
  v47: i32 = load.8 [v44 + 2]
  v48: i32 = load.8 [v44 + 3]
  store.8 [v43], v45
  store.8 [v43 + 1], v46
  store.8 [v43 + 2], v47
  store.8 [v43 + 3], v48
  v49: i32 = load.8 [v44 + 4]
  store.8 [v43 + 4], v49
  v50: i32 = load.8 [v44 + 5]
  store.8 [v43 + 5], v50
  v51: i32 = load.8 [v44 + 6]
  store.8 [v43 + 6], v51
  v52: i32 = load.8 [v44 + 7]
  store.8 [v43 + 7], v52
  v53: i32 = load.8 [v44 + 8]
  store.8 [v43 + 8], v53
  v54: i32 = load.8 [v44 + 9]
  store.8 [v43 + 9], v54
  v55: i32 = load.8 [v44 + 10]
  store.8 [v43 + 10], v55
  v56: i32 = load.8 [v44 + 11]
  store.8 [v43 + 11], v56
  v57: i32 = load.8 [v44 + 12]
  store.8 [v43 + 12], v57
  v58: i32 = load.8 [v44 + 13]
  store.8 [v43 + 13], v58
  v59: i32 = load.8 [v44 + 14]
  store.8 [v43 + 14], v59
  v60: i32 = load.8 [v44 + 15]
  store.8 [v43 + 15], v60
  v61: *mem = data data0
  v62: *stack = slot s0
  v63: *mem = load.64 [v62]
  v64: i64 = const 8
  v65: *mem = add v61, v64
  v66: i64 = load.64 [v63]
  store.64 [v61 + 8], v66
  v67: *stack = slot s1
  v68: *mem = load.64 [v67]
  zero [v68], 160
  v69: *stack = slot s2
  v70: *mem = load.64 [v69]
  v71: i32 = const 7
  v72: i64 = zext.8 v71
  v73: i64 = const 72340172838076673
  v74: i64 = mul v72, v73
  store.8 [v70], v74
  store.8 [v70 + 1], v74
  store.8 [v70 + 2], v74
  v75: *stack = slot s1
  v76: *mem = load.64 [v75]
  v77: *stack = slot s1
  v78: *mem = load.64 [v77]
  v79: *stack = slot s8
  copy [v79], [v78 + 8], 64
  copy [v76], [v79], 64
  v80: *stack = slot s0
  v81: *mem = load.64 [v80]
  v82: *stack = slot s5
  v86: i64 = load.64 [v81]
  v87: i64 = bswap.64 v86
  v88: i64 = load.64 [v82]
  v89: i64 = bswap.64 v88
  br.ne v87, v89, b1(v87, v89), b3
b3:
  v90: i64 = load.8 [v81 + 8]
  v91: i64 = load.8 [v82 + 8]
  br.ne v90, v91, b1(v90, v91), b4
b4:
  v92: i32 = const 0
  jump b2(v92)
b1(v83: i64, v84: i64):
  v93: i32 = const -1
  v94: i32 = const 1
  br.lt v83, v84, b2(v93), b2(v94)
b2(v85: i32):
  ret v85
}
