// Types of all kinds: what is only pointed to from a record is declared, what functions and variables have is whole.
#define SEC(x) __attribute__((section(x), used))
#define __tag(x) __attribute__((btf_decl_tag(x)))
#define __user __attribute__((btf_type_tag("user")))
typedef unsigned char u8;
struct far { int a; };
struct near { long b; struct near *next; };
struct never;
enum small { A, B = 5 };
enum negative { MINUS = -1 };
enum large { HUGE = 0x123456789abcdef };
typedef int (*callback)(struct far *f, ...);
union either { char text[3][4]; _Bool flag; };
struct all {
	struct far *pointed;
	const struct far *constant;
	struct near within;
	struct never *declared;
	enum small small; enum negative negative; enum large large;
	callback call;
	volatile const u8 *const volatile both;
	unsigned bits : 3; int : 2; long long more : 40;
	union either; struct { short in; };
	char __user *name __tag("named");
	__int128 wide;
};
struct all one SEC(".data.one"); static int two SEC(".bss.two") = 0; const u8 three __tag("third") = 3;
static __attribute__((noinline)) char helper(struct far *f, enum small s) { return f->a + s; }
__tag("function") int visible(struct all *all __tag("parameter")) { return helper(all->pointed, all->small); }
---- expect
[1] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=SIGNED
[2] PTR '(anon)' type_id=3
[3] STRUCT 'far' size=4 vlen=1
	'a' type_id=6 bits_offset=0
[4] ENUM 'small' encoding=UNSIGNED size=4 vlen=2
	'A' val=0
	'B' val=5
[5] FUNC_PROTO '(anon)' ret_type_id=1 vlen=2
	'f' type_id=2
	's' type_id=4
[6] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[7] FUNC 'helper' type_id=5 linkage=static
[8] PTR '(anon)' type_id=9
[9] STRUCT 'all' size=112 vlen=14
	'pointed' type_id=2 bits_offset=0
	'constant' type_id=11 bits_offset=64
	'within' type_id=13 bits_offset=128
	'declared' type_id=14 bits_offset=256
	'small' type_id=4 bits_offset=320
	'negative' type_id=15 bits_offset=352
	'large' type_id=16 bits_offset=384
	'call' type_id=17 bits_offset=448
	'both' type_id=26 bits_offset=512
	'bits' type_id=27 bits_offset=576 bitfield_size=3
	'more' type_id=28 bits_offset=581 bitfield_size=40
	'(anon)' type_id=29 bits_offset=624
	'name' type_id=30 bits_offset=640
	'wide' type_id=33 bits_offset=768
[10] FUNC_PROTO '(anon)' ret_type_id=6 vlen=1
	'all' type_id=8
[11] PTR '(anon)' type_id=12
[12] CONST '(anon)' type_id=3
[13] STRUCT 'near' size=16 vlen=2
	'b' type_id=35 bits_offset=0
	'next' type_id=36 bits_offset=64
[14] PTR '(anon)' type_id=48
[15] ENUM 'negative' encoding=SIGNED size=4 vlen=1
	'MINUS' val=-1
[16] ENUM64 'large' encoding=UNSIGNED size=8 vlen=1
	'HUGE' val=81985529216486895ULL
[17] TYPEDEF 'callback' type_id=18
[18] PTR '(anon)' type_id=19
[19] FUNC_PROTO '(anon)' ret_type_id=6 vlen=2
	'f' type_id=2
	'(anon)' type_id=0
[20] VOLATILE '(anon)' type_id=21
[21] PTR '(anon)' type_id=25
[22] VOLATILE '(anon)' type_id=23
[23] TYPEDEF 'u8' type_id=24
[24] INT 'unsigned char' size=1 bits_offset=0 nr_bits=8 encoding=(none)
[25] CONST '(anon)' type_id=22
[26] CONST '(anon)' type_id=20
[27] INT 'unsigned int' size=4 bits_offset=0 nr_bits=32 encoding=(none)
[28] INT 'long long' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED
[29] STRUCT '(anon)' size=2 vlen=1
	'in' type_id=34 bits_offset=0
[30] PTR '(anon)' type_id=31
[31] TYPE_TAG 'user' type_id=1
[32] DECL_TAG 'named' type_id=9 component_idx=12
[33] INT '__int128' size=16 bits_offset=0 nr_bits=128 encoding=SIGNED
[34] INT 'short' size=2 bits_offset=0 nr_bits=16 encoding=SIGNED
[35] INT 'long' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED
[36] PTR '(anon)' type_id=13
[37] FUNC 'visible' type_id=10 linkage=global
[38] DECL_TAG 'function' type_id=37 component_idx=-1
[39] DECL_TAG 'parameter' type_id=37 component_idx=0
[40] VAR 'one' type_id=9, linkage=global
[41] DATASEC '.data.one' size=112 vlen=1
	type_id=40 offset=0 size=112 (VAR 'one')
[42] VAR 'two' type_id=6, linkage=static
[43] DATASEC '.bss.two' size=4 vlen=1
	type_id=42 offset=0 size=4 (VAR 'two')
[44] CONST '(anon)' type_id=23
[45] VAR 'three' type_id=44, linkage=global
[46] DECL_TAG 'third' type_id=45 component_idx=-1
[47] DATASEC '.rodata' size=1 vlen=1
	type_id=45 offset=0 size=1 (VAR 'three')
[48] FWD 'never' fwd_kind=struct
