//! Places in memory: constants go into offsets, and what takes several accesses is cut into pieces.
use super::Select;
use crate::emit::mach::{Base, Mach, Mem, Src, Vreg};
use crate::{Address, Core, Offset, Op, Pointee, Type, Value};
use osmia_isa::{AluOp, Size, Width};

/// Places in memory.
impl Select<'_> {
    /// The place, constants added up into its offset.
    pub(super) fn mem(&mut self, at: &Address) -> Mem {
        let (mut off, core) = match &at.offset {
            Offset::Bytes(bytes) => (*bytes, None),
            Offset::Core(core) => return self.core_mem(at.base, core),
        };
        let mut base = at.base;
        while let Some((next, bytes)) = self.step(base) {
            match off.checked_add(bytes) {
                Some(sum) if i16::try_from(sum).is_ok() => (base, off) = (next, sum),
                _ => break,
            }
        }
        if let Some(Op::SlotAddr(slot)) = self.op(base) {
            return Mem { base: Base::Slot(*slot), off, core };
        }
        if i16::try_from(off).is_err() {
            let sum = self.fresh();
            self.into(sum, base);
            self.alu(AluOp::Add, Width::W64, sum, Src::Imm(off));
            return Mem { base: Base::Reg(sum), off: 0, core };
        }
        Mem { base: Base::Reg(self.reg(base)), off, core }
    }

    /// The pointer and the constant that `value` is the sum of.
    fn step(&self, value: Value) -> Option<(Value, i32)> {
        match self.op(value)? {
            Op::Alu(AluOp::Add, base, bytes) => Some((*base, i32::try_from(self.constant(*bytes)?).ok()?)),
            Op::Alu(AluOp::Sub, base, bytes) => {
                Some((*base, i32::try_from(self.constant(*bytes)?).ok()?.checked_neg()?))
            }
            _ => None,
        }
    }

    /// A place at an offset that is relocated. The frame pointer's offset cannot be, nor one that is too far.
    fn core_mem(&mut self, base: Value, core: &Core) -> Mem {
        let fits = i16::try_from(core.local).is_ok();
        if fits && !matches!(self.op(base), Some(Op::SlotAddr(_))) {
            let off = core.local as i32;
            return Mem { base: Base::Reg(self.reg(base)), off, core: Some(Box::new(core.clone())) };
        }
        let sum = self.core_sum(base, core);
        Mem { base: Base::Reg(sum), off: 0, core: None }
    }

    fn core_sum(&mut self, base: Value, core: &Core) -> Vreg {
        let sum = self.fresh();
        self.into(sum, base);
        self.add_core(sum, core);
        sum
    }

    pub(super) fn add_core(&mut self, dst: Vreg, core: &Core) {
        let src = Src::Imm(core.local as i32);
        self.put(Mach::Alu {
            op: AluOp::Add,
            width: Width::W64,
            dst,
            src,
            core: Some(Box::new(core.clone())),
        });
    }

    /// The place for an operation that takes more than one access.
    pub(super) fn area(&mut self, at: &Address) -> Mem {
        match &at.offset {
            Offset::Core(core) => {
                let sum = self.core_sum(at.base, core);
                Mem { base: Base::Reg(sum), off: 0, core: None }
            }
            Offset::Bytes(_) => self.mem(at),
        }
    }

    /// What the address of an area is a multiple of, as far as the verifier insists: it does for the stack.
    fn align(&self, at: &Address, mem: &Mem) -> u32 {
        match mem.base {
            Base::Slot(slot) => crate::emit::frame::align(self.function.slots[slot]),
            Base::Reg(_) if self.kind(at.base) == Type::Ptr(Pointee::Stack) => 1,
            Base::Reg(_) => 8,
        }
    }

    pub(super) fn zero(&mut self, at: &Address, size: u32) {
        let mem = self.area(at);
        let align = self.align(at, &mem);
        for (off, size) in pieces(&[mem.off], align, size) {
            let mem = Mem { off: mem.off + off, ..mem.clone() };
            self.put(Mach::Store { size, mem, src: Src::Imm(0) });
        }
    }

    pub(super) fn copy(&mut self, to: &Address, from: &Address, size: u32) {
        let (to_mem, from_mem) = (self.area(to), self.area(from));
        let align = self.align(to, &to_mem).min(self.align(from, &from_mem));
        for (off, size) in pieces(&[to_mem.off, from_mem.off], align, size) {
            let dst = self.fresh();
            let mem = Mem { off: from_mem.off + off, ..from_mem.clone() };
            self.put(Mach::Load { size, signed: false, dst, mem });
            let mem = Mem { off: to_mem.off + off, ..to_mem.clone() };
            self.put(Mach::Store { size, mem, src: Src::Reg(dst) });
        }
    }

    pub(super) fn store(&mut self, size: Size, at: &Address, value: Value) {
        let mem = self.mem(at);
        // Old kernels refuse a constant written to the context.
        let context = self.kind(at.base) == Type::Ptr(Pointee::Context);
        let src = match self.constant(value).map(|number| narrow(number, size)).map(i32::try_from) {
            Some(Ok(number)) if !context => Src::Imm(number),
            _ => Src::Reg(self.reg(value)),
        };
        self.put(Mach::Store { size, mem, src });
    }
}

/// The low bits of a number; those of four bytes as they stand in an immediate.
const fn narrow(number: i64, size: Size) -> i64 {
    match size {
        Size::B => number as u8 as i64,
        Size::H => number as u16 as i64,
        Size::W => number as i32 as i64,
        Size::DW => number,
    }
}

/// Cuts `size` bytes into accesses that are aligned at all of `offs`: offsets from the start, and sizes.
fn pieces(offs: &[i32], align: u32, size: u32) -> Vec<(i32, Size)> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while done < size {
        let fits = |piece: &&Size| {
            let bytes = piece.bytes();
            bytes <= align
                && done + bytes <= size
                && offs.iter().all(|off| (off + done as i32).rem_euclid(bytes as i32) == 0)
        };
        let piece = *Size::ALL.iter().rev().find(fits).unwrap_or(&Size::B);
        pieces.push((done as i32, piece));
        done += piece.bytes();
    }
    pieces
}
