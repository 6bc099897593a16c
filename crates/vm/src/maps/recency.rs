//! Which slots were used last.
use std::collections::BTreeMap;

/// Slots in the order of their last use.
#[derive(Clone, Debug, Default)]
pub(super) struct Recency {
    now: u64,
    used: Vec<u64>,
    order: BTreeMap<u64, u32>,
}

impl Recency {
    /// The slot was used now.
    pub(super) fn touch(&mut self, slot: u32) {
        self.forget(slot);
        self.now += 1;
        let at = slot as usize;
        if self.used.len() <= at {
            self.used.resize(at + 1, 0);
        }
        if let Some(used) = self.used.get_mut(at) {
            *used = self.now;
        }
        self.order.insert(self.now, slot);
    }

    /// The slot is free.
    pub(super) fn forget(&mut self, slot: u32) {
        if let Some(used) = self.used.get(slot as usize) {
            self.order.remove(used);
        }
    }

    /// The slot whose last use is longest ago.
    pub(super) fn oldest(&self) -> Option<u32> {
        self.order.first_key_value().map(|(_, &slot)| slot)
    }
}
