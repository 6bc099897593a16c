//! Extensions that nobody sees: what is only stored in few bytes, or cut off again, needs no bits above them.
use super::replace::Replace;
use crate::{Function, Inst, Op, Terminator, Type, Value};
use osmia_base::Key;
use osmia_isa::{AluOp, AtomicOp, Size};

/// Leaves out extensions of numbers whose upper bits are not needed.
pub(crate) fn narrow(function: &mut Function) {
    let needed = Needed::new(function);
    let mut replace = Replace::new(function);
    for block in function.blocks.keys().collect::<Vec<_>>() {
        let mut insts = std::mem::take(&mut function.blocks[block].insts);
        for inst in &mut insts {
            relax(function, inst, &needed, &mut replace);
        }
        function.blocks[block].insts = insts;
    }
    replace.apply(function);
    peel_stores(function);
}

/// Makes one instruction do no more than is needed.
fn relax(function: &Function, inst: &mut Inst, needed: &Needed, replace: &mut Replace) {
    let Some(result) = inst.result else { return };
    let wanted = needed.bits[result.index()];
    match &inst.op {
        Op::LoadSigned(size, at) if wanted <= bits(*size) => inst.op = Op::Load(*size, at.clone()),
        Op::SignExtend(size, a) | Op::ZeroExtend(size, a)
            if wanted <= bits(*size) && function.kind(*a) == function.kind(result) =>
        {
            replace.set(result, *a);
        }
        // Zeros cost less than a sign where nobody looks.
        Op::SignExtend(size, a) if wanted <= bits(*size) => inst.op = Op::ZeroExtend(*size, *a),
        _ => {}
    }
}

const fn bits(size: Size) -> u32 {
    size.bytes() * 8
}

/// How many low bits of each value somebody looks at.
struct Needed {
    bits: Vec<u32>,
    changed: bool,
}

impl Needed {
    fn new(function: &Function) -> Self {
        let mut constants = vec![None; function.values.len()];
        for inst in function.blocks.values().flat_map(|data| &data.insts) {
            if let (Some(result), Op::Const(number)) = (inst.result, &inst.op) {
                constants[result.index()] = Some(*number);
            }
        }
        let mut needed = Self { bits: vec![0; function.values.len()], changed: true };
        while std::mem::take(&mut needed.changed) {
            needed.round(function, &constants);
        }
        needed
    }

    fn round(&mut self, function: &Function, constants: &[Option<i64>]) {
        for data in function.blocks.values().rev() {
            match &data.end {
                Terminator::Branch { lhs, rhs, .. } => {
                    [lhs, rhs].into_iter().for_each(|&value| self.all(value))
                }
                Terminator::Return(Some(value)) => self.all(*value),
                _ => {}
            }
            for jump in data.end.jumps() {
                for (&arg, &param) in jump.args.iter().zip(&function.blocks[jump.block].params) {
                    self.need(arg, self.bits[param.index()]);
                }
            }
            data.insts.iter().rev().for_each(|inst| self.inst(function, inst, constants));
        }
    }

    fn need(&mut self, value: Value, bits: u32) {
        let known = &mut self.bits[value.index()];
        if *known < bits {
            *known = bits;
            self.changed = true;
        }
    }

    fn all(&mut self, value: Value) {
        self.need(value, 64);
    }

    fn inst(&mut self, function: &Function, inst: &Inst, constants: &[Option<i64>]) {
        let wanted = inst.result.map_or(0, |result| self.bits[result.index()]);
        let number = |value: Value| constants[value.index()];
        match &inst.op {
            Op::Store(size, at, value) => {
                self.all(at.base);
                let pointer = matches!(function.kind(*value), Type::Ptr(_));
                self.need(*value, if pointer { 64 } else { bits(*size) });
            }
            Op::Atomic(
                AtomicOp::Add { .. } | AtomicOp::Or { .. } | AtomicOp::Xor { .. },
                size,
                at,
                value,
            ) => {
                self.all(at.base);
                self.need(*value, bits(*size));
            }
            Op::Truncate(a) | Op::Neg(a) => self.need(*a, wanted),
            Op::ZeroExtend(size, a) | Op::SignExtend(size, a) => self.need(*a, wanted.min(bits(*size))),
            Op::Alu(AluOp::And, a, b) => {
                let mask = number(*b).filter(|&mask| mask >= 0).map_or(64, |mask| 64 - mask.leading_zeros());
                self.need(*a, wanted.min(mask));
                self.need(*b, wanted);
            }
            Op::Alu(AluOp::Add | AluOp::Sub | AluOp::Mul | AluOp::Or | AluOp::Xor, a, b)
                if inst.result.is_some_and(|result| !function.kind(result).is_pointer()) =>
            {
                self.need(*a, wanted);
                self.need(*b, wanted);
            }
            Op::Select(condition, a, b) => {
                self.all(*condition);
                self.need(*a, wanted);
                self.need(*b, wanted);
            }
            op => op.operands(|value| self.all(value)),
        }
    }
}

/// A store of few bytes takes them from before an extension or a cut.
fn peel_stores(function: &mut Function) {
    let mut sources: Vec<Option<(u32, Value)>> = vec![None; function.values.len()];
    for inst in function.blocks.values().flat_map(|data| &data.insts) {
        if let (Some(result), Op::ZeroExtend(size, a) | Op::SignExtend(size, a)) = (inst.result, &inst.op) {
            sources[result.index()] = Some((bits(*size), *a));
        } else if let (Some(result), Op::Truncate(a)) = (inst.result, &inst.op) {
            sources[result.index()] = Some((32, *a));
        }
    }
    for inst in function.blocks.iter_mut().flat_map(|(_, data)| &mut data.insts) {
        let Op::Store(size, _, value) = &mut inst.op else { continue };
        while let Some((kept, source)) = sources[value.index()]
            && kept >= bits(*size)
        {
            *value = source;
        }
    }
}
