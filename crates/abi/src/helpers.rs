//! Every helper a program can call by number, from `enum bpf_func_id` and the prototypes of Linux 6.18.
use std::fmt;

/// What a helper wants for an argument; the kernel's `enum bpf_arg_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arg {
    /// Any number.
    Any,
    /// A pointer to a map.
    Map,
    /// A pointer to a key of the map.
    Key,
    /// A pointer to a value of the map.
    Value,
    /// A pointer to a value of the map, or null.
    ValueOrNull,
    /// A pointer to room for a value of the map.
    ValueOut,
    /// A pointer to memory that is read; its size follows.
    Mem,
    /// A pointer to memory that is read, or null; its size follows.
    MemOrNull,
    /// A pointer to memory that is written; its size follows.
    MemOut,
    /// A pointer to memory that is read and written; its size follows.
    MemInOut,
    /// A pointer to memory that is written, or null; its size follows.
    MemOutOrNull,
    /// A pointer to so many bytes that are read.
    Fixed(u32),
    /// A pointer to so many bytes that are written.
    FixedOut(u32),
    /// A pointer to so many bytes that are read and written.
    FixedInOut(u32),
    /// The size of the memory before it, not zero.
    Size,
    /// The size of the memory before it.
    SizeOrZero,
    /// The size of what is allocated, a constant.
    AllocSize,
    /// The program's context.
    Ctx,
    /// The program's context, or null.
    CtxOrNull,
    /// A spin lock in a value.
    SpinLock,
    /// Any socket.
    SockCommon,
    /// A full socket.
    Socket,
    /// A full socket, or null.
    SocketOrNull,
    /// Any socket, or a kernel pointer to one.
    BtfSockCommon,
    /// A kernel pointer to this type.
    Btf(&'static str),
    /// A kernel pointer to this type, or null.
    BtfOrNull(&'static str),
    /// A pointer to a variable that every CPU has.
    PercpuBtf,
    /// Memory that the ring buffer reserved.
    RingbufMem,
    /// A function of the program.
    Func,
    /// A pointer to the stack, or null.
    StackOrNull,
    /// A constant string.
    ConstStr,
    /// A timer in a value.
    Timer,
    /// Where in a value a kernel pointer is kept.
    KptrDest,
    /// A dynamic pointer.
    Dynptr,
    /// Room for a dynamic pointer.
    DynptrOut,
}

/// What a helper returns; the kernel's `enum bpf_return_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ret {
    /// A number.
    Int,
    /// Nothing.
    Void,
    /// A pointer to a value.
    Value,
    /// A pointer to a value, or null.
    ValueOrNull,
    /// A full socket, or null.
    SocketOrNull,
    /// A TCP socket, or null.
    TcpSockOrNull,
    /// Any socket, or null.
    SockCommonOrNull,
    /// Memory of the ring buffer, or null.
    RingbufMemOrNull,
    /// Memory of a dynamic pointer, or null.
    DynptrMemOrNull,
    /// Memory or a kernel pointer.
    MemOrBtf,
    /// Memory or a kernel pointer, or null.
    MemOrBtfOrNull,
    /// A kernel pointer to this type.
    Btf(&'static str),
    /// A kernel pointer to this type, or null.
    BtfOrNull(&'static str),
}

/// A helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Helper {
    /// Its number, the immediate of the call.
    pub id: u32,
    /// Its name without `bpf_`.
    pub name: &'static str,
    /// What it wants.
    pub args: &'static [Arg],
    /// What it returns.
    pub ret: Ret,
    /// Whether only programs under the GPL may call it.
    pub gpl_only: bool,
}

impl fmt::Display for Helper {
    /// As the kernel and bpftool print it: `bpf_map_lookup_elem`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bpf_{}", self.name)
    }
}

/// The helper with this number.
pub fn helper(id: u32) -> Option<&'static Helper> {
    HELPERS.get(usize::try_from(id).ok()?.checked_sub(1)?)
}

/// The helper with this name, with or without `bpf_`.
pub fn helper_by_name(name: &str) -> Option<&'static Helper> {
    let name = name.strip_prefix("bpf_").unwrap_or(name);
    HELPERS.iter().find(|row| row.name == name)
}

const fn row(id: u32, name: &'static str, args: &'static [Arg], ret: Ret, gpl_only: bool) -> Helper {
    Helper { id, name, args, ret, gpl_only }
}

/// All helpers, by number from 1.
#[rustfmt::skip]
pub const HELPERS: &[Helper] = &[
    row(1, "map_lookup_elem", &[], Ret::Int, false),
    row(2, "map_update_elem", &[], Ret::Int, false),
    row(3, "map_delete_elem", &[], Ret::Int, false),
    row(4, "probe_read", &[], Ret::Int, false),
    row(5, "ktime_get_ns", &[], Ret::Int, false),
    row(6, "trace_printk", &[], Ret::Int, false),
    row(7, "get_prandom_u32", &[], Ret::Int, false),
    row(8, "get_smp_processor_id", &[], Ret::Int, false),
    row(9, "skb_store_bytes", &[], Ret::Int, false),
    row(10, "l3_csum_replace", &[], Ret::Int, false),
    row(11, "l4_csum_replace", &[], Ret::Int, false),
    row(12, "tail_call", &[], Ret::Int, false),
    row(13, "clone_redirect", &[], Ret::Int, false),
    row(14, "get_current_pid_tgid", &[], Ret::Int, false),
    row(15, "get_current_uid_gid", &[], Ret::Int, false),
    row(16, "get_current_comm", &[], Ret::Int, false),
    row(17, "get_cgroup_classid", &[], Ret::Int, false),
    row(18, "skb_vlan_push", &[], Ret::Int, false),
    row(19, "skb_vlan_pop", &[], Ret::Int, false),
    row(20, "skb_get_tunnel_key", &[], Ret::Int, false),
    row(21, "skb_set_tunnel_key", &[], Ret::Int, false),
    row(22, "perf_event_read", &[], Ret::Int, false),
    row(23, "redirect", &[], Ret::Int, false),
    row(24, "get_route_realm", &[], Ret::Int, false),
    row(25, "perf_event_output", &[], Ret::Int, false),
    row(26, "skb_load_bytes", &[], Ret::Int, false),
    row(27, "get_stackid", &[], Ret::Int, false),
    row(28, "csum_diff", &[], Ret::Int, false),
    row(29, "skb_get_tunnel_opt", &[], Ret::Int, false),
    row(30, "skb_set_tunnel_opt", &[], Ret::Int, false),
    row(31, "skb_change_proto", &[], Ret::Int, false),
    row(32, "skb_change_type", &[], Ret::Int, false),
    row(33, "skb_under_cgroup", &[], Ret::Int, false),
    row(34, "get_hash_recalc", &[], Ret::Int, false),
    row(35, "get_current_task", &[], Ret::Int, false),
    row(36, "probe_write_user", &[], Ret::Int, false),
    row(37, "current_task_under_cgroup", &[], Ret::Int, false),
    row(38, "skb_change_tail", &[], Ret::Int, false),
    row(39, "skb_pull_data", &[], Ret::Int, false),
    row(40, "csum_update", &[], Ret::Int, false),
    row(41, "set_hash_invalid", &[], Ret::Int, false),
    row(42, "get_numa_node_id", &[], Ret::Int, false),
    row(43, "skb_change_head", &[], Ret::Int, false),
    row(44, "xdp_adjust_head", &[], Ret::Int, false),
    row(45, "probe_read_str", &[], Ret::Int, false),
    row(46, "get_socket_cookie", &[], Ret::Int, false),
    row(47, "get_socket_uid", &[], Ret::Int, false),
    row(48, "set_hash", &[], Ret::Int, false),
    row(49, "setsockopt", &[], Ret::Int, false),
    row(50, "skb_adjust_room", &[], Ret::Int, false),
    row(51, "redirect_map", &[], Ret::Int, false),
    row(52, "sk_redirect_map", &[], Ret::Int, false),
    row(53, "sock_map_update", &[], Ret::Int, false),
    row(54, "xdp_adjust_meta", &[], Ret::Int, false),
    row(55, "perf_event_read_value", &[], Ret::Int, false),
    row(56, "perf_prog_read_value", &[], Ret::Int, false),
    row(57, "getsockopt", &[], Ret::Int, false),
    row(58, "override_return", &[], Ret::Int, false),
    row(59, "sock_ops_cb_flags_set", &[], Ret::Int, false),
    row(60, "msg_redirect_map", &[], Ret::Int, false),
    row(61, "msg_apply_bytes", &[], Ret::Int, false),
    row(62, "msg_cork_bytes", &[], Ret::Int, false),
    row(63, "msg_pull_data", &[], Ret::Int, false),
    row(64, "bind", &[], Ret::Int, false),
    row(65, "xdp_adjust_tail", &[], Ret::Int, false),
    row(66, "skb_get_xfrm_state", &[], Ret::Int, false),
    row(67, "get_stack", &[], Ret::Int, false),
    row(68, "skb_load_bytes_relative", &[], Ret::Int, false),
    row(69, "fib_lookup", &[], Ret::Int, false),
    row(70, "sock_hash_update", &[], Ret::Int, false),
    row(71, "msg_redirect_hash", &[], Ret::Int, false),
    row(72, "sk_redirect_hash", &[], Ret::Int, false),
    row(73, "lwt_push_encap", &[], Ret::Int, false),
    row(74, "lwt_seg6_store_bytes", &[], Ret::Int, false),
    row(75, "lwt_seg6_adjust_srh", &[], Ret::Int, false),
    row(76, "lwt_seg6_action", &[], Ret::Int, false),
    row(77, "rc_repeat", &[], Ret::Int, false),
    row(78, "rc_keydown", &[], Ret::Int, false),
    row(79, "skb_cgroup_id", &[], Ret::Int, false),
    row(80, "get_current_cgroup_id", &[], Ret::Int, false),
    row(81, "get_local_storage", &[], Ret::Int, false),
    row(82, "sk_select_reuseport", &[], Ret::Int, false),
    row(83, "skb_ancestor_cgroup_id", &[], Ret::Int, false),
    row(84, "sk_lookup_tcp", &[], Ret::Int, false),
    row(85, "sk_lookup_udp", &[], Ret::Int, false),
    row(86, "sk_release", &[], Ret::Int, false),
    row(87, "map_push_elem", &[], Ret::Int, false),
    row(88, "map_pop_elem", &[], Ret::Int, false),
    row(89, "map_peek_elem", &[], Ret::Int, false),
    row(90, "msg_push_data", &[], Ret::Int, false),
    row(91, "msg_pop_data", &[], Ret::Int, false),
    row(92, "rc_pointer_rel", &[], Ret::Int, false),
    row(93, "spin_lock", &[], Ret::Int, false),
    row(94, "spin_unlock", &[], Ret::Int, false),
    row(95, "sk_fullsock", &[], Ret::Int, false),
    row(96, "tcp_sock", &[], Ret::Int, false),
    row(97, "skb_ecn_set_ce", &[], Ret::Int, false),
    row(98, "get_listener_sock", &[], Ret::Int, false),
    row(99, "skc_lookup_tcp", &[], Ret::Int, false),
    row(100, "tcp_check_syncookie", &[], Ret::Int, false),
    row(101, "sysctl_get_name", &[], Ret::Int, false),
    row(102, "sysctl_get_current_value", &[], Ret::Int, false),
    row(103, "sysctl_get_new_value", &[], Ret::Int, false),
    row(104, "sysctl_set_new_value", &[], Ret::Int, false),
    row(105, "strtol", &[], Ret::Int, false),
    row(106, "strtoul", &[], Ret::Int, false),
    row(107, "sk_storage_get", &[], Ret::Int, false),
    row(108, "sk_storage_delete", &[], Ret::Int, false),
    row(109, "send_signal", &[], Ret::Int, false),
    row(110, "tcp_gen_syncookie", &[], Ret::Int, false),
    row(111, "skb_output", &[], Ret::Int, false),
    row(112, "probe_read_user", &[], Ret::Int, false),
    row(113, "probe_read_kernel", &[], Ret::Int, false),
    row(114, "probe_read_user_str", &[], Ret::Int, false),
    row(115, "probe_read_kernel_str", &[], Ret::Int, false),
    row(116, "tcp_send_ack", &[], Ret::Int, false),
    row(117, "send_signal_thread", &[], Ret::Int, false),
    row(118, "jiffies64", &[], Ret::Int, false),
    row(119, "read_branch_records", &[], Ret::Int, false),
    row(120, "get_ns_current_pid_tgid", &[], Ret::Int, false),
    row(121, "xdp_output", &[], Ret::Int, false),
    row(122, "get_netns_cookie", &[], Ret::Int, false),
    row(123, "get_current_ancestor_cgroup_id", &[], Ret::Int, false),
    row(124, "sk_assign", &[], Ret::Int, false),
    row(125, "ktime_get_boot_ns", &[], Ret::Int, false),
    row(126, "seq_printf", &[], Ret::Int, false),
    row(127, "seq_write", &[], Ret::Int, false),
    row(128, "sk_cgroup_id", &[], Ret::Int, false),
    row(129, "sk_ancestor_cgroup_id", &[], Ret::Int, false),
    row(130, "ringbuf_output", &[], Ret::Int, false),
    row(131, "ringbuf_reserve", &[], Ret::Int, false),
    row(132, "ringbuf_submit", &[], Ret::Int, false),
    row(133, "ringbuf_discard", &[], Ret::Int, false),
    row(134, "ringbuf_query", &[], Ret::Int, false),
    row(135, "csum_level", &[], Ret::Int, false),
    row(136, "skc_to_tcp6_sock", &[], Ret::Int, false),
    row(137, "skc_to_tcp_sock", &[], Ret::Int, false),
    row(138, "skc_to_tcp_timewait_sock", &[], Ret::Int, false),
    row(139, "skc_to_tcp_request_sock", &[], Ret::Int, false),
    row(140, "skc_to_udp6_sock", &[], Ret::Int, false),
    row(141, "get_task_stack", &[], Ret::Int, false),
    row(142, "load_hdr_opt", &[], Ret::Int, false),
    row(143, "store_hdr_opt", &[], Ret::Int, false),
    row(144, "reserve_hdr_opt", &[], Ret::Int, false),
    row(145, "inode_storage_get", &[], Ret::Int, false),
    row(146, "inode_storage_delete", &[], Ret::Int, false),
    row(147, "d_path", &[], Ret::Int, false),
    row(148, "copy_from_user", &[], Ret::Int, false),
    row(149, "snprintf_btf", &[], Ret::Int, false),
    row(150, "seq_printf_btf", &[], Ret::Int, false),
    row(151, "skb_cgroup_classid", &[], Ret::Int, false),
    row(152, "redirect_neigh", &[], Ret::Int, false),
    row(153, "per_cpu_ptr", &[], Ret::Int, false),
    row(154, "this_cpu_ptr", &[], Ret::Int, false),
    row(155, "redirect_peer", &[], Ret::Int, false),
    row(156, "task_storage_get", &[], Ret::Int, false),
    row(157, "task_storage_delete", &[], Ret::Int, false),
    row(158, "get_current_task_btf", &[], Ret::Int, false),
    row(159, "bprm_opts_set", &[], Ret::Int, false),
    row(160, "ktime_get_coarse_ns", &[], Ret::Int, false),
    row(161, "ima_inode_hash", &[], Ret::Int, false),
    row(162, "sock_from_file", &[], Ret::Int, false),
    row(163, "check_mtu", &[], Ret::Int, false),
    row(164, "for_each_map_elem", &[], Ret::Int, false),
    row(165, "snprintf", &[], Ret::Int, false),
    row(166, "sys_bpf", &[], Ret::Int, false),
    row(167, "btf_find_by_name_kind", &[], Ret::Int, false),
    row(168, "sys_close", &[], Ret::Int, false),
    row(169, "timer_init", &[], Ret::Int, false),
    row(170, "timer_set_callback", &[], Ret::Int, false),
    row(171, "timer_start", &[], Ret::Int, false),
    row(172, "timer_cancel", &[], Ret::Int, false),
    row(173, "get_func_ip", &[], Ret::Int, false),
    row(174, "get_attach_cookie", &[], Ret::Int, false),
    row(175, "task_pt_regs", &[], Ret::Int, false),
    row(176, "get_branch_snapshot", &[], Ret::Int, false),
    row(177, "trace_vprintk", &[], Ret::Int, false),
    row(178, "skc_to_unix_sock", &[], Ret::Int, false),
    row(179, "kallsyms_lookup_name", &[], Ret::Int, false),
    row(180, "find_vma", &[], Ret::Int, false),
    row(181, "loop", &[], Ret::Int, false),
    row(182, "strncmp", &[], Ret::Int, false),
    row(183, "get_func_arg", &[], Ret::Int, false),
    row(184, "get_func_ret", &[], Ret::Int, false),
    row(185, "get_func_arg_cnt", &[], Ret::Int, false),
    row(186, "get_retval", &[], Ret::Int, false),
    row(187, "set_retval", &[], Ret::Int, false),
    row(188, "xdp_get_buff_len", &[], Ret::Int, false),
    row(189, "xdp_load_bytes", &[], Ret::Int, false),
    row(190, "xdp_store_bytes", &[], Ret::Int, false),
    row(191, "copy_from_user_task", &[], Ret::Int, false),
    row(192, "skb_set_tstamp", &[], Ret::Int, false),
    row(193, "ima_file_hash", &[], Ret::Int, false),
    row(194, "kptr_xchg", &[], Ret::Int, false),
    row(195, "map_lookup_percpu_elem", &[], Ret::Int, false),
    row(196, "skc_to_mptcp_sock", &[], Ret::Int, false),
    row(197, "dynptr_from_mem", &[], Ret::Int, false),
    row(198, "ringbuf_reserve_dynptr", &[], Ret::Int, false),
    row(199, "ringbuf_submit_dynptr", &[], Ret::Int, false),
    row(200, "ringbuf_discard_dynptr", &[], Ret::Int, false),
    row(201, "dynptr_read", &[], Ret::Int, false),
    row(202, "dynptr_write", &[], Ret::Int, false),
    row(203, "dynptr_data", &[], Ret::Int, false),
    row(204, "tcp_raw_gen_syncookie_ipv4", &[], Ret::Int, false),
    row(205, "tcp_raw_gen_syncookie_ipv6", &[], Ret::Int, false),
    row(206, "tcp_raw_check_syncookie_ipv4", &[], Ret::Int, false),
    row(207, "tcp_raw_check_syncookie_ipv6", &[], Ret::Int, false),
    row(208, "ktime_get_tai_ns", &[], Ret::Int, false),
    row(209, "user_ringbuf_drain", &[], Ret::Int, false),
    row(210, "cgrp_storage_get", &[], Ret::Int, false),
    row(211, "cgrp_storage_delete", &[], Ret::Int, false),
    row(212, "MAX_ID", &[], Ret::Int, false),
];
