//! Running an object: open, resolve, load, attach, and pass on what it prints and sends.
use crate::bring_up::{Placing, Up, bring_up, choose};
use crate::kernel::{ENDING, add_descriptors};
use crate::output::Output;
use crate::portable::gather;
use osmia_abi::{MapType, ProgramType};
use osmia_loader::{Arrival, Attachment, Loaded, Stream};
use osmia_object::{Attach, Object};
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
    /// What becomes of it when everything is attached.
    pub keep: Keep,
    /// What is said of its programs.
    pub placing: Placing,
    /// The kernel's types, where they are not to be the running kernel's.
    pub btf: Option<PathBuf>,
    /// Whether it is an error that nothing is attached; else it is loaded, and waits.
    pub must_attach: bool,
    /// Stop once everything is attached.
    pub dry_run: bool,
    /// Tell more.
    pub verbose: bool,
    /// Say nothing but what the programs say.
    pub quiet: bool,
    /// A person is watching.
    pub interactive: bool,
}

/// What becomes of what is attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// It is watched, and taken away at the end.
    #[default]
    Watched,
    /// Programs, maps and links are pinned in this directory of the BPF file system.
    PinAll(PathBuf),
    /// The links alone are pinned, at this path; where there are several, with their number behind it.
    PinLinks(PathBuf),
    /// It stays where it is, as no link holds it.
    Stay,
}

/// Pages of each processor's perf buffer.
const PERF_PAGES: usize = 64;
const SIGNALS: u64 = 0;
const PIPE: u64 = 1;
/// Streams are numbered from here.
const STREAMS: u64 = 2;

/// Runs an object until somebody ends it, or keeps it and leaves.
pub fn run_object(bytes: &[u8], options: &ObjectOptions, output: &mut Output) -> Result<(), String> {
    let mut object = osmia_object::elf::read(bytes).map_err(|error| error.to_string())?;
    choose(&mut object, &options.placing)?;
    let target = gather(&object, options.btf.as_ref())?;
    // From before anything is attached, a signal ends the run in good order.
    let signals = SignalFd::new(ENDING).map_err(|error| error.to_string())?;
    // Opened before anything is attached, and emptied: what was printed before is not ours.
    let pipe = match options.keep == Keep::Watched && object_prints(&object) {
        true => Some(trace_pipe().map_err(|error| error.to_string())?),
        false => None,
    };
    let up = bring_up(&mut object, &target, &options.name, &options.placing, options.verbose)?;
    if !options.quiet {
        for line in remarks(&up) {
            output.note(&line).map_err(|error| error.to_string())?;
        }
    }
    let Up { loaded, attached, .. } = up;
    if attached.is_empty() && options.keep == Keep::Watched && !options.dry_run {
        if options.must_attach {
            return Err("nothing of it is attached: say where its programs go \
                (`osmia attach FILE:PROGRAM WHERE`, or `--at 'PROGRAM=WHERE'`)"
                .to_owned());
        }
        if !options.quiet {
            let line = "nothing is attached: what is loaded stays until this ends";
            output.note(line).map_err(|error| error.to_string())?;
        }
    }
    let said = if options.quiet { Vec::new() } else { vec![Message::Attached(attached.len() as u64)] };
    match &options.keep {
        Keep::Watched => {}
        keep => return keep_all(&loaded, attached, keep, options, output),
    }
    for message in said {
        output.say(&message).map_err(|error| error.to_string())?;
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

/// What there is to say of programs that are not attached, or not at all of their places.
fn remarks(up: &Up) -> Vec<String> {
    let nowhere = up
        .loaded
        .programs
        .iter()
        .filter(|program| matches!(program.attach, Attach::Nowhere | Attach::TestRun))
        // A structure of functions is attached as a whole.
        .filter(|program| program.kind != ProgramType::StructOps);
    let nowhere = nowhere.map(|program| {
        let section = up.image.programs.get(program.index).map_or("", |program| program.section.as_str());
        let kind = program.kind.name();
        format!(
            "{}: loaded; its section `{section}` does not say where a {kind} program is to be attached \
             (`--at '{}=WHERE'`, see `osmia attach --help`)",
            program.name, program.name
        )
    });
    let left_out = up.left_out.iter().map(|(name, why)| format!("{name}: left out: {why}"));
    let missed = up.attached.iter().flat_map(|(name, attachment)| {
        attachment.missed().iter().map(move |missed| format!("{name}: {}: {}", missed.name, missed.why))
    });
    up.sizes.iter().cloned().chain(left_out).chain(nowhere).chain(missed).collect()
}

fn keep_all(
    loaded: &Loaded,
    attached: Vec<(String, Attachment)>,
    keep: &Keep,
    options: &ObjectOptions,
    output: &mut Output,
) -> Result<(), String> {
    let pinned = match keep {
        Keep::PinAll(dir) => {
            let all: Vec<(String, &Attachment)> =
                attached.iter().map(|(name, attachment)| (name.clone(), attachment)).collect();
            osmia_loader::pin_all(loaded, &all, dir).map_err(|error| error.to_string())?
        }
        keep => keep_each(attached.into_iter().map(|(_, attachment)| attachment).collect(), keep)?,
    };
    if !options.quiet {
        for path in pinned {
            output.note(&format!("pinned {}", path.display())).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Keeps attachments beyond this process; the pins that were made. If it cannot be, nothing stays.
pub(crate) fn keep_each(mut attached: Vec<Attachment>, keep: &Keep) -> Result<Vec<PathBuf>, String> {
    match keep {
        Keep::PinLinks(path) if attached.iter().any(|attachment| !attachment.by_links()) => Err(format!(
            "{}: no link holds the program there, so there is nothing to pin; `--stay` leaves it in its place where the \
             place itself can hold it",
            path.display()
        )),
        Keep::PinLinks(path) => {
            let all: Vec<&Attachment> = attached.iter().collect();
            osmia_loader::pin_links(&all, path).map_err(|error| error.to_string())
        }
        // All are asked before one is told to stay.
        Keep::Stay if attached.iter().any(|attachment| !attachment.stays()) => Err(
            "what a link or perf event holds goes when this process ends: pin it (`--pin PATH`), or attach it without a \
             link (`bare`)"
                .to_owned(),
        ),
        Keep::Stay => {
            for attachment in &mut attached {
                attachment.keep();
            }
            Ok(Vec::new())
        }
        Keep::Watched | Keep::PinAll(_) => Ok(Vec::new()),
    }
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
