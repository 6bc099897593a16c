//! Instructions as the kernel hands them out after loading: with forms that no program may contain.
use osmia_base::Endian;

use super::{DecodeError, DecodeErrorKind, Field, SLOT_BYTES, Slot, codes, decode_slot, slots};
use crate::{Insn, Reg};

/// One instruction of a loaded program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Xlated {
    /// One that a program may contain.
    Insn(Insn),
    /// A call of a function of the program.
    CallLocal {
        /// In slots from the next one.
        off: i16,
        /// The function's index.
        subprogram: u32,
    },
    /// The address of a function of the program.
    LoadFunction {
        /// The result.
        dst: Reg,
        /// In slots from the next one.
        offset: i32,
        /// The function's index.
        subprogram: u32,
    },
    /// The address of this CPU's copy of a variable (`mov` with offset -1).
    PerCpuAddress {
        /// The result.
        dst: Reg,
        /// The variable's offset.
        src: Reg,
    },
    /// A barrier against speculation.
    SpeculationBarrier,
    /// What this list does not know.
    Unknown(Slot),
}

impl Xlated {
    /// How many slots of eight bytes it fills.
    pub const fn slots(&self) -> u32 {
        match self {
            Self::Insn(insn) => insn.slots(),
            Self::LoadFunction { .. } => 2,
            Self::CallLocal { .. }
            | Self::PerCpuAddress { .. }
            | Self::SpeculationBarrier
            | Self::Unknown(_) => 1,
        }
    }
}

/// The instructions of a loaded program. Fields that an instruction does not use may hold the kernel's notes; only
/// bytes that are no whole slots are an error.
pub fn decode_xlated(bytes: &[u8], endian: Endian) -> Result<Vec<Xlated>, DecodeError> {
    let slots = slots(bytes, endian).map_err(|error| DecodeError {
        slot: error.offset / SLOT_BYTES,
        kind: DecodeErrorKind::Partial(bytes.len() - error.offset),
    })?;
    let mut found = Vec::with_capacity(slots.len());
    let mut at = 0;
    while let Some(&slot) = slots.get(at) {
        let insn = translated(slot, slots.get(at + 1).copied());
        found.push(insn);
        at += insn.slots() as usize;
    }
    Ok(found)
}

fn translated(slot: Slot, next: Option<Slot>) -> Xlated {
    const CALL: u8 = codes::JMP | codes::CALL;
    const MOV: u8 = codes::ALU64 | codes::MOV | codes::X;
    const NOSPEC: u8 = codes::ST | codes::ATOMIC;
    let registers = Reg::new(slot.dst).zip(Reg::new(slot.src));
    match (slot.opcode, registers) {
        (CALL, _) if slot.src == codes::CALL_LOCAL => {
            Xlated::CallLocal { off: slot.off, subprogram: slot.imm as u32 }
        }
        (codes::LD_IMM64, Some((dst, _))) if slot.src == codes::FUNC => match next {
            Some(next) => Xlated::LoadFunction { dst, offset: slot.imm, subprogram: next.imm as u32 },
            None => Xlated::Unknown(slot),
        },
        (MOV, Some((dst, src))) if slot.off == -1 => Xlated::PerCpuAddress { dst, src },
        (NOSPEC, _) => Xlated::SpeculationBarrier,
        _ => lenient(slot, next),
    }
}

/// Decodes with unused fields taken for zero.
fn lenient(slot: Slot, next: Option<Slot>) -> Xlated {
    let mut plain = slot;
    loop {
        match decode_slot(plain, next) {
            Ok(insn) => return Xlated::Insn(insn),
            Err(DecodeErrorKind::Reserved(field)) => clear(&mut plain, field),
            Err(
                DecodeErrorKind::Partial(_)
                | DecodeErrorKind::Opcode(_)
                | DecodeErrorKind::Register(_)
                | DecodeErrorKind::Value(..)
                | DecodeErrorKind::HalfLoadImm64
                | DecodeErrorKind::SecondSlot(_),
            ) => return Xlated::Unknown(slot),
        }
    }
}

const fn clear(slot: &mut Slot, field: Field) {
    match field {
        Field::Opcode => slot.opcode = 0,
        Field::Dst => slot.dst = 0,
        Field::Src => slot.src = 0,
        Field::Off => slot.off = 0,
        Field::Imm => slot.imm = 0,
    }
}
