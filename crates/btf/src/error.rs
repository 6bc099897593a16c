//! What is wrong with BTF bytes, and where.
use crate::TypeId;
use std::fmt;

/// A part of BTF data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// The header of `.BTF`.
    Header,
    /// The type section.
    Types,
    /// The string section.
    Strings,
    /// `.BTF.ext`: function, line and relocation records.
    Ext,
}

/// Something wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BtfError {
    /// The part of the data that `offset` counts in.
    pub section: Section,
    /// Where, in bytes from the start of the section (for the header and `.BTF.ext`: of the data).
    pub offset: usize,
    /// What.
    pub kind: BtfErrorKind,
}

/// What can be wrong with BTF.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BtfErrorKind {
    /// The data does not begin with the magic number 0xeb9f in either byte order.
    BadMagic(u16),
    /// A version other than 1.
    BadVersion(u8),
    /// A header length that cannot be.
    BadHeaderLength(u32),
    /// A section lies outside the data.
    SectionOutside {
        /// The section.
        section: Section,
        /// Where it claims to begin.
        start: u64,
        /// How long it claims to be.
        len: u64,
        /// How many bytes there are.
        available: usize,
    },
    /// The data ends inside of something.
    Truncated {
        /// How many bytes were needed.
        wanted: usize,
    },
    /// The string section does not begin or does not end with a NUL.
    StringsNotTerminated,
    /// No string begins at this offset.
    BadString(u32),
    /// A name that is not UTF-8.
    NotUtf8(u32),
    /// A name of so many bytes.
    NameTooLong(usize),
    /// A kind number that is unknown.
    UnknownKind(u32),
    /// More types than ids.
    TooManyTypes,
    /// There is no type with this id.
    NoSuchType(TypeId),
    /// An integer, enumeration or linkage with an impossible attribute.
    BadAttribute {
        /// Of which sort.
        what: &'static str,
        /// What was found.
        value: u32,
    },
    /// The size of a type that has none: void, functions, forward declarations.
    NoSize(TypeId),
    /// A size beyond what can be represented.
    TooLarge(TypeId),
    /// A chain of types that is too long or leads back to itself.
    TooDeep(TypeId),
    /// A type of another kind was needed here.
    WrongKind {
        /// The type.
        id: TypeId,
        /// What was needed.
        wanted: &'static str,
    },
    /// Records whose declared size does not fit what they are.
    BadRecordSize(u32),
    /// Base and split BTF differ in byte order.
    MixedEndian,
}

impl BtfError {
    pub(crate) const fn new(section: Section, offset: usize, kind: BtfErrorKind) -> Self {
        Self { section, offset, kind }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Types => "types",
            Self::Strings => "strings",
            Self::Ext => "extension",
        })
    }
}

impl fmt::Display for BtfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BTF {} at offset {:#x}: {}", self.section, self.offset, self.kind)
    }
}

impl fmt::Display for BtfErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadMagic(magic) => write!(f, "no BTF here (magic number {magic:#06x}, not 0xeb9f)"),
            Self::BadVersion(version) => write!(f, "version {version} of the format is unknown"),
            Self::BadHeaderLength(len) => write!(f, "a header of {len} bytes is not possible"),
            Self::SectionOutside { section, start, len, available } => {
                write!(
                    f,
                    "the {section} section ({len} bytes at {start:#x}) lies outside the {available} bytes"
                )
            }
            Self::Truncated { wanted } => write!(f, "{wanted} bytes expected, but the data ends there"),
            Self::StringsNotTerminated => f.write_str("the strings do not begin and end with a NUL"),
            Self::BadString(offset) => write!(f, "there is no string at {offset}"),
            Self::NotUtf8(offset) => write!(f, "the string at {offset} is not UTF-8"),
            Self::NameTooLong(len) => write!(f, "a name of {len} bytes is too long"),
            Self::UnknownKind(kind) => write!(f, "type kind {kind} is unknown"),
            Self::TooManyTypes => f.write_str("too many types"),
            Self::NoSuchType(id) => write!(f, "there is no type {id}"),
            Self::BadAttribute { what, value } => write!(f, "{what} cannot be {value}"),
            Self::NoSize(id) => write!(f, "type {id} has no size"),
            Self::TooLarge(id) => write!(f, "type {id} is larger than can be represented"),
            Self::TooDeep(id) => write!(f, "type {id} is nested too deeply or refers to itself"),
            Self::WrongKind { id, wanted } => write!(f, "type {id} is not {wanted}"),
            Self::BadRecordSize(size) => write!(f, "records of {size} bytes are not possible"),
            Self::MixedEndian => f.write_str("split BTF and its base differ in byte order"),
        }
    }
}

impl std::error::Error for BtfError {}
