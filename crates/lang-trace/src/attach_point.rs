//! Attach points: from their text to data, and from patterns to the probes that a machine has.
use crate::probes::{Counter, Provider};
use osmia_base::Span;

/// An attach point, taken apart. Names may still be patterns (`*`, `?`, `[ab]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachPoint {
    /// What kind of probe.
    pub provider: Provider,
    /// Where.
    pub place: Point,
    /// Where it was written.
    pub span: Span,
}

/// Where a probe is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// `begin`, `end`: nowhere else.
    Once,
    /// `self:signal:NAME`.
    Signal(String),
    /// `test:NAME`, `bench:NAME`.
    Named(String),
    /// kprobe, kretprobe, fentry, fexit.
    KernelFunction {
        /// The module it is in, where that was said; `vmlinux` is the kernel itself.
        module: Option<String>,
        /// The function.
        function: String,
        /// Bytes from its start; kprobe only.
        offset: u64,
    },
    /// `kprobe:0xffff…`.
    KernelAddress(u64),
    /// `fentry:bpf[:ID]:NAME`.
    BpfProgram {
        /// Its id, where that was said.
        id: Option<u32>,
        /// Its name.
        name: String,
    },
    /// `tracepoint:CATEGORY:NAME`.
    Tracepoint {
        /// Such as `sched`.
        category: String,
        /// Such as `sched_switch`.
        name: String,
    },
    /// `rawtracepoint:[MODULE:]NAME`.
    RawTracepoint {
        /// The module it is in, where that was said.
        module: Option<String>,
        /// Such as `sched_switch`.
        name: String,
    },
    /// uprobe, uretprobe.
    UserFunction {
        /// The file as written; `None` where `-p` says it.
        path: Option<String>,
        /// Where in it.
        place: UserPlace,
    },
    /// `usdt:PATH:[NAMESPACE:]NAME`.
    Usdt {
        /// The file as written; `None` where `-p` says it.
        path: Option<String>,
        /// The namespace, where that was said.
        namespace: Option<String>,
        /// The probe.
        name: String,
    },
    /// profile, interval.
    Timer(Every),
    /// software, hardware.
    Counter {
        /// Which.
        event: &'static Counter,
        /// The program runs once in so many events.
        period: u64,
    },
    /// `watchpoint:ADDRESS:LENGTH:MODE`.
    Watchpoint {
        /// Where.
        address: u64,
        /// 1, 2, 4 or 8 bytes.
        length: u8,
        /// Which accesses.
        access: Access,
    },
    /// `iter:NAME[:PIN]`.
    Iterator {
        /// Such as `task`.
        name: String,
        /// Where it is to be pinned, as written.
        pin: Option<String>,
    },
}

/// A place in a user file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserPlace {
    /// A symbol, plus bytes.
    Symbol {
        /// The symbol, or a pattern.
        name: String,
        /// Bytes from its start.
        offset: u64,
        /// Whether it is a C++ name as people write it (`cpp:`).
        mangled: Mangled,
    },
    /// A virtual address.
    Address(u64),
    /// A line of its source.
    Line {
        /// The source file.
        file: String,
        /// The line, from 1.
        line: u32,
        /// The column, from 1.
        column: Option<u32>,
    },
}

/// How a symbol's name is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mangled {
    /// As the symbol table has it.
    #[default]
    AsIs,
    /// As C++ programmers write it.
    Cpp,
}

/// How often a timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// So many times a second.
    Hertz(u64),
    /// Once in so many nanoseconds.
    Nanoseconds(u64),
}

/// Which accesses a watchpoint reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Reads.
    pub read: bool,
    /// Writes.
    pub write: bool,
    /// Execution.
    pub execute: bool,
}
