//! How blocks end: copies for parameters, comparisons, ways out.
use super::Select;
use crate::emit::Isa;
use crate::emit::lower::{exchange, negate};
use crate::emit::mach::{End, MBlock, MBlockData, Mach, Src, Vreg};
use crate::{Jump, Terminator, Value};
use osmia_base::Key;
use osmia_isa::{AluOp, Cond, Size, Width};
use osmia_object::Linkage;

/// How blocks end.
impl Select<'_> {
    pub(super) fn end(&mut self, end: &Terminator) -> End {
        match end {
            Terminator::Jump(jump) => {
                self.arguments(jump);
                End::Goto(self.blocks[jump.block])
            }
            Terminator::Branch { cond, lhs, rhs, then, other } => {
                self.arguments(then);
                self.branch(*cond, *lhs, *rhs, self.blocks[then.block], self.blocks[other.block])
            }
            Terminator::Return(value) => self.exit(*value),
            Terminator::Missing | Terminator::Unreachable => self.exit(None),
        }
    }

    /// Each way out is a block of its own, so that equal ones can become one.
    fn exit(&mut self, value: Option<Value>) -> End {
        let body = std::mem::take(&mut self.insts);
        match value {
            Some(value) => self.into(Vreg(0), value),
            None if self.result_is_free() => {}
            None => self.put(Mach::Const { dst: Vreg(0), value: 0 }),
        }
        let insts = std::mem::replace(&mut self.insts, body);
        let end = End::Exit { result: value.is_some() || !self.result_is_free() };
        self.exits.push(MBlockData { insts, end, end_loc: self.loc, depth: 0 });
        End::Goto(MBlock::from_index(self.count + self.exits.len() - 1))
    }

    /// Whether nobody looks at `r0`: neither the kernel nor a caller.
    fn result_is_free(&self) -> bool {
        let function = self.function;
        function.result.is_none() && function.program.is_none() && function.linkage == Linkage::Static
    }

    /// Copies the arguments of a jump into the parameters, all at once.
    fn arguments(&mut self, jump: &Jump) {
        let mut made = Vec::new();
        let mut copies = Vec::new();
        let params = &self.function.blocks[jump.block].params;
        for (&param, &arg) in params.iter().zip(&jump.args) {
            let dst = self.vreg(param);
            if self.again(arg, dst).is_some() {
                made.push((dst, arg));
            } else if param != arg {
                copies.push((dst, self.vreg(arg)));
            }
        }
        let spare = Vreg(self.code.next);
        let (ordered, used) = sequence(copies, spare);
        self.code.next += u32::from(used) * ordered.len() as u32;
        for (dst, src) in ordered {
            self.put(Mach::copy(dst, src));
        }
        for (dst, arg) in made {
            self.into(dst, arg);
        }
    }

    fn branch(&mut self, cond: Cond, lhs: Value, rhs: Value, then: MBlock, other: MBlock) -> End {
        if then == other {
            return End::Goto(then);
        }
        let (cond, lhs, rhs) = match (self.constant(lhs), self.constant(rhs)) {
            (Some(_), None) => (exchange(cond), rhs, lhs),
            _ => (cond, lhs, rhs),
        };
        let narrow = !self.kind(lhs).is_wide();
        if narrow && self.options.isa < Isa::V3 {
            let (lhs, rhs) = self.widen(cond, lhs, rhs);
            return self.old_conditions(cond, Width::W64, lhs, rhs, then, other);
        }
        let (lhs, rhs) = (self.reg(lhs), self.src(rhs));
        let width = if narrow { Width::W32 } else { Width::W64 };
        self.old_conditions(cond, width, lhs, rhs, then, other)
    }

    /// Makes operands of 32 bits fit for a comparison of 64.
    fn widen(&mut self, cond: Cond, lhs: Value, rhs: Value) -> (Vreg, Src) {
        let signed = matches!(cond, Cond::Sgt | Cond::Sge | Cond::Slt | Cond::Sle);
        let left = self.widened(lhs, signed);
        let right = match self.constant(rhs) {
            Some(number) if signed || number >= 0 => Src::Imm(number as i32),
            Some(number) => {
                let dst = self.fresh();
                self.put(Mach::Const { dst, value: i64::from(number as u32) });
                Src::Reg(dst)
            }
            None => Src::Reg(self.widened(rhs, signed)),
        };
        (left, right)
    }

    fn widened(&mut self, value: Value, signed: bool) -> Vreg {
        let src = self.reg(value);
        if !signed && self.bits.of(value) <= 32 {
            return src;
        }
        let dst = self.fresh();
        if signed {
            self.sign_extend_register(Size::W, Width::W64, src, dst);
        } else {
            self.alu(AluOp::Mov, Width::W32, dst, Src::Reg(src));
        }
        dst
    }

    /// `<` and `<=` came with version 2.
    fn old_conditions(
        &mut self,
        cond: Cond,
        width: Width,
        lhs: Vreg,
        rhs: Src,
        then: MBlock,
        other: MBlock,
    ) -> End {
        let new = matches!(cond, Cond::Lt | Cond::Le | Cond::Slt | Cond::Sle);
        if !new || self.options.isa >= Isa::V2 {
            return End::Branch { cond, width, lhs, rhs, then, other };
        }
        match (rhs, negate(cond)) {
            (Src::Reg(right), _) => {
                End::Branch { cond: exchange(cond), width, lhs: right, rhs: Src::Reg(lhs), then, other }
            }
            (Src::Imm(_), Some(cond)) => End::Branch { cond, width, lhs, rhs, then: other, other: then },
            (Src::Imm(_), None) => End::Branch { cond, width, lhs, rhs, then, other },
        }
    }
}

/// Orders copies that mean to happen at once. Cycles go through `spare` and the registers after it: returns whether
/// any of them is used.
fn sequence(mut copies: Vec<(Vreg, Vreg)>, spare: Vreg) -> (Vec<(Vreg, Vreg)>, bool) {
    let mut ordered = Vec::new();
    let mut next = spare;
    let mut readers = std::collections::HashMap::<Vreg, usize>::new();
    for (_, src) in &copies {
        *readers.entry(*src).or_default() += 1;
    }
    let mut ready: Vec<usize> =
        (0..copies.len()).filter(|&at| !readers.contains_key(&copies[at].0)).collect();
    let mut done = vec![false; copies.len()];
    let targets: std::collections::HashMap<Vreg, usize> =
        copies.iter().enumerate().map(|(at, copy)| (copy.0, at)).collect();
    let mut at = 0;
    loop {
        while let Some(copy) = ready.pop() {
            let (dst, src) = copies[copy];
            ordered.push((dst, src));
            done[copy] = true;
            let left = readers.entry(src).or_default();
            *left = left.saturating_sub(1);
            if *left == 0
                && let Some(&freed) = targets.get(&src)
                && !done[freed]
            {
                ready.push(freed);
            }
        }
        while at < copies.len() && done[at] {
            at += 1;
        }
        if at == copies.len() {
            return (ordered, next != spare);
        }
        // A cycle: its first target is saved, and read from there.
        let saved = copies[at].0;
        ordered.push((next, saved));
        for copy in copies.iter_mut().filter(|copy| copy.1 == saved) {
            copy.1 = next;
        }
        next = Vreg(next.0 + 1);
        readers.insert(saved, 0);
        ready.push(at);
    }
}
