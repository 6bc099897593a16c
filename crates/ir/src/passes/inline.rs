//! Puts the bodies of functions where they are called: static ones that are called once or small, and those that always are.
use crate::{
    Block, BlockData, Callee, Function, FunctionId, Inline, Inst, Jump, Module, Op, Terminator, Value,
    ValueData,
};
use osmia_base::{Arena, Key};
use osmia_btf::Kind;
use osmia_object::{FunctionKey, Linkage, Symbol};
use std::collections::HashMap;

/// A function of at most so many instructions is put wherever it is called.
const SMALL: usize = 16;
/// One of at most so many, if that is to be done liberally.
const NOT_BIG: usize = 64;
/// A caller does not grow beyond so many instructions.
const BIG: usize = 4000;
/// A module does not grow by more instructions: functions that ask to be put wherever they are called may call each other, and each call
/// doubles what is called. The kernel takes no program that is near this.
const ROOM: usize = 1 << 18;
/// Bytes of stack that a caller may have afterwards.
const STACK: u32 = 384;

/// Puts functions where they are called, and removes static ones that nobody needs any more.
pub(crate) fn inline(module: &mut Module) {
    let mut facts: Vec<Facts> =
        module.functions.iter().map(|(id, function)| Facts::of(id, function)).collect();
    for id in module.functions.values().flat_map(references) {
        facts[id.index()].calls += 1;
    }
    let mut room = ROOM;
    for id in callees_first(module) {
        for callee in inline_into(module, id, &facts, &mut room) {
            facts[callee.index()].calls -= 1;
            for next in references(&module.functions[callee]) {
                facts[next.index()].calls += 1;
            }
        }
        facts[id.index()] = Facts { calls: facts[id.index()].calls, ..Facts::of(id, &module.functions[id]) };
    }
    remove_unused(module);
}

/// What is asked of a function again and again.
struct Facts {
    /// How often it is referred to.
    calls: u32,
    /// Its instructions.
    size: usize,
    /// Its bytes of stack.
    stack: u32,
    /// Whether it refers to itself.
    recurses: bool,
    inline: Inline,
}

impl Facts {
    fn of(id: FunctionId, function: &Function) -> Self {
        let recurses = references(function).any(|next| next == id);
        Self { calls: 0, size: size(function), stack: stack(function), recurses, inline: function.inline }
    }
}

fn called(op: &Op) -> Option<FunctionId> {
    match op {
        Op::Call(Callee::Function(id), _) | Op::FunctionAddr(id) => Some(*id),
        _ => None,
    }
}

fn references(function: &Function) -> impl Iterator<Item = FunctionId> {
    function.blocks.values().flat_map(|data| &data.insts).filter_map(|inst| called(&inst.op))
}

/// All functions, each after those it calls (where that is possible).
fn callees_first(module: &Module) -> Vec<FunctionId> {
    let mut order = Vec::new();
    let mut seen = vec![false; module.functions.len()];
    for root in module.functions.keys() {
        let mut stack = vec![(root, false)];
        while let Some((id, done)) = stack.pop() {
            if done {
                order.push(id);
            } else if !std::mem::replace(&mut seen[id.index()], true) {
                stack.push((id, true));
                stack.extend(references(&module.functions[id]).map(|next| (next, false)));
            }
        }
    }
    order
}

fn size(function: &Function) -> usize {
    function.blocks.values().map(|data| data.insts.len() + 1).sum()
}

fn stack(function: &Function) -> u32 {
    function.slots.values().map(|slot| slot.size.next_multiple_of(8)).sum()
}

/// The functions that were put into this one, once for each call. What they bring is taken off the module's room.
fn inline_into(module: &mut Module, id: FunctionId, facts: &[Facts], room: &mut usize) -> Vec<FunctionId> {
    let (mut own, mut done) = ((facts[id.index()].size, facts[id.index()].stack), Vec::new());
    // Where the slots of each function are that was put here before.
    let mut slots: HashMap<FunctionId, usize> = HashMap::new();
    // Blocks that come from other functions are looked at too: they hold no calls worth it, as callees came first.
    let blocks: Vec<Block> = module.functions[id].blocks.keys().collect();
    for block in blocks {
        let mut at = 0;
        let mut block = block;
        while let Some(inst) = module.functions[id].blocks[block].insts.get(at) {
            at += 1;
            let Op::Call(Callee::Function(callee), args) = &inst.op else { continue };
            let (callee, body) = (*callee, &facts[callee.index()]);
            if callee != id
                && body.size <= *room
                && has_room(own, body)
                && fits(module, id, callee, args, inst)
            {
                *room -= body.size;
                let (body, args) = (module.functions[callee].clone(), args.clone());
                let caller = &mut module.functions[id];
                let fresh = !slots.contains_key(&callee);
                let slots = *slots.entry(callee).or_insert_with(|| add_slots(caller, &body));
                block = splice(caller, (block, at - 1), &body, &args, slots);
                let facts = &facts[callee.index()];
                (at, own) = (0, (own.0 + facts.size, own.1 + if fresh { facts.stack } else { 0 }));
                done.push(callee);
            }
        }
    }
    done
}

/// Whether a function of so many instructions and bytes of stack may take in another.
fn has_room((size, stack): (usize, u32), body: &Facts) -> bool {
    let fits_well = |most: usize| {
        (body.calls == 1 || body.size <= most) && size + body.size <= BIG && stack + body.stack <= STACK
    };
    !body.recurses
        && match body.inline {
            Inline::Always => true,
            Inline::Never => false,
            Inline::Free => fits_well(SMALL),
            Inline::Liberal => fits_well(NOT_BIG),
        }
}

fn fits(module: &Module, id: FunctionId, callee: FunctionId, args: &[Value], inst: &Inst) -> bool {
    let (caller, body) = (&module.functions[id], &module.functions[callee]);
    let params = &body.blocks[body.entry].params;
    let same_width =
        |(&arg, &param): (&Value, &Value)| caller.kind(arg).is_wide() == body.kind(param).is_wide();
    let result_fits = match (inst.result, body.result) {
        (Some(result), Some(kind)) => caller.kind(result).is_wide() == kind.is_wide(),
        _ => true,
    };
    let seen = matches!(body.inline, Inline::Always | Inline::Liberal) && body.linkage != Linkage::Weak;
    (body.linkage == Linkage::Static || seen)
        && body.program.is_none()
        && args.len() == params.len()
        && args.iter().zip(params).all(same_width)
        && result_fits
}

/// Makes room for a function's variables; the first slot. Two calls of it are never made at the same time: they have the same.
fn add_slots(caller: &mut Function, body: &Function) -> usize {
    let first = caller.slots.len();
    body.slots.values().for_each(|&slot| {
        caller.slots.push(slot);
    });
    first
}

/// Puts `body` in place of instruction `at` of `block`. Returns the block that holds what came after it.
fn splice(
    caller: &mut Function,
    (block, at): (Block, usize),
    body: &Function,
    args: &[Value],
    slots: usize,
) -> Block {
    let rest = caller.blocks[block].insts.split_off(at + 1);
    let call = caller.blocks[block].insts.pop();
    let data = &mut caller.blocks[block];
    let (end, end_loc) = (std::mem::take(&mut data.end), data.end_loc);
    let result = call.as_ref().and_then(|call| call.result);
    let params = result.into_iter().collect();
    let next = caller.blocks.push(BlockData { params, insts: rest, end, end_loc });
    let copy = Copy::new(caller, body, (slots, next), result.is_some());
    copy.blocks(caller, body);
    let entry = copy.block(body.entry);
    let data = &mut caller.blocks[block];
    data.end = Terminator::Jump(Jump { block: entry, args: args.to_vec() });
    data.end_loc = call.map_or(end_loc, |call| call.loc);
    next
}

/// Where the parts of a body go.
struct Copy {
    values: usize,
    blocks: usize,
    slots: usize,
    next: Block,
    wants_result: bool,
}

impl Copy {
    fn new(
        caller: &mut Function,
        body: &Function,
        (slots, next): (usize, Block),
        wants_result: bool,
    ) -> Self {
        let copy =
            Self { values: caller.values.len(), blocks: caller.blocks.len(), slots, next, wants_result };
        body.values.values().for_each(|&value| {
            caller.values.push(value);
        });
        caller.unroll.extend(body.unroll.iter().map(|&block| copy.block(block)));
        copy
    }

    fn block(&self, block: Block) -> Block {
        Block::from_index(self.blocks + block.index())
    }

    fn value(&self, value: Value) -> Value {
        Value::from_index(self.values + value.index())
    }

    fn blocks(&self, caller: &mut Function, body: &Function) {
        for data in body.blocks.values() {
            let mut data = data.clone();
            data.params.iter_mut().for_each(|param| *param = self.value(*param));
            for inst in &mut data.insts {
                inst.result = inst.result.map(|result| self.value(result));
                inst.op.operands_mut(|value| *value = self.value(*value));
                if let Op::SlotAddr(slot) = &mut inst.op {
                    *slot = crate::Slot::from_index(self.slots + slot.index());
                }
            }
            data.end.operands_mut(|value| *value = self.value(*value));
            data.end.jumps_mut().for_each(|jump| jump.block = self.block(jump.block));
            self.leave(caller, &mut data);
            caller.blocks.push(data);
        }
    }

    /// A return becomes a jump to what comes after the call.
    fn leave(&self, caller: &mut Function, data: &mut BlockData) {
        let Terminator::Return(value) = data.end else { return };
        let mut args = Vec::new();
        if self.wants_result {
            args.push(value.unwrap_or_else(|| {
                let kind = caller.kind(caller.blocks[self.next].params[0]);
                let zero = caller.values.push(ValueData { kind });
                data.insts.push(Inst { result: Some(zero), op: Op::Const(0), loc: data.end_loc });
                zero
            }));
        }
        data.end = Terminator::Jump(Jump { block: self.next, args });
    }
}

/// Removes static subprograms that nobody refers to.
fn remove_unused(module: &mut Module) {
    let used = used(module);
    let mut ids = Vec::new();
    let mut kept = Arena::new();
    for (function, &used) in std::mem::take(&mut module.functions).values().zip(&used) {
        ids.push(FunctionId::from_index(kept.len()));
        if used {
            kept.push(function.clone());
        }
    }
    module.functions = kept;
    renumber(module, &ids);
}

/// Which functions there must be: programs, those that everybody sees, those that data and maps name, and what these refer to.
fn used(module: &Module) -> Vec<bool> {
    let mut used: Vec<bool> = module
        .functions
        .values()
        .map(|function| seen(module, function) || function.program.is_some())
        .collect();
    for symbol in named(module) {
        if let Symbol::Function(key) = symbol
            && let Some(used) = used.get_mut(key.index())
        {
            *used = true;
        }
    }
    let mut work: Vec<FunctionId> = module.functions.keys().filter(|id| used[id.index()]).collect();
    while let Some(id) = work.pop() {
        for next in references(&module.functions[id]) {
            if !std::mem::replace(&mut used[next.index()], true) {
                work.push(next);
            }
        }
    }
    used
}

/// Whether others see a function; one that is hidden is static for the verifier, and global for its type.
fn seen(module: &Module, function: &Function) -> bool {
    let kind = module.btf.get(function.type_id).map(|ty| &ty.kind);
    function.linkage != Linkage::Static
        || matches!(kind, Some(Kind::Func { linkage: osmia_btf::Linkage::Global, .. }))
}

/// What data and maps name.
fn named(module: &Module) -> impl Iterator<Item = Symbol> {
    let in_data = module.data.values().flat_map(|data| &data.relocs).map(|&(_, symbol)| symbol);
    in_data.chain(module.maps.values().flat_map(|map| &map.slots).map(|slot| slot.symbol))
}

/// Gives functions their new numbers wherever they are named.
fn renumber(module: &mut Module, ids: &[FunctionId]) {
    for (_, function) in module.functions.iter_mut() {
        for inst in function.blocks.iter_mut().flat_map(|(_, data)| &mut data.insts) {
            if let Op::Call(Callee::Function(id), _) | Op::FunctionAddr(id) = &mut inst.op {
                *id = ids[id.index()];
            }
        }
    }
    let in_data = module.data.iter_mut().flat_map(|(_, data)| &mut data.relocs).map(|(_, symbol)| symbol);
    let in_maps = module.maps.iter_mut().flat_map(|(_, map)| &mut map.slots).map(|slot| &mut slot.symbol);
    for symbol in in_data.chain(in_maps) {
        if let Symbol::Function(key) = symbol
            && let Some(id) = ids.get(key.index())
        {
            *key = FunctionKey::from_index(id.index());
        }
    }
}
