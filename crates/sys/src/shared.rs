//! Variables that this process and programs in the kernel see at the same time, typed.
//!
//! Nobody can be kept from writing meanwhile, so there are no plain references to values: [`Shared`] copies them in and out,
//! by atomic accesses. Types of values are plain ([`Pod`]): whatever bytes the other side writes are a value.
use crate::bpf::MapFd;
use crate::mapping::{self, Mapping};
use crate::{Errno, page_size};
use bytemuck::{Pod, Zeroable};
use osmia_abi::{MapType, flags};
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// What may be done with variables.
pub trait Access {
    /// Whether they may be written.
    const WRITES: bool;
}

/// Reading and writing.
#[derive(Clone, Copy, Debug)]
pub enum ReadWrite {}

/// Only reading: what is frozen.
#[derive(Clone, Copy, Debug)]
pub enum ReadOnly {}

impl Access for ReadWrite {
    const WRITES: bool = true;
}

impl Access for ReadOnly {
    const WRITES: bool = false;
}

/// A `_Bool` of a program's. Memory may hold any byte; what is not 0 is true.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Bool(u8);

impl Bool {
    /// Whether it is true.
    pub const fn get(self) -> bool {
        self.0 != 0
    }

    /// The same, or `None` for a byte that is neither 0 nor 1: no program wrote a boolean there.
    pub const fn checked(self) -> Option<bool> {
        match self.0 {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl From<bool> for Bool {
    fn from(value: bool) -> Self {
        Self(u8::from(value))
    }
}

impl From<Bool> for bool {
    fn from(value: Bool) -> Self {
        value.get()
    }
}

impl fmt::Debug for Bool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.checked() {
            Some(value) => value.fmt(f),
            None => write!(f, "Bool({})", self.0),
        }
    }
}

/// One variable in memory that others may write at any time. Values of one, two, four and eight aligned bytes are read and
/// written whole; larger ones in words, so that a reader may see a part of what another one writes.
#[repr(transparent)]
pub struct Shared<T: Pod, A = ReadWrite> {
    value: UnsafeCell<T>,
    access: PhantomData<fn() -> A>,
}

// SAFETY: the value is only touched through atomics, and is plain bytes.
unsafe impl<T: Pod, A> Sync for Shared<T, A> {}

impl<T: Pod, A> Shared<T, A> {
    /// A copy of the value.
    pub fn get(&self) -> T {
        let mut value = T::zeroed();
        // SAFETY: `self` is as long as `T`, lives, and is only touched through atomics.
        unsafe { load(self.value.get().cast(), bytemuck::bytes_of_mut(&mut value)) };
        value
    }

    /// A part of the value, such as a member, at this many bytes from its start; `None` where it is not inside or not aligned.
    pub fn part<U: Pod>(&self, offset: usize) -> Option<&Shared<U, A>> {
        if offset.checked_add(size_of::<U>())? > size_of::<T>() {
            return None;
        }
        // SAFETY: inside of the value, as was just checked.
        let part = unsafe { self.value.get().cast::<u8>().add(offset) }.cast::<Shared<U, A>>();
        // SAFETY: inside and aligned; any bytes are a `U`, `Shared` is nothing but it, and lives as long as `self`.
        part.is_aligned().then(|| unsafe { &*part })
    }
}

impl<T: Pod> Shared<T> {
    /// Writes the value.
    pub fn set(&self, value: T) {
        // SAFETY: as in `get`; whoever makes a `Shared` that may write has memory that may be written.
        unsafe { store(self.value.get().cast(), bytemuck::bytes_of(&value)) };
    }
}

impl<T: Pod, const N: usize, A> Shared<[T; N], A> {
    /// The elements.
    pub const fn each(&self) -> &[Shared<T, A>; N] {
        // SAFETY: an array of cells lies as a cell of an array does.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }
}

impl<T: Pod + fmt::Debug, A> fmt::Debug for Shared<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// The widest access that an address and what is left allow.
fn width(address: usize, left: usize) -> usize {
    [8, 4, 2].into_iter().find(|width| address.is_multiple_of(*width) && left >= *width).unwrap_or(1)
}

/// # Safety
/// `from` points to as many bytes as `into` has, which live and are only touched through atomics.
unsafe fn load(from: *mut u8, into: &mut [u8]) {
    let mut at = 0;
    while at < into.len() {
        let width = width(from.addr() + at, into.len() - at);
        // SAFETY: inside, by the caller's word, and aligned for its width.
        let word = unsafe {
            let place = from.add(at);
            match width {
                8 => AtomicU64::from_ptr(place.cast()).load(Ordering::Relaxed).to_ne_bytes(),
                4 => widen(AtomicU32::from_ptr(place.cast()).load(Ordering::Relaxed).to_ne_bytes()),
                2 => widen(AtomicU16::from_ptr(place.cast()).load(Ordering::Relaxed).to_ne_bytes()),
                _ => widen([AtomicU8::from_ptr(place).load(Ordering::Relaxed)]),
            }
        };
        into[at..at + width].copy_from_slice(&word[..width]);
        at += width;
    }
}

fn widen<const N: usize>(bytes: [u8; N]) -> [u8; 8] {
    let mut word = [0; 8];
    word[..N].copy_from_slice(&bytes);
    word
}

/// # Safety
/// `into` points to as many bytes as `from` has, which live, may be written and are only touched through atomics.
unsafe fn store(into: *mut u8, from: &[u8]) {
    let mut at = 0;
    while at < from.len() {
        let width = width(into.addr() + at, from.len() - at);
        let mut word = [0; 8];
        word[..width].copy_from_slice(&from[at..at + width]);
        let [a, b, c, d, ..] = word;
        // SAFETY: inside, by the caller's word, and aligned for its width.
        unsafe {
            let place = into.add(at);
            match width {
                8 => AtomicU64::from_ptr(place.cast()).store(u64::from_ne_bytes(word), Ordering::Relaxed),
                4 => AtomicU32::from_ptr(place.cast())
                    .store(u32::from_ne_bytes([a, b, c, d]), Ordering::Relaxed),
                2 => AtomicU16::from_ptr(place.cast()).store(u16::from_ne_bytes([a, b]), Ordering::Relaxed),
                _ => AtomicU8::from_ptr(place).store(a, Ordering::Relaxed),
            }
        }
        at += width;
    }
}

/// The variables of a section, one after the other. Made by [`crate::variables`] alone.
///
/// # Safety
/// The type is nothing but [`Shared`] values, `repr(C)`, and writes only if [`Self::WRITES`] says so.
pub unsafe trait Variables {
    /// Whether they may be written.
    const WRITES: bool;
}

/// Declares the variables of a section: a structure whose fields are [`Shared`], generic over what may be
/// done with them.
#[macro_export]
macro_rules! variables {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $(pub $field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[repr(C)]
        $vis struct $name<A = $crate::ReadWrite> {
            $(
                #[allow(missing_docs, reason = "named by the program's author")]
                pub $field: $crate::Shared<$ty, A>,
            )*
        }

        // SAFETY: the fields are `Shared`, and they write if `A` does.
        unsafe impl<A: $crate::Access> $crate::Variables for $name<A> {
            const WRITES: bool = A::WRITES;
        }
    };
}

/// Memory for variables.
#[derive(Debug)]
pub struct Memory {
    mapping: Mapping,
    len: usize,
    writable: bool,
}

impl Memory {
    /// Memory of this process alone, with these bytes in it.
    pub fn private(bytes: &[u8]) -> Result<Arc<Self>, Errno> {
        let len = bytes.len().max(1).next_multiple_of(page_size());
        let memory = Self { mapping: Mapping::anonymous(len)?, len: bytes.len(), writable: true };
        // SAFETY: the mapping is at least as long, ours, and only touched through atomics.
        unsafe { store(memory.mapping.pointer(), bytes) };
        Ok(Arc::new(memory))
    }

    /// The memory of an array with `MMAPABLE`, to read only, or to write too. What is frozen can only be read.
    pub fn of_map(map: &MapFd, writable: bool) -> Result<Arc<Self>, Errno> {
        let shape = map.shape();
        if shape.kind != MapType::Array.raw() || shape.flags & flags::MMAPABLE == 0 {
            return Err(Errno::EINVAL);
        }
        let len = stride(map).checked_mul(shape.max_entries).ok_or(Errno::EOVERFLOW)?;
        let access = if writable { mapping::Access::ReadWrite } else { mapping::Access::Read };
        let mapping = Mapping::new(map, len.next_multiple_of(page_size()), 0, access)?;
        Ok(Arc::new(Self { mapping, len, writable }))
    }

    /// A copy of what is in it.
    pub fn copy(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        // SAFETY: the mapping is as long, lives, and is only touched through atomics.
        unsafe { load(self.mapping.pointer(), &mut bytes) };
        bytes
    }
}

/// How far elements of an array lie apart.
fn stride(map: &MapFd) -> usize {
    map.shape().value_size.next_multiple_of(8)
}

/// The variables of a section, in memory.
pub struct Section<T> {
    memory: Arc<Memory>,
    variables: PhantomData<fn() -> T>,
}

impl<T: Variables> Section<T> {
    /// Sees memory as these variables. [`Errno::EINVAL`] where there is less of it, [`Errno::EACCES`] where it may not be
    /// written.
    pub fn new(memory: &Arc<Memory>) -> Result<Self, Errno> {
        let room = memory.len.next_multiple_of(page_size());
        if size_of::<T>() > room || align_of::<T>() > page_size() {
            return Err(Errno::EINVAL);
        }
        if T::WRITES && !memory.writable {
            return Err(Errno::EACCES);
        }
        Ok(Self { memory: Arc::clone(memory), variables: PhantomData })
    }
}

impl<T: Variables> Deref for Section<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: inside of the mapping and aligned (`new`), which lives as long as `self`. `T` is cells of plain bytes, touched
        // through atomics alone, and written only where the mapping may be.
        unsafe { &*self.memory.mapping.pointer().cast() }
    }
}

impl<T: Variables + fmt::Debug> fmt::Debug for Section<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The values of an array with `MMAPABLE`: read and written without a system call.
pub struct Values<V> {
    memory: Arc<Memory>,
    stride: usize,
    len: usize,
    values: PhantomData<fn() -> V>,
}

impl<V: Pod> Values<V> {
    /// Maps an array. [`Errno::EINVAL`] where it cannot be mapped, or where its values are of another size.
    pub fn new(map: &MapFd) -> Result<Self, Errno> {
        if map.shape().value_size != size_of::<V>() || align_of::<V>() > 8 {
            return Err(Errno::EINVAL);
        }
        let (stride, len) = (stride(map), map.shape().max_entries);
        Ok(Self { memory: Memory::of_map(map, true)?, stride, len, values: PhantomData })
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none; the kernel makes no such arrays.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One of them.
    pub fn get(&self, index: usize) -> Option<&Shared<V>> {
        if index >= self.len {
            return None;
        }
        // SAFETY: inside of the mapping, which has `len` strides; aligned to eight bytes, which `new` found enough; any bytes
        // are a `V`, and they are touched through atomics alone.
        Some(unsafe { &*self.memory.mapping.pointer().add(index * self.stride).cast() })
    }

    /// All of them, by index.
    pub fn iter(&self) -> impl Iterator<Item = &Shared<V>> {
        (0..self.len).filter_map(|index| self.get(index))
    }
}

impl<V: Pod> fmt::Debug for Values<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("len", &self.len).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    variables! {
        /// Some variables.
        #[derive(Debug)]
        struct Counters {
            pub flag: Bool,
            pub pad: [u8; 3],
            pub number: u32,
            pub many: [u16; 4],
        }
    }

    fn section(bytes: &[u8]) -> (Arc<Memory>, Section<Counters>) {
        let memory = Memory::private(bytes).unwrap();
        let section = Section::new(&memory).unwrap();
        (memory, section)
    }

    #[test]
    fn variables_are_the_bytes_of_their_memory() {
        let (memory, all) = section(&[9, 0, 0, 0, 1, 2, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0]);
        assert_eq!((all.flag.get().get(), all.flag.get().checked()), (true, None));
        assert_eq!((all.number.get(), all.many.get()), (0x201, [1, 2, 3, 4]));
        all.flag.set(true.into());
        all.many.each()[2].set(0x1234);
        all.number.part::<u8>(3).unwrap().set(7);
        assert_eq!(memory.copy(), [1, 0, 0, 0, 1, 2, 0, 7, 1, 0, 2, 0, 0x34, 0x12, 4, 0]);
        assert!(all.number.part::<u32>(1).is_none() && all.many.part::<u16>(1).is_none());
        assert_eq!(format!("{:?}", all.flag), "true");
    }

    #[test]
    fn too_little_memory_and_memory_that_is_frozen_are_refused() {
        variables! { struct Large { pub bytes: [[u8; 4096]; 17], } }
        let memory = Memory::private(&[1]).unwrap();
        assert_eq!(Section::<Large>::new(&memory).err(), Some(Errno::EINVAL));
        let frozen = Memory { mapping: Mapping::anonymous(4096).unwrap(), len: 16, writable: false };
        let frozen = Arc::new(frozen);
        assert_eq!(Section::<Counters>::new(&frozen).err(), Some(Errno::EACCES));
        assert_eq!(Section::<Counters<ReadOnly>>::new(&frozen).unwrap().number.get(), 0);
    }
}
