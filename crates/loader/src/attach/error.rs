//! Why a program could not be attached, and what to do.
use osmia_host::BinaryError;
use osmia_host::tracefs::TracefsError;
use osmia_object::ObjectRef;
use osmia_sys::Errno;
use osmia_sys::netlink::NetlinkError;
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
    /// There is no such interface in this network namespace.
    NoInterface(String),
    /// A path that cannot be opened.
    NoFile {
        /// Which.
        path: String,
        /// Why not.
        errno: Errno,
    },
    /// The directory is no cgroup of the unified hierarchy.
    NoCgroup(String),
    /// Something that is named is not there, or something else.
    NoObject {
        /// What it was to be.
        what: &'static str,
        /// How it was named.
        which: ObjectRef,
        /// Why not.
        errno: Errno,
    },
    /// There are several of that name.
    Ambiguous {
        /// What it was to be.
        what: &'static str,
        /// How it was named.
        which: ObjectRef,
        /// How many there are.
        count: usize,
    },
    /// Somebody is there already.
    Taken {
        /// The program's id, where it is known.
        by: Option<u32>,
        /// What to do.
        hint: &'static str,
    },
    /// The kernel is too old for that, or was built without it.
    Lacks {
        /// What.
        what: &'static str,
        /// The version that had it first.
        since: &'static str,
        /// What it said.
        errno: Errno,
    },
    /// The program is for another hook.
    OtherHook(&'static str),
    /// A structure of functions names a program that was not loaded.
    MissingMember(String),
    /// That cannot be, and why.
    Unable(&'static str),
    /// The network configuration refused.
    Netlink {
        /// What was tried.
        step: &'static str,
        /// Why not.
        error: NetlinkError,
    },
    /// The maps by which an object learns of the arguments of probes.
    UsdtMaps(String),
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
    /// Whether the place is not there on this machine, rather than refused: who attaches many programs may leave out those.
    pub const fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::NoTracepoint { .. }
                | Self::NoKprobes
                | Self::NoUprobes
                | Self::NoFunction { .. }
                | Self::NotProbable { .. }
                | Self::NothingFits { .. }
                | Self::Binary(BinaryError::NotFound)
                | Self::NoSymbol { .. }
                | Self::NoUsdt { .. }
                | Self::NoCounter(_)
                | Self::NoTrampolines(_)
                | Self::Lacks { .. }
        )
    }

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

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be attached to {}: {}", self.program, self.place, self.kind)
    }
}

impl std::error::Error for AttachError {}
