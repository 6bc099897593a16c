//! Perf event arrays, as if user space had opened a perf buffer for every entry.
use super::{Shape, Store, require};
use crate::{Errno, ErrorKind, MapId, Record};
use osmia_abi::flags;

/// Bytes of a sample before the data: the event's header, and the length.
const HEADER: u64 = 8 + 4;

#[derive(Debug)]
pub(crate) struct Perf {
    records: Vec<(u32, Vec<u8>)>,
    /// Bytes that wait, for each entry.
    waiting: Vec<u64>,
    limit: u64,
    lost: u64,
}

pub(super) fn make(shape: &Shape) -> Result<Box<dyn Store>, ErrorKind> {
    require(shape.key == 4 && shape.value == 4 && shape.entries > 0)?;
    let waiting = vec![0; shape.entries.min(shape.cpus.max(1)) as usize];
    Ok(Box::new(Perf { records: Vec::new(), waiting, limit: shape.perf_buffer.into(), lost: 0 }))
}

impl Perf {
    /// `perf_event_output`: data for the entry that the flags name.
    pub(crate) fn output(&mut self, cpu: u32, flags: u64, data: &[u8]) -> Result<(), Errno> {
        let wanted = flags & flags::INDEX_MASK;
        if flags & !(flags::INDEX_MASK | flags::CTXLEN_MASK) != 0 {
            return Err(Errno::Invalid);
        }
        let index = if wanted == flags::CURRENT_CPU { cpu } else { wanted as u32 };
        let waiting = self.waiting.get_mut(index as usize).ok_or(Errno::TooBig)?;
        let size = (HEADER + data.len() as u64).next_multiple_of(8);
        if *waiting + size > self.limit {
            self.lost += 1;
            return Err(Errno::NoSpace);
        }
        *waiting += size;
        self.records.push((index, data.to_vec()));
        Ok(())
    }
}

impl Store for Perf {
    fn clear(&mut self) {}

    fn perf(&mut self) -> Option<&mut Perf> {
        Some(self)
    }

    fn take_records(&mut self, map: usize) -> Vec<Record> {
        self.waiting.fill(0);
        let records = std::mem::take(&mut self.records).into_iter();
        records.map(|(cpu, bytes)| Record { map: MapId(map), cpu, bytes }).collect()
    }

    fn dropped(&self) -> u64 {
        self.lost
    }
}
