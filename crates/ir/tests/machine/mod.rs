//! A machine that runs instructions, just good enough for what the tests compile.
use osmia_base::Key;
use osmia_isa::text::{Names, llvm};
use osmia_isa::{AluOp, AtomicOp, Callee, Imm64, Insn, Operand, Reg, Size, Width, eval};
use osmia_object::{FunctionKey, Object, Symbol};

const STACK: u64 = 0x20_0000;
const FRAME: u64 = 512;

struct Machine<'a> {
    object: &'a Object,
    context: (u64, Vec<u8>),
    stack: Vec<u8>,
    helper: fn(u32, &[u64]) -> u64,
    steps: u32,
}

pub(crate) fn listing(object: &Object) -> String {
    let print = |function: &osmia_object::Function| {
        llvm::disassemble(&function.insns, &Names::default(), llvm::Narrow::W)
    };
    object.functions.values().map(print).collect::<Vec<_>>().join("\n")
}

/// Runs the first function of an object.
pub(crate) fn run(
    object: &Object,
    at: u64,
    context: &[u8],
    helper: fn(u32, &[u64]) -> u64,
) -> Result<u64, String> {
    let stack = vec![0xa5; 8 * FRAME as usize];
    let mut machine = Machine { object, context: (at, context.to_vec()), stack, helper, steps: 1_000_000 };
    machine.function(FunctionKey::from_index(0), [at, 0xbad1, 0xbad2, 0xbad3, 0xbad4], 0)
}

impl Machine<'_> {
    fn bytes(&mut self, address: u64, size: Size) -> Result<&mut [u8], String> {
        let (base, memory) =
            if address >= STACK { (STACK, &mut self.stack) } else { (self.context.0, &mut self.context.1) };
        let start = address.checked_sub(base).ok_or("address")? as usize;
        memory.get_mut(start..start + size.bytes() as usize).ok_or_else(|| format!("access at {address:#x}"))
    }

    fn load(&mut self, size: Size, address: u64) -> Result<u64, String> {
        let mut raw = [0; 8];
        let bytes = self.bytes(address, size)?;
        raw[..bytes.len()].copy_from_slice(bytes);
        Ok(u64::from_le_bytes(raw))
    }

    fn store(&mut self, size: Size, address: u64, value: u64) -> Result<(), String> {
        let bytes = self.bytes(address, size)?;
        let len = bytes.len();
        bytes.copy_from_slice(&value.to_le_bytes()[..len]);
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one arm per instruction")]
    fn function(&mut self, key: FunctionKey, args: [u64; 5], depth: u64) -> Result<u64, String> {
        let function = &self.object.functions[key];
        let mut starts = std::collections::HashMap::new();
        let mut slot = 0_i64;
        let mut slots = Vec::new();
        for (at, insn) in function.insns.iter().enumerate() {
            starts.insert(slot, at);
            slots.push(slot);
            slot += i64::from(insn.slots());
        }
        let mut regs = [0xdead_beef_dead_beef_u64; 11];
        regs[1..6].copy_from_slice(&args);
        regs[10] = STACK + (depth + 1) * FRAME;
        let mut pc = 0;
        loop {
            self.steps = self.steps.checked_sub(1).ok_or("too long")?;
            let insn = *function.insns.get(pc).ok_or("ran off the end")?;
            let mut jump = None;
            let value = |regs: &[u64; 11], operand| match operand {
                Operand::Reg(reg) => regs[reg as usize],
                Operand::Imm(imm) => eval::immediate(imm),
            };
            match insn {
                Insn::Alu { op, width, dst, src } => {
                    if matches!(src, Operand::Imm(0))
                        && matches!(op, AluOp::Div | AluOp::Mod | AluOp::SDiv | AluOp::SMod)
                    {
                        return Err("division by a constant zero".into());
                    }
                    let bits = if width == Width::W64 { 64 } else { 32 };
                    if let (AluOp::Lsh | AluOp::Rsh | AluOp::Arsh, Operand::Imm(imm)) = (op, src)
                        && !(0..bits).contains(&imm)
                    {
                        return Err("a shift too far".into());
                    }
                    regs[dst as usize] = eval::alu(op, width, regs[dst as usize], value(&regs, src));
                }
                Insn::Neg { width, dst } => regs[dst as usize] = eval::neg(width, regs[dst as usize]),
                Insn::MovSx { width, from, dst, src } => {
                    regs[dst as usize] = eval::movsx(width, from, regs[src as usize]);
                }
                Insn::Swap { kind, size, dst } => {
                    regs[dst as usize] =
                        eval::swap(kind, size, osmia_base::Endian::Little, regs[dst as usize]);
                }
                Insn::LoadImm64 { dst, value: Imm64::Value(number) } => regs[dst as usize] = number,
                Insn::Load { size, dst, base, off } => {
                    regs[dst as usize] =
                        self.load(size, regs[base as usize].wrapping_add_signed(off.into()))?;
                }
                Insn::LoadSx { size, dst, base, off } => {
                    let raw = self.load(size, regs[base as usize].wrapping_add_signed(off.into()))?;
                    regs[dst as usize] = eval::movsx(Width::W64, size, raw);
                }
                Insn::Store { size, base, off, src } => {
                    self.store(size, regs[base as usize].wrapping_add_signed(off.into()), value(&regs, src))?;
                }
                Insn::Atomic { op, size, base, off, src } => {
                    let address = regs[base as usize].wrapping_add_signed(off.into());
                    let old = self.load(size, address)?;
                    let done = eval::atomic(op, size, old, regs[src as usize], regs[0]);
                    self.store(size, address, done.memory)?;
                    if let Some(loaded) = done.loaded {
                        let dst = if op == AtomicOp::Cmpxchg { 0 } else { src as usize };
                        regs[dst] = loaded;
                    }
                }
                Insn::Jump { cond, width, lhs, rhs, off } => {
                    if eval::compare(cond, width, regs[lhs as usize], value(&regs, rhs)) {
                        jump = Some(i64::from(off));
                    }
                }
                Insn::Goto { off } => jump = Some(off.into()),
                Insn::GotoLong { off } => jump = Some(off.into()),
                Insn::Call(callee) => {
                    let args = [regs[1], regs[2], regs[3], regs[4], regs[5]];
                    let symbol = function
                        .relocs
                        .iter()
                        .find(|reloc| reloc.insn as usize == pc)
                        .map(|reloc| reloc.symbol);
                    regs[0] = match (callee, symbol) {
                        (Callee::Helper(number), None) => {
                            (self.helper)(number, &args[..(number % 6) as usize])
                        }
                        (_, Some(Symbol::Function(key))) => self.function(key, args, depth + 1)?,
                        other => return Err(format!("{other:?}")),
                    };
                    regs[1..6].fill(0xfeed_feed_feed_feed);
                }
                Insn::Exit => return Ok(regs[Reg::R0 as usize]),
                other => return Err(format!("{other:?}")),
            }
            pc = match jump {
                None => pc + 1,
                Some(off) => *starts.get(&(slots[pc] + 1 + off)).ok_or("a jump to nowhere")?,
            };
        }
    }
}
