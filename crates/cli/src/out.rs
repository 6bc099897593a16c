//! What is printed: to standard output, or to a file. What does not get there is told, and is a failure.
use crate::trace::fail;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// A place for output whose errors say which it is.
struct Named<W> {
    name: String,
    out: W,
}

impl<W> Named<W> {
    fn told(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("cannot write {}: {}", self.name, osmia::error_text(error)))
    }
}

impl<W: Write> Write for Named<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // What asks to be tried again is no failure, and is known by its kind.
        self.out.write(bytes).map_err(|error| self.told(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| self.told(&error))
    }
}

fn standard() -> Named<io::Stdout> {
    Named { name: "standard output".to_owned(), out: io::stdout() }
}

/// Where what is printed goes: standard output, or a file that is made now.
pub(crate) fn open_output(path: Option<&Path>) -> Result<Box<dyn Write>, String> {
    let Some(path) = path else { return Ok(Box::new(standard())) };
    match File::create(path) {
        Ok(out) => Ok(Box::new(Named { name: path.display().to_string(), out })),
        Err(error) => Err(format!("failed to open output file \"{}\": {error}", path.display())),
    }
}

/// What is to be said of writing: a reader that went away wants no more, and that is all right.
pub(crate) fn written(done: io::Result<()>) -> Result<(), String> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// Text to a place, all of it and now.
pub(crate) fn put(out: &mut dyn Write, text: &str) -> Result<(), String> {
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Text to standard output.
pub(crate) fn print(text: &str) -> Result<(), String> {
    put(&mut standard(), text)
}

/// Text to standard output, and the status of a command that had nothing else to do.
pub(crate) fn say(text: &str) -> ExitCode {
    status(print(text))
}

/// Help that was asked for, in colour where that is wanted.
pub(crate) fn help(help: &clap::Error) -> ExitCode {
    let done = help.print().and_then(|()| io::stdout().flush());
    status(written(done.map_err(|error| standard().told(&error))))
}

fn status(done: Result<(), String>) -> ExitCode {
    done.map_or_else(|message| fail(&message), |()| ExitCode::SUCCESS)
}
