//! Kinds of maps, programs, attachments and links, and the commands of `bpf(2)`.
//! From `include/uapi/linux/bpf.h` as Linux 6.18's own BTF has it (`cargo xtask gen`), and what was added since as libbpf
//! 1.8's copy of it has it.

/// Declares an enum of kernel numbers: variant, number, the name that libbpf and bpftool print, the kernel's constant.
macro_rules! kinds {
    ($(#[$meta:meta])* pub enum $name:ident { $($variant:ident = $value:literal, $text:literal, $constant:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        #[expect(missing_docs, reason = "the names are the kernel's own")]
        pub enum $name { $($variant = $value,)* }

        impl $name {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The one with this number, if it is known.
            pub const fn from_raw(number: u32) -> Option<Self> {
                match number { $($value => Some(Self::$variant),)* _ => None }
            }

            /// Its number.
            pub const fn raw(self) -> u32 { self as u32 }

            /// Its name in small letters, as libbpf and bpftool print it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The kernel's constant.
            pub const fn constant(self) -> &'static str {
                match self { $(Self::$variant => $constant,)* }
            }

            /// The one with this name in small letters.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }
    };
}

kinds! {
    /// A command of `bpf(2)`; `enum bpf_cmd`.
    pub enum Command {
        MapCreate = 0, "map_create", "BPF_MAP_CREATE";
        MapLookupElem = 1, "map_lookup_elem", "BPF_MAP_LOOKUP_ELEM";
        MapUpdateElem = 2, "map_update_elem", "BPF_MAP_UPDATE_ELEM";
        MapDeleteElem = 3, "map_delete_elem", "BPF_MAP_DELETE_ELEM";
        MapGetNextKey = 4, "map_get_next_key", "BPF_MAP_GET_NEXT_KEY";
        ProgLoad = 5, "prog_load", "BPF_PROG_LOAD";
        ObjPin = 6, "obj_pin", "BPF_OBJ_PIN";
        ObjGet = 7, "obj_get", "BPF_OBJ_GET";
        ProgAttach = 8, "prog_attach", "BPF_PROG_ATTACH";
        ProgDetach = 9, "prog_detach", "BPF_PROG_DETACH";
        ProgTestRun = 10, "prog_test_run", "BPF_PROG_TEST_RUN";
        ProgGetNextId = 11, "prog_get_next_id", "BPF_PROG_GET_NEXT_ID";
        MapGetNextId = 12, "map_get_next_id", "BPF_MAP_GET_NEXT_ID";
        ProgGetFdById = 13, "prog_get_fd_by_id", "BPF_PROG_GET_FD_BY_ID";
        MapGetFdById = 14, "map_get_fd_by_id", "BPF_MAP_GET_FD_BY_ID";
        ObjGetInfoByFd = 15, "obj_get_info_by_fd", "BPF_OBJ_GET_INFO_BY_FD";
        ProgQuery = 16, "prog_query", "BPF_PROG_QUERY";
        RawTracepointOpen = 17, "raw_tracepoint_open", "BPF_RAW_TRACEPOINT_OPEN";
        BtfLoad = 18, "btf_load", "BPF_BTF_LOAD";
        BtfGetFdById = 19, "btf_get_fd_by_id", "BPF_BTF_GET_FD_BY_ID";
        TaskFdQuery = 20, "task_fd_query", "BPF_TASK_FD_QUERY";
        MapLookupAndDeleteElem = 21, "map_lookup_and_delete_elem", "BPF_MAP_LOOKUP_AND_DELETE_ELEM";
        MapFreeze = 22, "map_freeze", "BPF_MAP_FREEZE";
        BtfGetNextId = 23, "btf_get_next_id", "BPF_BTF_GET_NEXT_ID";
        MapLookupBatch = 24, "map_lookup_batch", "BPF_MAP_LOOKUP_BATCH";
        MapLookupAndDeleteBatch = 25, "map_lookup_and_delete_batch", "BPF_MAP_LOOKUP_AND_DELETE_BATCH";
        MapUpdateBatch = 26, "map_update_batch", "BPF_MAP_UPDATE_BATCH";
        MapDeleteBatch = 27, "map_delete_batch", "BPF_MAP_DELETE_BATCH";
        LinkCreate = 28, "link_create", "BPF_LINK_CREATE";
        LinkUpdate = 29, "link_update", "BPF_LINK_UPDATE";
        LinkGetFdById = 30, "link_get_fd_by_id", "BPF_LINK_GET_FD_BY_ID";
        LinkGetNextId = 31, "link_get_next_id", "BPF_LINK_GET_NEXT_ID";
        EnableStats = 32, "enable_stats", "BPF_ENABLE_STATS";
        IterCreate = 33, "iter_create", "BPF_ITER_CREATE";
        LinkDetach = 34, "link_detach", "BPF_LINK_DETACH";
        ProgBindMap = 35, "prog_bind_map", "BPF_PROG_BIND_MAP";
        TokenCreate = 36, "token_create", "BPF_TOKEN_CREATE";
        ProgStreamReadByFd = 37, "prog_stream_read_by_fd", "BPF_PROG_STREAM_READ_BY_FD";
    }
}

kinds! {
    /// A kind of map; `enum bpf_map_type`.
    pub enum MapType {
        Unspec = 0, "unspec", "BPF_MAP_TYPE_UNSPEC";
        Hash = 1, "hash", "BPF_MAP_TYPE_HASH";
        Array = 2, "array", "BPF_MAP_TYPE_ARRAY";
        ProgArray = 3, "prog_array", "BPF_MAP_TYPE_PROG_ARRAY";
        PerfEventArray = 4, "perf_event_array", "BPF_MAP_TYPE_PERF_EVENT_ARRAY";
        PercpuHash = 5, "percpu_hash", "BPF_MAP_TYPE_PERCPU_HASH";
        PercpuArray = 6, "percpu_array", "BPF_MAP_TYPE_PERCPU_ARRAY";
        StackTrace = 7, "stack_trace", "BPF_MAP_TYPE_STACK_TRACE";
        CgroupArray = 8, "cgroup_array", "BPF_MAP_TYPE_CGROUP_ARRAY";
        LruHash = 9, "lru_hash", "BPF_MAP_TYPE_LRU_HASH";
        LruPercpuHash = 10, "lru_percpu_hash", "BPF_MAP_TYPE_LRU_PERCPU_HASH";
        LpmTrie = 11, "lpm_trie", "BPF_MAP_TYPE_LPM_TRIE";
        ArrayOfMaps = 12, "array_of_maps", "BPF_MAP_TYPE_ARRAY_OF_MAPS";
        HashOfMaps = 13, "hash_of_maps", "BPF_MAP_TYPE_HASH_OF_MAPS";
        Devmap = 14, "devmap", "BPF_MAP_TYPE_DEVMAP";
        Sockmap = 15, "sockmap", "BPF_MAP_TYPE_SOCKMAP";
        Cpumap = 16, "cpumap", "BPF_MAP_TYPE_CPUMAP";
        Xskmap = 17, "xskmap", "BPF_MAP_TYPE_XSKMAP";
        Sockhash = 18, "sockhash", "BPF_MAP_TYPE_SOCKHASH";
        CgroupStorage = 19, "cgroup_storage", "BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED";
        ReuseportSockarray = 20, "reuseport_sockarray", "BPF_MAP_TYPE_REUSEPORT_SOCKARRAY";
        PercpuCgroupStorage = 21, "percpu_cgroup_storage", "BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED";
        Queue = 22, "queue", "BPF_MAP_TYPE_QUEUE";
        Stack = 23, "stack", "BPF_MAP_TYPE_STACK";
        SkStorage = 24, "sk_storage", "BPF_MAP_TYPE_SK_STORAGE";
        DevmapHash = 25, "devmap_hash", "BPF_MAP_TYPE_DEVMAP_HASH";
        StructOps = 26, "struct_ops", "BPF_MAP_TYPE_STRUCT_OPS";
        Ringbuf = 27, "ringbuf", "BPF_MAP_TYPE_RINGBUF";
        InodeStorage = 28, "inode_storage", "BPF_MAP_TYPE_INODE_STORAGE";
        TaskStorage = 29, "task_storage", "BPF_MAP_TYPE_TASK_STORAGE";
        BloomFilter = 30, "bloom_filter", "BPF_MAP_TYPE_BLOOM_FILTER";
        UserRingbuf = 31, "user_ringbuf", "BPF_MAP_TYPE_USER_RINGBUF";
        CgrpStorage = 32, "cgrp_storage", "BPF_MAP_TYPE_CGRP_STORAGE";
        Arena = 33, "arena", "BPF_MAP_TYPE_ARENA";
        InsnArray = 34, "insn_array", "BPF_MAP_TYPE_INSN_ARRAY";
        Rhash = 35, "rhash", "BPF_MAP_TYPE_RHASH";
    }
}

kinds! {
    /// A kind of program; `enum bpf_prog_type`.
    pub enum ProgramType {
        Unspec = 0, "unspec", "BPF_PROG_TYPE_UNSPEC";
        SocketFilter = 1, "socket_filter", "BPF_PROG_TYPE_SOCKET_FILTER";
        Kprobe = 2, "kprobe", "BPF_PROG_TYPE_KPROBE";
        SchedCls = 3, "sched_cls", "BPF_PROG_TYPE_SCHED_CLS";
        SchedAct = 4, "sched_act", "BPF_PROG_TYPE_SCHED_ACT";
        Tracepoint = 5, "tracepoint", "BPF_PROG_TYPE_TRACEPOINT";
        Xdp = 6, "xdp", "BPF_PROG_TYPE_XDP";
        PerfEvent = 7, "perf_event", "BPF_PROG_TYPE_PERF_EVENT";
        CgroupSkb = 8, "cgroup_skb", "BPF_PROG_TYPE_CGROUP_SKB";
        CgroupSock = 9, "cgroup_sock", "BPF_PROG_TYPE_CGROUP_SOCK";
        LwtIn = 10, "lwt_in", "BPF_PROG_TYPE_LWT_IN";
        LwtOut = 11, "lwt_out", "BPF_PROG_TYPE_LWT_OUT";
        LwtXmit = 12, "lwt_xmit", "BPF_PROG_TYPE_LWT_XMIT";
        SockOps = 13, "sock_ops", "BPF_PROG_TYPE_SOCK_OPS";
        SkSkb = 14, "sk_skb", "BPF_PROG_TYPE_SK_SKB";
        CgroupDevice = 15, "cgroup_device", "BPF_PROG_TYPE_CGROUP_DEVICE";
        SkMsg = 16, "sk_msg", "BPF_PROG_TYPE_SK_MSG";
        RawTracepoint = 17, "raw_tracepoint", "BPF_PROG_TYPE_RAW_TRACEPOINT";
        CgroupSockAddr = 18, "cgroup_sock_addr", "BPF_PROG_TYPE_CGROUP_SOCK_ADDR";
        LwtSeg6local = 19, "lwt_seg6local", "BPF_PROG_TYPE_LWT_SEG6LOCAL";
        LircMode2 = 20, "lirc_mode2", "BPF_PROG_TYPE_LIRC_MODE2";
        SkReuseport = 21, "sk_reuseport", "BPF_PROG_TYPE_SK_REUSEPORT";
        FlowDissector = 22, "flow_dissector", "BPF_PROG_TYPE_FLOW_DISSECTOR";
        CgroupSysctl = 23, "cgroup_sysctl", "BPF_PROG_TYPE_CGROUP_SYSCTL";
        RawTracepointWritable = 24, "raw_tracepoint_writable", "BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE";
        CgroupSockopt = 25, "cgroup_sockopt", "BPF_PROG_TYPE_CGROUP_SOCKOPT";
        Tracing = 26, "tracing", "BPF_PROG_TYPE_TRACING";
        StructOps = 27, "struct_ops", "BPF_PROG_TYPE_STRUCT_OPS";
        Ext = 28, "ext", "BPF_PROG_TYPE_EXT";
        Lsm = 29, "lsm", "BPF_PROG_TYPE_LSM";
        SkLookup = 30, "sk_lookup", "BPF_PROG_TYPE_SK_LOOKUP";
        Syscall = 31, "syscall", "BPF_PROG_TYPE_SYSCALL";
        Netfilter = 32, "netfilter", "BPF_PROG_TYPE_NETFILTER";
    }
}

kinds! {
    /// A kind of attachment; `enum bpf_attach_type`.
    pub enum AttachType {
        CgroupInetIngress = 0, "cgroup_inet_ingress", "BPF_CGROUP_INET_INGRESS";
        CgroupInetEgress = 1, "cgroup_inet_egress", "BPF_CGROUP_INET_EGRESS";
        CgroupInetSockCreate = 2, "cgroup_inet_sock_create", "BPF_CGROUP_INET_SOCK_CREATE";
        CgroupSockOps = 3, "cgroup_sock_ops", "BPF_CGROUP_SOCK_OPS";
        SkSkbStreamParser = 4, "sk_skb_stream_parser", "BPF_SK_SKB_STREAM_PARSER";
        SkSkbStreamVerdict = 5, "sk_skb_stream_verdict", "BPF_SK_SKB_STREAM_VERDICT";
        CgroupDevice = 6, "cgroup_device", "BPF_CGROUP_DEVICE";
        SkMsgVerdict = 7, "sk_msg_verdict", "BPF_SK_MSG_VERDICT";
        CgroupInet4Bind = 8, "cgroup_inet4_bind", "BPF_CGROUP_INET4_BIND";
        CgroupInet6Bind = 9, "cgroup_inet6_bind", "BPF_CGROUP_INET6_BIND";
        CgroupInet4Connect = 10, "cgroup_inet4_connect", "BPF_CGROUP_INET4_CONNECT";
        CgroupInet6Connect = 11, "cgroup_inet6_connect", "BPF_CGROUP_INET6_CONNECT";
        CgroupInet4PostBind = 12, "cgroup_inet4_post_bind", "BPF_CGROUP_INET4_POST_BIND";
        CgroupInet6PostBind = 13, "cgroup_inet6_post_bind", "BPF_CGROUP_INET6_POST_BIND";
        CgroupUdp4Sendmsg = 14, "cgroup_udp4_sendmsg", "BPF_CGROUP_UDP4_SENDMSG";
        CgroupUdp6Sendmsg = 15, "cgroup_udp6_sendmsg", "BPF_CGROUP_UDP6_SENDMSG";
        LircMode2 = 16, "lirc_mode2", "BPF_LIRC_MODE2";
        FlowDissector = 17, "flow_dissector", "BPF_FLOW_DISSECTOR";
        CgroupSysctl = 18, "cgroup_sysctl", "BPF_CGROUP_SYSCTL";
        CgroupUdp4Recvmsg = 19, "cgroup_udp4_recvmsg", "BPF_CGROUP_UDP4_RECVMSG";
        CgroupUdp6Recvmsg = 20, "cgroup_udp6_recvmsg", "BPF_CGROUP_UDP6_RECVMSG";
        CgroupGetsockopt = 21, "cgroup_getsockopt", "BPF_CGROUP_GETSOCKOPT";
        CgroupSetsockopt = 22, "cgroup_setsockopt", "BPF_CGROUP_SETSOCKOPT";
        TraceRawTp = 23, "trace_raw_tp", "BPF_TRACE_RAW_TP";
        TraceFentry = 24, "trace_fentry", "BPF_TRACE_FENTRY";
        TraceFexit = 25, "trace_fexit", "BPF_TRACE_FEXIT";
        ModifyReturn = 26, "modify_return", "BPF_MODIFY_RETURN";
        LsmMac = 27, "lsm_mac", "BPF_LSM_MAC";
        TraceIter = 28, "trace_iter", "BPF_TRACE_ITER";
        CgroupInet4Getpeername = 29, "cgroup_inet4_getpeername", "BPF_CGROUP_INET4_GETPEERNAME";
        CgroupInet6Getpeername = 30, "cgroup_inet6_getpeername", "BPF_CGROUP_INET6_GETPEERNAME";
        CgroupInet4Getsockname = 31, "cgroup_inet4_getsockname", "BPF_CGROUP_INET4_GETSOCKNAME";
        CgroupInet6Getsockname = 32, "cgroup_inet6_getsockname", "BPF_CGROUP_INET6_GETSOCKNAME";
        XdpDevmap = 33, "xdp_devmap", "BPF_XDP_DEVMAP";
        CgroupInetSockRelease = 34, "cgroup_inet_sock_release", "BPF_CGROUP_INET_SOCK_RELEASE";
        XdpCpumap = 35, "xdp_cpumap", "BPF_XDP_CPUMAP";
        SkLookup = 36, "sk_lookup", "BPF_SK_LOOKUP";
        Xdp = 37, "xdp", "BPF_XDP";
        SkSkbVerdict = 38, "sk_skb_verdict", "BPF_SK_SKB_VERDICT";
        SkReuseportSelect = 39, "sk_reuseport_select", "BPF_SK_REUSEPORT_SELECT";
        SkReuseportSelectOrMigrate = 40, "sk_reuseport_select_or_migrate", "BPF_SK_REUSEPORT_SELECT_OR_MIGRATE";
        PerfEvent = 41, "perf_event", "BPF_PERF_EVENT";
        TraceKprobeMulti = 42, "trace_kprobe_multi", "BPF_TRACE_KPROBE_MULTI";
        LsmCgroup = 43, "lsm_cgroup", "BPF_LSM_CGROUP";
        StructOps = 44, "struct_ops", "BPF_STRUCT_OPS";
        Netfilter = 45, "netfilter", "BPF_NETFILTER";
        TcxIngress = 46, "tcx_ingress", "BPF_TCX_INGRESS";
        TcxEgress = 47, "tcx_egress", "BPF_TCX_EGRESS";
        TraceUprobeMulti = 48, "trace_uprobe_multi", "BPF_TRACE_UPROBE_MULTI";
        CgroupUnixConnect = 49, "cgroup_unix_connect", "BPF_CGROUP_UNIX_CONNECT";
        CgroupUnixSendmsg = 50, "cgroup_unix_sendmsg", "BPF_CGROUP_UNIX_SENDMSG";
        CgroupUnixRecvmsg = 51, "cgroup_unix_recvmsg", "BPF_CGROUP_UNIX_RECVMSG";
        CgroupUnixGetpeername = 52, "cgroup_unix_getpeername", "BPF_CGROUP_UNIX_GETPEERNAME";
        CgroupUnixGetsockname = 53, "cgroup_unix_getsockname", "BPF_CGROUP_UNIX_GETSOCKNAME";
        NetkitPrimary = 54, "netkit_primary", "BPF_NETKIT_PRIMARY";
        NetkitPeer = 55, "netkit_peer", "BPF_NETKIT_PEER";
        TraceKprobeSession = 56, "trace_kprobe_session", "BPF_TRACE_KPROBE_SESSION";
        TraceUprobeSession = 57, "trace_uprobe_session", "BPF_TRACE_UPROBE_SESSION";
        TraceFsession = 58, "trace_fsession", "BPF_TRACE_FSESSION";
        TraceFentryMulti = 59, "trace_fentry_multi", "BPF_TRACE_FENTRY_MULTI";
        TraceFexitMulti = 60, "trace_fexit_multi", "BPF_TRACE_FEXIT_MULTI";
        TraceFsessionMulti = 61, "trace_fsession_multi", "BPF_TRACE_FSESSION_MULTI";
    }
}

kinds! {
    /// A kind of link; `enum bpf_link_type`.
    pub enum LinkType {
        Unspec = 0, "unspec", "BPF_LINK_TYPE_UNSPEC";
        RawTracepoint = 1, "raw_tracepoint", "BPF_LINK_TYPE_RAW_TRACEPOINT";
        Tracing = 2, "tracing", "BPF_LINK_TYPE_TRACING";
        Cgroup = 3, "cgroup", "BPF_LINK_TYPE_CGROUP";
        Iter = 4, "iter", "BPF_LINK_TYPE_ITER";
        Netns = 5, "netns", "BPF_LINK_TYPE_NETNS";
        Xdp = 6, "xdp", "BPF_LINK_TYPE_XDP";
        PerfEvent = 7, "perf_event", "BPF_LINK_TYPE_PERF_EVENT";
        KprobeMulti = 8, "kprobe_multi", "BPF_LINK_TYPE_KPROBE_MULTI";
        StructOps = 9, "struct_ops", "BPF_LINK_TYPE_STRUCT_OPS";
        Netfilter = 10, "netfilter", "BPF_LINK_TYPE_NETFILTER";
        Tcx = 11, "tcx", "BPF_LINK_TYPE_TCX";
        UprobeMulti = 12, "uprobe_multi", "BPF_LINK_TYPE_UPROBE_MULTI";
        Netkit = 13, "netkit", "BPF_LINK_TYPE_NETKIT";
        Sockmap = 14, "sockmap", "BPF_LINK_TYPE_SOCKMAP";
        TracingMulti = 15, "tracing_multi", "BPF_LINK_TYPE_TRACING_MULTI";
    }
}

impl MapType {
    /// Whether its keys are places from 0 on, of four bytes, which are there for ever.
    pub const fn is_array(self) -> bool {
        matches!(
            self,
            Self::Array
                | Self::ArrayOfMaps
                | Self::CgroupArray
                | Self::Cpumap
                | Self::Devmap
                | Self::PercpuArray
                | Self::PerfEventArray
                | Self::ProgArray
                | Self::ReuseportSockarray
                | Self::Sockmap
                | Self::Xskmap
        )
    }
}
