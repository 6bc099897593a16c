// Another name for the linker is the one that symbols have.
#define SEC(x) __attribute__((section(x), used))
extern int kernel_function(int n) asm("bpf_kernel_function") SEC(".ksyms");
int here __asm__("there") = 5;
static __attribute__((noinline)) int twice(int n) asm("double");
static int twice(int n) { return n * 2 + here; }
SEC("kprobe") int prog(void *ctx) asm("program");
int prog(void *ctx)
{
	static int kept asm("remembered");
	return kernel_function(twice(kept++));
}
---- expect
data data0 ".data" 4
data data1 ".bss" 4
extern extern0 "bpf_kernel_function" ".ksyms"

func "double" ".text" static noinline -> i32 {
  slot s0 4 align 4
b0(v0: i32):
  v1: *stack = slot s0
  store.32 [v1], v0
  v2: *stack = slot s0
  v3: i32 = load.32 [v2]
  v4: i32 = const 2
  v5: i32 = mul v3, v4
  v6: *mem = data data0
  v7: i32 = load.32 [v6]
  v8: i32 = add v5, v7
  ret v8
}

func "program" "kprobe" inline program kprobe -> i32 {
  slot s0 8 align 8
b0(v0: *ctx):
  v1: *stack = slot s0
  store.64 [v1], v0
  v2: i32 = const 1
  v3: *mem = data data1
  v4: i32 = load.32 [v3]
  v5: i32 = add v4, v2
  store.32 [v3], v5
  v6: i32 = call f0(v4)
  v7: i64 = zext.32 v6
  v8: i32 = call extern0(v7)
  ret v8
}
