//! From placed registers to instructions: equal blocks become one, blocks get an order, jumps get distances.
use super::frame::Frame;
use super::lower::negate;
use super::mach::{Base, Code, End, MBlock, MBlockData, Mach, Mem, Src, Target, Vreg};
use super::select::is_wide_question;
use super::{CompileError, Isa, Options};
use crate::{Core, Loc};
use osmia_base::Key;
use osmia_isa::{AluOp, Callee, Imm64, Insn, Operand, Reg, Width};
use osmia_object::{CoreReloc, Reloc, Symbol};
use std::collections::HashMap;

/// At most so many tails are merged.
const TAILS: u32 = 32;

/// Puts the chosen registers in and drops copies of a register to itself, and what does nothing.
pub(crate) fn apply(code: &mut Code, colors: &[u8]) {
    let place = |reg: &mut Vreg| *reg = Vreg(u32::from(colors[reg.index()]));
    for block in code.blocks.keys().collect::<Vec<_>>() {
        let data = &mut code.blocks[block];
        data.insts.iter_mut().for_each(|(inst, _)| inst.all_mut(place));
        data.insts.retain(|(inst, _)| match inst {
            Mach::Hold { .. } => false,
            inst => inst.as_copy().is_none_or(|(dst, src)| dst != src),
        });
        data.end.uses_mut(place);
    }
}

/// Drops copies between registers that hold the same already.
pub(crate) fn drop_copies(code: &mut Code) {
    for block in code.blocks.keys().collect::<Vec<_>>() {
        let mut equal: Vec<(Vreg, Vreg)> = Vec::new();
        code.blocks[block].insts.retain(|(inst, _)| {
            let copy = inst.as_copy();
            if copy.is_some_and(|(dst, src)| equal.contains(&(dst, src)) || equal.contains(&(src, dst))) {
                return false;
            }
            let (def, clobbers) = (inst.def(), inst.implicit_defs());
            let written = |reg: Vreg| def == Some(reg) || clobbers & (1 << reg.0) != 0;
            equal.retain(|&(a, b)| !written(a) && !written(b));
            equal.extend(copy);
            true
        });
    }
}

/// Leads jumps past empty blocks, and to one of several equal blocks.
pub(crate) fn merge_blocks(code: &mut Code) {
    let mut tails = 0;
    loop {
        let empty = skip_empty(code);
        if merge_equal(code) || empty {
            continue;
        }
        tails += 1;
        if tails > TAILS || !super::tails::merge_tail(code) {
            return;
        }
    }
}

fn retarget(code: &mut Code, to: &[MBlock]) -> bool {
    let mut changed = false;
    for block in code.blocks.keys().collect::<Vec<_>>() {
        let end = &mut code.blocks[block].end;
        end.targets_mut(|target| {
            changed |= to[target.index()] != *target;
            *target = to[target.index()];
        });
        if let End::Branch { then, other, .. } = end
            && then == other
        {
            *end = End::Goto(*then);
            changed = true;
        }
    }
    changed
}

fn skip_empty(code: &mut Code) -> bool {
    let next = |block: MBlock| match &code.blocks[block] {
        MBlockData { insts, end: End::Goto(to), .. } if insts.is_empty() && *to != block => Some(*to),
        _ => None,
    };
    let to: Vec<MBlock> = code.blocks.keys().map(|block| follow(block, code.blocks.len(), next)).collect();
    retarget(code, &to)
}

/// The end of a chain; a ring leads nowhere.
fn follow(block: MBlock, limit: usize, next: impl Fn(MBlock) -> Option<MBlock>) -> MBlock {
    let mut at = block;
    for _ in 0..limit {
        match next(at) {
            Some(to) => at = to,
            None => return at,
        }
    }
    block
}

fn merge_equal(code: &mut Code) -> bool {
    let reachable = reachable(code);
    let mut first: HashMap<(Vec<&Mach>, &End), MBlock> = HashMap::new();
    let mut to: Vec<MBlock> = code.blocks.keys().collect();
    for (block, data) in code.blocks.iter().filter(|(block, _)| reachable[block.index()]) {
        let body = data.insts.iter().map(|(inst, _)| inst).collect();
        to[block.index()] = *first.entry((body, &data.end)).or_insert(block);
    }
    // The entry must stay where it is, and nobody may jump there.
    let entry = MBlock::from_index(0);
    for (at, target) in to.iter_mut().enumerate() {
        if *target == entry {
            *target = MBlock::from_index(at);
        }
    }
    retarget(code, &to)
}

pub(super) fn reachable(code: &Code) -> Vec<bool> {
    let mut seen = vec![false; code.blocks.len()];
    let mut work = vec![MBlock::from_index(0)];
    while let Some(block) = work.pop() {
        if !std::mem::replace(&mut seen[block.index()], true) {
            work.extend(code.blocks[block].end.targets());
        }
    }
    seen
}

/// The order of blocks: as selected, but a block follows the one that leads to it once all others that do are placed.
fn order(code: &Code) -> Vec<MBlock> {
    let reachable = reachable(code);
    let mut waiting = vec![0_u32; code.blocks.len()];
    for (block, data) in code.blocks.iter().filter(|(block, _)| reachable[block.index()]) {
        let forward = data.end.targets().filter(|target| target.index() > block.index());
        forward.for_each(|target| waiting[target.index()] += 1);
    }
    let mut placed = vec![false; code.blocks.len()];
    let mut order = Vec::new();
    for start in code.blocks.keys().filter(|block| reachable[block.index()]) {
        let mut next = (!placed[start.index()]).then_some(start);
        while let Some(block) = next {
            placed[block.index()] = true;
            order.push(block);
            let end = &code.blocks[block].end;
            for target in end.targets().filter(|target| target.index() > block.index()) {
                waiting[target.index()] -= 1;
            }
            let free = |target: &MBlock| !placed[target.index()] && waiting[target.index()] == 0;
            next = end.targets().collect::<Vec<_>>().into_iter().rev().find(free);
        }
    }
    order
}

/// A function's instructions and what refers to them.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    pub(crate) insns: Vec<Insn>,
    pub(crate) relocs: Vec<Reloc>,
    pub(crate) core: Vec<CoreReloc>,
    /// Where each instruction was written.
    pub(crate) locs: Vec<Loc>,
}

/// A jump whose distance is not known yet.
struct Patch {
    insn: usize,
    to: MBlock,
}

struct Encode<'a> {
    frame: &'a Frame,
    out: Encoded,
    patches: Vec<Patch>,
    loc: Loc,
    /// Whether conditions jump over long jumps.
    long: bool,
}

/// Writes the instructions of `code`.
pub(crate) fn encode(
    code: &Code,
    frame: &Frame,
    name: &str,
    options: &Options,
) -> Result<Encoded, CompileError> {
    let order = order(code);
    if let Some(encoded) = encode_with(code, frame, &order, false) {
        return Ok(encoded);
    }
    let long = if options.isa >= Isa::V4 { encode_with(code, frame, &order, true) } else { None };
    long.ok_or_else(|| CompileError::TooLong { function: name.to_owned() })
}

fn encode_with(code: &Code, frame: &Frame, order: &[MBlock], long: bool) -> Option<Encoded> {
    let mut encode =
        Encode { frame, out: Encoded::default(), patches: Vec::new(), loc: Loc::default(), long };
    let mut starts = vec![0; code.blocks.len()];
    for (at, &block) in order.iter().enumerate() {
        starts[block.index()] = encode.out.insns.len();
        let data = &code.blocks[block];
        for (inst, loc) in &data.insts {
            encode.loc = *loc;
            encode.inst(inst);
        }
        encode.loc = data.end_loc;
        encode.end(&data.end, order.get(at + 1).copied(), code);
    }
    encode.patch(&starts)
}

fn reg(reg: Vreg) -> Reg {
    Reg::new(reg.0 as u8).unwrap_or(Reg::R10)
}

fn operand(src: Src) -> Operand {
    match src {
        Src::Reg(src) => Operand::Reg(reg(src)),
        Src::Imm(number) => Operand::Imm(number),
    }
}

impl Encode<'_> {
    fn put(&mut self, insn: Insn) {
        self.out.insns.push(insn);
        self.out.locs.push(self.loc);
    }

    /// The next instruction holds the answer to a question.
    fn ask(&mut self, core: &Core) {
        let insn = self.out.insns.len() as u32;
        let Core { type_id, ref access, kind, .. } = *core;
        self.out.core.push(CoreReloc { insn, type_id, access: access.clone(), kind });
    }

    /// The next instruction refers to a symbol.
    fn refer(&mut self, symbol: Symbol) {
        self.out.relocs.push(Reloc { insn: self.out.insns.len() as u32, symbol });
    }

    /// Base and offset of a place.
    fn mem(&mut self, mem: &Mem) -> (Reg, i16) {
        if let Some(core) = &mem.core {
            self.ask(core);
        }
        let (base, off) = match mem.base {
            Base::Reg(base) => (reg(base), mem.off),
            Base::Slot(slot) => (Reg::R10, self.frame.offset(slot) + mem.off),
        };
        (base, off as i16)
    }

    fn inst(&mut self, inst: &Mach) {
        match *inst {
            Mach::Alu { op, width, dst, src, ref core } => {
                if let Some(core) = core {
                    self.ask(core);
                }
                self.put(Insn::Alu { op, width, dst: reg(dst), src: operand(src) });
            }
            Mach::Hold { .. } => {}
            Mach::Neg { width, dst } => self.put(Insn::Neg { width, dst: reg(dst) }),
            Mach::MovSx { width, from, dst, src } => {
                self.put(Insn::MovSx { width, from, dst: reg(dst), src: reg(src) });
            }
            Mach::Swap { kind, size, dst } => self.put(Insn::Swap { kind, size, dst: reg(dst) }),
            Mach::Const { dst, value } => self.constant(reg(dst), value),
            Mach::Core { dst, ref core } => self.core(reg(dst), core),
            Mach::Symbol { dst, symbol } => {
                self.refer(symbol);
                self.put(Insn::LoadImm64 { dst: reg(dst), value: Imm64::Value(0) });
            }
            Mach::Frame { dst, slot, off } => {
                let dst = reg(dst);
                let off = self.frame.offset(slot) + off;
                self.put(Insn::Alu { op: AluOp::Mov, width: Width::W64, dst, src: Operand::Reg(Reg::R10) });
                self.put(Insn::Alu { op: AluOp::Add, width: Width::W64, dst, src: Operand::Imm(off) });
            }
            Mach::Load { size, signed, dst, ref mem } => {
                let ((base, off), dst) = (self.mem(mem), reg(dst));
                self.put(match signed {
                    true => Insn::LoadSx { size, dst, base, off },
                    false => Insn::Load { size, dst, base, off },
                });
            }
            Mach::Store { size, ref mem, src } => {
                let (base, off) = self.mem(mem);
                self.put(Insn::Store { size, base, off, src: operand(src) });
            }
            Mach::Atomic { op, size, ref mem, src } => {
                let (base, off) = self.mem(mem);
                self.put(Insn::Atomic { op, size, base, off, src: reg(src) });
            }
            Mach::Packet { size, index, imm } => {
                self.put(Insn::LoadPacket { size, index: index.map(reg), imm })
            }
            Mach::Call { callee, .. } => self.call(callee),
        }
    }

    fn constant(&mut self, dst: Reg, value: i64) {
        let mov = |width, number| Insn::Alu { op: AluOp::Mov, width, dst, src: Operand::Imm(number) };
        self.put(if let Ok(number) = i32::try_from(value) {
            mov(Width::W64, number)
        } else if let Ok(number) = u32::try_from(value) {
            mov(Width::W32, number as i32)
        } else {
            Insn::LoadImm64 { dst, value: Imm64::Value(value as u64) }
        });
    }

    fn core(&mut self, dst: Reg, core: &Core) {
        self.ask(core);
        self.put(match i32::try_from(core.local) {
            Ok(number) if !is_wide_question(core) => {
                Insn::Alu { op: AluOp::Mov, width: Width::W64, dst, src: Operand::Imm(number) }
            }
            _ => Insn::LoadImm64 { dst, value: Imm64::Value(core.local as u64) },
        });
    }

    fn call(&mut self, callee: Target) {
        match callee {
            Target::Direct(callee) => self.put(Insn::Call(callee)),
            Target::Symbol(symbol) => {
                self.refer(symbol);
                self.put(Insn::Call(Callee::Local(0)));
            }
        }
    }

    fn end(&mut self, end: &End, next: Option<MBlock>, code: &Code) {
        match *end {
            End::Exit { .. } => self.put(Insn::Exit),
            End::Goto(to) => self.goto(to, next, code),
            End::Branch { cond, width, lhs, rhs, then, other } => {
                let (cond, then, other) = match negate(cond) {
                    Some(opposite) if next == Some(then) => (opposite, other, then),
                    _ => (cond, then, other),
                };
                let off = i16::from(self.long);
                if self.long {
                    self.put(Insn::Jump { cond, width, lhs: reg(lhs), rhs: operand(rhs), off });
                    self.put(Insn::Goto { off: 1 });
                    self.jump(then);
                } else {
                    self.patches.push(Patch { insn: self.out.insns.len(), to: then });
                    self.put(Insn::Jump { cond, width, lhs: reg(lhs), rhs: operand(rhs), off });
                }
                self.goto(other, next, code);
            }
        }
    }

    fn goto(&mut self, to: MBlock, next: Option<MBlock>, code: &Code) {
        let target = &code.blocks[to];
        if next == Some(to) {
        } else if target.insts.is_empty() && matches!(target.end, End::Exit { .. }) {
            self.put(Insn::Exit);
        } else {
            self.jump(to);
        }
    }

    fn jump(&mut self, to: MBlock) {
        self.patches.push(Patch { insn: self.out.insns.len(), to });
        self.put(if self.long { Insn::GotoLong { off: 0 } } else { Insn::Goto { off: 0 } });
    }

    /// Fills in the distances; `None` where one is too long.
    fn patch(mut self, starts: &[usize]) -> Option<Encoded> {
        let mut slots = vec![0_i64];
        for insn in &self.out.insns {
            slots.push(slots[slots.len() - 1] + i64::from(insn.slots()));
        }
        for Patch { insn, to } in std::mem::take(&mut self.patches) {
            let distance = slots[starts[to.index()]] - slots[insn + 1];
            match &mut self.out.insns[insn] {
                Insn::Goto { off } | Insn::Jump { off, .. } => *off = i16::try_from(distance).ok()?,
                Insn::GotoLong { off } => *off = i32::try_from(distance).ok()?,
                _ => {}
            }
        }
        Some(self.out)
    }
}
