//! What an object's programs print and send, passed on as it is.
use crate::kernel::add_descriptors;
use crate::output::Output;
use osmia_abi::MapType;
use osmia_loader::{Arrival, Loaded, Stream};
use osmia_object::Object;
use osmia_render::{Message, Origin};
use osmia_sys::{Interest, Poller, SignalFd};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;

/// Pages of each processor's perf buffer.
const PERF_PAGES: usize = 64;
const SIGNALS: u64 = 0;
const PIPE: u64 = 1;
/// Streams are numbered from here.
const STREAMS: u64 = 2;

/// Ring and perf buffers, by the names of their maps.
pub(crate) type Streams = Vec<(String, Stream)>;

/// Opens all ring and perf buffers. Programs that run before that find no perf buffer to write to.
pub(crate) fn open_streams(loaded: &Loaded) -> io::Result<Streams> {
    let maps = loaded.maps.iter().filter(|map| !map.template && sends(map.kind));
    maps.map(|map| Ok((map.name.clone(), Stream::open(&map.fd, PERF_PAGES)?))).collect()
}

/// The trace pipe, if programs of the object print to it. What was printed before is not theirs.
pub(crate) fn open_pipe(object: &Object) -> io::Result<Option<File>> {
    object_prints(object).then(trace_pipe).transpose()
}

/// Where things arrive from.
#[derive(Debug)]
pub(crate) struct Arrivals {
    /// The trace pipe.
    pub(crate) pipe: Option<File>,
    /// All buffers.
    pub(crate) streams: Streams,
}

impl Arrivals {
    /// Passes on what arrives, until a signal.
    pub(crate) fn watch(&mut self, signals: &SignalFd, output: &mut Output) -> io::Result<()> {
        let poller = Poller::new()?;
        poller.add(signals, SIGNALS, Interest::Read)?;
        if let Some(pipe) = &self.pipe {
            poller.add(pipe, PIPE, Interest::Read)?;
        }
        for ((_, stream), number) in self.streams.iter().zip(STREAMS..) {
            add_descriptors(&poller, stream, number)?;
        }
        loop {
            output.pause()?;
            let ready = match poller.wait(None) {
                Err(osmia_sys::Errno::EINTR) => continue,
                ready => ready?,
            };
            for ready in ready {
                match ready.token {
                    SIGNALS => return Ok(()),
                    PIPE => self.printed(output)?,
                    number => {
                        if let Some((name, stream)) = self.streams.get_mut((number - STREAMS) as usize) {
                            records(name, stream, output)?;
                        }
                    }
                }
            }
        }
    }

    /// Passes on what is there still, once nothing more can come.
    pub(crate) fn rest(&mut self, output: &mut Output) -> io::Result<()> {
        self.printed(output)?;
        self.streams.iter_mut().try_for_each(|(name, stream)| records(name, stream, output))
    }

    fn printed(&mut self, output: &mut Output) -> io::Result<()> {
        self.pipe.as_mut().map_or(Ok(()), |pipe| pass_on(pipe, output))
    }
}

const fn sends(kind: MapType) -> bool {
    matches!(kind, MapType::Ringbuf | MapType::PerfEventArray)
}

/// Helpers that print to the trace pipe: `trace_printk`, `trace_vprintk`.
const PRINTERS: [u32; 2] = [6, 177];

/// Whether a program prints to the trace pipe.
fn object_prints(object: &Object) -> bool {
    use osmia_isa::{Callee, Insn};
    let mut insns = object.functions.values().flat_map(|function| &function.insns);
    insns.any(|insn| matches!(insn, Insn::Call(Callee::Helper(number)) if PRINTERS.contains(number)))
}

fn trace_pipe() -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    const NONBLOCK: i32 = 0o4000;
    let dir = osmia_host::tracefs::root().map_err(|error| io::Error::other(error.to_string()))?;
    let path = dir.join("trace_pipe");
    let pipe = File::options().read(true).custom_flags(NONBLOCK).open(&path);
    let mut pipe =
        pipe.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    let mut old = [0; 64 << 10];
    while matches!(pipe.read(&mut old), Ok(1..)) {}
    Ok(pipe)
}

fn pass_on(pipe: &mut File, output: &mut Output) -> io::Result<()> {
    let mut buffer = [0; 64 << 10];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => output.say(&Message::text(Origin::Printf, &buffer[..count]))?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Records as they are: the map's name, the length, and the bytes in hex with their text.
fn records(name: &str, stream: &mut Stream, output: &mut Output) -> io::Result<()> {
    let mut failure = None;
    let consumed = stream.consume(|arrival| {
        let said = match arrival {
            Arrival::Record(bytes) => output.say(&Message::text(Origin::Printf, describe(name, bytes))),
            Arrival::Lost(count) => output.say(&Message::Lost(count)),
        };
        match said {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    consumed?;
    failure.map_or(Ok(()), Err)
}

fn describe(name: &str, bytes: &[u8]) -> String {
    let mut line = format!("{name}: {} bytes", bytes.len());
    let chunks: Vec<&[u8]> = bytes.chunks(16).collect();
    for (index, chunk) in chunks.iter().enumerate() {
        // Lines that repeat the one before stand as one `*`, but for the last.
        if index > 0 && chunks[index - 1] == *chunk && index + 1 < chunks.len() {
            if index == 1 || chunks[index - 2] != *chunk {
                line.push_str("\n  *");
            }
            continue;
        }
        let _ = write!(line, "\n  ");
        for byte in *chunk {
            let _ = write!(line, "{byte:02x} ");
        }
        let text: String = chunk
            .iter()
            .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { *byte as char } else { '.' })
            .collect();
        let _ = write!(line, "{:width$}|{text}|", "", width = (16 - chunk.len()) * 3);
    }
    line.push('\n');
    line
}
