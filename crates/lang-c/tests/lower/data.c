// Where variables go.
#define SEC(x) __attribute__((section(x), used))
char LICENSE[] SEC("license") = "Dual BSD/GPL";
unsigned int _version SEC("version") = 0x50f00;
int zero; int one = 1; const int constant = 2; const volatile int set_later;
static int unused = 4; static short own[3] = { 1, 2, 3 };
int named SEC(".data.hot") = 5; const char text[] SEC(".rodata.text") = "abc"; int empty SEC(".bss.big");
const char *pointer = "literal"; int *to_one = &one; long *far = (long *)&own[2];
extern const int later __attribute__((section(".kconfig"), weak));
extern void kernel_function(int n) __attribute__((section(".ksyms")));
extern const void symbol __attribute__((section(".ksyms")));
int beside SEC("elsewhere") = 6;
SEC("kprobe") int prog(int n)
{
	static int calls = 3;
	calls++;
	kernel_function(n + (long)&symbol);
	return zero + one + constant + set_later + own[1] + named + text[1] + empty + *pointer + *to_one + *far + later + calls + "literal"[2];
}
---- expect
test.c:11:19-25: ERROR: a variable of type `void` holds nothing
extern const void symbol __attribute__((section(".ksyms")));
                  ~~~~~~
