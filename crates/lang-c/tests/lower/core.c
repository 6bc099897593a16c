// Accesses that the running kernel's types move, and questions about them.
#define SEC(x) __attribute__((section(x), used))
#define MOVES __attribute__((preserve_access_index))
char LICENSE[] SEC("license") = "GPL";
enum state { IDLE = 1, BUSY = 7 };
struct inner { int a; long list[4]; } MOVES;
struct outer { int pad; struct inner in; struct inner *to; union { int whole; short half[2]; }; unsigned flag : 3; signed tail : 9; } MOVES;
struct plain { int pad; struct outer o; };
typedef struct { int n; } named MOVES;

SEC("kprobe") long prog(struct outer *o, struct plain *p, int i)
{
	struct outer own = { .pad = 1 };
	long sum = o->in.list[2] + o->to->a + o->half[1] + own.pad;
	sum += p->o.in.a + o->in.list[i] + (long)&o->in;
	sum += o->flag + o->tail;
	o->flag = 2;
	sum += __builtin_preserve_field_info(o->in.list[1], 0) + __builtin_preserve_field_info(o->flag, 2)
		+ __builtin_preserve_field_info(o->tail, 4) + __builtin_preserve_field_info(o->in, 1);
	sum += __builtin_preserve_type_info(*(struct inner *)0, 0) + __builtin_preserve_type_info(*(struct inner *)0, 1)
		+ __builtin_preserve_enum_value(*(enum state *)BUSY, 1) + __builtin_btf_type_id(*(struct outer *)0, 1)
		+ __builtin_preserve_type_info(*(named *)0, 1);
	return sum;
}
---- expect
func "prog" "kprobe" inline program kprobe -> i64 {
  slot s0 8 align 8
  slot s1 8 align 8
  slot s2 4 align 4
  slot s3 64 align 8
  slot s4 8 align 8
b0(v0: *ctx, v1: *mem, v2: i32):
  v3: *stack = slot s0
  store.64 [v3], v0
  v4: *stack = slot s1
  store.64 [v4], v1
  v5: *stack = slot s2
  store.32 [v5], v2
  v6: *stack = slot s3
  zero [v6], 64
  v7: i32 = const 1
  v8: *stack = slot s3
  store.32 [v8], v7
  v9: *stack = slot s0
  v10: *mem = load.64 [v9]
  v11: i64 = load.64 [v10 + core 3 "0:1:1:2" 0 32]
  v12: *stack = slot s0
  v13: *mem = load.64 [v12]
  v14: *mem = load.64 [v13 + core 3 "0:2" 0 48]
  v15: i32 = load.32 [v14 + core 8 "0:0" 0 0]
  v16: i64 = sext.32 v15
  v17: i64 = add v11, v16
  v18: *stack = slot s0
  v19: *mem = load.64 [v18]
  v20: i32 = loads.16 [v19 + core 3 "0:3:1:1" 0 58]
  v21: i64 = sext.32 v20
  v22: i64 = add v17, v21
  v23: *stack = slot s3
  v24: i32 = load.32 [v23]
  v25: i64 = sext.32 v24
  v26: i64 = add v22, v25
  v27: *stack = slot s4
  store.64 [v27], v26
  v28: *stack = slot s1
  v29: *mem = load.64 [v28]
  v30: i64 = const 8
  v31: *mem = add v29, v30
  v32: i32 = load.32 [v31 + core 3 "0:1:0" 0 8]
  v33: i64 = sext.32 v32
  v34: *stack = slot s0
  v35: *mem = load.64 [v34]
  v36: i64 = core 3 "0:1:1" 0 16
  v37: *mem = add v35, v36
  v38: *stack = slot s2
  v39: i32 = load.32 [v38]
  v40: i64 = sext.32 v39
  v41: i64 = const 8
  v42: i64 = mul v40, v41
  v43: *mem = add v37, v42
  v44: i64 = load.64 [v43]
  v45: i64 = add v33, v44
  v46: *stack = slot s0
  v47: *mem = load.64 [v46]
  v48: i64 = core 3 "0:1" 0 8
  v49: *mem = add v47, v48
  v50: i64 = cast v49
  v51: i64 = add v45, v50
  v52: *stack = slot s4
  v53: i64 = load.64 [v52]
  v54: i64 = add v53, v51
  store.64 [v52], v54
  v55: *stack = slot s0
  v56: *mem = load.64 [v55]
  v57: i64 = load.32 [v56 + core 3 "0:4" 0 60]
  v58: i64 = core 3 "0:4" 4 61
  v59: i64 = core 3 "0:4" 5 61
  v60: i64 = lsh v57, v58
  v61: i64 = rsh v60, v59
  v62: i32 = trunc v61
  v63: *stack = slot s0
  v64: *mem = load.64 [v63]
  v65: i64 = load.32 [v64 + core 3 "0:5" 0 60]
  v66: i64 = core 3 "0:5" 4 52
  v67: i64 = core 3 "0:5" 5 55
  v68: i64 = lsh v65, v66
  v69: i64 = arsh v68, v67
  v70: i32 = trunc v69
  v71: i32 = add v62, v70
  v72: i64 = sext.32 v71
  v73: *stack = slot s4
  v74: i64 = load.64 [v73]
  v75: i64 = add v74, v72
  store.64 [v73], v75
  v76: i32 = const 2
  v77: *stack = slot s0
  v78: *mem = load.64 [v77]
  v79: i64 = load.32 [v78 + core 3 "0:4" 0 60]
  v80: i64 = core 3 "0:4" 4 61
  v81: i64 = core 3 "0:4" 5 61
  v82: i64 = const -1
  v83: i64 = lsh v82, v81
  v84: i64 = rsh v83, v80
  v85: i64 = zext.32 v76
  v86: i64 = sub v81, v80
  v87: i64 = lsh v85, v86
  v88: i64 = xor v79, v87
  v89: i64 = and v88, v84
  v90: i64 = xor v79, v89
  v91: i32 = trunc v90
  store.32 [v78 + core 3 "0:4" 0 60], v91
  v92: i32 = const 7
  v93: i32 = and v76, v92
  v94: i32 = core 3 "0:1:1:1" 0 24
  v95: i32 = core 3 "0:4" 2 1
  v96: i32 = add v94, v95
  v97: i32 = core 3 "0:5" 4 52
  v98: i32 = add v96, v97
  v99: i32 = core 3 "0:1" 1 40
  v100: i32 = add v98, v99
  v101: i64 = zext.32 v100
  v102: *stack = slot s4
  v103: i64 = load.64 [v102]
  v104: i64 = add v103, v101
  store.64 [v102], v104
  v105: i32 = core 8 "0" 8 1
  v106: i32 = core 8 "0" 9 40
  v107: i32 = add v105, v106
  v108: i64 = zext.32 v107
  v109: i64 = core 17 "1" 11 7
  v110: i64 = add v108, v109
  v111: i64 = core 3 "0" 7 3
  v112: i64 = add v110, v111
  v113: i32 = core 18 "0" 9 4
  v114: i64 = zext.32 v113
  v115: i64 = add v112, v114
  v116: *stack = slot s4
  v117: i64 = load.64 [v116]
  v118: i64 = add v117, v115
  store.64 [v116], v118
  v119: *stack = slot s4
  v120: i64 = load.64 [v119]
  ret v120
}
