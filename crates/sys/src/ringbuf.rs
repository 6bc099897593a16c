//! The reader's side of a BPF ring buffer.
use crate::bpf::MapFd;
use crate::mapping::{Access, Mapping};
use crate::{Errno, page_size};
use osmia_abi::MapType;
use osmia_abi::flags::{RINGBUF_BUSY_BIT, RINGBUF_DISCARD_BIT, RINGBUF_HDR_SZ};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;

/// Bytes of a record's header.
const HEADER: usize = RINGBUF_HDR_SZ as usize;

/// The reader of a ring buffer map. Its descriptor becomes readable when there are records.
///
/// The first page holds the position of the reader, the second that of the writers; then come the data, twice in a row,
/// so that every record is in one piece.
#[derive(Debug)]
pub struct RingBuffer {
    fd: OwnedFd,
    reader: Mapping,
    writers: Mapping,
    size: usize,
}

impl RingBuffer {
    /// Reads from this map. There should be one reader for each map.
    pub fn new(map: &MapFd) -> Result<Self, Errno> {
        let (size, page) = (map.shape().max_entries, page_size());
        if map.shape().kind != MapType::Ringbuf.raw() {
            return Err(Errno::EINVAL);
        }
        let reader = Mapping::new(map, page, 0, Access::ReadWrite)?;
        let len = size.checked_mul(2).and_then(|twice| twice.checked_add(page)).ok_or(Errno::EOVERFLOW)?;
        let writers = Mapping::new(map, len, page, Access::Read)?;
        Ok(Self { fd: map.as_fd().try_clone_to_owned()?, reader, writers, size })
    }

    /// Hands out all records that are complete, in order, and gives their room back, each after it was seen; stops early
    /// when it is told to. Returns how many there were.
    ///
    /// [`Errno::EPROTO`] says that a record is longer than the buffer, which the kernel never writes.
    pub fn consume(&mut self, mut see: impl FnMut(&[u8]) -> ControlFlow<()>) -> Result<usize, Errno> {
        let mut count = 0;
        let mut position = self.reader.atomic_u64(0).load(Ordering::Relaxed);
        loop {
            let written = self.writers.atomic_u64(0).load(Ordering::Acquire);
            if position >= written {
                return Ok(count);
            }
            while position < written {
                let Some(header) = self.complete_header(position) else { return Ok(count) };
                let len = (header & !(RINGBUF_BUSY_BIT | RINGBUF_DISCARD_BIT)) as usize;
                let next = position + (HEADER + len).next_multiple_of(8) as u64;
                let seen = if header & RINGBUF_DISCARD_BIT == 0 {
                    count += 1;
                    see(self.record(position, len)?)
                } else {
                    ControlFlow::Continue(())
                };
                position = next;
                self.reader.atomic_u64(0).store(position, Ordering::Release);
                if seen.is_break() {
                    return Ok(count);
                }
            }
        }
    }

    /// Bytes that wait to be read.
    pub fn waiting(&self) -> u64 {
        let read = self.reader.atomic_u64(0).load(Ordering::Relaxed);
        self.writers.atomic_u64(0).load(Ordering::Acquire).saturating_sub(read)
    }

    /// The length and flags of the record at a position, unless it is still being written.
    fn complete_header(&self, position: u64) -> Option<u32> {
        let header = self.writers.atomic_u32(page_size() + self.offset(position)).load(Ordering::Acquire);
        (header & RINGBUF_BUSY_BIT == 0).then_some(header)
    }

    fn record(&self, position: u64, len: usize) -> Result<&[u8], Errno> {
        if len + HEADER > self.size {
            return Err(Errno::EPROTO);
        }
        // SAFETY: the kernel leaves a record alone from when it is complete until the reader's position passes it, and
        // that happens only in `consume`, which holds `self` exclusively, after the slice is gone.
        Ok(unsafe { self.writers.bytes(page_size() + self.offset(position) + HEADER, len) })
    }

    /// Where in the data a position is; the size is a power of two.
    const fn offset(&self, position: u64) -> usize {
        position as usize & (self.size - 1)
    }
}

impl AsFd for RingBuffer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
