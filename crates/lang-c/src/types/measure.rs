//! How long types are and where they may lie: LP64, little endian, as clang has it for BPF.
use super::{Ty, TypeKind, Types};
use crate::ast::Basic;

/// A type of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    /// In bytes.
    pub size: u64,
    /// Whether there are numbers below zero.
    pub signed: bool,
    /// Which of two of one size wins in arithmetic.
    pub rank: u8,
}

impl Integer {
    /// How many bits it has.
    pub const fn bits(self) -> u32 {
        self.size as u32 * 8
    }

    /// What is left of a number in so many bits, extended to 64 by the sign.
    pub const fn wrap(self, value: i64) -> i64 {
        wrap(value, self.bits(), self.signed)
    }
}

/// What is left of a number in so many bits, extended to 64 by the sign where there is one.
pub(crate) const fn wrap(value: i64, bits: u32, signed: bool) -> i64 {
    if bits == 0 || bits >= 64 {
        return value;
    }
    let shift = 64 - bits;
    if signed { value << shift >> shift } else { ((value as u64) << shift >> shift) as i64 }
}

impl Basic {
    /// The numbers it has, if they are whole; `_Bool` has one byte.
    pub const fn integer(self) -> Option<Integer> {
        let (size, signed, rank) = match self {
            Self::Bool => (1, false, 0),
            Self::Char | Self::SignedChar => (1, true, 1),
            Self::UnsignedChar => (1, false, 1),
            Self::Short => (2, true, 2),
            Self::UnsignedShort => (2, false, 2),
            Self::Int => (4, true, 3),
            Self::UnsignedInt => (4, false, 3),
            Self::Long => (8, true, 4),
            Self::UnsignedLong => (8, false, 4),
            Self::LongLong => (8, true, 5),
            Self::UnsignedLongLong => (8, false, 5),
            Self::Int128 => (16, true, 6),
            Self::UnsignedInt128 => (16, false, 6),
            Self::Void | Self::Float | Self::Double | Self::LongDouble => return None,
        };
        Some(Integer { size, signed, rank })
    }

    /// How many bytes it has; none for `void`.
    pub const fn size(self) -> Option<u64> {
        match self {
            Self::Void => None,
            Self::Float => Some(4),
            Self::Double | Self::LongDouble => Some(8),
            _ => match self.integer() {
                Some(integer) => Some(integer.size),
                None => None,
            },
        }
    }
}

impl Types {
    /// The numbers that a type has, if they are whole; those of an enumeration, too.
    pub fn integer(&self, ty: Ty) -> Option<Integer> {
        self.basic_of(ty)?.integer()
    }

    /// The type of C's own that it is, or that an enumeration is kept in.
    pub fn basic_of(&self, ty: Ty) -> Option<Basic> {
        match self.bare_kind(ty) {
            TypeKind::Basic(basic) => Some(*basic),
            TypeKind::Enum(number) => Some(self.enums[*number].underlying),
            _ => None,
        }
    }

    /// Whether values of it fit registers: whole numbers of up to 64 bits, and pointers.
    pub fn is_scalar(&self, ty: Ty) -> bool {
        match self.bare_kind(ty) {
            TypeKind::Pointer(_) => true,
            _ => self.integer(ty).is_some_and(|integer| integer.size <= 8),
        }
    }

    /// Bytes of a value; none of `void`, functions, arrays without length and records that are only declared.
    pub fn size(&self, ty: Ty) -> Option<u64> {
        let (mut ty, mut count) = (ty, 1_u64);
        loop {
            let size = match self.kind(ty) {
                TypeKind::Basic(basic) => basic.size()?,
                TypeKind::Enum(number) => self.enums[*number].underlying.size()?,
                TypeKind::Pointer(_) => 8,
                TypeKind::Record(record) => self.records[*record].body.as_ref()?.size,
                TypeKind::Function(_) => return None,
                TypeKind::Array(element, length) => {
                    count = count.checked_mul((*length)?)?;
                    ty = *element;
                    continue;
                }
                TypeKind::Typedef(_, inner) | TypeKind::Qualified(_, inner) | TypeKind::Tagged(_, inner) => {
                    ty = *inner;
                    continue;
                }
            };
            return count.checked_mul(size);
        }
    }

    /// Of what its addresses are multiples, in bytes; 1 for what has no size.
    pub fn align(&self, mut ty: Ty) -> u64 {
        loop {
            if let Some(&align) = self.aligns.get(&ty) {
                return align;
            }
            ty = match self.kind(ty) {
                TypeKind::Basic(basic) => return basic.size().unwrap_or(1),
                TypeKind::Enum(number) => return self.enums[*number].underlying.size().unwrap_or(1),
                TypeKind::Pointer(_) => return 8,
                TypeKind::Record(record) => {
                    return self.records[*record].body.as_ref().map_or(1, |body| body.align);
                }
                TypeKind::Function(_) => return 1,
                TypeKind::Array(inner, _)
                | TypeKind::Typedef(_, inner)
                | TypeKind::Qualified(_, inner)
                | TypeKind::Tagged(_, inner) => *inner,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap_in_their_type() {
        let wrapped = |basic: Basic, value| basic.integer().map(|integer| integer.wrap(value));
        assert_eq!(wrapped(Basic::UnsignedChar, -1), Some(255));
        assert_eq!(wrapped(Basic::Char, 255), Some(-1));
        assert_eq!(wrapped(Basic::UnsignedInt, -1), Some(0xffff_ffff));
        assert_eq!(wrapped(Basic::UnsignedLong, -1), Some(-1));
        assert_eq!(wrapped(Basic::Void, 1), None);
    }

    #[test]
    fn arrays_without_length_and_too_long_ones_have_no_size() {
        let mut types = Types::default();
        let long = types.basic(Basic::Long);
        let some = types.add(TypeKind::Array(long, Some(3)));
        let none = types.add(TypeKind::Array(long, None));
        let huge = types.add(TypeKind::Array(some, Some(u64::MAX / 2)));
        assert_eq!((types.size(some), types.size(none), types.size(huge)), (Some(24), None, None));
        assert_eq!((types.align(some), types.align(none)), (8, 8));
    }
}
