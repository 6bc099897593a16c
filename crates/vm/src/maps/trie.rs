//! Tries: the value of the longest prefix that fits. A new value of an existing prefix takes a new place, and the old one
//! rests for a while: pointers from before see the old value.
use super::slab::Slab;
use super::{Shape, Store, Values, require};
use crate::{Errno, ErrorKind};
use osmia_abi::flags;
use std::collections::VecDeque;

/// Bytes of a key before the data: the prefix's length in bits.
const HEADER: usize = 4;
/// So many places rest before one is used again.
const RESTING: usize = 16;

#[derive(Debug)]
struct Trie {
    slab: Slab,
    /// Prefix length and data of each slot.
    keys: Vec<Option<(u32, Vec<u8>)>>,
    /// Slots to be used again, the one that is free for longest first.
    free: VecDeque<usize>,
    entries: u32,
    bits: u32,
}

pub(super) fn make(shape: &Shape) -> Result<Box<dyn Store>, ErrorKind> {
    let no_prealloc = shape.flags & flags::NO_PREALLOC != 0;
    require((5..=260).contains(&shape.key) && shape.value > 0 && shape.entries > 0 && no_prealloc)?;
    let bits = (shape.key - HEADER) as u32 * 8;
    Ok(Box::new(Trie {
        slab: Slab::new(shape.value),
        keys: Vec::new(),
        free: VecDeque::new(),
        entries: shape.entries,
        bits,
    }))
}

/// Whether the first `bits` bits are the same.
fn agree(a: &[u8], b: &[u8], bits: u32) -> bool {
    let (whole, rest) = ((bits / 8) as usize, bits % 8);
    let mask = !(0xff_u8.checked_shr(rest).unwrap_or(0));
    let last = |data: &[u8]| data.get(whole).map_or(0, |byte| byte & mask);
    a.get(..whole) == b.get(..whole) && (rest == 0 || last(a) == last(b))
}

fn split(key: &[u8]) -> Option<(u32, &[u8])> {
    let (length, data) = key.split_first_chunk::<HEADER>()?;
    Some((u32::from_le_bytes(*length), data))
}

impl Trie {
    fn exact(&self, length: u32, data: &[u8]) -> Option<usize> {
        self.keys.iter().position(|slot| {
            slot.as_ref().is_some_and(|(own, prefix)| *own == length && agree(prefix, data, length))
        })
    }

    fn valid<'a>(&self, key: &'a [u8]) -> Result<(u32, &'a [u8]), Errno> {
        split(key).filter(|&(length, _)| length <= self.bits).ok_or(Errno::Invalid)
    }

    fn is_full(&self) -> bool {
        self.keys.len() - self.free.len() >= self.entries as usize
    }

    fn insert(&mut self, length: u32, data: &[u8]) -> usize {
        let rested = if self.free.len() > RESTING { self.free.pop_front() } else { None };
        let slot = rested.unwrap_or_else(|| {
            self.keys.push(None);
            self.slab.grow(self.keys.len());
            self.keys.len() - 1
        });
        if let Some(place) = self.keys.get_mut(slot) {
            *place = Some((length, data.to_vec()));
        }
        slot
    }

    fn remove(&mut self, slot: usize) {
        if self.keys.get_mut(slot).and_then(Option::take).is_some() {
            self.free.push_back(slot);
        }
    }
}

impl Store for Trie {
    fn find(&self, key: &[u8], _cpu: u32) -> Option<u64> {
        let (length, data) = self.valid(key).ok()?;
        let fits = |own: u32, prefix: &[u8]| own <= length && agree(prefix, data, own);
        let slots = self.keys.iter().enumerate();
        let slots = slots.filter_map(|(at, slot)| slot.as_ref().map(|(own, prefix)| (at, *own, prefix)));
        let best = slots.filter(|(_, own, prefix)| fits(*own, prefix)).max_by_key(|&(_, own, _)| own)?;
        Some(self.slab.offset(best.0 as u64))
    }

    fn update(&mut self, key: &[u8], values: Values<'_>, flags: u64) -> Result<(), Errno> {
        if flags > flags::EXIST {
            return Err(Errno::Invalid);
        }
        let (length, data) = self.valid(key)?;
        match self.exact(length, data) {
            Some(_) if flags == flags::NOEXIST => return Err(Errno::Exists),
            Some(old) => self.remove(old),
            None if flags == flags::EXIST => return Err(Errno::NoEntry),
            None if self.is_full() => return Err(Errno::NoSpace),
            None => {}
        }
        let slot = self.insert(length, data);
        self.slab.set(slot as u64, values.bytes());
        Ok(())
    }

    fn delete(&mut self, key: &[u8]) -> Result<(), Errno> {
        let (length, data) = self.valid(key)?;
        let slot = self.exact(length, data).ok_or(Errno::NoEntry)?;
        self.remove(slot);
        Ok(())
    }

    fn clear(&mut self) {
        (0..self.keys.len()).for_each(|slot| self.remove(slot));
    }

    fn slots(&self) -> u32 {
        self.keys.len() as u32
    }

    fn slot(&self, slot: u32, _cpu: u32) -> Option<(Vec<u8>, u64)> {
        let (length, data) = self.keys.get(slot as usize)?.as_ref()?;
        let key = [&length.to_le_bytes()[..], data].concat();
        Some((key, self.slab.offset(slot.into())))
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
