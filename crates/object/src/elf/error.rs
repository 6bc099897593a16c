//! What is wrong with an object file, and where.
use osmia_btf::BtfError;
use osmia_isa::DecodeError;
use std::fmt;

/// Something wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElfError {
    /// The section it is in; empty for the file as a whole.
    pub section: String,
    /// Where, in bytes from the section's start (of the file, where there is no section).
    pub offset: u64,
    /// What.
    pub kind: ElfErrorKind,
}

/// What can be wrong with an object file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElfErrorKind {
    /// It is no ELF file, or its headers are broken.
    NotElf(String),
    /// An ELF file, but for another machine than BPF (`e_machine`).
    NotBpf(u16),
    /// A linked file; only relocatable ones (`ET_REL`) can be read.
    NotRelocatable(u16),
    /// Parts of the file overlap so often that what it says is much larger than the file.
    TooLarge,
    /// The section's bytes lie outside the file.
    Outside,
    /// A symbol's, or another, name is not UTF-8, or lies outside the string table.
    BadName,
    /// No section of that number.
    NoSuchSection(usize),
    /// No symbol of that number.
    NoSuchSymbol(usize),
    /// Code that no function's symbol covers.
    NoFunction,
    /// A function that is empty, or not made of whole instructions, or goes past the section's end.
    BadFunction(String),
    /// Two functions that overlap.
    Overlap(String),
    /// An instruction that does not decode.
    Insn(DecodeError),
    /// A relocation that does not stand at an instruction.
    MisplacedRelocation,
    /// A relocation type that is unknown (`R_BPF_*`).
    RelocationType(u32),
    /// A relocation at an instruction that cannot hold what it says.
    BadRelocation(String),
    /// A symbol that is nowhere defined and that BTF does not declare as external.
    UndefinedSymbol(String),
    /// Broken BTF.
    Btf(BtfError),
    /// A map whose declaration cannot be understood.
    BadMap {
        /// The map.
        map: String,
        /// What is wrong.
        reason: String,
    },
    /// A licence or version that is not what it should be.
    BadValue(&'static str),
}

impl ElfError {
    pub(crate) fn new(section: impl Into<String>, offset: u64, kind: ElfErrorKind) -> Self {
        Self { section: section.into(), offset, kind }
    }
}

impl fmt::Display for ElfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.section.as_str() {
            "" => write!(f, "object file, offset {:#x}: {}", self.offset, self.kind),
            section => write!(f, "section `{section}`, offset {:#x}: {}", self.offset, self.kind),
        }
    }
}

impl fmt::Display for ElfErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf(reason) => write!(f, "not an ELF file that can be read: {reason}"),
            Self::NotBpf(machine) => write!(f, "for machine {machine}, not for BPF (247)"),
            Self::NotRelocatable(kind) => write!(f, "ELF type {kind} instead of a relocatable object (1)"),
            Self::TooLarge => f.write_str("what the file says is far larger than the file"),
            Self::Outside => f.write_str("the section lies outside the file"),
            Self::BadName => f.write_str("a name is not UTF-8 or lies outside the string table"),
            Self::NoSuchSection(index) => write!(f, "there is no section {index}"),
            Self::NoSuchSymbol(index) => write!(f, "there is no symbol {index}"),
            Self::NoFunction => f.write_str("no function's symbol covers this code"),
            Self::BadFunction(name) => {
                write!(f, "function `{name}` is not a whole number of instructions inside the section")
            }
            Self::Overlap(name) => write!(f, "function `{name}` overlaps the one before it"),
            Self::Insn(error) => write!(f, "{}", error.kind),
            Self::MisplacedRelocation => f.write_str("a relocation that does not stand at an instruction"),
            Self::RelocationType(kind) => write!(f, "relocation type {kind} is unknown"),
            Self::BadRelocation(reason) => f.write_str(reason),
            Self::UndefinedSymbol(name) => {
                write!(f, "symbol `{name}` is defined nowhere and not declared in BTF")
            }
            Self::Btf(error) => error.fmt(f),
            Self::BadMap { map, reason } => write!(f, "map `{map}`: {reason}"),
            Self::BadValue(what) => write!(f, "the {what} cannot be read"),
        }
    }
}

impl std::error::Error for ElfError {}
