//! What operations on numbers mean. The folder and the interpreter both ask here.
use crate::{Function, Op, Type, Value};
use osmia_base::Endian;
use osmia_isa::{Cond, Size, Width, eval};

/// The width that a type is computed in.
pub(crate) const fn width(kind: Type) -> Width {
    if kind.is_wide() { Width::W64 } else { Width::W32 }
}

/// The bits of a number as a value of this type; those of 32-bit values end there.
pub(crate) const fn canonical(kind: Type, number: u64) -> u64 {
    width(kind).truncate(number)
}

/// As a constant would be written.
pub(crate) const fn as_constant(kind: Type, number: u64) -> i64 {
    if kind.is_wide() { number as i64 } else { number as u32 as i32 as i64 }
}

/// Whether a comparison holds for operands of a type.
pub(crate) const fn compare(kind: Type, cond: Cond, lhs: u64, rhs: u64) -> bool {
    eval::compare(cond, width(kind), lhs, rhs)
}

/// The low bits of a number, sign-extended.
pub(crate) const fn sign_extend(size: Size, number: u64) -> u64 {
    let shift = 64 - size.bytes() * 8;
    ((number << shift) as i64 >> shift) as u64
}

/// The low bits of a number.
pub(crate) const fn zero_extend(size: Size, number: u64) -> u64 {
    let shift = 64 - size.bytes() * 8;
    number << shift >> shift
}

/// The result of an operation on numbers; `None` where it is none, or where `get` does not know an operand.
pub(crate) fn value(
    function: &Function,
    op: &Op,
    kind: Type,
    get: impl Fn(Value) -> Option<u64>,
) -> Option<u64> {
    let of = |value: Value| width(function.kind(value));
    let number = match op {
        Op::Const(number) => *number as u64,
        Op::Alu(op, a, b) => eval::alu(*op, width(kind), get(*a)?, get(*b)?),
        Op::Neg(a) => eval::neg(width(kind), get(*a)?),
        Op::ZeroExtend(size, a) => zero_extend(*size, get(*a)?),
        Op::SignExtend(size, a) => sign_extend(*size, get(*a)?),
        Op::Truncate(a) | Op::Cast(a) => get(*a)?,
        Op::Swap(swap, size, a) => eval::swap(*swap, *size, Endian::Little, get(*a)?),
        Op::Compare(cond, a, b) => u64::from(eval::compare(*cond, of(*a), get(*a)?, get(*b)?)),
        Op::Select(condition, a, b) => get(if get(*condition)? == 0 { *b } else { *a })?,
        _ => return None,
    };
    Some(canonical(kind, number))
}
