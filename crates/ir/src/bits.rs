//! How many low bits of each value's register may be set: what need not be zero-extended.
use crate::cfg::Cfg;
use crate::{Function, Op, Type, Value};
use osmia_base::Key;
use osmia_isa::AluOp;

/// Who must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knower {
    /// It is so.
    Machine,
    /// The kernel's verifier knows it too: it forgets a number whose bytes are swapped.
    Verifier,
}

/// One number per value, 64 where nothing is known.
#[derive(Debug)]
pub(crate) struct Bits {
    bits: Vec<u32>,
    knower: Knower,
}

/// After so many rounds, parameters that still grow are given up.
const ROUNDS: u32 = 6;

impl Bits {
    pub(crate) fn new(function: &Function, cfg: &Cfg, knower: Knower) -> Self {
        let mut bits = Self { bits: vec![0; function.values.len()], knower };
        for &param in &function.blocks[function.entry].params {
            bits.bits[param.index()] = 64;
        }
        let mut round = 0;
        while bits.round(function, cfg, round >= ROUNDS) {
            round += 1;
        }
        bits
    }

    pub(crate) fn of(&self, value: Value) -> u32 {
        self.bits[value.index()]
    }

    /// As [`Self::of`]; `None` for values that came later.
    pub(crate) fn get(&self, value: Value) -> Option<u32> {
        self.bits.get(value.index()).copied()
    }

    fn raise(&mut self, value: Value, to: u32) -> bool {
        let old = self.bits[value.index()];
        self.bits[value.index()] = old.max(to);
        to > old
    }

    fn round(&mut self, function: &Function, cfg: &Cfg, give_up: bool) -> bool {
        let mut changed = false;
        for &block in &cfg.order {
            let data = &function.blocks[block];
            for inst in &data.insts {
                if let Some(result) = inst.result {
                    let to = self.result(&inst.op, function.kind(result));
                    changed |= self.raise(result, to);
                }
            }
            for jump in data.end.jumps() {
                for (&param, &arg) in function.blocks[jump.block].params.iter().zip(&jump.args) {
                    let to = if give_up && self.of(arg) > self.of(param) { 64 } else { self.of(arg) };
                    changed |= self.raise(param, to);
                }
            }
        }
        changed
    }

    fn result(&self, op: &Op, kind: Type) -> u32 {
        let whole = if kind.is_wide() { 64 } else { 32 };
        match op {
            // As it is written into a register: sign-extended.
            Op::Const(number) if kind.is_wide() => 64 - number.leading_zeros(),
            Op::Const(number) => 64 - i64::from(*number as i32).leading_zeros(),
            Op::Alu(op, a, b) => self.alu(*op, *a, *b, whole),
            Op::Neg(_) => whole,
            Op::ZeroExtend(size, a) => self.of(*a).min(size.bytes() * 8),
            Op::Truncate(a) | Op::Cast(a) => self.of(*a),
            Op::Swap(..) | Op::LoadPacket(..) if self.knower == Knower::Verifier => 64,
            Op::Swap(_, size, _) | Op::Load(size, _) => size.bytes() * 8,
            Op::Compare(..) => 1,
            Op::Select(_, a, b) => self.of(*a).max(self.of(*b)),
            Op::LoadPacket(size, ..) => size.bytes() * 8,
            _ => 64,
        }
    }

    fn alu(&self, op: AluOp, a: Value, b: Value, whole: u32) -> u32 {
        let (a, b) = (self.of(a).min(whole), self.of(b).min(whole));
        let bits = match op {
            AluOp::And => a.min(b),
            AluOp::Or | AluOp::Xor => a.max(b),
            AluOp::Add => a.max(b) + 1,
            AluOp::Rsh => a,
            AluOp::Mul => a + b,
            _ => whole,
        };
        bits.min(whole)
    }
}
