//! `osmia run FILE`: whatever the file is.
use crate::flags::Run;
use crate::trace::{fail, open_output, trace};
use osmia::{ObjectOptions, Output, Style};
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

const ELF: &[u8] = b"\x7fELF";

/// Runs a script or an object.
pub(crate) fn run(args: &Run) -> ExitCode {
    let Some(file) = args.trace.words.first() else {
        if args.trace.program.is_some() {
            return trace(&args.trace);
        }
        return fail("osmia run needs a file: a script or an object (.bpf.o)");
    };
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(_) if file == "-" => return trace(&args.trace),
        Err(error) => return fail(&format!("{file}: {error}")),
    };
    if !bytes.starts_with(ELF) {
        return match std::str::from_utf8(&bytes) {
            Ok(_) => trace(&args.trace),
            Err(_) => fail(&format!("{file}: this is neither an object (ELF) nor a script (text)")),
        };
    }
    let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
    let options = ObjectOptions {
        name: name.split('.').next().unwrap_or_default().to_owned(),
        pin: args.pin.clone(),
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
    match osmia::run_object(&bytes, &options, &mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = output.finish();
            fail(&format!("{file}: {message}"))
        }
    }
}
