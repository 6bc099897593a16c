//! Instructions to bytes.
use osmia_base::Endian;

use super::codes::{self, X};
use super::{SLOT_BYTES, Slot};
use crate::{AluOp, Callee, Imm64, Insn, Operand, Reg, Size, Width};

/// The bytes of `insns`, little-endian.
pub fn encode(insns: &[Insn]) -> Vec<u8> {
    encode_with(insns, Endian::Little)
}

/// The bytes of `insns`.
///
/// What the types can say and the machine does not have (a byte-wide atomic addition, say) comes out as bytes that
/// `decode` refuses.
pub fn encode_with(insns: &[Insn], endian: Endian) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(insns.len() * SLOT_BYTES);
    for insn in insns {
        let (first, second) = encode_slots(insn);
        bytes.extend(first.bytes(endian));
        bytes.extend(second.into_iter().flat_map(|slot| slot.bytes(endian)));
    }
    bytes
}

/// The opcode byte of `insn`.
pub fn opcode(insn: &Insn) -> u8 {
    encode_slots(insn).0.opcode
}

/// The slot of `insn`, and the second one that `LoadImm64` has.
pub fn encode_slots(insn: &Insn) -> (Slot, Option<Slot>) {
    if let Insn::LoadImm64 { dst, value } = *insn {
        let (src, imm, next) = imm64(value);
        let first = Slot { opcode: codes::LD_IMM64, dst: dst.number(), src, off: 0, imm };
        return (first, Some(Slot { imm: next, ..Slot::default() }));
    }
    (single(insn), None)
}

/// `src_reg` and both constants of `ld_imm64`.
const fn imm64(value: Imm64) -> (u8, i32, i32) {
    match value {
        Imm64::Value(value) => (codes::VALUE, value as i32, (value >> 32) as i32),
        Imm64::MapFd(fd) => (codes::MAP_FD, fd, 0),
        Imm64::MapFdValue { fd, offset } => (codes::MAP_VALUE, fd, offset as i32),
        Imm64::BtfId { id, fd } => (codes::BTF_ID, id, fd),
        Imm64::Function(offset) => (codes::FUNC, offset, 0),
        Imm64::Map(map) => (codes::MAP_IDX, map as i32, 0),
        Imm64::MapValue { map, offset } => (codes::MAP_IDX_VALUE, map as i32, offset as i32),
    }
}

/// `opcode` with an operand that is a register or a constant.
const fn with_operand(opcode: u8, dst: Reg, src: Operand, off: i16) -> Slot {
    let (bit, src, imm) = match src {
        Operand::Reg(reg) => (X, reg.number(), 0),
        Operand::Imm(imm) => (0, 0, imm),
    };
    Slot { opcode: opcode | bit, dst: dst.number(), src, off, imm }
}

/// A load or store, or an atomic operation.
const fn memory(opcode: u8, size: Size, dst: Reg, src: Reg, off: i16, imm: i32) -> Slot {
    Slot { opcode: opcode | codes::size(size), dst: dst.number(), src: src.number(), off, imm }
}

/// A jump without operands.
const fn goto(opcode: u8, off: i16, imm: i32) -> Slot {
    Slot { opcode, dst: 0, src: 0, off, imm }
}

const fn store(size: Size, base: Reg, off: i16, src: Operand) -> Slot {
    let (class, src, imm) = match src {
        Operand::Reg(reg) => (codes::STX, reg.number(), 0),
        Operand::Imm(imm) => (codes::ST, 0, imm),
    };
    Slot { opcode: class | codes::MEM | codes::size(size), dst: base.number(), src, off, imm }
}

const fn call(callee: Callee) -> Slot {
    let (bit, dst, src, off, imm) = match callee {
        Callee::Helper(id) => (0, 0, codes::CALL_HELPER, 0, id as i32),
        Callee::Local(offset) => (0, 0, codes::CALL_LOCAL, 0, offset),
        Callee::Kfunc { id, module } => (0, 0, codes::CALL_KFUNC, module, id),
        Callee::Register(reg) => (X, reg.number(), 0, 0, 0),
    };
    Slot { opcode: codes::JMP | codes::CALL | bit, dst, src, off, imm }
}

const fn alu(op: AluOp, width: Width, dst: Reg, src: Operand) -> Slot {
    let (code, off) = codes::alu(op);
    with_operand(codes::alu_class(width) | code, dst, src, off)
}

/// A `mov` between registers that its offset makes special.
const fn special_mov(width: Width, dst: Reg, src: Reg, off: i16, imm: i32) -> Slot {
    let opcode = codes::alu_class(width) | codes::MOV | X;
    Slot { opcode, dst: dst.number(), src: src.number(), off, imm }
}

const fn packet(size: Size, index: Option<Reg>, imm: i32) -> Slot {
    let (mode, src) = match index {
        Some(reg) => (codes::IND, reg.number()),
        None => (codes::ABS, 0),
    };
    Slot { opcode: codes::LD | mode | codes::size(size), dst: 0, src, off: 0, imm }
}

/// The only slot of every instruction but `LoadImm64`, which yields its first here.
const fn single(insn: &Insn) -> Slot {
    use codes::{ATOMIC, JMP, LDX, MEM, MEMSX, STX};
    match *insn {
        Insn::Alu { op, width, dst, src } => alu(op, width, dst, src),
        Insn::Neg { width, dst } => {
            with_operand(codes::alu_class(width) | codes::NEG, dst, Operand::Imm(0), 0)
        }
        Insn::MovSx { width, from, dst, src } => special_mov(width, dst, src, from.bytes() as i16 * 8, 0),
        Insn::AddrSpaceCast { dst, src, spaces } => {
            special_mov(Width::W64, dst, src, codes::CAST, spaces as i32)
        }
        Insn::Swap { kind, size, dst } => Slot {
            opcode: codes::swap(kind),
            dst: dst.number(),
            src: 0,
            off: 0,
            imm: size.bytes() as i32 * 8,
        },
        Insn::LoadImm64 { dst, value } => {
            let (src, imm, _) = imm64(value);
            Slot { opcode: codes::LD_IMM64, dst: dst.number(), src, off: 0, imm }
        }
        Insn::Load { size, dst, base, off } => memory(LDX | MEM, size, dst, base, off, 0),
        Insn::LoadSx { size, dst, base, off } => memory(LDX | MEMSX, size, dst, base, off, 0),
        Insn::Store { size, base, off, src } => store(size, base, off, src),
        Insn::Atomic { op, size, base, off, src } => {
            memory(STX | ATOMIC, size, base, src, off, codes::atomic(op))
        }
        Insn::LoadAcquire { size, dst, base, off } => {
            memory(STX | ATOMIC, size, dst, base, off, codes::LOAD_ACQUIRE)
        }
        Insn::StoreRelease { size, base, off, src } => {
            memory(STX | ATOMIC, size, base, src, off, codes::STORE_RELEASE)
        }
        Insn::LoadPacket { size, index, imm } => packet(size, index, imm),
        Insn::Jump { cond, width, lhs, rhs, off } => {
            with_operand(codes::jump_class(width) | codes::cond(cond), lhs, rhs, off)
        }
        Insn::Goto { off } => goto(JMP | codes::JA, off, 0),
        Insn::GotoLong { off } => goto(codes::JMP32 | codes::JA, 0, off),
        Insn::MayGoto { off } => goto(JMP | codes::JCOND, off, 0),
        Insn::GotoRegister { dst } => {
            Slot { opcode: JMP | codes::JA | X, dst: dst.number(), src: 0, off: 0, imm: 0 }
        }
        Insn::Call(callee) => call(callee),
        Insn::Exit => goto(JMP | codes::EXIT, 0, 0),
    }
}
