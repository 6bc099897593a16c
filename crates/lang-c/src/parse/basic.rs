//! Types that are made of words such as `unsigned long`.
use crate::ast::Basic;
use crate::{Name, word};

// What the words of a type count in a sum that does not depend on their order.
const VOID: u64 = 1;
const BOOL: u64 = 1 << 4;
const CHAR: u64 = 1 << 8;
const SHORT: u64 = 1 << 12;
const INT: u64 = 1 << 16;
const LONG: u64 = 1 << 20;
const INT128: u64 = 1 << 24;
const FLOAT: u64 = 1 << 28;
const DOUBLE: u64 = 1 << 32;
const SIGNED: u64 = 1 << 36;
const UNSIGNED: u64 = 1 << 40;

/// No type has more words; more could spoil the sum.
pub(super) const MAX_WORDS: usize = 4;

/// How much each word counts.
pub(super) const WORDS: &[(Name, u64)] = &[
    (word::VOID, VOID),
    (word::BOOL, BOOL),
    (word::CHAR, CHAR),
    (word::SHORT, SHORT),
    (word::INT, INT),
    (word::LONG, LONG),
    (word::INT128, INT128),
    (word::FLOAT, FLOAT),
    (word::DOUBLE, DOUBLE),
    (word::SIGNED, SIGNED),
    (word::SIGNED_, SIGNED),
    (word::SIGNED__, SIGNED),
    (word::UNSIGNED, UNSIGNED),
];

/// Which words make which type (C11 6.7.2).
const BASIC: &[(u64, Basic)] = &[
    (VOID, Basic::Void),
    (BOOL, Basic::Bool),
    (CHAR, Basic::Char),
    (SIGNED + CHAR, Basic::SignedChar),
    (UNSIGNED + CHAR, Basic::UnsignedChar),
    (SHORT, Basic::Short),
    (SHORT + INT, Basic::Short),
    (SIGNED + SHORT, Basic::Short),
    (SIGNED + SHORT + INT, Basic::Short),
    (UNSIGNED + SHORT, Basic::UnsignedShort),
    (UNSIGNED + SHORT + INT, Basic::UnsignedShort),
    (INT, Basic::Int),
    (SIGNED, Basic::Int),
    (SIGNED + INT, Basic::Int),
    (UNSIGNED, Basic::UnsignedInt),
    (UNSIGNED + INT, Basic::UnsignedInt),
    (LONG, Basic::Long),
    (LONG + INT, Basic::Long),
    (SIGNED + LONG, Basic::Long),
    (SIGNED + LONG + INT, Basic::Long),
    (UNSIGNED + LONG, Basic::UnsignedLong),
    (UNSIGNED + LONG + INT, Basic::UnsignedLong),
    (LONG + LONG, Basic::LongLong),
    (LONG + LONG + INT, Basic::LongLong),
    (SIGNED + LONG + LONG, Basic::LongLong),
    (SIGNED + LONG + LONG + INT, Basic::LongLong),
    (UNSIGNED + LONG + LONG, Basic::UnsignedLongLong),
    (UNSIGNED + LONG + LONG + INT, Basic::UnsignedLongLong),
    (INT128, Basic::Int128),
    (SIGNED + INT128, Basic::Int128),
    (UNSIGNED + INT128, Basic::UnsignedInt128),
    (FLOAT, Basic::Float),
    (DOUBLE, Basic::Double),
    (LONG + DOUBLE, Basic::LongDouble),
];

/// The type that words of this sum make.
pub(super) fn basic(sum: u64) -> Option<Basic> {
    BASIC.iter().find(|row| row.0 == sum).map(|row| row.1)
}
