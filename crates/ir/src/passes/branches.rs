//! Straightens control flow: joins blocks that follow each other, leads jumps past blocks that only pass them on, and
//! removes parameters that are always the same value.
use super::replace::Replace;
use crate::cfg::Cfg;
use crate::meaning::{self, canonical};
use crate::{Block, Function, Jump, Op, Terminator, Value};
use osmia_base::Key;
use std::collections::HashMap;

/// Straightens control flow.
pub(crate) fn branches(function: &mut Function) {
    for _ in 0..3 {
        same_targets(function);
        let threaded = thread(function);
        let joined = join(function);
        let params = same_params(function);
        if !(threaded || joined || params) {
            return;
        }
    }
}

/// A branch whose two sides are the same is a jump.
fn same_targets(function: &mut Function) {
    for block in function.blocks.keys().collect::<Vec<_>>() {
        let end = &mut function.blocks[block].end;
        if let Terminator::Branch { then, other, .. } = end
            && then == other
        {
            *end = Terminator::Jump(then.clone());
        }
    }
}

/// Puts a block that only one jump leads to behind that jump.
fn join(function: &mut Function) -> bool {
    let cfg = Cfg::new(function);
    let mut replace = Replace::new(function);
    let mut changed = false;
    for &block in &cfg.order {
        // A block that was moved away is empty by now.
        while let Terminator::Jump(jump) = &function.blocks[block].end {
            let next = jump.block;
            if next == block || next == function.entry || cfg.preds[next].len() != 1 {
                break;
            }
            let args = jump.args.clone();
            let moved = std::mem::take(&mut function.blocks[next]);
            function.blocks[next].end = Terminator::Unreachable;
            for (param, arg) in moved.params.into_iter().zip(args) {
                replace.set(param, arg);
            }
            let data = &mut function.blocks[block];
            data.insts.extend(moved.insts);
            (data.end, data.end_loc) = (moved.end, moved.end_loc);
            changed = true;
        }
    }
    replace.apply(function);
    changed
}

/// A block without instructions of its own but constants.
struct Passage {
    params: Vec<Value>,
    constants: HashMap<Value, i64>,
    end: Terminator,
    /// Other blocks that use its values.
    users: Vec<Block>,
}

impl Passage {
    /// Whether a jump may go past it to `next`: then no user of its values is reached that way, as all of them are
    /// behind its other edge.
    fn may_skip(&self, cfg: &Cfg, next: &Jump) -> bool {
        if self.users.is_empty() {
            return true;
        }
        let Terminator::Branch { then, other, .. } = &self.end else { return false };
        let opposite = if std::ptr::eq(next, then) { other.block } else { then.block };
        opposite != next.block
            && cfg.preds[opposite].len() == 1
            && self.users.iter().all(|&user| cfg.dominates(opposite, user))
    }
}

/// Leads jumps past blocks that do nothing, where it is known how they go on.
fn thread(function: &mut Function) -> bool {
    let constants = constants(function);
    let passages = passages(function);
    let mut changed = false;
    let cfg = Cfg::new(function);
    for &block in &cfg.order {
        let mut end = std::mem::take(&mut function.blocks[block].end);
        for jump in end.jumps_mut() {
            for _ in 0..8 {
                let Some(passage) = passages.get(&jump.block) else { break };
                let Some(next) = follow(function, &cfg, block, passage, jump, &constants) else { break };
                changed |= *jump != next;
                *jump = next;
            }
        }
        function.blocks[block].end = end;
    }
    changed
}

fn constants(function: &Function) -> Vec<Option<i64>> {
    let mut constants = vec![None; function.values.len()];
    for inst in function.blocks.values().flat_map(|data| &data.insts) {
        if let (Some(result), Op::Const(number)) = (inst.result, &inst.op) {
            constants[result.index()] = Some(*number);
        }
    }
    constants
}

/// Blocks that jumps may be led past, and who else uses their values.
fn passages(function: &Function) -> HashMap<Block, Passage> {
    let mut owner: HashMap<Value, Block> = HashMap::new();
    let mut found = HashMap::new();
    for (block, data) in function.blocks.iter() {
        let constants: Option<HashMap<Value, i64>> = data
            .insts
            .iter()
            .map(|inst| match (&inst.op, inst.result) {
                (Op::Const(number), Some(result)) => Some((result, *number)),
                _ => None,
            })
            .collect();
        let Some(constants) = constants.filter(|constants| constants.len() <= 4 && block != function.entry)
        else {
            continue;
        };
        if !matches!(data.end, Terminator::Jump(_) | Terminator::Branch { .. }) {
            continue;
        }
        owner.extend(data.params.iter().chain(constants.keys()).map(|&value| (value, block)));
        let (params, end) = (data.params.clone(), data.end.clone());
        found.insert(block, Passage { params, constants, end, users: Vec::new() });
    }
    for (block, data) in function.blocks.iter() {
        let mut check = |value: Value| {
            if let Some(home) = owner.get(&value).filter(|home| **home != block)
                && let Some(passage) = found.get_mut(home)
                && passage.users.last() != Some(&block)
            {
                passage.users.push(block);
            }
        };
        data.insts.iter().for_each(|inst| inst.op.operands(&mut check));
        data.end.operands(&mut check);
    }
    found
}

/// Where a jump through a passage ends up, if that is known.
fn follow(
    function: &mut Function,
    cfg: &Cfg,
    block: Block,
    passage: &Passage,
    jump: &Jump,
    constants: &[Option<i64>],
) -> Option<Jump> {
    let given = |value: Value| {
        let at = passage.params.iter().position(|&param| param == value);
        at.and_then(|at| jump.args.get(at).copied()).unwrap_or(value)
    };
    let number = |value: Value| {
        let value = given(value);
        let own = passage.constants.get(&value).copied();
        own.or_else(|| constants.get(value.index()).copied().flatten())
    };
    let next = match &passage.end {
        Terminator::Jump(next) => next,
        Terminator::Branch { cond, lhs, rhs, then, other } => {
            let kind = function.kind(*lhs);
            let bits = |value| number(value).map(|number| canonical(kind, number as u64));
            if meaning::compare(kind, *cond, bits(*lhs)?, bits(*rhs)?) { then } else { other }
        }
        _ => return None,
    };
    if !passage.may_skip(cfg, next) {
        return None;
    }
    let mut args: Vec<Value> = next.args.iter().map(|&arg| given(arg)).collect();
    // What the passage made itself is made here instead.
    for arg in &mut args {
        if let Some(&number) = passage.constants.get(arg) {
            let kind = function.kind(*arg);
            let result = function.values.push(crate::ValueData { kind });
            let inst =
                crate::Inst { result: Some(result), op: Op::Const(number), loc: crate::Loc::default() };
            function.blocks[block].insts.push(inst);
            *arg = result;
        }
    }
    Some(Jump { block: next.block, args })
}

/// Replaces parameters that get the same value from everywhere, themselves apart.
fn same_params(function: &mut Function) -> bool {
    let cfg = Cfg::new(function);
    let mut constants = constants(function);
    let mut replace = Replace::new(function);
    let mut any = false;
    loop {
        let mut changed = false;
        for &block in &cfg.order {
            if block == function.entry {
                continue;
            }
            for at in (0..function.blocks[block].params.len()).rev() {
                let param = function.blocks[block].params[at];
                let same = same_arg(function, &cfg, block, at, &mut replace)
                    .filter(|&same| function.kind(same).stands_for(function.kind(param)))
                    .or_else(|| same_constant(function, &cfg, block, at, &mut constants));
                if let Some(same) = same {
                    replace.set(param, same);
                    drop_param(function, &cfg, block, at);
                    changed = true;
                }
            }
        }
        any |= changed;
        if !changed {
            break;
        }
    }
    replace.apply(function);
    any
}

fn same_arg(function: &Function, cfg: &Cfg, block: Block, at: usize, replace: &mut Replace) -> Option<Value> {
    let param = function.blocks[block].params[at];
    let mut same = None;
    for &pred in &cfg.preds[block] {
        for jump in function.blocks[pred].end.jumps().filter(|jump| jump.block == block) {
            let arg = replace.get(*jump.args.get(at)?);
            if arg != param && same.is_some_and(|same| same != arg) {
                return None;
            }
            if arg != param {
                same = Some(arg);
            }
        }
    }
    same
}

/// Where the same number comes from everywhere, it is made in the block itself.
fn same_constant(
    function: &mut Function,
    cfg: &Cfg,
    block: Block,
    at: usize,
    constants: &mut Vec<Option<i64>>,
) -> Option<Value> {
    let mut same = None;
    for &pred in &cfg.preds[block] {
        for jump in function.blocks[pred].end.jumps().filter(|jump| jump.block == block) {
            let number = constants.get(jump.args.get(at)?.index()).copied().flatten()?;
            if same.is_some_and(|same| same != number) {
                return None;
            }
            same = Some(number);
        }
    }
    let kind = function.kind(function.blocks[block].params[at]);
    let result = function.values.push(crate::ValueData { kind });
    constants.resize(function.values.len(), None);
    constants[result.index()] = same;
    let inst = crate::Inst { result: Some(result), op: Op::Const(same?), loc: crate::Loc::default() };
    function.blocks[block].insts.insert(0, inst);
    Some(result)
}

fn drop_param(function: &mut Function, cfg: &Cfg, block: Block, at: usize) {
    function.blocks[block].params.remove(at);
    let mut preds = cfg.preds[block].clone();
    preds.dedup();
    preds.sort_unstable();
    preds.dedup();
    for pred in preds {
        for jump in function.blocks[pred].end.jumps_mut().filter(|jump| jump.block == block) {
            jump.args.remove(at);
        }
    }
}
