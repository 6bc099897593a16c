//! Ring buffers: positions and room as in the kernel; each record has memory of its own.
use super::{Shape, Store, require};
use crate::{ErrorKind, MapId, Record};
use osmia_abi::flags;
use std::collections::VecDeque;

/// Bytes of a record's header.
const HEADER: u64 = flags::RINGBUF_HDR_SZ as u64;
/// A page, which sizes are multiples of.
const PAGE: u32 = 4096;
/// The kernel's longest record, `RINGBUF_MAX_RECORD_SZ`.
const LONGEST: u64 = (u32::MAX / 4) as u64;
/// Offsets are positions modulo this.
const OFFSETS: u64 = 1 << 39;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Busy,
    Ready,
    Discarded,
}

#[derive(Debug)]
struct Held {
    /// Of its header, in bytes from the beginning of time.
    position: u64,
    bytes: Vec<u8>,
    state: State,
}

impl Held {
    fn end(&self) -> u64 {
        self.position + room(self.bytes.len() as u64)
    }
}

/// What a record takes with its header.
const fn room(len: u64) -> u64 {
    (len + HEADER).next_multiple_of(8)
}

#[derive(Debug)]
pub(crate) struct Ring {
    size: u64,
    producer: u64,
    consumer: u64,
    records: VecDeque<Held>,
    busy: u32,
    dropped: u64,
}

pub(super) fn make(shape: &Shape) -> Result<Box<dyn Store>, ErrorKind> {
    let pages = shape.entries.is_power_of_two() && shape.entries.is_multiple_of(PAGE);
    require(shape.key == 0 && shape.value == 0 && pages)?;
    Ok(Box::new(Ring {
        size: shape.entries.into(),
        producer: 0,
        consumer: 0,
        records: VecDeque::new(),
        busy: 0,
        dropped: 0,
    }))
}

impl Ring {
    /// Room for a record: the offset of its first byte. New records are zero.
    pub(crate) fn reserve(&mut self, len: u64) -> Option<u64> {
        let fits = len <= LONGEST && {
            let end = self.producer + room(len);
            room(len) <= self.size && end - self.consumer < self.size
        };
        if !fits {
            self.dropped += 1;
            return None;
        }
        let position = self.producer;
        self.producer += room(len);
        self.busy += 1;
        self.records.push_back(Held { position, bytes: vec![0; len as usize], state: State::Busy });
        Some((position + HEADER) % OFFSETS)
    }

    /// Ends a reservation; `None` where `offset` is not the start of a reserved record.
    pub(crate) fn submit(&mut self, offset: u64) -> Option<()> {
        self.finish(offset, State::Ready)
    }

    /// Ends a reservation without a record.
    pub(crate) fn discard(&mut self, offset: u64) -> Option<()> {
        self.finish(offset, State::Discarded)
    }

    fn finish(&mut self, offset: u64, state: State) -> Option<()> {
        let (at, within) = self.locate(offset)?;
        let record = self.records.get_mut(at).filter(|held| within == 0 && held.state == State::Busy)?;
        record.state = state;
        self.busy -= 1;
        Some(())
    }

    /// Discards what is still reserved; says whether there was something.
    pub(crate) fn abandon(&mut self) -> bool {
        if self.busy == 0 {
            return false;
        }
        for held in self.records.iter_mut().filter(|held| held.state == State::Busy) {
            held.state = State::Discarded;
        }
        self.busy = 0;
        true
    }

    /// A whole record.
    pub(crate) fn output(&mut self, data: &[u8]) -> Option<()> {
        let offset = self.reserve(data.len() as u64)?;
        let (at, _) = self.locate(offset)?;
        if let Some(held) = self.records.get_mut(at) {
            held.bytes.copy_from_slice(data);
        }
        self.submit(offset)
    }

    /// `ringbuf_query`.
    pub(crate) const fn query(&self, what: u64) -> u64 {
        match what {
            flags::RB_AVAIL_DATA => self.producer - self.consumer,
            flags::RB_RING_SIZE => self.size,
            flags::RB_CONS_POS => self.consumer,
            flags::RB_PROD_POS => self.producer,
            _ => 0,
        }
    }

    /// Which record an offset is in, and how far.
    fn locate(&self, offset: u64) -> Option<(usize, u64)> {
        let first = self.records.front()?.position;
        let position = first + offset.wrapping_sub(first % OFFSETS) % OFFSETS;
        let at = self.records.partition_point(|held| held.end() <= position);
        let held = self.records.get(at)?;
        Some((at, position.checked_sub(held.position + HEADER)?))
    }

    fn busy_record(&self, offset: u64, len: usize) -> Option<(usize, usize)> {
        let (at, within) = self.locate(offset)?;
        let held = self.records.get(at)?;
        let fits = within.checked_add(len as u64)? <= held.bytes.len() as u64;
        (fits && held.state == State::Busy).then_some((at, within as usize))
    }
}

impl Store for Ring {
    fn clear(&mut self) {}

    fn bytes(&self, offset: u64, len: usize) -> Option<&[u8]> {
        let (at, within) = self.busy_record(offset, len)?;
        self.records.get(at)?.bytes.get(within..within + len)
    }

    fn bytes_mut(&mut self, offset: u64, len: usize) -> Option<&mut [u8]> {
        let (at, within) = self.busy_record(offset, len)?;
        self.records.get_mut(at)?.bytes.get_mut(within..within + len)
    }

    fn within(&self, offset: u64) -> u64 {
        self.locate(offset).map_or(offset, |(_, within)| within)
    }

    fn ring(&mut self) -> Option<&mut Ring> {
        Some(self)
    }

    fn take_records(&mut self, map: usize) -> Vec<Record> {
        let mut taken = Vec::new();
        while let Some(held) = self.records.pop_front() {
            if held.state == State::Busy {
                self.records.push_front(held);
                break;
            }
            self.consumer = held.end();
            if held.state == State::Ready {
                taken.push(Record { map: MapId(map), cpu: 0, bytes: held.bytes });
            }
        }
        taken
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }
}
