//! The stack frame: where each slot lies below `r10`.
use super::CompileError;
use super::mach::{Base, Code, MBlock, Mach};
use crate::{Function, Loc, Op, Slot, SlotData};
use osmia_base::{Arena, Key};
use std::collections::HashMap;

/// What the kernel gives to a program and all it calls.
pub(crate) const LIMIT: u32 = 512;

/// The slots of a function and where they lie.
#[derive(Debug)]
pub(crate) struct Frame {
    slots: Arena<Slot, SlotData>,
    offsets: Vec<i32>,
    /// Bytes in all, a multiple of eight.
    pub(crate) used: u32,
}

/// What a slot is aligned to: big ones to eight bytes, so that they can be filled by whole words.
pub(crate) const fn align(slot: SlotData) -> u32 {
    if slot.size >= 8 { 8 } else { slot.align }
}

impl Frame {
    pub(crate) fn new(function: &Function) -> Self {
        Self { slots: function.slots.clone(), offsets: Vec::new(), used: 0 }
    }

    /// A new slot for a register.
    pub(crate) fn spill_slot(&mut self) -> Slot {
        self.slots.push(SlotData { size: 8, align: 8 })
    }

    /// The offset of a slot's first byte from `r10`.
    pub(crate) fn offset(&self, slot: Slot) -> i32 {
        self.offsets[slot.index()]
    }

    /// Gives each slot that is used a place, those that are never needed at the same time the same one.
    pub(crate) fn place(&mut self, code: &Code) {
        let used = self.used_slots(code);
        let mut order: Vec<Slot> = self.slots.keys().filter(|slot| used[slot.index()]).collect();
        order.sort_by_key(|&slot| std::cmp::Reverse(align(self.slots[slot])));
        self.offsets = vec![0; self.slots.len()];
        let mut top = 0;
        for slot in order {
            let data = self.slots[slot];
            top = (top + data.size).next_multiple_of(align(data));
            self.offsets[slot.index()] = -(top as i32);
        }
        self.used = top.next_multiple_of(8);
    }

    fn used_slots(&self, code: &Code) -> Vec<bool> {
        let mut used = vec![false; self.slots.len()];
        for block in code.blocks.keys() {
            each_slot(code, block, |slot| used[slot.index()] = true);
        }
        used
    }

    /// Whether it fits; if not, what fills it.
    pub(crate) fn check(&self, function: &Function) -> Result<(), CompileError> {
        if self.used <= LIMIT {
            return Ok(());
        }
        let functions = vec![function.name.clone()];
        Err(CompileError::StackTooDeep {
            functions,
            used: self.used,
            limit: LIMIT,
            biggest: self.biggest(function),
        })
    }

    /// The biggest slots and where they are first used.
    pub(crate) fn biggest(&self, function: &Function) -> Vec<(u32, Loc)> {
        let mut places: HashMap<Slot, Loc> = HashMap::new();
        for data in function.blocks.values() {
            for inst in &data.insts {
                if let Op::SlotAddr(slot) = inst.op {
                    places.entry(slot).or_insert(inst.loc);
                }
            }
        }
        let mut sizes: Vec<(u32, Loc)> =
            function.slots.iter().filter_map(|(slot, data)| Some((data.size, *places.get(&slot)?))).collect();
        sizes.sort_by_key(|&(size, loc)| (std::cmp::Reverse(size), loc.line, loc.column));
        sizes.truncate(3);
        sizes
    }
}

/// Shows the slots that a block's instructions name.
fn each_slot(code: &Code, block: MBlock, mut see: impl FnMut(Slot)) {
    for (inst, _) in &code.blocks[block].insts {
        match inst {
            Mach::Frame { slot, .. } => see(*slot),
            Mach::Load { mem, .. } | Mach::Store { mem, .. } | Mach::Atomic { mem, .. } => {
                if let Base::Slot(slot) = mem.base {
                    see(slot);
                }
            }
            _ => {}
        }
    }
}
