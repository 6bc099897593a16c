//! Where words go: standard output or a file, standard error, as text or JSON.
use osmia_render::{Channel, Message, Style, json, text};
use std::io::{self, BufWriter, Write};

/// The form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As bpftrace prints it.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// When output is passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Buffering {
    /// When there is nothing more to read for now: readers see whole bursts, and never wait.
    #[default]
    Burst,
    /// After each message.
    Message,
    /// When there is a lot of it, and at the end.
    Full,
}

/// A place for everything that a run says.
pub struct Output {
    out: BufWriter<Box<dyn Write>>,
    errors: Box<dyn Write>,
    form: Form,
    buffering: Buffering,
    /// Choices about values.
    pub style: Style,
    /// Bytes written so far.
    said: u64,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("form", &self.form).field("said", &self.said).finish_non_exhaustive()
    }
}

impl Output {
    /// Output to `out`, and what is not output proper to `errors`.
    pub fn new(
        out: Box<dyn Write>,
        errors: Box<dyn Write>,
        form: Form,
        buffering: Buffering,
        style: Style,
    ) -> Self {
        Self { out: BufWriter::with_capacity(64 << 10, out), errors, form, buffering, style, said: 0 }
    }

    /// Whether anything has been written to the output.
    pub const fn silent(&self) -> bool {
        self.said == 0
    }

    /// Says one thing. An error is that of the reader's end: nobody listens any more.
    pub fn say(&mut self, message: &Message) -> io::Result<()> {
        let (bytes, channel) = match self.form {
            Form::Json => (json::message(message, &self.style).into_bytes(), Channel::Output),
            Form::Text => (text::message(message, &self.style), message.channel()),
        };
        if bytes.is_empty() {
            return Ok(());
        }
        match channel {
            Channel::Output => self.write(&bytes),
            Channel::Errors => {
                // What was said before must be seen before.
                self.out.flush()?;
                self.errors.write_all(&bytes)
            }
        }
    }

    /// Bytes to the output as they are.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.said += bytes.len() as u64;
        self.out.write_all(bytes)?;
        if self.buffering == Buffering::Message { self.out.flush() } else { Ok(()) }
    }

    /// A line about the run itself, to standard error.
    pub fn note(&mut self, line: &str) -> io::Result<()> {
        self.out.flush()?;
        writeln!(self.errors, "{line}")
    }

    /// There is nothing more to read for now.
    pub fn pause(&mut self) -> io::Result<()> {
        if self.buffering == Buffering::Full { Ok(()) } else { self.out.flush() }
    }

    /// Passes on everything.
    pub fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
