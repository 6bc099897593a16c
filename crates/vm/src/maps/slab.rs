//! Values of one size, with addresses that leave room between them: what runs past a value's end hits nothing.

/// Values, one after the other. Offsets step by a power of two greater than the value's size.
#[derive(Clone, Debug)]
pub(super) struct Slab {
    size: usize,
    shift: u32,
    bytes: Vec<u8>,
}

impl Slab {
    /// No values yet.
    pub(super) const fn new(size: usize) -> Self {
        Self { size, shift: (size as u64 + 1).next_power_of_two().trailing_zeros(), bytes: Vec::new() }
    }

    /// At least so many values, new ones zero.
    pub(super) fn grow(&mut self, count: usize) {
        let wanted = count.saturating_mul(self.size);
        if self.bytes.is_empty() {
            self.bytes = vec![0; wanted]; // memory of zeros costs nothing until it is used
        } else if wanted > self.bytes.len() {
            self.bytes.resize(wanted, 0);
        }
    }

    /// The offset of a value.
    pub(super) const fn offset(&self, index: u64) -> u64 {
        index << self.shift
    }

    /// How far into a value an offset is.
    pub(super) const fn within(&self, offset: u64) -> u64 {
        offset & ((1 << self.shift) - 1)
    }

    fn range(&self, offset: u64, len: usize) -> Option<std::ops::Range<usize>> {
        let within = self.within(offset) as usize;
        if within.checked_add(len)? > self.size {
            return None;
        }
        let start = ((offset >> self.shift) as usize).checked_mul(self.size)?.checked_add(within)?;
        Some(start..start + len)
    }

    pub(super) fn get(&self, offset: u64, len: usize) -> Option<&[u8]> {
        self.bytes.get(self.range(offset, len)?)
    }

    pub(super) fn get_mut(&mut self, offset: u64, len: usize) -> Option<&mut [u8]> {
        let range = self.range(offset, len)?;
        self.bytes.get_mut(range)
    }

    /// Overwrites a value.
    pub(super) fn set(&mut self, index: u64, value: &[u8]) {
        let offset = self.offset(index);
        if let Some(place) = self.get_mut(offset, self.size) {
            place.iter_mut().zip(value).for_each(|(place, &byte)| *place = byte);
        }
    }

    /// Makes a value zero.
    pub(super) fn zero(&mut self, index: u64) {
        let offset = self.offset(index);
        if let Some(place) = self.get_mut(offset, self.size) {
            place.fill(0);
        }
    }

    /// Makes all values zero.
    pub(super) fn clear(&mut self) {
        self.bytes.fill(0);
    }
}
