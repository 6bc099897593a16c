//! Instructions of the BPF machine: form, bytes, text and meaning.
mod insn;

pub use insn::{AluOp, AtomicOp, Callee, Cond, Imm64, Insn, Operand, Reg, Size, Swap, Width};
