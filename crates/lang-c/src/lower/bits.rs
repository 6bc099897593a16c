//! Bit-fields: the bits of a place that are one, in the smallest access that has all of them.
use super::access::{largest, unsigned};
use super::core::{LEFT_SHIFT, RIGHT_SHIFT};
use super::function::Body;
use super::place::{Bits, Spot};
use super::scalar::{Scalar, Sign};
use osmia_ir::{Op, Type, Value};
use osmia_isa::{AluOp, Size};

/// The access that has all bits of a bit-field.
struct Unit {
    /// Its first byte, from the place's begin.
    byte: u64,
    /// How many bytes.
    bytes: u32,
    /// The largest piece that it may be accessed by.
    piece: Size,
    /// The field's first bit in it.
    shift: u32,
}

impl Unit {
    /// One aligned access if there is such a one, else the bytes that the bits are in.
    fn of(spot: &Spot, bits: Bits) -> Option<Self> {
        let end = bits.start + u64::from(bits.count);
        for bytes in [1_u32, 2, 4, 8] {
            let size = u64::from(bytes);
            let byte = bits.start / 8 / size * size;
            if end <= (byte + size) * 8 && byte + size <= bits.room && size <= spot.align.max(1) {
                return Some(Self {
                    byte,
                    bytes,
                    piece: largest(size),
                    shift: (bits.start - byte * 8) as u32,
                });
            }
        }
        let byte = bits.start / 8;
        let bytes = end.div_ceil(8) - byte;
        let shift = (bits.start - byte * 8) as u32;
        (bytes <= 8).then_some(Self { byte, bytes: bytes as u32, piece: Size::B, shift })
    }
}

const fn mask(count: u32) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

impl Body<'_, '_> {
    pub(super) fn load_bits(&mut self, spot: &Spot, bits: Bits, scalar: Scalar) -> Value {
        if spot.core.is_some() {
            return self.load_moved_bits(spot, scalar);
        }
        let Some(unit) = Unit::of(spot, bits) else { return self.b.constant(0, scalar.kind) };
        let kind = if unit.bytes > 4 || scalar.kind == Type::I64 { Type::I64 } else { Type::I32 };
        let spot = spot.plus(unit.byte.cast_signed());
        let whole = self.load_pieces(&spot, unit.piece, unit.bytes, kind);
        let whole = self.shifted(AluOp::Rsh, whole, unit.shift);
        let field = self.cut(whole, bits.count, scalar.sign);
        self.as_kind(field, scalar.kind)
    }

    /// The low bits of a number, extended by their sign.
    pub(super) fn cut(&mut self, value: Value, count: u32, sign: Sign) -> Value {
        let kind = self.b.kind(value);
        let width = if kind == Type::I32 { 32 } else { 64 };
        match sign {
            _ if count >= width => value,
            Sign::Unsigned => {
                let mask = self.b.constant(mask(count).cast_signed(), kind);
                self.b.alu(AluOp::And, value, mask)
            }
            Sign::Signed => {
                let value = self.shifted(AluOp::Lsh, value, width - count);
                self.shifted(AluOp::Arsh, value, width - count)
            }
        }
    }

    pub(super) fn shifted(&mut self, op: AluOp, value: Value, by: u32) -> Value {
        if by == 0 {
            return value;
        }
        let by = self.b.constant(by.into(), self.b.kind(value));
        self.b.alu(op, value, by)
    }

    fn as_kind(&mut self, value: Value, kind: Type) -> Value {
        match (self.b.kind(value), kind) {
            (Type::I32, Type::I64 | Type::Ptr(_)) => self.b.push(Op::ZeroExtend(Size::W, value), Type::I64),
            (Type::I64 | Type::Ptr(_), Type::I32) => self.b.push(Op::Truncate(value), Type::I32),
            _ => value,
        }
    }

    pub(super) fn store_bits(&mut self, spot: &Spot, bits: Bits, scalar: Scalar, value: Value) -> Value {
        if spot.core.is_some() {
            self.store_moved_bits(spot, scalar, value);
            return self.cut(value, bits.count, scalar.sign);
        }
        let Some(unit) = Unit::of(spot, bits) else { return value };
        let kind = if unit.bytes > 4 { Type::I64 } else { Type::I32 };
        let stored = self.cut(value, bits.count, scalar.sign);
        let spot = spot.plus(unit.byte.cast_signed());
        let new = self.as_kind(value, kind);
        let new = self.cut(new, bits.count, Sign::Unsigned);
        let new = self.shifted(AluOp::Lsh, new, unit.shift);
        let whole = if bits.count == unit.bytes * 8 {
            new
        } else {
            let old = self.load_pieces(&spot, unit.piece, unit.bytes, kind);
            let others = !(mask(bits.count) << unit.shift);
            let others = self.b.constant(others.cast_signed(), kind);
            let old = self.b.alu(AluOp::And, old, others);
            self.b.alu(AluOp::Or, old, new)
        };
        self.store_pieces(&spot, unit.piece, unit.bytes, whole);
        stored
    }

    /// Bits whose place the running kernel says: both what is loaded and where in it they are.
    fn load_moved_bits(&mut self, spot: &Spot, scalar: Scalar) -> Value {
        let at = self.address(spot);
        let whole = self.b.push(Op::Load(scalar.size, at), Type::I64);
        let (left, right) = self.moves(spot);
        let high = self.b.alu(AluOp::Lsh, whole, left);
        let op = if scalar.signed() { AluOp::Arsh } else { AluOp::Rsh };
        let field = self.b.alu(op, high, right);
        self.as_kind(field, scalar.kind)
    }

    fn store_moved_bits(&mut self, spot: &Spot, scalar: Scalar, value: Value) {
        let at = self.address(spot);
        let old = self.b.push(Op::Load(scalar.size, at.clone()), Type::I64);
        let (left, right) = self.moves(spot);
        let ones = self.b.int(-1);
        let mask = self.b.alu(AluOp::Lsh, ones, right);
        let mask = self.b.alu(AluOp::Rsh, mask, left);
        let new = self.as_kind(value, Type::I64);
        let shift = self.b.alu(AluOp::Sub, right, left);
        let new = self.b.alu(AluOp::Lsh, new, shift);
        // The old bits, changed where the new ones differ.
        let changed = self.b.alu(AluOp::Xor, old, new);
        let changed = self.b.alu(AluOp::And, changed, mask);
        let whole = self.b.alu(AluOp::Xor, old, changed);
        let whole = self.as_kind(whole, unsigned(scalar.size).kind);
        self.b.effect(Op::Store(scalar.size, at, whole));
    }

    /// How far left and then right a number of 64 bits is moved until the field alone is left.
    fn moves(&mut self, spot: &Spot) -> (Value, Value) {
        let Some(path) = &spot.core else {
            let zero = self.b.int(0);
            return (zero, zero);
        };
        let [left, right] = [LEFT_SHIFT, RIGHT_SHIFT].map(|kind| self.cx.ask(path, kind));
        (self.b.core(left), self.b.core(right))
    }
}
