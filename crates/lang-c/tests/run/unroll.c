// Loops that are unrolled, in functions that are put elsewhere.
#define SEC(x) __attribute__((section(x), used))
char LICENSE[] SEC("license") = "GPL";
static const unsigned char order[] = { 3, 1, 2, 0 };
static inline __attribute__((always_inline)) int sum(const int *list, int n)
{
	int sum = 0;
#pragma unroll
	for (int i = 0; i < n; i++)
		sum = sum * 10 + list[order[i & 3]];
	return sum;
}
SEC("xdp") int prog(void *ctx)
{
	int a[4] = { 1, 2, 3, 4 };
	int all = sum(a, 4) + sum(a, 2);
	for (int j = 0; j < 5; j++) {
#pragma unroll
		for (int k = 0; k < 3; k++)
			all += j * k;
#pragma clang loop unroll(full)
		for (int k = 0; k < 1; k++)
			all ^= j;
	}
	return all;
}
---- expect
4297
