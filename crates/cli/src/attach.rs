//! `osmia attach`, `osmia detach`.
use crate::c::object_bytes;
use crate::flags::Trace;
use crate::out::{open_output, print};
use crate::trace::fail;
use clap::{ArgAction, Args};
use osmia::place::{HOOKS, PlaceError, Wish, parse_place, reference};
use osmia::{AttachRequest, Keep, ObjectOptions, ObjectRef, Output, Placing, ProbeMode, Style};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const ELF: &[u8] = b"\x7fELF";

/// Attach programs anywhere: those of an object, or one that is loaded.
#[derive(Args, Clone, Debug)]
pub(crate) struct Attach {
    /// FILE.bpf.o or FILE.bpf.c, with :PROGRAM behind it or without, or a loaded program: its id, the path of its pin, its name
    #[arg(value_name = "PROGRAM")]
    pub(crate) program: OsString,

    /// Where; where nothing stands, each program of an object goes where its section says
    #[arg(value_name = "WHERE")]
    pub(crate) place: Vec<String>,

    #[command(flatten)]
    pub(crate) placing: Places,

    /// Pin the link here and leave (without WHERE: a directory for programs, maps and links)
    #[arg(long, value_name = "PATH", conflicts_with = "stay")]
    pub(crate) pin: Option<PathBuf>,

    /// Leave the program in its place, which holds it without a link (`bare`, `tc`, `socket`)
    #[arg(long)]
    pub(crate) stay: bool,

    /// Read the kernel's types from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) btf: Option<PathBuf>,

    /// Say nothing but what the programs say
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,

    /// Tell more: the kernel's log
    #[arg(short = 'v', long)]
    pub(crate) verbose: bool,
}

/// What is said of the programs of an object.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Places {
    /// A place for a program of an object: 'PROGRAM=kprobe/do_unlinkat'; again for more of them
    #[arg(long, value_name = "PROGRAM=WHERE", action = ArgAction::Append)]
    pub(crate) at: Vec<String>,

    /// Attach all programs that an object has for one event, not only the best one that works here
    #[arg(long)]
    pub(crate) variants: bool,

    /// What programs get from bpf_get_attach_cookie(), unless their place says (`cookie=N`)
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    pub(crate) cookie: u64,

    /// How kprobes, uprobes and tracepoints run programs: default, link, perf, legacy
    #[arg(long, value_name = "WAY", value_parser = mode, default_value = "default", hide_default_value = true)]
    pub(crate) way: ProbeMode,
}

fn mode(text: &str) -> Result<ProbeMode, String> {
    const MODES: &[(&str, ProbeMode)] = &[
        ("default", ProbeMode::Default),
        ("link", ProbeMode::Link),
        ("perf", ProbeMode::Perf),
        ("legacy", ProbeMode::Legacy),
    ];
    let found = MODES.iter().find(|(name, _)| *name == text).map(|(_, mode)| *mode);
    found.ok_or_else(|| "the ways are default, link, perf and legacy".to_owned())
}

impl Places {
    /// Checks all of it.
    pub(crate) fn placing(&self, strict: bool) -> Result<Placing, String> {
        let split = |text: &String| {
            let (name, place) =
                text.split_once('=').ok_or_else(|| format!("--at {text}: it wants PROGRAM=WHERE"))?;
            let wish = parse_place(&[place]).map_err(|error| format!("--at {text}: {error}"))?;
            Ok((name.to_owned(), wish))
        };
        let places = self.at.iter().map(split).collect::<Result<_, String>>()?;
        let mut placing = Placing { places, variants: self.variants, strict, ..Placing::default() };
        placing.attach.cookie = self.cookie;
        placing.attach.mode = self.way;
        Ok(placing)
    }
}

/// Take programs away: a link, or what a place holds without one.
#[derive(Args, Clone, Debug)]
pub(crate) struct Detach {
    /// The pin of a link, a directory of them, a link's id (`link:17`); or WHERE, with `prog=PROGRAM` where there are several
    #[arg(value_name = "LINK|WHERE", required = true)]
    pub(crate) words: Vec<String>,
}

/// What stands below the help of `attach`.
pub(crate) fn attach_help() -> String {
    let mut text = "\
WHERE is a hook and its words:
  kprobe/FUNCTION, uprobe/PATH:FUNCTION, tracepoint/CATEGORY/NAME, …: whatever has a section name
"
    .to_owned();
    for hook in HOOKS {
        let _ = writeln!(text, "  {} {}\n        {}", hook.name, hook.syntax, hook.help);
    }
    text.push_str(
        "
Where programs can ask for a cookie (bpf_get_attach_cookie), `cookie=N` may follow.
PROG, MAP and LINK are an id, the path of a pin, or a name. A link is named before others (`before=link:17`).
Without --pin and --stay the programs are taken away when this ends.

Examples:
  osmia attach filter.bpf.o                                   everything where its section says
  osmia attach filter.bpf.o:drop xdp eth0 mode=skb --pin /sys/fs/bpf/drop
  osmia attach 17 tcx ingress eth0 before=link:4
  osmia attach trace.bpf.o --at 'enter=fentry/vfs_read' --at 'leave=fexit/vfs_read'
  osmia attach trace.bpf.o --at 'count=uprobe libc:malloc cookie=1' --at 'count=uprobe libc:calloc cookie=2'
  osmia attach 17 tc ingress eth0 --stay
  osmia detach /sys/fs/bpf/drop
  osmia detach tc ingress eth0 prog=17
",
    );
    text
}

/// An object's file, and which of its programs.
fn object(word: &OsStr) -> Option<(PathBuf, Option<String>)> {
    let is_object = |path: &OsStr| {
        use std::io::Read as _;
        let mut start = [0; ELF.len()];
        let file = std::fs::File::open(path);
        osmia::is_c(Path::new(path)) && file.is_ok()
            || file.and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == ELF
    };
    if is_object(word) {
        return Some((PathBuf::from(word), None));
    }
    let colon = word.as_bytes().iter().rposition(|byte| *byte == b':')?;
    let (path, name) = word.as_bytes().split_at(colon);
    let name = std::str::from_utf8(name).ok()?.strip_prefix(':')?;
    let path = OsStr::from_bytes(path);
    is_object(path).then(|| (PathBuf::from(path), Some(name.to_owned())))
}

/// Runs `osmia attach`.
pub(crate) fn attach(args: &Attach) -> ExitCode {
    match attached(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

fn attached(args: &Attach) -> Result<(), String> {
    let wish = match args.place[..] {
        [] => None,
        _ => Some(parse_place(&args.place).map_err(|error| error.to_string())?),
    };
    let mut output = output()?;
    let done = match object(&args.program) {
        Some((path, name)) => of_object(args, &path, name, wish, &mut output),
        None => of_loaded(args, wish, &mut output),
    };
    if done.is_err() {
        let _ = output.finish();
    }
    done
}

fn output() -> Result<Output, String> {
    let trace = Trace::default();
    let (form, buffering) = (trace.form()?, trace.buffering()?);
    Ok(Output::new(open_output(None)?, Box::new(std::io::stderr()), form, buffering, Style::default()))
}

fn of_object(
    args: &Attach,
    path: &Path,
    name: Option<String>,
    wish: Option<Wish>,
    output: &mut Output,
) -> Result<(), String> {
    let within = |message: String| format!("{}: {message}", path.display());
    let bytes = object_bytes(path, args.btf.as_ref())?;
    let mut placing = args.placing.placing(false)?;
    let single = wish.is_some();
    if let Some(wish) = wish {
        let name = match &name {
            Some(name) => name.clone(),
            None => osmia::only_program(&bytes).map_err(within)?,
        };
        placing.places.push((name, wish));
    }
    placing.only = if single {
        placing.places.iter().map(|(name, _)| name.clone()).collect()
    } else {
        name.into_iter().collect()
    };
    let keep = match (&args.pin, args.stay) {
        (Some(path), _) if single => Keep::PinLinks(path.clone()),
        (Some(path), _) => Keep::PinAll(path.clone()),
        (None, true) => Keep::Stay,
        (None, false) => Keep::Watched,
    };
    let options = ObjectOptions {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .split('.')
            .next()
            .unwrap_or_default()
            .to_owned(),
        keep,
        placing,
        must_attach: true,
        btf: args.btf.clone(),
        dry_run: false,
        verbose: args.verbose,
        quiet: args.quiet,
        interactive: std::io::stdout().is_terminal() && std::io::stderr().is_terminal(),
    };
    osmia::run_object(&bytes, &options, output).map_err(within)
}

fn of_loaded(args: &Attach, wish: Option<Wish>, output: &mut Output) -> Result<(), String> {
    let word = args.program.to_string_lossy();
    if !args.placing.at.is_empty() {
        return Err(format!("{word}: --at is for the programs of an object"));
    }
    if (word.contains(".o") || word.contains(".c")) && !word.starts_with("/sys/fs/bpf") {
        return Err(format!("{word}: there is no such object"));
    }
    let text =
        args.program.to_str().ok_or_else(|| format!("argument {:?} is no UTF-8 text", args.program))?;
    let program = reference(text).map_err(|error| error.to_string())?;
    let wish = wish.ok_or("a loaded program does not say where it is to be attached: name the place")?;
    let keep = match (&args.pin, args.stay) {
        (Some(path), _) => Keep::PinLinks(path.clone()),
        (None, true) => Keep::Stay,
        (None, false) => Keep::Watched,
    };
    let options = args.placing.placing(false)?.attach;
    osmia::attach_loaded(&AttachRequest { program, wish, keep, options, quiet: args.quiet }, output)
}

/// Runs `osmia detach`.
pub(crate) fn detach(args: &Detach) -> ExitCode {
    let answers = detached(&args.words).unwrap_or_else(|error| vec![Err(error)]);
    // One that cannot be ended keeps none of the others.
    answers.into_iter().fold(ExitCode::SUCCESS, |status, answer| {
        match answer.and_then(|line| print(&format!("{line}\n"))) {
            Ok(()) => status,
            Err(message) => fail(&message),
        }
    })
}

/// The link that a word names, if it does: an id, a pin's path, `link:` and either of them.
fn link(word: &str) -> Result<Option<ObjectRef>, String> {
    let name = word.strip_prefix("link:");
    match reference(name.unwrap_or(word)).map_err(|error| error.to_string())? {
        ObjectRef::Name(name) if word.starts_with("link:") => {
            Err(format!("links have no names: `{name}` is neither the id of one nor the path of its pin"))
        }
        ObjectRef::Name(_) => Ok(None),
        which => Ok(Some(which)),
    }
}

fn detached(words: &[String]) -> Result<Vec<Result<String, String>>, String> {
    let text = |error: PlaceError| error.to_string();
    if let Some(links) = words.iter().map(|word| link(word)).collect::<Result<Option<Vec<_>>, _>>()? {
        return Ok(links.iter().flat_map(osmia::detach_link).collect());
    }
    // The program is none of the place's own words.
    let (program, place): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with("prog="));
    let program = program.first().and_then(|word| word.strip_prefix("prog="));
    let program = program.map(reference).transpose().map_err(text)?;
    let wish = parse_place(&place).map_err(text)?;
    osmia::detach_place(&wish, program.as_ref())?;
    Ok(vec![Ok("detached".to_owned())])
}
