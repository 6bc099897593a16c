//! From one type to another.
use super::types::moved;
use crate::typed::{Expr, ExprKind, Type};

/// The expression as a value of type `want`, if there is a way.
pub(super) fn convert(expr: Expr, want: &Type) -> Option<Expr> {
    if expr.ty == *want {
        return Some(expr);
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
        (ExprKind::Tuple(_), Type::Tuple(want)) => {
            convert_parts(expr, want.iter().collect(), Type::Tuple(want.clone()))
        }
        (ExprKind::Tuple(_), Type::Record(want)) => {
            convert_parts(expr, want.iter().map(|(_, ty)| ty).collect(), Type::Record(want.clone()))
        }
        (_, Type::Tuple(parts)) => match &expr.ty {
            Type::Tuple(have) if have.len() == parts.len() => take_apart(&expr, have, parts, want),
            _ => None,
        },
        (_, Type::Record(parts)) => match &expr.ty {
            Type::Record(have) if have.len() == parts.len() => {
                let have: Vec<Type> = have.iter().map(|(_, ty)| ty.clone()).collect();
                let parts: Vec<Type> = parts.iter().map(|(_, ty)| ty.clone()).collect();
                take_apart(&expr, &have, &parts, want)
            }
            _ => None,
        },
        _ if scalar(&expr.ty) && scalar(want) => Some(cast(expr, want.clone())),
        (_, Type::Str { .. }) if matches!(expr.ty, Type::Str { .. }) || is_text_array(&expr.ty) => {
            Some(cast(expr, want.clone()))
        }
        (_, Type::Buffer { .. }) if matches!(expr.ty, Type::Buffer { .. }) => Some(cast(expr, want.clone())),
        (_, Type::Pointer { .. }) if matches!(expr.ty, Type::Array { .. } | Type::Composite { .. }) => {
            Some(cast(expr, want.clone()))
        }
        (_, Type::Composite { of, .. }) if matches!(&expr.ty, Type::Composite { of: have, .. } if have == of) => {
            Some(expr)
        }
        (_, Type::Array { element, count, .. })
            if matches!(&expr.ty, Type::Array { element: e, count: c, .. }
                if c == count && moved(e, crate::typed::Space::Unknown) == moved(element, crate::typed::Space::Unknown)) =>
        {
            Some(expr)
        }
        _ => None,
    }
}

/// Says that it is one.
pub(super) fn cast(expr: Expr, ty: Type) -> Expr {
    let span = expr.span;
    Expr { kind: ExprKind::Cast(Box::new(expr)), ty, span }
}

/// An array of characters: text, where a value is wanted.
pub(super) fn is_text_array(ty: &Type) -> bool {
    matches!(ty, Type::Array { element, count, .. } if **element == Type::Int { size: 1, signed: true } && *count > 0)
}

/// What is left of a number in a type's width.
pub(super) const fn truncate(number: i64, ty: &Type) -> i64 {
    match ty {
        Type::Int { size: 1, signed: true } => number as i8 as i64,
        Type::Int { size: 1, signed: false } => number as u8 as i64,
        Type::Int { size: 2, signed: true } => number as i16 as i64,
        Type::Int { size: 2, signed: false } => number as u16 as i64,
        Type::Int { size: 4, signed: true } => number as i32 as i64,
        Type::Int { size: 4, signed: false } => number as u32 as i64,
        _ => number,
    }
}

fn convert_parts(expr: Expr, want: Vec<&Type>, ty: Type) -> Option<Expr> {
    let ExprKind::Tuple(parts) = expr.kind else { return None };
    if parts.len() != want.len() {
        return None;
    }
    let parts =
        parts.into_iter().zip(want).map(|(part, want)| convert(part, want)).collect::<Option<Vec<_>>>()?;
    Some(Expr { kind: ExprKind::Tuple(parts), ty, span: expr.span })
}

fn take_apart(expr: &Expr, have: &[Type], want: &[Type], ty: &Type) -> Option<Expr> {
    let parts = have.iter().zip(want).enumerate().map(|(index, (have, want))| {
        let kind = ExprKind::Part(Box::new(expr.clone()), index);
        convert(Expr { kind, ty: have.clone(), span: expr.span }, want)
    });
    let parts = parts.collect::<Option<Vec<_>>>()?;
    Some(Expr { kind: ExprKind::Tuple(parts), ty: ty.clone(), span: expr.span })
}
