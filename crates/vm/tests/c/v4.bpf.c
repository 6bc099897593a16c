// Instructions of the fourth version, and endless loops that are left.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

long results[12];
signed char small[4] = { -1, 2, -3, 4 };
short medium[2] = { -300, 300 };
int number = -70000;
__u64 word = 5;

SEC("raw_tp")
int run(struct bpf_raw_tracepoint_args *ctx)
{
	long a = ctx->args[0], b = ctx->args[1];
	__u64 turns = 0;
	results[0] = small[a & 3] + medium[b & 1] + number;
	results[1] = b ? a / b : 0;
	results[2] = b ? a % b : 0;
	results[3] = (signed char)a + (short)b + (int)a;
	results[4] = __builtin_bswap64(a) ^ __builtin_bswap32(b) ^ __builtin_bswap16(a);
	results[5] = __sync_fetch_and_add(&word, a);
	results[6] = __sync_lock_test_and_set(&word, b);
	results[7] = __sync_val_compare_and_swap(&word, b, 9);
	results[8] = __sync_fetch_and_or(&word, 0x30) + __sync_fetch_and_and(&word, 0xf8);
	results[9] = __sync_fetch_and_xor(&word, 1);
	asm volatile("1: %[turns] += 1; if %[turns] > 5000 goto 2f; .byte 0xe5; .byte 0; .short 1; .long 0; goto 1b; 2:"
		     : [turns] "+r"(turns));
	results[10] = turns;
	long sum = 0;
	for (int i = 0; i < 11; i++)
		sum = sum * 31 + results[i];
	return sum ^ sum >> 32;
}

char LICENSE[] SEC("license") = "GPL";
