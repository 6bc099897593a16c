//! The types of numbers, and what arithmetic makes of them.

/// A type of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    pub(crate) bits: u32,
    pub(crate) signed: bool,
}

const fn ty(name: &'static str, bits: u32, signed: bool) -> Type {
    Type { name, bits, signed }
}

pub(crate) const INT: Type = ty("int", 32, true);
pub(crate) const ULONG: Type = ty("unsigned long", 64, false);

pub(crate) const TYPES: &[Type] = &[
    INT,
    ULONG,
    ty("_Bool", 1, false),
    ty("char", 8, true),
    ty("signed char", 8, true),
    ty("unsigned char", 8, false),
    ty("short", 16, true),
    ty("unsigned short", 16, false),
    ty("unsigned int", 32, false),
    ty("int", 32, true),
    ty("unsigned int", 32, false),
    ty("long", 64, true),
    ty("long long", 64, true),
    ty("unsigned long long", 64, false),
];

impl Type {
    /// What an operand of this type becomes.
    pub(crate) fn promoted(self) -> Type {
        if self.bits < 32 { INT } else { self }
    }

    /// What two operands become.
    pub(crate) fn common(self, other: Type) -> Type {
        let (left, right) = (self.promoted(), other.promoted());
        match left.bits.cmp(&right.bits) {
            std::cmp::Ordering::Less => right,
            std::cmp::Ordering::Equal if left.signed => right,
            std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => left,
        }
    }
}
