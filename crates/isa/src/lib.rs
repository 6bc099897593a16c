//! Instructions of the BPF machine: form, bytes, text and meaning.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod eval;
pub mod flow;
mod insn;
#[doc(hidden)]
pub mod property;
pub mod text;
pub mod wire;

pub use insn::{AluOp, AtomicOp, Callee, Cond, Imm64, Insn, Operand, Reg, Size, Swap, Width};
pub use wire::{DecodeError, DecodeErrorKind, decode, decode_with, encode, encode_with};
pub use wire::{Xlated, decode_xlated};
