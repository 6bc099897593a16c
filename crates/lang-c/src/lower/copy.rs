//! Areas: copies of records and arrays, zeros.
use super::access::largest;
use super::function::Body;
use super::place::Spot;
use crate::ast::RecordKind;
use crate::typed::{LocalId, Place};
use crate::types::{Ty, TypeKind};
use osmia_base::Span;
use osmia_ir::{Op, Pointee, Type, Value};
use osmia_isa::Size;

/// A record of at most so many parts is copied part by part, so that they can become values.
const PARTS: usize = 16;
/// Bytes that are copied at most: each eight are two instructions.
pub(super) const MOST: u64 = 1 << 14;
/// Parts that are read before any is written, so that the two areas may overlap.
const AT_ONCE: usize = 4;

/// Whether what is read and what is written may be the same in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overlap {
    Never,
    Maybe,
}

/// A part of an area.
type Part = (u64, Size);

impl Body<'_, '_> {
    pub(super) fn copy_places(&mut self, to: &Place, from: &Place) {
        let from_spot = self.place(from);
        let to_spot = self.place(to);
        self.at(to.span);
        let ty = if self.types().qualifiers(from.ty).volatile { from.ty } else { to.ty };
        self.copy(&to_spot, &from_spot, ty, to.span);
    }

    /// Copies a value of a type that no register holds.
    pub(super) fn copy(&mut self, to: &Spot, from: &Spot, ty: Ty, span: Span) {
        let size = self.types().size(ty);
        if let Some(size) = size.filter(|size| *size > MOST) {
            self.cx.error(span, format!("{size} bytes cannot be copied at once, {MOST} are the most"));
        }
        let size = size.unwrap_or(0).min(MOST);
        if self.types().qualifiers(ty).volatile {
            return self.copy_as_written(to, from, size);
        }
        let mut parts = Vec::new();
        let whole = self.parts(ty, 0, &mut parts);
        let align = to.align.min(from.align);
        let fits = |&(at, size): &Part| align_at(align, at) >= size.bytes().into();
        if whole && parts.len() <= PARTS && parts.iter().all(fits) {
            for (at, size) in parts {
                self.copy_part(to, from, at, size);
            }
        } else {
            self.copy_bytes(to, from, size, Overlap::Never);
        }
    }

    /// Copies what is volatile: all of it is read, and all of it is written.
    fn copy_as_written(&mut self, to: &Spot, from: &Spot, size: u64) {
        self.b.effect(Op::Barrier);
        for (at, size) in cut(to.align.min(from.align), size) {
            let value = self.load_part(from, at, size);
            let value = self.b.opaque(value);
            self.store_part(to, at, size, value);
        }
        self.b.effect(Op::Barrier);
    }

    fn copy_part(&mut self, to: &Spot, from: &Spot, at: u64, size: Size) {
        let value = self.load_part(from, at, size);
        self.store_part(to, at, size, value);
    }

    fn load_part(&mut self, from: &Spot, at: u64, size: Size) -> Value {
        let place = self.address(&from.plus(at.cast_signed()));
        let kind = if size == Size::DW { Type::I64 } else { Type::I32 };
        self.b.push(Op::Load(size, place), kind)
    }

    fn store_part(&mut self, to: &Spot, at: u64, size: Size, value: Value) {
        let place = self.address(&to.plus(at.cast_signed()));
        self.b.effect(Op::Store(size, place, value));
    }

    /// Lists what a type is made of, what is between it too; whether all of it could be listed.
    fn parts(&self, ty: Ty, at: u64, list: &mut Vec<Part>) -> bool {
        if list.len() > PARTS {
            return false;
        }
        if let Some(scalar) = self.types().scalar(ty) {
            list.push((at, scalar.size));
            return true;
        }
        match self.types().bare_kind(ty) {
            TypeKind::Array(element, Some(length)) => {
                let size = self.types().size(*element).unwrap_or(0);
                *length <= PARTS as u64
                    && (0..*length).all(|index| self.parts(*element, at + index * size, list))
            }
            TypeKind::Record(record) => {
                let record = &self.types().records[*record];
                let Some(body) = record.body.as_ref().filter(|_| record.kind == RecordKind::Struct) else {
                    return false;
                };
                let mut end = at;
                for field in &body.fields {
                    let start = at + field.bit_offset / 8;
                    if field.bits.is_some() || !gap(end, start, list) || !self.parts(field.ty, start, list) {
                        return false;
                    }
                    end = start + self.types().size(field.ty).unwrap_or(0);
                }
                gap(end, at + body.size, list)
            }
            _ => false,
        }
    }

    /// Copies bytes of which nothing is known.
    pub(super) fn copy_bytes(&mut self, to: &Spot, from: &Spot, size: u64, overlap: Overlap) {
        let parts = cut(to.align.min(from.align), size);
        if overlap == Overlap::Maybe && parts.len() > AT_ONCE {
            // What lies between: it is read before anything is written.
            let between = self.area_of(size);
            self.copy_bytes(&between, from, size, Overlap::Never);
            return self.copy_bytes(to, &between, size, Overlap::Never);
        }
        if parts.len() > AT_ONCE && self.as_one(to) && self.as_one(from) {
            let (to, from) = (self.address(to), self.address(from));
            return self.b.effect(Op::Copy { to, from, size: size as u32 });
        }
        let (first, rest) = parts.split_at(parts.len().min(AT_ONCE));
        let values: Vec<Value> = first.iter().map(|&(at, size)| self.load_part(from, at, size)).collect();
        for (&(at, size), value) in first.iter().zip(values) {
            self.store_part(to, at, size, value);
        }
        rest.iter().for_each(|&(at, size)| self.copy_part(to, from, at, size));
    }

    /// Whether an area may be accessed as the emitter likes: it is aligned, or its alignment is known there.
    fn as_one(&self, spot: &Spot) -> bool {
        let known = spot.core.is_none() && !spot.hidden;
        known && (spot.align >= 8 || self.b.kind(spot.base) == Type::Ptr(Pointee::Stack))
    }

    pub(super) fn zero_local(&mut self, local: LocalId) {
        let ty = self.local_type(local);
        let spot = self.local(local, ty);
        if let Some(size) = self.types().size(ty) {
            self.zero(&spot, size);
        }
    }

    /// Sets bytes to zero.
    pub(super) fn zero(&mut self, spot: &Spot, size: u64) {
        if self.as_one(spot)
            && let Ok(size) = u32::try_from(size)
        {
            let at = self.address(spot);
            return self.b.effect(Op::Zero(at, size));
        }
        let zero = self.b.constant(0, Type::I64);
        for (at, size) in cut(spot.align, size) {
            self.store_part(spot, at, size, zero);
        }
    }

    /// Sets bytes to one value.
    pub(super) fn fill(&mut self, spot: &Spot, byte: Value, size: u64) {
        let byte = self.b.push(Op::ZeroExtend(Size::B, byte), Type::I64);
        let everywhere = self.b.int(0x0101_0101_0101_0101);
        let pattern = self.b.alu(osmia_isa::AluOp::Mul, byte, everywhere);
        for (at, size) in cut(spot.align, size) {
            self.store_part(spot, at, size, pattern);
        }
    }
}

/// What is between two parts of a record; whether it could be listed.
fn gap(mut from: u64, to: u64, list: &mut Vec<Part>) -> bool {
    while from < to && list.len() <= PARTS {
        let size = largest(align_at(8, from).min(1 << (to - from).ilog2().min(3)));
        list.push((from, size));
        from += u64::from(size.bytes());
    }
    from >= to
}

/// Of what an address is a multiple that lies so many bytes behind one of which that is known.
const fn align_at(align: u64, bytes: u64) -> u64 {
    let own = if bytes == 0 { u64::MAX } else { 1 << bytes.trailing_zeros() };
    if own < align { own } else { align }
}

/// Cuts an area into accesses that are aligned.
pub(super) fn cut(align: u64, size: u64) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < size {
        let piece = largest(align_at(align.clamp(1, 8), at).min(1 << (size - at).ilog2().min(3)));
        parts.push((at, piece));
        at += u64::from(piece.bytes());
    }
    parts
}
