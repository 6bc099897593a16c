//! Conversions between scalars, and operations on numbers of one type.
use super::function::Body;
use super::scalar::{MEMORY, Scalar};
use crate::ast::BinaryOp;
use osmia_ir::{Op, Type, Value};
use osmia_isa::{AluOp, Cond, Size};

impl Body<'_, '_> {
    /// A value in another type, as C converts it.
    pub(super) fn convert(&mut self, value: Value, from: Scalar, to: Scalar) -> Value {
        if to.truth {
            return if from.truth { value } else { self.is_set(value) };
        }
        let wide = matches!(self.b.kind(value), Type::I64 | Type::Ptr(_));
        match (wide, to.kind) {
            (true, Type::I32) => self.shorten(value, to),
            (true, Type::I64) => match self.b.kind(value) {
                Type::I64 => value,
                _ => self.b.push(Op::Cast(value), Type::I64),
            },
            (true, Type::Ptr(_)) => self.pointer_typed(value),
            (false, Type::I32) => self.fit(value, from, to),
            (false, Type::I64) => self.widen(value, from),
            (false, Type::Ptr(_)) => {
                let wide = self.widen(value, from);
                self.b.push(Op::Cast(wide), MEMORY)
            }
        }
    }

    /// 1 where a value is not zero, else 0.
    pub(super) fn is_set(&mut self, value: Value) -> Value {
        let zero = self.b.constant(0, self.b.kind(value));
        self.b.push(Op::Compare(Cond::Ne, value, zero), Type::I32)
    }

    /// 64 bits become fewer.
    fn shorten(&mut self, value: Value, to: Scalar) -> Value {
        let op = match (to.size, to.signed()) {
            (Size::W | Size::DW, _) => Op::Truncate(value),
            (size, true) => Op::SignExtend(size, value),
            (size, false) => Op::ZeroExtend(size, value),
        };
        self.b.push(op, Type::I32)
    }

    /// A value of 32 bits becomes one of a type that may have fewer.
    fn fit(&mut self, value: Value, from: Scalar, to: Scalar) -> Value {
        let same = from.bytes() <= to.bytes() && from.sign == to.sign;
        let grows = from.bytes() < to.bytes() && !from.signed();
        match to.size {
            Size::W | Size::DW => value,
            _ if same || grows => value,
            size if to.signed() => self.b.push(Op::SignExtend(size, value), Type::I32),
            size => self.b.push(Op::ZeroExtend(size, value), Type::I32),
        }
    }

    /// 32 bits become 64.
    pub(super) fn widen(&mut self, value: Value, from: Scalar) -> Value {
        let op = if from.signed() { Op::SignExtend(Size::W, value) } else { Op::ZeroExtend(Size::W, value) };
        self.b.push(op, Type::I64)
    }

    /// `a op b`, both of one type but for shifts; comparisons give 1 or 0.
    pub(super) fn binary(&mut self, op: BinaryOp, a: Value, b: Value, scalar: Scalar) -> Value {
        if let Some(cond) = condition(op, scalar) {
            return self.b.push(Op::Compare(cond, a, b), Type::I32);
        }
        let b = match op {
            BinaryOp::Shl | BinaryOp::Shr => self.count(b, a),
            _ => b,
        };
        let signed = scalar.signed();
        let op = match op {
            BinaryOp::Add => AluOp::Add,
            BinaryOp::Sub => AluOp::Sub,
            BinaryOp::Mul => AluOp::Mul,
            BinaryOp::Div if signed => AluOp::SDiv,
            BinaryOp::Div => AluOp::Div,
            BinaryOp::Rem if signed => AluOp::SMod,
            BinaryOp::Rem => AluOp::Mod,
            BinaryOp::Shl => AluOp::Lsh,
            BinaryOp::Shr if signed => AluOp::Arsh,
            BinaryOp::Shr => AluOp::Rsh,
            BinaryOp::BitAnd => AluOp::And,
            BinaryOp::BitOr => AluOp::Or,
            _ => AluOp::Xor,
        };
        self.b.alu(op, a, b)
    }

    /// How far something is shifted, as wide as what is shifted.
    fn count(&mut self, count: Value, shifted: Value) -> Value {
        match (self.b.kind(count), self.b.kind(shifted)) {
            (Type::I32, Type::I64 | Type::Ptr(_)) => self.b.push(Op::ZeroExtend(Size::W, count), Type::I64),
            (Type::I64 | Type::Ptr(_), Type::I32) => self.b.push(Op::Truncate(count), Type::I32),
            _ => count,
        }
    }
}

/// The question that a comparison of two values of a type asks.
pub(super) fn condition(op: BinaryOp, scalar: Scalar) -> Option<Cond> {
    let signed = scalar.signed();
    Some(match op {
        BinaryOp::Equal => Cond::Eq,
        BinaryOp::NotEqual => Cond::Ne,
        BinaryOp::Less if signed => Cond::Slt,
        BinaryOp::Less => Cond::Lt,
        BinaryOp::LessEqual if signed => Cond::Sle,
        BinaryOp::LessEqual => Cond::Le,
        BinaryOp::Greater if signed => Cond::Sgt,
        BinaryOp::Greater => Cond::Gt,
        BinaryOp::GreaterEqual if signed => Cond::Sge,
        BinaryOp::GreaterEqual => Cond::Ge,
        _ => return None,
    })
}
