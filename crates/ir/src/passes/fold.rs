//! Computes what is known, and simplifies what algebra can.
use super::replace::Replace;
use crate::bits::{Bits, Knower};
use crate::cfg::Cfg;
use crate::emit::{exchange, negate};
use crate::meaning::{self, as_constant, canonical, width};
use crate::{Block, Callee, Function, Inst, Loc, Op, Terminator, Type, Value, ValueData};
use osmia_base::Key;
use osmia_isa::{AluOp, Cond, Size, Width};

/// What an operation becomes.
enum Simpler {
    /// Stays as it is.
    Same,
    /// Another value.
    Value(Value),
    /// A number.
    Number(u64),
    /// Another operation.
    Op(Op),
    /// `a op number`.
    With(AluOp, Value, u64),
}

/// Computes what is known.
pub(crate) fn fold(function: &mut Function) {
    let cfg = Cfg::new(function);
    let bits = Bits::new(function, &cfg, Knower::Verifier);
    let replace = Replace::new(function);
    let ops = vec![None; function.values.len()];
    let mut fold = Fold { function, ops, replace, bits, out: Vec::new(), loc: Loc::default() };
    for &block in &cfg.order {
        fold.block(block);
    }
    let Fold { replace, .. } = fold;
    replace.apply(function);
}

struct Fold<'a> {
    function: &'a mut Function,
    ops: Vec<Option<Op>>,
    replace: Replace,
    bits: Bits,
    out: Vec<Inst>,
    loc: Loc,
}

impl Fold<'_> {
    fn block(&mut self, block: Block) {
        for mut inst in std::mem::take(&mut self.function.blocks[block].insts) {
            self.loc = inst.loc;
            inst.op.operands_mut(|value| *value = self.replace.get(*value));
            self.inst(inst);
        }
        let mut end = std::mem::take(&mut self.function.blocks[block].end);
        end.operands_mut(|value| *value = self.replace.get(*value));
        self.loc = self.function.blocks[block].end_loc;
        self.end(&mut end);
        let data = &mut self.function.blocks[block];
        data.end = end;
        data.insts = std::mem::take(&mut self.out);
    }

    fn inst(&mut self, mut inst: Inst) {
        self.known_callee(&mut inst.op);
        let Some(result) = inst.result else { return self.out.push(inst) };
        // Each step makes it simpler; a few are enough.
        for _ in 0..4 {
            let simpler = self.simpler(&inst.op, result);
            match simpler {
                Simpler::Same => break,
                Simpler::Value(value) if self.kind(value).stands_for(self.kind(result)) => {
                    return self.replace.set(result, value);
                }
                Simpler::Value(value) if self.kind(value).is_wide() == self.kind(result).is_wide() => {
                    if inst.op == Op::Cast(value) {
                        break;
                    }
                    inst.op = Op::Cast(value);
                }
                Simpler::Value(_) => break,
                Simpler::Number(number) => inst.op = Op::Const(as_constant(self.kind(result), number)),
                Simpler::Op(op) => inst.op = op,
                Simpler::With(op, a, number) => {
                    let number = self.number(number, self.kind(a));
                    inst.op = Op::Alu(op, a, number);
                }
            }
        }
        self.ops[result.index()] = Some(inst.op.clone());
        self.out.push(inst);
    }

    /// A call of a function by its address is one by its name.
    fn known_callee(&self, op: &mut Op) {
        let Op::Call(callee @ Callee::Pointer, args) = op else { return };
        let known = match args.first().and_then(|&pointer| self.op(pointer)) {
            Some(Op::FunctionAddr(id)) => Callee::Function(*id),
            Some(Op::ExternAddr(symbol)) => Callee::Kfunc(*symbol),
            _ => return,
        };
        *callee = known;
        args.remove(0);
    }

    /// A new constant of the width of `kind`.
    fn number(&mut self, number: u64, kind: Type) -> Value {
        let kind = if kind.is_wide() { Type::I64 } else { Type::I32 };
        let result = self.function.values.push(ValueData { kind });
        let op = Op::Const(as_constant(kind, number));
        self.ops.push(Some(op.clone()));
        self.out.push(Inst { result: Some(result), op, loc: self.loc });
        result
    }

    fn kind(&self, value: Value) -> Type {
        self.function.kind(value)
    }

    fn op(&self, value: Value) -> Option<&Op> {
        self.ops.get(value.index())?.as_ref()
    }

    fn constant(&self, value: Value) -> Option<u64> {
        match self.op(value) {
            Some(Op::Const(number)) => Some(canonical(self.kind(value), *number as u64)),
            _ => None,
        }
    }

    fn bits(&self, value: Value) -> u32 {
        if value.index() < self.function.values.len() { self.bits.get(value).unwrap_or(64) } else { 64 }
    }

    fn simpler(&self, op: &Op, result: Value) -> Simpler {
        if matches!(op, Op::Const(_)) {
            return Simpler::Same;
        }
        let kind = self.kind(result);
        if let Some(number) = meaning::value(self.function, op, kind, |value| self.constant(value)) {
            return Simpler::Number(number);
        }
        match op {
            Op::Alu(op, a, b) => self.alu(*op, *a, *b, kind),
            Op::Cast(a) if self.kind(*a).stands_for(kind) => Simpler::Value(*a),
            Op::Cast(a) => match self.op(*a) {
                Some(Op::Cast(inner)) if self.kind(*inner).stands_for(kind) => Simpler::Value(*inner),
                _ => Simpler::Same,
            },
            Op::Truncate(a) => match self.op(*a) {
                Some(Op::ZeroExtend(Size::W, inner) | Op::SignExtend(Size::W, inner))
                    if !self.kind(*inner).is_wide() =>
                {
                    Simpler::Value(*inner)
                }
                _ => Simpler::Same,
            },
            Op::ZeroExtend(size, a) => self.zero_extend(*size, *a, kind),
            Op::SignExtend(size, a) => self.sign_extend(*size, *a, kind),
            Op::Neg(a) => match self.op(*a) {
                Some(Op::Neg(inner)) => Simpler::Value(*inner),
                _ => Simpler::Same,
            },
            Op::Compare(cond, a, b) => self.compare(*cond, *a, *b, kind),
            Op::Select(condition, a, b) => match self.constant(*condition) {
                Some(0) => Simpler::Value(*b),
                Some(_) => Simpler::Value(*a),
                None if a == b => Simpler::Value(*a),
                None => Simpler::Same,
            },
            _ => Simpler::Same,
        }
    }

    fn alu(&self, op: AluOp, a: Value, b: Value, kind: Type) -> Simpler {
        let commutes = matches!(op, AluOp::Add | AluOp::Mul | AluOp::Or | AluOp::And | AluOp::Xor);
        if commutes && self.constant(a).is_some() {
            return Simpler::Op(Op::Alu(op, b, a));
        }
        if a == b {
            match op {
                AluOp::Sub | AluOp::Xor if !self.kind(a).is_pointer() => return Simpler::Number(0),
                AluOp::And | AluOp::Or => return Simpler::Value(a),
                _ => {}
            }
        }
        if op == AluOp::Sub && self.constant(a) == Some(0) && !self.kind(b).is_pointer() {
            return Simpler::Op(Op::Neg(b));
        }
        match self.constant(b) {
            Some(number) => self.alu_constant(op, a, number, kind),
            None => Simpler::Same,
        }
    }

    /// `a op number`.
    fn alu_constant(&self, op: AluOp, a: Value, number: u64, kind: Type) -> Simpler {
        let ones = canonical(kind, u64::MAX);
        // Of what is never below zero, quotients and halves are what they are without a sign.
        let positive = self.bits(a) < width(kind).bits() && number <= ones >> 1;
        let unsigned = match op {
            AluOp::SDiv => Some(AluOp::Div),
            AluOp::SMod => Some(AluOp::Mod),
            AluOp::Arsh => Some(AluOp::Rsh),
            _ => None,
        };
        if let Some(op) = unsigned.filter(|_| positive && number != 0) {
            return Simpler::With(op, a, number);
        }
        let power = number.is_power_of_two().then(|| u64::from(number.trailing_zeros()));
        match (op, number) {
            (AluOp::Add | AluOp::Sub | AluOp::Or | AluOp::Xor | AluOp::Lsh | AluOp::Rsh | AluOp::Arsh, 0)
            | (AluOp::Mul | AluOp::Div | AluOp::SDiv, 1) => return Simpler::Value(a),
            (AluOp::And | AluOp::Mul | AluOp::Div | AluOp::SDiv, 0) | (AluOp::Mod, 1) => {
                return Simpler::Number(0);
            }
            (AluOp::And, number) if number == ones => return Simpler::Value(a),
            (AluOp::Or, number) if number == ones => return Simpler::Number(ones),
            // What is moved out is all there is.
            (AluOp::Rsh, number) if number < width(kind).bits().into() && number >= self.bits(a).into() => {
                return Simpler::Number(0);
            }
            (AluOp::And, 0xff) if self.bits(a) <= 8 => return Simpler::Value(a),
            (AluOp::And, 0xffff) if self.bits(a) <= 16 => return Simpler::Value(a),
            (AluOp::And, 0xffff_ffff) if kind.is_wide() => return Simpler::Op(Op::ZeroExtend(Size::W, a)),
            (AluOp::Sub, number) if !kind.is_pointer() || as_constant(kind, number) != i64::MIN => {
                return Simpler::With(AluOp::Add, a, canonical(kind, number.wrapping_neg()));
            }
            _ => {}
        }
        match (op, power) {
            (AluOp::Mul, Some(power)) => return Simpler::With(AluOp::Lsh, a, power),
            (AluOp::Div, Some(power)) => return Simpler::With(AluOp::Rsh, a, power),
            (AluOp::Mod, Some(_)) => return Simpler::With(AluOp::And, a, number - 1),
            _ => {}
        }
        self.chain(op, a, number, kind)
    }

    /// `(x op c) op number`.
    fn chain(&self, op: AluOp, a: Value, number: u64, kind: Type) -> Simpler {
        let Some(Op::Alu(inner, x, c)) = self.op(a) else { return Simpler::Same };
        let Some(c) = self.constant(*c).filter(|_| *inner == op && self.kind(a) == kind) else {
            return Simpler::Same;
        };
        let bits = u64::from(width(kind).bits());
        match op {
            AluOp::Add | AluOp::And | AluOp::Or | AluOp::Xor | AluOp::Mul => {
                Simpler::With(op, *x, osmia_isa::eval::alu(op, width(kind), c, number))
            }
            AluOp::Lsh | AluOp::Rsh if c < bits && number < bits => {
                if c + number < bits {
                    Simpler::With(op, *x, c + number)
                } else {
                    Simpler::Number(0)
                }
            }
            _ => Simpler::Same,
        }
    }

    fn zero_extend(&self, size: Size, a: Value, kind: Type) -> Simpler {
        let from = self.kind(a);
        if from == kind && (size == Size::DW || (size == Size::W && width(from) == Width::W32)) {
            return Simpler::Value(a);
        }
        if from == kind && self.bits(a) <= size.bytes() * 8 {
            return Simpler::Value(a);
        }
        match self.op(a) {
            // What was cut off does not matter if no more is read than was left.
            Some(Op::ZeroExtend(inner, x) | Op::SignExtend(inner, x)) if inner.bytes() >= size.bytes() => {
                Simpler::Op(Op::ZeroExtend(size, *x))
            }
            Some(Op::ZeroExtend(inner, x)) => Simpler::Op(Op::ZeroExtend(*inner, *x)),
            Some(Op::Truncate(x)) if size.bytes() <= 4 => Simpler::Op(Op::ZeroExtend(size, *x)),
            _ => Simpler::Same,
        }
    }

    fn sign_extend(&self, size: Size, a: Value, kind: Type) -> Simpler {
        let from = self.kind(a);
        if from == kind && size.bytes() * 8 >= width(from).bits() {
            return Simpler::Value(a);
        }
        // What is never below zero has no sign to extend.
        if self.bits(a) < size.bytes() * 8 {
            return Simpler::Op(Op::ZeroExtend(size, a));
        }
        match self.op(a) {
            Some(Op::ZeroExtend(inner, x) | Op::SignExtend(inner, x)) if inner.bytes() >= size.bytes() => {
                Simpler::Op(Op::SignExtend(size, *x))
            }
            Some(Op::Truncate(x)) if size.bytes() <= 4 => Simpler::Op(Op::SignExtend(size, *x)),
            _ => Simpler::Same,
        }
    }

    fn compare(&self, cond: Cond, a: Value, b: Value, kind: Type) -> Simpler {
        if self.constant(a).is_some() && self.constant(b).is_none() {
            return Simpler::Op(Op::Compare(exchange(cond), b, a));
        }
        if a == b && cond != Cond::Set {
            let holds = matches!(cond, Cond::Eq | Cond::Ge | Cond::Le | Cond::Sge | Cond::Sle);
            return Simpler::Number(holds.into());
        }
        // A comparison of a comparison.
        let zero = self.constant(b) == Some(0);
        match (self.op(a), cond) {
            (Some(Op::Compare(..)), Cond::Ne | Cond::Gt) if zero && self.kind(a) == kind => Simpler::Value(a),
            (Some(Op::Compare(inner, x, y)), Cond::Ne | Cond::Gt) if zero => {
                Simpler::Op(Op::Compare(*inner, *x, *y))
            }
            (Some(Op::Compare(inner, x, y)), Cond::Eq) if zero => match negate(*inner) {
                Some(opposite) => Simpler::Op(Op::Compare(opposite, *x, *y)),
                None => Simpler::Same,
            },
            _ => Simpler::Same,
        }
    }

    fn end(&self, end: &mut Terminator) {
        let mut decided = None;
        if let Terminator::Branch { cond, lhs, rhs, then, other } = end {
            // `if compare != 0` asks what the comparison asks.
            while let (Some(Op::Compare(inner, x, y)), Some(0)) = (self.op(*lhs), self.constant(*rhs)) {
                match cond {
                    Cond::Ne | Cond::Gt => {}
                    Cond::Eq => std::mem::swap(then, other),
                    _ => break,
                }
                (*cond, *lhs, *rhs) = (*inner, *x, *y);
            }
            if self.constant(*lhs).is_some() && self.constant(*rhs).is_none() {
                std::mem::swap(lhs, rhs);
                *cond = exchange(*cond);
            }
            let known = match (self.constant(*lhs), self.constant(*rhs)) {
                (Some(a), Some(b)) => Some(meaning::compare(self.kind(*lhs), *cond, a, b)),
                _ if lhs == rhs && *cond != Cond::Set => {
                    Some(matches!(cond, Cond::Eq | Cond::Ge | Cond::Le | Cond::Sge | Cond::Sle))
                }
                _ => None,
            };
            decided = known.map(|holds| if holds { then.clone() } else { other.clone() });
        }
        if let Some(jump) = decided {
            *end = Terminator::Jump(jump);
        }
    }
}
