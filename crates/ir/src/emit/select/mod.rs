//! Instruction selection: each operation of the IR becomes a few of the machine's, in registers without number.
mod arithmetic;
mod ends;
mod memory;

use super::lower::definitions;
use super::mach::{Code, MBlock, MBlockData, Mach, Src, Target, Vreg};
use super::{CompileError, Isa, Options};
use crate::bits::{Bits, Knower};
use crate::cfg::{Cfg, PerBlock};
use crate::{Address, Block, Callee, Core, Function, Inst, Loc, Op, Pointee, Slot, Type, Value};
use osmia_base::{Arena, Key};
use osmia_isa::{AluOp, AtomicOp, Size, Width};
use osmia_object::{FunctionKey, Symbol};

/// An address that is needed so often is computed once and kept, registers permitting; accesses count twice.
const KEEP: u32 = 3;

/// Selects instructions for a function that [`super::lower::lower`] has prepared.
pub(crate) fn select(function: &Function, options: &Options) -> Result<Code, CompileError> {
    let cfg = Cfg::new(function);
    let mut blocks = PerBlock::new(function, MBlock::from_index(0));
    for (at, &block) in cfg.order.iter().enumerate() {
        blocks[block] = MBlock::from_index(at);
    }
    let depth = cfg.loop_depth(function);
    let mut select = Select {
        function,
        options,
        ops: definitions(function),
        uses: count_uses(function, &cfg, Count::All),
        keep: count_uses(function, &cfg, Count::Registers),
        bits: Bits::new(function, &cfg, Knower::Machine),
        vregs: vec![None; function.values.len()],
        blocks,
        count: cfg.order.len(),
        code: Code { blocks: Arena::new(), next: Vreg::FIRST },
        insts: Vec::new(),
        exits: Vec::new(),
        loc: Loc::default(),
    };
    for &block in &cfg.order {
        select.block(block, depth[block])?;
    }
    for exit in std::mem::take(&mut select.exits) {
        select.code.blocks.push(exit);
    }
    Ok(select.code)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    All,
    /// Without those that fold into an access or a sum.
    Registers,
}

fn count_uses(function: &Function, cfg: &Cfg, count: Count) -> Vec<u32> {
    let mut uses = vec![0; function.values.len()];
    for &block in &cfg.order {
        let data = &function.blocks[block];
        for inst in &data.insts {
            inst.op.operands(|value| uses[value.index()] += 1);
            if count == Count::Registers {
                inst.op.folded(|value| uses[value.index()] -= 1);
            }
        }
        data.end.operands(|value| uses[value.index()] += 1);
    }
    uses
}

impl Op {
    /// Shows the operands that need no register if they are addresses in the frame.
    fn folded(&self, mut see: impl FnMut(Value)) {
        match self {
            Self::Load(_, at)
            | Self::LoadSigned(_, at)
            | Self::Store(_, at, _)
            | Self::Zero(at, _)
            | Self::Atomic(_, _, at, _)
            | Self::CompareExchange { at, .. } => see(at.base),
            Self::Copy { to, from, .. } => {
                see(to.base);
                see(from.base);
            }
            Self::Alu(AluOp::Add, a, _) => see(*a),
            _ => {}
        }
    }
}

/// The width of a type.
pub(crate) const fn width(kind: Type) -> Width {
    if kind.is_wide() { Width::W64 } else { Width::W32 }
}

struct Select<'a> {
    function: &'a Function,
    options: &'a Options,
    ops: Vec<Option<Op>>,
    uses: Vec<u32>,
    /// How often each value, were it an address in the frame, is needed in a register.
    keep: Vec<u32>,
    bits: Bits,
    vregs: Vec<Option<Vreg>>,
    blocks: PerBlock<MBlock>,
    /// How many blocks there are without the ways out.
    count: usize,
    code: Code,
    insts: Vec<(Mach, Loc)>,
    /// Blocks that leave the function; they come after the others.
    exits: Vec<MBlockData>,
    loc: Loc,
}

type Done = Result<(), CompileError>;

impl Select<'_> {
    fn block(&mut self, block: Block, depth: u32) -> Done {
        let data = &self.function.blocks[block];
        if block == self.function.entry {
            for (at, &param) in data.params.iter().enumerate() {
                let dst = self.vreg(param);
                self.put(Mach::copy(dst, Vreg(at as u32 + 1)));
            }
        }
        for inst in &data.insts {
            self.loc = inst.loc;
            self.inst(inst)?;
        }
        self.loc = data.end_loc;
        let end = self.end(&data.end);
        let insts = std::mem::take(&mut self.insts);
        self.code.blocks.push(MBlockData { insts, end, end_loc: data.end_loc, depth });
        Ok(())
    }

    fn put(&mut self, inst: Mach) {
        self.insts.push((inst, self.loc));
    }

    fn alu(&mut self, op: AluOp, width: Width, dst: Vreg, src: Src) {
        self.put(Mach::Alu { op, width, dst, src, core: None });
    }

    fn fresh(&mut self) -> Vreg {
        self.code.vreg()
    }

    /// The register of a value.
    fn vreg(&mut self, value: Value) -> Vreg {
        if let Some(vreg) = self.vregs[value.index()] {
            return vreg;
        }
        let vreg = self.fresh();
        self.vregs[value.index()] = Some(vreg);
        vreg
    }

    fn kind(&self, value: Value) -> Type {
        self.function.kind(value)
    }

    fn op(&self, value: Value) -> Option<&Op> {
        self.ops[value.index()].as_ref()
    }

    /// The number that a value is, as its register would hold it.
    fn constant(&self, value: Value) -> Option<i64> {
        match self.op(value)? {
            Op::Const(number) if self.kind(value).is_wide() => Some(*number),
            Op::Const(number) => Some(i64::from(*number as i32)),
            _ => None,
        }
    }

    /// The instruction that makes a value anew, if that is possible anywhere and worth more than keeping it.
    fn again(&self, value: Value, dst: Vreg) -> Option<Mach> {
        let number = self.constant(value);
        if let Some(value) = number {
            return Some(Mach::Const { dst, value });
        }
        let op = self.op(value)?;
        if self.is_kept(op, value) { None } else { self.address_of(op, dst) }
    }

    fn is_kept(&self, op: &Op, value: Value) -> bool {
        let (uses, registers) = (self.uses[value.index()], self.keep[value.index()]);
        match op {
            Op::SlotAddr(_) => registers >= KEEP,
            // Making it takes two instructions, a copy one, and an access to a place at it none.
            _ => uses + (uses - registers) >= KEEP,
        }
    }

    fn address_of(&self, op: &Op, dst: Vreg) -> Option<Mach> {
        let symbol = match op {
            Op::SlotAddr(slot) => return Some(Mach::Frame { dst, slot: *slot, off: 0 }),
            Op::MapAddr(map) => Symbol::Map(*map),
            Op::DataAddr(section, offset) => Symbol::Data { section: *section, offset: *offset },
            Op::ExternAddr(symbol) => Symbol::Extern(*symbol),
            Op::FunctionAddr(id) => Symbol::Function(FunctionKey::from_index(id.index())),
            _ => return None,
        };
        Some(Mach::Symbol { dst, symbol })
    }

    /// A register that holds the value; not to be written.
    fn reg(&mut self, value: Value) -> Vreg {
        if self.vregs[value.index()].is_none() {
            let dst = Vreg(self.code.next);
            if let Some(again) = self.again(value, dst) {
                self.code.next += 1;
                self.put(again);
                return dst;
            }
        }
        self.vreg(value)
    }

    /// Puts the value into a register that may then be written.
    fn into(&mut self, dst: Vreg, value: Value) {
        if let Some(again) = self.again(value, dst) {
            return self.put(again);
        }
        if let Some((slot, off)) = self.slot_offset(value).filter(|_| self.keep[value.index()] < KEEP) {
            return self.put(Mach::Frame { dst, slot, off });
        }
        let src = self.vreg(value);
        self.put(Mach::copy(dst, src));
    }

    /// A register or a small constant.
    fn src(&mut self, value: Value) -> Src {
        match self.constant(value).map(i32::try_from) {
            Some(Ok(number)) => Src::Imm(number),
            _ => Src::Reg(self.reg(value)),
        }
    }

    /// Where an address in the frame lies that is not a slot's own.
    fn slot_offset(&self, value: Value) -> Option<(Slot, i32)> {
        let Op::Alu(AluOp::Add, base, bytes) = self.op(value)? else { return None };
        match self.op(*base)? {
            Op::SlotAddr(slot) => Some((*slot, i32::try_from(self.constant(*bytes)?).ok()?)),
            _ => None,
        }
    }
}

/// One instruction of the IR.
impl Select<'_> {
    fn inst(&mut self, inst: &Inst) -> Done {
        match (&inst.op, inst.result) {
            (Op::Store(size, at, value), _) => self.store(*size, at, *value),
            (Op::Zero(at, size), _) => self.zero(at, *size),
            (Op::Copy { to, from, size }, _) => self.copy(to, from, *size),
            (Op::Atomic(op, size, at, value), result) => return self.atomic(*op, *size, at, *value, result),
            (Op::CompareExchange { size, at, expected, new }, result) => {
                return self.compare_exchange(*size, at, *expected, *new, result);
            }
            (Op::Call(callee, args), result) => self.call(*callee, args, result),
            (Op::LoadPacket(size, index, imm), result) => self.packet(*size, *index, *imm, result),
            (op, Some(result)) => self.value(op, result),
            (_, None) => {}
        }
        Ok(())
    }

    /// An operation that only computes its result.
    fn value(&mut self, op: &Op, result: Value) {
        let kind = self.kind(result);
        match op {
            Op::Const(_) => {}
            Op::SlotAddr(_) | Op::MapAddr(_) | Op::DataAddr(..) | Op::ExternAddr(_) | Op::FunctionAddr(_) => {
                if self.is_kept(op, result) {
                    let dst = self.vreg(result);
                    let inst = self.address_of(op, dst);
                    inst.into_iter().for_each(|inst| self.put(inst));
                }
            }
            Op::Core(core) => {
                let dst = self.vreg(result);
                self.put(Mach::Core { dst, core: Box::new(core.clone()) });
            }
            Op::Alu(op, a, b) => self.binary(*op, *a, *b, result),
            Op::Neg(a) => {
                let dst = self.vreg(result);
                self.into(dst, *a);
                self.put(Mach::Neg { width: width(kind), dst });
            }
            Op::ZeroExtend(size, a) => self.zero_extend(*size, *a, result),
            Op::SignExtend(size, a) => self.sign_extend(*size, *a, result),
            // Nobody needs the value, but for that it is made: a read of what is volatile.
            Op::Opaque(a) if self.uses[result.index()] == 0 => {
                let src = self.reg(*a);
                self.put(Mach::Hold { src });
            }
            Op::Truncate(a) | Op::Cast(a) | Op::Opaque(a) => {
                let dst = self.vreg(result);
                self.into(dst, *a);
            }
            Op::Swap(swap, size, a) => self.swap(*swap, *size, *a, result),
            Op::Load(size, at) => {
                let (mem, dst) = (self.mem(at), self.vreg(result));
                self.put(Mach::Load { size: *size, signed: false, dst, mem });
            }
            Op::LoadSigned(size, at) => self.load_signed(*size, at, result),
            // These are expanded before, or have no result.
            Op::Compare(..)
            | Op::Select(..)
            | Op::Barrier
            | Op::Store(..)
            | Op::Zero(..)
            | Op::Copy { .. }
            | Op::Atomic(..)
            | Op::CompareExchange { .. }
            | Op::Call(..)
            | Op::LoadPacket(..) => {}
        }
    }

    fn load_signed(&mut self, size: Size, at: &Address, result: Value) {
        let (mem, dst) = (self.mem(at), self.vreg(result));
        let width = width(self.kind(result));
        // What the verifier lets programs read of a context or of kernel memory depends on the plain form.
        let plain =
            matches!(self.kind(at.base), Type::Ptr(Pointee::Context | Pointee::Kernel | Pointee::Packet));
        let wide = width == Width::W64 && size != Size::DW;
        if self.options.isa >= Isa::V4 && wide && !plain {
            return self.put(Mach::Load { size, signed: true, dst, mem });
        }
        let raw = self.fresh();
        self.put(Mach::Load { size, signed: false, dst: raw, mem });
        self.sign_extend_register(size, width, raw, dst);
    }

    fn atomic(
        &mut self,
        op: AtomicOp,
        size: Size,
        at: &Address,
        value: Value,
        result: Option<Value>,
    ) -> Done {
        let old = matches!(op, AtomicOp::Add { fetch: false });
        if self.options.isa < Isa::V3 && !old {
            return Err(CompileError::Unsupported { what: "an atomic operation", loc: self.loc });
        }
        let mem = self.mem(at);
        let src = match result {
            Some(result) => {
                let dst = self.vreg(result);
                self.into(dst, value);
                dst
            }
            None => self.reg(value),
        };
        self.put(Mach::Atomic { op, size, mem, src });
        Ok(())
    }

    fn compare_exchange(
        &mut self,
        size: Size,
        at: &Address,
        expected: Value,
        new: Value,
        result: Option<Value>,
    ) -> Done {
        if self.options.isa < Isa::V3 {
            return Err(CompileError::Unsupported { what: "an atomic operation", loc: self.loc });
        }
        let (mem, src) = (self.mem(at), self.reg(new));
        self.into(Vreg(0), expected);
        self.put(Mach::Atomic { op: AtomicOp::Cmpxchg, size, mem, src });
        self.result(result);
        Ok(())
    }

    /// Fetches what a call left in `r0`.
    fn result(&mut self, result: Option<Value>) {
        if let Some(result) = result.filter(|result| self.uses[result.index()] > 0) {
            let dst = self.vreg(result);
            self.put(Mach::copy(dst, Vreg(0)));
        }
    }

    fn call(&mut self, callee: Callee, args: &[Value], result: Option<Value>) {
        // Copies first: what is made anew needs no register until it stands where it belongs.
        let made = |select: &Self, arg: Value| {
            select.again(arg, Vreg(1)).is_some() || select.slot_offset(arg).is_some()
        };
        let (late, early): (Vec<_>, Vec<_>) =
            args.iter().copied().zip(1..).partition(|&(arg, _)| made(self, arg));
        for (arg, at) in early.into_iter().chain(late) {
            self.into(Vreg(at), arg);
        }
        let callee = match callee {
            Callee::Helper(number) => Target::Direct(osmia_isa::Callee::Helper(number)),
            Callee::Kfunc(symbol) => Target::Symbol(Symbol::Extern(symbol)),
            // Refused before anything is selected.
            Callee::Pointer => return,
            Callee::Function(id) => Target::Symbol(Symbol::Function(FunctionKey::from_index(id.index()))),
        };
        self.put(Mach::Call { callee, args: args.len() as u32 });
        self.result(result);
    }

    /// The context is in `r6` by decree.
    fn packet(&mut self, size: Size, index: Option<Value>, imm: i32, result: Option<Value>) {
        let index = index.map(|index| self.reg(index));
        if let Some(&context) = self.function.blocks[self.function.entry].params.first() {
            let src = self.vreg(context);
            self.put(Mach::copy(Vreg(6), src));
        }
        self.put(Mach::Packet { size, index, imm });
        self.result(result);
    }
}

/// Whether the answer may need 64 bits: type numbers and enumerators.
pub(crate) const fn is_wide_question(core: &Core) -> bool {
    matches!(core.kind, 6 | 7 | 10 | 11)
}
