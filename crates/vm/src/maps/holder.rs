//! Arrays of programs, and arrays and hashes of maps: elements that stand for something else.
use super::{Shape, Store, require};
use crate::{Errno, ErrorKind};
use osmia_abi::MapType;
use std::collections::BTreeMap;

#[derive(Debug)]
struct Holder {
    held: BTreeMap<Vec<u8>, usize>,
    entries: u32,
    key: usize,
    hashed: bool,
}

pub(super) fn make(shape: &Shape) -> Result<Box<dyn Store>, ErrorKind> {
    let hashed = shape.kind == MapType::HashOfMaps;
    require(shape.value == 4 && shape.entries > 0 && (shape.key == 4 || hashed && shape.key > 0))?;
    Ok(Box::new(Holder { held: BTreeMap::new(), entries: shape.entries, key: shape.key, hashed }))
}

impl Store for Holder {
    fn delete(&mut self, key: &[u8]) -> Result<(), Errno> {
        self.held.remove(key).map(drop).ok_or(Errno::NoEntry)
    }

    fn clear(&mut self) {
        self.held.clear();
    }

    fn held(&self, key: &[u8]) -> Option<usize> {
        self.held.get(key).copied()
    }

    /// Keys of a hash that are not four bytes long hold the number in the first of them.
    fn hold(&mut self, key: u32, position: usize) -> Result<(), Errno> {
        let full = self.held.len() >= self.entries as usize;
        if (self.hashed && full) || (!self.hashed && key >= self.entries) {
            return Err(Errno::TooBig);
        }
        let mut bytes = key.to_le_bytes().to_vec();
        bytes.resize(self.key, 0);
        self.held.insert(bytes, position);
        Ok(())
    }
}
