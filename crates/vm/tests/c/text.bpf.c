// Formats, comparisons, reads of memory that is and is not there.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char out[12][64];
long lengths[24];
char there[16] = "somewhere";

#define PRINT(n, format, ...) ({ \
	static const char text[] = format; \
	__u64 args[] = { __VA_ARGS__ }; \
	lengths[n] = bpf_snprintf(out[n], sizeof(out[n]), text, args, sizeof(args)); \
})

SEC("raw_tp")
int run(struct bpf_raw_tracepoint_args *ctx)
{
	char copy[8] = "abcdefg";
	__u8 internet[16] = { 192, 168, 7, 1, 0x20, 1, 0xd, 0xb8 };
	PRINT(0, "%d %u %x %X %i", -5, (__u64)-5, 0xbeef, 0xbeef, 7);
	PRINT(1, "%ld %lu %llx %lld", (__u64)-5, (__u64)-5, (__u64)-5, 1ULL << 40);
	PRINT(2, "[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42, 42, 42, 42);
	PRINT(3, "%s|%10s|%-10s|", (long)there, (long)there, (long)there);
	PRINT(4, "%c%c%% %5c", 'o', 'k', 'x');
	PRINT(5, "%pi4 %pI4", (long)internet, (long)internet);
	PRINT(6, "%pI6 %pi6", (long)internet, (long)internet);
	PRINT(7, "%08x %-8x| %8llx", 0xabc, 0xabc, 0xabcdULL);
	PRINT(8, "a long text that is cut because it does not fit into %d bytes here", 64);
	char bad[] = "%o", many[] = "%d%d%d%d", good[] = "vm %d %s %lx\n";
	lengths[9] = bpf_trace_printk(bad, sizeof(bad), 1);
	lengths[10] = bpf_trace_printk(many, sizeof(many), 1, 2, 3);
	lengths[11] = bpf_trace_printk(good, sizeof(good), -7, (long)there, -1L);
	lengths[23] = bpf_trace_printk(good, sizeof(good) - 1, 1, (long)there, 2);
	lengths[12] = bpf_strncmp(there, 9, "somewhere");
	lengths[13] = bpf_strncmp(there, 16, "somewhere");
	lengths[14] = bpf_strncmp(there, 4, "sometimes");
	lengths[15] = (int)bpf_strncmp(there, 9, "somf");
	lengths[16] = bpf_probe_read_kernel(copy, 5, there);
	lengths[17] = bpf_probe_read_kernel(copy, 5, (void *)16);
	lengths[17] += copy[0] * 3 + copy[5] * 5;
	lengths[18] = bpf_probe_read_kernel_str(copy, 6, there);
	lengths[18] += copy[4] * 1000 + copy[5] * 100000 + copy[6] * 7;
	lengths[19] = bpf_probe_read_kernel_str(out[10], 16, there);
	lengths[20] = bpf_probe_read_user(copy, 8, (void *)8);
	lengths[21] = bpf_probe_read_kernel_str(copy, 6, (void *)1);
	lengths[22] = bpf_probe_read_user_str(copy, 6, (void *)1);
	__u64 sum = 0;
	for (int i = 0; i < 24; i++)
		sum = sum * 31 + lengths[i];
	return sum;
}

char LICENSE[] SEC("license") = "GPL";
