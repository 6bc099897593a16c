//! The last change of a function before instructions are selected: what the machine has no instruction for
//! becomes simpler operations, and edges get room for copies.
use super::{Isa, Options};
use crate::cfg::Cfg;
use crate::{Block, BlockData, Function, Inst, Jump, Loc, Op, Terminator, Type, Value, ValueData};
use osmia_base::Key;
use osmia_isa::{AluOp, Cond};

/// Makes `function` ready for selection.
pub(crate) fn lower(function: &mut Function, options: &Options) {
    fuse_branches(function);
    remove_dead(function);
    if options.isa < Isa::V4 {
        expand_signed_division(function);
    }
    expand_choices(function);
    split_edges(function);
}

/// Where each value's definition can be looked up.
pub(crate) fn definitions(function: &Function) -> Vec<Option<Op>> {
    let mut ops = vec![None; function.values.len()];
    for data in function.blocks.values() {
        for inst in &data.insts {
            if let Some(result) = inst.result {
                ops[result.index()] = Some(inst.op.clone());
            }
        }
    }
    ops
}

/// `if (a < b) != 0` becomes `if a < b`.
pub(crate) fn fuse_branches(function: &mut Function) {
    let mut compares = vec![None; function.values.len()];
    let mut zeros = vec![false; function.values.len()];
    for data in function.blocks.values() {
        for inst in &data.insts {
            match (inst.result, &inst.op) {
                (Some(result), Op::Compare(cond, a, b)) => compares[result.index()] = Some((*cond, *a, *b)),
                (Some(result), Op::Const(0)) => zeros[result.index()] = true,
                _ => {}
            }
        }
    }
    for block in function.blocks.keys().collect::<Vec<_>>() {
        let end = &mut function.blocks[block].end;
        while let Terminator::Branch { cond, lhs, rhs, then, other } = end
            && zeros[rhs.index()]
            && matches!(cond, Cond::Ne | Cond::Eq | Cond::Gt)
            && let Some((inner, a, b)) = compares[lhs.index()]
        {
            if *cond == Cond::Eq {
                std::mem::swap(then, other);
            }
            (*cond, *lhs, *rhs) = (inner, a, b);
        }
    }
}

/// Removes instructions that nothing needs.
pub(crate) fn remove_dead(function: &mut Function) {
    crate::passes::dead_code(function);
}

/// Takes a function apart and puts it together again, block by block.
struct Rewrite<'a> {
    function: &'a mut Function,
    block: Block,
    loc: Loc,
}

impl Rewrite<'_> {
    fn push(&mut self, op: Op, kind: Type) -> Value {
        let result = self.function.values.push(ValueData { kind });
        self.set(op, result);
        result
    }

    fn set(&mut self, op: Op, result: Value) {
        let inst = Inst { result: Some(result), op, loc: self.loc };
        self.function.blocks[self.block].insts.push(inst);
    }

    fn alu(&mut self, op: AluOp, a: Value, b: Value, kind: Type) -> Value {
        self.push(Op::Alu(op, a, b), kind)
    }

    /// All ones for negative numbers, else zero.
    fn sign(&mut self, a: Value, kind: Type) -> Value {
        let bits = if kind.is_wide() { 63 } else { 31 };
        let bits = self.push(Op::Const(bits), kind);
        self.alu(AluOp::Arsh, a, bits, kind)
    }

    /// `-a` where `sign` is all ones, `a` where it is zero.
    fn with_sign(&mut self, a: Value, sign: Value, kind: Type) -> Value {
        let flipped = self.alu(AluOp::Xor, a, sign, kind);
        self.alu(AluOp::Sub, flipped, sign, kind)
    }

    fn signed_division(&mut self, op: AluOp, a: Value, b: Value, positive: bool, kind: Type, result: Value) {
        let sign_a = self.sign(a, kind);
        let size_a = self.with_sign(a, sign_a, kind);
        let (size_b, sign_b) = if positive {
            (b, None)
        } else {
            let sign = self.sign(b, kind);
            (self.with_sign(b, sign, kind), Some(sign))
        };
        let (unsigned, sign) = match (op, sign_b) {
            (AluOp::SDiv, Some(sign_b)) => (AluOp::Div, self.alu(AluOp::Xor, sign_a, sign_b, kind)),
            (AluOp::SDiv, None) => (AluOp::Div, sign_a),
            _ => (AluOp::Mod, sign_a),
        };
        let size = self.alu(unsigned, size_a, size_b, kind);
        let flipped = self.alu(AluOp::Xor, size, sign, kind);
        self.set(Op::Alu(AluOp::Sub, flipped, sign), result);
    }
}

/// `sdiv` and `smod` came with version 4.
fn expand_signed_division(function: &mut Function) {
    let positive: Vec<bool> =
        definitions(function).iter().map(|op| matches!(op, Some(Op::Const(1..=0x7fff_ffff)))).collect();
    for block in function.blocks.keys().collect::<Vec<_>>() {
        let insts = std::mem::take(&mut function.blocks[block].insts);
        for inst in insts {
            match (inst.op, inst.result) {
                (Op::Alu(op @ (AluOp::SDiv | AluOp::SMod), a, b), Some(result)) => {
                    let kind = function.kind(result);
                    let mut rewrite = Rewrite { function, block, loc: inst.loc };
                    let positive = positive.get(b.index()).is_some_and(|&positive| positive);
                    rewrite.signed_division(op, a, b, positive, kind, result);
                }
                (op, result) => function.blocks[block].insts.push(Inst { result, op, loc: inst.loc }),
            }
        }
    }
}

/// `Compare` and `Select` become branches to a block with a parameter.
fn expand_choices(function: &mut Function) {
    let compares = definitions(function);
    for start in function.blocks.keys().collect::<Vec<_>>() {
        let data = &mut function.blocks[start];
        let has_choice = |inst: &Inst| matches!(inst.op, Op::Compare(..) | Op::Select(..));
        if !data.insts.iter().any(has_choice) {
            continue;
        }
        let insts = std::mem::take(&mut data.insts);
        let (end, end_loc) = (std::mem::take(&mut data.end), data.end_loc);
        let mut rewrite = Rewrite { function, block: start, loc: Loc::default() };
        for inst in insts {
            rewrite.loc = inst.loc;
            rewrite.choice(inst, &compares);
        }
        let last = &mut rewrite.function.blocks[rewrite.block];
        (last.end, last.end_loc) = (end, end_loc);
    }
    remove_dead(function);
}

impl Rewrite<'_> {
    fn choice(&mut self, inst: Inst, compares: &[Option<Op>]) {
        match (&inst.op, inst.result) {
            (Op::Compare(cond, a, b), Some(result)) => {
                let kind = self.function.kind(result);
                let one = self.push(Op::Const(1), kind);
                let zero = self.push(Op::Const(0), kind);
                self.choose((*cond, *a, *b), one, zero, result);
            }
            (Op::Select(condition, a, b), Some(result)) => {
                let question = match compares.get(condition.index()) {
                    Some(Some(Op::Compare(cond, lhs, rhs))) => (*cond, *lhs, *rhs),
                    _ => {
                        let kind = self.function.kind(*condition);
                        (Cond::Ne, *condition, self.push(Op::Const(0), kind))
                    }
                };
                self.choose(question, *a, *b, result);
            }
            _ => self.function.blocks[self.block].insts.push(inst),
        }
    }

    fn choose(&mut self, (cond, lhs, rhs): (Cond, Value, Value), a: Value, b: Value, result: Value) {
        let next = BlockData { params: vec![result], ..BlockData::default() };
        let next = self.function.blocks.push(next);
        let jump = |arg| Jump { block: next, args: vec![arg] };
        let here = &mut self.function.blocks[self.block];
        here.end = Terminator::Branch { cond, lhs, rhs, then: jump(a), other: jump(b) };
        here.end_loc = self.loc;
        self.block = next;
    }
}

/// Puts a block on each edge with arguments that leaves a branch, so that copies have a place of their own. Where both
/// edges lead to the same block, the copies of the first may stand before the branch and need none.
fn split_edges(function: &mut Function) {
    let cfg = Cfg::new(function);
    let constants: Vec<bool> =
        definitions(function).iter().map(|op| matches!(op, Some(Op::Const(_)))).collect();
    for &block in &cfg.order {
        if let Terminator::Branch { cond, then, other, .. } = &mut function.blocks[block].end
            && then.block == other.block
            && then.args.iter().all(|arg| constants[arg.index()])
            && let Some(opposite) = negate(*cond)
        {
            *cond = opposite;
            std::mem::swap(then, other);
        }
        let Terminator::Branch { then, other, .. } = &function.blocks[block].end else { continue };
        let (first, second) = (!then.args.is_empty() && !can_hoist(function, block), !other.args.is_empty());
        for (needs, first) in [(first, true), (second, false)] {
            if needs {
                split_edge(function, block, first);
            }
        }
    }
}

/// The opposite question, if there is one.
pub(crate) const fn negate(cond: Cond) -> Option<Cond> {
    Some(match cond {
        Cond::Eq => Cond::Ne,
        Cond::Ne => Cond::Eq,
        Cond::Gt => Cond::Le,
        Cond::Le => Cond::Gt,
        Cond::Ge => Cond::Lt,
        Cond::Lt => Cond::Ge,
        Cond::Sgt => Cond::Sle,
        Cond::Sle => Cond::Sgt,
        Cond::Sge => Cond::Slt,
        Cond::Slt => Cond::Sge,
        Cond::Set => return None,
    })
}

/// The question with its operands exchanged.
pub(crate) const fn exchange(cond: Cond) -> Cond {
    match cond {
        Cond::Gt => Cond::Lt,
        Cond::Lt => Cond::Gt,
        Cond::Ge => Cond::Le,
        Cond::Le => Cond::Ge,
        Cond::Sgt => Cond::Slt,
        Cond::Slt => Cond::Sgt,
        Cond::Sge => Cond::Sle,
        Cond::Sle => Cond::Sge,
        Cond::Eq | Cond::Ne | Cond::Set => cond,
    }
}

/// Whether the copies for the first jump may be done before the branch: both jumps lead to the same block, and what
/// the branch and the second jump read is not overwritten.
fn can_hoist(function: &Function, block: Block) -> bool {
    let Terminator::Branch { lhs, rhs, then, other, .. } = &function.blocks[block].end else { return false };
    let params = &function.blocks[then.block].params;
    then.block == other.block
        && params.len() <= 8
        && !params.contains(lhs)
        && !params.contains(rhs)
        && !other.args.iter().any(|arg| params.contains(arg))
}

fn split_edge(function: &mut Function, block: Block, first: bool) {
    let loc = function.blocks[block].end_loc;
    let middle = function.blocks.push(BlockData { end_loc: loc, ..BlockData::default() });
    if let Terminator::Branch { then, other, .. } = &mut function.blocks[block].end {
        let jump = if first { then } else { other };
        let old = std::mem::replace(jump, Jump { block: middle, args: Vec::new() });
        function.blocks[middle].end = Terminator::Jump(old);
    }
}
