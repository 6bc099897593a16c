//! `osmia check`: whether a script is right.
use crate::flags::{Check, Trace};
use crate::out::print;
use crate::trace::{complain, fail};
use osmia::Form;
use std::process::ExitCode;

/// Tells what is wrong with a script.
pub(crate) fn check(args: &Check) -> ExitCode {
    let args = Trace {
        words: args.words.clone(),
        program: args.program.clone(),
        format: args.format.clone(),
        btf: args.btf.clone(),
        dangerous: args.dangerous,
        include_dirs: args.include_dirs.clone(),
        includes: args.includes.clone(),
        ..Trace::default()
    };
    let mut request = match args.check() {
        Ok(request) => request,
        Err(message) => return fail(&message),
    };
    let checked = osmia::check(&mut request.source, &request.compile);
    if request.form == Form::Json {
        if let Err(message) = print(&checked.json(&request.source)) {
            return fail(&message);
        }
    } else {
        complain(&checked.diagnostics.render(&request.source));
        if let Some(why) = &checked.broken {
            return fail(why);
        }
    }
    if checked.is_wrong() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
