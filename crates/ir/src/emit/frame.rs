//! The stack frame: where each slot lies below `r10`.
use super::CompileError;
use super::liveness::{Local, RegSet, live_out_of};
use super::mach::{Base, Code, MBlock, MBlockData, Mach, Mem, Vreg};
use crate::{Function, Loc, Op, Slot, SlotData};
use osmia_base::{Arena, Key};
use std::collections::{HashMap, HashSet};

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
        let conflicts = conflicts(code, &self.slots);
        let mut order: Vec<Slot> = self.slots.keys().filter(|slot| used[slot.index()]).collect();
        order.sort_by_key(|&slot| {
            (conflicts[slot.index()].is_some(), std::cmp::Reverse(align(self.slots[slot])))
        });
        self.offsets = vec![0; self.slots.len()];
        // The slots that share come last, below the others.
        let (mut fixed, mut top) = (0, 0);
        for slot in order {
            let data = self.slots[slot];
            match &conflicts[slot.index()] {
                None => {
                    fixed = (fixed + data.size).next_multiple_of(align(data));
                    self.offsets[slot.index()] = -(fixed as i32);
                }
                Some(others) => {
                    let end = self.first_fit(data, fixed, others);
                    self.offsets[slot.index()] = -(end as i32);
                    top = top.max(end);
                }
            }
        }
        self.used = top.max(fixed).next_multiple_of(8);
    }

    /// The lowest end of a place for a slot beyond `fixed` that none of `others` is in.
    fn first_fit(&self, data: SlotData, fixed: u32, others: &[Slot]) -> u32 {
        let mut taken: Vec<(u32, u32)> = others
            .iter()
            .map(|&other| (self.offsets[other.index()].unsigned_abs(), self.slots[other].size))
            .filter(|&(end, _)| end > 0)
            .map(|(end, size)| (end - size, end))
            .collect();
        taken.sort_unstable();
        let mut end = (fixed + data.size).next_multiple_of(align(data));
        for (start, stop) in taken {
            if start < end && end - data.size < stop {
                end = (stop + data.size).next_multiple_of(align(data));
            }
        }
        end
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

/// For slots that are only read and written directly: the others of that kind that are needed at the same time.
fn conflicts(code: &Code, slots: &Arena<Slot, SlotData>) -> Vec<Option<Vec<Slot>>> {
    let mut conflicts: Vec<Option<Vec<Slot>>> = vec![Some(Vec::new()); slots.len()];
    for (inst, _) in code.blocks.values().flat_map(|data| &data.insts) {
        if let Mach::Frame { slot, .. } = inst {
            conflicts[slot.index()] = None;
        }
    }
    let shares = |slot: Slot| conflicts[slot.index()].is_some();
    let local = |data: &MBlockData| {
        let mut local = Local::default();
        for (inst, _) in &data.insts {
            match access(inst, slots) {
                Some((slot, Access::Write)) if shares(slot) => local.write(number(slot)),
                Some((slot, Access::Read | Access::Change)) if shares(slot) => local.read(number(slot)),
                _ => {}
            }
        }
        local
    };
    let out = live_out_of(code, slots.len() as u32, local);
    let mut edges = HashSet::new();
    let mut live = RegSet::new(slots.len() as u32);
    for (data, out) in code.blocks.values().zip(out) {
        live.clear();
        out.into_iter().for_each(|slot| {
            live.insert(slot);
        });
        for (inst, _) in data.insts.iter().rev() {
            let Some((slot, access)) = access(inst, slots).filter(|found| shares(found.0)) else { continue };
            let slot = number(slot);
            if access != Access::Read {
                edges.extend(
                    live.iter()
                        .filter(|&other| other != slot)
                        .map(|other| (slot.min(other), slot.max(other))),
                );
            }
            if access == Access::Write {
                live.remove(slot);
            } else {
                live.insert(slot);
            }
        }
    }
    for (a, b) in edges.into_iter().collect::<std::collections::BTreeSet<_>>() {
        for (a, b) in [(a, b), (b, a)] {
            if let Some(others) = &mut conflicts[a.index()] {
                others.push(Slot::from_index(b.index()));
            }
        }
    }
    conflicts
}

/// How liveness numbers a slot.
fn number(slot: Slot) -> Vreg {
    Vreg(slot.index() as u32)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// All of it is overwritten.
    Write,
    /// Some of it may be, the rest stays.
    Change,
    Read,
}

fn is_whole(mem: &Mem, bytes: u32, slots: &Arena<Slot, SlotData>) -> bool {
    matches!(mem.base, Base::Slot(slot) if slots[slot].size == bytes)
}

fn access(inst: &Mach, slots: &Arena<Slot, SlotData>) -> Option<(Slot, Access)> {
    let (mem, access) = match inst {
        Mach::Store { size, mem, .. } if mem.off == 0 && is_whole(mem, size.bytes(), slots) => {
            (mem, Access::Write)
        }
        Mach::Store { mem, .. } | Mach::Atomic { mem, .. } => (mem, Access::Change),
        Mach::Load { mem, .. } => (mem, Access::Read),
        _ => return None,
    };
    let Base::Slot(slot) = mem.base else { return None };
    Some((slot, access))
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
