//! `osmia fmt` and `--fmt`: scripts in the form that all scripts have.
use crate::files;
use crate::flags::Fmt;
use crate::out::{open_output, print, put};
use crate::request::{Request, read};
use crate::trace::{complain, fail};
use osmia::FormatError;
use osmia_base::Source;
use std::path::Path;
use std::process::ExitCode;

/// Rewrites files, or tells which need it. What is wrong with one does not keep the others from their form.
pub(crate) fn fmt(args: &Fmt) -> ExitCode {
    let mut status = ExitCode::SUCCESS;
    for file in &args.files {
        match one(file, args.check) {
            Ok(true) => {}
            Ok(false) => status = ExitCode::FAILURE,
            Err(message) => {
                complain(&message);
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

/// Formats one file; false if it should have been formatted before.
fn one(file: &Path, check: bool) -> Result<bool, String> {
    let (name, text) = read(file).map_err(error_line)?;
    let source = Source::new(name.as_str(), text);
    let made = format(&source)?;
    let same = made == source.text;
    if check {
        if !same {
            let line = first_difference(&source.text, &made);
            print(&format!("{}:{line}: not formatted\n", source.name)).map_err(error_line)?;
        }
        return Ok(same);
    }
    if file == Path::new("-") {
        print(&made).map_err(error_line)?;
    } else if !same {
        files::replace(file, made.as_bytes(), files::TEXT)
            .map_err(|error| format!("ERROR: {name}: {}\n", osmia::error_text(&error)))?;
    }
    Ok(true)
}

fn error_line(message: String) -> String {
    format!("ERROR: {message}\n")
}

/// The first line that is not as it should be, from 1.
fn first_difference(text: &str, made: &str) -> usize {
    let (text, made) = (text.split_inclusive('\n'), made.split_inclusive('\n'));
    1 + text.zip(made).take_while(|(text, made)| text == made).count()
}

fn format(source: &Source) -> Result<String, String> {
    osmia::format_script(source).map_err(|error| match error {
        FormatError::Syntax(diagnostics) => diagnostics.render(source),
        FormatError::Changed => format!("ERROR: {}: {error}\n", source.name),
    })
}

/// Prints the script of a request, as bpftrace's `--fmt` does.
pub(crate) fn show(request: &Request) -> ExitCode {
    let made = match format(&request.source) {
        Ok(made) => made,
        Err(message) => {
            complain(&message);
            return ExitCode::FAILURE;
        }
    };
    match open_output(request.output.as_deref()).and_then(|mut out| put(&mut out, &made)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}
