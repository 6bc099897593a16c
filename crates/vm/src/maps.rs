//! Maps: one store for each kind, and the table of them.
mod array;
mod hash;
mod holder;
mod perf;
mod queue;
mod recency;
mod ring;
mod slab;
mod stack_trace;
mod trie;

use crate::{Errno, Error, ErrorKind, Record};
use osmia_abi::MapType;
use osmia_object::ImageMap;
use std::fmt;

pub(crate) use perf::Perf;
pub(crate) use ring::Ring;

/// Sizes and limits of a map to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) kind: MapType,
    pub(crate) key: usize,
    pub(crate) value: usize,
    pub(crate) entries: u32,
    pub(crate) flags: u32,
    pub(crate) cpus: u32,
    pub(crate) perf_buffer: u32,
}

impl Shape {
    /// Whether each CPU has values of its own.
    pub(crate) const fn is_percpu(&self) -> bool {
        matches!(self.kind, MapType::PercpuHash | MapType::PercpuArray | MapType::LruPercpuHash)
    }
}

/// A value to be written, and for which CPUs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Values<'a> {
    /// By a program: for the CPU that runs.
    Own(&'a [u8], u32),
    /// By user space: the same for all.
    All(&'a [u8]),
}

impl<'a> Values<'a> {
    /// The bytes.
    pub(crate) const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Own(bytes, _) | Self::All(bytes) => bytes,
        }
    }

    /// Whether they are for this CPU.
    pub(crate) const fn is_for(self, cpu: u32) -> bool {
        match self {
            Self::Own(_, own) => own == cpu,
            Self::All(_) => true,
        }
    }
}

/// One kind of map. Values have addresses: offsets in a region of the map's own.
///
/// What a kind does not do is refused as the kernel refuses it.
pub(crate) trait Store: fmt::Debug + Send {
    /// Where the value of `key` is for a CPU. A program's lookup makes the key recently used.
    fn lookup(&mut self, key: &[u8], cpu: u32) -> Option<u64> {
        self.find(key, cpu)
    }

    /// The same without a trace.
    fn find(&self, _key: &[u8], _cpu: u32) -> Option<u64> {
        None
    }

    fn update(&mut self, _key: &[u8], _values: Values<'_>, _flags: u64) -> Result<(), Errno> {
        Err(Errno::Invalid)
    }

    fn delete(&mut self, _key: &[u8]) -> Result<(), Errno> {
        Err(Errno::Invalid)
    }

    /// Removes or zeroes everything.
    fn clear(&mut self);

    /// How many places there are to be asked for by [`Store::slot`].
    fn slots(&self) -> u32 {
        0
    }

    /// The key and the value's offset of a place, if something is there.
    fn slot(&self, _slot: u32, _cpu: u32) -> Option<(Vec<u8>, u64)> {
        None
    }

    /// Whether each CPU has values of its own.
    fn is_percpu(&self) -> bool {
        false
    }

    /// `len` bytes at an offset, if all are in one value.
    fn bytes(&self, _offset: u64, _len: usize) -> Option<&[u8]> {
        None
    }

    fn bytes_mut(&mut self, _offset: u64, _len: usize) -> Option<&mut [u8]> {
        None
    }

    /// How far into a value an offset is, for messages.
    fn within(&self, offset: u64) -> u64 {
        offset
    }

    /// Queues and stacks.
    fn push(&mut self, _value: &[u8], _flags: u64) -> Result<(), Errno> {
        Err(Errno::Invalid)
    }

    /// The next value, which is removed.
    fn pop(&mut self) -> Result<Vec<u8>, Errno> {
        Err(Errno::Invalid)
    }

    /// The next value.
    fn peek(&self) -> Result<Vec<u8>, Errno> {
        Err(Errno::Invalid)
    }

    /// The map or program that an element stands for, by position in the image.
    fn held(&self, _key: &[u8]) -> Option<usize> {
        None
    }

    /// Puts a map or program into an element.
    fn hold(&mut self, _key: u32, _position: usize) -> Result<(), Errno> {
        Err(Errno::Invalid)
    }

    fn ring(&mut self) -> Option<&mut Ring> {
        None
    }

    fn perf(&mut self) -> Option<&mut Perf> {
        None
    }

    /// Takes what was sent; `map` is this map's position.
    fn take_records(&mut self, _map: usize) -> Vec<Record> {
        Vec::new()
    }

    /// How many records were lost.
    fn dropped(&self) -> u64 {
        0
    }
}

type Make = fn(&Shape) -> Result<Box<dyn Store>, ErrorKind>;

/// Every kind of map, and what makes one.
const STORES: &[(MapType, Make)] = &[
    (MapType::Hash, hash::make),
    (MapType::PercpuHash, hash::make),
    (MapType::LruHash, hash::make),
    (MapType::LruPercpuHash, hash::make),
    (MapType::Array, array::make),
    (MapType::PercpuArray, array::make),
    (MapType::Ringbuf, ring::make),
    (MapType::PerfEventArray, perf::make),
    (MapType::StackTrace, stack_trace::make),
    (MapType::Queue, queue::make),
    (MapType::Stack, queue::make),
    (MapType::LpmTrie, trie::make),
    (MapType::ProgArray, holder::make),
    (MapType::ArrayOfMaps, holder::make),
    (MapType::HashOfMaps, holder::make),
];

/// The empty map.
pub(crate) fn make(shape: &Shape) -> Result<Box<dyn Store>, ErrorKind> {
    match STORES.iter().find(|(kind, _)| *kind == shape.kind) {
        Some((_, make)) => make(shape),
        None => Err(ErrorKind::MapKind(shape.kind)),
    }
}

/// What stands for a map that is only a pattern for others.
pub(crate) fn nothing() -> Box<dyn Store> {
    Box::new(stack_trace::StackTrace)
}

/// The map with what it holds from the start.
pub(crate) fn make_filled(map: &ImageMap, shape: &Shape) -> Result<Box<dyn Store>, Error> {
    let error = |kind| Error { map: map.name.clone(), kind };
    let mut store = make(shape).map_err(error)?;
    for (key, value) in &map.initial {
        if key.len() != shape.key || value.len() != shape.value {
            return Err(error(ErrorKind::Map(Errno::Invalid)));
        }
        store.update(key, Values::All(value), 0).map_err(|errno| error(ErrorKind::Map(errno)))?;
    }
    for &(key, position) in &map.slots {
        store.hold(key, position).map_err(|errno| error(ErrorKind::Map(errno)))?;
    }
    Ok(store)
}

/// The rule that the kernel's maps of this kind have, or `EINVAL`.
fn require(holds: bool) -> Result<(), ErrorKind> {
    if holds { Ok(()) } else { Err(ErrorKind::Map(Errno::Invalid)) }
}

/// A key of four bytes as a number.
fn number(key: &[u8]) -> Option<u32> {
    key.try_into().ok().map(u32::from_le_bytes)
}
