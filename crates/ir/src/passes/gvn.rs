//! Computes equal things once: an operation on equal operands is replaced by one that dominates it, and a load by what
//! was last loaded or stored there.
use super::replace::Replace;
use super::same_stores::{is_context, keeps_context};
use crate::cfg::{Cfg, PerBlock};
use crate::visit::Effect;
use crate::{Block, Function, Op, Type, Value};
use osmia_isa::Size;
use std::collections::HashMap;

/// An operation, the type of its result, and for loads the state of memory.
type Key = (Op, Type, u32);

struct Gvn {
    known: HashMap<Key, Value>,
    /// What to put back on the way up the tree.
    undo: Vec<(Key, Option<Value>)>,
    replace: Replace,
    /// The state of memory: it changes with each write.
    memory: u32,
    states: u32,
}

/// Computes equal things once.
pub(crate) fn gvn(function: &mut Function) {
    let cfg = Cfg::new(function);
    let children = cfg.children(function);
    let mut gvn = Gvn {
        known: HashMap::new(),
        undo: Vec::new(),
        replace: Replace::new(function),
        memory: 0,
        states: 0,
    };
    let mut after = PerBlock::new(function, 0);
    let mut stack = vec![(function.entry, None)];
    while let Some((block, left)) = stack.pop() {
        if let Some(mark) = left {
            gvn.leave(mark);
            continue;
        }
        stack.push((block, Some(gvn.undo.len())));
        // Memory is as the only predecessor left it; elsewhere anything may have happened.
        gvn.memory = match cfg.preds[block].as_slice() {
            [pred] if *pred == cfg.idom[block] => after[*pred],
            _ => gvn.new_state(),
        };
        gvn.block(function, block);
        after[block] = gvn.memory;
        stack.extend(children[block].iter().rev().map(|&child| (child, None)));
    }
    gvn.replace.apply(function);
}

impl Gvn {
    fn leave(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some((key, Some(old))) => {
                    self.known.insert(key, old);
                }
                Some((key, None)) => {
                    self.known.remove(&key);
                }
                None => {}
            }
        }
    }

    fn new_state(&mut self) -> u32 {
        self.states += 1;
        self.states
    }

    fn learn(&mut self, key: Key, value: Value) {
        let old = self.known.insert(key.clone(), value);
        self.undo.push((key, old));
    }

    fn block(&mut self, function: &mut Function, block: Block) {
        let mut insts = std::mem::take(&mut function.blocks[block].insts);
        insts.retain_mut(|inst| {
            inst.op.operands_mut(|value| *value = self.replace.get(*value));
            let state = match inst.op.effect() {
                Effect::Pure => 0,
                Effect::Reads if reads_event(function, &inst.op) => 0,
                Effect::Reads => self.memory,
                Effect::Writes => {
                    self.memory = self.new_state();
                    self.stored(function, &inst.op);
                    return true;
                }
            };
            let Some(result) = inst.result else { return true };
            let key = (inst.op.clone(), function.kind(result), state);
            if let Some(&same) = self.known.get(&key) {
                self.replace.set(result, same);
                return false;
            }
            self.learn(key, result);
            true
        });
        let data = &mut function.blocks[block];
        data.insts = insts;
        data.end.operands_mut(|value| *value = self.replace.get(*value));
    }

    /// A load of what was just stored needs none, if all of the value went to memory.
    fn stored(&mut self, function: &Function, op: &Op) {
        if let Op::Store(size, at, value) = op {
            let kind = function.kind(*value);
            let whole = if kind.is_wide() { Size::DW } else { Size::W };
            if *size == whole {
                self.learn((Op::Load(*size, at.clone()), kind, self.memory), *value);
            }
        }
    }
}

/// Whether an operation reads the record of an event, which is always the same.
fn reads_event(function: &Function, op: &Op) -> bool {
    let (Op::Load(_, at) | Op::LoadSigned(_, at)) = op else { return false };
    is_context(function, at.base) && keeps_context(function)
}
