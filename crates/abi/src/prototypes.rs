//! What helpers take and return in C: `include/uapi/linux/bpf.h` of Linux 6.18, the signatures alone.

/// How C programs call a helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prototype {
    /// The helper's name without `bpf_`.
    pub name: &'static str,
    /// The type of what it returns.
    pub result: &'static str,
    /// What stands between the parentheses.
    pub params: &'static str,
}

const fn row(name: &'static str, result: &'static str, params: &'static str) -> Prototype {
    Prototype { name, result, params }
}

/// All helpers, in the order of [`crate::HELPERS`]: by number from 1.
#[rustfmt::skip]
pub const PROTOTYPES: &[Prototype] = &[
    row("map_lookup_elem",                "void *", "void *map, const void *key"),
    row("map_update_elem",                "long", "void *map, const void *key, const void *value, __u64 flags"),
    row("map_delete_elem",                "long", "void *map, const void *key"),
    row("probe_read",                     "long", "void *dst, __u32 size, const void *unsafe_ptr"),
    row("ktime_get_ns",                   "__u64", "void"),
    row("trace_printk",                   "long", "const char *fmt, __u32 fmt_size, ..."),
    row("get_prandom_u32",                "__u32", "void"),
    row("get_smp_processor_id",           "__u32", "void"),
    row("skb_store_bytes",                "long", "struct __sk_buff *skb, __u32 offset, const void *from, __u32 len, __u64 flags"),
    row("l3_csum_replace",                "long", "struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 size"),
    row("l4_csum_replace",                "long", "struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 flags"),
    row("tail_call",                      "long", "void *ctx, void *prog_array_map, __u32 index"),
    row("clone_redirect",                 "long", "struct __sk_buff *skb, __u32 ifindex, __u64 flags"),
    row("get_current_pid_tgid",           "__u64", "void"),
    row("get_current_uid_gid",            "__u64", "void"),
    row("get_current_comm",               "long", "void *buf, __u32 size_of_buf"),
    row("get_cgroup_classid",             "__u32", "struct __sk_buff *skb"),
    row("skb_vlan_push",                  "long", "struct __sk_buff *skb, __be16 vlan_proto, __u16 vlan_tci"),
    row("skb_vlan_pop",                   "long", "struct __sk_buff *skb"),
    row("skb_get_tunnel_key",             "long", "struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags"),
    row("skb_set_tunnel_key",             "long", "struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags"),
    row("perf_event_read",                "__u64", "void *map, __u64 flags"),
    row("redirect",                       "long", "__u32 ifindex, __u64 flags"),
    row("get_route_realm",                "__u32", "struct __sk_buff *skb"),
    row("perf_event_output",              "long", "void *ctx, void *map, __u64 flags, void *data, __u64 size"),
    row("skb_load_bytes",                 "long", "const void *skb, __u32 offset, void *to, __u32 len"),
    row("get_stackid",                    "long", "void *ctx, void *map, __u64 flags"),
    row("csum_diff",                      "__s64", "__be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __wsum seed"),
    row("skb_get_tunnel_opt",             "long", "struct __sk_buff *skb, void *opt, __u32 size"),
    row("skb_set_tunnel_opt",             "long", "struct __sk_buff *skb, void *opt, __u32 size"),
    row("skb_change_proto",               "long", "struct __sk_buff *skb, __be16 proto, __u64 flags"),
    row("skb_change_type",                "long", "struct __sk_buff *skb, __u32 type"),
    row("skb_under_cgroup",               "long", "struct __sk_buff *skb, void *map, __u32 index"),
    row("get_hash_recalc",                "__u32", "struct __sk_buff *skb"),
    row("get_current_task",               "__u64", "void"),
    row("probe_write_user",               "long", "void *dst, const void *src, __u32 len"),
    row("current_task_under_cgroup",      "long", "void *map, __u32 index"),
    row("skb_change_tail",                "long", "struct __sk_buff *skb, __u32 len, __u64 flags"),
    row("skb_pull_data",                  "long", "struct __sk_buff *skb, __u32 len"),
    row("csum_update",                    "__s64", "struct __sk_buff *skb, __wsum csum"),
    row("set_hash_invalid",               "void", "struct __sk_buff *skb"),
    row("get_numa_node_id",               "long", "void"),
    row("skb_change_head",                "long", "struct __sk_buff *skb, __u32 len, __u64 flags"),
    row("xdp_adjust_head",                "long", "struct xdp_md *xdp_md, int delta"),
    row("probe_read_str",                 "long", "void *dst, __u32 size, const void *unsafe_ptr"),
    row("get_socket_cookie",              "__u64", "void *ctx"),
    row("get_socket_uid",                 "__u32", "struct __sk_buff *skb"),
    row("set_hash",                       "long", "struct __sk_buff *skb, __u32 hash"),
    row("setsockopt",                     "long", "void *bpf_socket, int level, int optname, void *optval, int optlen"),
    row("skb_adjust_room",                "long", "struct __sk_buff *skb, __s32 len_diff, __u32 mode, __u64 flags"),
    row("redirect_map",                   "long", "void *map, __u64 key, __u64 flags"),
    row("sk_redirect_map",                "long", "struct __sk_buff *skb, void *map, __u32 key, __u64 flags"),
    row("sock_map_update",                "long", "struct bpf_sock_ops *skops, void *map, void *key, __u64 flags"),
    row("xdp_adjust_meta",                "long", "struct xdp_md *xdp_md, int delta"),
    row("perf_event_read_value",          "long", "void *map, __u64 flags, struct bpf_perf_event_value *buf, __u32 buf_size"),
    row("perf_prog_read_value",           "long", "struct bpf_perf_event_data *ctx, struct bpf_perf_event_value *buf, __u32 buf_size"),
    row("getsockopt",                     "long", "void *bpf_socket, int level, int optname, void *optval, int optlen"),
    row("override_return",                "long", "struct pt_regs *regs, __u64 rc"),
    row("sock_ops_cb_flags_set",          "long", "struct bpf_sock_ops *bpf_sock, int argval"),
    row("msg_redirect_map",               "long", "struct sk_msg_md *msg, void *map, __u32 key, __u64 flags"),
    row("msg_apply_bytes",                "long", "struct sk_msg_md *msg, __u32 bytes"),
    row("msg_cork_bytes",                 "long", "struct sk_msg_md *msg, __u32 bytes"),
    row("msg_pull_data",                  "long", "struct sk_msg_md *msg, __u32 start, __u32 end, __u64 flags"),
    row("bind",                           "long", "struct bpf_sock_addr *ctx, struct sockaddr *addr, int addr_len"),
    row("xdp_adjust_tail",                "long", "struct xdp_md *xdp_md, int delta"),
    row("skb_get_xfrm_state",             "long", "struct __sk_buff *skb, __u32 index, struct bpf_xfrm_state *xfrm_state, __u32 size, __u64 flags"),
    row("get_stack",                      "long", "void *ctx, void *buf, __u32 size, __u64 flags"),
    row("skb_load_bytes_relative",        "long", "const void *skb, __u32 offset, void *to, __u32 len, __u32 start_header"),
    row("fib_lookup",                     "long", "void *ctx, struct bpf_fib_lookup *params, int plen, __u32 flags"),
    row("sock_hash_update",               "long", "struct bpf_sock_ops *skops, void *map, void *key, __u64 flags"),
    row("msg_redirect_hash",              "long", "struct sk_msg_md *msg, void *map, void *key, __u64 flags"),
    row("sk_redirect_hash",               "long", "struct __sk_buff *skb, void *map, void *key, __u64 flags"),
    row("lwt_push_encap",                 "long", "struct __sk_buff *skb, __u32 type, void *hdr, __u32 len"),
    row("lwt_seg6_store_bytes",           "long", "struct __sk_buff *skb, __u32 offset, const void *from, __u32 len"),
    row("lwt_seg6_adjust_srh",            "long", "struct __sk_buff *skb, __u32 offset, __s32 delta"),
    row("lwt_seg6_action",                "long", "struct __sk_buff *skb, __u32 action, void *param, __u32 param_len"),
    row("rc_repeat",                      "long", "void *ctx"),
    row("rc_keydown",                     "long", "void *ctx, __u32 protocol, __u64 scancode, __u32 toggle"),
    row("skb_cgroup_id",                  "__u64", "struct __sk_buff *skb"),
    row("get_current_cgroup_id",          "__u64", "void"),
    row("get_local_storage",              "void *", "void *map, __u64 flags"),
    row("sk_select_reuseport",            "long", "struct sk_reuseport_md *reuse, void *map, void *key, __u64 flags"),
    row("skb_ancestor_cgroup_id",         "__u64", "struct __sk_buff *skb, int ancestor_level"),
    row("sk_lookup_tcp",                  "struct bpf_sock *", "void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags"),
    row("sk_lookup_udp",                  "struct bpf_sock *", "void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags"),
    row("sk_release",                     "long", "void *sock"),
    row("map_push_elem",                  "long", "void *map, const void *value, __u64 flags"),
    row("map_pop_elem",                   "long", "void *map, void *value"),
    row("map_peek_elem",                  "long", "void *map, void *value"),
    row("msg_push_data",                  "long", "struct sk_msg_md *msg, __u32 start, __u32 len, __u64 flags"),
    row("msg_pop_data",                   "long", "struct sk_msg_md *msg, __u32 start, __u32 len, __u64 flags"),
    row("rc_pointer_rel",                 "long", "void *ctx, __s32 rel_x, __s32 rel_y"),
    row("spin_lock",                      "long", "struct bpf_spin_lock *lock"),
    row("spin_unlock",                    "long", "struct bpf_spin_lock *lock"),
    row("sk_fullsock",                    "struct bpf_sock *", "struct bpf_sock *sk"),
    row("tcp_sock",                       "struct bpf_tcp_sock *", "struct bpf_sock *sk"),
    row("skb_ecn_set_ce",                 "long", "struct __sk_buff *skb"),
    row("get_listener_sock",              "struct bpf_sock *", "struct bpf_sock *sk"),
    row("skc_lookup_tcp",                 "struct bpf_sock *", "void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags"),
    row("tcp_check_syncookie",            "long", "void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len"),
    row("sysctl_get_name",                "long", "struct bpf_sysctl *ctx, char *buf, unsigned long buf_len, __u64 flags"),
    row("sysctl_get_current_value",       "long", "struct bpf_sysctl *ctx, char *buf, unsigned long buf_len"),
    row("sysctl_get_new_value",           "long", "struct bpf_sysctl *ctx, char *buf, unsigned long buf_len"),
    row("sysctl_set_new_value",           "long", "struct bpf_sysctl *ctx, const char *buf, unsigned long buf_len"),
    row("strtol",                         "long", "const char *buf, unsigned long buf_len, __u64 flags, long *res"),
    row("strtoul",                        "long", "const char *buf, unsigned long buf_len, __u64 flags, unsigned long *res"),
    row("sk_storage_get",                 "void *", "void *map, void *sk, void *value, __u64 flags"),
    row("sk_storage_delete",              "long", "void *map, void *sk"),
    row("send_signal",                    "long", "__u32 sig"),
    row("tcp_gen_syncookie",              "__s64", "void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len"),
    row("skb_output",                     "long", "void *ctx, void *map, __u64 flags, void *data, __u64 size"),
    row("probe_read_user",                "long", "void *dst, __u32 size, const void *unsafe_ptr"),
    row("probe_read_kernel",              "long", "void *dst, __u32 size, const void *unsafe_ptr"),
    row("probe_read_user_str",            "long", "void *dst, __u32 size, const void *unsafe_ptr"),
    row("probe_read_kernel_str",          "long", "void *dst, __u32 size, const void *unsafe_ptr"),
    row("tcp_send_ack",                   "long", "void *tp, __u32 rcv_nxt"),
    row("send_signal_thread",             "long", "__u32 sig"),
    row("jiffies64",                      "__u64", "void"),
    row("read_branch_records",            "long", "struct bpf_perf_event_data *ctx, void *buf, __u32 size, __u64 flags"),
    row("get_ns_current_pid_tgid",        "long", "__u64 dev, __u64 ino, struct bpf_pidns_info *nsdata, __u32 size"),
    row("xdp_output",                     "long", "void *ctx, void *map, __u64 flags, void *data, __u64 size"),
    row("get_netns_cookie",               "__u64", "void *ctx"),
    row("get_current_ancestor_cgroup_id", "__u64", "int ancestor_level"),
    row("sk_assign",                      "long", "void *ctx, void *sk, __u64 flags"),
    row("ktime_get_boot_ns",              "__u64", "void"),
    row("seq_printf",                     "long", "struct seq_file *m, const char *fmt, __u32 fmt_size, const void *data, __u32 data_len"),
    row("seq_write",                      "long", "struct seq_file *m, const void *data, __u32 len"),
    row("sk_cgroup_id",                   "__u64", "void *sk"),
    row("sk_ancestor_cgroup_id",          "__u64", "void *sk, int ancestor_level"),
    row("ringbuf_output",                 "long", "void *ringbuf, void *data, __u64 size, __u64 flags"),
    row("ringbuf_reserve",                "void *", "void *ringbuf, __u64 size, __u64 flags"),
    row("ringbuf_submit",                 "void", "void *data, __u64 flags"),
    row("ringbuf_discard",                "void", "void *data, __u64 flags"),
    row("ringbuf_query",                  "__u64", "void *ringbuf, __u64 flags"),
    row("csum_level",                     "long", "struct __sk_buff *skb, __u64 level"),
    row("skc_to_tcp6_sock",               "struct tcp6_sock *", "void *sk"),
    row("skc_to_tcp_sock",                "struct tcp_sock *", "void *sk"),
    row("skc_to_tcp_timewait_sock",       "struct tcp_timewait_sock *", "void *sk"),
    row("skc_to_tcp_request_sock",        "struct tcp_request_sock *", "void *sk"),
    row("skc_to_udp6_sock",               "struct udp6_sock *", "void *sk"),
    row("get_task_stack",                 "long", "struct task_struct *task, void *buf, __u32 size, __u64 flags"),
    row("load_hdr_opt",                   "long", "struct bpf_sock_ops *skops, void *searchby_res, __u32 len, __u64 flags"),
    row("store_hdr_opt",                  "long", "struct bpf_sock_ops *skops, const void *from, __u32 len, __u64 flags"),
    row("reserve_hdr_opt",                "long", "struct bpf_sock_ops *skops, __u32 len, __u64 flags"),
    row("inode_storage_get",              "void *", "void *map, void *inode, void *value, __u64 flags"),
    row("inode_storage_delete",           "int", "void *map, void *inode"),
    row("d_path",                         "long", "const struct path *path, char *buf, __u32 sz"),
    row("copy_from_user",                 "long", "void *dst, __u32 size, const void *user_ptr"),
    row("snprintf_btf",                   "long", "char *str, __u32 str_size, struct btf_ptr *ptr, __u32 btf_ptr_size, __u64 flags"),
    row("seq_printf_btf",                 "long", "struct seq_file *m, struct btf_ptr *ptr, __u32 ptr_size, __u64 flags"),
    row("skb_cgroup_classid",             "__u64", "struct __sk_buff *skb"),
    row("redirect_neigh",                 "long", "__u32 ifindex, struct bpf_redir_neigh *params, int plen, __u64 flags"),
    row("per_cpu_ptr",                    "void *", "const void *percpu_ptr, __u32 cpu"),
    row("this_cpu_ptr",                   "void *", "const void *percpu_ptr"),
    row("redirect_peer",                  "long", "__u32 ifindex, __u64 flags"),
    row("task_storage_get",               "void *", "void *map, struct task_struct *task, void *value, __u64 flags"),
    row("task_storage_delete",            "long", "void *map, struct task_struct *task"),
    row("get_current_task_btf",           "struct task_struct *", "void"),
    row("bprm_opts_set",                  "long", "struct linux_binprm *bprm, __u64 flags"),
    row("ktime_get_coarse_ns",            "__u64", "void"),
    row("ima_inode_hash",                 "long", "struct inode *inode, void *dst, __u32 size"),
    row("sock_from_file",                 "struct socket *", "struct file *file"),
    row("check_mtu",                      "long", "void *ctx, __u32 ifindex, __u32 *mtu_len, __s32 len_diff, __u64 flags"),
    row("for_each_map_elem",              "long", "void *map, void *callback_fn, void *callback_ctx, __u64 flags"),
    row("snprintf",                       "long", "char *str, __u32 str_size, const char *fmt, __u64 *data, __u32 data_len"),
    row("sys_bpf",                        "long", "__u32 cmd, void *attr, __u32 attr_size"),
    row("btf_find_by_name_kind",          "long", "char *name, int name_sz, __u32 kind, int flags"),
    row("sys_close",                      "long", "__u32 fd"),
    row("timer_init",                     "long", "struct bpf_timer *timer, void *map, __u64 flags"),
    row("timer_set_callback",             "long", "struct bpf_timer *timer, void *callback_fn"),
    row("timer_start",                    "long", "struct bpf_timer *timer, __u64 nsecs, __u64 flags"),
    row("timer_cancel",                   "long", "struct bpf_timer *timer"),
    row("get_func_ip",                    "__u64", "void *ctx"),
    row("get_attach_cookie",              "__u64", "void *ctx"),
    row("task_pt_regs",                   "long", "struct task_struct *task"),
    row("get_branch_snapshot",            "long", "void *entries, __u32 size, __u64 flags"),
    row("trace_vprintk",                  "long", "const char *fmt, __u32 fmt_size, const void *data, __u32 data_len"),
    row("skc_to_unix_sock",               "struct unix_sock *", "void *sk"),
    row("kallsyms_lookup_name",           "long", "const char *name, int name_sz, int flags, __u64 *res"),
    row("find_vma",                       "long", "struct task_struct *task, __u64 addr, void *callback_fn, void *callback_ctx, __u64 flags"),
    row("loop",                           "long", "__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags"),
    row("strncmp",                        "long", "const char *s1, __u32 s1_sz, const char *s2"),
    row("get_func_arg",                   "long", "void *ctx, __u32 n, __u64 *value"),
    row("get_func_ret",                   "long", "void *ctx, __u64 *value"),
    row("get_func_arg_cnt",               "long", "void *ctx"),
    row("get_retval",                     "int", "void"),
    row("set_retval",                     "int", "int retval"),
    row("xdp_get_buff_len",               "__u64", "struct xdp_md *xdp_md"),
    row("xdp_load_bytes",                 "long", "struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len"),
    row("xdp_store_bytes",                "long", "struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len"),
    row("copy_from_user_task",            "long", "void *dst, __u32 size, const void *user_ptr, struct task_struct *tsk, __u64 flags"),
    row("skb_set_tstamp",                 "long", "struct __sk_buff *skb, __u64 tstamp, __u32 tstamp_type"),
    row("ima_file_hash",                  "long", "struct file *file, void *dst, __u32 size"),
    row("kptr_xchg",                      "void *", "void *dst, void *ptr"),
    row("map_lookup_percpu_elem",         "void *", "void *map, const void *key, __u32 cpu"),
    row("skc_to_mptcp_sock",              "struct mptcp_sock *", "void *sk"),
    row("dynptr_from_mem",                "long", "void *data, __u64 size, __u64 flags, struct bpf_dynptr *ptr"),
    row("ringbuf_reserve_dynptr",         "long", "void *ringbuf, __u32 size, __u64 flags, struct bpf_dynptr *ptr"),
    row("ringbuf_submit_dynptr",          "void", "struct bpf_dynptr *ptr, __u64 flags"),
    row("ringbuf_discard_dynptr",         "void", "struct bpf_dynptr *ptr, __u64 flags"),
    row("dynptr_read",                    "long", "void *dst, __u64 len, const struct bpf_dynptr *src, __u64 offset, __u64 flags"),
    row("dynptr_write",                   "long", "const struct bpf_dynptr *dst, __u64 offset, void *src, __u64 len, __u64 flags"),
    row("dynptr_data",                    "void *", "const struct bpf_dynptr *ptr, __u64 offset, __u64 len"),
    row("tcp_raw_gen_syncookie_ipv4",     "__s64", "struct iphdr *iph, struct tcphdr *th, __u32 th_len"),
    row("tcp_raw_gen_syncookie_ipv6",     "__s64", "struct ipv6hdr *iph, struct tcphdr *th, __u32 th_len"),
    row("tcp_raw_check_syncookie_ipv4",   "long", "struct iphdr *iph, struct tcphdr *th"),
    row("tcp_raw_check_syncookie_ipv6",   "long", "struct ipv6hdr *iph, struct tcphdr *th"),
    row("ktime_get_tai_ns",               "__u64", "void"),
    row("user_ringbuf_drain",             "long", "void *map, void *callback_fn, void *ctx, __u64 flags"),
    row("cgrp_storage_get",               "void *", "void *map, struct cgroup *cgroup, void *value, __u64 flags"),
    row("cgrp_storage_delete",            "long", "void *map, struct cgroup *cgroup"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HELPERS, Ret};

    /// Those that take any number of values behind what is written.
    const VARIADIC: &[&str] = &["trace_printk"];

    fn count(params: &str) -> usize {
        match params {
            "void" => 0,
            _ => params.split(',').filter(|param| *param != " ...").count(),
        }
    }

    #[test]
    fn each_helper_has_its_prototype() {
        let helpers: Vec<_> = HELPERS.iter().map(|helper| helper.name).collect();
        let prototypes: Vec<_> = PROTOTYPES.iter().map(|prototype| prototype.name).collect();
        assert_eq!(prototypes, helpers);
    }

    /// The kernel's own description of `get_branch_snapshot` leaves its flags out.
    #[test]
    fn prototypes_take_what_the_kernel_wants() {
        for (helper, prototype) in HELPERS.iter().zip(PROTOTYPES) {
            let unsaid = usize::from(helper.name == "get_branch_snapshot");
            assert_eq!(count(prototype.params), helper.args.len() + unsaid, "{}", helper.name);
            assert_eq!(prototype.params.ends_with("..."), VARIADIC.contains(&helper.name), "{}", helper.name);
        }
    }

    /// `task_pt_regs` returns its pointer as a number.
    #[test]
    fn prototypes_return_what_the_kernel_says() {
        for (helper, prototype) in HELPERS.iter().zip(PROTOTYPES) {
            let is_number = matches!(helper.ret, Ret::Int | Ret::Void) || helper.name == "task_pt_regs";
            assert_eq!(prototype.result.ends_with('*'), !is_number, "{}", helper.name);
        }
    }
}
