// Maps in all ways that they are declared.
#define SEC(x) __attribute__((section(x), used))
#define __uint(name, val) int (*name)[val]
#define __ulong(name, val) enum { __unique_##name = val } name
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
struct bpf_map_def { unsigned type, key_size, value_size, max_entries, map_flags; };
struct key { int a; };
int called(void *ctx);
struct { __uint(type, 1); __uint(max_entries, 10); __uint(map_flags, 1); __type(key, struct key); __type(value, long); __uint(pinning, 1); } hash SEC(".maps");
struct inner { __uint(type, 2); __uint(max_entries, 1); __uint(key_size, 4); __uint(value_size, 8); } one SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 2); __type(key, int); __array(values, struct inner); } outer SEC(".maps") = { .values = { [1] = &one } };
struct { __uint(type, 3); __uint(max_entries, 2); __uint(key_size, 4); __array(values, int (void *)); } jumps SEC(".maps") = { .values = { (void *)&called } };
struct bpf_map_def SEC("maps") old = { .type = 2, .key_size = 4, .value_size = 8, .max_entries = 3 };
static void *(*const lookup)(void *map, const void *key) = (void *)1;
static void (*const tail_call)(void *ctx, void *map, unsigned index) = (void *)12;
SEC("xdp") int called(void *ctx) { return 1; }
SEC("xdp") int prog(void *ctx)
{
	struct key k = { 3 };
	int i = 1;
	long *v = lookup(&hash, &k), *w = lookup(&old, &i);
	tail_call(ctx, &jumps, 0);
	return (v ? *v : 0) + (w ? *w : 0) + !!lookup(&outer, &i);
}
---- expect
map map0 hash "hash" key 4 value 8 entries 10
map map1 array "one" key 4 value 8 entries 1
map map2 array_of_maps "outer" key 4 value 4 entries 2
map map3 prog_array "jumps" key 4 value 4 entries 2
map map4 array "old" key 4 value 8 entries 3

func "called" "xdp" inline program xdp -> i32 {
  slot s0 8 align 8
b0(v0: *ctx):
  v1: *stack = slot s0
  store.64 [v1], v0
  v2: i32 = const 1
  ret v2
}

func "prog" "xdp" inline program xdp -> i32 {
  slot s0 8 align 8
  slot s1 4 align 4
  slot s2 4 align 4
  slot s3 8 align 8
  slot s4 8 align 8
b0(v0: *ctx):
  v1: *stack = slot s0
  store.64 [v1], v0
  v2: i32 = const 3
  v3: *stack = slot s1
  store.32 [v3], v2
  v4: i32 = const 1
  v5: *stack = slot s2
  store.32 [v5], v4
  v6: *map = map map0
  v7: *stack = slot s1
  v8: *mem = call helper 1(v6, v7)
  v9: *stack = slot s3
  store.64 [v9], v8
  v10: *map = map map4
  v11: *stack = slot s2
  v12: *mem = call helper 1(v10, v11)
  v13: *stack = slot s4
  store.64 [v13], v12
  v14: *stack = slot s0
  v15: *mem = load.64 [v14]
  v16: *map = map map3
  v17: i32 = const 0
  v18: i64 = zext.32 v17
  call helper 12(v15, v16, v18)
  v20: *stack = slot s3
  v21: *mem = load.64 [v20]
  v22: *mem = const 0
  br.ne v21, v22, b1, b2
b2:
  v26: i64 = const 0
  jump b3(v26)
b1:
  v23: *stack = slot s3
  v24: *mem = load.64 [v23]
  v25: i64 = load.64 [v24]
  jump b3(v25)
b3(v19: i64):
  v28: *stack = slot s4
  v29: *mem = load.64 [v28]
  v30: *mem = const 0
  br.ne v29, v30, b4, b5
b5:
  v34: i64 = const 0
  jump b6(v34)
b4:
  v31: *stack = slot s4
  v32: *mem = load.64 [v31]
  v33: i64 = load.64 [v32]
  jump b6(v33)
b6(v27: i64):
  v35: i64 = add v19, v27
  v37: *map = map map2
  v38: *stack = slot s2
  v39: *mem = call helper 1(v37, v38)
  v40: *mem = const 0
  br.ne v39, v40, b7, b8
b8:
  v42: i32 = const 0
  jump b9(v42)
b7:
  v41: i32 = const 1
  jump b9(v41)
b9(v36: i32):
  v43: i64 = sext.32 v36
  v44: i64 = add v35, v43
  v45: i32 = trunc v44
  ret v45
}
