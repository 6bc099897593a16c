//! The words and signs that the syntaxes share.
use crate::{AluOp, AtomicOp, Cond, Reg, Size, Swap, Width};

/// `r1` or `w1`.
pub(super) fn register(width: Width, reg: Reg) -> String {
    format!("{}{}", letter(width), reg.number())
}

/// What a register's name begins with.
pub(super) const fn letter(width: Width) -> char {
    match width {
        Width::W32 => 'w',
        Width::W64 => 'r',
    }
}

/// The sign between the operands of arithmetic.
pub(super) const fn alu(op: AluOp) -> &'static str {
    match op {
        AluOp::Add => "+=",
        AluOp::Sub => "-=",
        AluOp::Mul => "*=",
        AluOp::Div => "/=",
        AluOp::SDiv => "s/=",
        AluOp::Or => "|=",
        AluOp::And => "&=",
        AluOp::Lsh => "<<=",
        AluOp::Rsh => ">>=",
        AluOp::Mod => "%=",
        AluOp::SMod => "s%=",
        AluOp::Xor => "^=",
        AluOp::Mov => "=",
        AluOp::Arsh => "s>>=",
    }
}

/// The sign between the operands of a comparison.
pub(super) const fn cond(cond: Cond) -> &'static str {
    match cond {
        Cond::Eq => "==",
        Cond::Gt => ">",
        Cond::Ge => ">=",
        Cond::Set => "&",
        Cond::Ne => "!=",
        Cond::Sgt => "s>",
        Cond::Sge => "s>=",
        Cond::Lt => "<",
        Cond::Le => "<=",
        Cond::Slt => "s<",
        Cond::Sle => "s<=",
    }
}

/// The type in front of an address.
pub(super) const fn unsigned(size: Size) -> &'static str {
    match size {
        Size::B => "u8",
        Size::H => "u16",
        Size::W => "u32",
        Size::DW => "u64",
    }
}

/// The type of a sign-extending access.
pub(super) const fn signed(size: Size) -> &'static str {
    match size {
        Size::B => "s8",
        Size::H => "s16",
        Size::W => "s32",
        Size::DW => "s64",
    }
}

/// `le`, `be` or `bswap`; the number of bits follows.
pub(super) const fn swap(kind: Swap) -> &'static str {
    match kind {
        Swap::ToLittle => "le",
        Swap::ToBig => "be",
        Swap::Always => "bswap",
    }
}

/// The name of an atomic operation.
pub(super) const fn atomic(op: AtomicOp) -> &'static str {
    match op {
        AtomicOp::Add { .. } => "add",
        AtomicOp::Or { .. } => "or",
        AtomicOp::And { .. } => "and",
        AtomicOp::Xor { .. } => "xor",
        AtomicOp::Xchg => "xchg",
        AtomicOp::Cmpxchg => "cmpxchg",
    }
}

/// The sign of an atomic operation in its form without `fetch`.
pub(super) const fn plain_atomic(op: AtomicOp) -> Option<&'static str> {
    match op {
        AtomicOp::Add { fetch: false } => Some("+="),
        AtomicOp::Or { fetch: false } => Some("|="),
        AtomicOp::And { fetch: false } => Some("&="),
        AtomicOp::Xor { fetch: false } => Some("^="),
        AtomicOp::Add { fetch: true }
        | AtomicOp::Or { fetch: true }
        | AtomicOp::And { fetch: true }
        | AtomicOp::Xor { fetch: true }
        | AtomicOp::Xchg
        | AtomicOp::Cmpxchg => None,
    }
}
