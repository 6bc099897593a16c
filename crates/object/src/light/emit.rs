//! The loader program while it is written: instructions, and the data that they work on.
use super::{Binding, LightError};
use osmia_isa::{AluOp, Callee, Cond, Imm64, Insn, Operand, Reg, Size, Width, encode};
use sha2::{Digest, Sha256};

/// Where the context is while the program runs; what the last call answered; and two registers that calls do not change.
pub(super) const CONTEXT: Reg = Reg::R6;
pub(super) const ANSWER: Reg = Reg::R7;
pub(super) const KEPT: Reg = Reg::R8;
pub(super) const ALSO_KEPT: Reg = Reg::R9;

/// A place in the data, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At(pub(super) u32);

impl At {
    /// So many bytes behind.
    pub(super) const fn plus(self, bytes: usize) -> Self {
        Self(self.0 + bytes as u32)
    }
}

/// Where `struct bpf_map` says whether the map is one program's alone: behind its hash, with which it begins (Linux 6.18).
const ALONE: usize = 32;
/// `-EINVAL`
const INVALID: i32 = -22;

/// What is written so far.
#[derive(Debug)]
pub(super) struct Emitter {
    pub(super) binding: Binding,
    insns: Vec<Insn>,
    /// Which instructions hold the parts of the data's hash.
    hash: Vec<usize>,
    /// Which instructions jump to the end for failures.
    failing: Vec<usize>,
    pub(super) data: Vec<u8>,
}

impl Emitter {
    /// Nothing yet, but for what is to be seen before anything else is done.
    pub(super) fn new(binding: Binding) -> Self {
        let (insns, hash, failing, data) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut out = Self { binding, insns, hash, failing, data };
        if binding == Binding::Sealed {
            out.seal();
        }
        out
    }

    /// Gives up unless the map of the data is this program's alone and has the hash that [`Emitter::finish`] writes here.
    fn seal(&mut self) {
        self.of_map(Size::W, ALONE);
        self.invalid_unless(Operand::Imm(1));
        for part in 0..4 {
            self.of_map(Size::DW, 8 * part);
            self.hash.push(self.insns.len());
            self.insn(Insn::LoadImm64 { dst: Reg::R3, value: Imm64::Value(0) });
            self.invalid_unless(Operand::Reg(Reg::R3));
        }
    }

    /// What the kernel's own structure of the map says at an offset.
    fn of_map(&mut self, size: Size, off: usize) {
        self.insn(Insn::LoadImm64 { dst: Reg::R1, value: Imm64::Map(0) });
        self.load(size, Reg::R2, Reg::R1, off);
    }

    /// Gives up unless that is this.
    fn invalid_unless(&mut self, rhs: Operand) {
        self.set(ANSWER, INVALID);
        self.failing.push(self.insns.len());
        self.insn(Insn::Jump { cond: Cond::Ne, width: Width::W64, lhs: Reg::R2, rhs, off: 0 });
    }

    /// Adds data; they begin at a multiple of eight.
    pub(super) fn data(&mut self, bytes: &[u8]) -> At {
        let at = At(self.data.len() as u32);
        self.data.extend_from_slice(bytes);
        self.data.resize(self.data.len().next_multiple_of(8), 0);
        at
    }

    /// Adds a text with the zero that ends it; tells its length with that.
    pub(super) fn text(&mut self, text: &str) -> (At, i32) {
        let at = self.data(&[text.as_bytes(), &[0]].concat());
        (at, text.len() as i32 + 1)
    }

    pub(super) fn insn(&mut self, insn: Insn) {
        self.insns.push(insn);
    }

    pub(super) fn mov(&mut self, dst: Reg, src: Operand) {
        self.insn(Insn::Alu { op: AluOp::Mov, width: Width::W64, dst, src });
    }

    pub(super) fn set(&mut self, dst: Reg, value: i32) {
        self.mov(dst, Operand::Imm(value));
    }

    pub(super) fn shift_right(&mut self, dst: Reg, bits: i32) {
        self.insn(Insn::Alu { op: AluOp::Rsh, width: Width::W64, dst, src: Operand::Imm(bits) });
    }

    pub(super) fn load(&mut self, size: Size, dst: Reg, base: Reg, off: usize) {
        self.insn(Insn::Load { size, dst, base, off: off as i16 });
    }

    pub(super) fn store(&mut self, size: Size, base: Reg, off: usize, src: Operand) {
        self.insn(Insn::Store { size, base, off: off as i16, src });
    }

    /// The address of data.
    pub(super) fn address(&mut self, dst: Reg, at: At) {
        self.insn(Insn::LoadImm64 { dst, value: Imm64::MapValue { map: 0, offset: at.0 } });
    }

    pub(super) fn call(&mut self, name: &str) -> Result<(), LightError> {
        let helper = osmia_abi::helper_by_name(name).ok_or(LightError::NoHelper)?;
        self.insn(Insn::Call(Callee::Helper(helper.id)));
        Ok(())
    }

    /// Does something only if a register is not (or is) in such a relation to a number.
    pub(super) fn unless(
        &mut self,
        (cond, lhs, rhs): (Cond, Reg, i32),
        job: impl FnOnce(&mut Self) -> Result<(), LightError>,
    ) -> Result<(), LightError> {
        let at = self.insns.len();
        self.insn(Insn::Jump { cond, width: Width::W64, lhs, rhs: Operand::Imm(rhs), off: 0 });
        job(self)?;
        self.land(at)
    }

    /// Does one thing or another: the second where a register is in such a relation to a number.
    pub(super) fn choose(
        &mut self,
        question: (Cond, Reg, i32),
        first: impl FnOnce(&mut Self) -> Result<(), LightError>,
        second: impl FnOnce(&mut Self) -> Result<(), LightError>,
    ) -> Result<(), LightError> {
        let mut over = 0;
        self.unless(question, |it| {
            first(it)?;
            over = it.insns.len();
            it.insn(Insn::Goto { off: 0 });
            Ok(())
        })?;
        second(self)?;
        self.land(over)
    }

    /// Lets the jump at a place end here.
    fn land(&mut self, at: usize) -> Result<(), LightError> {
        let slots: u32 = self.insns.get(at + 1..).unwrap_or_default().iter().map(Insn::slots).sum();
        let to = i16::try_from(slots).map_err(|_| LightError::TooLong)?;
        match self.insns.get_mut(at) {
            Some(Insn::Jump { off, .. } | Insn::Goto { off }) => *off = to,
            _ => return Err(LightError::TooLong),
        }
        Ok(())
    }

    /// Gives up where the last answer is an error.
    pub(super) fn check(&mut self) {
        self.failing.push(self.insns.len());
        let (lhs, rhs) = (ANSWER, Operand::Imm(0));
        self.insn(Insn::Jump { cond: Cond::Slt, width: Width::W64, lhs, rhs, off: 0 });
    }

    /// `bpf(command, attributes, size)` from within the kernel; the answer is kept.
    pub(super) fn bpf(
        &mut self,
        command: osmia_abi::Command,
        attributes: At,
        size: usize,
    ) -> Result<(), LightError> {
        self.set(Reg::R1, command.raw() as i32);
        self.address(Reg::R2, attributes);
        self.set(Reg::R3, size as i32);
        self.call("sys_bpf")?;
        self.mov(ANSWER, Operand::Reg(Reg::R0));
        Ok(())
    }

    /// Writes the address of some data into other data.
    pub(super) fn point(&mut self, to: At, from: At) {
        self.address(Reg::R0, to);
        self.address(Reg::R1, from);
        self.store(Size::DW, Reg::R1, 0, Operand::Reg(Reg::R0));
    }

    /// Copies within the data.
    pub(super) fn copy(&mut self, size: Size, from: At, to: At) {
        self.address(Reg::R1, from);
        self.load(size, Reg::R0, Reg::R1, 0);
        self.keep(size, Reg::R0, to);
    }

    /// Copies from the context.
    pub(super) fn fetch(&mut self, size: Size, off: usize, to: At) {
        self.load(size, Reg::R0, CONTEXT, off);
        self.keep(size, Reg::R0, to);
    }

    /// Copies to the context.
    pub(super) fn hand(&mut self, from: At, off: usize) {
        self.address(Reg::R1, from);
        self.load(Size::W, Reg::R0, Reg::R1, 0);
        self.store(Size::W, CONTEXT, off, Operand::Reg(Reg::R0));
    }

    /// Writes a register into the data.
    pub(super) fn keep(&mut self, size: Size, src: Reg, to: At) {
        self.address(Reg::R1, to);
        self.store(size, Reg::R1, 0, Operand::Reg(src));
    }

    /// Closes the descriptor at a place, if there is one, and forgets it.
    pub(super) fn close(&mut self, at: At) -> Result<(), LightError> {
        self.address(KEPT, at);
        self.load(Size::W, Reg::R1, KEPT, 0);
        self.unless((Cond::Eq, Reg::R1, 0), |it| {
            it.call("sys_close")?;
            it.store(Size::W, KEPT, 0, Operand::Imm(0));
            Ok(())
        })
    }

    /// The whole program: it keeps its context, does what was written, and returns 0; or closes `descriptors` and returns the
    /// last answer.
    pub(super) fn finish(mut self, descriptors: &[At]) -> Result<(Vec<u8>, Vec<u8>), LightError> {
        self.set(Reg::R0, 0);
        self.insn(Insn::Exit);
        let failure = self.insns.len();
        for at in descriptors {
            self.close(*at)?;
        }
        self.mov(Reg::R0, Operand::Reg(ANSWER));
        self.insn(Insn::Exit);
        let mut starts = vec![0_u32];
        for insn in &self.insns {
            starts.push(starts.last().copied().unwrap_or(0) + insn.slots());
        }
        for at in &self.failing {
            let (Some(from), Some(to)) = (starts.get(at + 1), starts.get(failure)) else { continue };
            let to = i16::try_from(to - from).map_err(|_| LightError::TooLong)?;
            if let Some(Insn::Jump { off, .. }) = self.insns.get_mut(*at) {
                *off = to;
            }
        }
        let hash = Sha256::digest(&self.data);
        for (at, part) in self.hash.iter().zip(hash.chunks_exact(8)) {
            let part = part.first_chunk().map_or(0, |part| u64::from_ne_bytes(*part));
            if let Some(Insn::LoadImm64 { value, .. }) = self.insns.get_mut(*at) {
                *value = Imm64::Value(part);
            }
        }
        let begin = Insn::Alu { op: AluOp::Mov, width: Width::W64, dst: CONTEXT, src: Operand::Reg(Reg::R1) };
        self.insns.insert(0, begin);
        Ok((self.data, encode(&self.insns)))
    }
}
