//! What things are called in the text form.
use crate::{Pointee, Type};
use osmia_isa::{AluOp, AtomicOp, Cond, Size, Swap};

/// A two-way table.
pub(super) type Names<T> = &'static [(&'static str, T)];

pub(super) const TYPES: Names<Type> = &[
    ("i32", Type::I32),
    ("i64", Type::I64),
    ("*stack", Type::Ptr(Pointee::Stack)),
    ("*ctx", Type::Ptr(Pointee::Context)),
    ("*map", Type::Ptr(Pointee::Map)),
    ("*mem", Type::Ptr(Pointee::Memory)),
    ("*kernel", Type::Ptr(Pointee::Kernel)),
    ("*packet", Type::Ptr(Pointee::Packet)),
    ("*func", Type::Ptr(Pointee::Function)),
];

pub(super) const ALU: Names<AluOp> = &[
    ("add", AluOp::Add),
    ("sub", AluOp::Sub),
    ("mul", AluOp::Mul),
    ("div", AluOp::Div),
    ("sdiv", AluOp::SDiv),
    ("or", AluOp::Or),
    ("and", AluOp::And),
    ("lsh", AluOp::Lsh),
    ("rsh", AluOp::Rsh),
    ("mod", AluOp::Mod),
    ("smod", AluOp::SMod),
    ("xor", AluOp::Xor),
    ("mov", AluOp::Mov),
    ("arsh", AluOp::Arsh),
];

pub(super) const CONDS: Names<Cond> = &[
    ("eq", Cond::Eq),
    ("ne", Cond::Ne),
    ("gt", Cond::Gt),
    ("ge", Cond::Ge),
    ("lt", Cond::Lt),
    ("le", Cond::Le),
    ("sgt", Cond::Sgt),
    ("sge", Cond::Sge),
    ("slt", Cond::Slt),
    ("sle", Cond::Sle),
    ("set", Cond::Set),
];

pub(super) const SIZES: Names<Size> = &[("8", Size::B), ("16", Size::H), ("32", Size::W), ("64", Size::DW)];

pub(super) const SWAPS: Names<Swap> = &[("le", Swap::ToLittle), ("be", Swap::ToBig), ("bswap", Swap::Always)];

pub(super) const ATOMICS: Names<AtomicOp> = &[
    ("add", AtomicOp::Add { fetch: false }),
    ("fetch_add", AtomicOp::Add { fetch: true }),
    ("or", AtomicOp::Or { fetch: false }),
    ("fetch_or", AtomicOp::Or { fetch: true }),
    ("and", AtomicOp::And { fetch: false }),
    ("fetch_and", AtomicOp::And { fetch: true }),
    ("xor", AtomicOp::Xor { fetch: false }),
    ("fetch_xor", AtomicOp::Xor { fetch: true }),
    ("xchg", AtomicOp::Xchg),
    ("cmpxchg", AtomicOp::Cmpxchg),
];

/// The name of a thing.
pub(super) fn name<T: PartialEq>(names: Names<T>, thing: &T) -> &'static str {
    names.iter().find(|row| row.1 == *thing).map_or("?", |row| row.0)
}

/// The thing of a name.
pub(super) fn thing<T: Copy>(names: Names<T>, name: &str) -> Option<T> {
    names.iter().find(|row| row.0 == name).map(|row| row.1)
}
