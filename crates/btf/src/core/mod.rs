//! CO-RE: what an access to a local type means in the target's types.
use crate::{BtfError, TypeId};
use std::fmt;
use std::str::FromStr;

mod compat;
mod minimal;
mod resolve;
mod spec;

pub use compat::types_compatible;
pub use minimal::Used;
pub use resolve::{Candidates, resolve, resolve_with};

/// The longest way into a type.
pub(crate) const MAX_STEPS: usize = 64;

/// What is asked of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RelocKind {
    /// Byte offset of a field.
    FieldByteOffset = 0,
    /// Size of a field in bytes.
    FieldByteSize = 1,
    /// Whether there is such a field.
    FieldExists = 2,
    /// Whether the field is signed.
    FieldSigned = 3,
    /// Left shift that brings a bitfield to the top of 64 bits.
    FieldLshiftU64 = 4,
    /// Right shift that brings it down again.
    FieldRshiftU64 = 5,
    /// Type id in the local BTF.
    TypeIdLocal = 6,
    /// Type id in the target BTF.
    TypeIdTarget = 7,
    /// Whether there is such a type.
    TypeExists = 8,
    /// Size of the type in bytes.
    TypeSize = 9,
    /// Whether there is such an enumerator.
    EnumvalExists = 10,
    /// Its value.
    EnumvalValue = 11,
    /// Whether there is a type with at least what the local one has.
    TypeMatches = 12,
}

impl RelocKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 13] = [
        Self::FieldByteOffset,
        Self::FieldByteSize,
        Self::FieldExists,
        Self::FieldSigned,
        Self::FieldLshiftU64,
        Self::FieldRshiftU64,
        Self::TypeIdLocal,
        Self::TypeIdTarget,
        Self::TypeExists,
        Self::TypeSize,
        Self::EnumvalExists,
        Self::EnumvalValue,
        Self::TypeMatches,
    ];

    /// The kind with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Whether it asks about a field.
    pub const fn is_field(self) -> bool {
        (self as u8) < Self::TypeIdLocal as u8
    }

    /// Whether it asks about an enumerator.
    pub const fn is_enumerator(self) -> bool {
        matches!(self, Self::EnumvalExists | Self::EnumvalValue)
    }

    /// Whether it asks about a type as a whole.
    pub const fn is_type(self) -> bool {
        !self.is_field() && !self.is_enumerator()
    }
}

/// The way from a type to a part of it: "0:1:2".
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AccessSpec(pub Vec<u32>);

impl FromStr for AccessSpec {
    type Err = CoreError;

    fn from_str(text: &str) -> Result<Self, CoreError> {
        let bad = || CoreError::BadAccess(text.to_owned());
        let path = text.split(':').map(|index| index.parse().map_err(|_| bad()));
        let path: Vec<u32> = path.collect::<Result<_, _>>()?;
        if path.len() > MAX_STEPS || path.iter().any(|&index| index > i32::MAX as u32) {
            return Err(bad());
        }
        Ok(Self(path))
    }
}

impl fmt::Display for AccessSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, index) in self.0.iter().enumerate() {
            write!(f, "{}{index}", if place == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

/// A question to the target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CoreReloc {
    /// The local type.
    pub ty: TypeId,
    /// The way into it.
    pub access: AccessSpec,
    /// The question.
    pub kind: RelocKind,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Value for the local types: what the instruction must hold before patching, if `validate`.
    pub local: u64,
    /// Value for the target.
    pub value: u64,
    /// Whether the target has what was asked for.
    pub exists: bool,
    /// The instruction has no meaning on this target and must be made to fail if it is ever reached
    /// (libbpf puts a call to helper 195896080 there).
    pub poison: bool,
    /// Whether the instruction must hold `local` before patching (not so for bitfields' offsets).
    pub validate: bool,
    /// Present for byte offsets of fields whose loads and stores must change their width.
    pub resize: Option<Resize>,
    /// The field's local and target types, for byte offsets of fields.
    pub types: Option<(TypeId, TypeId)>,
}

/// A field's size differs between local type and target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resize {
    /// Bytes in the local type; 0 for a bitfield.
    pub local: u32,
    /// Bytes in the target's; 0 for a bitfield.
    pub target: u32,
    /// Whether loads can simply change width (pointers, and unsigned integers on both sides);
    /// if not, a memory access with this relocation must be poisoned.
    pub allowed: bool,
}

/// Why a relocation has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoreError {
    /// The BTF is broken.
    Btf(BtfError),
    /// A relocation kind that is unknown.
    UnknownKind(u32),
    /// An access specification that cannot be read.
    BadAccess(String),
    /// An access specification that does not fit the local type.
    BadLocalAccess {
        /// The local type.
        ty: TypeId,
        /// The way into it.
        access: AccessSpec,
    },
    /// Two target types answer differently.
    Ambiguous {
        /// The local type's name.
        name: String,
        /// One target type and its answer.
        first: (TypeId, u64),
        /// Another with another answer.
        second: (TypeId, u64),
    },
    /// A type without a name cannot be looked for.
    Anonymous(TypeId),
    /// A question that cannot be asked of an element of an array.
    NotOfElement(RelocKind),
    /// A bitfield that no 8-byte load covers.
    WideBitfield(TypeId),
}

impl From<BtfError> for CoreError {
    fn from(error: BtfError) -> Self {
        Self::Btf(error)
    }
}

impl fmt::Display for CoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Btf(error) => error.fmt(f),
            Self::UnknownKind(kind) => write!(f, "relocation kind {kind} is unknown"),
            Self::BadAccess(text) => write!(f, "«{text}» is no access specification"),
            Self::BadLocalAccess { ty, access } => write!(f, "access {access} does not fit local type {ty}"),
            Self::Ambiguous { name, first, second } => write!(
                f,
                "`{name}` is ambiguous: type {} of the target gives {}, type {} gives {}",
                first.0, first.1, second.0, second.1
            ),
            Self::Anonymous(ty) => write!(f, "local type {ty} has no name to look for"),
            Self::NotOfElement(kind) => write!(f, "{kind:?} cannot be asked of an element of an array"),
            Self::WideBitfield(ty) => {
                write!(f, "a bitfield of local type {ty} is not covered by any 8-byte load")
            }
        }
    }
}

impl std::error::Error for CoreError {}

/// The name without its flavour: `task_struct` of `task_struct___old`.
pub fn essential_name(name: &str) -> &str {
    name.get(..essential_len(name.as_bytes())).unwrap_or(name)
}

/// How many bytes of the name are not its flavour: up to the last three underscores between other letters.
pub(crate) fn essential_len(name: &[u8]) -> usize {
    let separates = |window: &[u8]| matches!(window, [before, b'_', b'_', b'_', after] if *before != b'_' && *after != b'_');
    name.windows(5).rposition(separates).map_or(name.len(), |at| at + 1)
}
