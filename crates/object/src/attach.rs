//! Where a program wants to be: plain data, so that it can be printed, sent and carried out elsewhere.
mod hooks;

pub use hooks::{
    Anchor, CgroupOrder, Direction, Hold, NetfilterHook, ObjectRef, Order, OrderSide, Over, Sharing,
    SocketHook, TcFilter, XdpMode,
};
use serde::{Deserialize, Serialize};

/// One place to attach one program to. Patterns (`*`, `?`, `[a-z]`) are expanded by whoever attaches, unless the text
/// says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attach {
    /// Nowhere yet: the object does not say, or osmia does not know the kind.
    #[default]
    Nowhere,
    /// Run once, by request (`BPF_PROG_TEST_RUN`): `begin`, `end`, signals.
    TestRun,
    /// A tracepoint, `category/name`.
    Tracepoint {
        /// Such as `sched`.
        category: String,
        /// Such as `sched_switch`.
        name: String,
    },
    /// Many system calls, at the one tracepoint that all of them pass: `raw_syscalls:sys_enter` or `sys_exit`. The program
    /// tells them apart by their number.
    SystemCalls {
        /// Their tracepoints, such as `sys_enter_openat`.
        names: Vec<String>,
        /// Entry or exit.
        side: ProbeSide,
    },
    /// A raw tracepoint, arguments as the kernel passes them.
    RawTracepoint {
        /// Such as `sched_switch`.
        name: String,
    },
    /// A raw tracepoint whose arguments are typed by BTF (`tp_btf/NAME`).
    BtfTracepoint {
        /// Such as `sched_switch`.
        name: String,
    },
    /// A kernel function, at its entry (plus an offset) or its return.
    Kprobe {
        /// The module it is in, where that was said.
        module: Option<String>,
        /// The function.
        function: String,
        /// Bytes from its start.
        offset: u64,
        /// Entry or return.
        side: ProbeSide,
    },
    /// Many kernel functions with one program: by one `kprobe.multi` link, or one by one where the kernel has none.
    KprobeMulti {
        /// The functions, or patterns for them.
        functions: Vec<String>,
        /// Entry or return.
        side: ProbeSide,
    },
    /// A function of a user program or library.
    Uprobe {
        /// The file.
        path: String,
        /// Where in it.
        target: UprobeTarget,
        /// Only in this process.
        pid: Option<u32>,
        /// Entry or return.
        side: ProbeSide,
    },
    /// Many functions of one file with one program: by one `uprobe_multi` link, or one by one.
    UprobeMulti {
        /// The file.
        path: String,
        /// Where in it.
        targets: Vec<UprobeTarget>,
        /// Only in this process.
        pid: Option<u32>,
        /// Entry or return.
        side: ProbeSide,
    },
    /// A probe that a file's author put in, at all its sites. The program gets the number of the site, from 0, as its
    /// cookie.
    Usdt {
        /// The file.
        path: String,
        /// The namespace.
        provider: String,
        /// The probe.
        name: String,
        /// Only in this process.
        pid: Option<u32>,
        /// Where it stands; none where whoever attaches is to look.
        #[serde(skip)]
        sites: Vec<UsdtSpot>,
    },
    /// A perf event.
    PerfEvent {
        /// What is counted.
        event: PerfEvent,
        /// How often the program runs.
        sample: Sample,
        /// On which processors.
        cpus: Cpus,
        /// Only this process.
        pid: Option<u32>,
    },
    /// A kernel function, by trampoline: `fentry` or `fexit`.
    Trampoline {
        /// The module it is in, where that was said.
        module: Option<String>,
        /// The function.
        function: String,
        /// Entry or return.
        side: ProbeSide,
    },
    /// A BPF program that is loaded, by trampoline.
    ProgramTrampoline {
        /// Its id.
        program: u32,
        /// Which of its functions; a program's own name is that of its first.
        function: String,
        /// Entry or return.
        side: ProbeSide,
    },
    /// A kernel function whose return value the program may replace (`fmod_ret`).
    ModifyReturn {
        /// The module it is in, where that was said.
        module: Option<String>,
        /// The function.
        function: String,
    },
    /// A hook of the security modules (`lsm/NAME`), without its `bpf_lsm_`.
    Lsm {
        /// Such as `file_open`.
        hook: String,
    },
    /// A kernel iterator (`iter/NAME`), without its `bpf_iter_`.
    Iterator {
        /// Such as `task`.
        target: String,
        /// Where the link is to be pinned: a path, or a name in the BPF file system.
        pin: Option<String>,
        /// Of what.
        over: Over,
    },
    /// Whoever touches this memory, by the processor's debug registers.
    Breakpoint {
        /// Where.
        address: u64,
        /// How many bytes: 1, 2, 4 or 8.
        length: u8,
        /// Which accesses.
        access: Access,
        /// Only the threads of this process, and those that it starts.
        pid: Option<u32>,
    },
    /// The kernel function behind a system call (`ksyscall/NAME`): whoever attaches knows the machine's prefix.
    Syscall {
        /// Such as `openat`.
        name: String,
        /// Entry or return.
        side: ProbeSide,
    },
    /// Many kernel functions, at entry and return of each, by one `kprobe.session` link.
    KprobeSession {
        /// The functions, or patterns for them.
        functions: Vec<String>,
    },
    /// Many functions of one file, at entry and return of each, by one `uprobe.session` link.
    UprobeSession {
        /// The file.
        path: String,
        /// Where in it.
        targets: Vec<UprobeTarget>,
        /// Only in this process.
        pid: Option<u32>,
    },
    /// A function of a loaded program, in the place of which this one runs (`freplace`).
    Replace {
        /// The program's id.
        program: u32,
        /// Which of its functions; a program's own name is that of its first.
        function: String,
    },
    /// An interface, before anything else sees its packets.
    Xdp {
        /// The interface.
        interface: String,
        /// Where on the way.
        mode: XdpMode,
        /// What holds it.
        hold: Hold,
    },
    /// An interface, by a filter of the classic traffic control.
    Tc(TcFilter),
    /// An interface, in a list of programs (`tcx`, 6.6).
    Tcx {
        /// The interface.
        interface: String,
        /// Packets that come in or that go out.
        direction: Direction,
        /// Where in the list.
        order: Order,
        /// What holds it.
        hold: Hold,
    },
    /// One end of a netkit pair (6.7); the program was loaded for one.
    Netkit {
        /// The primary end.
        interface: String,
        /// Where in the list.
        order: Order,
        /// What holds it.
        hold: Hold,
    },
    /// A hook of netfilter (6.4).
    Netfilter(NetfilterHook),
    /// A cgroup, and those below it; the program was loaded for one of its hooks.
    Cgroup {
        /// Its directory.
        path: String,
        /// Where among others; counts from 6.17 on.
        order: Order,
        /// What holds it.
        hold: Hold,
    },
    /// A network namespace: socket lookup, flow dissector.
    Netns {
        /// Its file, such as `/run/netns/NAME`; our own where none is named.
        path: Option<String>,
        /// What holds it.
        hold: Hold,
    },
    /// The sockets of a map.
    Sockmap {
        /// The map.
        map: ObjectRef,
        /// What holds it.
        hold: Hold,
    },
    /// An infrared receiver.
    Lirc {
        /// Its device, such as `/dev/lirc0`.
        device: String,
    },
    /// A socket of a process.
    Socket {
        /// The process.
        pid: u32,
        /// The descriptor's number in it.
        fd: u32,
        /// What the program does there.
        hook: SocketHook,
    },
}

impl Attach {
    /// At how many places the program runs.
    pub const fn places(&self) -> usize {
        match self {
            Self::KprobeMulti { functions, .. } | Self::KprobeSession { functions } => functions.len(),
            Self::SystemCalls { names, .. } => names.len(),
            Self::UprobeMulti { targets, .. } | Self::UprobeSession { targets, .. } => targets.len(),
            _ => 1,
        }
    }

    /// Whether a program can ask there what was said when it was attached (`bpf_get_attach_cookie`, `bpf_usdt_cookie`).
    pub const fn takes_cookie(&self) -> bool {
        matches!(
            self,
            Self::Tracepoint { .. }
                | Self::RawTracepoint { .. }
                | Self::BtfTracepoint { .. }
                | Self::PerfEvent { .. }
                | Self::Breakpoint { .. }
                | Self::Kprobe { .. }
                | Self::KprobeMulti { .. }
                | Self::KprobeSession { .. }
                | Self::Syscall { .. }
                | Self::Uprobe { .. }
                | Self::UprobeMulti { .. }
                | Self::UprobeSession { .. }
                | Self::Usdt { .. }
                | Self::Trampoline { .. }
                | Self::ProgramTrampoline { .. }
                | Self::ModifyReturn { .. }
                | Self::Lsm { .. }
        )
    }
}

/// Accesses to memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Reads.
    pub read: bool,
    /// Writes.
    pub write: bool,
    /// Execution.
    pub execute: bool,
}

/// Entry or return of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ProbeSide {
    /// Before its first instruction.
    Entry,
    /// After it has returned.
    Return,
}

/// A place in a user file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UprobeTarget {
    /// A symbol, plus bytes.
    Symbol {
        /// The symbol.
        name: String,
        /// Bytes from its start.
        offset: u64,
    },
    /// A virtual address of the file, as `nm` prints it.
    Address(u64),
    /// An offset in the file.
    Offset(u64),
}

/// Where a probe that a file's author put in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsdtSpot {
    /// The offset in the file.
    pub offset: u64,
    /// The offset in the file of the counter by which the program knows whether somebody listens.
    pub semaphore: Option<u64>,
}

/// What a perf event counts (`perf_event_attr.type` and `.config`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerfEvent {
    /// `PERF_TYPE_*`.
    pub kind: u32,
    /// What of that type.
    pub config: u64,
}

/// How often a perf event fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sample {
    /// Once in so many events (nanoseconds for the clocks).
    Period(u64),
    /// So many times a second.
    Frequency(u64),
}

/// On which processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cpus {
    /// All that are online.
    All,
    /// The first that is online.
    One,
}
