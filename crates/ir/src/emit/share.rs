//! Slots that are never needed at the same time become one. A slot is needed from its first access to its last, on each
//! way through the function.
use crate::cfg::{Cfg, PerBlock};
use crate::{Address, Block, Callee, Function, Inst, Op, Slot, Value};
use osmia_abi::Arg;
use osmia_base::Key;
use osmia_isa::AluOp;
use std::collections::HashSet;

/// Lets slots share their place.
pub(crate) fn share_slots(function: &mut Function) {
    if function.slots.len() < 2 {
        return;
    }
    let cfg = Cfg::new(function);
    let owners = owners(function, &cfg);
    let apart = apart(function, &cfg, &owners);
    let events = events(function, &cfg, &owners, &apart);
    let conflicts = conflicts(function, &cfg, &events);
    let shared = merge(function, &events, &conflicts);
    for &block in &cfg.order {
        for inst in &mut function.blocks[block].insts {
            if let Op::SlotAddr(slot) = &mut inst.op {
                *slot = shared[slot.index()];
            }
        }
    }
    one_address(function, &cfg);
}

/// Addresses of one slot become one value where the first is known, so that it is seen how often it is needed.
fn one_address(function: &mut Function, cfg: &Cfg) {
    let mut first: Vec<Vec<(Block, Value)>> = vec![Vec::new(); function.slots.len()];
    let mut same: Vec<Value> = function.values.keys().collect();
    for &block in &cfg.order {
        for inst in &function.blocks[block].insts {
            let (Op::SlotAddr(slot), Some(result)) = (&inst.op, inst.result) else { continue };
            let known = &mut first[slot.index()];
            match known.iter().find(|(home, _)| cfg.dominates(*home, block)) {
                Some(&(_, value)) => same[result.index()] = value,
                None => known.push((block, result)),
            }
        }
    }
    for &block in &cfg.order {
        let data = &mut function.blocks[block];
        for inst in &mut data.insts {
            inst.op.operands_mut(|value| *value = same[value.index()]);
        }
        data.end.operands_mut(|value| *value = same[value.index()]);
    }
}

/// For each value, the slot it is an address in.
fn owners(function: &Function, cfg: &Cfg) -> Vec<Option<Slot>> {
    let mut owners = vec![None; function.values.len()];
    for &block in &cfg.order {
        for inst in &function.blocks[block].insts {
            if let Some(result) = inst.result {
                owners[result.index()] = match inst.op {
                    Op::SlotAddr(slot) => Some(slot),
                    Op::Alu(AluOp::Add, a, _) => owners[a.index()],
                    _ => None,
                };
            }
        }
    }
    owners
}

/// Slots whose address goes where it cannot be followed.
fn apart(function: &Function, cfg: &Cfg, owners: &[Option<Slot>]) -> Vec<bool> {
    let mut apart = vec![false; function.slots.len()];
    let mut escape = |value: Value| {
        if let Some(slot) = owners[value.index()] {
            apart[slot.index()] = true;
        }
    };
    for &block in &cfg.order {
        let data = &function.blocks[block];
        for inst in &data.insts {
            match &inst.op {
                Op::Load(..) | Op::LoadSigned(..) | Op::Zero(..) | Op::Copy { .. } => {}
                Op::Call(Callee::Helper(number), _) if !keeps(*number) => {}
                Op::Call(Callee::Function(_), _) => {}
                Op::Alu(AluOp::Add, _, b) => escape(*b),
                Op::Store(_, _, value) | Op::Atomic(_, _, _, value) => escape(*value),
                op => op.operands(&mut escape),
            }
        }
        data.end.operands(&mut escape);
    }
    apart
}

/// Whether a helper may remember an address beyond the call.
pub(crate) fn keeps(number: u32) -> bool {
    let Some(helper) = osmia_abi::helper(number) else { return true };
    helper.args.iter().any(|arg| matches!(arg, Arg::Dynptr | Arg::DynptrOut | Arg::Timer | Arg::KptrDest))
}

/// An access.
#[derive(Clone, Copy)]
struct Event {
    slot: Slot,
    /// The instruction, by its place in the block.
    inst: usize,
    /// Whether all of the slot is overwritten.
    whole: bool,
}

fn events(function: &Function, cfg: &Cfg, owners: &[Option<Slot>], apart: &[bool]) -> PerBlock<Vec<Event>> {
    let mut events = PerBlock::new(function, Vec::new());
    for &block in &cfg.order {
        for (at, inst) in function.blocks[block].insts.iter().enumerate() {
            let whole = whole(function, inst, owners);
            inst.op.operands(|value| {
                if let Some(slot) = owners[value.index()].filter(|slot| !apart[slot.index()]) {
                    events[block].push(Event { slot, inst: at, whole: whole == Some(slot) });
                }
            });
        }
    }
    events
}

/// The slot that an instruction overwrites as a whole.
fn whole(function: &Function, inst: &Inst, owners: &[Option<Slot>]) -> Option<Slot> {
    let (at, size): (&Address, u32) = match &inst.op {
        Op::Store(size, at, _) => (at, size.bytes()),
        Op::Zero(at, size) => (at, *size),
        _ => return None,
    };
    // Only a whole slot's size leaves no room for an offset.
    owners[at.base.index()].filter(|&slot| function.slots[slot].size == size)
}

/// Per block and slot: whether an access may have come before, and whether one may come after.
struct Needed {
    before: Vec<Vec<Slot>>,
    after: Vec<Vec<Slot>>,
}

fn needed(function: &Function, cfg: &Cfg, events: &PerBlock<Vec<Event>>) -> Needed {
    let count = function.blocks.len();
    let mut users: Vec<Vec<Block>> = vec![Vec::new(); function.slots.len()];
    let mut readers = users.clone();
    let mut kills: HashSet<(Slot, Block)> = HashSet::new();
    for &block in &cfg.order {
        let mut seen = HashSet::new();
        for &Event { slot, whole, .. } in &events[block] {
            if seen.insert(slot) {
                users[slot.index()].push(block);
                if whole {
                    kills.insert((slot, block));
                } else {
                    readers[slot.index()].push(block);
                }
            }
        }
    }
    let mut needed = Needed { before: vec![Vec::new(); count], after: vec![Vec::new(); count] };
    let mut seen = PerBlock::new(function, (usize::MAX, usize::MAX));
    for slot in function.slots.keys() {
        let mut work = std::mem::take(&mut users[slot.index()]);
        while let Some(block) = work.pop() {
            for jump in function.blocks[block].end.jumps() {
                if std::mem::replace(&mut seen[jump.block].0, slot.index()) != slot.index() {
                    needed.before[jump.block.index()].push(slot);
                    work.push(jump.block);
                }
            }
        }
        let mut work = std::mem::take(&mut readers[slot.index()]);
        while let Some(block) = work.pop() {
            for &pred in &cfg.preds[block] {
                if std::mem::replace(&mut seen[pred].1, slot.index()) != slot.index() {
                    needed.after[pred.index()].push(slot);
                    if !kills.contains(&(slot, pred)) {
                        work.push(pred);
                    }
                }
            }
        }
    }
    needed
}

fn conflicts(function: &Function, cfg: &Cfg, events: &PerBlock<Vec<Event>>) -> HashSet<(Slot, Slot)> {
    let needed = needed(function, cfg, events);
    let mut conflicts = HashSet::new();
    for &block in &cfg.order {
        let before: HashSet<Slot> = needed.before[block.index()].iter().copied().collect();
        let mut first = std::collections::HashMap::new();
        for event in &events[block] {
            first.entry(event.slot).or_insert(event.inst);
        }
        let mut live: std::collections::BTreeSet<Slot> =
            needed.after[block.index()].iter().copied().collect();
        live.retain(|slot| before.contains(slot) || first.contains_key(slot));
        // What one instruction names is needed together: first all of it comes to life, then what begins here ends.
        for group in events[block].chunk_by(|a, b| a.inst == b.inst).rev() {
            live.extend(group.iter().map(|event| event.slot));
            for &Event { slot, .. } in group {
                let others = live.iter().filter(|&&other| other != slot);
                conflicts.extend(others.map(|&other| (slot.min(other), slot.max(other))));
            }
            for &Event { slot, inst, whole } in group {
                if whole || (first.get(&slot) == Some(&inst) && !before.contains(&slot)) {
                    live.remove(&slot);
                }
            }
        }
    }
    conflicts
}

/// For each slot, the one whose place it takes.
fn merge(
    function: &mut Function,
    events: &PerBlock<Vec<Event>>,
    conflicts: &HashSet<(Slot, Slot)>,
) -> Vec<Slot> {
    let mut used = vec![false; function.slots.len()];
    for block in function.blocks.keys() {
        events[block].iter().for_each(|event| used[event.slot.index()] = true);
    }
    let mut order: Vec<Slot> = function.slots.keys().filter(|slot| used[slot.index()]).collect();
    order.sort_by_key(|&slot| (std::cmp::Reverse(function.slots[slot].size), slot));
    let mut shared: Vec<Slot> = function.slots.keys().collect();
    let mut groups: Vec<Vec<Slot>> = Vec::new();
    for slot in order {
        let free = |group: &&mut Vec<Slot>| {
            group.iter().all(|&other| !conflicts.contains(&(slot.min(other), slot.max(other))))
        };
        match groups.iter_mut().find(free) {
            Some(group) => {
                shared[slot.index()] = group[0];
                let align = function.slots[slot].align;
                let place = &mut function.slots[group[0]];
                place.align = place.align.max(align);
                group.push(slot);
            }
            None => groups.push(vec![slot]),
        }
    }
    shared
}
