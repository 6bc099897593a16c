//! What programs send: ring buffers, and perf buffers where a kernel has none.
use osmia_abi::MapType;
use osmia_sys::bpf::MapFd;
use osmia_sys::perf::{PerfBuffer, PerfEventOpen, PerfRecord, bpf_output_event, raw_sample};
use osmia_sys::{Errno, RingBuffer};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// What arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// A record.
    Record(&'a [u8]),
    /// So many records were lost before the next one: the reader was too slow.
    Lost(u64),
}

/// The reader of a map by which programs send records.
#[derive(Debug)]
pub enum Stream {
    /// One buffer for all CPUs, in order.
    Ring(RingBuffer),
    /// One buffer for each CPU.
    Perf(Vec<PerfBuffer>),
}

impl Stream {
    /// Reads from this map: a ring buffer, or an array of perf events, for which each CPU gets `pages` of memory.
    pub fn open(map: &MapFd, pages: usize) -> Result<Self, Errno> {
        match MapType::from_raw(map.shape().kind) {
            Some(MapType::Ringbuf) => RingBuffer::new(map).map(Self::Ring),
            Some(MapType::PerfEventArray) => perf_buffers(map, pages).map(Self::Perf),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Descriptors to wait for, each readable when there is something.
    pub fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        match self {
            Self::Ring(ring) => vec![ring.as_fd()],
            Self::Perf(buffers) => buffers.iter().map(AsFd::as_fd).collect(),
        }
    }

    /// Hands out all that has arrived; stops early when told to. Returns how many records there were.
    pub fn consume(&mut self, mut see: impl FnMut(Arrival<'_>) -> ControlFlow<()>) -> Result<usize, Errno> {
        match self {
            Self::Ring(ring) => ring.consume(|record| see(Arrival::Record(record))),
            Self::Perf(buffers) => {
                let (mut count, mut stopped) = (0, false);
                for buffer in buffers {
                    buffer.consume(|record| {
                        let flow = arrival(record).map_or(ControlFlow::Continue(()), &mut see);
                        count += usize::from(matches!(record, PerfRecord::Sample(_)));
                        stopped = flow.is_break();
                        flow
                    })?;
                    if stopped {
                        break;
                    }
                }
                Ok(count)
            }
        }
    }
}

fn arrival(record: PerfRecord<'_>) -> Option<Arrival<'_>> {
    match record {
        PerfRecord::Sample(sample) => raw_sample(sample).map(Arrival::Record),
        PerfRecord::Lost(count) => Some(Arrival::Lost(count)),
        PerfRecord::Other(..) => None,
    }
}

/// One buffer for each CPU that is online, put into the map's slots.
fn perf_buffers(map: &MapFd, pages: usize) -> Result<Vec<PerfBuffer>, Errno> {
    let cpus = osmia_host::online_cpus()?;
    let room = map.shape().max_entries;
    let usable = cpus.into_iter().filter(|cpu| (*cpu as usize) < room);
    usable
        .map(|cpu| {
            let event = PerfEventOpen::on_cpu(bpf_output_event(1), cpu.cast_signed()).call()?;
            let buffer = PerfBuffer::new(event, pages)?;
            buffer.event().enable()?;
            map.update(&cpu.to_ne_bytes(), &buffer.as_fd().as_raw_fd().to_ne_bytes(), 0)?;
            Ok(buffer)
        })
        .collect()
}
