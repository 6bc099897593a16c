//! Running an object: open, resolve, load, attach, and pass on what it prints and sends.
use crate::arrivals::{Arrivals, open_pipe};
use crate::bring_up::{Bringing, Placing, Reader, Up, bring_up, choose};
use crate::kernel::ENDING;
use crate::output::Output;
use crate::portable::gather;
use osmia_abi::ProgramType;
use osmia_loader::{Attachment, Loaded};
use osmia_object::Attach;
use osmia_render::Message;
use osmia_sys::SignalFd;
use std::io;
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

/// Runs an object until somebody ends it, or keeps it and leaves.
pub fn run_object(bytes: &[u8], options: &ObjectOptions, output: &mut Output) -> Result<(), String> {
    let mut object = osmia_object::elf::read(bytes).map_err(|error| error.to_string())?;
    choose(&mut object, &options.placing)?;
    let target = gather(&object, options.btf.as_ref())?;
    // From before anything is attached, a signal ends the run in good order.
    let signals = SignalFd::new(ENDING).map_err(|error| error.to_string())?;
    let (pipe, reader) = match options.keep {
        Keep::Watched => (open_pipe(&object).map_err(|error| error.to_string())?, Reader::Here),
        _ => (None, Reader::Elsewhere),
    };
    let ObjectOptions { name, placing, verbose, .. } = options;
    let wish = Bringing { name, placing, verbose: *verbose, reader };
    let up = bring_up(&mut object, &target, &wish)?;
    if !options.quiet {
        for line in remarks(&up) {
            output.note(&line).map_err(|error| error.to_string())?;
        }
    }
    let Up { loaded, attached, streams, .. } = up;
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
    let mut arrivals = Arrivals { pipe, streams };
    let read = arrivals.watch(&signals, output);
    osmia_loader::detach_all(attached.into_iter().map(|(_, attachment)| attachment).collect());
    match read.and_then(|()| arrivals.rest(output)).and_then(|()| output.finish()) {
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
