//! Refusals in words.
use super::error::AttachErrorKind;
use osmia_object::ObjectRef;
use osmia_sys::Errno;
use std::fmt;

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

/// How something was named.
struct Which<'a>(&'a ObjectRef);

impl fmt::Display for Which<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ObjectRef::Id(id) => write!(f, "{id}"),
            ObjectRef::Pinned(path) => f.write_str(path),
            ObjectRef::Name(name) => write!(f, "`{name}`"),
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
            Self::NoTrampolines(Errno::EBUSY) => f.write_str(
                "nothing can be put at the function by trampoline (EBUSY): this kernel has its types, but the code was inlined \
                 or built without room for the call, or all of the kernel was (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)",
            ),
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
            _ => self.write_outside(f),
        }
    }
}

impl AttachErrorKind {
    /// What is said of places that are no events.
    fn write_outside(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInterface(name) => {
                write!(f, "there is no interface `{name}` here (`ip link` lists them)")
            }
            Self::NoFile { path, errno } => write!(f, "{path} cannot be opened: {errno}"),
            Self::NoCgroup(path) => write!(
                f,
                "{path} is no cgroup of the unified hierarchy (cgroup2), which is mounted at /sys/fs/cgroup or \
                 /sys/fs/cgroup/unified"
            ),
            Self::NoObject { what, which, errno: Errno::ELOOP } => write!(
                f,
                "the {what} {} is not opened: there is a symbolic link on the way to it in a directory that others can \
                 write, so that they could make it lead anywhere; name the place that it leads to",
                Which(which)
            ),
            Self::NoObject { what, which, errno: Errno::EINVAL } => {
                write!(f, "{} is no {what}", Which(which))
            }
            Self::NoObject { what, which, errno } => {
                write!(f, "there is no {what} {}: {errno}", Which(which))
            }
            Self::Ambiguous { what, which, count } => {
                write!(f, "there are {count} {what}s of the name {}; say which by id", Which(which))
            }
            Self::Taken { by: Some(id), hint } => write!(f, "the program {id} is there already: {hint}"),
            Self::Taken { by: None, hint } => f.write_str(hint),
            Self::Lacks { what, since, errno } => {
                write!(f, "this kernel seems to have no {what} ({errno}): they came in Linux {since}")
            }
            Self::MissingMember(name) => {
                write!(f, "it names the program `{name}`, which is not loaded")
            }
            Self::OtherHook(why) | Self::Unable(why) => f.write_str(why),
            Self::Netlink { step, error } => write!(f, "{step} failed: {error}"),
            Self::UsdtMaps(why) => f.write_str(why),
            _ => Ok(()),
        }
    }
}
