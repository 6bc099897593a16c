//! What numbers that are written down come to, as a C compiler has it.
use crate::ast::{BinaryOp, UnaryOp};

/// What an operator of C makes of a number.
pub(crate) fn unary(op: UnaryOp, value: i128) -> i128 {
    match op {
        UnaryOp::Negate => value.wrapping_neg(),
        UnaryOp::Not => i128::from(value == 0),
        UnaryOp::Complement => !value,
        _ => value,
    }
}

/// What an operator of C makes of two numbers; a division by zero is zero.
pub(crate) fn binary(op: BinaryOp, a: i128, b: i128) -> i128 {
    let shift = u32::try_from(b).unwrap_or(0).min(64);
    match op {
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::Div => a.checked_div(b).unwrap_or(0),
        BinaryOp::Mod => a.checked_rem(b).unwrap_or(0),
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Sub => a.wrapping_sub(b),
        BinaryOp::Shl => a.wrapping_shl(shift),
        BinaryOp::Shr => a.wrapping_shr(shift),
        BinaryOp::Less => i128::from(a < b),
        BinaryOp::LessEqual => i128::from(a <= b),
        BinaryOp::Greater => i128::from(a > b),
        BinaryOp::GreaterEqual => i128::from(a >= b),
        BinaryOp::Equal => i128::from(a == b),
        BinaryOp::NotEqual => i128::from(a != b),
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitXor => a ^ b,
        BinaryOp::BitOr => a | b,
        BinaryOp::And => i128::from(a != 0 && b != 0),
        BinaryOp::Or => i128::from(a != 0 || b != 0),
    }
}
