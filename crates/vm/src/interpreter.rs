//! The interpreter: one instruction after the other, all arithmetic as [`osmia_isa::eval`] has it.
use crate::code::{NONE, Program, Step};
use crate::helpers::{self, HELPERS};
use crate::memory::Memory;
use crate::{FaultKind, World};
use osmia_abi::flags;
use osmia_base::Endian;
use osmia_isa::{AtomicOp, Callee, Imm64, Insn, Operand, Reg, Size, eval};

/// Programs see memory in this order, on any machine.
const ENDIAN: Endian = Endian::Little;

/// Where the kernel's half of the address space begins.
pub(crate) const KERNEL: u64 = 0xffff_8000_0000_0000;

/// What an inner function needs to go back.
#[derive(Clone, Copy, Debug)]
struct Frame {
    program: usize,
    pc: usize,
    /// `r6` to `r10`.
    saved: [u64; 5],
    loops: u32,
}

/// A run of a program.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    programs: &'a [Program],
    pub(crate) memory: &'a mut Memory,
    pub(crate) world: &'a mut World,
    pub(crate) trace: &'a mut Vec<String>,
    pub(crate) cpus: u32,
    /// The program that runs.
    pub(crate) program: usize,
    /// The instruction that runs.
    pub(crate) at: usize,
    pc: usize,
    steps: &'a [Step],
    /// By number; there are more so that any number of four bits has one.
    regs: [u64; 16],
    frames: Vec<Frame>,
    /// Instructions done, and how many there may be.
    pub(crate) done: u64,
    budget: u64,
    /// What `may_goto` has left in this frame.
    loops: u32,
    tail_calls: u32,
}

type Outcome<T> = Result<T, FaultKind>;

impl<'a> Run<'a> {
    pub(crate) fn new(
        programs: &'a [Program],
        memory: &'a mut Memory,
        world: &'a mut World,
        trace: &'a mut Vec<String>,
        cpus: u32,
        budget: u64,
    ) -> Self {
        Self {
            programs,
            memory,
            world,
            trace,
            cpus,
            program: 0,
            at: 0,
            pc: 0,
            steps: &[],
            regs: [0; 16],
            frames: Vec::new(),
            done: 0,
            budget,
            loops: flags::MAX_LOOPS,
            tail_calls: 0,
        }
    }

    /// Runs a program from its beginning.
    pub(crate) fn start(&mut self, program: usize) -> Outcome<u64> {
        self.select(program)?;
        self.memory.begin(self.programs.get(program).map_or(osmia_abi::ProgramType::Unspec, |it| it.kind));
        self.set(Reg::R1, Memory::context_address())?;
        self.set(Reg::R2, self.memory.context.len() as u64)?;
        self.regs[usize::from(Reg::R10.number())] = self.memory.enter()?;
        self.execute()
    }

    /// The CPU that runs.
    pub(crate) const fn cpu(&self) -> u32 {
        self.world.cpu % self.cpus
    }

    /// How much time went by since the run began.
    pub(crate) const fn elapsed_ns(&self) -> u64 {
        self.done.wrapping_mul(self.world.insn_ns)
    }

    fn select(&mut self, program: usize) -> Outcome<()> {
        let code = self.programs.get(program).ok_or(FaultKind::BadJump)?;
        (self.program, self.steps, self.pc, self.at) = (program, &code.steps, 0, 0);
        Ok(())
    }

    fn get(&self, reg: Reg) -> u64 {
        self.regs[usize::from(reg.number() & 15)]
    }

    fn set(&mut self, reg: Reg, value: u64) -> Outcome<()> {
        if reg == Reg::R10 {
            return Err(FaultKind::FramePointer);
        }
        self.regs[usize::from(reg.number() & 15)] = value;
        Ok(())
    }

    fn operand(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Reg(reg) => self.get(reg),
            Operand::Imm(imm) => eval::immediate(imm),
        }
    }

    /// The address that a register and an offset make.
    fn address(&self, base: Reg, off: i16) -> u64 {
        self.get(base).wrapping_add_signed(off.into())
    }

    /// Runs until the function that is current now ends; gives `r0`.
    fn execute(&mut self) -> Outcome<u64> {
        let floor = self.frames.len();
        loop {
            self.at = self.pc;
            if self.done >= self.budget {
                return Err(FaultKind::BudgetExceeded);
            }
            self.done += 1;
            let Some(&step) = self.steps.get(self.pc) else { return Err(FaultKind::BadJump) };
            self.pc += 1;
            if self.step(step)? {
                if self.frames.len() == floor {
                    return Ok(self.get(Reg::R0));
                }
                self.leave()?;
            }
        }
    }

    /// One instruction; says whether the function ends.
    fn step(&mut self, step: Step) -> Outcome<bool> {
        match step.insn {
            Insn::Alu { op, width, dst, src } => {
                let value = eval::alu(op, width, self.get(dst), self.operand(src));
                self.set(dst, value)?;
            }
            Insn::Neg { width, dst } => self.set(dst, eval::neg(width, self.get(dst)))?,
            Insn::MovSx { width, from, dst, src } => {
                self.set(dst, eval::movsx(width, from, self.get(src)))?
            }
            Insn::Swap { kind, size, dst } => {
                self.set(dst, eval::swap(kind, size, ENDIAN, self.get(dst)))?;
            }
            Insn::LoadImm64 { dst, value: Imm64::Value(value) } => self.set(dst, value)?,
            Insn::LoadImm64 { value, .. } => return Err(FaultKind::Unsupported(constant(value))),
            Insn::Load { size, dst, base, off } | Insn::LoadAcquire { size, dst, base, off } => {
                let value = self.load(self.address(base, off), size)?;
                self.set(dst, value)?;
            }
            Insn::LoadSx { size, dst, base, off } => {
                let value = self.load(self.address(base, off), size)?;
                self.set(dst, size.signed(value) as u64)?;
            }
            Insn::Store { size, base, off, src } => {
                self.memory.store(self.address(base, off), size, self.operand(src))?;
            }
            Insn::StoreRelease { size, base, off, src } => {
                self.memory.store(self.address(base, off), size, self.get(src))?;
            }
            Insn::Atomic { op, size, base, off, src } => {
                self.atomic(op, size, self.address(base, off), src)?
            }
            Insn::Jump { cond, width, lhs, rhs, .. } => {
                if eval::compare(cond, width, self.get(lhs), self.operand(rhs)) {
                    self.goto(step.target);
                }
            }
            Insn::Goto { .. } | Insn::GotoLong { .. } => self.goto(step.target),
            Insn::MayGoto { .. } => match self.loops.checked_sub(1) {
                Some(left) => self.loops = left,
                None => self.goto(step.target),
            },
            Insn::Call(Callee::Helper(_)) => self.helper(step)?,
            Insn::Call(Callee::Local(_)) => self.enter(step.target)?,
            Insn::Call(Callee::Register(reg)) => self.call_register(step, reg)?,
            Insn::LoadPacket { size, index, imm } => return self.load_packet(size, index, imm),
            Insn::Exit => return Ok(true),
            Insn::Call(callee @ Callee::Kfunc { .. }) => return Err(FaultKind::BadHelper(callee)),
            Insn::AddrSpaceCast { .. } => return Err(FaultKind::Unsupported("arenas are")),
            Insn::GotoRegister { dst } => {
                let target = self.function(self.get(dst))?;
                self.goto(u32::try_from(target).unwrap_or(NONE));
            }
        }
        Ok(false)
    }

    /// Nowhere is past the end of any code: the next step fails there.
    const fn goto(&mut self, target: u32) {
        self.pc = target as usize;
    }

    /// A number in memory; what the world has of the kernel's memory can be read too.
    fn load(&self, address: u64, size: Size) -> Outcome<u64> {
        self.memory.load(address, size).or_else(|fault| match self.kernel_bytes(address, size) {
            Some(bytes) => Ok(bytes.iter().rev().fold(0, |all, &byte| all << 8 | u64::from(byte))),
            None => Err(fault),
        })
    }

    #[cold]
    fn kernel_bytes(&self, address: u64, size: Size) -> Option<&[u8]> {
        let bytes = self.world.window(address, size.bytes() as usize)?;
        (address >= KERNEL).then_some(bytes)
    }

    fn atomic(&mut self, op: AtomicOp, size: Size, address: u64, src: Reg) -> Outcome<()> {
        let old = self.memory.load(address, size)?;
        let done = eval::atomic(op, size, old, self.get(src), self.get(Reg::R0));
        self.memory.store(address, size, done.memory)?;
        match op.result(src).zip(done.loaded) {
            Some((reg, value)) => self.set(reg, value),
            None => Ok(()),
        }
    }

    /// Loads from the packet as classic BPF did; past its end the function ends with 0.
    fn load_packet(&mut self, size: Size, index: Option<Reg>, imm: i32) -> Outcome<bool> {
        let index = index.map_or(0, |reg| self.get(reg) as u32 as i32);
        let from = usize::try_from(i64::from(imm) + i64::from(index)).ok();
        let range = from.and_then(|from| Some(from..from.checked_add(size.bytes() as usize)?));
        let bytes = range.and_then(|range| self.memory.packet.get(range));
        let value = bytes.map(|bytes| bytes.iter().fold(0, |all, &byte| all << 8 | u64::from(byte)));
        self.set(Reg::R0, value.unwrap_or(0))?;
        Ok(value.is_none())
    }

    fn helper(&mut self, step: Step) -> Outcome<()> {
        let Some(row) = HELPERS.get(step.target as usize) else { return Err(self.no_helper(step.insn)) };
        let [_, a, b, c, d, e, ..] = self.regs;
        let value = (row.body)(self, [a, b, c, d, e])?;
        self.set(Reg::R0, value)
    }

    #[cold]
    fn no_helper(&self, insn: Insn) -> FaultKind {
        let poison = self.programs.get(self.program).and_then(|program| {
            let slot = program.slots.slot(self.at)?;
            program.poisoned.iter().find(|poison| poison.slot == slot)
        });
        match (poison, insn) {
            (Some(poison), _) => FaultKind::Poisoned(poison.reason.clone()),
            (None, Insn::Call(callee)) => FaultKind::BadHelper(callee),
            (None, _) => FaultKind::BadJump,
        }
    }

    /// What a register names: a function of the program, or a helper by its number.
    fn call_register(&mut self, step: Step, reg: Reg) -> Outcome<()> {
        let value = self.get(reg);
        if let Ok(entry) = self.function(value) {
            return self.enter(u32::try_from(entry).unwrap_or(NONE));
        }
        let row = u32::try_from(value).ok().and_then(helpers::row_of);
        self.helper(Step { target: row.unwrap_or(NONE), ..step })
    }

    /// The index of a function, or of another instruction, of the program that runs, by its address.
    pub(crate) fn function(&self, address: u64) -> Outcome<usize> {
        let own = Memory::code_of(address).filter(|&(program, _)| program == self.program);
        own.map(|(_, index)| index).ok_or(FaultKind::BadFunction { address })
    }

    /// Calls a function: `r6` to `r10` are kept for the return.
    fn enter(&mut self, target: u32) -> Outcome<()> {
        let frame_pointer = self.memory.enter()?;
        let [.., r6, r7, r8, r9, r10, _, _, _, _, _] = self.regs;
        let saved = [r6, r7, r8, r9, r10];
        self.frames.push(Frame { program: self.program, pc: self.pc, saved, loops: self.loops });
        self.loops = flags::MAX_LOOPS;
        self.regs[usize::from(Reg::R10.number())] = frame_pointer;
        self.goto(target);
        Ok(())
    }

    fn leave(&mut self) -> Outcome<()> {
        let frame = self.frames.pop().ok_or(FaultKind::BadJump)?;
        self.memory.leave();
        if frame.program != self.program {
            self.select(frame.program)?;
        }
        (self.pc, self.loops) = (frame.pc, frame.loops);
        if let Some(regs) = self.regs.get_mut(6..11) {
            regs.copy_from_slice(&frame.saved);
        }
        Ok(())
    }

    /// Calls a function of the program for a helper; gives what it returns.
    pub(crate) fn call_back(&mut self, entry: usize, args: [u64; 5]) -> Outcome<u64> {
        let at = self.at;
        self.enter(u32::try_from(entry).unwrap_or(NONE))?;
        if let Some(regs) = self.regs.get_mut(1..6) {
            regs.copy_from_slice(&args);
        }
        let returned = self.execute()?;
        self.leave()?;
        self.at = at;
        Ok(returned)
    }

    /// Goes on in another program, with the frame as it is; gives what `r0` is there.
    pub(crate) fn tail_call(&mut self, program: usize, context: u64) -> Outcome<()> {
        if self.tail_calls < flags::MAX_TAIL_CALLS {
            self.select(program)?;
            self.tail_calls += 1;
            self.loops = flags::MAX_LOOPS;
            self.set(Reg::R1, context)?;
        }
        Ok(())
    }

    /// `r0`, for helpers that leave it alone.
    pub(crate) fn result(&self) -> u64 {
        self.get(Reg::R0)
    }
}

/// A constant that was not resolved, for messages.
const fn constant(value: Imm64) -> &'static str {
    match value {
        Imm64::Value(_) | Imm64::Function(_) => "this constant is",
        Imm64::MapFd(_) | Imm64::MapFdValue { .. } => "maps by descriptor are",
        Imm64::Map(_) | Imm64::MapValue { .. } => "maps that the image does not have are",
        Imm64::BtfId { .. } => "kernel variables are",
    }
}
