// What libbpf makes of objects, one program at a time: the peer of `examples/corpus.rs`, which prints the same lines.
//   object OBJ open ERRNO
//   map OBJ NAME kind key value entries flags numa extra
//   prog OBJ NAME slots HASH RESULT      RESULT: tag/xlated bytes, or a negative errno; "-" where nothing is loaded
// Usage: libbpf [-l] [-b BTF] [-d PROGRAM] FILE...   (-l: load; -b: for the kernel with these types; -d: print that program's
// instructions)
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool loads, talks;
static const char *wanted;
static struct bpf_object_open_opts opening = { .sz = sizeof(opening) };

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	return talks ? vfprintf(stderr, format, args) : 0;
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

int __real_bpf_map_create(enum bpf_map_type, const char *, __u32, __u32, __u32, const struct bpf_map_create_opts *);

// Kernels before 6.19 have no jump tables: an array of the same shape holds what libbpf puts into them.
int __wrap_bpf_map_create(enum bpf_map_type type, const char *name, __u32 key_size, __u32 value_size, __u32 max_entries,
			  const struct bpf_map_create_opts *opts)
{
	int fd = __real_bpf_map_create(type, name, key_size, value_size, max_entries, opts);
	if (fd < 0 && !strcmp(name ? name : "", ".jumptables"))
		fd = __real_bpf_map_create(BPF_MAP_TYPE_ARRAY, name, key_size, value_size, max_entries, opts);
	return fd;
}

// FNV-1a over what a jump table holds; -1 for what is none.
static int table(int fd)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info), hash = 0x811c9dc5;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) || strcmp(info.name, ".jumptables"))
		return -1;
	for (__u32 key = 0; key < info.max_entries; key++) {
		unsigned char value[16] = {};
		bpf_map_lookup_elem(fd, &key, value);
		for (size_t b = 0; b < sizeof(value); b++)
			hash = (hash ^ value[b]) * 0x01000193;
	}
	return hash;
}

// Where a map stands in its object; of a jump table, what stands in it.
static int place(struct bpf_object *obj, int fd)
{
	struct bpf_map *map;
	int at = 0;
	bpf_object__for_each_map(map, obj) {
		if (bpf_map__fd(map) == fd)
			return at;
		at++;
	}
	return table(fd);
}

// FNV-1a over the instructions; descriptors of maps are replaced by the maps' places, those of modules by one.
static void instructions(struct bpf_object *obj, struct bpf_program *prog, size_t *count, uint64_t *hash)
{
	const struct bpf_insn *insns = bpf_program__insns(prog);
	*count = bpf_program__insn_cnt(prog);
	*hash = 0xcbf29ce484222325ull;
	for (size_t i = 0; i < *count; i++) {
		struct bpf_insn insn = insns[i];
		bool wide = insn.code == (BPF_LD | BPF_IMM | BPF_DW);
		if (wide && (insn.src_reg == BPF_PSEUDO_MAP_FD || insn.src_reg == BPF_PSEUDO_MAP_VALUE))
			insn.imm = place(obj, insn.imm);
		if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == BPF_PSEUDO_KFUNC_CALL)
			insn.off = insn.off ? 1 : 0;
		if (i && insns[i - 1].code == (BPF_LD | BPF_IMM | BPF_DW) && insns[i - 1].src_reg == BPF_PSEUDO_BTF_ID)
			insn.imm = insn.imm ? 1 : 0;
		if (wanted)
			printf("  %4zu: %016llx\n", i, (unsigned long long)__builtin_bswap64(*(uint64_t *)&insn));
		for (size_t b = 0; b < sizeof(insn); b++)
			*hash = (*hash ^ ((unsigned char *)&insn)[b]) * 0x100000001b3ull;
	}
}

// Leaves only one program in a structure of functions; without any of its functions the map is not made.
static void alone(struct bpf_object *obj, struct bpf_program *prog)
{
	struct bpf_program *other;
	struct bpf_map *map;
	bpf_object__for_each_map(map, obj) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		size_t size = 0;
		void **data = bpf_map__initial_value(map, &size);
		bool used = false;
		for (size_t i = 0; data && i < size / sizeof(void *); i++)
			bpf_object__for_each_program(other, obj)
				if (data[i] == other) {
					if (other == prog)
						used = true;
					else
						data[i] = NULL;
				}
		if (!used)
			bpf_map__set_autocreate(map, false);
	}
}

static void one(const char *path, int index)
{
	struct bpf_object *obj = bpf_object__open_file(path, &opening);
	struct bpf_program *prog, *chosen = NULL;
	int at = 0, error;
	if (!obj)
		return;
	bpf_object__for_each_program(prog, obj) {
		bpf_program__set_autoload(prog, at == index);
		if (at++ == index)
			chosen = prog;
	}
	if (wanted && strcmp(wanted, bpf_program__name(chosen)))
		goto out;
	alone(obj, chosen);
	error = bpf_object__prepare(obj);
	printf("prog %s %s ", base(path), bpf_program__name(chosen));
	if (error) {
		printf("0 0 prepare:%d\n", error);
		goto out;
	}
	size_t count;
	uint64_t hash;
	if (wanted)
		printf("\n");
	instructions(obj, chosen, &count, &hash);
	printf("%zu %016llx ", count, (unsigned long long)hash);
	if (!loads) {
		printf("-\n");
		goto out;
	}
	error = bpf_object__load(obj);
	struct bpf_prog_info info = {};
	uint32_t length = sizeof(info);
	if (!error && !bpf_obj_get_info_by_fd(bpf_program__fd(chosen), &info, &length)) {
		for (int i = 0; i < 8; i++)
			printf("%02x", info.tag[i]);
		printf("/%u\n", info.xlated_prog_len);
	} else {
		printf("%d\n", error);
	}
out:
	bpf_object__close(obj);
}

// What is only known when the object is loaded is left out, or filled in as it will be.
static void describe(const char *object, struct bpf_map *map)
{
	unsigned int kind = bpf_map__type(map), entries = bpf_map__max_entries(map);
	if (kind == BPF_MAP_TYPE_PERF_EVENT_ARRAY && !entries)
		entries = libbpf_num_possible_cpus();
	printf("map %s %.15s %u %u %u %u 0x%x %u 0x%llx\n", object, bpf_map__name(map), kind, bpf_map__key_size(map),
	       kind == BPF_MAP_TYPE_STRUCT_OPS ? 0 : bpf_map__value_size(map), entries, bpf_map__map_flags(map),
	       bpf_map__numa_node(map), (unsigned long long)bpf_map__map_extra(map));
}

static void object(const char *path)
{
	struct bpf_object *obj = bpf_object__open_file(path, &opening);
	struct bpf_program *prog;
	struct bpf_map *map;
	int count = 0;
	printf("object %s open %d\n", base(path), obj ? 0 : -errno);
	if (!obj)
		return;
	bpf_object__for_each_program(prog, obj)
		count++;
	bpf_object__for_each_map(map, obj)
		describe(base(path), map);
	bpf_object__close(obj);
	for (int index = 0; index < count; index++)
		one(path, index);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "lvb:d:")) != -1) {
		loads |= option == 'l';
		talks |= option == 'v';
		if (option == 'b')
			opening.btf_custom_path = optarg;
		if (option == 'd')
			wanted = optarg;
	}
	libbpf_set_print(print);
	for (int i = optind; i < argc; i++)
		object(argv[i]);
	return 0;
}
