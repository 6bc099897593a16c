//! What variables of the program hold at first, as bytes and addresses; texts.
use super::Checker;
use super::constant::{Address, Origin};
use super::initialize::Store;
use crate::ast::Basic;
use crate::typed::{Expr, Global, GlobalAddress, GlobalData, GlobalId, Linkage, Place, PlaceKind, Symbol};
use crate::types::{Ty, TypeKind};
use osmia_base::Span;

/// The most bytes that one variable may have.
const MAX_SIZE: u64 = 1 << 28;

/// The most bytes that all of them may have.
const MAX_TOTAL: u64 = 1 << 30;

impl Checker<'_> {
    /// As many zeros as a type has bytes.
    pub(super) fn zeros(&mut self, ty: Ty, span: Span) -> Option<Vec<u8>> {
        let size = self.size_of(ty, span)?;
        self.data_size = self.data_size.saturating_add(size);
        if size > MAX_SIZE || self.data_size > MAX_TOTAL {
            self.error(span, format!("{size} bytes are more than the data of a program may have"));
            return None;
        }
        Some(vec![0; usize::try_from(size).ok()?])
    }

    /// What stores make of zeros.
    pub(super) fn data(&mut self, bytes: Vec<u8>, stores: Vec<Store>) -> GlobalData {
        let mut data = GlobalData { bytes, addresses: Vec::new() };
        for store in stores {
            match store {
                Store::Scalar(place, value) => self.data_scalar(&place, &value, &mut data),
                Store::Copy(place, from) => self.data_copy(&place, &from, &mut data),
                Store::Text(place, text) => {
                    if let Some(at) = self.data_place(&place) {
                        write(&mut data, at, &text);
                    }
                }
            }
        }
        data.addresses.sort_by_key(|(at, _)| *at);
        data
    }

    fn data_place(&mut self, place: &Place) -> Option<usize> {
        let address = self.known_place(place)?;
        usize::try_from(address.offset).ok().filter(|at| (*at as u64) < MAX_SIZE)
    }

    fn not_constant(&mut self, span: Span) {
        self.error(
            span,
            "what a variable of the program holds at first is known when it is compiled, and this is not"
                .to_owned(),
        );
    }

    fn data_scalar(&mut self, place: &Place, value: &Expr, data: &mut GlobalData) {
        let Some(at) = self.data_place(place) else { return };
        let Some(size) = self.types.size(place.ty).and_then(|size| usize::try_from(size).ok()) else {
            return;
        };
        match self.known(value) {
            Some(Address { origin: Origin::Zero, offset }) => match self.bits_of(place) {
                Some(bits) => write_bits(data, at, self.first_bit(place), bits, offset),
                None => write(data, at, offset.to_le_bytes().get(..size).unwrap_or(&[])),
            },
            Some(Address { origin: Origin::Global(global), offset }) if size == 8 => {
                write(data, at, &[0; 8]);
                data.addresses.push((at as u64, GlobalAddress::Global(global, offset)));
            }
            Some(Address { origin: Origin::Function(function), offset: 0 }) if size == 8 => {
                write(data, at, &[0; 8]);
                data.addresses.push((at as u64, GlobalAddress::Function(function)));
            }
            _ => self.not_constant(value.span),
        }
    }

    /// Where the bits of a bit-field begin in its first byte.
    fn first_bit(&self, place: &Place) -> u32 {
        match &place.kind {
            PlaceKind::Field { record, index, .. } => self.types.records[*record]
                .body
                .as_ref()
                .and_then(|body| body.fields.get(*index))
                .map_or(0, |field| (field.bit_offset % 8) as u32),
            _ => 0,
        }
    }

    fn data_copy(&mut self, place: &Place, from: &Place, data: &mut GlobalData) {
        let source = match from.kind {
            PlaceKind::Global(global) if self.globals[global].name.is_none() => {
                self.globals[global].data.clone()
            }
            _ => None,
        };
        let (Some(source), Some(at)) = (source, self.data_place(place)) else {
            return self.not_constant(from.span);
        };
        write(data, at, &source.bytes);
        data.addresses.extend(source.addresses.into_iter().map(|(by, address)| (at as u64 + by, address)));
    }

    /// A text as an array of characters; equal texts are one.
    pub(super) fn string(&mut self, text: &[u8], span: Span) -> Place {
        let mut bytes = text.to_vec();
        bytes.push(0);
        let global = self.text_global(bytes, span);
        Place { kind: PlaceKind::Global(global), ty: self.globals[global].ty, span }
    }

    /// Bytes that no name leads to.
    pub(super) fn text_global(&mut self, bytes: Vec<u8>, span: Span) -> GlobalId {
        if let Some(&global) = self.texts.get(&bytes) {
            return global;
        }
        let char_ = self.types.basic(Basic::Char);
        let ty = self.types.add(TypeKind::Array(char_, Some(bytes.len() as u64)));
        let data = Some(GlobalData { bytes: bytes.clone(), addresses: Vec::new() });
        let symbol = Symbol { linkage: Linkage::Static, span, ..Symbol::default() };
        let global = self.globals.push(Global { name: None, symbol, ty, data });
        self.texts.insert(bytes, global);
        global
    }
}

/// Bytes over what was there; data that a member without a length is given makes it longer.
fn write(data: &mut GlobalData, at: usize, bytes: &[u8]) {
    let end = at.saturating_add(bytes.len());
    if data.bytes.len() < end {
        data.bytes.resize(end, 0);
    }
    if let Some(room) = data.bytes.get_mut(at..end) {
        room.copy_from_slice(bytes);
    }
    let (first, behind) = (at as u64, end as u64);
    data.addresses.retain(|(address, _)| *address >= behind || *address + 8 <= first);
}

fn write_bits(data: &mut GlobalData, at: usize, first: u32, bits: u32, value: i64) {
    for bit in 0..bits.min(64) {
        let to = (first + bit) as usize;
        let Some(byte) = data.bytes.get_mut(at + to / 8) else { return };
        let mask = 1_u8 << (to % 8);
        if value >> bit & 1 == 0 { *byte &= !mask } else { *byte |= mask }
    }
}
