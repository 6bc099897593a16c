//! Memory shared with the kernel.
use crate::bpf::MapFd;
use crate::mount::{FileSystem, file_system_at};
use crate::{Errno, page_size};
use osmia_abi::{MapType, flags};
use std::fs::File;
use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Component, Path};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

/// What may be done with a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Only reading.
    Read,
    /// Reading and writing.
    ReadWrite,
    /// Only reading, of a file that nobody maps to write.
    Private,
}

impl Access {
    /// Protection and flags for `mmap`.
    const fn bits(self) -> (libc::c_int, libc::c_int) {
        match self {
            Self::Read => (libc::PROT_READ, libc::MAP_SHARED),
            Self::ReadWrite => (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED),
            Self::Private => (libc::PROT_READ, libc::MAP_PRIVATE),
        }
    }
}

/// Memory shared with the kernel, which may change it at any time: it is only touched through atomics, or where a
/// protocol says that the kernel leaves it alone.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and is unmapped once, by its only owner.
unsafe impl Send for Mapping {}
// SAFETY: shared access goes through atomics, or through slices whose making is `unsafe`.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `len` bytes of `fd` from `offset`.
    pub(crate) fn new(fd: &impl AsFd, len: usize, offset: usize, access: Access) -> Result<Self, Errno> {
        Self::near(0, fd, len, offset, access)
    }

    /// The same, at `address` if the kernel finds that possible.
    pub(crate) fn near(
        address: usize,
        fd: &impl AsFd,
        len: usize,
        offset: usize,
        access: Access,
    ) -> Result<Self, Errno> {
        let (protection, flags) = access.bits();
        let offset = libc::off_t::try_from(offset).map_err(|_| Errno::EOVERFLOW)?;
        let raw = fd.as_fd().as_raw_fd();
        let hint = std::ptr::without_provenance_mut(address);
        // SAFETY: a new mapping at a place that the kernel chooses (the address is but a wish, without MAP_FIXED) touches
        // no memory that is in use.
        let start = unsafe { libc::mmap(hint, len, protection, flags, raw, offset) };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        NonNull::new(start.cast()).map(|start| Self { start, len }).ok_or(Errno::ENOMEM)
    }

    /// Memory of this process alone, all zero.
    pub(crate) fn anonymous(len: usize) -> Result<Self, Errno> {
        let (protection, flags) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping at a place that the kernel chooses touches no memory that is in use.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        NonNull::new(start.cast()).map(|start| Self { start, len }).ok_or(Errno::ENOMEM)
    }

    /// Its first byte.
    pub(crate) const fn pointer(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Where it begins.
    pub(crate) fn address(&self) -> u64 {
        self.start.addr().get() as u64
    }

    /// The number at `offset`.
    ///
    /// # Panics
    /// When it lies outside, or is not aligned: an error of this crate's.
    pub(crate) fn atomic_u64(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset.checked_add(8).is_some_and(|end| end <= self.len));
        // SAFETY: inside the mapping and aligned (mappings start at pages); lives as long as `self`.
        unsafe { AtomicU64::from_ptr(self.start.as_ptr().add(offset).cast()) }
    }

    /// The same with four bytes.
    pub(crate) fn atomic_u32(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset.checked_add(4).is_some_and(|end| end <= self.len));
        // SAFETY: inside the mapping and aligned; lives as long as `self`.
        unsafe { AtomicU32::from_ptr(self.start.as_ptr().add(offset).cast()) }
    }

    fn atomic_u8(&self, offset: usize) -> &AtomicU8 {
        assert!(offset < self.len);
        // SAFETY: inside the mapping; lives as long as `self`.
        unsafe { AtomicU8::from_ptr(self.start.as_ptr().add(offset)) }
    }

    /// The bytes from `offset` on, without a copy.
    ///
    /// # Safety
    /// Nobody, the kernel included, may write there while the slice lives.
    ///
    /// # Panics
    /// When they lie outside: an error of this crate's.
    pub(crate) unsafe fn bytes(&self, offset: usize, len: usize) -> &[u8] {
        assert!(offset.checked_add(len).is_some_and(|end| end <= self.len));
        // SAFETY: inside the mapping, which has been there since `new`; the caller answers for writers.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(offset), len) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no reference into it outlives `self`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// Where sysfs has the types of the kernel and of its modules.
const BTF_FILES: &str = "/sys/kernel/btf";

/// A file of `/sys/kernel/btf` without a copy. Kernels from 6.16 on let `vmlinux` be mapped, privately.
#[derive(Debug)]
pub struct MappedBtf(Mapping);

impl MappedBtf {
    /// Maps the file. [`Errno::EINVAL`] where it is not one of sysfs under `/sys/kernel/btf`: others may change or shrink.
    pub fn new(path: &Path) -> Result<Self, Errno> {
        let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        if !plain || !path.starts_with(BTF_FILES) || !file_system_at(FileSystem::Sys, path)? {
            return Err(Errno::EINVAL);
        }
        let file = File::open(path)?;
        let len = usize::try_from(file.metadata()?.len()).map_err(|_| Errno::EOVERFLOW)?;
        Mapping::new(&file, len, 0, Access::Private).map(Self)
    }
}

impl Deref for MappedBtf {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: these are the kernel's own read-only data, which it never changes, shrinks or takes away while the file is
        // mapped; `new` let only files of that place through.
        unsafe { self.0.bytes(0, self.0.len) }
    }
}

impl AsRef<[u8]> for MappedBtf {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// The values of an array with `MMAPABLE`, such as a program's global variables, without a system call for each access.
/// Programs may write at the same time: eight aligned bytes are read and written whole, longer pieces are not.
#[derive(Debug)]
pub struct MappedArray {
    memory: Mapping,
    stride: usize,
    value_size: usize,
    entries: usize,
    writable: bool,
}

impl MappedArray {
    /// Maps the array to read and write. A map that is frozen, or that only programs may write, refuses.
    pub fn new(map: &MapFd) -> Result<Self, Errno> {
        Self::with(map, Access::ReadWrite)
    }

    /// Maps the array to read.
    pub fn read_only(map: &MapFd) -> Result<Self, Errno> {
        Self::with(map, Access::Read)
    }

    /// Maps an arena, all of it as one element. It must lie at `address` where that is not 0 (`map_extra`). What was
    /// never written to takes no memory until somebody looks at it.
    pub fn arena(map: &MapFd, address: u64) -> Result<Self, Errno> {
        let shape = map.shape();
        if shape.kind != MapType::Arena.raw() {
            return Err(Errno::EINVAL);
        }
        let value_size = shape.max_entries.checked_mul(page_size()).ok_or(Errno::EOVERFLOW)?;
        let address = usize::try_from(address).map_err(|_| Errno::EOVERFLOW)?;
        let memory = Mapping::near(address, map, value_size, 0, Access::ReadWrite)?;
        Ok(Self { memory, stride: value_size, value_size, entries: 1, writable: true })
    }

    /// Where the memory lies: programs store such addresses in an arena.
    pub fn address(&self) -> u64 {
        self.memory.address()
    }

    fn with(map: &MapFd, access: Access) -> Result<Self, Errno> {
        let shape = map.shape();
        if shape.kind != MapType::Array.raw() || shape.flags & flags::MMAPABLE == 0 {
            return Err(Errno::EINVAL);
        }
        let stride = shape.value_size.next_multiple_of(8);
        let len =
            stride.checked_mul(shape.max_entries).ok_or(Errno::EOVERFLOW)?.next_multiple_of(page_size());
        let memory = Mapping::new(map, len, 0, access)?;
        let (value_size, entries) = (shape.value_size, shape.max_entries);
        Ok(Self { memory, stride, value_size, entries, writable: access == Access::ReadWrite })
    }

    /// Copies out of element `index`, from `offset` on.
    pub fn read(&self, index: usize, offset: usize, into: &mut [u8]) -> Result<(), Errno> {
        let mut at = self.place(index, offset, into.len())?;
        for part in parts(at, into) {
            match <&mut [u8; 8]>::try_from(&mut *part) {
                Ok(whole) => *whole = self.memory.atomic_u64(at).load(Ordering::Relaxed).to_ne_bytes(),
                Err(_) => self.read_bytes(at, part),
            }
            at += part.len();
        }
        Ok(())
    }

    fn read_bytes(&self, at: usize, into: &mut [u8]) {
        for (nth, byte) in into.iter_mut().enumerate() {
            *byte = self.memory.atomic_u8(at + nth).load(Ordering::Relaxed);
        }
    }

    /// Copies into element `index`, from `offset` on.
    pub fn write(&self, index: usize, offset: usize, from: &[u8]) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::EPERM);
        }
        let mut at = self.place(index, offset, from.len())?;
        let head = from.len().min(at.wrapping_neg() % 8);
        let (unaligned, rest) = from.split_at(head);
        self.write_bytes(at, unaligned);
        at += head;
        let (words, tail) = rest.as_chunks::<8>();
        for word in words {
            self.memory.atomic_u64(at).store(u64::from_ne_bytes(*word), Ordering::Relaxed);
            at += word.len();
        }
        self.write_bytes(at, tail);
        Ok(())
    }

    fn write_bytes(&self, at: usize, from: &[u8]) {
        for (nth, byte) in from.iter().enumerate() {
            self.memory.atomic_u8(at + nth).store(*byte, Ordering::Relaxed);
        }
    }

    /// The aligned eight bytes at `offset` of element `index`.
    pub fn load_u64(&self, index: usize, offset: usize) -> Result<u64, Errno> {
        self.aligned(index, offset).map(|at| self.memory.atomic_u64(at).load(Ordering::Acquire))
    }

    /// Writes the aligned eight bytes at `offset` of element `index`.
    pub fn store_u64(&self, index: usize, offset: usize, value: u64) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::EPERM);
        }
        self.aligned(index, offset).map(|at| self.memory.atomic_u64(at).store(value, Ordering::Release))
    }

    fn aligned(&self, index: usize, offset: usize) -> Result<usize, Errno> {
        if offset.is_multiple_of(8) { self.place(index, offset, 8) } else { Err(Errno::EINVAL) }
    }

    /// Where in the memory these bytes of an element are; an error where they are not all in it.
    fn place(&self, index: usize, offset: usize, len: usize) -> Result<usize, Errno> {
        let inside = offset.checked_add(len).is_some_and(|end| end <= self.value_size);
        if index < self.entries && inside { Ok(index * self.stride + offset) } else { Err(Errno::E2BIG) }
    }
}

/// Cuts `slice`, which begins at the address `at`, where its words of eight bytes begin and end.
fn parts(at: usize, slice: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    let head = slice.len().min(at.wrapping_neg() % 8);
    let (head, rest) = slice.split_at_mut(head);
    let words = rest.len() / 8 * 8;
    let (words, tail) = rest.split_at_mut(words);
    std::iter::once(head).chain(words.chunks_exact_mut(8)).chain(std::iter::once(tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Older kernels refuse; those that map show what they let read.
    #[test]
    fn the_kernels_types_are_mapped_as_they_are_read() {
        let path = Path::new(BTF_FILES).join("vmlinux");
        match MappedBtf::new(&path) {
            Ok(mapped) => assert!(*mapped == *fs::read(&path).unwrap()),
            Err(errno) => assert!([Errno::ENODEV, Errno::EACCES].contains(&errno), "{errno}"),
        }
    }

    #[test]
    fn files_that_may_change_are_not_mapped() {
        let copy = std::env::temp_dir().join(format!("osmia-mapping-{}", std::process::id()));
        fs::write(&copy, "BTF").unwrap();
        let around = Path::new("/sys/kernel/btf/../notes");
        for path in [&*copy, around, Path::new("/sys/kernel/notes")] {
            assert_eq!(MappedBtf::new(path).err(), Some(Errno::EINVAL), "{}", path.display());
        }
        fs::remove_file(&copy).unwrap();
        assert_eq!(MappedBtf::new(Path::new("/sys/kernel/btf/none")).err(), Some(Errno::ENOENT));
    }
}
