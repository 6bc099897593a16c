//! What a program has computed before, as long as it still holds.
use super::{Cached, Cx, KNOWN, Known, KnownText, Place};
use crate::lower::memory::Fill;
use crate::typed::MapId;
use osmia_ir::Value;

impl<'a> Cx<'a> {
    /// A value that is computed where it is first needed, and known from there on.
    pub(in crate::lower) fn once(&mut self, what: Cached, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if let Some(&(_, value)) = self.f.cache.iter().find(|(key, _)| *key == what) {
            return value;
        }
        let value = make(self);
        self.f.cache.push((what, value));
        value
    }

    /// A map's value, if it was read on the way here and not written since by this program.
    pub(in crate::lower) fn known_value(&self, map: MapId, key: &str) -> Option<Value> {
        self.f.values.iter().find(|known| known.map == map && known.key == key).map(|known| known.value)
    }

    /// Notes what was read.
    pub(in crate::lower) fn note_value(&mut self, map: MapId, key: String, value: Value) {
        let number = self.f.reads;
        self.f.reads += 1;
        if self.f.values.len() >= KNOWN {
            self.f.values.remove(0);
        }
        self.f.values.push(Known { number, map, key, value });
    }

    /// A map is written: what was read of it is no longer so.
    pub(in crate::lower) fn forget_map(&mut self, map: MapId) {
        self.f.values.retain(|known| known.map != map);
    }

    /// Maps may be written, as in a loop's turns.
    pub(in crate::lower) fn forget_maps(&mut self) {
        self.f.values.clear();
    }

    /// Writes code that may be skipped: what it computes is not known afterwards.
    pub(in crate::lower) fn maybe<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let (known, reads) = (self.f.cache.len(), self.f.reads);
        let result = write(self);
        self.f.cache.truncate(known);
        self.f.values.retain(|value| value.number < reads);
        self.f.texts.retain(|text| text.number < reads);
        result
    }

    /// Where a text is that was read on the way here, and how much of it counts.
    pub(in crate::lower) fn known_text(&self, name: &str) -> Option<(Place, Fill)> {
        self.f.texts.iter().rev().find(|known| known.name == name).map(|known| (known.place, known.fill))
    }

    /// Notes where a text is until the statement ends.
    pub(in crate::lower) fn note_text(&mut self, name: String, place: Place, fill: Fill) {
        let number = self.f.reads;
        self.f.reads += 1;
        self.f.texts.push(KnownText { number, name, place, fill });
    }

    /// Writes code that runs before everything else in this function.
    pub(in crate::lower) fn prologue(&mut self, write: impl FnOnce(&mut Self)) {
        let (here, cache) = (self.b.current(), std::mem::take(&mut self.f.cache));
        let records = std::mem::take(&mut self.f.records);
        self.b.switch_to(self.f.prologue);
        write(self);
        self.f.prologue = self.b.current();
        self.f.cache = cache;
        self.f.records = records;
        self.b.switch_to(here);
    }
}
