// One program of many kinds: types, attach types, flags, and BTF ids of what they attach to.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define PROGRAM(section, name) SEC(section) int name(void *ctx) { return 0; }
#define PASS(section, name) SEC(section) int name(void *ctx) { return 1; }

PROGRAM("kprobe/do_nanosleep", kprobe0)
PROGRAM("kretprobe/do_nanosleep", kretprobe0)
PROGRAM("uprobe//bin/bash:readline", uprobe0)
PROGRAM("xdp", xdp0)
PROGRAM("xdp.frags", xdp_frags0)
PROGRAM("xdp/devmap", xdp_devmap0)
PROGRAM("tc", tc0)
PROGRAM("perf_event", perf0)
PROGRAM("raw_tp/sys_enter", raw0)
PROGRAM("raw_tracepoint.w/sys_enter", writable0)
PASS("cgroup_skb/ingress", cgroup_skb0)
PASS("cgroup/sock_create", cgroup_sock0)
PASS("cgroup/connect4", cgroup_connect0)
PASS("cgroup/sysctl", cgroup_sysctl0)
PASS("cgroup/dev", cgroup_dev0)
PROGRAM("sockops", sockops0)
PROGRAM("sk_msg", sk_msg0)
PROGRAM("sk_skb/stream_verdict", sk_skb0)
PROGRAM("lwt_xmit", lwt0)
PROGRAM("flow_dissector", dissector0)
PROGRAM("sk_lookup", sk_lookup0)
PROGRAM("syscall", syscall0)
PROGRAM("iter/task", iter0)
PROGRAM("tp_btf/sys_exit", tp_btf0)
PROGRAM("lsm/file_open", lsm0)
PROGRAM("?fentry/no_such_function_anywhere", fentry0)

char LICENSE[] SEC("license") = "GPL";
__u32 VERSION SEC("version") = 0x060102;
