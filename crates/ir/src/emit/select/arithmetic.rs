//! Arithmetic, and what widens and swaps numbers.
use super::{Select, is_wide_question, width};
use crate::emit::Isa;
use crate::emit::mach::{Mach, Src, Vreg};
use crate::{Op, Value};
use osmia_base::Key;
use osmia_isa::{AluOp, Size, Width};

impl Select<'_> {
    pub(super) fn binary(&mut self, op: AluOp, mut a: Value, mut b: Value, result: Value) {
        if self.should_exchange(op, a, b) {
            std::mem::swap(&mut a, &mut b);
        }
        if let Some((slot, off)) = self.slot_offset(result) {
            let dst = self.vreg(result);
            return self.put(Mach::Frame { dst, slot, off });
        }
        if let (AluOp::Add, Some(Op::Core(core))) = (op, self.op(b))
            && self.kind(result).is_pointer()
            && i32::try_from(core.local).is_ok()
            && !is_wide_question(core)
        {
            let core = core.clone();
            let dst = self.vreg(result);
            self.into(dst, a);
            return self.add_core(dst, &core);
        }
        let width = width(self.kind(result));
        match self.constant(b) {
            Some(number) => self.binary_constant(op, width, a, number, b, result),
            None => {
                let src = self.reg(b);
                let dst = self.vreg(result);
                self.into(dst, a);
                self.alu(op, width, dst, Src::Reg(src));
            }
        }
    }

    /// Whether the second operand had better be the one that is overwritten.
    pub(super) fn should_exchange(&self, op: AluOp, a: Value, b: Value) -> bool {
        if !matches!(op, AluOp::Add | AluOp::Mul | AluOp::Or | AluOp::And | AluOp::Xor) {
            return false;
        }
        if self.constant(a).is_some() != self.constant(b).is_some() {
            return self.constant(a).is_some();
        }
        let (pointer_a, pointer_b) = (self.kind(a).is_pointer(), self.kind(b).is_pointer());
        if pointer_a != pointer_b {
            return pointer_b;
        }
        self.uses[a.index()] > 1 && self.uses[b.index()] == 1
    }

    pub(super) fn binary_constant(
        &mut self,
        op: AluOp,
        width: Width,
        a: Value,
        number: i64,
        b: Value,
        result: Value,
    ) {
        let bits = if width == Width::W64 { 64 } else { 32 };
        let shift = matches!(op, AluOp::Lsh | AluOp::Rsh | AluOp::Arsh);
        let (op, number) = match op {
            AluOp::Sub if i32::try_from(number).is_ok_and(|small| small != i32::MIN) => (AluOp::Add, -number),
            _ if shift => (op, number & (bits - 1)),
            _ => (op, number),
        };
        let dst = self.vreg(result);
        match (op, number) {
            (AluOp::Div | AluOp::SDiv, 0) => self.put(Mach::Const { dst, value: 0 }),
            (AluOp::Mod | AluOp::SMod, 0) => {
                let src = self.reg(a);
                self.alu(AluOp::Mov, width, dst, Src::Reg(src));
            }
            (AluOp::Add | AluOp::Or | AluOp::Xor | AluOp::Lsh | AluOp::Rsh | AluOp::Arsh, 0)
                if width == Width::W64 =>
            {
                self.into(dst, a);
            }
            (AluOp::And, 0xffff_ffff) if width == Width::W64 => {
                let src = self.reg(a);
                self.alu(AluOp::Mov, Width::W32, dst, Src::Reg(src));
            }
            _ => {
                let src = i32::try_from(number).map_or_else(|_| Src::Reg(self.reg(b)), Src::Imm);
                self.into(dst, a);
                self.alu(op, width, dst, src);
            }
        }
    }

    pub(super) fn zero_extend(&mut self, size: Size, a: Value, result: Value) {
        let dst = self.vreg(result);
        if self.bits.of(a) <= size.bytes() * 8 || size == Size::DW {
            return self.into(dst, a);
        }
        if size == Size::W {
            let src = self.reg(a);
            return self.alu(AluOp::Mov, Width::W32, dst, Src::Reg(src));
        }
        self.into(dst, a);
        let mask = if size == Size::B { 0xff } else { 0xffff };
        let width = width(self.kind(a));
        self.alu(AluOp::And, width, dst, Src::Imm(mask));
    }

    pub(super) fn sign_extend(&mut self, size: Size, a: Value, result: Value) {
        let width = width(self.kind(result));
        let src = self.reg(a);
        let dst = self.vreg(result);
        self.sign_extend_register(size, width, src, dst);
    }

    pub(super) fn sign_extend_register(&mut self, size: Size, width: Width, src: Vreg, dst: Vreg) {
        let bits = if width == Width::W64 { 64 } else { 32 };
        let shift = bits - size.bytes() as i32 * 8;
        if shift <= 0 {
            return self.put(Mach::copy(dst, src));
        }
        if self.options.isa >= Isa::V4 {
            return self.put(Mach::MovSx { width, from: size, dst, src });
        }
        self.put(Mach::copy(dst, src));
        self.alu(AluOp::Lsh, width, dst, Src::Imm(shift));
        self.alu(AluOp::Arsh, width, dst, Src::Imm(shift));
    }

    pub(super) fn swap(&mut self, swap: osmia_isa::Swap, size: Size, a: Value, result: Value) {
        let dst = self.vreg(result);
        self.into(dst, a);
        let kind = match swap {
            // The machine is little-endian: so a change to big-endian is a change always.
            osmia_isa::Swap::Always if self.options.isa < Isa::V4 => osmia_isa::Swap::ToBig,
            other => other,
        };
        self.put(Mach::Swap { kind, size, dst });
    }
}
