//! The program `osmia`. Under the names `bpftrace` and `bpftool` it takes the command lines of these.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the command line")]
mod attach;
mod c;
mod check;
mod doctor;
mod explain;
mod files;
mod flags;
mod fmt;
mod list;
mod new;
mod out;
mod request;
mod run;
mod tool;
mod top;
mod trace;
mod words;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches as _, Parser};
use flags::{Bpftrace, Command, Osmia};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::ExitCode;

/// Wrong usage, as `clap` has it; bpftrace says 1.
const USAGE: u8 = 1;

fn main() -> ExitCode {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    if let Some(object) = osmia::carried() {
        return stand_alone(&object, args);
    }
    let called = args.first().map(|name| Path::new(name).file_name().unwrap_or_default().to_owned());
    match called.as_deref().and_then(|name| name.to_str()) {
        Some("bpftrace") => return bpftrace(args),
        Some("bpftool") => return tool::tool("bpftool", args.get(1..).unwrap_or_default()),
        _ => {}
    }
    if args.get(1).is_some_and(|first| first == tool::COMPLETE) {
        return tool::complete(args.get(2..).unwrap_or_default());
    }
    let words = args.get(1..).unwrap_or_default();
    if words.first().is_some_and(|first| tool::is_object(&first.to_string_lossy()))
        || tool::is_behind_options(words)
    {
        return tool::tool("osmia", words);
    }
    if args.get(1).is_some_and(|first| is_script(first)) {
        args.insert(1, "trace".into());
    }
    if args.get(1).is_some_and(|first| first == "help") {
        args.retain(|arg| arg != "--help" && arg != "-h");
    }
    match parse(&args) {
        Ok(osmia) => dispatch(osmia),
        Err(error) => refuse(&error, &args),
    }
}

/// All commands, with those that only [`tool`] takes.
fn commands() -> clap::Command {
    let command =
        Osmia::command().mut_subcommand("attach", |attach| attach.after_help(attach::attach_help()));
    command.subcommands(tool::subcommands())
}

fn parse(args: &[OsString]) -> Result<Osmia, clap::Error> {
    Osmia::from_arg_matches(&commands().try_get_matches_from(args)?)
}

/// This program carries a script: it runs that, with the words of `osmia run` for it.
fn stand_alone(object: &[u8], mut args: Vec<OsString>) -> ExitCode {
    let name = args.first().cloned().unwrap_or_else(|| "osmia".into());
    args.splice(..args.len().min(1), ["osmia".into(), "run".into(), name]);
    match Osmia::try_parse_from(&args).map(|osmia| osmia.command) {
        Ok(Command::Run(args)) => run::run_object(&args, object),
        Ok(other) => dispatch(Osmia { command: other }),
        Err(error) => refuse(&error, &args),
    }
}

/// Whether the first word begins a script rather than naming a command: `-e …`, `-l`, a path. What is wrong with a path (there is no
/// such file, it is a directory) the one says who reads it.
fn is_script(first: &OsStr) -> bool {
    let own = ["-h", "--help", "-V", "--version"];
    let command = commands();
    let named = command
        .get_subcommands()
        .any(|known| known.get_name() == first || known.get_all_aliases().any(|alias| alias == first));
    if own.iter().any(|option| first == *option) || first == "help" || named {
        return false;
    }
    let word = first.as_bytes();
    word.starts_with(b"-") || word.iter().any(|byte| b"./".contains(byte)) || Path::new(first).exists()
}

fn dispatch(osmia: Osmia) -> ExitCode {
    match osmia.command {
        Command::Trace(args) => trace::trace(&args),
        Command::Run(args) => run::run(&args),
        Command::Attach(args) => attach::attach(&args),
        Command::Detach(args) => attach::detach(&args),
        Command::Compile(args) => c::compile(&args),
        Command::Check(args) => check::check(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Graph(args) => doctor::graph(&args),
        Command::Top(args) => top::top(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Fmt(args) => fmt::fmt(&args),
        Command::New(args) => new::new(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut commands(), "osmia", &mut script);
            out::say(&(String::from_utf8_lossy(&script) + tool::completions(shell)))
        }
        Command::Man { object } => tool::manual(object.as_deref()),
    }
}

fn bpftrace(args: Vec<OsString>) -> ExitCode {
    // Here `--btf` has no value and no effect; the file is named by BPFTRACE_BTF.
    let own = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let meant = |(at, arg): &(usize, OsString)| *at >= own || arg != "--btf";
    let args: Vec<OsString> = args.into_iter().enumerate().filter(meant).map(|(_, arg)| arg).collect();
    if args.len() == 1 {
        usage();
        return ExitCode::from(USAGE);
    }
    match Bpftrace::try_parse_from(&args) {
        Ok(args) if args.version => {
            out::say(&format!("bpftrace v{} (osmia {})\n", osmia::BPFTRACE_LEVEL, env!("CARGO_PKG_VERSION")))
        }
        // The usage text stands below what went wrong, as users know it.
        Ok(args) if args.trace.command.is_some() && args.trace.pid.is_some() => {
            let status = trace::trace(&args.trace);
            usage();
            status
        }
        Ok(args) => trace::trace(&args.trace),
        Err(error) if error.use_stderr() && error.kind() != ErrorKind::InvalidUtf8 => {
            // `clap`'s own short usage is left out: the long one follows.
            let text = error.to_string();
            let words = text.split("\n\n").next().unwrap_or_default();
            trace::fail(words.trim_start_matches("error: "));
            usage();
            ExitCode::from(USAGE)
        }
        Err(error) => refuse(&error, &args),
    }
}

/// bpftrace's usage, to standard error.
fn usage() {
    trace::complain(&Bpftrace::command().render_help().to_string());
}

/// Help goes to standard output and is no failure. Words that are no text are named, which `clap` does not.
fn refuse(error: &clap::Error, words: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        return out::help(error);
    }
    if error.kind() == ErrorKind::InvalidUtf8 {
        for word in words.iter().filter(|word| word.to_str().is_none()) {
            trace::fail(&format!("argument {word:?} is no UTF-8 text"));
        }
    } else {
        let _ = error.print();
    }
    ExitCode::from(USAGE)
}
