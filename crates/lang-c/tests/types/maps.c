// What maps name is whole; external symbols are listed by the sections that declare them.
#define SEC(x) __attribute__((section(x), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
char LICENSE[] SEC("license") = "GPL";
struct key { int a; };
struct value { struct key *key; long n; };
struct { __uint(type, 1); __uint(max_entries, 10); __type(key, struct key); __type(value, struct value); } map SEC(".maps");
extern int CONFIG_HZ __attribute__((section(".kconfig")));
extern struct key *kernel_function(struct value *v) __attribute__((section(".ksyms"), weak));
static void *(*const lookup)(void *map, const void *key) = (void *)1;
SEC("kprobe") int prog(void *ctx)
{
	struct key k = {};
	struct value *v = lookup(&map, &k);
	return v ? !kernel_function(v) : CONFIG_HZ;
}
---- expect
[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] VAR 'CONFIG_HZ' type_id=1, linkage=extern
[3] PTR '(anon)' type_id=4
[4] STRUCT 'key' size=4 vlen=1
	'a' type_id=1 bits_offset=0
[5] PTR '(anon)' type_id=6
[6] STRUCT 'value' size=16 vlen=2
	'key' type_id=3 bits_offset=0
	'n' type_id=8 bits_offset=64
[7] FUNC_PROTO '(anon)' ret_type_id=3 vlen=1
	'v' type_id=5
[8] INT 'long' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED
[9] FUNC 'kernel_function' type_id=7 linkage=extern
[10] PTR '(anon)' type_id=0
[11] FUNC_PROTO '(anon)' ret_type_id=1 vlen=1
	'ctx' type_id=10
[12] FUNC 'prog' type_id=11 linkage=global
[13] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=SIGNED
[14] INT '__ARRAY_SIZE_TYPE__' size=4 bits_offset=0 nr_bits=32 encoding=(none)
[15] ARRAY '(anon)' type_id=13 index_type_id=14 nr_elems=4
[16] VAR 'LICENSE' type_id=15, linkage=global
[17] DATASEC 'license' size=4 vlen=1
	type_id=16 offset=0 size=4 (VAR 'LICENSE')
[18] DATASEC '.kconfig' size=0 vlen=1
	type_id=2 offset=0 size=0 (VAR 'CONFIG_HZ')
[19] DATASEC '.ksyms' size=0 vlen=1
	type_id=9 offset=0 size=0 (FUNC 'kernel_function')
[20] ARRAY '(anon)' type_id=1 index_type_id=14 nr_elems=1
[21] ARRAY '(anon)' type_id=1 index_type_id=14 nr_elems=10
[22] STRUCT '(anon)' size=32 vlen=4
	'type' type_id=23 bits_offset=0
	'max_entries' type_id=24 bits_offset=64
	'key' type_id=3 bits_offset=128
	'value' type_id=5 bits_offset=192
[23] PTR '(anon)' type_id=20
[24] PTR '(anon)' type_id=21
[25] VAR 'map' type_id=22, linkage=global
[26] DATASEC '.maps' size=32 vlen=1
	type_id=25 offset=0 size=32 (VAR 'map')
