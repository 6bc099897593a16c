//! What arithmetic means: signs, operations, numbers that are known.
use super::expr::number;
use crate::ast::BinaryOp;
use crate::typed::{Expr, ExprKind, Type};
use osmia_base::Span;
use osmia_isa::{AluOp, Cond};

/// Arithmetic is signed if one side is, but a number that is not negative takes the other side's sign.
pub(super) fn is_signed(lhs: &Expr, rhs: &Expr) -> bool {
    let side = |expr: &Expr| match (&expr.kind, &expr.ty) {
        (ExprKind::Number(known), Type::Int { .. }) if *known >= 0 => None,
        (_, Type::Int { signed, .. } | Type::Enum { signed, .. }) => Some(*signed),
        _ => Some(false),
    };
    match (side(lhs), side(rhs)) {
        (None, None) => true,
        (Some(a), None) | (None, Some(a)) => a,
        (Some(a), Some(b)) => a || b,
    }
}

/// Whether one side is signed and the other is unsigned and too wide to be taken as signed; numbers that are written
/// down take the other's sign.
pub(super) fn is_wide_mix(lhs: &Expr, rhs: &Expr) -> bool {
    let side = |expr: &Expr| match (&expr.kind, &expr.ty) {
        (ExprKind::Number(_), _) => None,
        (_, Type::Int { size, signed } | Type::Enum { size, signed, .. }) => Some((*signed, *size)),
        _ => Some((false, 8)),
    };
    matches!(
        (side(lhs), side(rhs)),
        (Some((true, _)), Some((false, 8))) | (Some((false, 8)), Some((true, _)))
    )
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

/// Two numbers that are known; comparisons and divisions by zero are left to the machine.
pub(super) fn fold(op: BinaryOp, a: i64, b: i64, signed: bool) -> Option<i64> {
    if matches!(op, BinaryOp::Div | BinaryOp::Mod) && b == 0 {
        return None;
    }
    let op = operation(op, signed)?;
    Some(osmia_isa::eval::alu(op, osmia_isa::Width::W64, a as u64, b as u64) as i64)
}

/// What was folded: signed, but for numbers that only an unsigned type holds.
pub(super) fn folded_number(op: BinaryOp, value: i64, signed: bool, span: Span) -> Expr {
    let ty = if signed || op == BinaryOp::Sub { Type::INT64 } else { Type::UINT64 };
    Expr { ty, ..number(value, span) }
}
