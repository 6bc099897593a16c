// Programs for places that every machine has.
#define SEC(name) __attribute__((section(name), used))

SEC("raw_tp/sched_process_exit") int at_raw(void *ctx) { return 0; }

SEC("tp/syscalls/sys_enter_getpgid") int at_tracepoint(void *ctx) { return 0; }

SEC("cgroup_skb/egress") int egress(void *ctx) { return 1; }

SEC("xdp") int pass(void *ctx) { return 2; }

SEC("tcx/ingress") int next(void *ctx) { return -1; }

char LICENSE[] SEC("license") = "GPL";
