//! Reading and writing scalars: in one access where the place is aligned for that, else piece by piece.
use super::function::Body;
use super::place::Spot;
use super::scalar::{MEMORY, Scalar, Sign};
use crate::types::Ty;
use osmia_ir::{Op, Type, Value};
use osmia_isa::{AluOp, Size};

impl Body<'_, '_> {
    /// What a place holds.
    pub(super) fn load(&mut self, spot: &Spot, ty: Ty) -> Value {
        let Some(scalar) = self.types().scalar(ty) else {
            return self.b.constant(0, Type::I64);
        };
        let volatile = self.types().qualifiers(ty).volatile;
        if volatile {
            self.b.effect(Op::Barrier);
        }
        let value = match spot.bits {
            Some(bits) => self.load_bits(spot, bits, scalar),
            None => self.load_scalar(spot, scalar),
        };
        if volatile { self.b.opaque(value) } else { value }
    }

    /// Writes a value into a place, and gives what is there then: less of it, in a bit-field.
    pub(super) fn store(&mut self, spot: &Spot, ty: Ty, value: Value) -> Value {
        let Some(scalar) = self.types().scalar(ty) else { return value };
        let stored = match spot.bits {
            Some(bits) => self.store_bits(spot, bits, scalar, value),
            None => {
                self.store_scalar(spot, scalar, value);
                value
            }
        };
        if self.types().qualifiers(ty).volatile {
            self.b.effect(Op::Barrier);
        }
        stored
    }

    pub(super) fn load_scalar(&mut self, spot: &Spot, scalar: Scalar) -> Value {
        let piece = piece(spot, scalar);
        if piece == scalar.size {
            let at = self.address(spot);
            let signed = scalar.signed() && scalar.narrow();
            let op = if signed { Op::LoadSigned(piece, at) } else { Op::Load(piece, at) };
            return self.b.push(op, scalar.kind);
        }
        let kind = if scalar.kind == Type::I32 { Type::I32 } else { Type::I64 };
        let whole = self.load_pieces(spot, piece, scalar.bytes(), kind);
        if scalar.narrow() && scalar.signed() {
            return self.b.push(Op::SignExtend(scalar.size, whole), Type::I32);
        }
        if scalar.kind == MEMORY { self.b.push(Op::Cast(whole), MEMORY) } else { whole }
    }

    /// So many bytes, read by pieces, as a number.
    pub(super) fn load_pieces(&mut self, spot: &Spot, piece: Size, bytes: u32, kind: Type) -> Value {
        let mut whole: Option<Value> = None;
        for at in (0..bytes).step_by(piece.bytes() as usize) {
            let place = self.address(&spot.plus(at.into()));
            let part = self.b.push(Op::Load(piece, place), kind);
            whole = Some(match whole {
                None => part,
                Some(before) => {
                    let shift = self.b.constant(i64::from(at) * 8, kind);
                    let part = self.b.alu(AluOp::Lsh, part, shift);
                    self.b.alu(AluOp::Or, before, part)
                }
            });
        }
        whole.unwrap_or_else(|| self.b.constant(0, kind))
    }

    pub(super) fn store_scalar(&mut self, spot: &Spot, scalar: Scalar, value: Value) {
        let piece = piece(spot, scalar);
        if piece == scalar.size {
            let at = self.address(spot);
            return self.b.effect(Op::Store(piece, at, value));
        }
        let value = match self.b.kind(value) {
            Type::Ptr(_) => self.b.push(Op::Cast(value), Type::I64),
            Type::I32 | Type::I64 => value,
        };
        self.store_pieces(spot, piece, scalar.bytes(), value);
    }

    /// So many bytes of a number, written by pieces.
    pub(super) fn store_pieces(&mut self, spot: &Spot, piece: Size, bytes: u32, value: Value) {
        let kind = self.b.kind(value);
        for at in (0..bytes).step_by(piece.bytes() as usize) {
            let part = if at == 0 {
                value
            } else {
                let shift = self.b.constant(i64::from(at) * 8, kind);
                self.b.alu(AluOp::Rsh, value, shift)
            };
            let place = self.address(&spot.plus(at.into()));
            self.b.effect(Op::Store(piece, place, part));
        }
    }
}

/// The largest access at a place that is no larger than the scalar.
fn piece(spot: &Spot, scalar: Scalar) -> Size {
    largest(spot.align.min(scalar.bytes().into()))
}

/// The largest access of at most so many bytes.
pub(super) fn largest(bytes: u64) -> Size {
    match bytes {
        8.. => Size::DW,
        4.. => Size::W,
        2.. => Size::H,
        _ => Size::B,
    }
}

/// A number without sign, of as many bytes as an access.
pub(super) const fn unsigned(size: Size) -> Scalar {
    Scalar::number(size, Sign::Unsigned)
}
