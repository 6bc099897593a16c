//! Running an object: open, resolve, load, attach, and pass on what it prints and sends.
use crate::kernel::{ENDING, add_descriptors};
use crate::output::Output;
use crate::portable::gather;
use osmia_abi::MapType;
use osmia_loader::{Arrival, AttachOptions, Attachment, LoadOptions, Loaded, Stream};
use osmia_object::{Attach, Image};
use osmia_render::{Message, Origin};
use osmia_sys::{Interest, Poller, SignalFd};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What running an object is told.
#[derive(Clone, Debug, Default)]
pub struct ObjectOptions {
    /// The object's name: its file's, up to the first dot.
    pub name: String,
    /// Keep everything under this directory of the BPF file system, and leave.
    pub pin: Option<PathBuf>,
    /// The kernel's types, where they are not to be the running kernel's.
    pub btf: Option<PathBuf>,
    /// Stop once everything is attached.
    pub dry_run: bool,
    /// Tell more.
    pub verbose: bool,
    /// Say nothing but what the programs say.
    pub quiet: bool,
    /// A person is watching.
    pub interactive: bool,
}

/// Pages of each processor's perf buffer.
const PERF_PAGES: usize = 64;
const SIGNALS: u64 = 0;
const PIPE: u64 = 1;
/// Streams are numbered from here.
const STREAMS: u64 = 2;

/// Runs an object until somebody ends it, or pins it and leaves.
pub fn run_object(bytes: &[u8], options: &ObjectOptions, output: &mut Output) -> Result<(), String> {
    let object = osmia_object::elf::read(bytes).map_err(|error| error.to_string())?;
    let target = gather(&object, options.btf.as_ref())?;
    let image =
        osmia_object::resolve_named(&object, &target, &options.name).map_err(|errors| errors.to_string())?;
    let loaded = osmia_loader::load(&image, &LoadOptions::default()).map_err(|error| match &error {
        osmia_loader::LoadError::Program(rejection) if options.verbose => {
            format!("{error}\n{}", rejection.log)
        }
        _ => error.to_string(),
    })?;
    // From before anything is attached, a signal ends the run in good order.
    let signals = SignalFd::new(ENDING).map_err(|error| error.to_string())?;
    // Opened before anything is attached, and emptied: what was printed before is not ours.
    let pipe = match options.pin.is_none() && prints(&image) {
        true => Some(trace_pipe().map_err(|error| error.to_string())?),
        false => None,
    };
    let attached = attach(&loaded, options, output)?;
    if let Some(dir) = &options.pin {
        return pin(&loaded, &attached, dir, options, output);
    }
    if !options.quiet {
        output.say(&Message::Attached(attached.len() as u64)).map_err(|error| error.to_string())?;
    }
    if options.dry_run {
        return Ok(());
    }
    let read = watch(&signals, pipe, &loaded, output);
    osmia_loader::detach_all(attached.into_iter().map(|(_, attachment)| attachment).collect());
    match read.and_then(|()| output.finish()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// Attaches all programs that say where they want to be; the others are named.
fn attach(
    loaded: &Loaded,
    options: &ObjectOptions,
    output: &mut Output,
) -> Result<Vec<(String, Attachment)>, String> {
    let mut attached = Vec::new();
    for (name, reason) in loaded.skipped.iter().filter(|_| !options.quiet) {
        output.note(&format!("{name}: left out: {reason}")).map_err(|error| error.to_string())?;
    }
    for program in &loaded.programs {
        match &program.attach {
            Attach::Nowhere | Attach::TestRun | Attach::Syscall { .. } => {
                if !options.quiet {
                    let kind = program.kind.name();
                    let line = format!(
                        "{}: loaded; a {kind} program of this section is not attached by itself",
                        program.name
                    );
                    output.note(&line).map_err(|error| error.to_string())?;
                }
            }
            place => {
                let attachment = osmia_loader::attach(program, place, &AttachOptions::default());
                attached.push((program.name.clone(), attachment.map_err(|error| error.to_string())?));
            }
        }
    }
    Ok(attached)
}

fn pin(
    loaded: &Loaded,
    attached: &[(String, Attachment)],
    dir: &std::path::Path,
    options: &ObjectOptions,
    output: &mut Output,
) -> Result<(), String> {
    let attached: Vec<(String, &Attachment)> =
        attached.iter().map(|(name, attachment)| (name.clone(), attachment)).collect();
    let pinned = osmia_loader::pin_all(loaded, &attached, dir).map_err(|error| error.to_string())?;
    if !options.quiet {
        for path in pinned {
            output.note(&format!("pinned {}", path.display())).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Passes on the trace pipe and all ring and perf buffers until a signal.
fn watch(signals: &SignalFd, mut pipe: Option<File>, loaded: &Loaded, output: &mut Output) -> io::Result<()> {
    let poller = Poller::new()?;
    poller.add(signals, SIGNALS, Interest::Read)?;
    if let Some(pipe) = &pipe {
        poller.add(pipe, PIPE, Interest::Read)?;
    }
    let mut streams: Vec<(String, Stream)> = Vec::new();
    for map in loaded.maps.iter().filter(|map| !map.template && sends(map.kind)) {
        let stream = Stream::open(&map.fd, PERF_PAGES)?;
        add_descriptors(&poller, &stream, STREAMS + streams.len() as u64)?;
        streams.push((map.name.clone(), stream));
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
                PIPE => {
                    if let Some(pipe) = &mut pipe {
                        pass_on(pipe, output)?;
                    }
                }
                number => {
                    if let Some((name, stream)) = streams.get_mut((number - STREAMS) as usize) {
                        records(name, stream, output)?;
                    }
                }
            }
        }
    }
}

const fn sends(kind: MapType) -> bool {
    matches!(kind, MapType::Ringbuf | MapType::PerfEventArray)
}

/// Helpers that print to the trace pipe: `trace_printk`, `trace_vprintk`.
const PRINTERS: [u32; 2] = [6, 177];

/// Whether a program prints to the trace pipe.
fn prints(image: &Image) -> bool {
    use osmia_isa::{Callee, Insn};
    let mut insns = image.programs.iter().flat_map(|program| &program.insns);
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
