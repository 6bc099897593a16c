//! Flags and limits of `bpf(2)` and of its helpers, from `include/uapi/linux/bpf.h` and `btf.h` of Linux 6.18.

/// Declares constants and a table of them for the test that compares them with the kernel.
macro_rules! constants {
    ($($(#[$meta:meta])* $name:ident: $type:ty = $value:expr, $kernel:literal;)*) => {
        $($(#[$meta])* pub const $name: $type = $value;)*

        /// Every constant here: the kernel's name and its value.
        pub const NAMED: &[(&str, u64)] = &[$(($kernel, $name as u64),)*];
    };
}
pub(crate) use constants;

constants! {
    /// Update: make or replace.
    ANY: u64 = 0, "BPF_ANY";
    /// Update: only make.
    NOEXIST: u64 = 1, "BPF_NOEXIST";
    /// Update: only replace.
    EXIST: u64 = 2, "BPF_EXIST";
    /// Update and lookup: hold the value's spin lock.
    LOCK: u64 = 4, "BPF_F_LOCK";

    /// Map: hash elements are allocated when needed.
    NO_PREALLOC: u32 = 1 << 0, "BPF_F_NO_PREALLOC";
    /// Map: one LRU list per CPU.
    NO_COMMON_LRU: u32 = 1 << 1, "BPF_F_NO_COMMON_LRU";
    /// Map: allocate on `numa_node`.
    NUMA_NODE: u32 = 1 << 2, "BPF_F_NUMA_NODE";
    /// Map: user space only reads.
    RDONLY: u32 = 1 << 3, "BPF_F_RDONLY";
    /// Map: user space only writes.
    WRONLY: u32 = 1 << 4, "BPF_F_WRONLY";
    /// Map: stack traces hold build ids and offsets.
    STACK_BUILD_ID: u32 = 1 << 5, "BPF_F_STACK_BUILD_ID";
    /// Map: hash seed zero, for tests.
    ZERO_SEED: u32 = 1 << 6, "BPF_F_ZERO_SEED";
    /// Map: programs only read.
    RDONLY_PROG: u32 = 1 << 7, "BPF_F_RDONLY_PROG";
    /// Map: programs only write.
    WRONLY_PROG: u32 = 1 << 8, "BPF_F_WRONLY_PROG";
    /// Map: socket storage is cloned with the socket.
    CLONE: u32 = 1 << 9, "BPF_F_CLONE";
    /// Map: an array that user space can map.
    MMAPABLE: u32 = 1 << 10, "BPF_F_MMAPABLE";
    /// Map: perf events survive the file descriptor that put them in.
    PRESERVE_ELEMS: u32 = 1 << 11, "BPF_F_PRESERVE_ELEMS";
    /// Map: an inner array may differ in size from its template.
    INNER_MAP: u32 = 1 << 12, "BPF_F_INNER_MAP";
    /// Map: struct_ops of this map is attached by a link.
    LINK: u32 = 1 << 13, "BPF_F_LINK";
    /// `path_fd` of pin and get is valid.
    PATH_FD: u32 = 1 << 14, "BPF_F_PATH_FD";
    /// `value_type_btf_obj_fd` is valid.
    VTYPE_BTF_OBJ_FD: u32 = 1 << 15, "BPF_F_VTYPE_BTF_OBJ_FD";
    /// The token field of the command is valid.
    TOKEN_FD: u32 = 1 << 16, "BPF_F_TOKEN_FD";
    /// Arena: a fault in user space is a SEGV.
    SEGV_ON_FAULT: u32 = 1 << 17, "BPF_F_SEGV_ON_FAULT";
    /// Arena: no conversion to user pointers.
    NO_USER_CONV: u32 = 1 << 18, "BPF_F_NO_USER_CONV";

    /// Program: pointers need natural alignment.
    STRICT_ALIGNMENT: u32 = 1 << 0, "BPF_F_STRICT_ALIGNMENT";
    /// Program: any alignment will do.
    ANY_ALIGNMENT: u32 = 1 << 1, "BPF_F_ANY_ALIGNMENT";
    /// Program: randomize upper halves, for tests.
    TEST_RND_HI32: u32 = 1 << 2, "BPF_F_TEST_RND_HI32";
    /// Program: explore states often, for tests.
    TEST_STATE_FREQ: u32 = 1 << 3, "BPF_F_TEST_STATE_FREQ";
    /// Program: may sleep.
    SLEEPABLE: u32 = 1 << 4, "BPF_F_SLEEPABLE";
    /// Program: XDP with fragments.
    XDP_HAS_FRAGS: u32 = 1 << 5, "BPF_F_XDP_HAS_FRAGS";
    /// Program: XDP bound to a device.
    XDP_DEV_BOUND_ONLY: u32 = 1 << 6, "BPF_F_XDP_DEV_BOUND_ONLY";
    /// Program: fail where the verifier finds its own invariants broken.
    TEST_REG_INVARIANTS: u32 = 1 << 7, "BPF_F_TEST_REG_INVARIANTS";

    /// Attach: a program lower in the hierarchy may replace this one.
    ALLOW_OVERRIDE: u32 = 1 << 0, "BPF_F_ALLOW_OVERRIDE";
    /// Attach: many programs at one place.
    ALLOW_MULTI: u32 = 1 << 1, "BPF_F_ALLOW_MULTI";
    /// Attach and link update: replace the program that is given too.
    REPLACE: u32 = 1 << 2, "BPF_F_REPLACE";
    /// Attach: before the program that is given too.
    BEFORE: u32 = 1 << 3, "BPF_F_BEFORE";
    /// Attach: after the program that is given too.
    AFTER: u32 = 1 << 4, "BPF_F_AFTER";
    /// Attach: the other program is given by id.
    ID: u32 = 1 << 5, "BPF_F_ID";
    /// Netfilter: packets in pieces are put together before.
    NETFILTER_IP_DEFRAG: u32 = 1 << 0, "BPF_F_NETFILTER_IP_DEFRAG";
    /// Query: what takes effect here, with what is inherited.
    QUERY_EFFECTIVE: u32 = 1 << 0, "BPF_F_QUERY_EFFECTIVE";

    /// Multi-link: run at the return (kprobe).
    KPROBE_MULTI_RETURN: u32 = 1, "BPF_F_KPROBE_MULTI_RETURN";
    /// Multi-link: run at the return (uprobe).
    UPROBE_MULTI_RETURN: u32 = 1, "BPF_F_UPROBE_MULTI_RETURN";

    /// Helper: the bits that hold an index, or all of them for the current CPU.
    INDEX_MASK: u64 = 0xffff_ffff, "BPF_F_INDEX_MASK";
    /// Helper: the entry of the current CPU.
    CURRENT_CPU: u64 = 0xffff_ffff, "BPF_F_CURRENT_CPU";
    /// `perf_event_output`: how many bytes of the packet follow, shifted by 32.
    CTXLEN_MASK: u64 = 0xf_ffff << 32, "BPF_F_CTXLEN_MASK";
    /// Stack helpers: how many frames to skip.
    SKIP_FIELD_MASK: u64 = 0xff, "BPF_F_SKIP_FIELD_MASK";
    /// Stack helpers: the stack in user space.
    USER_STACK: u64 = 1 << 8, "BPF_F_USER_STACK";
    /// `get_stackid`: compare hashes only.
    FAST_STACK_CMP: u64 = 1 << 9, "BPF_F_FAST_STACK_CMP";
    /// `get_stackid`: on a clash, the new trace wins.
    REUSE_STACKID: u64 = 1 << 10, "BPF_F_REUSE_STACKID";
    /// `get_stack`: build ids and offsets instead of addresses.
    USER_BUILD_ID: u64 = 1 << 11, "BPF_F_USER_BUILD_ID";
    /// `get_branch_snapshot`: only tell the size.
    GET_BRANCH_RECORDS_SIZE: u64 = 1, "BPF_F_GET_BRANCH_RECORDS_SIZE";
    /// `timer_start`: the time is absolute.
    TIMER_ABS: u64 = 1, "BPF_F_TIMER_ABS";
    /// `timer_start`: stay on this CPU.
    TIMER_CPU_PIN: u64 = 2, "BPF_F_TIMER_CPU_PIN";
    /// `redirect_map`: to every entry.
    BROADCAST: u64 = 1 << 3, "BPF_F_BROADCAST";
    /// `redirect_map`: not back where it came from.
    EXCLUDE_INGRESS: u64 = 1 << 4, "BPF_F_EXCLUDE_INGRESS";
    /// `sk_*`: the current network namespace.
    CURRENT_NETNS: u64 = -1_i64 as u64, "BPF_F_CURRENT_NETNS";
    /// `strtol`, string copies: pad with zeros.
    PAD_ZEROS: u64 = 1, "BPF_F_PAD_ZEROS";
    /// `clone_redirect`, `redirect`: to the ingress path.
    INGRESS: u64 = 1, "BPF_F_INGRESS";

    /// Ring buffer: do not wake the reader.
    RB_NO_WAKEUP: u64 = 1, "BPF_RB_NO_WAKEUP";
    /// Ring buffer: wake the reader in any case.
    RB_FORCE_WAKEUP: u64 = 2, "BPF_RB_FORCE_WAKEUP";
    /// `ringbuf_query`: bytes that wait.
    RB_AVAIL_DATA: u64 = 0, "BPF_RB_AVAIL_DATA";
    /// `ringbuf_query`: the size.
    RB_RING_SIZE: u64 = 1, "BPF_RB_RING_SIZE";
    /// `ringbuf_query`: the reader's position.
    RB_CONS_POS: u64 = 2, "BPF_RB_CONS_POS";
    /// `ringbuf_query`: the writers' position.
    RB_PROD_POS: u64 = 3, "BPF_RB_PROD_POS";
    /// Ring buffer header: still being written.
    RINGBUF_BUSY_BIT: u32 = 1 << 31, "BPF_RINGBUF_BUSY_BIT";
    /// Ring buffer header: to be skipped.
    RINGBUF_DISCARD_BIT: u32 = 1 << 30, "BPF_RINGBUF_DISCARD_BIT";
    /// Ring buffer: bytes of a record's header.
    RINGBUF_HDR_SZ: u32 = 8, "BPF_RINGBUF_HDR_SZ";

    /// `BPF_ENABLE_STATS`: count runs and their time.
    STATS_RUN_TIME: u32 = 0, "BPF_STATS_RUN_TIME";

    /// Stack trace with build ids: nothing there.
    STACK_BUILD_ID_EMPTY: u32 = 0, "BPF_STACK_BUILD_ID_EMPTY";
    /// Stack trace with build ids: build id and offset.
    STACK_BUILD_ID_VALID: u32 = 1, "BPF_STACK_BUILD_ID_VALID";
    /// Stack trace with build ids: an address.
    STACK_BUILD_ID_IP: u32 = 2, "BPF_STACK_BUILD_ID_IP";

    /// Test run: on the CPU that is given.
    TEST_RUN_ON_CPU: u32 = 1 << 0, "BPF_F_TEST_RUN_ON_CPU";
    /// Test run: XDP with live frames.
    TEST_XDP_LIVE_FRAMES: u32 = 1 << 1, "BPF_F_TEST_XDP_LIVE_FRAMES";

    /// BTF: a type's number is at most this.
    BTF_MAX_TYPE: u32 = 0xf_ffff, "BTF_MAX_TYPE";
    /// BTF: a name's offset is at most this.
    BTF_MAX_NAME_OFFSET: u32 = 0xff_ffff, "BTF_MAX_NAME_OFFSET";
    /// BTF: a type has at most so many members.
    BTF_MAX_VLEN: u32 = 0xffff, "BTF_MAX_VLEN";
    /// BTF: the kernel loads at most so many bytes.
    BTF_MAX_SIZE: u32 = 16 << 20, "BTF_MAX_SIZE";
}

/// Bytes of an object's name with its closing zero (`BPF_OBJ_NAME_LEN`).
pub const OBJ_NAME_LEN: usize = 16;
/// Bytes of a program's tag (`BPF_TAG_SIZE`).
pub const TAG_SIZE: usize = 8;
/// Bytes of stack of one frame (`MAX_BPF_STACK`).
pub const MAX_STACK: u32 = 512;
/// Instructions of an unprivileged program (`BPF_MAXINSNS`).
pub const MAX_INSNS: u32 = 4096;
/// Instructions that the verifier looks at (`BPF_COMPLEXITY_LIMIT_INSNS`).
pub const COMPLEXITY_LIMIT: u32 = 1_000_000;
/// Maps of one program (`MAX_USED_MAPS`).
pub const MAX_USED_MAPS: u32 = 64;
/// Tail calls in a row (`MAX_TAIL_CALL_CNT`).
pub const MAX_TAIL_CALLS: u32 = 33;
/// Frames of one program (`MAX_CALL_FRAMES`).
pub const MAX_CALL_FRAMES: u32 = 8;
/// Frames of a stack trace (`PERF_MAX_STACK_DEPTH`).
pub const MAX_STACK_DEPTH: u32 = 127;
/// Iterations of `bpf_loop` (`BPF_MAX_LOOPS`).
pub const MAX_LOOPS: u32 = 8 << 20;
/// The largest verifier log that a kernel takes (`UINT_MAX >> 2` since 5.2, `UINT_MAX >> 8` before).
pub const MAX_LOG_SIZE: u32 = u32::MAX >> 2;
/// Verifier log: every instruction of the accepted path (`BPF_LOG_LEVEL1`).
pub const LOG_LEVEL1: u32 = 1;
/// Verifier log: every state that is explored (`BPF_LOG_LEVEL2`).
pub const LOG_LEVEL2: u32 = 2;
/// Verifier log: what it cost (`BPF_LOG_STATS`).
pub const LOG_STATS: u32 = 4;
/// Verifier log: keep the beginning, not the end, of a log that is too long (`BPF_LOG_FIXED`, 6.4).
pub const LOG_FIXED: u32 = 8;
/// XDP: only if there is none (`XDP_FLAGS_UPDATE_IF_NOEXIST`, of `if_link.h` as the others).
pub const XDP_UPDATE_IF_NOEXIST: u32 = 1 << 0;
/// XDP: before the stack (`XDP_FLAGS_SKB_MODE`).
pub const XDP_SKB_MODE: u32 = 1 << 1;
/// XDP: in the driver (`XDP_FLAGS_DRV_MODE`).
pub const XDP_DRV_MODE: u32 = 1 << 2;
/// XDP: in the hardware (`XDP_FLAGS_HW_MODE`).
pub const XDP_HW_MODE: u32 = 1 << 3;
/// XDP: in place of the program that is named too (`XDP_FLAGS_REPLACE`, 5.7).
pub const XDP_REPLACE: u32 = 1 << 4;
