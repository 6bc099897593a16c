//! Programs made ready to run: where jumps go and what constants stand for is found once.
use crate::helpers;
use crate::memory::Memory;
use osmia_abi::{MapType, ProgramType};
use osmia_isa::flow::{Slots, jump_distance};
use osmia_isa::{Callee, Imm64, Insn};
use osmia_object::{ImageMap, ImageProgram, Poison};
use std::borrow::Cow;

/// Nowhere.
pub(crate) const NONE: u32 = u32::MAX;

/// An instruction, and the index of where it goes: an instruction, or a row of [`helpers::HELPERS`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) insn: Insn,
    pub(crate) target: u32,
}

/// A program, ready to run.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) kind: ProgramType,
    pub(crate) steps: Vec<Step>,
    pub(crate) slots: Slots,
    pub(crate) poisoned: Vec<Poison>,
}

/// Prepares the program at a position of an image with so many maps.
pub(crate) fn prepare(program: &ImageProgram, position: usize, maps: usize) -> Program {
    let slots = Slots::new(&program.insns);
    let step = |(at, insn): (usize, &Insn)| {
        let target = target(&slots, at, insn);
        Step { insn: resolve(*insn, position, target, maps), target }
    };
    let steps = program.insns.iter().enumerate().map(step).collect();
    Program {
        name: program.name.clone(),
        kind: program.kind,
        steps,
        slots,
        poisoned: program.poisoned.clone(),
    }
}

/// A map as programs see it: a jump table holds addresses, eight bytes each and one behind the other, as the kernel lets programs
/// read it.
pub(crate) fn with_addresses<'a>(map: &'a ImageMap, programs: &[Program]) -> Cow<'a, ImageMap> {
    let Some((at, program)) = map.table_of.and_then(|at| Some((at, programs.get(at)?))) else {
        return Cow::Borrowed(map);
    };
    let address = |value: &Vec<u8>| {
        let slot = value.first_chunk().map(|slot| u32::from_ne_bytes(*slot));
        slot.and_then(|slot| program.slots.index(slot)).map_or(0, |index| Memory::code_address(at, index))
    };
    let bytes: Vec<u8> = map.initial.iter().flat_map(|(_, value)| address(value).to_le_bytes()).collect();
    let (kind, value_size, max_entries) = (MapType::Array, bytes.len() as u32, 1);
    let initial = vec![(vec![0; 4], bytes)];
    Cow::Owned(ImageMap { kind, value_size, max_entries, initial, ..map.clone() })
}

/// How far an instruction jumps or points, in slots from the slot after its first.
fn distance(insn: &Insn) -> Option<i64> {
    if let Insn::Call(Callee::Local(off)) | Insn::LoadImm64 { value: Imm64::Function(off), .. } = insn {
        return Some(i64::from(*off));
    }
    jump_distance(insn).map(i64::from)
}

fn target(slots: &Slots, at: usize, insn: &Insn) -> u32 {
    if let Insn::Call(Callee::Helper(number)) = insn {
        return helpers::row_of(*number).unwrap_or(NONE);
    }
    let find = || {
        let slot = i64::from(slots.slot(at)?) + 1 + distance(insn)?;
        let index = slots.index(u32::try_from(slot).ok()?)?;
        u32::try_from(index).ok()
    };
    find().unwrap_or(NONE)
}

/// Constants that stand for something become addresses; what has none stays, and faults when it is reached.
fn resolve(insn: Insn, program: usize, target: u32, maps: usize) -> Insn {
    let Insn::LoadImm64 { dst, value } = insn else { return insn };
    let known = |map: u32| (map as usize) < maps;
    let address = match value {
        Imm64::Map(map) if known(map) => Memory::handle(map as usize),
        Imm64::MapValue { map, offset } if known(map) => Memory::value_address(map as usize, offset.into()),
        Imm64::Function(_) if target != NONE => Memory::code_address(program, target as usize),
        Imm64::Value(_)
        | Imm64::Map(_)
        | Imm64::MapValue { .. }
        | Imm64::Function(_)
        | Imm64::MapFd(_)
        | Imm64::MapFdValue { .. }
        | Imm64::BtfId { .. } => return insn,
    };
    Insn::LoadImm64 { dst, value: Imm64::Value(address) }
}
