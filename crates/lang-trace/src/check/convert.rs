//! From one type to another, where that is asked for.
use super::arithmetic::integer_parts;
use super::types::moved;
use crate::typed::{Expr, ExprKind, Space, Type, TypeSet};

/// The expression as a value of type `want`, if there is a way.
pub(super) fn convert(expr: Expr, want: &Type) -> Option<Expr> {
    if expr.ty == *want || same_number(&expr.ty, want) {
        return Some(Expr { ty: want.clone(), ..expr });
    }
    let scalar = |ty: &Type| ty.is_scalar();
    match (&expr.kind, want) {
        (ExprKind::Number(number), Type::Int { .. } | Type::Enum { .. } | Type::Pointer { .. }) => {
            let kind = ExprKind::Number(truncate(*number, want));
            Some(Expr { kind, ty: want.clone(), span: expr.span })
        }
        (ExprKind::Number(number), Type::Bool) => {
            Some(Expr { kind: ExprKind::Number(i64::from(*number != 0)), ty: Type::Bool, span: expr.span })
        }
        _ if scalar(&expr.ty) && scalar(want) => Some(cast(expr, want.clone())),
        (_, Type::Str { .. }) if matches!(expr.ty, Type::Str { .. }) => Some(cast(expr, want.clone())),
        (_, Type::Buffer { .. }) if matches!(expr.ty, Type::Buffer { .. }) => Some(cast(expr, want.clone())),
        (_, Type::Pointer { .. }) if matches!(expr.ty, Type::Array { .. } | Type::Composite { .. }) => {
            Some(cast(expr, want.clone()))
        }
        (_, Type::Composite { of, .. }) if matches!(&expr.ty, Type::Composite { of: have, .. } if have == of) => {
            Some(expr)
        }
        (_, Type::Array { element, count, .. })
            if matches!(&expr.ty, Type::Array { element: e, count: c, .. }
                if c == count && moved(e, Space::Unknown) == moved(element, Space::Unknown)) =>
        {
            Some(expr)
        }
        _ => None,
    }
}

/// Whether two integer types differ in nothing that the machine sees.
fn same_number(have: &Type, want: &Type) -> bool {
    match (have, want) {
        (Type::Int { size, signed, .. }, Type::Int { size: other, signed: sign, .. }) => {
            size == other && signed == sign
        }
        _ => false,
    }
}

/// Says that it is one.
pub(super) fn cast(expr: Expr, ty: Type) -> Expr {
    let span = expr.span;
    Expr { kind: ExprKind::Cast(Box::new(expr)), ty, span }
}

/// What is left of a number in a type's width.
pub(super) const fn truncate(number: i64, ty: &Type) -> i64 {
    match integer_parts(ty) {
        Some((1, true, _)) => number as i8 as i64,
        Some((1, false, _)) => number as u8 as i64,
        Some((2, true, _)) => number as i16 as i64,
        Some((2, false, _)) => number as u16 as i64,
        Some((4, true, _)) => number as i32 as i64,
        Some((4, false, _)) => number as u32 as i64,
        _ => number,
    }
}

/// A value that is kept or printed. Text of a structure that the script itself defines is as long as it says there: it
/// gets room for a NUL, lest it look cut off.
pub(super) fn kept(value: Expr) -> Expr {
    match (&value.kind, &value.ty) {
        (ExprKind::Field { member, .. }, Type::Str { capacity }) if member.of.set == TypeSet::Script => {
            let ty = Type::Str { capacity: capacity.saturating_add(1) };
            cast(value, ty)
        }
        _ => value,
    }
}
