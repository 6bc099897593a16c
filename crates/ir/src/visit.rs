//! What an instruction reads, and what else it does.
use crate::{Address, Function, Op, Pointee, Terminator, Type, Value};

impl Type {
    /// Whether it is 64 bits wide.
    pub const fn is_wide(self) -> bool {
        !matches!(self, Self::I32)
    }

    /// Whether it is an address.
    pub const fn is_pointer(self) -> bool {
        matches!(self, Self::Ptr(_))
    }

    /// What it points to.
    pub const fn pointee(self) -> Option<Pointee> {
        match self {
            Self::Ptr(pointee) => Some(pointee),
            Self::I32 | Self::I64 => None,
        }
    }

    /// Whether a value of this type may stand where one of another was: it is the same, or says more of what is pointed to.
    pub(crate) fn stands_for(self, other: Self) -> bool {
        self == other || (other == Self::Ptr(Pointee::Memory) && self.is_pointer())
    }
}

/// What an instruction does besides computing its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: equal operands, equal result.
    Pure,
    /// It reads memory.
    Reads,
    /// It changes memory, or more.
    Writes,
}

macro_rules! operands {
    ($op:expr, $f:expr, $iter:ident) => {
        match $op {
            Op::Const(_)
            | Op::Core(_)
            | Op::Barrier
            | Op::SlotAddr(_)
            | Op::MapAddr(_)
            | Op::DataAddr(..)
            | Op::ExternAddr(_)
            | Op::FunctionAddr(_)
            | Op::LoadPacket(_, None, _) => {}
            Op::Neg(a)
            | Op::ZeroExtend(_, a)
            | Op::SignExtend(_, a)
            | Op::Truncate(a)
            | Op::Cast(a)
            | Op::Opaque(a)
            | Op::Swap(_, _, a)
            | Op::Load(_, Address { base: a, .. })
            | Op::LoadSigned(_, Address { base: a, .. })
            | Op::Zero(Address { base: a, .. }, _)
            | Op::LoadPacket(_, Some(a), _) => $f(a),
            Op::Alu(_, a, b)
            | Op::Compare(_, a, b)
            | Op::Store(_, Address { base: a, .. }, b)
            | Op::Copy { to: Address { base: a, .. }, from: Address { base: b, .. }, .. }
            | Op::Atomic(_, _, Address { base: a, .. }, b) => {
                $f(a);
                $f(b);
            }
            Op::Select(a, b, c)
            | Op::CompareExchange { at: Address { base: a, .. }, expected: b, new: c, .. } => {
                $f(a);
                $f(b);
                $f(c);
            }
            Op::Call(_, args) => args.$iter().for_each($f),
        }
    };
}

impl Op {
    /// Shows each operand to `see`, in order.
    pub fn operands(&self, mut see: impl FnMut(Value)) {
        let mut see = |value: &Value| see(*value);
        operands!(self, see, iter);
    }

    /// Lets `change` replace each operand.
    pub fn operands_mut(&mut self, mut change: impl FnMut(&mut Value)) {
        operands!(self, change, iter_mut);
    }

    pub(crate) fn effect(&self) -> Effect {
        match self {
            Self::Const(_)
            | Self::Core(_)
            | Self::Alu(..)
            | Self::Neg(_)
            | Self::ZeroExtend(..)
            | Self::SignExtend(..)
            | Self::Truncate(_)
            | Self::Cast(_)
            | Self::Swap(..)
            | Self::Compare(..)
            | Self::Select(..)
            | Self::SlotAddr(_)
            | Self::MapAddr(_)
            | Self::DataAddr(..)
            | Self::ExternAddr(_)
            | Self::FunctionAddr(_) => Effect::Pure,
            Self::Load(..) | Self::LoadSigned(..) => Effect::Reads,
            Self::Opaque(_)
            | Self::Barrier
            | Self::Store(..)
            | Self::Zero(..)
            | Self::Copy { .. }
            | Self::Atomic(..)
            | Self::CompareExchange { .. }
            | Self::Call(..)
            | Self::LoadPacket(..) => Effect::Writes,
        }
    }
}

impl Terminator {
    /// Shows each operand to `see`, in order.
    pub fn operands(&self, mut see: impl FnMut(Value)) {
        match self {
            Self::Branch { lhs, rhs, .. } => {
                see(*lhs);
                see(*rhs);
            }
            Self::Return(Some(value)) => see(*value),
            Self::Missing | Self::Jump(_) | Self::Return(None) | Self::Unreachable => {}
        }
        for jump in self.jumps() {
            jump.args.iter().copied().for_each(&mut see);
        }
    }

    /// Lets `change` replace each operand.
    pub fn operands_mut(&mut self, mut change: impl FnMut(&mut Value)) {
        match self {
            Self::Branch { lhs, rhs, .. } => {
                change(lhs);
                change(rhs);
            }
            Self::Return(Some(value)) => change(value),
            Self::Missing | Self::Jump(_) | Self::Return(None) | Self::Unreachable => {}
        }
        for jump in self.jumps_mut() {
            jump.args.iter_mut().for_each(&mut change);
        }
    }
}

impl Function {
    /// A value's type.
    pub fn kind(&self, value: Value) -> Type {
        self.values[value].kind
    }
}
