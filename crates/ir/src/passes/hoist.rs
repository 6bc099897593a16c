//! Takes computations out of loops whose operands do not change there. Addresses stay: the verifier may want a check in
//! front of them.
use crate::cfg::{Cfg, Loop};
use crate::visit::Effect;
use crate::{Block, Function, Op, Terminator};
use osmia_base::Key;

/// Takes computations out of loops.
pub(crate) fn hoist(function: &mut Function) {
    let cfg = Cfg::new(function);
    let loops = cfg.loops(function);
    // Inner loops first: what leaves one may leave the next.
    for found in loops.iter().rev() {
        if let Some(before) = preheader(function, &cfg, found) {
            hoist_from(function, &cfg, found, before);
        }
    }
}

/// The one block that leads into the loop and nowhere else.
fn preheader(function: &Function, cfg: &Cfg, found: &Loop) -> Option<Block> {
    let mut outside = cfg.preds[found.header].iter().filter(|pred| !found.back.contains(pred));
    let (before, others) = (*outside.next()?, outside.next());
    let only = others.is_none() && matches!(function.blocks[before].end, Terminator::Jump(_));
    only.then_some(before)
}

fn hoist_from(function: &mut Function, cfg: &Cfg, found: &Loop, before: Block) {
    let mut inside = vec![false; function.values.len()];
    let mut blocks = found.blocks.clone();
    blocks.sort_by_key(|&block| cfg.position[block]);
    for &block in &blocks {
        let data = &function.blocks[block];
        let results = data.insts.iter().filter_map(|inst| inst.result);
        data.params.iter().copied().chain(results).for_each(|value| inside[value.index()] = true);
    }
    for block in blocks {
        let mut stay = Vec::new();
        for inst in std::mem::take(&mut function.blocks[block].insts) {
            let mut fixed = is_worth(&inst.op);
            inst.op.operands(|value| fixed &= !inside[value.index()] && !function.kind(value).is_pointer());
            match inst.result.filter(|_| fixed) {
                Some(result) => {
                    inside[result.index()] = false;
                    function.blocks[before].insts.push(inst);
                }
                None => stay.push(inst),
            }
        }
        function.blocks[block].insts = stay;
    }
}

/// Whether an operation costs something at all: constants go along with others, but are made anew for nothing.
fn is_worth(op: &Op) -> bool {
    op.effect() == Effect::Pure
        && !matches!(
            op,
            Op::Core(_)
                | Op::SlotAddr(_)
                | Op::MapAddr(_)
                | Op::DataAddr(..)
                | Op::ExternAddr(_)
                | Op::FunctionAddr(_)
        )
}
