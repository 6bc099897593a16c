//! The greatest number that each value may be, where it is looked at: by what computes it, and by the branches that lead
//! there. Numbers are taken without sign; one whose greatest is less than half of all is never negative.
use crate::cfg::Cfg;
use crate::emit::{exchange, negate};
use crate::meaning::{canonical, zero_extend};
use crate::{Block, Function, Jump, Op, Terminator, Type, Value};
use osmia_base::Key;
use osmia_isa::{AluOp, Cond, Size};

/// So often a parameter may grow as it likes.
const ROUNDS: u32 = 3;
/// After so many rounds, what still grows is given up.
const PATIENCE: u32 = 32;

/// What is known of the numbers of a function.
#[derive(Debug)]
pub(crate) struct Ranges {
    most: Vec<u64>,
    constants: Vec<Option<u64>>,
    /// For each value, where something is known to hold of it.
    guards: Vec<Vec<Guard>>,
    cfg: Cfg,
}

/// `value cond other` holds in a block and all that it dominates.
#[derive(Clone, Copy, Debug)]
struct Guard {
    block: Block,
    cond: Cond,
    other: Value,
}

/// The greatest number of a type, and the greatest that is not negative.
const fn limits(kind: Type) -> (u64, u64) {
    let all = canonical(kind, u64::MAX);
    (all, all >> 1)
}

/// The greatest number of so many bytes.
const fn of_size(size: Size) -> u64 {
    zero_extend(size, u64::MAX)
}

impl Ranges {
    pub(crate) fn new(function: &Function) -> Self {
        let cfg = Cfg::new(function);
        let constants = constants(function, &cfg);
        let guards = guards(function, &cfg, &constants);
        let mut ranges = Self { most: vec![0; function.values.len()], constants, guards, cfg };
        for &param in &function.blocks[function.entry].params {
            ranges.most[param.index()] = limits(function.kind(param)).0;
        }
        let thresholds = ranges.thresholds();
        let mut round = 0;
        while ranges.round(function, round, &thresholds) {
            round += 1;
        }
        ranges
    }

    /// The blocks that can be reached, in order.
    pub(crate) fn order(&self) -> &[Block] {
        &self.cfg.order
    }

    /// The number that a value always is.
    pub(crate) fn constant(&self, value: Value) -> Option<u64> {
        self.constants.get(value.index()).copied().flatten()
    }

    /// The greatest number that a value may be in a block.
    pub(crate) fn most(&self, function: &Function, value: Value, block: Block) -> u64 {
        let guards = self.guards[value.index()].iter();
        let holding = guards.filter(|guard| self.cfg.dominates(guard.block, block));
        holding.fold(self.most[value.index()], |most, guard| {
            self.under(most, guard.cond, guard.other, function.kind(value))
        })
    }

    /// Whether a value is never negative in a block, as a number of so many bytes of its own.
    pub(crate) fn is_natural(&self, function: &Function, value: Value, block: Block, size: Size) -> bool {
        self.most(function, value, block) <= (of_size(size) >> 1)
    }

    /// The greatest number that a value may be of which this is known too.
    fn under(&self, most: u64, cond: Cond, other: Value, kind: Type) -> u64 {
        let (_, natural) = limits(kind);
        let bound = self.most[other.index()];
        // A number that is not negative and less than a signed one: neither is negative.
        let signed = bound.min(natural);
        match cond {
            Cond::Lt => most.min(bound.saturating_sub(1)),
            Cond::Le | Cond::Eq => most.min(bound),
            Cond::Slt if most <= natural => most.min(signed.saturating_sub(1)),
            Cond::Sle if most <= natural => most.min(signed),
            Cond::Sge if bound <= natural => most.min(natural),
            // Greater than -1, or than what is greater.
            Cond::Sgt if bound <= natural || self.is_ones(other, kind) => most.min(natural),
            Cond::Slt | Cond::Sle | Cond::Sge | Cond::Sgt => most,
            Cond::Ne | Cond::Gt | Cond::Ge | Cond::Set => most,
        }
    }

    fn is_ones(&self, value: Value, kind: Type) -> bool {
        self.constants[value.index()] == Some(limits(kind).0)
    }

    /// What a parameter that grows may grow to: numbers that something is compared with, and what is behind them.
    fn thresholds(&self) -> Vec<u64> {
        let compared = self.guards.iter().flatten().filter_map(|guard| self.constants[guard.other.index()]);
        let mut thresholds: Vec<u64> = compared
            .flat_map(|number| [number.saturating_sub(1), number, number.saturating_add(1)])
            .chain([Type::I32, Type::I64].into_iter().flat_map(|kind| <[u64; 2]>::from(limits(kind))))
            .collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        thresholds
    }

    fn round(&mut self, function: &Function, round: u32, thresholds: &[u64]) -> bool {
        let mut changed = false;
        for at in 0..self.cfg.order.len() {
            let block = self.cfg.order[at];
            let data = &function.blocks[block];
            for inst in &data.insts {
                if let Some(result) = inst.result {
                    let most = self.result(function, &inst.op, function.kind(result), block);
                    changed |= self.raise(result, most);
                }
            }
            for (jump, cond) in conditions(&data.end) {
                changed |= self.jump(function, block, jump, cond, round, thresholds);
            }
        }
        changed
    }

    fn raise(&mut self, value: Value, to: u64) -> bool {
        let old = self.most[value.index()];
        self.most[value.index()] = old.max(to);
        to > old
    }

    /// What a jump hands over, and what is known because it is taken.
    fn jump(
        &mut self,
        function: &Function,
        block: Block,
        jump: &Jump,
        cond: Option<(Cond, Value, Value)>,
        round: u32,
        thresholds: &[u64],
    ) -> bool {
        let mut changed = false;
        for (&param, &arg) in function.blocks[jump.block].params.iter().zip(&jump.args) {
            let kind = function.kind(param);
            let mut most = self.most(function, arg, block);
            for (cond, of, other) in cond.into_iter().flat_map(both_ways) {
                if of == arg {
                    most = self.under(most, cond, other, kind);
                }
            }
            if most > self.most[param.index()] {
                most = match round {
                    0..ROUNDS => most,
                    ROUNDS..PATIENCE => thresholds.iter().copied().find(|it| *it >= most).unwrap_or(u64::MAX),
                    _ => u64::MAX,
                };
                changed |= self.raise(param, most.min(limits(kind).0));
            }
        }
        changed
    }

    /// The greatest result of an operation.
    fn result(&self, function: &Function, op: &Op, kind: Type, block: Block) -> u64 {
        let (all, _) = limits(kind);
        let most = |value: Value| self.most(function, value, block);
        if kind.is_pointer() {
            return all;
        }
        let found = match op {
            Op::Const(number) => canonical(kind, *number as u64),
            Op::Alu(op, a, b) => self.alu(*op, (most(*a), most(*b)), self.constants[b.index()], kind),
            Op::ZeroExtend(size, a) => most(*a).min(of_size(*size)),
            Op::SignExtend(size, a) if self.is_natural(function, *a, block, *size) => most(*a),
            // What was cut off may have been more.
            Op::Truncate(a) | Op::Cast(a) if most(*a) <= all => most(*a),
            Op::Swap(_, size, _) | Op::Load(size, _) | Op::LoadPacket(size, ..) => of_size(*size),
            Op::Compare(..) => 1,
            Op::Select(_, a, b) => most(*a).max(most(*b)),
            _ => all,
        };
        found.min(all)
    }

    /// That of `a op b`, of the greatest operands; `number` is what `b` always is.
    fn alu(&self, op: AluOp, (a, b): (u64, u64), number: Option<u64>, kind: Type) -> u64 {
        let (all, natural) = limits(kind);
        let fits = |wide: Option<u64>| wide.filter(|wide| *wide <= all).unwrap_or(all);
        let positive = number.filter(|number| *number > 0);
        let count = number.map(|number| (number & u64::from(crate::meaning::width(kind).bits() - 1)) as u32);
        let natural_a = a <= natural;
        match op {
            AluOp::Add => fits(a.checked_add(b)),
            AluOp::Mul => fits(a.checked_mul(b)),
            AluOp::And => a.min(b),
            AluOp::Or | AluOp::Xor => u64::MAX.checked_shr((a | b).leading_zeros()).unwrap_or(0),
            AluOp::Lsh => count.map_or(all, |count| fits(a.checked_mul(1 << count))),
            AluOp::Rsh => count.map_or(a, |count| a >> count),
            AluOp::Arsh if natural_a => count.map_or(a, |count| a >> count),
            AluOp::Div => positive.map_or(a, |number| a / number),
            AluOp::Mod => positive.map_or(a, |number| a.min(number - 1)),
            AluOp::SDiv if natural_a && b <= natural => positive.map_or(a, |number| a / number),
            // Its sign is that of the first operand.
            AluOp::SMod if natural_a => {
                positive.filter(|it| *it <= natural).map_or(a, |number| a.min(number - 1))
            }
            _ => all,
        }
    }
}

/// The numbers of constants.
fn constants(function: &Function, cfg: &Cfg) -> Vec<Option<u64>> {
    let mut constants = vec![None; function.values.len()];
    for inst in cfg.order.iter().flat_map(|&block| &function.blocks[block].insts) {
        if let (Some(result), Op::Const(number)) = (inst.result, &inst.op) {
            constants[result.index()] = Some(canonical(function.kind(result), *number as u64));
        }
    }
    constants
}

/// What holds behind branches: in a block that only one jump leads to, its condition. Of constants all is known without.
fn guards(function: &Function, cfg: &Cfg, constants: &[Option<u64>]) -> Vec<Vec<Guard>> {
    let mut guards = vec![Vec::new(); function.values.len()];
    for &from in &cfg.order {
        for (jump, cond) in conditions(&function.blocks[from].end) {
            let block = jump.block;
            if cfg.preds[block].len() != 1 {
                continue;
            }
            for (cond, of, other) in cond.into_iter().flat_map(both_ways) {
                if !function.kind(of).is_pointer() && constants[of.index()].is_none() {
                    guards[of.index()].push(Guard { block, cond, other });
                }
            }
        }
    }
    guards
}

/// The jumps of a block's end, and what holds where each is taken.
fn conditions(end: &Terminator) -> impl Iterator<Item = (&Jump, Option<(Cond, Value, Value)>)> {
    let asked = match end {
        Terminator::Branch { cond, lhs, rhs, .. } => Some((*cond, *lhs, *rhs)),
        _ => None,
    };
    let refused = asked.and_then(|(cond, lhs, rhs)| Some((negate(cond)?, lhs, rhs)));
    end.jumps().zip([asked, refused])
}

/// `a < b` says something of `b` too.
fn both_ways((cond, lhs, rhs): (Cond, Value, Value)) -> [(Cond, Value, Value); 2] {
    [(cond, lhs, rhs), (exchange(cond), rhs, lhs)]
}
