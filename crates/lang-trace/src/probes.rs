//! What kinds of probes there are, what they are called, and how they are written: all as tables.

use osmia_abi::ProgramType;
use osmia_btf::{Btf, TypeId};

/// The kernel function that gives a task by its process id; not all kinds of programs may call it.
pub(crate) const TASK_FROM_PID: &str = "bpf_task_from_pid";

/// A kind of probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "the names are bpftrace's own")]
pub enum Provider {
    Begin,
    End,
    /// `self:signal:NAME`
    Own,
    Test,
    Bench,
    Kprobe,
    Kretprobe,
    Fentry,
    Fexit,
    Tracepoint,
    RawTracepoint,
    Uprobe,
    Uretprobe,
    Usdt,
    Profile,
    Interval,
    Software,
    Hardware,
    Watchpoint,
    Iter,
}

/// What there is to say about a kind of probe.
#[derive(Debug)]
pub struct ProviderInfo {
    /// Which.
    pub provider: Provider,
    /// Its canonical name.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// How an attach point of it is written.
    pub syntax: &'static str,
}

const fn row(
    provider: Provider,
    name: &'static str,
    aliases: &'static [&'static str],
    syntax: &'static str,
) -> ProviderInfo {
    ProviderInfo { provider, name, aliases, syntax }
}

/// All kinds of probes, in the order of [`Provider`].
pub static PROVIDERS: [ProviderInfo; 20] = [
    row(Provider::Begin, "begin", &[], "begin"),
    row(Provider::End, "end", &[], "end"),
    row(Provider::Own, "self", &[], "self:signal:SIGNAL"),
    row(Provider::Test, "test", &[], "test:NAME"),
    row(Provider::Bench, "bench", &[], "bench:NAME"),
    row(Provider::Kprobe, "kprobe", &["k"], "kprobe:[MODULE:]FUNCTION[+OFFSET]"),
    row(Provider::Kretprobe, "kretprobe", &["kr"], "kretprobe:[MODULE:]FUNCTION"),
    row(Provider::Fentry, "fentry", &["f", "kfunc"], "fentry:[MODULE:]FUNCTION"),
    row(Provider::Fexit, "fexit", &["fr", "kretfunc"], "fexit:[MODULE:]FUNCTION"),
    row(Provider::Tracepoint, "tracepoint", &["t"], "tracepoint:CATEGORY:NAME"),
    row(Provider::RawTracepoint, "rawtracepoint", &["rt"], "rawtracepoint:[MODULE:]NAME"),
    row(Provider::Uprobe, "uprobe", &["u"], "uprobe:FILE:FUNCTION[+OFFSET]"),
    row(Provider::Uretprobe, "uretprobe", &["ur"], "uretprobe:FILE:FUNCTION"),
    row(Provider::Usdt, "usdt", &["U"], "usdt:FILE:[NAMESPACE:]NAME"),
    row(Provider::Profile, "profile", &["p"], "profile:hz|s|ms|us:COUNT or profile:DURATION"),
    row(Provider::Interval, "interval", &["i"], "interval:hz|s|ms|us:COUNT or interval:DURATION"),
    row(Provider::Software, "software", &["s"], "software:EVENT[:COUNT]"),
    row(Provider::Hardware, "hardware", &["h"], "hardware:EVENT[:COUNT]"),
    row(Provider::Watchpoint, "watchpoint", &["w"], "watchpoint:ADDRESS:LENGTH:MODE"),
    row(Provider::Iter, "iter", &["it"], "iter:NAME[:PIN]"),
];

impl Provider {
    /// What there is to say about it.
    pub fn info(self) -> &'static ProviderInfo {
        &PROVIDERS[self as usize]
    }

    /// Its canonical name, the value of `probetype` (which says `special` for `begin`, `end` and `self`).
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// What its programs are loaded as. Those at raw tracepoints may be of the kind that knows types, which may do more.
    pub const fn program_type(self) -> ProgramType {
        match self {
            Self::Begin | Self::End | Self::Own | Self::Test => ProgramType::RawTracepoint,
            Self::Bench => ProgramType::Xdp,
            Self::Kprobe | Self::Kretprobe | Self::Uprobe | Self::Uretprobe | Self::Usdt => {
                ProgramType::Kprobe
            }
            Self::Fentry | Self::Fexit | Self::RawTracepoint | Self::Iter => ProgramType::Tracing,
            Self::Tracepoint => ProgramType::Tracepoint,
            Self::Profile | Self::Interval | Self::Software | Self::Hardware | Self::Watchpoint => {
                ProgramType::PerfEvent
            }
        }
    }

    /// Whether it fires by request, by the clock or by a signal, so that it can fire without the kernel.
    pub const fn needs_no_kernel(self) -> bool {
        matches!(self, Self::Begin | Self::End | Self::Interval | Self::Test | Self::Bench | Self::Own)
    }

    /// Whether its programs are given the processor's registers (`struct pt_regs`).
    pub const fn has_registers(self) -> bool {
        match self {
            Self::Kprobe
            | Self::Kretprobe
            | Self::Uprobe
            | Self::Uretprobe
            | Self::Usdt
            | Self::Profile
            | Self::Interval
            | Self::Software
            | Self::Hardware
            | Self::Watchpoint => true,
            Self::Begin
            | Self::End
            | Self::Own
            | Self::Test
            | Self::Bench
            | Self::Fentry
            | Self::Fexit
            | Self::Tracepoint
            | Self::RawTracepoint
            | Self::Iter => false,
        }
    }

    /// The provider that is called `name`. Letter case counts only where it is all there is: `U` is usdt, `u` uprobe.
    pub fn from_name(name: &str) -> Option<Self> {
        let named = |row: &&ProviderInfo| row.name == name || row.aliases.contains(&name);
        let lower = name.to_ascii_lowercase();
        let folded = |row: &&ProviderInfo| row.name == lower || row.aliases.contains(&lower.as_str());
        PROVIDERS.iter().find(named).or_else(|| PROVIDERS.iter().find(folded)).map(|row| row.provider)
    }
}

/// An event that the kernel or the processor counts.
#[derive(Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its name.
    pub name: &'static str,
    /// Another name.
    pub alias: Option<&'static str>,
    /// `PERF_COUNT_SW_*` or `PERF_COUNT_HW_*`.
    pub config: u64,
    /// The period where none is given.
    pub period: u64,
}

const fn counter(name: &'static str, alias: Option<&'static str>, config: u64, period: u64) -> Counter {
    Counter { name, alias, config, period }
}

/// Software events (`PERF_TYPE_SOFTWARE`), sorted by name; numbers from `enum perf_sw_ids`.
pub static SOFTWARE: [Counter; 11] = [
    counter("alignment-faults", None, 7, 1),
    counter("bpf-output", None, 10, 1),
    counter("context-switches", Some("cs"), 3, 1000),
    counter("cpu-clock", Some("cpu"), 0, 1_000_000),
    counter("cpu-migrations", None, 4, 1),
    counter("dummy", None, 9, 1),
    counter("emulation-faults", None, 8, 1),
    counter("major-faults", None, 6, 1),
    counter("minor-faults", None, 5, 100),
    counter("page-faults", Some("faults"), 2, 100),
    counter("task-clock", None, 1, 1),
];

/// Hardware events (`PERF_TYPE_HARDWARE`), sorted by name; numbers from `enum perf_hw_id`.
pub static HARDWARE: [Counter; 10] = [
    counter("backend-stalls", None, 8, 1_000_000),
    counter("branch-instructions", Some("branches"), 4, 100_000),
    counter("branch-misses", None, 5, 100_000),
    counter("bus-cycles", None, 6, 100_000),
    counter("cache-misses", None, 3, 1_000_000),
    counter("cache-references", None, 2, 1_000_000),
    counter("cpu-cycles", Some("cycles"), 0, 1_000_000),
    counter("frontend-stalls", None, 7, 1_000_000),
    counter("instructions", None, 1, 1_000_000),
    counter("ref-cycles", None, 9, 1_000_000),
];

/// The counter of `table` that is called `name`.
pub fn find_counter(table: &'static [Counter], name: &str) -> Option<&'static Counter> {
    table.iter().find(|row| row.name == name || row.alias == Some(name))
}

/// A unit of `profile` and `interval`.
#[derive(Debug, PartialEq, Eq)]
pub struct TimeUnit {
    /// As written.
    pub name: &'static str,
    /// How long one of them is; none for times a second.
    pub nanoseconds: Option<u64>,
}

/// All units, in the order of their listing.
pub static TIME_UNITS: [TimeUnit; 4] = [
    TimeUnit { name: "hz", nanoseconds: None },
    TimeUnit { name: "ms", nanoseconds: Some(1_000_000) },
    TimeUnit { name: "s", nanoseconds: Some(1_000_000_000) },
    TimeUnit { name: "us", nanoseconds: Some(1_000) },
];

/// The unit in which durations are kept.
pub static MICROSECONDS: &TimeUnit = &TIME_UNITS[3];

/// Signals that `self:signal:NAME` can name.
pub const SIGNALS: [&str; 1] = ["SIGUSR1"];

/// How many words of a program's context a parameter of this type takes: structures are passed in as many as they need
/// (`arch_prepare_bpf_trampoline` stores registers one by one).
pub(crate) fn words_of(btf: &Btf, ty: TypeId) -> u16 {
    let words = btf.size_of(ty).unwrap_or(8).div_ceil(8).max(1);
    u16::try_from(words).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_providers() {
        for (index, row) in PROVIDERS.iter().enumerate() {
            assert_eq!(row.provider as usize, index, "{}", row.name);
            assert_eq!(row.provider.name(), row.name);
        }
    }

    #[test]
    fn finds_providers_by_all_their_names() {
        let names = [
            ("BEGIN", Provider::Begin),
            ("t", Provider::Tracepoint),
            ("U", Provider::Usdt),
            ("u", Provider::Uprobe),
            ("UR", Provider::Uretprobe),
            ("kfunc", Provider::Fentry),
            ("Kretfunc", Provider::Fexit),
            ("it", Provider::Iter),
        ];
        for (name, provider) in names {
            assert_eq!(Provider::from_name(name), Some(provider), "{name}");
        }
        assert_eq!(Provider::from_name("kprob"), None);
    }
}
