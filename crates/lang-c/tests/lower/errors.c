// What cannot be lowered, each at its place.
#define SEC(x) __attribute__((section(x), used))
struct pair { long a, b, c; };
extern int kernel_function(struct pair p) __attribute__((section(".ksyms")));
static int turn(int n) { return n ? turn(n - 1) : 0; }
static int ping(int n); static int pong(int n) { return ping(n); } static int ping(int n) { return n ? pong(n) : 1; }
static __attribute__((noinline)) int seven(int a, int b, int c, int d, int e, int f, int g) { return g; }
SEC("kprobe") int prog(int (*f)(int), char *to, long n, struct pair *p, short *s)
{
	__builtin_memcpy(to, p, n);
	__builtin_memset(to, 0, 1 << 20);
	__sync_fetch_and_add(s, 1);
	return f(3) + turn(3) + ping(2) + seven(1, 2, 3, 4, 5, 6, 7) + kernel_function(*p);
}
---- expect
test.c:12:23-24: ERROR: atomic changes are of 4 or 8 bytes: `short *` does not point to so many
    __sync_fetch_and_add(s, 1);
                         ~
