//! What later parts of an initializer undo of earlier ones.
use super::Checker;
use super::initialize::{Filled, Store};
use crate::ast::RecordKind;
use crate::typed::{Place, PlaceKind};
use crate::types::RecordId;

impl Store {
    pub(super) const fn place(&self) -> &Place {
        let (Self::Scalar(place, _) | Self::Copy(place, _) | Self::Text(place, _)) = self;
        place
    }

    pub(super) const fn place_mut(&mut self) -> &mut Place {
        let (Self::Scalar(place, _) | Self::Copy(place, _) | Self::Text(place, _)) = self;
        place
    }
}

impl Checker<'_> {
    /// Bits from the variable's begin to a place in it.
    pub(super) fn begin_of(&self, place: &Place) -> Option<u64> {
        let (mut at, mut bits) = (place, 0_u64);
        loop {
            match &at.kind {
                PlaceKind::Field { of, record, index, .. } => {
                    let field = self.types.records[*record].body.as_ref()?.fields.get(*index)?;
                    bits = bits.checked_add(field.bit_offset)?;
                    at = of;
                }
                PlaceKind::Index { of, index, .. } => {
                    let index = u64::try_from(self.fold(index)?).ok()?;
                    bits = bits.checked_add(self.types.size(at.ty)?.checked_mul(index)?.checked_mul(8)?)?;
                    at = of;
                }
                _ => return Some(bits),
            }
        }
    }

    /// Where a place begins and ends, in bits.
    fn extent(&self, place: &Place) -> Option<(u64, u64)> {
        let begin = self.begin_of(place)?;
        let length = match self.bits_of(place) {
            Some(bits) => bits.into(),
            None => self.types.size(place.ty)?.checked_mul(8)?,
        };
        Some((begin, begin.checked_add(length)?))
    }

    /// What is initialized as a whole forgets what its parts were before.
    pub(super) fn begin_anew(&self, place: &Place, filled: &mut Filled) {
        let Some((begin, end)) = self.extent(place) else { return };
        filled.stores.retain(|store| self.begin_of(store.place()).is_none_or(|at| at < begin || at >= end));
    }

    /// A union holds one member at a time: another one than the last forgets what that held.
    pub(super) fn choose_member(&self, union: &Place, record: RecordId, index: usize, filled: &mut Filled) {
        if self.types.records[record].kind != RecordKind::Union {
            return;
        }
        let Some((begin, end)) = self.extent(union) else { return };
        filled.stores.retain(|store| {
            let inside = self.begin_of(store.place()).is_some_and(|at| at >= begin && at < end);
            !inside || !through_another(store.place(), record, index)
        });
    }
}

/// Whether the way to a place goes through another member of this union.
fn through_another(place: &Place, union: RecordId, member: usize) -> bool {
    let mut at = place;
    while let PlaceKind::Field { of, .. } | PlaceKind::Index { of, .. } = &at.kind {
        if matches!(&at.kind, PlaceKind::Field { record, index, .. } if *record == union && *index != member)
        {
            return true;
        }
        at = of;
    }
    false
}
