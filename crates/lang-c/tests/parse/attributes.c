#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
struct {
	__uint(type, 1);
	__type(key, unsigned int);
	__type(value, struct pair { int a; });
} counts SEC(".maps");
char license[] SEC("license") = "GPL";
SEC("xdp") int program(void *ctx) { return 2; }
static __attribute__((noinline)) __attribute__((__always_inline__)) int twice(int x) { return x; }
int __attribute__((noinline)) between(void);
int behind(void) __attribute__((noreturn, cold));
int __attribute__((address_space(1))) *in_arena, * __attribute__((btf_type_tag("rcu"))) tagged;
void params(int a __attribute__((unused)), __attribute__((unused)) int b, void *__attribute__((nonnull)) c);
int first, __attribute__((unused)) second;
extern void kernel_function(void) __attribute__((section(".ksyms"))) __attribute__((weak));
extern int renamed __asm__("other") __attribute__((unused));
int empty __attribute__(()), commas __attribute__((,unused,,));
int args __attribute__((mode(DI), aligned(sizeof(int)), format(printf, 1, 2), aligned(1 << 3), btf_decl_tag("a" "b")));
int types __attribute__((vector_size(16), iwant(int *, 1)));
[[gnu::packed, nodiscard, deprecated("x")]] int standard [[maybe_unused]];
int (__attribute__((unused)) *inside);
__attribute__((unused)) static int before;
void body(void) __attribute__((unused)) {
	__attribute__((unused)) int a;
	int b __attribute__((cleanup(done))) = 1;
	switch (a) {
	case 1:
		a = 2;
		__attribute__((fallthrough));
	case 2: [[fallthrough]];
	}
label: __attribute__((unused));
	[[likely]] a = 1;
}
---- expect
(declare (struct {
  (member int type * [1])
  (member (typeof unsigned int) key *)
  (member (typeof (struct pair {
    (member int a)})) value *)}) counts @section(".maps") @used)
(declare char license [] @section("license") @used = "GPL")
(function int @section("xdp") @used program (fn (void ctx *))
  {
    (return 2)})
(function static int @noinline @always_inline twice (fn (int x))
  {
    (return x)})
(declare int @noinline between (fn))
(declare int behind (fn) @noreturn @cold)
(declare int @address_space(1) in_arena * tagged * @btf_type_tag("rcu"))
(declare void params (fn (int a @unused) (int @unused b) (void c * @nonnull)))
(declare int first second @unused)
(declare extern void kernel_function (fn) @section(".ksyms") @weak)
(declare extern int renamed @asm("other") @unused)
(declare int empty commas @unused)
(declare int args @mode(DI) @aligned((sizeof <int>)) @format(printf, 1, 2) @aligned((<< 1 3)) @btf_decl_tag("ab"))
(declare int types @vector_size(16) @iwant(1))
(declare int @packed @nodiscard @deprecated("x") standard @maybe_unused)
(declare int inside * @unused)
(declare static int @unused before)
(function void body (fn) @unused
  {
    (declare int @unused a)
    (declare int b @cleanup(done) = 1)
    (switch a
      {
        (case 1)
        (= a 2)
        (case 2)
        ()})
    (label label)
    ()
    (= a 1)})
