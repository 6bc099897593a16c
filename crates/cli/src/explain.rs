//! `osmia explain`: the verifier's words in plain ones.
use crate::c::object_bytes;
use crate::flags::Explain;
use crate::out::print;
use crate::trace::fail;
use osmia::{Explained, Verdict, explain_log, explain_object};
use std::path::Path;
use std::process::ExitCode;

/// Explains a log, or why the programs of an object are refused.
pub(crate) fn explain(args: &Explain) -> ExitCode {
    let bytes = match read(args) {
        Ok(bytes) => bytes,
        Err(message) => return fail(&message),
    };
    let explained = if bytes.starts_with(b"\x7fELF") {
        match explain_object(&bytes, args.btf.as_ref()) {
            Ok(explained) => explained,
            Err(error) => return fail(&format!("{}: {error}", args.file.display())),
        }
    } else {
        vec![explain_log(&String::from_utf8_lossy(&bytes))]
    };
    let told =
        if args.json { Explained::json(&explained) } else { explained.iter().map(text).collect::<String>() };
    if let Err(message) = print(&told) {
        return fail(&message);
    }
    let good = explained.iter().all(|one| matches!(one.verdict, Verdict::Accepted));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(args: &Explain) -> Result<Vec<u8>, String> {
    if args.file != Path::new("-") {
        return object_bytes(&args.file, args.btf.as_ref());
    }
    osmia::read_stream(std::io::stdin()).map_err(|error| format!("-: {error}"))
}

fn text(explained: &Explained) -> String {
    let name = match explained.program.as_str() {
        "" => String::new(),
        name => format!("{name}: "),
    };
    match &explained.verdict {
        Verdict::Accepted if name.is_empty() => "the log tells of no refusal\n".to_owned(),
        Verdict::Accepted => format!("{name}accepted\n"),
        Verdict::NotTried(why) => format!("{name}not looked at: {why}\n"),
        Verdict::Refused(explanation) => format!("{name}{explanation}"),
        Verdict::Unfit(lacks) => lacks.iter().map(|lack| format!("{name}{lack}")).collect(),
    }
}
