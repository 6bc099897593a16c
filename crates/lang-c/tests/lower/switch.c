// Few cases one after the other, more by halves; ranges; cases in loops.
#define SEC(x) __attribute__((section(x), used))
SEC("kprobe") int prog(int a, unsigned long b)
{
	switch (a) { case -1: a = 2; case 5 ... 9: a++; break; default: a--; }
	switch (b) {
	case 1: a = 1; break; case 2: a = 5; break; case 30: a = 6; break;
	case 0xffffffffffffffff: a = 7; break; case 4: a = 8; break;
	}
	switch (a) { for (;;) { case 1: if (b) continue; case 2: break; } }
	return a;
}
---- expect
func "prog" "kprobe" inline program kprobe -> i32 {
  slot s0 4 align 4
  slot s1 8 align 8
b0(v0: i32, v1: i64):
  v2: *stack = slot s0
  store.32 [v2], v0
  v3: *stack = slot s1
  store.64 [v3], v1
  v4: *stack = slot s0
  v5: i32 = load.32 [v4]
  v6: i32 = const -1
  br.eq v5, v6, b2, b5
b5:
  v7: i32 = const 5
  v8: i32 = sub v5, v7
  v9: i32 = const 4
  br.le v8, v9, b3, b6
b6:
  jump b4
b4:
  v16: i32 = const 1
  v17: *stack = slot s0
  v18: i32 = load.32 [v17]
  v19: i32 = sub v18, v16
  store.32 [v17], v19
  jump b1
b2:
  v10: i32 = const 2
  v11: *stack = slot s0
  store.32 [v11], v10
  jump b3
b3:
  v12: i32 = const 1
  v13: *stack = slot s0
  v14: i32 = load.32 [v13]
  v15: i32 = add v14, v12
  store.32 [v13], v15
  jump b1
b1:
  v20: *stack = slot s1
  v21: i64 = load.64 [v20]
  v22: i64 = const 4
  br.lt v21, v22, b15, b16
b16:
  v25: i64 = const 4
  br.eq v21, v25, b14, b19
b19:
  v26: i64 = const 30
  br.eq v21, v26, b12, b20
b20:
  v27: i64 = const -1
  br.eq v21, v27, b13, b21
b21:
  jump b9
b13:
  v34: i32 = const 7
  v35: *stack = slot s0
  store.32 [v35], v34
  jump b9
b12:
  v32: i32 = const 6
  v33: *stack = slot s0
  store.32 [v33], v32
  jump b9
b14:
  v36: i32 = const 8
  v37: *stack = slot s0
  store.32 [v37], v36
  jump b9
b15:
  v23: i64 = const 1
  br.eq v21, v23, b10, b17
b17:
  v24: i64 = const 2
  br.eq v21, v24, b11, b18
b18:
  jump b9
b11:
  v30: i32 = const 5
  v31: *stack = slot s0
  store.32 [v31], v30
  jump b9
b10:
  v28: i32 = const 1
  v29: *stack = slot s0
  store.32 [v29], v28
  jump b9
b9:
  v38: *stack = slot s0
  v39: i32 = load.32 [v38]
  v40: i32 = const 1
  br.eq v39, v40, b29, b31
b31:
  v41: i32 = const 2
  br.eq v39, v41, b30, b32
b32:
  jump b28
b29:
  v42: *stack = slot s1
  v43: i64 = load.64 [v42]
  v44: i64 = const 0
  br.ne v43, v44, b38, b39
b39:
  jump b30
b30:
  jump b37
b37:
  jump b28
b28:
  v45: *stack = slot s0
  v46: i32 = load.32 [v45]
  ret v46
b38:
  jump b36
b36:
  jump b34
b34:
  jump b35
b35:
  jump b29
}
