// Atomic changes of memory.
#define SEC(x) __attribute__((section(x), used))
#define MIX(sum, v) (sum = sum * 31 + (v))
char LICENSE[] SEC("license") = "GPL";
typedef unsigned long long u64;
u64 wide = 5; unsigned word = 0xfffffff0; int signed_word = -3;
SEC("xdp") int prog(void *ctx)
{
	u64 sum = 1;
	__sync_fetch_and_add(&wide, 10);
	MIX(sum, __sync_fetch_and_add(&wide, 7)); MIX(sum, wide);
	MIX(sum, __sync_fetch_and_sub(&wide, 2)); MIX(sum, __sync_fetch_and_or(&wide, 0x100)); MIX(sum, __sync_fetch_and_and(&wide, 0x1f0)); MIX(sum, __sync_fetch_and_xor(&wide, 3));
	MIX(sum, wide);
	MIX(sum, __sync_fetch_and_add(&word, 0x20)); MIX(sum, word);
	MIX(sum, (u64)__sync_fetch_and_add(&signed_word, 1)); MIX(sum, (u64)signed_word);
	MIX(sum, __sync_lock_test_and_set(&word, 9)); MIX(sum, word);
	MIX(sum, __sync_val_compare_and_swap(&wide, 5, 6)); MIX(sum, wide);
	u64 now = wide;
	MIX(sum, __sync_val_compare_and_swap(&wide, now, 66)); MIX(sum, wide);
	MIX(sum, __sync_bool_compare_and_swap(&word, 9, 10)); MIX(sum, __sync_bool_compare_and_swap(&word, 9, 11)); MIX(sum, word);
	__sync_fetch_and_sub(&word, 3); __sync_fetch_and_or(&word, 0x40); MIX(sum, word);
	MIX(sum, __sync_add_and_fetch(&wide, 4)); MIX(sum, __sync_sub_and_fetch(&wide, 4));
	return sum ^ sum >> 32;
}
---- expect
2908230624
