//! Why an object does not fit a machine, and where in the object.
use crate::{Function, Line};
use osmia_btf::core::CoreError;
use osmia_btf::{BtfError, KindTag};
use std::collections::HashSet;
use std::fmt;

/// All that was found; never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolveErrors(pub Vec<ResolveError>);

/// Something wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveError {
    /// The function, map or section.
    pub place: String,
    /// The instruction, by its index in the function.
    pub insn: Option<u32>,
    /// The line of the source that this comes from.
    pub line: Option<Box<Line>>,
    /// What.
    pub kind: ResolveErrorKind,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolveErrorKind {
    /// A relocation, a key or an index leads nowhere: the object is broken.
    Broken(&'static str),
    /// An instruction cannot hold what it refers to.
    BadReference(String),
    /// A CO-RE relocation cannot be judged.
    Core(CoreError),
    /// A CO-RE relocation found an instruction that it cannot change.
    CorePatch(String),
    /// The object's, or the kernel's, BTF is broken.
    Btf(BtfError),
    /// The kernel's types are needed, but the target has none.
    NoKernelBtf,
    /// The kernel has no such type to attach to.
    NoAttachType(String),
    /// A kernel symbol that must be there is not.
    NoSymbol(String),
    /// A value of the kernel's configuration that must be there is not.
    NoConfig(String),
    /// A symbol that another object has, which was not linked with this one.
    NotLinked(String),
    /// A map that is to be pinned in a way that nobody knows.
    Pinning {
        /// The map.
        map: String,
        /// The way's number.
        number: u32,
    },
    /// A kernel symbol whose name several have.
    ManySymbols(String),
    /// A kernel function or variable that has another type than the object declares.
    OtherType {
        /// Its name.
        name: String,
        /// Function or variable.
        tag: KindTag,
    },
    /// A function that is not made of instructions.
    Undecoded {
        /// The function.
        function: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// A structure of functions that does not fit the kernel's.
    Structure(String),
    /// A section whose name says nothing of what its programs are for.
    UnknownSection(String),
    /// A configuration value that must be there is not, or does not fit its variable.
    BadConfig(String),
    /// Something that osmia cannot do (yet).
    Unsupported(&'static str),
    /// The program is longer than can be counted.
    TooLong,
}

impl ResolveError {
    pub(crate) fn new(place: impl Into<String>, kind: ResolveErrorKind) -> Self {
        Self { place: place.into(), insn: None, line: None, kind }
    }

    /// At an instruction of a function, or at its head.
    pub(crate) fn at(function: &Function, insn: Option<u32>, kind: ResolveErrorKind) -> Self {
        let line = function.line_at(insn.unwrap_or(0)).filter(|line| line.line != 0);
        let line = line.cloned().map(Box::new);
        Self { place: function.name.clone(), insn, line, kind }
    }
}

impl ResolveErrorKind {
    /// What to do about it, where that is known.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::NoSymbol(name) => Some(format!(
                "load the module that has it, if one does; or declare it `__weak`, and use it only where \
                 `bpf_ksym_exists({name})` says that it is there"
            )),
            Self::NoAttachType(_) => Some(
                "load the module that has it, if one does; or name what this kernel has \
                 (`osmia trace -l 'fentry:PATTERN'`, `osmia trace -l 'rawtracepoint:PATTERN'`)"
                    .to_owned(),
            ),
            Self::NoConfig(name) => Some(format!(
                "declare `{name}` as `__weak`: it is 0 then where the kernel's configuration does not have it"
            )),
            Self::NotLinked(_) => Some(
                "link this object with the one that has it (`osmia gen object OUT.o THIS.o OTHER.o`); or, if it is the kernel's, \
                 declare it `__ksym`"
                    .to_owned(),
            ),
            Self::OtherType { .. } => Some(
                "declare it as this kernel does (`osmia btf dump file /sys/kernel/btf/vmlinux format c` shows how); \
                 or declare several, with names such as `NAME___old`, each `__weak`, and use the one that is there"
                    .to_owned(),
            ),
            Self::ManySymbols(_) => {
                Some("name something that only one part of the kernel has".to_owned())
            }
            Self::Pinning { .. } => Some(
                "write `__uint(pinning, LIBBPF_PIN_BY_NAME)` to have it pinned by its name, or leave `pinning` out"
                    .to_owned(),
            ),
            Self::NoKernelBtf => {
                Some("name a file that has them (`--btf FILE`)".to_owned())
            }
            _ => None,
        }
    }
}

impl fmt::Display for ResolveErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "\n" })?;
        }
        let mut told = HashSet::new();
        let mut advice: Vec<String> = self.0.iter().filter_map(|error| error.kind.advice()).collect();
        advice.retain(|advice| told.insert(advice.clone()));
        advice.iter().try_for_each(|advice| write!(f, "\nwhat to do: {advice}"))
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.place)?;
        if let Some(insn) = self.insn {
            write!(f, ", instruction {insn}")?;
        }
        if let Some(line) = &self.line {
            write!(f, " ({}:{})", line.file, line.line)?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl fmt::Display for ResolveErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(what) => write!(f, "the object is broken: {what}"),
            Self::BadReference(what) => f.write_str(what),
            Self::Core(error) => error.fmt(f),
            Self::CorePatch(what) => f.write_str(what),
            Self::Btf(error) => error.fmt(f),
            Self::NoKernelBtf => f.write_str("this needs the kernel's types, and the target has no BTF"),
            Self::NoAttachType(name) => write!(f, "the kernel has no `{name}` to attach to"),
            Self::NoSymbol(name) => write!(f, "the kernel has no symbol `{name}`"),
            Self::NoConfig(name) => write!(f, "the kernel's configuration has no `{name}`"),
            Self::NotLinked(name) => {
                write!(f, "`{name}` is neither in this object nor declared as the kernel's: it is not linked")
            }
            Self::Pinning { map, number } => {
                write!(f, "the map `{map}` has {number} for its `pinning`, which means nothing")
            }
            Self::ManySymbols(name) => {
                write!(f, "the kernel has several symbols `{name}` at different addresses")
            }
            Self::OtherType { name, tag } => {
                let what = if *tag == KindTag::Func { "function" } else { "variable" };
                write!(f, "the kernel's {what} `{name}` has another type than the object declares")
            }
            Self::Undecoded { function, reason } => {
                write!(f, "what stands in `{function}` is not made of instructions: {reason}")
            }
            Self::UnknownSection(section) => write!(
                f,
                "the section `{section}` says nothing of what kind of program this is; name it as libbpf does (`xdp`, `kprobe/…`), \
                 or say the kind when it is loaded"
            ),
            Self::BadConfig(what) | Self::Structure(what) => f.write_str(what),
            Self::Unsupported(what) => write!(f, "{what}: this is not supported"),
            Self::TooLong => f.write_str("too many instructions"),
        }
    }
}

impl std::error::Error for ResolveErrors {}
impl std::error::Error for ResolveError {}
