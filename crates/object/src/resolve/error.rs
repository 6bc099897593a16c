//! Why an object does not fit a machine, and where in the object.
use osmia_btf::core::CoreError;
use osmia_btf::{BtfError, KindTag};
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
        Self { place: place.into(), insn: None, kind }
    }

    pub(crate) fn at(place: impl Into<String>, insn: u32, kind: ResolveErrorKind) -> Self {
        Self { place: place.into(), insn: Some(insn), kind }
    }
}

impl fmt::Display for ResolveErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.insn {
            Some(insn) => write!(f, "`{}`, instruction {insn}: {}", self.place, self.kind),
            None => write!(f, "`{}`: {}", self.place, self.kind),
        }
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
