// Loops, switch, goto, conditions.
#define SEC(x) __attribute__((section(x), used))
#define MIX(sum, v) (sum = sum * 31 + (v))
char LICENSE[] SEC("license") = "GPL";
volatile const int limit = 12;

static __attribute__((noinline)) int chosen(int n)
{
	switch (n) {
	case 0: return 5;
	case 1:
	case 2: n += 3; /* on */
	case 3: return n * 2;
	case -5 ... -2: return 77;
	case 100: return 1;
	case 200: return 2;
	case 300: return 3;
	case 400 ... 410: return n;
	case 1000: break;
	default: return -n;
	}
	return 9;
}

static __attribute__((noinline)) unsigned big(unsigned long n)
{
	switch (n) {
	case 0xffffffffffffffff: return 1;
	case 1: return 2;
	case 0x100000000: return 3;
	case 5 ... 9: return 4;
	case 0x8000000000000000: return 5;
	}
	return 6;
}

static __attribute__((noinline)) int inner(int n)
{
	int sum = 0, i = 0;
again:
	do {
		sum += i;
		if (i == 4)
			continue;
		if (i > 8)
			goto out;
		sum ^= 3;
	} while (++i < n);
	if (sum < 10 && i < 6) {
		n += 2;
		goto again;
	}
out:
	return sum;
}

static int asked;
static __attribute__((noinline)) int ask(int n) { asked += n; return n & 1; }

SEC("xdp") int prog(void *ctx)
{
	unsigned sum = 3;
	for (int i = -8; i < limit; i++)
		MIX(sum, chosen(i));
	for (int i = 95; i < 420; i += 5)
		MIX(sum, chosen(i));
	MIX(sum, chosen(1000));
	MIX(sum, big(-1ul)); MIX(sum, big(1)); MIX(sum, big(1ul << 32)); MIX(sum, big(7)); MIX(sum, big(1ul << 63));
	MIX(sum, big(1ul << 31));
	for (int i = 0; i < limit; i++)
		MIX(sum, inner(i));
	int i = 0;
	while (1) {
		if (i >= limit) break;
		for (int j = 0; ; j++) {
			if (j > i) break;
			if (j & 1) continue;
			MIX(sum, j);
		}
		i++;
	}
	for (int i = 0; i < 8; i++) {
		MIX(sum, ask(i) && ask(i + 1) || ask(i + 2));
		MIX(sum, ask(i) || (ask(i >> 1) && !ask(i >> 2)));
		MIX(sum, ask(i) ? ask(i + 3) ? 4 : 5 : ask(7) ?: 8);
		MIX(sum, ask(i + 1) ?: 11);
		if (!(ask(i) && i != 3)) MIX(sum, 17);
		ask(i) && ask(5);
	}
	MIX(sum, asked);
	switch (limit) { default: MIX(sum, 1); if (sum) { case 12: MIX(sum, 2); for (int k = 0; k < 3; k++) { case 13: MIX(sum, k); } } }
	return sum;
}
---- expect
1104377561
