//! Instructions of the machine before registers are chosen: two-address, with any number of registers.
use crate::{Core, Loc, Slot};
use osmia_base::{Arena, key};
use osmia_isa::{AluOp, AtomicOp, Callee, Cond, Size, Swap, Width};
use osmia_object::Symbol;

/// A register: 0 to 10 are the machine's, all others are yet to be placed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Vreg(pub(crate) u32);

impl Vreg {
    /// How many of the machine's registers can be given away.
    pub(crate) const COUNT: u32 = 10;
    /// The first that is not the machine's.
    pub(crate) const FIRST: u32 = 11;

    pub(crate) const fn is_machine(self) -> bool {
        self.0 < Self::FIRST
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Debug for Vreg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.is_machine() { 'r' } else { '%' }, self.0)
    }
}

/// The second operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Src {
    Reg(Vreg),
    Imm(i32),
}

/// What an address starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Base {
    Reg(Vreg),
    Slot(Slot),
}

/// A place in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mem {
    pub(crate) base: Base,
    pub(crate) off: i32,
    /// The question whose answer replaces `off`.
    pub(crate) core: Option<Box<Core>>,
}

impl Mem {
    pub(crate) const fn slot(slot: Slot) -> Self {
        Self { base: Base::Slot(slot), off: 0, core: None }
    }
}

/// What an instruction does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mach {
    /// `dst = dst op src`; `Mov` is a copy and ignores `dst`.
    Alu {
        op: AluOp,
        width: Width,
        dst: Vreg,
        src: Src,
        core: Option<Box<Core>>,
    },
    Neg {
        width: Width,
        dst: Vreg,
    },
    MovSx {
        width: Width,
        from: Size,
        dst: Vreg,
        src: Vreg,
    },
    Swap {
        kind: Swap,
        size: Size,
        dst: Vreg,
    },
    Const {
        dst: Vreg,
        value: i64,
    },
    Core {
        dst: Vreg,
        core: Box<Core>,
    },
    Symbol {
        dst: Vreg,
        symbol: Symbol,
    },
    Frame {
        dst: Vreg,
        slot: Slot,
        off: i32,
    },
    Load {
        size: Size,
        signed: bool,
        dst: Vreg,
        mem: Mem,
    },
    Store {
        size: Size,
        mem: Mem,
        src: Src,
    },
    Atomic {
        op: AtomicOp,
        size: Size,
        mem: Mem,
        src: Vreg,
    },
    Packet {
        size: Size,
        index: Option<Vreg>,
        imm: i32,
    },
    Call {
        callee: Target,
        args: u32,
    },
    /// Nothing, though what is in the register is made for it; gone once registers are chosen.
    Hold {
        src: Vreg,
    },
}

/// Whom a call reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    Direct(Callee),
    Symbol(Symbol),
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum End {
    Goto(MBlock),
    Branch { cond: Cond, width: Width, lhs: Vreg, rhs: Src, then: MBlock, other: MBlock },
    Exit { result: bool },
}

key!(
    /// A block of machine instructions.
    pub(crate) struct MBlock, "m"
);

/// A block.
#[derive(Clone, Debug)]
pub(crate) struct MBlockData {
    pub(crate) insts: Vec<(Mach, Loc)>,
    pub(crate) end: End,
    pub(crate) end_loc: Loc,
    /// How many loops it is in.
    pub(crate) depth: u32,
}

/// A function.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    /// In layout order, the entry first.
    pub(crate) blocks: Arena<MBlock, MBlockData>,
    /// The number of the next new register.
    pub(crate) next: u32,
}

impl Code {
    pub(crate) fn vreg(&mut self) -> Vreg {
        self.next += 1;
        Vreg(self.next - 1)
    }
}

/// Sets of the machine's registers.
pub(crate) type Mask = u16;

/// `r0` to `r5`: what a call overwrites.
pub(crate) const CALL_CLOBBERS: Mask = 0b11_1111;

impl Mach {
    /// A copy of a whole register.
    pub(crate) const fn copy(dst: Vreg, src: Vreg) -> Self {
        Self::Alu { op: AluOp::Mov, width: Width::W64, dst, src: Src::Reg(src), core: None }
    }

    /// `dst` and `src` of a copy.
    pub(crate) fn as_copy(&self) -> Option<(Vreg, Vreg)> {
        match self {
            Self::Alu { op: AluOp::Mov, width: Width::W64, dst, src: Src::Reg(src), core: None } => {
                Some((*dst, *src))
            }
            _ => None,
        }
    }

    /// The register it writes, besides what calls overwrite.
    pub(crate) fn def(&self) -> Option<Vreg> {
        match self {
            Self::Alu { dst, .. }
            | Self::Neg { dst, .. }
            | Self::MovSx { dst, .. }
            | Self::Swap { dst, .. }
            | Self::Const { dst, .. }
            | Self::Core { dst, .. }
            | Self::Symbol { dst, .. }
            | Self::Frame { dst, .. }
            | Self::Load { dst, .. } => Some(*dst),
            Self::Atomic { op, src, .. } => match op {
                AtomicOp::Cmpxchg => Some(Vreg(0)),
                op if crate::validate::fetches(*op) => Some(*src),
                _ => None,
            },
            Self::Store { .. } | Self::Packet { .. } | Self::Call { .. } | Self::Hold { .. } => None,
        }
    }

    /// Shows the registers it reads, one that it also writes included.
    pub(crate) fn uses(&self, mut see: impl FnMut(Vreg)) {
        self.clone().uses_mut(|reg| see(*reg));
    }

    /// Lets `change` replace the registers it names, read or written.
    pub(crate) fn all_mut(&mut self, mut change: impl FnMut(&mut Vreg)) {
        match self {
            Self::MovSx { dst, .. }
            | Self::Const { dst, .. }
            | Self::Core { dst, .. }
            | Self::Symbol { dst, .. }
            | Self::Frame { dst, .. }
            | Self::Load { dst, .. }
            | Self::Alu { op: AluOp::Mov, dst, .. } => change(dst),
            _ => {}
        }
        self.uses_mut(change);
    }

    /// Lets `change` replace the registers it reads.
    pub(crate) fn uses_mut(&mut self, mut change: impl FnMut(&mut Vreg)) {
        match self {
            Self::Alu { op, dst, src, .. } => {
                if *op != AluOp::Mov {
                    change(dst);
                }
                if let Src::Reg(src) = src {
                    change(src);
                }
            }
            Self::Neg { dst, .. } | Self::Swap { dst, .. } => change(dst),
            Self::MovSx { src, .. } | Self::Hold { src } => change(src),
            Self::Const { .. }
            | Self::Core { .. }
            | Self::Symbol { .. }
            | Self::Frame { .. }
            | Self::Call { .. } => {}
            Self::Load { mem, .. } => mem.uses_mut(change),
            Self::Store { mem, src, .. } => {
                mem.uses_mut(&mut change);
                if let Src::Reg(src) = src {
                    change(src);
                }
            }
            Self::Atomic { mem, src, .. } => {
                mem.uses_mut(&mut change);
                change(src);
            }
            Self::Packet { index, .. } => index.iter_mut().for_each(change),
        }
    }

    /// The machine's registers that it reads without naming them.
    pub(crate) const fn implicit_uses(&self) -> Mask {
        match self {
            Self::Call { args, .. } => ((1 << *args) - 1) << 1,
            Self::Packet { .. } => 1 << 6,
            Self::Atomic { op: AtomicOp::Cmpxchg, .. } => 1,
            _ => 0,
        }
    }

    /// The machine's registers that it overwrites without naming them.
    pub(crate) const fn implicit_defs(&self) -> Mask {
        match self {
            Self::Call { .. } | Self::Packet { .. } => CALL_CLOBBERS,
            _ => 0,
        }
    }

    /// Whether it does nothing but write its register.
    pub(crate) const fn is_pure(&self) -> bool {
        !matches!(
            self,
            Self::Store { .. }
                | Self::Atomic { .. }
                | Self::Packet { .. }
                | Self::Call { .. }
                | Self::Hold { .. }
        )
    }

    /// Whether it can be done again anywhere, at no more cost than a reload.
    pub(crate) const fn is_cheap(&self) -> bool {
        matches!(self, Self::Const { .. } | Self::Core { .. } | Self::Symbol { .. } | Self::Frame { .. })
    }

    /// The same into another register.
    pub(crate) fn into(mut self, to: Vreg) -> Self {
        if let Self::Const { dst, .. }
        | Self::Core { dst, .. }
        | Self::Symbol { dst, .. }
        | Self::Frame { dst, .. } = &mut self
        {
            *dst = to;
        }
        self
    }
}

impl Mem {
    fn uses_mut(&mut self, mut change: impl FnMut(&mut Vreg)) {
        if let Base::Reg(base) = &mut self.base {
            change(base);
        }
    }
}

impl End {
    /// Where it may go.
    pub(crate) fn targets(&self) -> impl Iterator<Item = MBlock> + use<> {
        let (first, second) = match self {
            Self::Goto(to) => (Some(*to), None),
            Self::Branch { then, other, .. } => (Some(*then), Some(*other)),
            Self::Exit { .. } => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// Lets `change` replace where it may go.
    pub(crate) fn targets_mut(&mut self, mut change: impl FnMut(&mut MBlock)) {
        match self {
            Self::Goto(to) => change(to),
            Self::Branch { then, other, .. } => {
                change(then);
                change(other);
            }
            Self::Exit { .. } => {}
        }
    }

    /// Shows the registers it reads.
    pub(crate) fn uses(&self, mut see: impl FnMut(Vreg)) {
        self.clone().uses_mut(|reg| see(*reg));
    }

    /// Lets `change` replace the registers it reads.
    pub(crate) fn uses_mut(&mut self, mut change: impl FnMut(&mut Vreg)) {
        if let Self::Branch { lhs, rhs, .. } = self {
            change(lhs);
            if let Src::Reg(rhs) = rhs {
                change(rhs);
            }
        }
    }

    /// The machine's registers that it reads without naming them.
    pub(crate) const fn implicit_uses(&self) -> Mask {
        matches!(self, Self::Exit { result: true }) as Mask
    }
}
