/* Lets libbpf relocate an object against the BTF in a file, and prints all it says. */
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return vprintf(format, args);
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	struct bpf_object *object;

	if (argc != 3)
		return 2;
	opts.btf_custom_path = argv[2];
	libbpf_set_print(print);
	object = bpf_object__open_file(argv[1], &opts);
	if (!object)
		return 1;
	/* Whether the kernel takes the programs is of no interest. */
	printf("load: %d\n", bpf_object__load(object));
	return 0;
}
