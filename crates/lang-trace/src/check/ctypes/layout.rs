//! Where members lie, as the System V ABI and the compilers of C for Linux have it.
use super::LARGEST;
use crate::ast::{CAttributes, CTag};
use osmia_btf::{Enumerator, Member, TypeId};

/// A member that is to be placed.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    /// Empty where it has none.
    pub(super) name: &'a str,
    pub(super) ty: TypeId,
    /// Bytes of its type.
    pub(super) size: u32,
    /// What its type is aligned to.
    pub(super) align: u32,
    /// How wide it is where it is a bit-field.
    pub(super) bits: Option<u8>,
    /// Whether there is no room in front of it.
    pub(super) packed: bool,
    /// What it is to be aligned to, where that is said.
    pub(super) aligned: Option<u32>,
}

/// Where the next member goes.
#[derive(Debug, Default)]
pub(super) struct Layout {
    union: bool,
    pub(super) members: Vec<Member>,
    /// Bits used so far.
    bits: u64,
    /// Of the largest member, in bytes.
    pub(super) align: u32,
    largest: u64,
}

impl Layout {
    /// Nothing is placed yet.
    pub(super) fn of(tag: CTag) -> Self {
        Self { union: tag == CTag::Union, ..Self::default() }
    }

    /// Nothing where the type becomes too large.
    pub(super) fn add(&mut self, placed: &Placed<'_>) -> Option<()> {
        let own = if placed.packed { 1 } else { placed.align.max(1) };
        let align = own.max(placed.aligned.unwrap_or(1));
        let start = if self.union { 0 } else { self.bits };
        let start = placed.aligned.map_or(start, |bytes| start.next_multiple_of(u64::from(bytes) * 8));
        let unit = (u64::from(placed.size) * 8).max(1);
        let at = match placed.bits {
            Some(0) => {
                self.bits = start.next_multiple_of(unit);
                return Some(());
            }
            // A bit-field does not cross a boundary of its type.
            Some(width) if !placed.packed && start / unit != (start + u64::from(width) - 1) / unit => {
                start.next_multiple_of(unit)
            }
            Some(_) => start,
            None => start.next_multiple_of(u64::from(align) * 8),
        };
        // Bits that only fill up leave the whole as it is aligned.
        if placed.bits.is_none() || !placed.name.is_empty() {
            self.align = self.align.max(align);
        }
        let width = placed.bits.map_or(u64::from(placed.size) * 8, u64::from);
        self.bits = at + width;
        self.largest = self.largest.max(self.bits);
        if placed.bits.is_none() || !placed.name.is_empty() {
            let bit_offset = u32::try_from(at).ok()?;
            let name = placed.name.to_owned();
            self.members.push(Member { name, ty: placed.ty, bit_offset, bit_size: placed.bits });
        }
        (self.bits <= u64::from(LARGEST) * 8).then_some(())
    }

    /// In bytes.
    pub(super) fn size(&self) -> Option<u32> {
        let bits = if self.union { self.largest } else { self.bits };
        let bytes = bits.div_ceil(8).next_multiple_of(self.align.max(1).into());
        u32::try_from(bytes).ok().filter(|size| *size <= LARGEST)
    }
}

/// Bytes of an enumeration whose type nobody names: those of `int`, or as many as its numbers need.
pub(super) fn enumeration(values: &[Enumerator], attributes: &CAttributes) -> u32 {
    let least = if attributes.packed { 1 } else { 4 };
    let signed = values.iter().any(|value| value.value < 0);
    let needed = |value: i64| match signed {
        true => 65 - value.unsigned_abs().saturating_sub(u64::from(value < 0)).leading_zeros(),
        false => 64 - value.cast_unsigned().leading_zeros(),
    };
    let bits = values.iter().map(|value| needed(value.value)).max().unwrap_or(0);
    bits.div_ceil(8).next_power_of_two().clamp(least, 8)
}
