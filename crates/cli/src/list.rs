//! `-l`: what can be traced.
use crate::flags::Trace;
use crate::out::{open_output, written};
use crate::trace::fail;
use osmia::Detail;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt as _;
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
    let pattern = match args.words.first().map_or(Some(""), |word| word.to_str()) {
        Some(pattern) => pattern,
        None if script => "",
        None => return fail(&format!("pattern {:?} is no UTF-8 text", args.words[0])),
    };
    if !script && pattern.contains('.') && !pattern.contains([':', '*']) && !args.no_warnings {
        crate::trace::complain(&format!(
            "WARNING: It appears that '{pattern}' is a filename but the file does not exist. Treating '{pattern}' as a search pattern.\n"
        ));
    }
    let lines = if script {
        args.source().and_then(|(source, params)| {
            let params: Vec<Vec<u8>> = params.into_iter().map(OsString::into_vec).collect();
            osmia::list_script(&source, &params, detail, &search)
        })
    } else {
        osmia::list_probes(pattern, detail, &search, &args.debug_folders())
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
