//! `osmia run FILE`: whatever the file is.
use crate::c::object_bytes;
use crate::flags::Run;
use crate::out::open_output;
use crate::trace::{fail, trace};
use osmia::{Child, Compiled, Keep, ObjectOptions, Output, Style, is_c};
use osmia_base::Source;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

const ELF: &[u8] = b"\x7fELF";

/// Runs a script or an object.
pub(crate) fn run(args: &Run) -> ExitCode {
    // The words are not a file then.
    if args.trace.program.is_some() || args.trace.list || args.trace.info {
        return trace(&args.trace);
    }
    let Some(file) = args.trace.words.first() else {
        return fail("osmia run needs a file: a script, an object (.bpf.o) or a program in C (.bpf.c)");
    };
    let path = Path::new(file);
    if is_c(path) {
        return match object_bytes(path, args.trace.btf.as_ref()) {
            Ok(bytes) => run_object(args, &bytes),
            Err(message) => fail(&message),
        };
    }
    let bytes = match osmia::read_file(path) {
        Ok(bytes) => bytes,
        Err(_) if file == "-" => return trace(&args.trace),
        Err(error) => return fail(&format!("{}: {error}", path.display())),
    };
    if !bytes.starts_with(ELF) {
        return match std::str::from_utf8(&bytes) {
            Ok(_) => trace(&args.trace),
            Err(_) => {
                fail(&format!("{}: this is neither an object (ELF) nor a script (text)", path.display()))
            }
        };
    }
    run_object(args, &bytes)
}

/// Runs an object, for which the first word stands.
pub(crate) fn run_object(args: &Run, bytes: &[u8]) -> ExitCode {
    let path = Path::new(args.trace.words.first().map_or(OsStr::new("osmia"), OsString::as_os_str));
    let file = path.display();
    match osmia::open_script(bytes, args.trace.btf.as_ref()) {
        Ok(Some((source, compiled))) if args.pin.is_none() => return run_script(args, source, compiled),
        Ok(_) => {}
        Err(message) => return fail(&format!("{file}: {message}")),
    }
    let placing = match args.places.placing(args.trace.strict) {
        Ok(placing) => placing,
        Err(message) => return fail(&message),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let options = ObjectOptions {
        name: name.split('.').next().unwrap_or_default().to_owned(),
        keep: args.pin.clone().map_or(Keep::Watched, Keep::PinAll),
        placing,
        must_attach: false,
        btf: args.trace.btf.clone(),
        dry_run: args.trace.dry_run,
        verbose: args.trace.verbose,
        quiet: args.trace.quiet,
        interactive: std::io::stdout().is_terminal() && std::io::stderr().is_terminal(),
    };
    let (form, buffering) = match (args.trace.form(), args.trace.buffering()) {
        (Ok(form), Ok(buffering)) => (form, buffering),
        (Err(message), _) | (_, Err(message)) => return fail(&message),
    };
    let out = match open_output(args.trace.output.as_deref()) {
        Ok(out) => out,
        Err(message) => return fail(&message),
    };
    let mut output = Output::new(out, Box::new(std::io::stderr()), form, buffering, Style::default());
    match osmia::run_object(bytes, &options, &mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = output.finish();
            fail(&format!("{file}: {message}"))
        }
    }
}

/// Runs the script that an object carries, as it would run from its text.
fn run_script(args: &Run, source: Source, mut compiled: Compiled) -> ExitCode {
    let words = args.trace.words.iter().skip(1).cloned().collect();
    let mut request = match args.trace.request(source, words) {
        Ok(request) => request,
        Err(message) => return fail(&message),
    };
    request.compile.compiled = true;
    let given = &request.compile;
    if let Err(message) = osmia::fill_parameters(&mut compiled, &given.check.params, &given.named) {
        crate::trace::complain(&message);
        return ExitCode::FAILURE;
    }
    let child = match request.command.as_deref().map(Child::hold).transpose() {
        Ok(child) => child,
        Err(message) => return fail(&message),
    };
    crate::trace::run(&request, compiled, child)
}
