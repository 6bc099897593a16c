// What cannot be lowered, each at its place.
#define SEC(x) __attribute__((section(x), used))
struct pair { long a, b, c; };
extern int kernel_function(struct pair p) __attribute__((section(".ksyms")));
static int turn(int n) { return n ? turn(n - 1) : 0; }
static int ping(int n); static int pong(int n) { return ping(n); } static int ping(int n) { return n ? pong(n) : 1; }
static __attribute__((noinline)) int seven(int a, int b, int c, int d, int e, int f, int g) { return g; }
SEC("kprobe") int prog(int (*f)(int), char *to, long n, struct pair *p)
{
	__builtin_memcpy(to, p, n);
	__builtin_memset(to, 0, 1 << 20);
	return f(3) + turn(3) + ping(2) + seven(1, 2, 3, 4, 5, 6, 7) + kernel_function(*p);
}
---- expect
test.c:5:37-48: ERROR: this call leads back to the function that it stands in
static int turn(int n) { return n ? turn(n - 1) : 0; }
                                    ~~~~~~~~~~~
HINT: functions for BPF may not call themselves: write a loop
test.c:6:57-64: ERROR: this call leads back to the function that it stands in
static int ping(int n); static int pong(int n) { return ping(n); } static int ping(int n) { return n ? pong(n) : 1; }
                                                        ~~~~~~~
HINT: functions for BPF may not call themselves: write a loop
test.c:7:38-43: ERROR: functions have at most five parameters: there are no more registers for them
static __attribute__((noinline)) int seven(int a, int b, int c, int d, int e, int f, int g) { return g; }
                                     ~~~~~
HINT: pass a pointer to a record that holds them, or make it `static inline`
test.c:10:26-27: ERROR: the size must be known when the program is compiled
    __builtin_memcpy(to, p, n);
                            ~
HINT: write a loop, or let a helper copy: `bpf_probe_read_kernel()`, `bpf_dynptr_read()`
test.c:11:26-33: ERROR: at most 16384 bytes can be dealt with at once
    __builtin_memset(to, 0, 1 << 20);
                            ~~~~~~~
test.c:12:81-83: ERROR: the kernel's functions take no records, but pointers to them
    return f(3) + turn(3) + ping(2) + seven(1, 2, 3, 4, 5, 6, 7) + kernel_function(*p);
                                                                                   ~~
HINT: pass its address: `&…`
