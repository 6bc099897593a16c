//! The numbers of RFC 9669 and `include/uapi/linux/bpf.h` (Linux 6.19), each written once.
use crate::{AluOp, AtomicOp, Cond, Size, Swap, Width};

/// The low three bits of an opcode.
pub(super) const CLASS: u8 = 0x07;
pub(super) const LD: u8 = 0x00;
pub(super) const LDX: u8 = 0x01;
pub(super) const ST: u8 = 0x02;
pub(super) const STX: u8 = 0x03;
pub(super) const ALU: u8 = 0x04;
pub(super) const JMP: u8 = 0x05;
pub(super) const JMP32: u8 = 0x06;
pub(super) const ALU64: u8 = 0x07;

/// The operand of `ALU` and `JMP` is a register.
pub(super) const X: u8 = 0x08;
/// The operation of `ALU` and `JMP`.
pub(super) const OP: u8 = 0xf0;
pub(super) const NEG: u8 = 0x80;
pub(super) const MOV: u8 = 0xb0;
pub(super) const END: u8 = 0xd0;
pub(super) const JA: u8 = 0x00;
pub(super) const CALL: u8 = 0x80;
pub(super) const EXIT: u8 = 0x90;
pub(super) const JCOND: u8 = 0xe0;

/// The mode of loads and stores.
pub(super) const MODE: u8 = 0xe0;
pub(super) const IMM: u8 = 0x00;
pub(super) const ABS: u8 = 0x20;
pub(super) const IND: u8 = 0x40;
pub(super) const MEM: u8 = 0x60;
pub(super) const MEMSX: u8 = 0x80;
pub(super) const ATOMIC: u8 = 0xc0;

/// The one opcode that fills two slots.
pub(super) const LD_IMM64: u8 = LD | IMM | size(Size::DW);

pub(super) const FETCH: i32 = 0x01;
pub(super) const XCHG: i32 = 0xe0 | FETCH;
pub(super) const CMPXCHG: i32 = 0xf0 | FETCH;
pub(super) const LOAD_ACQUIRE: i32 = 0x100;
pub(super) const STORE_RELEASE: i32 = 0x110;

/// The offset of a `mov` that casts between address spaces.
pub(super) const CAST: i16 = 1;

/// `src_reg` of `ld_imm64`, in the order of `BPF_PSEUDO_*`.
pub(super) const VALUE: u8 = 0;
pub(super) const MAP_FD: u8 = 1;
pub(super) const MAP_VALUE: u8 = 2;
pub(super) const BTF_ID: u8 = 3;
pub(super) const FUNC: u8 = 4;
pub(super) const MAP_IDX: u8 = 5;
pub(super) const MAP_IDX_VALUE: u8 = 6;

/// `src_reg` of `call`.
pub(super) const CALL_HELPER: u8 = 0;
pub(super) const CALL_LOCAL: u8 = 1;
pub(super) const CALL_KFUNC: u8 = 2;

/// The size bits of a load or store.
pub(super) const fn size(size: Size) -> u8 {
    match size {
        Size::W => 0x00,
        Size::H => 0x08,
        Size::B => 0x10,
        Size::DW => 0x18,
    }
}

/// The size that an opcode's bits name.
pub(super) const fn size_of_opcode(opcode: u8) -> Size {
    match opcode & 0x18 {
        0x00 => Size::W,
        0x08 => Size::H,
        0x10 => Size::B,
        _ => Size::DW,
    }
}

/// The operation bits and the offset of an arithmetic instruction.
pub(super) const fn alu(op: AluOp) -> (u8, i16) {
    match op {
        AluOp::Add => (0x00, 0),
        AluOp::Sub => (0x10, 0),
        AluOp::Mul => (0x20, 0),
        AluOp::Div => (0x30, 0),
        AluOp::SDiv => (0x30, 1),
        AluOp::Or => (0x40, 0),
        AluOp::And => (0x50, 0),
        AluOp::Lsh => (0x60, 0),
        AluOp::Rsh => (0x70, 0),
        AluOp::Mod => (0x90, 0),
        AluOp::SMod => (0x90, 1),
        AluOp::Xor => (0xa0, 0),
        AluOp::Mov => (MOV, 0),
        AluOp::Arsh => (0xc0, 0),
    }
}

/// The operation bits of a conditional jump.
pub(super) const fn cond(cond: Cond) -> u8 {
    match cond {
        Cond::Eq => 0x10,
        Cond::Gt => 0x20,
        Cond::Ge => 0x30,
        Cond::Set => 0x40,
        Cond::Ne => 0x50,
        Cond::Sgt => 0x60,
        Cond::Sge => 0x70,
        Cond::Lt => 0xa0,
        Cond::Le => 0xb0,
        Cond::Slt => 0xc0,
        Cond::Sle => 0xd0,
    }
}

/// `imm` of an atomic read-modify-write.
pub(super) const fn atomic(op: AtomicOp) -> i32 {
    let (code, fetch) = match op {
        AtomicOp::Add { fetch } => (0x00, fetch),
        AtomicOp::Or { fetch } => (0x40, fetch),
        AtomicOp::And { fetch } => (0x50, fetch),
        AtomicOp::Xor { fetch } => (0xa0, fetch),
        AtomicOp::Xchg => (XCHG, true),
        AtomicOp::Cmpxchg => (CMPXCHG, true),
    };
    if fetch { code | FETCH } else { code }
}

/// The opcode of a byte-order instruction.
pub(super) const fn swap(kind: Swap) -> u8 {
    match kind {
        Swap::ToLittle => ALU | END,
        Swap::ToBig => ALU | END | X,
        Swap::Always => ALU64 | END,
    }
}

/// The arithmetic class of a width.
pub(super) const fn alu_class(width: Width) -> u8 {
    match width {
        Width::W32 => ALU,
        Width::W64 => ALU64,
    }
}

/// The jump class of a width.
pub(super) const fn jump_class(width: Width) -> u8 {
    match width {
        Width::W32 => JMP32,
        Width::W64 => JMP,
    }
}
