//! Where one part of a map meets the next.
use std::collections::HashSet;

/// The keys of what was read beyond a part's end.
#[derive(Debug, Default)]
pub(super) struct Seam {
    keys: HashSet<Box<[u8]>>,
    /// The place up to which it was read: no later one has any of these keys.
    until: u32,
}

impl Seam {
    /// What comes now was read from this place on.
    pub(super) fn begin(&mut self, place: u32) {
        if place >= self.until {
            self.keys.clear();
        }
    }

    /// Whether the element with this key has been there.
    pub(super) fn has(&self, key: &[u8]) -> bool {
        !self.keys.is_empty() && self.keys.contains(key)
    }

    /// These were read up to this place, and their part has ended somewhere before it.
    pub(super) fn keep<'a>(&mut self, until: u32, keys: impl Iterator<Item = &'a [u8]>) {
        self.keys.extend(keys.map(Into::into));
        self.until = self.until.max(until);
    }
}
