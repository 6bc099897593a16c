//! The reader's side of a perf event's buffer.
use super::PerfEvent;
use crate::mapping::{Access, Mapping};
use crate::{Errno, page_size};
use osmia_abi::perf;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;

/// Where the first page holds the writer's position (`perf_event_mmap_page::data_head`).
const HEAD: usize = 1024;
/// Where the first page holds the reader's position (`data_tail`).
const TAIL: usize = 1032;
/// Bytes of a record's header: kind, flags, length.
const HEADER: usize = 8;

/// A record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerfRecord<'a> {
    /// A sample: what its event's `sample_type` says, in order.
    Sample(&'a [u8]),
    /// So many records were lost before the next one.
    Lost(u64),
    /// Any other: the number of its kind, the flags in its header, what follows that.
    Other(u32, u16, &'a [u8]),
}

/// What a program put out, in a sample that holds raw bytes alone. It may be up to seven bytes longer than what the
/// program said, as the kernel pads it.
pub fn raw_sample(sample: &[u8]) -> Option<&[u8]> {
    let (len, rest) = sample.split_first_chunk::<4>()?;
    rest.get(..u32::from_ne_bytes(*len) as usize)
}

/// A perf event with its buffer. Its descriptor becomes readable when there are records.
#[derive(Debug)]
pub struct PerfBuffer {
    event: PerfEvent,
    memory: Mapping,
    size: usize,
    joined: Vec<u8>,
}

impl PerfBuffer {
    /// Gives the event a buffer of so many pages, a power of two.
    pub fn new(event: PerfEvent, pages: usize) -> Result<Self, Errno> {
        if !pages.is_power_of_two() {
            return Err(Errno::EINVAL);
        }
        let size = pages.checked_mul(page_size()).ok_or(Errno::EOVERFLOW)?;
        let len = size.checked_add(page_size()).ok_or(Errno::EOVERFLOW)?;
        let memory = Mapping::new(&event, len, 0, Access::ReadWrite)?;
        Ok(Self { event, memory, size, joined: Vec::new() })
    }

    /// The event.
    pub const fn event(&self) -> &PerfEvent {
        &self.event
    }

    /// Hands out all records, in order, and gives their room back; stops early when it is told to. Returns how many
    /// there were.
    pub fn consume(
        &mut self,
        mut see: impl FnMut(PerfRecord<'_>) -> ControlFlow<()>,
    ) -> Result<usize, Errno> {
        let head = self.memory.atomic_u64(HEAD).load(Ordering::Acquire);
        let mut tail = self.memory.atomic_u64(TAIL).load(Ordering::Relaxed);
        let mut count = 0;
        while head.wrapping_sub(tail) >= HEADER as u64 {
            let (kind, flags, len) = self.header(tail);
            let left = usize::try_from(head.wrapping_sub(tail)).unwrap_or(usize::MAX);
            if len < HEADER || len > left.min(self.size) {
                return Err(Errno::EPROTO);
            }
            let seen = see(record(kind, flags, self.body(tail, len)));
            tail = tail.wrapping_add(len as u64);
            self.memory.atomic_u64(TAIL).store(tail, Ordering::Release);
            count += 1;
            if seen.is_break() {
                break;
            }
        }
        Ok(count)
    }

    /// The kind, the flags and the whole length of the record at a position; records begin at multiples of eight.
    fn header(&self, position: u64) -> (u32, u16, usize) {
        let raw =
            self.memory.atomic_u64(page_size() + self.offset(position)).load(Ordering::Relaxed).to_ne_bytes();
        let [k0, k1, k2, k3, f0, f1, l0, l1] = raw;
        let kind = u32::from_ne_bytes([k0, k1, k2, k3]);
        (kind, u16::from_ne_bytes([f0, f1]), usize::from(u16::from_ne_bytes([l0, l1])))
    }

    /// A record's bytes after its header, in one piece: copied where the record goes round the end of the buffer.
    fn body(&mut self, position: u64, len: usize) -> &[u8] {
        let start = self.offset(position.wrapping_add(HEADER as u64));
        let len = len - HEADER;
        let first = len.min(self.size - start);
        // SAFETY: the kernel leaves alone what lies between the reader's and the writer's position; the reader's moves
        // only in `consume`, which holds `self` exclusively, after the slice is gone.
        let head = unsafe { self.memory.bytes(page_size() + start, first) };
        if first == len {
            return head;
        }
        // SAFETY: as above.
        let rest = unsafe { self.memory.bytes(page_size(), len - first) };
        self.joined.clear();
        self.joined.extend_from_slice(head);
        self.joined.extend_from_slice(rest);
        &self.joined
    }

    /// Where in the data a position is; the size is a power of two.
    const fn offset(&self, position: u64) -> usize {
        position as usize & (self.size - 1)
    }
}

impl AsFd for PerfBuffer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

fn record(kind: u32, flags: u16, body: &[u8]) -> PerfRecord<'_> {
    match kind {
        perf::RECORD_SAMPLE => PerfRecord::Sample(body),
        perf::RECORD_LOST => {
            // After the event's id comes the number.
            let lost = body
                .get(8..)
                .and_then(|rest| rest.first_chunk::<8>())
                .map_or(0, |raw| u64::from_ne_bytes(*raw));
            PerfRecord::Lost(lost)
        }
        kind => PerfRecord::Other(kind, flags, body),
    }
}
