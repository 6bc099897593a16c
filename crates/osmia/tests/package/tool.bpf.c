typedef _Bool bool;
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define uint(name, val) int (*name)[val]
#define type(name, val) typeof(val) *name

static u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*bpf_map_update_elem)(void *, const void *, const void *, u64) = (void *)2;
static void *(*bpf_map_lookup_elem)(void *, const void *) = (void *)1;
static long (*bpf_ringbuf_output)(void *, void *, u64, u64) = (void *)130;
static long (*bpf_map_push_elem)(void *, const void *, u64) = (void *)87;

enum mode { OFF, ON = 5, NEGATIVE = -3 };
union address { u32 v4; u8 v6[16]; };
struct key { u32 pid; u8 kind; };
struct event {
	char comm[6];
	enum mode mode;
	bool seen;
	union address from;
	u64 *where;
	unsigned int low : 3, high : 7;
	struct { int x, y; } at;
	int type;
};

struct { uint(type, 1); uint(max_entries, 4); type(key, struct key); type(value, struct event); } events SEC(".maps");
struct { uint(type, 6); uint(max_entries, 1); type(key, u32); type(value, u64); } each SEC(".maps");
struct { uint(type, 2); uint(max_entries, 3); uint(map_flags, 1024); type(key, u32); type(value, u32); } shared SEC(".maps");
struct { uint(type, 27); uint(max_entries, 4096); } records SEC(".maps");
struct { uint(type, 22); uint(max_entries, 4); type(value, u32); } queue SEC(".maps");

const volatile u32 target = 1;
const volatile enum mode wanted = ON;
const volatile bool verbose = 0;
u64 hits;
bool flag = 1;
enum mode mode = NEGATIVE;
int many[5] = { 1, 2, 3, 4, 5 };
struct event last;
u8 odd[3];
u64 custom SEC(".data.custom") = 9;
extern bool CONFIG_BPF __attribute__((section(".kconfig")));

SEC("raw_tp/sys_enter") int on_call(void *ctx)
{
	u64 now = bpf_get_current_pid_tgid();
	if (now >> 32 != target)
		return 0;
	struct key key = { .pid = target, .kind = 7 };
	struct event event = { .mode = wanted, .seen = 1, .where = (void *)8, .low = 5, .high = 100, .type = 3 };
	__builtin_memcpy(event.comm, "hello", 6);
	event.from.v4 = 0x01020304;
	event.at.x = -1;
	hits++;
	flag = verbose;
	mode = ON;
	for (int i = 0; i < 5; i++)
		many[i] *= 10;
	last = event;
	custom += CONFIG_BPF;
	u32 first = 0, second = 1, value = 77;
	u64 *own = bpf_map_lookup_elem(&each, &first);
	if (own)
		*own += 1;
	u32 *slot = bpf_map_lookup_elem(&shared, &second);
	if (slot)
		*slot += 4;
	bpf_map_update_elem(&events, &key, &event, 0);
	bpf_map_push_elem(&queue, &value, 0);
	bpf_ringbuf_output(&records, &event, sizeof(event), 0);
	return 0;
}

struct sock;
struct tcp_congestion_ops {
	u32 (*ssthresh)(struct sock *);
	void (*cong_avoid)(struct sock *, u32, u32);
	u32 (*undo_cwnd)(struct sock *);
	char name[16];
};
SEC("struct_ops") u32 threshold(u64 *ctx) { return 2; }
SEC("struct_ops") u32 undo(u64 *ctx) { return 2; }
SEC("struct_ops") void avoid(u64 *ctx) {}
SEC(".struct_ops.link") struct tcp_congestion_ops control = {
	.ssthresh = (void *)threshold,
	.cong_avoid = (void *)avoid,
	.undo_cwnd = (void *)undo,
	.name = "to_be_named",
};

SEC("?raw_tp/sys_exit") int unwanted(void *ctx) { return 0; }
SEC("socket") int on_request(void *ctx) { return many[2]; }
char _license[] SEC("license") = "GPL";
