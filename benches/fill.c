// fill PIN COUNT: fills a pinned hash map of u32 to u64 with COUNT elements, a batch at a time.
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	union bpf_attr attr;
	if (argc != 3)
		return 2;
	uint32_t count = atoi(argv[2]);
	uint32_t *keys = malloc(count * sizeof(*keys));
	uint64_t *values = malloc(count * sizeof(*values));
	if (!keys || !values)
		return 1;
	for (uint32_t i = 0; i < count; i++) {
		keys[i] = i;
		values[i] = (uint64_t)i * i;
	}
	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)argv[1];
	long map = bpf(BPF_OBJ_GET, &attr);
	if (map < 0) {
		perror(argv[1]);
		return 1;
	}
	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = map;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.values = (uintptr_t)values;
	attr.batch.count = count;
	if (bpf(BPF_MAP_UPDATE_BATCH, &attr) < 0) {
		perror("BPF_MAP_UPDATE_BATCH");
		return 1;
	}
	return 0;
}
