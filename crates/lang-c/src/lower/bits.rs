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

/// What a register holds.
const WORD: u32 = 8;

impl Unit {
    /// One aligned access if there is such a one, else the bytes that the bits are in: nine at most.
    fn of(spot: &Spot, bits: Bits) -> Self {
        let end = bits.start + u64::from(bits.count);
        for bytes in [1_u32, 2, 4, 8] {
            let size = u64::from(bytes);
            let byte = bits.start / 8 / size * size;
            if end <= (byte + size) * 8 && byte + size <= bits.room && size <= spot.align.max(1) {
                let shift = (bits.start - byte * 8) as u32;
                return Self { byte, bytes, piece: largest(size), shift };
            }
        }
        let byte = bits.start / 8;
        let bytes = (end.div_ceil(8) - byte) as u32;
        Self { byte, bytes, piece: Size::B, shift: (bits.start - byte * 8) as u32 }
    }

    /// The bytes that one register holds, and the others.
    const fn halves(&self) -> (u32, u32) {
        if self.bytes > WORD { (WORD, self.bytes - WORD) } else { (self.bytes, 0) }
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
        let unit = Unit::of(spot, bits);
        let kind = if unit.bytes > 4 || scalar.kind == Type::I64 { Type::I64 } else { Type::I32 };
        let spot = spot.plus(unit.byte.cast_signed());
        let (low, high) = unit.halves();
        let whole = self.load_pieces(&spot, unit.piece, low, kind);
        let mut whole = self.shifted(AluOp::Rsh, whole, unit.shift);
        if high > 0 {
            let rest = self.load_pieces(&spot.plus(WORD.into()), unit.piece, high, kind);
            let rest = self.shifted(AluOp::Lsh, rest, 64 - unit.shift);
            whole = self.b.alu(AluOp::Or, whole, rest);
        }
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
        let unit = Unit::of(spot, bits);
        let kind = if unit.bytes > 4 { Type::I64 } else { Type::I32 };
        let stored = self.cut(value, bits.count, scalar.sign);
        let spot = spot.plus(unit.byte.cast_signed());
        let new = self.as_kind(value, kind);
        let new = self.cut(new, bits.count, Sign::Unsigned);
        let (low, high) = unit.halves();
        let field = mask(bits.count);
        let lower = self.shifted(AluOp::Lsh, new, unit.shift);
        self.mix(&spot, unit.piece, low, lower, field << unit.shift);
        if high > 0 {
            let by = 64 - unit.shift;
            let upper = self.shifted(AluOp::Rsh, new, by);
            self.mix(&spot.plus(WORD.into()), unit.piece, high, upper, field >> by);
        }
        stored
    }

    /// Writes the bits of so many bytes that the mask has.
    fn mix(&mut self, spot: &Spot, piece: Size, bytes: u32, new: Value, written: u64) {
        let kind = self.b.kind(new);
        let whole = if written == mask(bytes * 8) {
            new
        } else {
            let old = self.load_pieces(spot, piece, bytes, kind);
            let others = self.b.constant((!written).cast_signed(), kind);
            let old = self.b.alu(AluOp::And, old, others);
            self.b.alu(AluOp::Or, old, new)
        };
        self.store_pieces(spot, piece, bytes, whole);
    }

    /// The access that has all bits of a bit-field whose place the running kernel says.
    fn moved(&self, spot: &Spot, scalar: Scalar) -> Size {
        let unit = spot.core.as_ref().and_then(|path| path.unit(self.types()));
        unit.and_then(|(_, bytes)| Size::from_bytes(bytes as u32)).unwrap_or(scalar.size)
    }

    /// Bits whose place the running kernel says: both what is loaded and where in it they are.
    fn load_moved_bits(&mut self, spot: &Spot, scalar: Scalar) -> Value {
        let (at, size) = (self.address(spot), self.moved(spot, scalar));
        let whole = self.b.push(Op::Load(size, at), Type::I64);
        let (left, right) = self.moves(spot);
        let high = self.b.alu(AluOp::Lsh, whole, left);
        let op = if scalar.signed() { AluOp::Arsh } else { AluOp::Rsh };
        let field = self.b.alu(op, high, right);
        self.as_kind(field, scalar.kind)
    }

    fn store_moved_bits(&mut self, spot: &Spot, scalar: Scalar, value: Value) {
        let (at, size) = (self.address(spot), self.moved(spot, scalar));
        let old = self.b.push(Op::Load(size, at.clone()), Type::I64);
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
        let whole = self.as_kind(whole, unsigned(size).kind);
        self.b.effect(Op::Store(size, at, whole));
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
