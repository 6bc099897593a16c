//! `osmia trace`: scripts.
use crate::files;
use crate::flags::Trace;
use crate::out::{open_output, print, say};
use crate::request::Request;
use crate::words::Work;
use osmia::{Child, CompileError, Compiled, Output, RunError, Style};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

/// The status of a run that could not be set up.
const BROKEN: u8 = 255;

/// Runs, lists, shows or writes what the words ask for.
pub(crate) fn trace(args: &Trace) -> ExitCode {
    if args.info {
        return match args.missing() {
            Ok(missing) => say(&osmia::info(&missing)),
            Err(message) => fail(&message),
        };
    }
    if args.list {
        return crate::list::list(args);
    }
    match args.check() {
        Ok(request) => carry_out(request),
        Err(message) => fail(&message),
    }
}

/// Text to standard error.
pub(crate) fn complain(text: &str) {
    let _ = std::io::stderr().write_all(paint(text).as_bytes());
}

/// One line of error; 1 as bpftrace's.
pub(crate) fn fail(message: &str) -> ExitCode {
    complain(&format!("ERROR: {}\n", message.trim_end()));
    ExitCode::FAILURE
}

fn carry_out(mut request: Request) -> ExitCode {
    match request.work {
        Work::Measure => return measure(&request),
        Work::Format => return crate::fmt::show(&request),
        Work::Run | Work::Compile => {}
    }
    if let Err(message) = find_process(request.run.pid) {
        return fail(&message);
    }
    // The child is there, and waits, before anything is compiled: scripts may name it.
    let child = match request.command.as_deref().map(Child::hold).transpose() {
        Ok(child) => child,
        Err(message) => return fail(&message),
    };
    if let Some(child) = &child {
        request.compile.lower.cpid = Some(child.pid());
        request.compile.program = Some(child.program().to_owned());
        request.compile.check.pid = request.compile.check.pid.or(Some(child.pid()));
    }
    let compiled = osmia::compile(&mut request.source, &request.compile);
    let request = &request;
    let compiled = match compiled {
        Ok(compiled) => compiled,
        Err(error) => return refuse(request, &error),
    };
    if !request.run.no_warnings {
        complain(&compiled.warnings.render(&request.source));
    }
    for (_, text) in &compiled.shown {
        if let Err(message) = print(text) {
            return fail(&message);
        }
    }
    if request.emit.is_some() || request.aot.is_some() {
        return match write(request, &compiled) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => fail(&message),
        };
    }
    if !request.compile.stages.is_empty() || request.work == Work::Compile {
        return ExitCode::SUCCESS;
    }
    run(request, compiled, child)
}

/// Whether the process of `-p` is there.
pub(crate) fn find_process(pid: Option<u32>) -> Result<(), String> {
    pid.map_or(Ok(()), osmia::find_process).map_err(|error| format!("Failed to attach to pid: {error}"))
}

/// Writes the object, the program that stands alone, or both.
fn write(request: &Request, compiled: &Compiled) -> Result<(), String> {
    let object = osmia::write_script(&request.source, compiled)?;
    let told =
        |path: &Path, error: std::io::Error| format!("{}: {}", path.display(), osmia::error_text(&error));
    if let Some(path) = &request.emit {
        files::replace(path, &object, files::TEXT).map_err(|error| told(path, error))?;
    }
    if let Some(path) = &request.aot {
        let program = osmia::stand_alone(&object).map_err(|error| told(path, error))?;
        files::replace(path, &program, files::PROGRAM).map_err(|error| told(path, error))?;
    }
    Ok(())
}

/// Tells how long each step of compiling takes.
fn measure(request: &Request) -> ExitCode {
    match osmia::measure(&request.source, &request.compile) {
        Ok(report) => say(&report),
        Err(error) => refuse(request, &error),
    }
}

/// Tells why a script does not compile.
fn refuse(request: &Request, error: &CompileError) -> ExitCode {
    match error {
        CompileError::Script(diagnostics) => {
            complain(&diagnostics.render(&request.source));
            ExitCode::FAILURE
        }
        CompileError::Machine(message) => fail(message),
        CompileError::Words(message) => {
            complain(message);
            ExitCode::FAILURE
        }
    }
}

/// Runs what is compiled.
pub(crate) fn run(request: &Request, compiled: Compiled, child: Option<Child>) -> ExitCode {
    let out = match open_output(request.output.as_deref()) {
        Ok(out) => out,
        Err(message) => return fail(&message),
    };
    let style =
        Style { trailer: compiled.config.str_trunc_trailer.clone(), ..osmia::local_style(&compiled.schema) };
    let mut output = Output::new(out, Box::new(std::io::stderr()), request.form, request.buffering, style);
    let mut options = request.run.clone();
    options.interactive = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    match osmia::run(&request.source, &request.compile, compiled, &options, child, &mut output) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            let _ = output.finish();
            complain(error.words());
            match error {
                RunError::Misfit(_) => ExitCode::FAILURE,
                RunError::Broken(_) => ExitCode::from(BROKEN),
            }
        }
    }
}

/// Told once.
static WRONG_COLOUR: std::sync::Once = std::sync::Once::new();

/// `ERROR` and `WARNING` in colour, on a terminal that did not ask for none.
pub(crate) fn paint(text: &str) -> String {
    let wish = std::env::var("BPFTRACE_COLOR").unwrap_or_default();
    let colour = match wish.as_str() {
        "always" => true,
        "never" => false,
        other => {
            if !matches!(other, "" | "auto") {
                WRONG_COLOUR.call_once(|| {
                    eprintln!(
                        "WARNING: Invalid env value! The valid values of `BPFTRACE_COLOR` are [auto|always|never]. The current value is {other}!"
                    );
                });
            }
            std::io::stderr().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var_os("TERM").is_some_and(|terminal| terminal != "dumb")
        }
    };
    if !colour {
        return text.to_owned();
    }
    text.lines().map(|line| paint_line(line) + "\n").collect()
}

fn paint_line(line: &str) -> String {
    for (word, code) in [("ERROR: ", "31"), ("WARNING: ", "33"), ("HINT: ", "36")] {
        if let Some(at) = line.find(word) {
            let (before, rest) = line.split_at(at);
            let (word, rest) = rest.split_at(word.len() - 1);
            return format!("{before}\x1b[{code}m{word}\x1b[0m{rest}");
        }
    }
    line.to_owned()
}
