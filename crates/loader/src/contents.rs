//! What maps hold: read whole, emptied, set to zero; and a program's global variables.
use osmia_abi::flags;
use osmia_sys::bpf::{BatchCursor, MapFd};
use osmia_sys::{Errno, MappedArray};

/// One element: its key, and its value on each CPU (just one where CPUs share it).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The key's bytes.
    pub key: Vec<u8>,
    /// The value's bytes, on each possible CPU.
    pub values: Vec<Vec<u8>>,
}

/// All elements of a map.
pub type Entries = Vec<Entry>;

/// How many elements are read by one call.
const BATCH: usize = 1024;

/// All elements of a map: by batches where the kernel can (5.6), else one by one. Elements that come or go meanwhile may
/// be there or not.
pub fn dump(map: &MapFd) -> Result<Entries, Errno> {
    match batches(map) {
        Err(Errno::EINVAL | Errno::EOPNOTSUPP | Errno::ENOTSUPP) => one_by_one(map),
        entries => entries,
    }
}

fn batches(map: &MapFd) -> Result<Entries, Errno> {
    let shape = *map.shape();
    let mut room = BATCH.min(shape.max_entries).max(1);
    let mut entries = Vec::new();
    let mut cursor = BatchCursor::default();
    loop {
        let mut keys = vec![0; room * shape.key_size];
        let mut values = vec![0; room * shape.element_size];
        match map.lookup_batch(&mut cursor, &mut keys, &mut values) {
            Ok(batch) => {
                let keys = keys.chunks_exact(shape.key_size).take(batch.count);
                let pairs = keys.zip(values.chunks_exact(shape.element_size));
                entries.extend(pairs.map(|(key, value)| entry(map, key.to_vec(), value)));
                if batch.end || batch.count == 0 {
                    return Ok(entries);
                }
            }
            // One bucket of the hash has more elements than there is room for.
            Err(Errno::ENOSPC) if room < shape.max_entries => room = (room * 4).min(shape.max_entries),
            Err(errno) => return Err(errno),
        }
    }
}

fn one_by_one(map: &MapFd) -> Result<Entries, Errno> {
    let mut entries = Vec::new();
    for key in map.keys() {
        let key = key?;
        if let Some(value) = map.get(&key)? {
            entries.push(entry(map, key, &value));
        }
    }
    Ok(entries)
}

fn entry(map: &MapFd, key: Vec<u8>, value: &[u8]) -> Entry {
    let size = map.shape().value_size;
    if !map.shape().is_percpu() {
        return Entry { key, values: vec![value.to_vec()] };
    }
    let each = value.chunks_exact(size.next_multiple_of(8).max(8));
    Entry { key, values: each.map(|value| value.get(..size).unwrap_or(value).to_vec()).collect() }
}

/// Deletes all elements; how many there were. Elements of arrays cannot be deleted, and become zero.
pub fn clear(map: &MapFd) -> Result<usize, Errno> {
    let keys: Vec<Vec<u8>> = map.keys().collect::<Result<_, _>>()?;
    let Some(first) = keys.first() else { return Ok(0) };
    match map.delete(first) {
        Ok(()) | Err(Errno::ENOENT) => {}
        Err(Errno::EINVAL) => return zero(map),
        Err(errno) => return Err(errno),
    }
    let rest = keys.get(1..).unwrap_or_default();
    let whole = rest.concat();
    let done = if rest.is_empty() { 0 } else { map.delete_batch(&whole).unwrap_or_else(|(done, _)| done) };
    for key in rest.get(done..).unwrap_or_default() {
        match map.delete(key) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(keys.len())
}

/// Sets all values to zero, and keeps the keys; how many there are.
pub fn zero(map: &MapFd) -> Result<usize, Errno> {
    let value = vec![0; map.shape().element_size];
    // An element that is written moves to the front of its bucket: a walk would come by it again.
    let keys: Vec<Vec<u8>> = map.keys().collect::<Result<_, _>>()?;
    let mut count = 0;
    for key in keys {
        match map.update(&key, &value, flags::EXIST) {
            Ok(()) => count += 1,
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(count)
}

/// A program's global variables (`.bss`, `.data`): written while it runs, through shared memory where the kernel can
/// (5.5), else by updating the map's one element.
#[derive(Debug)]
pub enum Globals {
    /// Shared memory.
    Mapped(MappedArray),
    /// The map.
    Map(MapFd),
}

impl Globals {
    /// The variables in this map.
    pub fn new(map: &MapFd) -> Result<Self, Errno> {
        match MappedArray::new(map) {
            Ok(memory) => Ok(Self::Mapped(memory)),
            Err(_) => map.try_clone().map(Self::Map),
        }
    }

    /// Copies from `offset` on.
    pub fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Errno> {
        match self {
            Self::Mapped(memory) => memory.read(0, offset, into),
            Self::Map(map) => {
                let value = map.get(&[0; 4])?.ok_or(Errno::ENOENT)?;
                let from = value.get(offset..).and_then(|rest| rest.get(..into.len())).ok_or(Errno::E2BIG)?;
                into.copy_from_slice(from);
                Ok(())
            }
        }
    }

    /// Writes from `offset` on. Without shared memory, what programs write at the same moment may be lost.
    pub fn write(&self, offset: usize, from: &[u8]) -> Result<(), Errno> {
        match self {
            Self::Mapped(memory) => memory.write(0, offset, from),
            Self::Map(map) => {
                let mut value = map.get(&[0; 4])?.ok_or(Errno::ENOENT)?;
                let into = value
                    .get_mut(offset..)
                    .and_then(|rest| rest.get_mut(..from.len()))
                    .ok_or(Errno::E2BIG)?;
                into.copy_from_slice(from);
                map.update(&[0; 4], &value, 0)
            }
        }
    }
}
