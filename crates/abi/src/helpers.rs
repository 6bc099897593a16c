//! Every helper a program can call by number: `enum bpf_func_id` and the prototypes, as a running Linux 6.18 holds them
//! in `struct bpf_func_proto`; those that kernel was built without are from `include/uapi/linux/bpf.h`.
use Arg::{
    AllocSize, Any, Btf, BtfOrNull, BtfSock, BtfSockReleased, ConstStr, Ctx, CtxOrNull, CtxOrSock, Dynptr,
    DynptrOut, Fixed, FixedInOut, FixedOut, Flags, Func, Key, KptrDest, Map, Mem, MemInOut, MemInOutOrNull,
    MemOrNull, MemOut, OwnedOrNull, PercpuBtf, RingbufDynptr, RingbufDynptrOut, RingbufMem, Size, SizeOrZero,
    SockCommon, SpinLock, StackOrNull, Timer, Value, ValueOrNull, ValueOut,
};
use std::fmt;

/// What a helper wants for an argument; the kernel's `enum bpf_arg_type` with its flags, one name for each combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arg {
    /// Any number.
    Any,
    /// Any number for the kernel; what it means is flags.
    Flags,
    /// A map.
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
    /// A pointer to memory that is written and need not be filled before; its size follows.
    MemOut,
    /// A pointer to memory that is read and written; its size follows.
    MemInOut,
    /// A pointer to memory that is read and written, or null; its size follows.
    MemInOutOrNull,
    /// A pointer to so many bytes that are read.
    Fixed(u32),
    /// A pointer to so many aligned bytes that are written and need not be filled before.
    FixedOut(u32),
    /// A pointer to so many aligned bytes that are read and written.
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
    /// The context in some kinds of programs, a socket in others.
    CtxOrSock,
    /// A spin lock in a value.
    SpinLock,
    /// A socket that a helper gave, or a field of the context.
    SockCommon,
    /// The same, or a kernel pointer to a socket.
    BtfSock,
    /// The same, and the program gives it back.
    BtfSockReleased,
    /// A kernel pointer to this type.
    Btf(&'static str),
    /// A kernel pointer to this type, or null.
    BtfOrNull(&'static str),
    /// A pointer to a variable that every CPU has.
    PercpuBtf,
    /// A kernel pointer that the program owns and gives away, or null.
    OwnedOrNull,
    /// Memory that the ring buffer reserved, which the program gives back.
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
    /// Room for a dynamic pointer to the program's own memory.
    DynptrOut,
    /// Room for a dynamic pointer to memory of the ring buffer.
    RingbufDynptrOut,
    /// A dynamic pointer to memory of the ring buffer, which the program gives back.
    RingbufDynptr,
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
    /// A kernel pointer to this type, or null; with no name, to the type of the argument.
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

/// All helpers, by number from 1. Where kinds of programs differ, this is what most have: `get_func_ip` needs no GPL in
/// multi-links, `sk_storage_get` takes the context in cgroup programs.
#[rustfmt::skip]
pub const HELPERS: &[Helper] = &[
    row(  1, "map_lookup_elem",                &[Map, Key], Ret::ValueOrNull, false),
    row(  2, "map_update_elem",                &[Map, Key, Value, Flags], Ret::Int, false),
    row(  3, "map_delete_elem",                &[Map, Key], Ret::Int, false),
    row(  4, "probe_read",                     &[MemOut, SizeOrZero, Any], Ret::Int, true),
    row(  5, "ktime_get_ns",                   &[], Ret::Int, false),
    row(  6, "trace_printk",                   &[Mem, Size], Ret::Int, true),
    row(  7, "get_prandom_u32",                &[], Ret::Int, false),
    row(  8, "get_smp_processor_id",           &[], Ret::Int, false),
    row(  9, "skb_store_bytes",                &[Ctx, Any, Mem, Size, Flags], Ret::Int, false),
    row( 10, "l3_csum_replace",                &[Ctx, Any, Any, Any, Any], Ret::Int, false),
    row( 11, "l4_csum_replace",                &[Ctx, Any, Any, Any, Flags], Ret::Int, false),
    row( 12, "tail_call",                      &[Ctx, Map, Any], Ret::Void, false),
    row( 13, "clone_redirect",                 &[Ctx, Any, Flags], Ret::Int, false),
    row( 14, "get_current_pid_tgid",           &[], Ret::Int, false),
    row( 15, "get_current_uid_gid",            &[], Ret::Int, false),
    row( 16, "get_current_comm",               &[MemOut, Size], Ret::Int, false),
    row( 17, "get_cgroup_classid",             &[Ctx], Ret::Int, false),
    row( 18, "skb_vlan_push",                  &[Ctx, Any, Any], Ret::Int, false),
    row( 19, "skb_vlan_pop",                   &[Ctx], Ret::Int, false),
    row( 20, "skb_get_tunnel_key",             &[Ctx, MemOut, Size, Flags], Ret::Int, false),
    row( 21, "skb_set_tunnel_key",             &[Ctx, Mem, Size, Flags], Ret::Int, false),
    row( 22, "perf_event_read",                &[Map, Flags], Ret::Int, true),
    row( 23, "redirect",                       &[Any, Flags], Ret::Int, false),
    row( 24, "get_route_realm",                &[Ctx], Ret::Int, false),
    row( 25, "perf_event_output",              &[Ctx, Map, Flags, Mem, SizeOrZero], Ret::Int, true),
    row( 26, "skb_load_bytes",                 &[Ctx, Any, MemOut, Size], Ret::Int, false),
    row( 27, "get_stackid",                    &[Ctx, Map, Flags], Ret::Int, true),
    row( 28, "csum_diff",                      &[MemOrNull, SizeOrZero, MemOrNull, SizeOrZero, Any], Ret::Int, false),
    row( 29, "skb_get_tunnel_opt",             &[Ctx, MemOut, Size], Ret::Int, false),
    row( 30, "skb_set_tunnel_opt",             &[Ctx, Mem, Size], Ret::Int, false),
    row( 31, "skb_change_proto",               &[Ctx, Any, Flags], Ret::Int, false),
    row( 32, "skb_change_type",                &[Ctx, Any], Ret::Int, false),
    row( 33, "skb_under_cgroup",               &[Ctx, Map, Any], Ret::Int, false),
    row( 34, "get_hash_recalc",                &[Ctx], Ret::Int, false),
    row( 35, "get_current_task",               &[], Ret::Int, true),
    row( 36, "probe_write_user",               &[Any, Mem, Size], Ret::Int, true),
    row( 37, "current_task_under_cgroup",      &[Map, Any], Ret::Int, false),
    row( 38, "skb_change_tail",                &[Ctx, Any, Flags], Ret::Int, false),
    row( 39, "skb_pull_data",                  &[Ctx, Any], Ret::Int, false),
    row( 40, "csum_update",                    &[Ctx, Any], Ret::Int, false),
    row( 41, "set_hash_invalid",               &[Ctx], Ret::Int, false),
    row( 42, "get_numa_node_id",               &[], Ret::Int, false),
    row( 43, "skb_change_head",                &[Ctx, Any, Flags], Ret::Int, false),
    row( 44, "xdp_adjust_head",                &[Ctx, Any], Ret::Int, false),
    row( 45, "probe_read_str",                 &[MemOut, SizeOrZero, Any], Ret::Int, true),
    row( 46, "get_socket_cookie",              &[Ctx], Ret::Int, false),
    row( 47, "get_socket_uid",                 &[Ctx], Ret::Int, false),
    row( 48, "set_hash",                       &[Ctx, Any], Ret::Int, false),
    row( 49, "setsockopt",                     &[CtxOrSock, Any, Any, Mem, Size], Ret::Int, false),
    row( 50, "skb_adjust_room",                &[Ctx, Any, Any, Flags], Ret::Int, false),
    row( 51, "redirect_map",                   &[Map, Any, Flags], Ret::Int, false),
    row( 52, "sk_redirect_map",                &[Ctx, Map, Any, Flags], Ret::Int, false),
    row( 53, "sock_map_update",                &[Ctx, Map, Key, Flags], Ret::Int, false),
    row( 54, "xdp_adjust_meta",                &[Ctx, Any], Ret::Int, false),
    row( 55, "perf_event_read_value",          &[Map, Flags, MemOut, Size], Ret::Int, true),
    row( 56, "perf_prog_read_value",           &[Ctx, MemOut, Size], Ret::Int, true),
    row( 57, "getsockopt",                     &[CtxOrSock, Any, Any, MemOut, Size], Ret::Int, false),
    row( 58, "override_return",                &[Ctx, Any], Ret::Int, true),
    row( 59, "sock_ops_cb_flags_set",          &[Ctx, Any], Ret::Int, false),
    row( 60, "msg_redirect_map",               &[Ctx, Map, Any, Flags], Ret::Int, false),
    row( 61, "msg_apply_bytes",                &[Ctx, Any], Ret::Int, false),
    row( 62, "msg_cork_bytes",                 &[Ctx, Any], Ret::Int, false),
    row( 63, "msg_pull_data",                  &[Ctx, Any, Any, Flags], Ret::Int, false),
    row( 64, "bind",                           &[Ctx, Mem, Size], Ret::Int, false),
    row( 65, "xdp_adjust_tail",                &[Ctx, Any], Ret::Int, false),
    row( 66, "skb_get_xfrm_state",             &[Ctx, Any, MemOut, Size, Flags], Ret::Int, false),
    row( 67, "get_stack",                      &[Ctx, MemOut, SizeOrZero, Flags], Ret::Int, true),
    row( 68, "skb_load_bytes_relative",        &[Ctx, Any, MemOut, Size, Any], Ret::Int, false),
    row( 69, "fib_lookup",                     &[Ctx, MemInOut, Size, Flags], Ret::Int, true),
    row( 70, "sock_hash_update",               &[Ctx, Map, Key, Flags], Ret::Int, false),
    row( 71, "msg_redirect_hash",              &[Ctx, Map, Key, Flags], Ret::Int, false),
    row( 72, "sk_redirect_hash",               &[Ctx, Map, Key, Flags], Ret::Int, false),
    row( 73, "lwt_push_encap",                 &[Ctx, Any, Mem, Size], Ret::Int, false),
    row( 74, "lwt_seg6_store_bytes",           &[Ctx, Any, Mem, Size], Ret::Int, false),
    row( 75, "lwt_seg6_adjust_srh",            &[Ctx, Any, Any], Ret::Int, false),
    row( 76, "lwt_seg6_action",                &[Ctx, Any, Mem, Size], Ret::Int, false),
    row( 77, "rc_repeat",                      &[Ctx], Ret::Int, true),
    row( 78, "rc_keydown",                     &[Ctx, Any, Any, Any], Ret::Int, true),
    row( 79, "skb_cgroup_id",                  &[Ctx], Ret::Int, false),
    row( 80, "get_current_cgroup_id",          &[], Ret::Int, false),
    row( 81, "get_local_storage",              &[Map, Flags], Ret::Value, false),
    row( 82, "sk_select_reuseport",            &[Ctx, Map, Key, Flags], Ret::Int, false),
    row( 83, "skb_ancestor_cgroup_id",         &[Ctx, Any], Ret::Int, false),
    row( 84, "sk_lookup_tcp",                  &[Ctx, Mem, SizeOrZero, Any, Flags], Ret::SocketOrNull, false),
    row( 85, "sk_lookup_udp",                  &[Ctx, Mem, SizeOrZero, Any, Flags], Ret::SocketOrNull, false),
    row( 86, "sk_release",                     &[BtfSockReleased], Ret::Int, false),
    row( 87, "map_push_elem",                  &[Map, Value, Flags], Ret::Int, false),
    row( 88, "map_pop_elem",                   &[Map, ValueOut], Ret::Int, false),
    row( 89, "map_peek_elem",                  &[Map, ValueOut], Ret::Int, false),
    row( 90, "msg_push_data",                  &[Ctx, Any, Any, Flags], Ret::Int, false),
    row( 91, "msg_pop_data",                   &[Ctx, Any, Any, Flags], Ret::Int, false),
    row( 92, "rc_pointer_rel",                 &[Ctx, Any, Any], Ret::Int, true),
    row( 93, "spin_lock",                      &[SpinLock], Ret::Void, false),
    row( 94, "spin_unlock",                    &[SpinLock], Ret::Void, false),
    row( 95, "sk_fullsock",                    &[SockCommon], Ret::SocketOrNull, false),
    row( 96, "tcp_sock",                       &[SockCommon], Ret::TcpSockOrNull, false),
    row( 97, "skb_ecn_set_ce",                 &[Ctx], Ret::Int, false),
    row( 98, "get_listener_sock",              &[SockCommon], Ret::SocketOrNull, false),
    row( 99, "skc_lookup_tcp",                 &[Ctx, Mem, SizeOrZero, Any, Flags], Ret::SockCommonOrNull, false),
    row(100, "tcp_check_syncookie",            &[BtfSock, Mem, Size, Mem, Size], Ret::Int, true),
    row(101, "sysctl_get_name",                &[Ctx, MemInOut, Size, Flags], Ret::Int, false),
    row(102, "sysctl_get_current_value",       &[Ctx, MemOut, Size], Ret::Int, false),
    row(103, "sysctl_get_new_value",           &[Ctx, MemOut, Size], Ret::Int, false),
    row(104, "sysctl_set_new_value",           &[Ctx, Mem, Size], Ret::Int, false),
    row(105, "strtol",                         &[Mem, Size, Flags, FixedOut(8)], Ret::Int, false),
    row(106, "strtoul",                        &[Mem, Size, Flags, FixedOut(8)], Ret::Int, false),
    row(107, "sk_storage_get",                 &[Map, BtfSock, ValueOrNull, Flags], Ret::ValueOrNull, false),
    row(108, "sk_storage_delete",              &[Map, BtfSock], Ret::Int, false),
    row(109, "send_signal",                    &[Any], Ret::Int, false),
    row(110, "tcp_gen_syncookie",              &[BtfSock, Mem, Size, Mem, Size], Ret::Int, true),
    row(111, "skb_output",                     &[Btf("sk_buff"), Map, Flags, Mem, SizeOrZero], Ret::Int, true),
    row(112, "probe_read_user",                &[MemOut, SizeOrZero, Any], Ret::Int, true),
    row(113, "probe_read_kernel",              &[MemOut, SizeOrZero, Any], Ret::Int, true),
    row(114, "probe_read_user_str",            &[MemOut, SizeOrZero, Any], Ret::Int, true),
    row(115, "probe_read_kernel_str",          &[MemOut, SizeOrZero, Any], Ret::Int, true),
    row(116, "tcp_send_ack",                   &[Btf("tcp_sock"), Any], Ret::Int, false),
    row(117, "send_signal_thread",             &[Any], Ret::Int, false),
    row(118, "jiffies64",                      &[], Ret::Int, false),
    row(119, "read_branch_records",            &[Ctx, MemInOutOrNull, SizeOrZero, Flags], Ret::Int, true),
    row(120, "get_ns_current_pid_tgid",        &[Any, Any, MemOut, Size], Ret::Int, false),
    row(121, "xdp_output",                     &[Btf("xdp_buff"), Map, Flags, Mem, SizeOrZero], Ret::Int, true),
    row(122, "get_netns_cookie",               &[CtxOrNull], Ret::Int, false),
    row(123, "get_current_ancestor_cgroup_id", &[Any], Ret::Int, false),
    row(124, "sk_assign",                      &[Ctx, BtfSock, Flags], Ret::Int, false),
    row(125, "ktime_get_boot_ns",              &[], Ret::Int, false),
    row(126, "seq_printf",                     &[Btf("seq_file"), Mem, Size, MemOrNull, SizeOrZero], Ret::Int, true),
    row(127, "seq_write",                      &[Btf("seq_file"), Mem, SizeOrZero], Ret::Int, true),
    row(128, "sk_cgroup_id",                   &[BtfSock], Ret::Int, false),
    row(129, "sk_ancestor_cgroup_id",          &[BtfSock, Any], Ret::Int, false),
    row(130, "ringbuf_output",                 &[Map, Mem, SizeOrZero, Flags], Ret::Int, false),
    row(131, "ringbuf_reserve",                &[Map, AllocSize, Flags], Ret::RingbufMemOrNull, false),
    row(132, "ringbuf_submit",                 &[RingbufMem, Flags], Ret::Void, false),
    row(133, "ringbuf_discard",                &[RingbufMem, Flags], Ret::Void, false),
    row(134, "ringbuf_query",                  &[Map, Flags], Ret::Int, false),
    row(135, "csum_level",                     &[Ctx, Any], Ret::Int, false),
    row(136, "skc_to_tcp6_sock",               &[BtfSock], Ret::BtfOrNull("tcp6_sock"), false),
    row(137, "skc_to_tcp_sock",                &[BtfSock], Ret::BtfOrNull("tcp_sock"), false),
    row(138, "skc_to_tcp_timewait_sock",       &[BtfSock], Ret::BtfOrNull("tcp_timewait_sock"), false),
    row(139, "skc_to_tcp_request_sock",        &[BtfSock], Ret::BtfOrNull("tcp_request_sock"), false),
    row(140, "skc_to_udp6_sock",               &[BtfSock], Ret::BtfOrNull("udp6_sock"), false),
    row(141, "get_task_stack",                 &[Btf("task_struct"), MemOut, SizeOrZero, Flags], Ret::Int, false),
    row(142, "load_hdr_opt",                   &[Ctx, MemInOut, Size, Flags], Ret::Int, false),
    row(143, "store_hdr_opt",                  &[Ctx, Mem, Size, Flags], Ret::Int, false),
    row(144, "reserve_hdr_opt",                &[Ctx, Any, Flags], Ret::Int, false),
    row(145, "inode_storage_get",              &[Map, BtfOrNull("inode"), ValueOrNull, Flags], Ret::ValueOrNull, false),
    row(146, "inode_storage_delete",           &[Map, BtfOrNull("inode")], Ret::Int, false),
    row(147, "d_path",                         &[Btf("path"), MemInOut, SizeOrZero], Ret::Int, false),
    row(148, "copy_from_user",                 &[MemOut, SizeOrZero, Any], Ret::Int, false),
    row(149, "snprintf_btf",                   &[MemInOut, Size, Mem, Size, Flags], Ret::Int, false),
    row(150, "seq_printf_btf",                 &[Btf("seq_file"), Mem, SizeOrZero, Flags], Ret::Int, true),
    row(151, "skb_cgroup_classid",             &[Ctx], Ret::Int, false),
    row(152, "redirect_neigh",                 &[Any, MemOrNull, SizeOrZero, Flags], Ret::Int, false),
    row(153, "per_cpu_ptr",                    &[PercpuBtf, Any], Ret::MemOrBtfOrNull, false),
    row(154, "this_cpu_ptr",                   &[PercpuBtf], Ret::MemOrBtf, false),
    row(155, "redirect_peer",                  &[Any, Flags], Ret::Int, false),
    row(156, "task_storage_get",               &[Map, BtfOrNull("task_struct"), ValueOrNull, Flags], Ret::ValueOrNull, false),
    row(157, "task_storage_delete",            &[Map, BtfOrNull("task_struct")], Ret::Int, false),
    row(158, "get_current_task_btf",           &[], Ret::Btf("task_struct"), true),
    row(159, "bprm_opts_set",                  &[Btf("linux_binprm"), Flags], Ret::Int, false),
    row(160, "ktime_get_coarse_ns",            &[], Ret::Int, false),
    row(161, "ima_inode_hash",                 &[Btf("inode"), MemOut, Size], Ret::Int, false),
    row(162, "sock_from_file",                 &[Btf("file")], Ret::BtfOrNull("socket"), false),
    row(163, "check_mtu",                      &[Ctx, Any, FixedInOut(4), Any, Flags], Ret::Int, true),
    row(164, "for_each_map_elem",              &[Map, Func, StackOrNull, Flags], Ret::Int, false),
    row(165, "snprintf",                       &[MemInOutOrNull, SizeOrZero, ConstStr, MemOrNull, SizeOrZero], Ret::Int, true),
    row(166, "sys_bpf",                        &[Any, Mem, Size], Ret::Int, false),
    row(167, "btf_find_by_name_kind",          &[Mem, Size, Any, Flags], Ret::Int, false),
    row(168, "sys_close",                      &[Any], Ret::Int, false),
    row(169, "timer_init",                     &[Timer, Map, Flags], Ret::Int, true),
    row(170, "timer_set_callback",             &[Timer, Func], Ret::Int, true),
    row(171, "timer_start",                    &[Timer, Any, Flags], Ret::Int, true),
    row(172, "timer_cancel",                   &[Timer], Ret::Int, true),
    row(173, "get_func_ip",                    &[Ctx], Ret::Int, true),
    row(174, "get_attach_cookie",              &[Ctx], Ret::Int, false),
    row(175, "task_pt_regs",                   &[Btf("task_struct")], Ret::Btf("pt_regs"), true),
    row(176, "get_branch_snapshot",            &[MemOut, SizeOrZero], Ret::Int, true),
    row(177, "trace_vprintk",                  &[Mem, Size, MemOrNull, SizeOrZero], Ret::Int, true),
    row(178, "skc_to_unix_sock",               &[BtfSock], Ret::BtfOrNull("unix_sock"), false),
    row(179, "kallsyms_lookup_name",           &[Mem, SizeOrZero, Flags, FixedOut(8)], Ret::Int, false),
    row(180, "find_vma",                       &[Btf("task_struct"), Any, Func, StackOrNull, Flags], Ret::Int, false),
    row(181, "loop",                           &[Any, Func, StackOrNull, Flags], Ret::Int, false),
    row(182, "strncmp",                        &[Mem, Size, ConstStr], Ret::Int, false),
    row(183, "get_func_arg",                   &[Ctx, Any, FixedOut(8)], Ret::Int, false),
    row(184, "get_func_ret",                   &[Ctx, FixedOut(8)], Ret::Int, false),
    row(185, "get_func_arg_cnt",               &[Ctx], Ret::Int, false),
    row(186, "get_retval",                     &[], Ret::Int, false),
    row(187, "set_retval",                     &[Any], Ret::Int, false),
    row(188, "xdp_get_buff_len",               &[Ctx], Ret::Int, false),
    row(189, "xdp_load_bytes",                 &[Ctx, Any, MemOut, Size], Ret::Int, false),
    row(190, "xdp_store_bytes",                &[Ctx, Any, Mem, Size], Ret::Int, false),
    row(191, "copy_from_user_task",            &[MemOut, SizeOrZero, Any, Btf("task_struct"), Flags], Ret::Int, true),
    row(192, "skb_set_tstamp",                 &[Ctx, Any, Any], Ret::Int, false),
    row(193, "ima_file_hash",                  &[Btf("file"), MemOut, Size], Ret::Int, false),
    row(194, "kptr_xchg",                      &[KptrDest, OwnedOrNull], Ret::BtfOrNull(""), false),
    row(195, "map_lookup_percpu_elem",         &[Map, Key, Any], Ret::ValueOrNull, false),
    row(196, "skc_to_mptcp_sock",              &[SockCommon], Ret::BtfOrNull("mptcp_sock"), false),
    row(197, "dynptr_from_mem",                &[MemOut, SizeOrZero, Flags, DynptrOut], Ret::Int, false),
    row(198, "ringbuf_reserve_dynptr",         &[Map, Any, Flags, RingbufDynptrOut], Ret::Int, false),
    row(199, "ringbuf_submit_dynptr",          &[RingbufDynptr, Flags], Ret::Void, false),
    row(200, "ringbuf_discard_dynptr",         &[RingbufDynptr, Flags], Ret::Void, false),
    row(201, "dynptr_read",                    &[MemOut, SizeOrZero, Dynptr, Any, Flags], Ret::Int, false),
    row(202, "dynptr_write",                   &[Dynptr, Any, Mem, SizeOrZero, Flags], Ret::Int, false),
    row(203, "dynptr_data",                    &[Dynptr, Any, AllocSize], Ret::DynptrMemOrNull, false),
    row(204, "tcp_raw_gen_syncookie_ipv4",     &[Fixed(20), Mem, SizeOrZero], Ret::Int, true),
    row(205, "tcp_raw_gen_syncookie_ipv6",     &[Fixed(40), Mem, SizeOrZero], Ret::Int, true),
    row(206, "tcp_raw_check_syncookie_ipv4",   &[Fixed(20), Fixed(20)], Ret::Int, true),
    row(207, "tcp_raw_check_syncookie_ipv6",   &[Fixed(40), Fixed(20)], Ret::Int, true),
    row(208, "ktime_get_tai_ns",               &[], Ret::Int, false),
    row(209, "user_ringbuf_drain",             &[Map, Func, StackOrNull, Flags], Ret::Int, false),
    row(210, "cgrp_storage_get",               &[Map, BtfOrNull("cgroup"), ValueOrNull, Flags], Ret::ValueOrNull, false),
    row(211, "cgrp_storage_delete",            &[Map, BtfOrNull("cgroup")], Ret::Int, false),
];
