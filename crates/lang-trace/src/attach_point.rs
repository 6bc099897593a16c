//! Attach points: from their text to data, and from patterns to the probes that a machine has.
mod expand;
mod glob;
mod resolve;

use crate::probes::{Counter, Provider, TimeUnit};
use osmia_base::Span;
use osmia_object::Access;

pub use expand::{Absent, expand};
pub(crate) use expand::{ITERATOR, is_part, iterator_names, module_name, of_function, of_probe, stands_for};
pub use glob::{has_wildcard, matches};
pub use resolve::{resolve_point, split_parts};

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
    /// profile, interval; with the unit as written (microseconds for a duration).
    Timer(Every, &'static TimeUnit),
    /// software, hardware.
    Counter {
        /// Which.
        event: &'static Counter,
        /// What it was called: its name, or the other one.
        called: &'static str,
        /// The program runs once in so many events; the event's own number where none was written.
        period: Option<u64>,
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
        /// Whether it is a C++ or Rust name as people write it (`cpp:`).
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
    /// As C++ and Rust programmers write it.
    Demangled,
}

/// How often a timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// So many times a second.
    Hertz(u64),
    /// Once in so many nanoseconds.
    Nanoseconds(u64),
}

impl Every {
    /// `count` of `unit`; none where that is more than 64 bits of nanoseconds.
    pub const fn new(count: u64, unit: &TimeUnit) -> Option<Self> {
        match unit.nanoseconds {
            None => Some(Self::Hertz(count)),
            Some(scale) => match count.checked_mul(scale) {
                Some(nanoseconds) => Some(Self::Nanoseconds(nanoseconds)),
                None => None,
            },
        }
    }

    /// How many of `unit` it is.
    const fn count(self, unit: &TimeUnit) -> u64 {
        match (self, unit.nanoseconds) {
            (Self::Nanoseconds(nanoseconds), Some(scale)) if scale > 0 => nanoseconds / scale,
            (Self::Hertz(count) | Self::Nanoseconds(count), _) => count,
        }
    }
}

/// Accesses as written: `rw`.
fn letters(access: Access) -> String {
    let all = [(access.read, 'r'), (access.write, 'w'), (access.execute, 'x')];
    all.into_iter().filter(|(set, _)| *set).map(|(_, letter)| letter).collect()
}

impl AttachPoint {
    /// Whether it stands for several probes.
    pub fn is_pattern(&self) -> bool {
        match &self.place {
            Point::KernelFunction { module, function, .. } => {
                has_wildcard(function) || module.as_deref().is_some_and(has_wildcard)
            }
            Point::Tracepoint { category, name } => has_wildcard(category) || has_wildcard(name),
            Point::RawTracepoint { module, name } => {
                has_wildcard(name) || module.as_deref().is_some_and(has_wildcard)
            }
            Point::UserFunction { path, place: UserPlace::Symbol { name, .. } } => {
                has_wildcard(name) || path.as_deref().is_some_and(has_wildcard)
            }
            Point::Usdt { path, namespace, name } => {
                let optional = [path, namespace].into_iter().flatten().any(|text| has_wildcard(text));
                has_wildcard(name) || optional
            }
            Point::Iterator { name, .. } | Point::BpfProgram { name, .. } => has_wildcard(name),
            _ => false,
        }
    }

    /// The canonical name of a point that is no pattern, the value of `probe`: `tracepoint:sched:sched_switch`.
    pub fn name(&self) -> String {
        let mut parts = self.name_parts();
        parts.insert(0, self.provider.name().to_owned());
        parts.join(":")
    }

    fn name_parts(&self) -> Vec<String> {
        let plus = |function: &str, offset: u64| match offset {
            0 => function.to_owned(),
            offset => format!("{function}+{offset}"),
        };
        match &self.place {
            Point::Once => Vec::new(),
            Point::Signal(name) => vec!["signal".into(), name.clone()],
            Point::Named(name) => vec![name.clone()],
            Point::KernelFunction { module, function, offset } => {
                module.iter().cloned().chain([plus(function, *offset)]).collect()
            }
            Point::KernelAddress(address) => vec![address.to_string()],
            Point::BpfProgram { id, name } => {
                ["bpf".into()].into_iter().chain(id.map(|id| id.to_string())).chain([name.clone()]).collect()
            }
            Point::Tracepoint { category, name } => vec![category.clone(), name.clone()],
            Point::RawTracepoint { module, name } => module.iter().chain([name]).cloned().collect(),
            Point::UserFunction { path, place } => {
                path.iter().cloned().chain(place.name_parts(plus)).collect()
            }
            Point::Usdt { path, namespace, name } => {
                [path.as_ref(), namespace.as_ref(), Some(name)].into_iter().flatten().cloned().collect()
            }
            Point::Timer(every, unit) => vec![unit.name.into(), every.count(unit).to_string()],
            Point::Counter { called, period, .. } => {
                [(*called).to_owned()].into_iter().chain(period.map(|period| period.to_string())).collect()
            }
            Point::Watchpoint { address, length, access } => {
                vec![address.to_string(), length.to_string(), letters(*access)]
            }
            Point::Iterator { name, pin } => [name].into_iter().chain(pin).cloned().collect(),
        }
    }
}

impl UserPlace {
    fn name_parts(&self, plus: impl Fn(&str, u64) -> String) -> Vec<String> {
        match self {
            Self::Symbol { name, offset, mangled: Mangled::AsIs } => vec![plus(name, *offset)],
            Self::Symbol { name, offset, mangled: Mangled::Demangled } => {
                vec!["cpp".into(), plus(name, *offset)]
            }
            Self::Address(address) => vec![address.to_string()],
            Self::Line { file, line, column } => {
                let place = [Some(*line), *column].into_iter().flatten().map(|number| number.to_string());
                [format!("@{file}")].into_iter().chain(place).collect()
            }
        }
    }
}
