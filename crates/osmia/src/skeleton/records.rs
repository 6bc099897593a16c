//! Reading what programs send.
use osmia_loader::Stream;
use osmia_sys::bpf::MapFd;
use osmia_sys::{Errno, Interest, Poller};
use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

pub use osmia_loader::Arrival as Arrived;

/// Pages of each processor's perf buffer.
const PAGES: usize = 64;

/// Reads what programs send.
#[derive(Debug)]
pub struct Reader {
    stream: Stream,
    poller: Poller,
}

impl Reader {
    pub(super) fn new(map: &MapFd) -> io::Result<Self> {
        let (stream, poller) = (Stream::open(map, PAGES)?, Poller::new()?);
        for (token, fd) in (0..).zip(stream.descriptors()) {
            poller.add(&fd, token, Interest::Read)?;
        }
        Ok(Self { stream, poller })
    }

    /// Hands out all that has arrived, and stops when told to; how many records there were.
    pub fn consume(&mut self, see: impl FnMut(Arrived<'_>) -> ControlFlow<()>) -> io::Result<usize> {
        Ok(self.stream.consume(see)?)
    }

    /// The same, after waiting until something arrives, but not longer than `timeout`. A signal ends the wait.
    pub fn wait(
        &mut self,
        timeout: Option<Duration>,
        see: impl FnMut(Arrived<'_>) -> ControlFlow<()>,
    ) -> io::Result<usize> {
        match self.poller.wait(timeout) {
            Ok(_) | Err(Errno::EINTR) => self.consume(see),
            Err(errno) => Err(errno.into()),
        }
    }
}
