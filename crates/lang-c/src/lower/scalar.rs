//! What memory and values hold of a type.
use crate::types::{Ty, TypeKind, Types};
use osmia_ir::{Pointee, Type};
use osmia_isa::Size;

/// Memory whose kind nobody knows: what a C pointer points to.
pub(super) const MEMORY: Type = Type::Ptr(Pointee::Memory);

/// Whether numbers may be below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// They are not.
    Unsigned,
    /// They may be.
    Signed,
}

/// A number or pointer. Numbers of fewer than 32 bits are held in 32, extended by their sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    /// In memory.
    pub(super) size: Size,
    /// Of numbers; addresses have none.
    pub(super) sign: Sign,
    /// As a value.
    pub(super) kind: Type,
    /// Whether it is `_Bool`, of which only 0 and 1 are values.
    pub(super) truth: bool,
}

impl Scalar {
    /// A number of so many bytes.
    pub(super) const fn number(size: Size, sign: Sign) -> Self {
        let kind = if matches!(size, Size::DW) { Type::I64 } else { Type::I32 };
        Self { size, sign, kind, truth: false }
    }

    /// An address.
    pub(super) const POINTER: Self =
        Self { size: Size::DW, sign: Sign::Unsigned, kind: MEMORY, truth: false };

    /// In memory, in bytes.
    pub(super) const fn bytes(self) -> u32 {
        self.size.bytes()
    }

    /// Whether numbers may be below zero.
    pub(super) const fn signed(self) -> bool {
        matches!(self.sign, Sign::Signed)
    }

    /// Whether it has fewer bits than the value that holds it.
    pub(super) const fn narrow(self) -> bool {
        matches!(self.size, Size::B | Size::H)
    }
}

impl Types {
    /// The scalar that a type is; none of `void`, records, arrays and what no register holds.
    pub(super) fn scalar(&self, ty: Ty) -> Option<Scalar> {
        if let TypeKind::Pointer(_) | TypeKind::Function(_) = self.bare_kind(ty) {
            return Some(Scalar::POINTER);
        }
        let integer = self.integer(ty)?;
        let size = Size::from_bytes(u32::try_from(integer.size).ok()?)?;
        let sign = if integer.signed { Sign::Signed } else { Sign::Unsigned };
        let truth = integer.rank == 0;
        Some(Scalar { truth, ..Scalar::number(size, sign) })
    }
}
