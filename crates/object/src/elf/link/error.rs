//! Why files cannot be linked.
use super::super::ElfError;
use osmia_btf::BtfError;
use std::fmt;

/// Something wrong with one of the files, or with it beside the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    /// The file.
    pub file: String,
    /// What.
    pub kind: LinkErrorKind,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkErrorKind {
    /// No file at all.
    NoInput,
    /// It is not a BPF object file.
    Elf(ElfError),
    /// Its types are broken.
    Btf(BtfError),
    /// It has no types: compiled without `-g`.
    NoTypes,
    /// Files of both byte orders.
    MixedEndian,
    /// A section that must be the same everywhere differs: licence, version, or what a section is for.
    Differs(String),
    /// A section would become too large.
    TooLarge(String),
    /// Two files define a symbol, and neither definition is weak.
    TwoDefinitions(String),
    /// Types do not say what a symbol is.
    Untyped(String),
    /// Files have different types for a symbol.
    TypesDiffer {
        /// The symbol.
        symbol: String,
        /// Where they differ, in words.
        how: String,
    },
    /// Files declare a symbol in different sections.
    SectionsDiffer(String),
    /// A symbol whose visibility or binding BPF does not know.
    BadSymbol(String),
    /// A relocation that cannot be carried over.
    BadRelocation {
        /// The section it is for.
        section: String,
        /// Where in it.
        offset: u64,
    },
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() {
            return write!(f, "{}", self.kind);
        }
        write!(f, "{}: {}", self.file, self.kind)
    }
}

impl fmt::Display for LinkErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInput => f.write_str("there is nothing to link"),
            Self::Elf(error) => write!(f, "{error}"),
            Self::Btf(error) => write!(f, "{error}"),
            Self::NoTypes => f.write_str("it has no types (.BTF): compile it with -g"),
            Self::MixedEndian => f.write_str("its byte order is not that of the files before it"),
            Self::Differs(section) => {
                write!(f, "its section {section} is not what it is in the files before")
            }
            Self::TooLarge(section) => write!(f, "the section {section} becomes too large"),
            Self::TwoDefinitions(symbol) => {
                write!(
                    f,
                    "{symbol} is defined here and in a file before; one of the two must be static or __weak"
                )
            }
            Self::Untyped(symbol) => write!(f, "its types do not say what {symbol} is"),
            Self::TypesDiffer { symbol, how } => {
                write!(f, "{symbol} is declared with another type than in a file before: {how}")
            }
            Self::SectionsDiffer(symbol) => {
                write!(f, "{symbol} is declared in another section than in a file before")
            }
            Self::BadSymbol(symbol) => {
                write!(f, "the symbol {symbol} has a binding or visibility that BPF does not know")
            }
            Self::BadRelocation { section, offset } => {
                write!(f, "the relocation at {offset:#x} of the section {section} leads nowhere")
            }
        }
    }
}

impl std::error::Error for LinkError {}
