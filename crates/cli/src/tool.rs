//! bpftool's rows: programs and maps, what is in them.
use crate::flags::{Map, Printing, Prog};
use osmia::Zone;
use osmia::inspect::{
    self, DumpPrinter, Extras, Form, Handle, InspectError, Json, MapTypes, OpenMap, OpenProgram, Program,
    Subject, Walked, Xlated,
};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;

/// How much of a dump is kept before it is written.
const CHUNK: usize = 1 << 16;

/// What bpftool's failures end with.
const FAILED: u8 = 255;

/// Why a command ends early.
enum Failure {
    /// It cannot be answered.
    Inspect(InspectError),
    /// Anything else that is told in words.
    Words(String),
    /// The words make no command: JSON has `null` for that.
    Usage(&'static str),
    /// The reader of our output went away, or its disk is full.
    Output(io::Error),
}

impl From<InspectError> for Failure {
    fn from(error: InspectError) -> Self {
        Self::Inspect(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

type Done = Result<u8, Failure>;

/// `osmia prog …`
pub(crate) fn run_prog(command: &Prog) -> ExitCode {
    match command {
        Prog::Show { printing, handle } => end(show_programs(handle, form(*printing)), *printing),
        Prog::Dump { printing, words } => end(dump_program(words, form(*printing)), *printing),
    }
}

/// `osmia map …`
pub(crate) fn run_map(command: &Map) -> ExitCode {
    match command {
        Map::Show { printing, handle } => end(show_maps(handle, form(*printing)), *printing),
        Map::Dump { printing, handle } => end(dump_maps(handle, form(*printing)), *printing),
    }
}

const fn form(printing: Printing) -> Form {
    match printing {
        Printing { pretty: true, .. } => Form::PrettyJson,
        Printing { json: true, .. } => Form::Json,
        Printing { .. } => Form::Text,
    }
}

fn end(done: Done, printing: Printing) -> ExitCode {
    let code = done.unwrap_or_else(|failure| {
        // Where not even the failure can be told, the code still tells of it.
        drop(tell(&failure, form(printing)));
        FAILED
    });
    ExitCode::from(code)
}

/// In JSON the failure is the answer.
fn tell(failure: &Failure, form: Form) -> io::Result<()> {
    let words = match failure {
        Failure::Inspect(error) => error.to_string(),
        Failure::Words(words) => words.clone(),
        Failure::Usage(usage) if form.is_json() => {
            writeln!(io::stderr(), "Usage: {usage}")?;
            return print(b"null\n");
        }
        Failure::Usage(usage) => return writeln!(io::stderr(), "Usage: {usage}"),
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        Failure::Output(error) => return writeln!(io::stderr(), "Error: can't write: {error}"),
    };
    if !form.is_json() {
        return writeln!(io::stderr(), "Error: {words}");
    }
    let mut json = Json::new(form);
    json.object(|json| json.text_field("error", &words));
    print(&json.finish())
}

fn print(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// A handle that is all there is.
fn only_handle(subject: Subject, words: &[String]) -> Result<Handle, Failure> {
    match words {
        // More or fewer words than a handle has are not looked at one by one.
        [_] | [_, _, _, ..] => Err(InspectError::Stray(words.first().cloned().unwrap_or_default()).into()),
        words => Ok(Handle::parse(subject, words)?.0),
    }
}

fn show_programs(words: &[String], form: Form) -> Done {
    let handle = only_handle(Subject::Program, words)?;
    let programs = inspect::programs(&handle)?;
    print(&match form {
        Form::Text => inspect::programs_text(&programs, &Zone::system()),
        Form::Json | Form::PrettyJson => inspect::programs_json(&programs, handle != Handle::All, form),
    })?;
    Ok(0)
}

fn show_maps(words: &[String], form: Form) -> Done {
    let handle = only_handle(Subject::Map, words)?;
    let maps = inspect::maps(&handle)?;
    print(&match form {
        Form::Text => inspect::maps_text(&maps),
        Form::Json | Form::PrettyJson => inspect::maps_json(&maps, handle != Handle::All, form),
    })?;
    Ok(0)
}

const MAP_DUMP: &str = "osmia map dump { id N | name NAME | pinned FILE } [--json] [--pretty]";

fn dump_maps(words: &[String], form: Form) -> Done {
    let [_, _] = words else { return Err(Failure::Usage(MAP_DUMP)) };
    let maps = inspect::open_maps(&Handle::parse(Subject::Map, words)?.0)?;
    let facts: Vec<_> = maps.iter().map(|map| map.facts.clone()).collect();
    let mut printer = DumpPrinter::new(form, &facts);
    let mut failed = None;
    for map in &maps {
        failed = dump_map(map, &mut printer, form)?.failure;
        if failed.is_some() {
            break;
        }
    }
    print(&printer.finish())?;
    // An error of the kernel's, as far as a byte holds it.
    Ok(failed.map_or(0, |errno| errno.0.wrapping_neg() as u8))
}

fn dump_map(map: &OpenMap, printer: &mut DumpPrinter, form: Form) -> Result<Walked, Failure> {
    let types = MapTypes::of(&map.facts)?;
    if form == Form::Text {
        warn(map);
    }
    let mut written = Ok(());
    printer.begin(&map.facts);
    let walked = map.walk(&mut |key, value| {
        printer.element(&map.facts, types.as_ref(), key, value);
        if printer.waiting() > CHUNK {
            let chunk = printer.take();
            if written.is_ok() {
                written = print(&chunk);
            }
        }
    });
    printer.end(walked);
    written?;
    Ok(walked)
}

/// Sockets are read as cookies of eight bytes.
fn warn(map: &OpenMap) {
    const SOCKETS: &str = "reuseport_sockarray";
    if map.facts.kind.name == Some(SOCKETS) && map.facts.value_size != 8 {
        // A warning that nobody reads is no failure.
        drop(writeln!(io::stderr(), "Warning: cannot read values from {SOCKETS} map with value_size != 8"));
    }
}

const PROG_DUMP: &str = "osmia prog dump xlated { id N | tag TAG | name NAME | pinned FILE } \
    [{ file FILE | opcodes | linum }] [--json] [--pretty]";

/// What to do with instructions.
#[derive(Default)]
struct Wanted<'a> {
    extras: Extras,
    file: Option<&'a str>,
}

fn dump_program(words: &[String], form: Form) -> Done {
    let what = words.first().map_or("(null)", String::as_str);
    if "jited".starts_with(what) {
        return Err(Failure::Words("machine code can't be shown yet".to_owned()));
    }
    if !"xlated".starts_with(what) {
        return Err(Failure::Words(format!("expected 'xlated' or 'jited', got: {what}")));
    }
    let rest = words.get(1..).unwrap_or_default();
    let [_, _, ..] = rest else { return Err(Failure::Usage(PROG_DUMP)) };
    let (handle, rest) = Handle::parse(Subject::Program, rest)?;
    let programs = inspect::open_programs(&handle)?;
    let wanted = wanted(rest, &programs)?;
    let code = |program: OpenProgram| Ok((inspect::xlated(&program)?, program.facts));
    let coded: Result<Vec<_>, Failure> = programs.into_iter().map(code).collect();
    let coded: Vec<(Program, Xlated)> = coded?.into_iter().map(|(code, facts)| (facts, code)).collect();
    if let Some(path) = wanted.file {
        return write_file(path, &coded, form);
    }
    print(&match form {
        Form::Text => inspect::xlated_text(&coded, wanted.extras),
        Form::Json | Form::PrettyJson => inspect::xlated_json(&coded, wanted.extras, form),
    })?;
    Ok(0)
}

fn wanted<'a>(words: &'a [String], programs: &[OpenProgram]) -> Result<Wanted<'a>, Failure> {
    let mut wanted = Wanted::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let is = |keyword: &str| keyword.starts_with(word.as_str());
        if is("file") {
            let path = words.next().ok_or_else(|| Failure::Words("expected file path".to_owned()))?;
            if programs.len() > 1 {
                return Err(Failure::Words("several programs matched".to_owned()));
            }
            wanted.file = Some(path);
        } else if is("opcodes") {
            wanted.extras.opcodes = true;
        } else if is("linum") {
            wanted.extras.lines = true;
        } else {
            return Err(Failure::Usage(PROG_DUMP));
        }
    }
    if wanted.file.is_some() && wanted.extras != Extras::default() {
        return Err(Failure::Usage(PROG_DUMP));
    }
    Ok(wanted)
}

fn write_file(path: &str, coded: &[(Program, Xlated)], form: Form) -> Done {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let cannot = |what: &str, error: io::Error| {
        let errno = error.raw_os_error().unwrap_or_default();
        Failure::Words(format!("{what}: {}", inspect::error_text(errno)))
    };
    let open = options.open(path);
    let mut file = open.map_err(|error| cannot(&format!("can't open file {path}"), error))?;
    for (_, code) in coded {
        file.write_all(&code.bytes).map_err(|error| cannot("error writing output file", error))?;
    }
    if form.is_json() {
        print(b"null\n")?;
    }
    Ok(0)
}
