// Numbers of fewer than 32 bits are held in 32, extended by their sign.
#define SEC(x) __attribute__((section(x), used))
struct all { signed char a; unsigned char b; short c; unsigned short d; _Bool e; } all;
struct __attribute__((packed)) tight { char a; long b; int c; };
SEC("kprobe") long prog(struct tight *t, char p, unsigned short q, long r)
{
	all.a = r; all.b += all.a; all.c = p; all.d = -q; all.e = r;
	signed char s = r; s++;
	t->b = t->c; t->c += 3;
	return all.c * s + (unsigned char)p + (short)q + (int)r + t->b;
}
---- expect
data data0 ".bss" 8

func "prog" "kprobe" inline program kprobe -> i64 {
  slot s0 8 align 8
  slot s1 1 align 1
  slot s2 2 align 2
  slot s3 8 align 8
  slot s4 1 align 1
b0(v0: *ctx, v1: i32, v2: i32, v3: i64):
  v4: *stack = slot s0
  store.64 [v4], v0
  v5: *stack = slot s1
  store.8 [v5], v1
  v6: *stack = slot s2
  store.16 [v6], v2
  v7: *stack = slot s3
  store.64 [v7], v3
  v8: *stack = slot s3
  v9: i64 = load.64 [v8]
  v10: i32 = sext.8 v9
  v11: *mem = data data0
  store.8 [v11], v10
  v12: *mem = data data0
  v13: i32 = loads.8 [v12]
  v14: *mem = data data0
  v15: i32 = load.8 [v14 + 1]
  v16: i32 = add v15, v13
  v17: i32 = zext.8 v16
  store.8 [v14 + 1], v17
  v18: *stack = slot s1
  v19: i32 = loads.8 [v18]
  v20: *mem = data data0
  store.16 [v20 + 2], v19
  v21: *stack = slot s2
  v22: i32 = load.16 [v21]
  v23: i32 = neg v22
  v24: i32 = zext.16 v23
  v25: *mem = data data0
  store.16 [v25 + 4], v24
  v26: *stack = slot s3
  v27: i64 = load.64 [v26]
  v28: i64 = const 0
  v29: i32 = cmp.ne v27, v28
  v30: *mem = data data0
  store.8 [v30 + 6], v29
  v31: *stack = slot s3
  v32: i64 = load.64 [v31]
  v33: i32 = sext.8 v32
  v34: *stack = slot s4
  store.8 [v34], v33
  v35: i32 = const 1
  v36: *stack = slot s4
  v37: i32 = loads.8 [v36]
  v38: i32 = add v37, v35
  v39: i32 = sext.8 v38
  store.8 [v36], v39
  v40: *stack = slot s0
  v41: *mem = load.64 [v40]
  v42: i32 = load.8 [v41 + 9]
  v43: i32 = load.8 [v41 + 10]
  v44: i32 = const 8
  v45: i32 = lsh v43, v44
  v46: i32 = or v42, v45
  v47: i32 = load.8 [v41 + 11]
  v48: i32 = const 16
  v49: i32 = lsh v47, v48
  v50: i32 = or v46, v49
  v51: i32 = load.8 [v41 + 12]
  v52: i32 = const 24
  v53: i32 = lsh v51, v52
  v54: i32 = or v50, v53
  v55: i64 = sext.32 v54
  v56: *stack = slot s0
  v57: *mem = load.64 [v56]
  store.8 [v57 + 1], v55
  v58: i64 = const 8
  v59: i64 = rsh v55, v58
  store.8 [v57 + 2], v59
  v60: i64 = const 16
  v61: i64 = rsh v55, v60
  store.8 [v57 + 3], v61
  v62: i64 = const 24
  v63: i64 = rsh v55, v62
  store.8 [v57 + 4], v63
  v64: i64 = const 32
  v65: i64 = rsh v55, v64
  store.8 [v57 + 5], v65
  v66: i64 = const 40
  v67: i64 = rsh v55, v66
  store.8 [v57 + 6], v67
  v68: i64 = const 48
  v69: i64 = rsh v55, v68
  store.8 [v57 + 7], v69
  v70: i64 = const 56
  v71: i64 = rsh v55, v70
  store.8 [v57 + 8], v71
  v72: i32 = const 3
  v73: *stack = slot s0
  v74: *mem = load.64 [v73]
  v75: i32 = load.8 [v74 + 9]
  v76: i32 = load.8 [v74 + 10]
  v77: i32 = const 8
  v78: i32 = lsh v76, v77
  v79: i32 = or v75, v78
  v80: i32 = load.8 [v74 + 11]
  v81: i32 = const 16
  v82: i32 = lsh v80, v81
  v83: i32 = or v79, v82
  v84: i32 = load.8 [v74 + 12]
  v85: i32 = const 24
  v86: i32 = lsh v84, v85
  v87: i32 = or v83, v86
  v88: i32 = add v87, v72
  store.8 [v74 + 9], v88
  v89: i32 = const 8
  v90: i32 = rsh v88, v89
  store.8 [v74 + 10], v90
  v91: i32 = const 16
  v92: i32 = rsh v88, v91
  store.8 [v74 + 11], v92
  v93: i32 = const 24
  v94: i32 = rsh v88, v93
  store.8 [v74 + 12], v94
  v95: *mem = data data0
  v96: i32 = loads.16 [v95 + 2]
  v97: *stack = slot s4
  v98: i32 = loads.8 [v97]
  v99: i32 = mul v96, v98
  v100: *stack = slot s1
  v101: i32 = loads.8 [v100]
  v102: i32 = zext.8 v101
  v103: i32 = add v99, v102
  v104: *stack = slot s2
  v105: i32 = load.16 [v104]
  v106: i32 = sext.16 v105
  v107: i32 = add v103, v106
  v108: *stack = slot s3
  v109: i64 = load.64 [v108]
  v110: i32 = trunc v109
  v111: i32 = add v107, v110
  v112: i64 = sext.32 v111
  v113: *stack = slot s0
  v114: *mem = load.64 [v113]
  v115: i64 = load.8 [v114 + 1]
  v116: i64 = load.8 [v114 + 2]
  v117: i64 = const 8
  v118: i64 = lsh v116, v117
  v119: i64 = or v115, v118
  v120: i64 = load.8 [v114 + 3]
  v121: i64 = const 16
  v122: i64 = lsh v120, v121
  v123: i64 = or v119, v122
  v124: i64 = load.8 [v114 + 4]
  v125: i64 = const 24
  v126: i64 = lsh v124, v125
  v127: i64 = or v123, v126
  v128: i64 = load.8 [v114 + 5]
  v129: i64 = const 32
  v130: i64 = lsh v128, v129
  v131: i64 = or v127, v130
  v132: i64 = load.8 [v114 + 6]
  v133: i64 = const 40
  v134: i64 = lsh v132, v133
  v135: i64 = or v131, v134
  v136: i64 = load.8 [v114 + 7]
  v137: i64 = const 48
  v138: i64 = lsh v136, v137
  v139: i64 = or v135, v138
  v140: i64 = load.8 [v114 + 8]
  v141: i64 = const 56
  v142: i64 = lsh v140, v141
  v143: i64 = or v139, v142
  v144: i64 = add v112, v143
  ret v144
}
