//! Unrolls loops, for kernels that take none: round after round is put in front of a loop until folding shows that the
//! loop is never entered again.
use super::{Pass, branches, dead_code, fold, gvn, promote};
use crate::cfg::{Cfg, Loop, PerBlock};
use crate::{
    Address, Block, Function, Inst, Loc, Offset, Op, Pointee, SlotData, Terminator, Type, Value, ValueData,
};
use osmia_isa::Size;
use std::collections::{HashMap, HashSet};

/// What makes a function small again after each round.
const CLEAN: &[Pass] = &[promote, fold, gvn, branches, fold, branches, dead_code];
/// A function does not grow beyond so many instructions.
const BIG: usize = 50_000;

/// Rounds of a loop that is to be unrolled.
const MOST: u32 = 1024;
/// After so many rounds in a row that decided nothing, it is clear that none will.
const PATIENCE: u32 = 3;

/// Unrolls the loops that are to be, as far as they have an end.
pub(crate) fn unroll_asked(function: &mut Function) {
    while !function.unroll.is_empty() {
        let loops = Cfg::new(function).loops(function);
        // Inner loops come last.
        let asked =
            loops.iter().rev().map(|found| found.header).find(|header| function.unroll.contains(header));
        let Some(header) = asked else { return function.unroll.clear() };
        let before = function.clone();
        if !unroll_one(function, header, MOST) {
            *function = before;
        }
        function.unroll.retain(|&block| block != header);
    }
}

/// Unrolls the loops of a function that take at most `rounds` rounds, whatever the input. Returns whether no loop is
/// left; those that are stay as they were.
pub fn unroll(function: &mut Function, rounds: u32) -> bool {
    let mut given_up: HashSet<Block> = HashSet::new();
    loop {
        let loops = Cfg::new(function);
        let loops = loops.loops(function);
        // Inner loops come last.
        let Some(header) =
            loops.iter().rev().map(|found| found.header).find(|header| !given_up.contains(header))
        else {
            return loops.is_empty();
        };
        let before = function.clone();
        if !unroll_one(function, header, rounds) {
            *function = before;
            given_up.insert(header);
        }
    }
}

fn unroll_one(function: &mut Function, header: Block, rounds: u32) -> bool {
    let mut in_vain = 0;
    // One round more sees that the last was the last.
    for _ in 0..=rounds {
        let cfg = Cfg::new(function);
        let Some(found) = cfg.loops(function).into_iter().find(|found| found.header == header) else {
            return true;
        };
        let size: usize = cfg.order.iter().map(|&block| function.blocks[block].insts.len()).sum();
        if size > BIG {
            return false;
        }
        let asked = questions(function, &cfg.order) + questions(function, &found.blocks);
        keep_in_stack(function, &cfg, &found);
        peel(function, &found);
        CLEAN.iter().for_each(|pass| pass(function));
        let left = questions(function, &Cfg::new(function).order);
        in_vain = if left < asked { 0 } else { in_vain + 1 };
        if in_vain == PATIENCE {
            return false;
        }
        debug_assert_eq!(crate::validate(function), Ok(()), "after a round");
    }
    Cfg::new(function).loops(function).iter().all(|found| found.header != header)
}

/// How often these blocks may go one way or the other.
fn questions(function: &Function, blocks: &[Block]) -> usize {
    let ends = blocks.iter().map(|&block| &function.blocks[block].end);
    ends.filter(|end| matches!(end, Terminator::Branch { .. })).count()
}

/// What a loop computes for those behind it goes through the stack, so that a copy of the loop may compute it too.
fn keep_in_stack(function: &mut Function, cfg: &Cfg, found: &Loop) {
    let mut inside = PerBlock::new(function, false);
    found.blocks.iter().for_each(|&block| inside[block] = true);
    let mut homes = HashMap::new();
    for &block in &found.blocks {
        let data = &function.blocks[block];
        homes.extend(
            data.params
                .iter()
                .chain(data.insts.iter().filter_map(|inst| inst.result.as_ref()))
                .map(|&v| (v, ())),
        );
    }
    let mut used: Vec<Value> = Vec::new();
    let mut see = |value: Value| {
        if homes.contains_key(&value) {
            used.push(value);
        }
    };
    for &block in cfg.order.iter().filter(|&&block| !inside[block]) {
        let data = &function.blocks[block];
        data.insts.iter().for_each(|inst| inst.op.operands(&mut see));
        data.end.operands(&mut see);
    }
    used.sort_unstable();
    used.dedup();
    for value in used {
        through_stack(function, cfg, &inside, value);
    }
}

fn access(function: &Function, value: Value) -> (Size, u32) {
    if function.kind(value).is_wide() { (Size::DW, 8) } else { (Size::W, 4) }
}

fn through_stack(function: &mut Function, cfg: &Cfg, inside: &PerBlock<bool>, value: Value) {
    let (size, bytes) = access(function, value);
    let slot = function.slots.push(SlotData { size: bytes, align: bytes });
    for &block in &cfg.order {
        let mut out = Vec::new();
        let insts = std::mem::take(&mut function.blocks[block].insts);
        if function.blocks[block].params.contains(&value) {
            store(function, &mut out, slot, size, value);
        }
        for mut inst in insts {
            if !inside[block] {
                let mut now = None;
                inst.op.operands(|operand| now = now.or((operand == value).then_some(())));
                if now.is_some() {
                    let loaded = load(function, &mut out, slot, size, value);
                    inst.op
                        .operands_mut(|operand| *operand = if *operand == value { loaded } else { *operand });
                }
            }
            let defines = inst.result == Some(value);
            out.push(inst);
            if defines {
                store(function, &mut out, slot, size, value);
            }
        }
        let mut end = std::mem::take(&mut function.blocks[block].end);
        let mut now = None;
        end.operands(|operand| now = now.or((operand == value).then_some(())));
        if !inside[block] && now.is_some() {
            let loaded = load(function, &mut out, slot, size, value);
            end.operands_mut(|operand| *operand = if *operand == value { loaded } else { *operand });
        }
        function.blocks[block].end = end;
        function.blocks[block].insts = out;
    }
}

fn push(function: &mut Function, out: &mut Vec<Inst>, op: Op, kind: Type) -> Value {
    let result = function.values.push(ValueData { kind });
    out.push(Inst { result: Some(result), op, loc: Loc::default() });
    result
}

fn address(function: &mut Function, out: &mut Vec<Inst>, slot: crate::Slot) -> Address {
    let base = push(function, out, Op::SlotAddr(slot), Type::Ptr(Pointee::Stack));
    Address { base, offset: Offset::Bytes(0) }
}

fn store(function: &mut Function, out: &mut Vec<Inst>, slot: crate::Slot, size: Size, value: Value) {
    let at = address(function, out, slot);
    out.push(Inst { result: None, op: Op::Store(size, at, value), loc: Loc::default() });
}

fn load(function: &mut Function, out: &mut Vec<Inst>, slot: crate::Slot, size: Size, value: Value) -> Value {
    let at = address(function, out, slot);
    push(function, out, Op::Load(size, at), function.kind(value))
}

/// Puts a copy of one round in front of a loop: who entered the loop enters the copy, and the copy goes on to the loop.
fn peel(function: &mut Function, found: &Loop) {
    let cfg = Cfg::new(function);
    let mut values: HashMap<Value, Value> = HashMap::new();
    let mut blocks: HashMap<Block, Block> = HashMap::new();
    for &block in &found.blocks {
        blocks.insert(block, function.blocks.push(crate::BlockData::default()));
        let data = function.blocks[block].clone();
        for &value in data.params.iter().chain(data.insts.iter().filter_map(|inst| inst.result.as_ref())) {
            let kind = function.kind(value);
            values.insert(value, function.values.push(ValueData { kind }));
        }
    }
    let rename = |value: &mut Value| *value = values.get(value).copied().unwrap_or(*value);
    for &block in &found.blocks {
        let mut data = function.blocks[block].clone();
        data.params.iter_mut().for_each(rename);
        for inst in &mut data.insts {
            inst.result.iter_mut().for_each(rename);
            inst.op.operands_mut(rename);
        }
        data.end.operands_mut(rename);
        for jump in data.end.jumps_mut().filter(|jump| jump.block != found.header) {
            jump.block = blocks.get(&jump.block).copied().unwrap_or(jump.block);
        }
        function.blocks[blocks[&block]] = data;
    }
    for &pred in cfg.preds[found.header].iter().filter(|&&pred| !cfg.dominates(found.header, pred)) {
        for jump in function.blocks[pred].end.jumps_mut().filter(|jump| jump.block == found.header) {
            jump.block = blocks[&found.header];
        }
    }
}
