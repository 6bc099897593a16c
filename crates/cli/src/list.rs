//! `-l`: what can be traced.
use crate::flags::Trace;
use crate::out::{open_output, written};
use crate::trace::fail;
use osmia::Detail;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Lists the probes that match a pattern, or those of a script.
pub(crate) fn list(args: &Trace) -> ExitCode {
    let detail = if args.verbose { Detail::Fields } else { Detail::Names };
    let process = args.process().and_then(|pid| crate::trace::find_process(pid).map(|()| pid));
    let search = match process {
        Ok(pid) => osmia::Search { pid, any_kind: args.dangerous, program: None },
        Err(message) => return fail(&message),
    };
    let script = args.program.is_some()
        || args.words.first().is_some_and(|word| word == "-" || Path::new(word).is_file());
    if let Some(word) =
        args.words.first().filter(|word| !script && word.contains('.') && !word.contains([':', '*']))
        && !args.no_warnings
    {
        crate::trace::complain(&format!(
            "WARNING: It appears that '{word}' is a filename but the file does not exist. Treating '{word}' as a search pattern.\n"
        ));
    }
    let lines = if script {
        args.source().and_then(|(source, params)| osmia::list_script(&source, &params, detail, &search))
    } else {
        osmia::list_probes(
            args.words.first().map_or("", String::as_str),
            detail,
            &search,
            &args.debug_folders(),
        )
    };
    match lines.and_then(|lines| print_lines(&lines)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

/// One a line: there may be very many of them.
fn print_lines(lines: &[String]) -> Result<(), String> {
    let mut out = std::io::BufWriter::new(open_output(None)?);
    written(lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush()))
}
