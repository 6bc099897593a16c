//! Aggregations of keys that found no room in the kernel's maps: the reader keeps them, so that nothing is lost.
use crate::aggregate::RawEntry;
use crate::decode::{NATIVE, to_usize};
use crate::layout::round_up;
use crate::schema::{Aggregation, MapSchema, Schema};
use osmia_base::Bytes;
use std::collections::HashMap;

/// Bytes of a record's header.
const HEADER: u32 = 8;

/// Where the value is in a record that says: this number of this key found no room ([`crate::Verb::Spill`]). Its first word
/// is the number, and a program makes a new element of its map from the same memory. `None` where the number is always 1.
pub const fn spill_value(aggregation: &Aggregation) -> Option<u32> {
    match aggregation {
        Aggregation::Count | Aggregation::Hist { .. } | Aggregation::Lhist { .. } => None,
        _ => Some(HEADER),
    }
}

/// Where the stored key is in such a record: behind the value. It is the last thing in it.
pub fn spill_key(aggregation: &Aggregation) -> u32 {
    HEADER + spill_value(aggregation).map_or(0, |_| round_up(aggregation.size(), 8))
}

/// A value of an aggregation: both words, as a processor of the kernel's would have them.
type Words = [u64; 2];

/// What the reader keeps, by map and stored key.
#[derive(Clone, Debug, Default)]
pub struct Spilled {
    maps: HashMap<usize, HashMap<Box<[u8]>, Words>>,
    arrived: HashMap<usize, u64>,
}

impl Spilled {
    /// Takes what a [`crate::Verb::Spill`] record of the map at this position says; false where the record is too short.
    pub fn take(&mut self, schema: &Schema, map: usize, record: &[u8]) -> bool {
        let Some(description) = schema.maps.get(map) else { return false };
        let Some((key, number)) = parts(description, record) else { return false };
        *self.arrived.entry(map).or_default() += 1;
        let keys = self.maps.entry(map).or_default();
        match keys.get_mut(key) {
            Some(words) => merge(&description.value, words, number),
            None => {
                let mut words = [0; 2];
                merge(&description.value, &mut words, number);
                keys.insert(key.into(), words);
            }
        }
        true
    }

    /// Forgets the key that a [`crate::Verb::Forget`] record names, with all of its buckets.
    pub fn forget(&mut self, schema: &Schema, map: usize, record: &[u8]) {
        let (Some(description), Some(keys)) = (schema.maps.get(map), self.maps.get_mut(&map)) else { return };
        let Some(stored) = key_of(description, record) else { return };
        match description.value.buckets() {
            None => drop(keys.remove(stored)),
            Some(_) => {
                let length = to_usize(description.bucket_offset());
                keys.retain(|key, _| key.get(..length) != stored.get(..length));
            }
        }
    }

    /// Forgets all keys of a map.
    pub fn clear(&mut self, map: usize) {
        self.maps.remove(&map);
    }

    /// Sets all values of a map to zero.
    pub fn zero(&mut self, map: usize) {
        if let Some(keys) = self.maps.get_mut(&map) {
            keys.values_mut().for_each(|words| *words = [0; 2]);
        }
    }

    /// How many records of a map were taken, all in all.
    pub fn arrived(&self, map: usize) -> u64 {
        self.arrived.get(&map).copied().unwrap_or(0)
    }

    /// How many keys of a map are kept here.
    pub fn len(&self, map: usize) -> usize {
        self.maps.get(&map).map_or(0, HashMap::len)
    }

    /// Whether no key of any map is kept here.
    pub fn is_empty(&self) -> bool {
        self.maps.values().all(HashMap::is_empty)
    }

    /// Adds what is kept here to what the kernel has, as if it were one more processor's.
    pub fn add_to(&self, schema: &MapSchema, map: usize, raw: &mut Vec<RawEntry>) {
        let Some(keys) = self.maps.get(&map) else { return };
        let size = to_usize(schema.value.size());
        let bytes = |words: &Words| -> Vec<u8> {
            words.iter().flat_map(|word| word.to_ne_bytes()).take(size).collect()
        };
        let mut rest: HashMap<&[u8], &Words> = keys.iter().map(|(key, words)| (&**key, words)).collect();
        for entry in raw.iter_mut() {
            if let Some(words) = rest.remove(entry.key.as_slice()) {
                entry.values.push(bytes(words));
            }
        }
        raw.extend(
            rest.into_iter().map(|(key, words)| RawEntry { key: key.to_vec(), values: vec![bytes(words)] }),
        );
    }
}

fn key_of<'a>(schema: &MapSchema, record: &'a [u8]) -> Option<&'a [u8]> {
    let start = to_usize(spill_key(&schema.value));
    record.get(start..start + to_usize(schema.stored_key_size()))
}

fn parts<'a>(schema: &MapSchema, record: &'a [u8]) -> Option<(&'a [u8], u64)> {
    let key = key_of(schema, record)?;
    let number = match spill_value(&schema.value) {
        Some(at) => Bytes::new(record, NATIVE).at(to_usize(at)).ok()?.u64().ok()?,
        None => 1,
    };
    Some((key, number))
}

/// What a program does with a processor's own value ([`Aggregation`] says what the words are).
fn merge(aggregation: &Aggregation, words: &mut Words, number: u64) {
    let [value, second] = words;
    let better = |than: u64| match aggregation {
        Aggregation::Min { signed: true } => number.cast_signed() < than.cast_signed(),
        Aggregation::Min { signed: false } => number < than,
        Aggregation::Max { signed: true } => number.cast_signed() > than.cast_signed(),
        _ => number > than,
    };
    match aggregation {
        Aggregation::Min { .. } | Aggregation::Max { .. } => {
            if *second == 0 || better(*value) {
                (*value, *second) = (number, 1);
            }
        }
        Aggregation::Sum { .. } => (*value, *second) = (value.wrapping_add(number), 1),
        Aggregation::Avg { .. } | Aggregation::Stats { .. } => {
            (*value, *second) = (value.wrapping_add(number), second.wrapping_add(1));
        }
        _ => *value = value.wrapping_add(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Cell, Missing, table};
    use crate::schema::{Storage, Type};
    use crate::value::Value;

    fn schema(value: Aggregation) -> Schema {
        let map = MapSchema {
            name: "@".into(),
            map: "AT_".into(),
            storage: Storage::Hash { per_cpu: true },
            key: Some(Type::Int { size: 4, signed: true }),
            value,
        };
        Schema { maps: vec![map], ..Schema::default() }
    }

    fn record(schema: &Schema, key: i32, number: i64) -> Vec<u8> {
        let mut record = vec![0; to_usize(spill_key(&schema.maps[0].value))];
        if let Some(at) = spill_value(&schema.maps[0].value) {
            record[to_usize(at)..][..8].copy_from_slice(&number.to_ne_bytes());
        }
        record.extend(key.to_ne_bytes());
        record
    }

    fn value_of(schema: &Schema, spilled: &Spilled, mut raw: Vec<RawEntry>) -> Vec<(Option<Value>, Cell)> {
        spilled.add_to(&schema.maps[0], 0, &mut raw);
        let table = table(&schema.maps[0], &raw, Missing::Omit).unwrap();
        table.entries.into_iter().map(|entry| (entry.key, entry.cell)).collect()
    }

    const fn int(value: i64) -> Value {
        Value::Int { value, size: 8 }
    }

    fn key(value: i64) -> Option<Value> {
        Some(Value::Int { value, size: 4 })
    }

    #[test]
    fn numbers_are_added_to_what_the_kernel_has() {
        let schema = schema(Aggregation::Sum { signed: true });
        let mut spilled = Spilled::default();
        for (key, number) in [(1, 5), (2, -3), (1, 7)] {
            assert!(spilled.take(&schema, 0, &record(&schema, key, number)));
        }
        let kernel = RawEntry {
            key: 2_i32.to_ne_bytes().to_vec(),
            values: vec![[10_u64, 1].iter().flat_map(|word| word.to_ne_bytes()).collect()],
        };
        let all = value_of(&schema, &spilled, vec![kernel]);
        assert_eq!(all, [(key(2), Cell::Value(int(7))), (key(1), Cell::Value(int(12)))]);
    }

    #[test]
    fn minima_are_kept_and_keys_forgotten() {
        let schema = schema(Aggregation::Min { signed: true });
        let mut spilled = Spilled::default();
        for (key, number) in [(1, 5), (1, -7), (1, 6), (2, 1)] {
            assert!(spilled.take(&schema, 0, &record(&schema, key, number)));
        }
        spilled.forget(&schema, 0, &record(&schema, 2, 0));
        assert_eq!(value_of(&schema, &spilled, Vec::new()), [(key(1), Cell::Value(int(-7)))]);
        spilled.clear(0);
        assert!(spilled.is_empty());
    }

    #[test]
    fn records_that_are_too_short_are_refused() {
        let schema = schema(Aggregation::Count);
        let mut spilled = Spilled::default();
        assert!(!spilled.take(&schema, 0, &record(&schema, 1, 1)[..11]));
        assert!(!spilled.take(&schema, 3, &record(&schema, 1, 1)));
        assert!(spilled.is_empty());
    }
}
