//! Why a program could not be attached, and what to do.
use osmia_host::BinaryError;
use osmia_host::tracefs::TracefsError;
use osmia_object::{Attach, ProbeSide, UprobeTarget};
use osmia_sys::Errno;
use std::fmt;

/// Why a program could not be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachError {
    /// The program.
    pub program: String,
    /// Where it was to go, in words.
    pub place: String,
    /// Why not.
    pub kind: AttachErrorKind,
}

/// Why a program could not be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttachErrorKind {
    /// The object does not say where.
    Nowhere,
    /// There is no trace file system.
    Tracefs(TracefsError),
    /// There is no such tracepoint.
    NoTracepoint {
        /// One that is called like it.
        nearest: Option<String>,
    },
    /// The kernel has no kprobes.
    NoKprobes,
    /// The kernel has no uprobes.
    NoUprobes,
    /// There is no such kernel function, or it may not be probed.
    NoFunction {
        /// The function.
        function: String,
        /// One that is called like it.
        nearest: Option<String>,
    },
    /// The kernel keeps this function, or this place in it, from being probed.
    NotProbable {
        /// Why.
        errno: Errno,
    },
    /// No function fits the pattern.
    NothingFits {
        /// The patterns.
        patterns: Vec<String>,
    },
    /// A user file.
    Binary(BinaryError),
    /// The file has no such function.
    NoSymbol {
        /// The function.
        symbol: String,
        /// One that is called like it.
        nearest: Option<String>,
    },
    /// The file's author put no such probe into it.
    NoUsdt {
        /// The probe.
        probe: String,
        /// One that is called like it.
        nearest: Option<String>,
    },
    /// The counter of a probe is farther back in its file than a perf event can say.
    FarSemaphore,
    /// The address is in no part of the file that is loaded.
    NoAddress(u64),
    /// The processor, or the virtual machine, does not count this.
    NoCounter(Errno),
    /// The processor cannot watch this memory.
    NoBreakpoint(Errno),
    /// There is no such process.
    NoProcess(u32),
    /// The kernel cannot put programs at functions by trampoline.
    NoTrampolines(Errno),
    /// A name that no kernel call can take.
    Name(String),
    /// The kernel does not permit it.
    Forbidden {
        /// Why and what to do.
        explanation: Option<String>,
    },
    /// Another refusal.
    Kernel {
        /// What was tried.
        step: &'static str,
        /// Why not.
        errno: Errno,
    },
}

impl AttachErrorKind {
    /// A refusal of a step.
    pub(super) fn refused(step: &'static str, errno: Errno) -> Self {
        match errno {
            Errno::EPERM | Errno::EACCES => {
                Self::Forbidden { explanation: osmia_host::privileges().explanation() }
            }
            errno => Self::Kernel { step, errno },
        }
    }

    /// A function that turning it on by a step refused.
    pub(super) fn of_function(step: &'static str, function: &str, errno: Errno) -> Self {
        match errno {
            Errno::ENOENT | Errno::ESRCH => Self::no_function(function),
            // Some kernels say this of unknown names, too.
            Errno::EINVAL | Errno::EADDRNOTAVAIL if !is_known(function) => Self::no_function(function),
            Errno::EINVAL | Errno::EADDRNOTAVAIL | Errno::EILSEQ => Self::NotProbable { errno },
            errno => Self::refused(step, errno),
        }
    }

    fn no_function(function: &str) -> Self {
        let all = osmia_host::kernel_functions().unwrap_or_default();
        let nearest = osmia_base::nearest(function, all.iter().map(|(name, _)| name.as_str()));
        Self::NoFunction { function: function.to_owned(), nearest: nearest.map(str::to_owned) }
    }
}

/// Whether the kernel has a symbol of that name; a number is the address itself.
fn is_known(function: &str) -> bool {
    function.starts_with("0x") || !osmia_host::addresses_of(&[function.to_owned()]).is_empty()
}

/// Where, in the words of scripts.
pub(super) fn place(to: &Attach) -> String {
    let side = |side: &ProbeSide, entry: &'static str, exit: &'static str| match side {
        ProbeSide::Entry => entry,
        ProbeSide::Return => exit,
    };
    match to {
        Attach::Nowhere => "nowhere".to_owned(),
        Attach::TestRun => "by request".to_owned(),
        Attach::Tracepoint { category, name } => format!("tracepoint:{category}:{name}"),
        Attach::RawTracepoint { name } | Attach::BtfTracepoint { name } => format!("rawtracepoint:{name}"),
        Attach::Kprobe { function, side: s, .. } => format!("{}:{function}", side(s, "kprobe", "kretprobe")),
        Attach::KprobeMulti { functions, side: s } => {
            format!("{}:{}", side(s, "kprobe", "kretprobe"), list(functions))
        }
        Attach::KprobeSession { functions } => format!("kprobe.session:{}", list(functions)),
        Attach::Uprobe { path, target, side: s, .. } => {
            format!("{}:{path}:{}", side(s, "uprobe", "uretprobe"), target_text(target))
        }
        Attach::UprobeMulti { path, targets, side: s, .. } => {
            let targets: Vec<String> = targets.iter().map(target_text).collect();
            format!("{}:{path}:{}", side(s, "uprobe", "uretprobe"), list(&targets))
        }
        Attach::UprobeSession { path, .. } => format!("uprobe.session:{path}"),
        Attach::Usdt { path, provider, name, .. } => format!("usdt:{path}:{provider}:{name}"),
        Attach::PerfEvent { event, .. } => format!("perf event {}:{}", event.kind, event.config),
        Attach::Trampoline { function, side: s, .. } => format!("{}:{function}", side(s, "fentry", "fexit")),
        Attach::ProgramTrampoline { program, function, side: s } => {
            format!("{}:bpf:{program}:{function}", side(s, "fentry", "fexit"))
        }
        Attach::ModifyReturn { function, .. } => format!("fmod_ret:{function}"),
        Attach::Lsm { hook } => format!("lsm:{hook}"),
        Attach::Iterator { target, .. } => format!("iter:{target}"),
        Attach::Breakpoint { address, length, .. } => format!("watchpoint:{address:#x}:{length}"),
        Attach::Syscall { name, side: s } => format!("{}:{name}", side(s, "ksyscall", "kretsyscall")),
    }
}

fn target_text(target: &UprobeTarget) -> String {
    match target {
        UprobeTarget::Symbol { name, offset: 0 } => name.clone(),
        UprobeTarget::Symbol { name, offset } => format!("{name}+{offset}"),
        UprobeTarget::Address(address) => format!("{address:#x}"),
        UprobeTarget::Offset(offset) => format!("offset {offset:#x}"),
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be attached to {}: {}", self.program, self.place, self.kind)
    }
}

impl std::error::Error for AttachError {}

/// `; did you mean …?`, where something is called like it.
struct Nearest<'a>(&'a Option<String>);

impl fmt::Display for Nearest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for AttachErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("the program does not say where it is to be attached"),
            Self::Tracefs(error) => error.fmt(f),
            Self::NoTracepoint { nearest } => write!(f, "this kernel has no such tracepoint{}", Nearest(nearest)),
            Self::NoKprobes => f.write_str(
                "this kernel is built without kprobes (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS); \
                 use a tracepoint instead, or another kernel",
            ),
            Self::NoUprobes => f.write_str(
                "this kernel is built without uprobes (CONFIG_UPROBES, CONFIG_UPROBE_EVENTS); use another kernel",
            ),
            Self::NoFunction { function, nearest } => {
                write!(f, "this kernel has no function `{function}`, or it was inlined everywhere{}", Nearest(nearest))
            }
            Self::NotProbable { errno: Errno::EILSEQ } => f.write_str(
                "Possible attachment attempt in the middle of an instruction, try a different offset.",
            ),
            Self::NotProbable { errno } => write!(
                f,
                "the kernel does not let anybody probe that place ({errno}): the function is on its blocklist, \
                 or not at the start of an instruction, or there are several of that name"
            ),
            Self::NothingFits { patterns } => write!(f, "no kernel function fits {}", patterns.join(", ")),
            Self::Binary(error) => error.fmt(f),
            Self::NoSymbol { symbol, nearest } => write!(
                f,
                "the file has no function `{symbol}`{}; if it was stripped, its debug file is needed",
                Nearest(nearest)
            ),
            Self::NoUsdt { probe, nearest } => {
                write!(f, "the file has no probe `{probe}`{}", Nearest(nearest))
            }
            Self::FarSemaphore => f.write_str(
                "the counter that tells the program that somebody listens is more than 4 GiB behind the start of its \
                 file, and this kernel can say no more",
            ),
            Self::NoAddress(address) => write!(f, "the address {address:#x} is in no loaded part of the file"),
            Self::NoCounter(errno) => write!(
                f,
                "this machine does not count that ({errno}): virtual machines often have no hardware counters; \
                 the software event cpu-clock is always there"
            ),
            Self::NoBreakpoint(Errno::ENOSPC) => f.write_str(
                "all debug registers of the processor are taken: x86 has four; take another watchpoint away",
            ),
            Self::NoBreakpoint(errno) => write!(
                f,
                "the processor does not watch that ({errno}): the address must be a multiple of the length; \
                 x86 watches writes (w), reads and writes (rw), and execution (x) of one instruction; \
                 addresses of the kernel need no -p, those of a process do"
            ),
            Self::NoProcess(pid) => write!(f, "there is no process {pid}"),
            Self::NoTrampolines(errno) => write!(
                f,
                "this kernel cannot put programs at functions by trampoline ({errno}): it needs \
                 CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS; a kprobe at the same function may work"
            ),
            Self::Name(name) => write!(f, "`{name}` has a zero in it"),
            Self::Forbidden { explanation: Some(explanation) } => f.write_str(explanation),
            Self::Forbidden { explanation: None } => f.write_str("the kernel does not permit it"),
            Self::Kernel { step, errno: Errno::EMFILE } => {
                write!(f, "{step} failed: too many open files; raise the limit (`ulimit -n`)")
            }
            Self::Kernel { step, errno } => write!(f, "{step} failed: {errno}"),
        }
    }
}
