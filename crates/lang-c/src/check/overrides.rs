//! What later parts of an initializer undo of earlier ones.
use super::Checker;
use super::initialize::{Filled, Store};
use crate::ast::RecordKind;
use crate::typed::{Place, PlaceKind};
use crate::types::RecordId;
use osmia_base::Span;

/// So many stores may be gone through for what is initialized once more.
const MAX_GONE_THROUGH: usize = 1 << 26;

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
    pub(super) fn begin_anew(&mut self, place: &Place, filled: &mut Filled) {
        if let Some((begin, end)) = self.extent(place) {
            self.forget(place.span, (begin, end), filled);
        }
    }

    /// The same of elements that follow each other.
    pub(super) fn begin_elements_anew(&mut self, first: &Place, last: &Place, filled: &mut Filled) {
        if let (Some((begin, _)), Some((_, end))) = (self.extent(first), self.extent(last)) {
            self.forget(first.span, (begin, end), filled);
        }
    }

    fn forget(&mut self, span: Span, (begin, end): (u64, u64), filled: &mut Filled) {
        if self.furthest(filled).is_none_or(|furthest| furthest < begin) || !self.may_look_back(span, filled)
        {
            return;
        }
        filled.stores.retain(|store| self.begin_of(store.place()).is_none_or(|at| at < begin || at >= end));
        (filled.furthest, filled.looked_at) = (None, 0);
    }

    /// Where the last part begins that something is stored in: most initializers go forward, and undo nothing.
    fn furthest(&self, filled: &mut Filled) -> Option<u64> {
        let new = filled.stores.get(filled.looked_at..).unwrap_or_default();
        let begins = new.iter().filter_map(|store| self.begin_of(store.place()));
        filled.furthest = begins.max().max(filled.furthest);
        filled.looked_at = filled.stores.len();
        filled.furthest
    }

    /// Whether all that is stored may be gone through once more.
    fn may_look_back(&mut self, span: Span, filled: &mut Filled) -> bool {
        let before = filled.gone_through;
        filled.gone_through = before.saturating_add(filled.stores.len());
        if before <= MAX_GONE_THROUGH && filled.gone_through > MAX_GONE_THROUGH {
            self.error(span, "this initializer undoes too much of what it did before".to_owned());
        }
        filled.gone_through <= MAX_GONE_THROUGH
    }

    /// A union holds one member at a time: another one than the last forgets what that held.
    pub(super) fn choose_member(
        &mut self,
        union: &Place,
        record: RecordId,
        index: usize,
        filled: &mut Filled,
    ) {
        if self.types.records[record].kind != RecordKind::Union {
            return;
        }
        let Some((begin, end)) = self.extent(union) else { return };
        if self.furthest(filled).is_none_or(|furthest| furthest < begin)
            || !self.may_look_back(union.span, filled)
        {
            return;
        }
        (filled.furthest, filled.looked_at) = (None, 0);
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
