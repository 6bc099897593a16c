//! Slots that are never needed at the same time become one. A slot is needed from its first access to its last, on each
//! way through the function.
use crate::cfg::{Cfg, PerBlock};
use crate::passes::Places;
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

/// Addresses of one slot become one value where the first is known, so that it is seen how often it is needed. The walk goes
/// down the dominator tree and knows what dominates where it is.
fn one_address(function: &mut Function, cfg: &Cfg) {
    let children = cfg.children(function);
    let mut known: Vec<Option<Value>> = vec![None; function.slots.len()];
    let mut learned: Vec<Slot> = Vec::new();
    let mut same: Vec<Value> = function.values.keys().collect();
    let mut stack = vec![(function.entry, None)];
    while let Some((block, left)) = stack.pop() {
        if let Some(mark) = left {
            learned.drain(mark..).for_each(|slot| known[slot.index()] = None);
            continue;
        }
        stack.push((block, Some(learned.len())));
        for inst in &function.blocks[block].insts {
            let (Op::SlotAddr(slot), Some(result)) = (&inst.op, inst.result) else { continue };
            match known[slot.index()] {
                Some(value) => same[result.index()] = value,
                None => {
                    known[slot.index()] = Some(result);
                    learned.push(*slot);
                }
            }
        }
        stack.extend(children[block].iter().rev().map(|&child| (child, None)));
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
                    Op::Alu(AluOp::Add, a, _) | Op::Cast(a) => owners[a.index()],
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
    let owned = |args: &[Value]| args.iter().filter(|arg| owners[arg.index()].is_some()).count();
    for &block in &cfg.order {
        let data = &function.blocks[block];
        for inst in &data.insts {
            match &inst.op {
                Op::Load(..) | Op::LoadSigned(..) | Op::Zero(..) | Op::Copy { .. } | Op::Cast(_) => {}
                Op::Call(Callee::Helper(number), _) if !keeps(*number) => {}
                // What a function is given two addresses of, it may put one into the other.
                Op::Call(Callee::Function(_), args) if owned(args) < 2 => {}
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

/// What blocks do with slots.
struct Events {
    /// In each block, in order.
    list: PerBlock<Vec<Event>>,
    /// Per slot, the blocks that name it.
    users: Vec<Vec<Block>>,
    /// Per slot, the blocks that need what is in it at their start.
    readers: Vec<Vec<Block>>,
    /// The blocks that overwrite all of a slot before they read any of it.
    kills: HashSet<(Slot, Block)>,
}

fn events(function: &Function, cfg: &Cfg, owners: &[Option<Slot>], apart: &[bool]) -> Events {
    let slots = function.slots.len();
    let mut events = Events {
        list: PerBlock::new(function, Vec::new()),
        users: vec![Vec::new(); slots],
        readers: vec![Vec::new(); slots],
        kills: HashSet::new(),
    };
    let places = Places::new(function, cfg);
    let mut starts: Vec<Start> = vec![Start::default(); slots];
    for &block in &cfg.order {
        let mut named: Vec<Slot> = Vec::new();
        for (at, inst) in function.blocks[block].insts.iter().enumerate() {
            let written = written(inst, &places);
            inst.op.operands(|value| {
                let Some(slot) = owners[value.index()].filter(|slot| !apart[slot.index()]) else { return };
                let size = function.slots[slot].size;
                let range = written.filter(|range| range.0 == slot).map(|(_, from, to)| (from, to));
                let whole = range == Some((0, size.into()));
                events.list[block].push(Event { slot, inst: at, whole });
                let start = &mut starts[slot.index()];
                if *start == Start::default() {
                    named.push(slot);
                }
                start.follow(range, size.into());
            });
        }
        for slot in named {
            events.users[slot.index()].push(block);
            match std::mem::take(&mut starts[slot.index()]) {
                Start::Overwritten => {
                    events.kills.insert((slot, block));
                }
                Start::Read => events.readers[slot.index()].push(block),
                Start::Writing(_) => {}
            }
        }
    }
    events
}

/// What a block does with a slot first of all.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    /// It has written these bytes, in order and apart, and read none yet.
    Writing(Vec<(i64, i64)>),
    /// It has written all of it.
    Overwritten,
    /// It has read what it did not write.
    Read,
}

impl Default for Start {
    fn default() -> Self {
        Self::Writing(Vec::new())
    }
}

impl Start {
    /// Follows an access: a write of some bytes, or any other.
    fn follow(&mut self, written: Option<(i64, i64)>, size: i64) {
        let Self::Writing(ranges) = self else { return };
        let Some((mut from, mut to)) = written else {
            *self = Self::Read;
            return;
        };
        ranges.retain(|&(start, end)| {
            let apart = end < from || to < start;
            if !apart {
                (from, to) = (from.min(start), to.max(end));
            }
            apart
        });
        ranges.push((from, to));
        if from <= 0 && size <= to {
            *self = Self::Overwritten;
        }
    }
}

/// The bytes of a slot that an instruction overwrites.
fn written(inst: &Inst, places: &Places) -> Option<(Slot, i64, i64)> {
    let (at, size): (&Address, u32) = match &inst.op {
        Op::Store(size, at, _) => (at, size.bytes()),
        Op::Zero(at, size) => (at, *size),
        _ => return None,
    };
    let (slot, from) = places.access(at)?;
    Some((slot, from, from + i64::from(size)))
}

/// Per block: the slots of which an access may have come before, and those of which one may come after. Only those are
/// named of which both is so somewhere.
struct Needed {
    before: PerBlock<Vec<Slot>>,
    after: PerBlock<Vec<Slot>>,
}

/// From each read the search goes back to what it may read, and from each access on as far as that is needed: the work is in
/// proportion to the answer.
fn needed(function: &Function, cfg: &Cfg, events: &Events) -> Needed {
    let turns = cfg.turns(function);
    let mut needed =
        Needed { before: PerBlock::new(function, Vec::new()), after: PerBlock::new(function, Vec::new()) };
    let mut seen = PerBlock::new(function, (usize::MAX, usize::MAX));
    for slot in function.slots.keys() {
        let (users, mut work) = (&events.users[slot.index()], events.readers[slot.index()].clone());
        // Nothing is in it where no access can have come before.
        let first = cfg.common_dominator(users).filter(|&block| !turns[block]);
        while let Some(block) = work.pop() {
            if Some(block) == first {
                continue;
            }
            for &pred in &cfg.preds[block] {
                if std::mem::replace(&mut seen[pred].1, slot.index()) != slot.index() {
                    needed.after[pred].push(slot);
                    if !events.kills.contains(&(slot, pred)) {
                        work.push(pred);
                    }
                }
            }
        }
        let mut work = users.clone();
        while let Some(block) = work.pop() {
            if seen[block].1 != slot.index() {
                continue;
            }
            for jump in function.blocks[block].end.jumps() {
                if std::mem::replace(&mut seen[jump.block].0, slot.index()) != slot.index() {
                    needed.before[jump.block].push(slot);
                    work.push(jump.block);
                }
            }
        }
    }
    needed
}

/// Per slot, those that are needed at the same time.
fn conflicts(function: &Function, cfg: &Cfg, events: &Events) -> Vec<Vec<Slot>> {
    let needed = needed(function, cfg, events);
    let mut conflicts = HashSet::new();
    for &block in &cfg.order {
        let before: HashSet<Slot> = needed.before[block].iter().copied().collect();
        let list = &events.list[block];
        let mut first = std::collections::HashMap::new();
        for event in list {
            first.entry(event.slot).or_insert(event.inst);
        }
        let mut live: std::collections::BTreeSet<Slot> = needed.after[block].iter().copied().collect();
        live.retain(|slot| before.contains(slot) || first.contains_key(slot));
        // What one instruction names is needed together: first all of it comes to life, then what begins here ends.
        for group in list.chunk_by(|a, b| a.inst == b.inst).rev() {
            live.extend(group.iter().map(|event| event.slot));
            for &Event { slot, .. } in group {
                let others = live.iter().filter(|&&other| other != slot);
                conflicts.extend(others.map(|&other| (slot.min(other), slot.max(other))));
            }
            for &Event { slot, inst, whole } in group {
                let begins = || !before.contains(&slot) || events.kills.contains(&(slot, block));
                if whole || (first.get(&slot) == Some(&inst) && begins()) {
                    live.remove(&slot);
                }
            }
        }
    }
    let mut lists = vec![Vec::new(); function.slots.len()];
    for (a, b) in conflicts.into_iter().collect::<std::collections::BTreeSet<_>>() {
        lists[a.index()].push(b);
        lists[b.index()].push(a);
    }
    lists
}

/// For each slot, the one whose place it takes.
fn merge(function: &mut Function, events: &Events, conflicts: &[Vec<Slot>]) -> Vec<Slot> {
    let mut order: Vec<Slot> =
        function.slots.keys().filter(|slot| !events.users[slot.index()].is_empty()).collect();
    order.sort_by_key(|&slot| (std::cmp::Reverse(function.slots[slot].size), slot));
    let mut shared: Vec<Slot> = function.slots.keys().collect();
    // The first slot of each group, and the group of each slot that has one.
    let mut groups: Vec<Slot> = Vec::new();
    let mut members: Vec<Option<usize>> = vec![None; function.slots.len()];
    for slot in order {
        let taken: HashSet<usize> =
            conflicts[slot.index()].iter().filter_map(|other| members[other.index()]).collect();
        let group = (0..groups.len()).find(|group| !taken.contains(group)).unwrap_or(groups.len());
        members[slot.index()] = Some(group);
        match groups.get(group) {
            Some(&place) => {
                shared[slot.index()] = place;
                let align = function.slots[slot].align;
                let place = &mut function.slots[place];
                place.align = place.align.max(align);
            }
            None => groups.push(slot),
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Builder, Pointee, Type};
    use osmia_isa::Size;

    /// A function that calls a helper `count` times, each time with two new keys: one that is filled before the call, one in
    /// part in the block before.
    fn calls(count: usize) -> Function {
        let mut b = Builder::new("f", "s", &[Type::Ptr(Pointee::Context)], Some(Type::I32));
        for _ in 0..count {
            let [a, c] = [16, 16].map(|size| b.slot(size, 8));
            let [a, c] = [a, c].map(|slot| b.slot_addr(slot));
            let one = b.int(1);
            b.store(Size::DW, c, 0, one);
            let next = b.block();
            b.jump(next, &[]);
            b.switch_to(next);
            for (at, off) in [(a, 0), (a, 8), (c, 8)] {
                b.store(Size::DW, at, off, one);
            }
            b.helper(1, &[a, c], Type::I64);
        }
        let zero = b.constant(0, Type::I32);
        b.ret(Some(zero));
        b.finish()
    }

    #[test]
    fn slots_of_their_own_statements_cost_the_others_nothing() {
        let sizes = [10, 20].map(|count| {
            let function = calls(count);
            let cfg = Cfg::new(&function);
            let owners = owners(&function, &cfg);
            let events = events(&function, &cfg, &owners, &apart(&function, &cfg, &owners));
            let needed = needed(&function, &cfg, &events);
            let conflicts = conflicts(&function, &cfg, &events);
            let all = |lists: &PerBlock<Vec<Slot>>| -> usize {
                function.blocks.keys().map(|block| lists[block].len()).sum()
            };
            (all(&needed.before) + all(&needed.after), conflicts.iter().map(Vec::len).sum::<usize>())
        });
        assert_eq!(sizes, [(20, 20), (40, 40)]);
    }

    #[test]
    fn they_share_two_places() {
        let mut function = calls(8);
        share_slots(&mut function);
        let mut used = HashSet::new();
        for inst in function.blocks.values().flat_map(|data| &data.insts) {
            if let Op::SlotAddr(slot) = inst.op {
                used.insert(slot);
            }
        }
        assert_eq!(used.len(), 2);
    }
}
