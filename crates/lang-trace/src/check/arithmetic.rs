//! What arithmetic means: types of numbers, signs, operations, numbers that are known.
use crate::ast::BinaryOp;
use crate::typed::{Expr, ExprKind, Type};
use osmia_base::Span;
use osmia_isa::{AluOp, Cond};

/// A number that is written down: in the smallest signed type that holds it, and beyond the largest of those unsigned.
pub(super) fn literal(value: i128, span: Span) -> Expr {
    Expr { kind: ExprKind::Number(value as i64), ty: literal_type(value), span }
}

fn literal_type(value: i128) -> Type {
    let held = |size: u32| {
        let half = 1_i128 << (size * 8 - 1);
        (-half..half).contains(&value)
    };
    match [1_u8, 2, 4, 8].into_iter().find(|size| held(u32::from(*size))) {
        Some(size) => Type::Int { size, signed: true, flexible: value >= 0 },
        None => Type::UINT64,
    }
}

/// The number that an expression is, if it is written down or was folded from such.
pub(super) const fn literal_value(expr: &Expr) -> Option<i128> {
    match (&expr.kind, &expr.ty) {
        (ExprKind::Number(number), Type::Int { signed: false, .. }) => Some(*number as u64 as i128),
        (ExprKind::Number(number), Type::Int { .. }) => Some(*number as i128),
        _ => None,
    }
}

/// Size, sign, and whether the sign is flexible, of integers and enumerations.
pub(super) const fn integer_parts(ty: &Type) -> Option<(u8, bool, bool)> {
    match ty {
        Type::Int { size, signed, flexible } => Some((*size, *signed, *flexible)),
        Type::Enum { size, signed, .. } => Some((*size, *signed, false)),
        _ => None,
    }
}

/// The integer type that holds the values of both. Where only one is written down, it takes the other's sign; else
/// signed and unsigned need a size more, and 64 bits are signed.
pub(super) fn promote((s, x, f): (u8, bool, bool), (t, y, g): (u8, bool, bool)) -> Type {
    let size = s.max(t);
    let flexible = f && g;
    if x == y {
        return Type::Int { size, signed: x, flexible };
    }
    if f || g {
        return Type::Int { size, signed: (x && !f) || (y && !g), flexible };
    }
    let signed_is_larger = if x { s > t } else { t > s };
    Type::int(if signed_is_larger { size } else { (size * 2).min(8) }, true)
}

/// Whether all values of one integer type are values of another.
pub(super) const fn holds((size, signed): (u8, bool), (s, x, flexible): (u8, bool, bool)) -> bool {
    if x == signed || flexible {
        return s <= size;
    }
    !x && s < size
}

/// Whether a number is one of an integer type's values.
pub(super) fn holds_number(ty: &Type, value: i128) -> bool {
    let Some((size, signed, _)) = integer_parts(ty) else { return false };
    let bits = u32::from(size) * 8;
    if signed {
        (-(1_i128 << (bits - 1))..1_i128 << (bits - 1)).contains(&value)
    } else {
        (0..1_i128 << bits).contains(&value)
    }
}

/// The signs of both sides of an operation; a number that is written down takes the other side's.
pub(super) fn signs(lhs: &Type, rhs: &Type) -> (bool, bool) {
    let side =
        |ty: &Type| integer_parts(ty).map_or((false, false), |(_, signed, flexible)| (signed, flexible));
    match (side(lhs), side(rhs)) {
        ((_, true), (signed, false)) | ((signed, false), (_, true)) => (signed, signed),
        ((x, _), (y, _)) => (x, y),
    }
}

pub(super) const fn condition(op: BinaryOp, signed: bool) -> Option<Cond> {
    Some(match (op, signed) {
        (BinaryOp::Equal, _) => Cond::Eq,
        (BinaryOp::NotEqual, _) => Cond::Ne,
        (BinaryOp::Less, true) => Cond::Slt,
        (BinaryOp::Less, false) => Cond::Lt,
        (BinaryOp::LessEqual, true) => Cond::Sle,
        (BinaryOp::LessEqual, false) => Cond::Le,
        (BinaryOp::Greater, true) => Cond::Sgt,
        (BinaryOp::Greater, false) => Cond::Gt,
        (BinaryOp::GreaterEqual, true) => Cond::Sge,
        (BinaryOp::GreaterEqual, false) => Cond::Ge,
        _ => return None,
    })
}

pub(super) const fn operation(op: BinaryOp, signed: bool) -> Option<AluOp> {
    Some(match (op, signed) {
        (BinaryOp::Add, _) => AluOp::Add,
        (BinaryOp::Sub, _) => AluOp::Sub,
        (BinaryOp::Mul, _) => AluOp::Mul,
        (BinaryOp::Div, false) => AluOp::Div,
        (BinaryOp::Div, true) => AluOp::SDiv,
        (BinaryOp::Mod, false) => AluOp::Mod,
        (BinaryOp::Mod, true) => AluOp::SMod,
        (BinaryOp::Shl, _) => AluOp::Lsh,
        (BinaryOp::Shr, false) => AluOp::Rsh,
        (BinaryOp::Shr, true) => AluOp::Arsh,
        (BinaryOp::BitAnd, _) => AluOp::And,
        (BinaryOp::BitOr, _) => AluOp::Or,
        (BinaryOp::BitXor, _) => AluOp::Xor,
        _ => return None,
    })
}

/// Two numbers that are known: what they make; `None` where no 64 bits hold it, or nothing does.
pub(super) fn fold(op: BinaryOp, a: i128, b: i128) -> Option<i128> {
    let shift = |value: fn(i128, u32) -> i128| (0..64).contains(&b).then(|| value(a, b as u32));
    let made = match op {
        BinaryOp::Add => a.checked_add(b)?,
        BinaryOp::Sub => a.checked_sub(b)?,
        BinaryOp::Mul => a.checked_mul(b)?,
        BinaryOp::Div => a.checked_div(b)?,
        BinaryOp::Mod => a.checked_rem(b)?,
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        BinaryOp::Shr => shift(|a, b| a >> b)?,
        // Bits that leave at the top are gone.
        BinaryOp::Shl => shift(|a, b| {
            let bits = (a as u64) << b;
            if a < 0 { i128::from(bits as i64) } else { i128::from(bits) }
        })?,
        _ => return None,
    };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&made).then_some(made)
}

/// Whether a comparison of two known numbers holds; `None` for other operations.
pub(super) fn compare<T: PartialOrd>(op: BinaryOp, a: T, b: T) -> Option<bool> {
    Some(match op {
        BinaryOp::Equal => a == b,
        BinaryOp::NotEqual => a != b,
        BinaryOp::Less => a < b,
        BinaryOp::LessEqual => a <= b,
        BinaryOp::Greater => a > b,
        BinaryOp::GreaterEqual => a >= b,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_smallest_type_that_holds_them() {
        let flexible = |size| Type::Int { size, signed: true, flexible: true };
        let cases = [
            (0, flexible(1)),
            (127, flexible(1)),
            (128, flexible(2)),
            (-128, Type::int(1, true)),
            (-129, Type::int(2, true)),
            (i128::from(i64::MAX), flexible(8)),
            (i128::from(u64::MAX), Type::UINT64),
        ];
        for (value, ty) in cases {
            assert_eq!(literal_type(value), ty, "{value}");
        }
    }

    #[test]
    fn what_64_bits_do_not_hold_is_not_folded() {
        assert_eq!(fold(BinaryOp::Sub, 3, 5), Some(-2));
        assert_eq!(fold(BinaryOp::Add, i128::from(u64::MAX), 1), None);
        assert_eq!(fold(BinaryOp::Mul, i128::from(i64::MIN), -1), Some(1 << 63));
        assert_eq!(fold(BinaryOp::Div, 1, 0), None);
        assert_eq!(fold(BinaryOp::Shl, 1, 64), None);
        assert_eq!(fold(BinaryOp::Shl, 1, 63), Some(1 << 63));
        assert_eq!(fold(BinaryOp::Shr, -8, 1), Some(-4));
    }
}
