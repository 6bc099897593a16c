//! Bytes to instructions: every field is either used or must be zero.
use std::fmt;

use osmia_base::Endian;

use super::codes::{self, X};
use super::{Field, SLOT_BYTES, Slot, slots};
use crate::{AluOp, AtomicOp, Callee, Cond, Imm64, Insn, Operand, Reg, Size, Swap, Width};

/// Why bytes are no instructions, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The slot at fault, from 0.
    pub slot: usize,
    /// What is wrong with it.
    pub kind: DecodeErrorKind,
}

/// What is wrong with a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeErrorKind {
    /// The code ends within the slot, after so many of its eight bytes.
    Partial(usize),
    /// No instruction has this opcode.
    Opcode(u8),
    /// There is no register of this number.
    Register(u8),
    /// A field that the instruction does not use is not zero.
    Reserved(Field),
    /// A field has a value that means nothing to this opcode.
    Value(Field, i64),
    /// The code ends between the two slots of `ld_imm64`.
    HalfLoadImm64,
    /// A field of the second slot of `ld_imm64`, which must be zero, is not.
    SecondSlot(Field),
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Partial(bytes) => write!(f, "the code ends after {bytes} of its 8 bytes"),
            Self::Opcode(opcode) => write!(f, "unknown opcode {opcode:#04x}"),
            Self::Register(number) => write!(f, "there is no register r{number}"),
            Self::Reserved(field) => write!(f, "the field {field} is not used here and must be 0"),
            Self::Value(field, value) => write!(f, "the field {field} cannot be {value:#x} here"),
            Self::HalfLoadImm64 => write!(f, "the second half of the 64-bit constant is missing"),
            Self::SecondSlot(field) => {
                write!(f, "the field {field} in the second half of a 64-bit constant must be 0")
            }
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instruction {}: {}", self.slot, self.kind)
    }
}

impl std::error::Error for DecodeError {}

type Decoded<T> = Result<T, DecodeErrorKind>;

/// The instructions of `bytes`, little-endian.
pub fn decode(bytes: &[u8]) -> Result<Vec<Insn>, DecodeError> {
    decode_with(bytes, Endian::Little)
}

/// The instructions of `bytes`: exactly those that encode to the same bytes, or the first error.
pub fn decode_with(bytes: &[u8], endian: Endian) -> Result<Vec<Insn>, DecodeError> {
    let slots = slots(bytes, endian).map_err(|error| DecodeError {
        slot: error.offset / SLOT_BYTES,
        kind: DecodeErrorKind::Partial(bytes.len() - error.offset),
    })?;
    let mut insns = Vec::with_capacity(slots.len());
    let mut at = 0;
    while let Some(&slot) = slots.get(at) {
        let insn =
            decode_slot(slot, slots.get(at + 1).copied()).map_err(|kind| DecodeError { slot: at, kind })?;
        insns.push(insn);
        at += insn.slots() as usize;
    }
    Ok(insns)
}

/// The instruction that begins with `slot`; `next` is the slot after it, which only `LoadImm64` reads.
pub fn decode_slot(slot: Slot, next: Option<Slot>) -> Decoded<Insn> {
    match slot.opcode & codes::CLASS {
        codes::LD => load_constant(slot, next),
        codes::LDX => load(slot),
        codes::ST => store(slot),
        codes::STX => store_register(slot),
        codes::ALU => alu(slot, Width::W32),
        codes::JMP => jump(slot),
        codes::JMP32 => jump32(slot),
        _ => alu(slot, Width::W64),
    }
}

/// That the fields listed, which the instruction does not use, are zero.
fn unused(slot: Slot, fields: &[Field]) -> Decoded<()> {
    match fields.iter().find(|&&field| value(slot, field) != 0) {
        Some(&field) => Err(DecodeErrorKind::Reserved(field)),
        None => Ok(()),
    }
}

fn value(slot: Slot, field: Field) -> i64 {
    match field {
        Field::Opcode => slot.opcode.into(),
        Field::Dst => slot.dst.into(),
        Field::Src => slot.src.into(),
        Field::Off => slot.off.into(),
        Field::Imm => slot.imm.into(),
    }
}

/// A field holds what the opcode does not know.
fn wrong<T>(slot: Slot, field: Field) -> Decoded<T> {
    Err(DecodeErrorKind::Value(field, value(slot, field)))
}

fn unknown<T>(slot: Slot) -> Decoded<T> {
    Err(DecodeErrorKind::Opcode(slot.opcode))
}

fn register(number: u8) -> Decoded<Reg> {
    Reg::new(number).ok_or(DecodeErrorKind::Register(number))
}

fn dst(slot: Slot) -> Decoded<Reg> {
    register(slot.dst)
}

fn src(slot: Slot) -> Decoded<Reg> {
    register(slot.src)
}

/// The second operand of arithmetic and jumps.
fn operand(slot: Slot) -> Decoded<Operand> {
    if slot.opcode & X == 0 {
        unused(slot, &[Field::Src])?;
        return Ok(Operand::Imm(slot.imm));
    }
    unused(slot, &[Field::Imm])?;
    Ok(Operand::Reg(src(slot)?))
}

fn load_constant(slot: Slot, next: Option<Slot>) -> Decoded<Insn> {
    let size = codes::size_of_opcode(slot.opcode);
    match slot.opcode & codes::MODE {
        codes::IMM if slot.opcode == codes::LD_IMM64 => load_imm64(slot, next),
        codes::ABS if size != Size::DW => {
            unused(slot, &[Field::Dst, Field::Src, Field::Off])?;
            Ok(Insn::LoadPacket { size, index: None, imm: slot.imm })
        }
        codes::IND if size != Size::DW => {
            unused(slot, &[Field::Dst, Field::Off])?;
            Ok(Insn::LoadPacket { size, index: Some(src(slot)?), imm: slot.imm })
        }
        _ => unknown(slot),
    }
}

fn load_imm64(slot: Slot, next: Option<Slot>) -> Decoded<Insn> {
    let dst = dst(slot)?;
    unused(slot, &[Field::Off])?;
    let next = next.ok_or(DecodeErrorKind::HalfLoadImm64)?;
    let rest = [Field::Opcode, Field::Dst, Field::Src, Field::Off];
    second_unused(next, &rest)?;
    let value = match slot.src {
        codes::VALUE => Imm64::Value(u64::from(next.imm as u32) << 32 | u64::from(slot.imm as u32)),
        codes::MAP_FD => Imm64::MapFd(slot.imm),
        codes::MAP_VALUE => Imm64::MapFdValue { fd: slot.imm, offset: next.imm as u32 },
        codes::BTF_ID => Imm64::BtfId { id: slot.imm, fd: next.imm },
        codes::FUNC => Imm64::Function(slot.imm),
        codes::MAP_IDX => Imm64::Map(slot.imm as u32),
        codes::MAP_IDX_VALUE => Imm64::MapValue { map: slot.imm as u32, offset: next.imm as u32 },
        _ => return wrong(slot, Field::Src),
    };
    if matches!(value, Imm64::MapFd(_) | Imm64::Function(_) | Imm64::Map(_)) {
        second_unused(next, &[Field::Imm])?;
    }
    Ok(Insn::LoadImm64 { dst, value })
}

fn second_unused(next: Slot, fields: &[Field]) -> Decoded<()> {
    match fields.iter().find(|&&field| value(next, field) != 0) {
        Some(&field) => Err(DecodeErrorKind::SecondSlot(field)),
        None => Ok(()),
    }
}

fn load(slot: Slot) -> Decoded<Insn> {
    let size = codes::size_of_opcode(slot.opcode);
    let signed = match slot.opcode & codes::MODE {
        codes::MEM => false,
        codes::MEMSX if size != Size::DW => true,
        _ => return unknown(slot),
    };
    unused(slot, &[Field::Imm])?;
    let (dst, base, off) = (dst(slot)?, src(slot)?, slot.off);
    Ok(if signed { Insn::LoadSx { size, dst, base, off } } else { Insn::Load { size, dst, base, off } })
}

fn store(slot: Slot) -> Decoded<Insn> {
    if slot.opcode & codes::MODE != codes::MEM {
        return unknown(slot);
    }
    unused(slot, &[Field::Src])?;
    let size = codes::size_of_opcode(slot.opcode);
    Ok(Insn::Store { size, base: dst(slot)?, off: slot.off, src: Operand::Imm(slot.imm) })
}

fn store_register(slot: Slot) -> Decoded<Insn> {
    let size = codes::size_of_opcode(slot.opcode);
    match slot.opcode & codes::MODE {
        codes::MEM => {
            unused(slot, &[Field::Imm])?;
            Ok(Insn::Store { size, base: dst(slot)?, off: slot.off, src: Operand::Reg(src(slot)?) })
        }
        codes::ATOMIC => atomic(slot, size),
        _ => unknown(slot),
    }
}

fn atomic(slot: Slot, size: Size) -> Decoded<Insn> {
    let (dst, src, off) = (dst(slot)?, src(slot)?, slot.off);
    match slot.imm {
        codes::LOAD_ACQUIRE => return Ok(Insn::LoadAcquire { size, dst, base: src, off }),
        codes::STORE_RELEASE => return Ok(Insn::StoreRelease { size, base: dst, off, src }),
        _ => {}
    }
    if matches!(size, Size::B | Size::H) {
        return unknown(slot);
    }
    match AtomicOp::ALL.into_iter().find(|&op| codes::atomic(op) == slot.imm) {
        Some(op) => Ok(Insn::Atomic { op, size, base: dst, off, src }),
        None => wrong(slot, Field::Imm),
    }
}

fn alu(slot: Slot, width: Width) -> Decoded<Insn> {
    let code = slot.opcode & codes::OP;
    match code {
        codes::NEG => return neg(slot, width),
        codes::END => return swap(slot),
        codes::MOV if slot.opcode & X != 0 && slot.off != 0 => return special_mov(slot, width),
        _ => {}
    }
    if AluOp::ALL.into_iter().all(|op| codes::alu(op).0 != code) {
        return unknown(slot);
    }
    let src = operand(slot)?;
    let dst = dst(slot)?;
    match AluOp::ALL.into_iter().find(|&op| codes::alu(op) == (code, slot.off)) {
        Some(op) => Ok(Insn::Alu { op, width, dst, src }),
        None => wrong(slot, Field::Off),
    }
}

fn neg(slot: Slot, width: Width) -> Decoded<Insn> {
    if slot.opcode & X != 0 {
        return unknown(slot);
    }
    unused(slot, &[Field::Src, Field::Off, Field::Imm])?;
    Ok(Insn::Neg { width, dst: dst(slot)? })
}

fn swap(slot: Slot) -> Decoded<Insn> {
    let Some(kind) = Swap::ALL.into_iter().find(|&kind| codes::swap(kind) == slot.opcode) else {
        return unknown(slot);
    };
    unused(slot, &[Field::Src, Field::Off])?;
    let size = match slot.imm {
        16 => Size::H,
        32 => Size::W,
        64 => Size::DW,
        _ => return wrong(slot, Field::Imm),
    };
    Ok(Insn::Swap { kind, size, dst: dst(slot)? })
}

/// A `mov` between registers with an offset.
fn special_mov(slot: Slot, width: Width) -> Decoded<Insn> {
    let (dst, src) = (dst(slot)?, src(slot)?);
    let from = match slot.off {
        codes::CAST if width == Width::W64 => {
            return Ok(Insn::AddrSpaceCast { dst, src, spaces: slot.imm as u32 });
        }
        8 => Size::B,
        16 => Size::H,
        32 if width == Width::W64 => Size::W,
        _ => return wrong(slot, Field::Off),
    };
    unused(slot, &[Field::Imm])?;
    Ok(Insn::MovSx { width, from, dst, src })
}

fn jump(slot: Slot) -> Decoded<Insn> {
    const JA: u8 = codes::JMP | codes::JA;
    const JA_X: u8 = JA | X;
    const CALL: u8 = codes::JMP | codes::CALL;
    const CALL_X: u8 = CALL | X;
    const EXIT: u8 = codes::JMP | codes::EXIT;
    const JCOND: u8 = codes::JMP | codes::JCOND;
    match slot.opcode {
        JA => {
            unused(slot, &[Field::Dst, Field::Src, Field::Imm])?;
            Ok(Insn::Goto { off: slot.off })
        }
        JA_X => {
            unused(slot, &[Field::Src, Field::Off, Field::Imm])?;
            Ok(Insn::GotoRegister { dst: dst(slot)? })
        }
        JCOND => {
            unused(slot, &[Field::Dst, Field::Src, Field::Imm])?;
            Ok(Insn::MayGoto { off: slot.off })
        }
        CALL => call(slot),
        CALL_X => {
            unused(slot, &[Field::Src, Field::Off, Field::Imm])?;
            Ok(Insn::Call(Callee::Register(dst(slot)?)))
        }
        EXIT => {
            unused(slot, &[Field::Dst, Field::Src, Field::Off, Field::Imm])?;
            Ok(Insn::Exit)
        }
        _ => conditional(slot, Width::W64),
    }
}

fn jump32(slot: Slot) -> Decoded<Insn> {
    if slot.opcode == codes::JMP32 | codes::JA {
        unused(slot, &[Field::Dst, Field::Src, Field::Off])?;
        return Ok(Insn::GotoLong { off: slot.imm });
    }
    conditional(slot, Width::W32)
}

fn conditional(slot: Slot, width: Width) -> Decoded<Insn> {
    let code = slot.opcode & codes::OP;
    let Some(cond) = Cond::ALL.into_iter().find(|&cond| codes::cond(cond) == code) else {
        return unknown(slot);
    };
    let rhs = operand(slot)?;
    Ok(Insn::Jump { cond, width, lhs: dst(slot)?, rhs, off: slot.off })
}

fn call(slot: Slot) -> Decoded<Insn> {
    unused(slot, &[Field::Dst])?;
    if slot.src != codes::CALL_KFUNC {
        unused(slot, &[Field::Off])?;
    }
    Ok(Insn::Call(match slot.src {
        codes::CALL_HELPER => Callee::Helper(slot.imm as u32),
        codes::CALL_LOCAL => Callee::Local(slot.imm),
        codes::CALL_KFUNC => Callee::Kfunc { id: slot.imm, module: slot.off },
        _ => return wrong(slot, Field::Src),
    }))
}
