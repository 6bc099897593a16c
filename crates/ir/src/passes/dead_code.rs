//! Removes what has no effect: instructions that nothing needs, parameters too, and blocks that cannot be reached.
use crate::cfg::Cfg;
use crate::visit::Effect;
use crate::{Function, Terminator, Value};
use osmia_base::Key;

/// What is needed: found from what has an effect, so that a ring of values that only need each other goes too.
struct Needed {
    values: Vec<bool>,
    work: Vec<Value>,
}

impl Needed {
    fn mark(&mut self, value: Value) {
        if !std::mem::replace(&mut self.values[value.index()], true) {
            self.work.push(value);
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Copy)]
enum Source {
    Unknown,
    Inst(crate::Block, usize),
    Param(crate::Block, usize),
}

/// Removes what has no effect.
pub(crate) fn dead_code(function: &mut Function) {
    let cfg = Cfg::new(function);
    let mut sources = vec![Source::Unknown; function.values.len()];
    let mut needed = Needed { values: vec![false; function.values.len()], work: Vec::new() };
    for &block in &cfg.order {
        let data = &function.blocks[block];
        for (at, param) in data.params.iter().enumerate() {
            sources[param.index()] = Source::Param(block, at);
        }
        for (at, inst) in data.insts.iter().enumerate() {
            if let Some(result) = inst.result {
                sources[result.index()] = Source::Inst(block, at);
            }
            if inst.op.effect() == Effect::Writes {
                inst.op.operands(|value| needed.mark(value));
            }
        }
        match &data.end {
            Terminator::Branch { lhs, rhs, .. } => {
                needed.mark(*lhs);
                needed.mark(*rhs);
            }
            Terminator::Return(Some(value)) => needed.mark(*value),
            _ => {}
        }
    }
    while let Some(value) = needed.work.pop() {
        match sources[value.index()] {
            Source::Inst(block, at) => {
                function.blocks[block].insts[at].op.operands(|value| needed.mark(value))
            }
            Source::Param(block, at) => {
                for &pred in &cfg.preds[block] {
                    let jumps = function.blocks[pred].end.jumps().filter(|jump| jump.block == block);
                    jumps.for_each(|jump| needed.mark(jump.args[at]));
                }
            }
            Source::Unknown => {}
        }
    }
    sweep(function, &cfg, &needed.values);
}

fn sweep(function: &mut Function, cfg: &Cfg, needed: &[bool]) {
    let is_needed = |value: &Value| needed[value.index()];
    let kept: Vec<Vec<bool>> =
        function.blocks.values().map(|data| data.params.iter().map(is_needed).collect()).collect();
    let entry = function.entry;
    for block in function.blocks.keys().collect::<Vec<_>>() {
        let data = &mut function.blocks[block];
        if !cfg.reachable(block) {
            *data = crate::BlockData { end: Terminator::Unreachable, ..crate::BlockData::default() };
            continue;
        }
        data.insts
            .retain(|inst| inst.op.effect() == Effect::Writes || inst.result.as_ref().is_some_and(is_needed));
        if block != entry {
            data.params.retain(is_needed);
        }
        for jump in data.end.jumps_mut() {
            let mut kept = kept[jump.block.index()].iter();
            jump.args.retain(|_| kept.next() == Some(&true));
        }
    }
}
