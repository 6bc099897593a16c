//! Records that are taken out of the buffer while the program that sends them runs.
use osmia_loader::{Arrival, LoadedProgram, Stream};
use std::ops::ControlFlow;

/// Runs a program while its records are taken out of the buffer, which does not hold all that a loop can send. They are
/// read later, when it is their turn.
pub(super) fn run_beside(
    program: &LoadedProgram,
    stream: &mut Stream,
    backlog: &mut Backlog,
    lost: &mut u64,
) -> Result<osmia_sys::bpf::TestRunResult, osmia_sys::Errno> {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| osmia_loader::run_once(program));
        let mut drain = || {
            stream.consume(|arrival| {
                match arrival {
                    Arrival::Record(bytes) => backlog.push(bytes),
                    Arrival::Lost(count) => *lost += count,
                }
                ControlFlow::Continue(())
            })
        };
        // Never asleep: a sleeper may be woken to the very processor that the program does not give away.
        while !run.is_finished() {
            drain()?;
            std::thread::yield_now();
        }
        drain()?;
        run.join().unwrap_or(Err(osmia_sys::Errno::EINTR))
    })
}

/// Records that wait for their turn, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    taken: usize,
}

impl Backlog {
    fn push(&mut self, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.ends.push(self.bytes.len());
    }

    /// The next one, until there are no more; then their memory is given back.
    pub(super) fn take(&mut self) -> Option<&[u8]> {
        let Some(&end) = self.ends.get(self.taken) else {
            *self = Self::default();
            return None;
        };
        let start = self.taken.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.taken += 1;
        Some(&self.bytes[start..end])
    }
}
