//! Where a command's answer goes: text or JSON, in chunks.
use super::{Done, Failure, Object, Options, help};
use crate::json::Mark;
use crate::{Form, Json};
use std::io::{self, Write};

/// How much of an answer is kept before it is written.
const CHUNK: usize = 1 << 16;

/// One run of the command line: what was asked for in general, and where answers go.
pub struct Session<'w> {
    /// What all commands are told.
    pub options: Options,
    program: String,
    object: Option<&'static Object>,
    json: Json,
    out: &'w mut dyn Write,
    errors: &'w mut dyn Write,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("options", &self.options).finish_non_exhaustive()
    }
}

impl<'w> Session<'w> {
    pub(super) fn new(
        program: &str,
        options: Options,
        out: &'w mut dyn Write,
        errors: &'w mut dyn Write,
    ) -> Self {
        let json = if options.form == Form::Text { Json::dialect(true) } else { Json::new(options.form) };
        Self { options, program: program.to_owned(), object: None, json, out, errors }
    }

    /// The name under which we were called.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// What the command is about.
    pub(super) const fn begin(&mut self, object: &'static Object) {
        self.object = Some(object);
    }

    /// Words that make no command: what is wrong, and how commands of this object are written.
    pub fn misuse(&self, words: impl Into<String>) -> Failure {
        let usage =
            self.object.map_or_else(|| help::all(&self.program), |object| help::usage(&self.program, object));
        Failure::usage(words, usage)
    }

    /// How answers are printed.
    pub const fn form(&self) -> Form {
        self.options.form
    }

    /// Whether answers are JSON.
    pub const fn is_json(&self) -> bool {
        self.options.form.is_json()
    }

    /// Where JSON goes. In text this is the dialect of it that people read.
    pub const fn json(&mut self) -> &mut Json {
        &mut self.json
    }

    /// Where text goes.
    pub const fn text(&mut self) -> &mut Vec<u8> {
        self.json.raw()
    }

    /// Prints a value in the form that is asked for.
    pub fn print<T: ?Sized>(
        &mut self,
        value: &T,
        text: impl FnOnce(&T, &mut Vec<u8>),
        json: impl FnOnce(&T, &mut Json),
    ) -> Done {
        if self.is_json() {
            json(value, &mut self.json);
        } else {
            text(value, self.json.raw());
        }
        self.breathe()
    }

    /// Writes what was printed so far, if it is much. To be called now and then in a long answer.
    pub fn breathe(&mut self) -> Done {
        if self.json.raw().len() < CHUNK { Ok(()) } else { self.flush() }
    }

    /// Writes all that was printed so far.
    pub fn flush(&mut self) -> Done {
        Ok(self.json.flush(self.out)?)
    }

    /// Tells something besides the answer: a line to standard error.
    pub fn note(&mut self, words: &str) {
        // What stands before it is to be seen before it; that nobody can be told is no failure.
        drop(self.flush());
        drop(writeln!(self.errors, "{words}"));
    }

    /// Runs a command so that exactly one JSON value comes out, whatever happens. Gives the exit status.
    pub(super) fn answer(&mut self, command: impl FnOnce(&mut Self) -> Done) -> u8 {
        let mark = self.json.mark();
        let done = command(self);
        let status = done.as_ref().err().map_or(0, Failure::status);
        if let Err(failure) = done {
            self.tell(&failure, &mark);
        }
        if self.is_json() && self.json.is_at(&mark) {
            self.json.bare("null");
        }
        self.json.unwind(&mark);
        status
    }

    fn tell(&mut self, failure: &Failure, mark: &Mark) {
        let (words, usage) = match failure {
            Failure::Told { words, usage, .. } => (words.clone(), usage.as_deref()),
            Failure::Silent(_) => return,
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return,
            Failure::Output(error) => (format!("can't write: {error}"), None),
        };
        if !(self.is_json() && self.json.fail(mark, &words)) {
            let written = self.json.raw().len();
            self.json.unwind(mark);
            // What had to be closed is a line of its own.
            if self.json.raw().len() > written && !self.is_json() {
                self.json.raw().push(b'\n');
            }
            self.note(&format!("Error: {words}"));
            if let Some(usage) = usage {
                self.note(usage.trim_end());
            }
        }
    }

    /// Writes what is left. An answer that could not be written whole is a failure.
    pub(super) fn close(mut self, status: u8) -> u8 {
        if self.is_json() {
            self.json.raw().push(b'\n');
        }
        match self.flush() {
            Ok(()) => status,
            Err(failure) if status == 0 => {
                if let Failure::Output(error) = &failure
                    && error.kind() != io::ErrorKind::BrokenPipe
                {
                    drop(writeln!(self.errors, "Error: can't write: {error}"));
                }
                failure.status()
            }
            Err(_) => status,
        }
    }
}
