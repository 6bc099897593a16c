//! Hashes: plain, with values for each CPU, and those that forget what was used longest ago.
//!
//! A removed element's memory stays what it is until another element takes it, as in the kernel: a pointer into it can
//! still be used. To set a value of an existing key takes a new place, so a pointer from before sees the old value; only
//! per-CPU values are overwritten where they are.
use super::recency::Recency;
use super::slab::Slab;
use super::{Shape, Store, Values, require};
use crate::{Errno, ErrorKind};
use osmia_abi::{MapType, flags};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Without a seed: the same run gives the same order.
type Index = HashMap<Box<[u8]>, u32, BuildHasherDefault<DefaultHasher>>;

#[derive(Debug)]
struct Hash {
    slab: Slab,
    index: Index,
    /// The key that each slot holds.
    keys: Vec<Option<Box<[u8]>>>,
    /// Slots to be used again, the last one first.
    free: Vec<u32>,
    /// The slot that the next new value of an existing key takes.
    spare: Option<u32>,
    entries: u32,
    /// Values of an element: one, or one for each CPU.
    copies: u32,
    percpu: bool,
    recency: Option<Recency>,
}

pub(super) fn make(shape: &Shape) -> Result<Box<dyn Store>, ErrorKind> {
    require(shape.key > 0 && shape.value > 0 && shape.entries > 0)?;
    let percpu = matches!(shape.kind, MapType::PercpuHash | MapType::LruPercpuHash);
    let forgets = matches!(shape.kind, MapType::LruHash | MapType::LruPercpuHash);
    Ok(Box::new(Hash {
        slab: Slab::new(shape.value),
        index: Index::default(),
        keys: Vec::new(),
        free: Vec::new(),
        spare: None,
        entries: shape.entries,
        copies: if percpu { shape.cpus } else { 1 },
        percpu,
        recency: forgets.then(Recency::default),
    }))
}

impl Hash {
    const fn place(&self, slot: u32, cpu: u32) -> u64 {
        slot as u64 * self.copies as u64 + (cpu % self.copies) as u64
    }

    fn offset(&self, slot: u32, cpu: u32) -> u64 {
        self.slab.offset(self.place(slot, cpu))
    }

    /// A slot that was never used.
    fn new_slot(&mut self) -> u32 {
        let slot = self.keys.len() as u32;
        self.keys.push(None);
        self.slab.grow(self.keys.len() * self.copies as usize);
        slot
    }

    /// A slot for a new key; a full hash forgets one, or refuses.
    fn allocate(&mut self) -> Result<u32, Errno> {
        if self.index.len() >= self.entries as usize {
            let oldest = self.recency.as_ref().and_then(Recency::oldest).ok_or(Errno::TooBig)?;
            self.remove(oldest);
        }
        Ok(self.free.pop().unwrap_or_else(|| self.new_slot()))
    }

    fn remove(&mut self, slot: u32) {
        if let Some(key) = self.keys.get_mut(slot as usize).and_then(Option::take) {
            self.index.remove(&key);
            self.free.push(slot);
        }
        if let Some(recency) = &mut self.recency {
            recency.forget(slot);
        }
    }

    fn touch(&mut self, slot: u32) {
        if let Some(recency) = &mut self.recency {
            recency.touch(slot);
        }
    }

    fn write(&mut self, slot: u32, values: Values<'_>) {
        for cpu in (0..self.copies).filter(|&cpu| !self.percpu || values.is_for(cpu)) {
            let place = self.place(slot, cpu);
            self.slab.set(place, values.bytes());
        }
    }

    fn insert(&mut self, key: &[u8], values: Values<'_>) -> Result<(), Errno> {
        let slot = self.allocate()?;
        for cpu in 0..self.copies {
            let place = self.place(slot, cpu);
            self.slab.zero(place);
        }
        self.write(slot, values);
        self.put(key, slot);
        Ok(())
    }

    fn put(&mut self, key: &[u8], slot: u32) {
        let key: Box<[u8]> = key.into();
        if let Some(place) = self.keys.get_mut(slot as usize) {
            *place = Some(key.clone());
        }
        self.index.insert(key, slot);
        self.touch(slot);
    }

    /// A new value for a key that is there.
    fn replace(&mut self, key: &[u8], old: u32, values: Values<'_>) {
        if self.percpu {
            self.write(old, values);
            return self.touch(old);
        }
        let slot = self.spare.take().unwrap_or_else(|| self.new_slot());
        self.write(slot, values);
        self.put(key, slot);
        if let Some(place) = self.keys.get_mut(old as usize) {
            *place = None;
        }
        if let Some(recency) = &mut self.recency {
            recency.forget(old);
        }
        self.spare = Some(old);
    }
}

impl Store for Hash {
    fn lookup(&mut self, key: &[u8], cpu: u32) -> Option<u64> {
        let slot = self.index.get(key).copied()?;
        self.touch(slot);
        Some(self.offset(slot, cpu))
    }

    fn find(&self, key: &[u8], cpu: u32) -> Option<u64> {
        self.index.get(key).map(|&slot| self.offset(slot, cpu))
    }

    fn update(&mut self, key: &[u8], values: Values<'_>, flags: u64) -> Result<(), Errno> {
        if flags > flags::EXIST {
            return Err(Errno::Invalid);
        }
        match self.index.get(key).copied() {
            Some(_) if flags == flags::NOEXIST => Err(Errno::Exists),
            Some(slot) => {
                self.replace(key, slot, values);
                Ok(())
            }
            None if flags == flags::EXIST => Err(Errno::NoEntry),
            None => self.insert(key, values),
        }
    }

    fn delete(&mut self, key: &[u8]) -> Result<(), Errno> {
        let slot = self.index.get(key).copied().ok_or(Errno::NoEntry)?;
        self.remove(slot);
        Ok(())
    }

    fn clear(&mut self) {
        (0..self.slots()).for_each(|slot| self.remove(slot));
    }

    fn slots(&self) -> u32 {
        self.keys.len() as u32
    }

    fn slot(&self, slot: u32, cpu: u32) -> Option<(Vec<u8>, u64)> {
        let key = self.keys.get(slot as usize)?.as_deref()?;
        Some((key.to_vec(), self.offset(slot, cpu)))
    }

    fn is_percpu(&self) -> bool {
        self.percpu
    }

    fn bytes(&self, offset: u64, len: usize) -> Option<&[u8]> {
        self.slab.get(offset, len)
    }

    fn bytes_mut(&mut self, offset: u64, len: usize) -> Option<&mut [u8]> {
        self.slab.get_mut(offset, len)
    }

    fn within(&self, offset: u64) -> u64 {
        self.slab.within(offset)
    }
}
