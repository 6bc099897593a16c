//! Where words go: standard output or a file, standard error, as text or JSON.
use osmia_event::{Format, Lookup, Stream};
use osmia_render::{Channel, Message, Profile, Style, folded, json, ndjson, printf_record, text};
use std::cell::RefCell;
use std::io::{self, BufWriter, Write};
use std::rc::Rc;

/// The form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As bpftrace prints it.
    #[default]
    Text,
    /// One JSON object a line, in bpftrace's shapes.
    Json,
    /// One JSON object a line, typed: `docs/ndjson.schema.json`.
    Ndjson,
    /// Maps of stacks as lines for flame graphs.
    Folded,
    /// Maps of stacks as a profile for pprof, written when all is over.
    Pprof,
}

impl Form {
    /// All, with the names that `-f` takes.
    pub const ALL: &[(&'static str, Self)] = &[
        ("text", Self::Text),
        ("json", Self::Json),
        ("ndjson", Self::Ndjson),
        ("folded", Self::Folded),
        ("pprof", Self::Pprof),
    ];
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
    profile: Option<Profile>,
    /// What was said that tells of an error in the script.
    failures: u64,
    /// Room for one event's text.
    event: Vec<u8>,
}

/// A place that keeps what is written to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Rc<RefCell<Vec<u8>>>);

impl Kept {
    /// What was written so far.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
        let profile = (form == Form::Pprof).then(Profile::default);
        Self {
            out: BufWriter::with_capacity(64 << 10, out),
            errors,
            form,
            buffering,
            style,
            said: 0,
            profile,
            failures: 0,
            event: Vec::new(),
        }
    }

    /// Output as text that is kept, errors and all, with the choices of `self`.
    pub(crate) fn kept(&self) -> (Self, Kept) {
        let kept = Kept::default();
        let (out, errors) = (Box::new(kept.clone()), Box::new(kept.clone()));
        (Self::new(out, errors, Form::Text, Buffering::Message, self.style.clone()), kept)
    }

    /// How often `errorf()` or a failure at run time was told.
    pub(crate) const fn failures(&self) -> u64 {
        self.failures
    }

    /// Whether anything has been written to the output.
    pub const fn silent(&self) -> bool {
        self.said == 0
    }

    /// Says one thing. An error is that of the reader's end: nobody listens any more.
    pub fn say(&mut self, message: &Message) -> io::Result<()> {
        if matches!(
            message,
            Message::Errorf { .. } | Message::HelperError { .. } | Message::RuntimeError { .. }
        ) {
            self.failures += 1;
        }
        let (bytes, channel) = match self.form {
            Form::Folded | Form::Pprof => match (message, &mut self.profile) {
                (Message::Table(contents), Some(profile)) => {
                    profile.add(contents, &self.style);
                    return Ok(());
                }
                (Message::Table(contents), None) => (folded::table(contents, &self.style), Channel::Output),
                // Empty lines that set the maps apart.
                (Message::End, _) => return Ok(()),
                (other, _) => (text::message(other, &self.style), Channel::Errors),
            },
            Form::Ndjson => (ndjson::message(message, &self.style).into_bytes(), Channel::Output),
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

    /// Prints a record of `printf()` without any detour; whether that was possible.
    pub(crate) fn print_record(
        &mut self,
        format: &Format,
        stream: &Stream,
        record: &[u8],
        lookup: &mut dyn Lookup,
    ) -> io::Result<bool> {
        if self.form != Form::Text {
            return Ok(false);
        }
        let mut event = std::mem::take(&mut self.event);
        event.clear();
        let printed = printf_record(&mut event, format, stream, record, &self.style, lookup).is_ok();
        let written = if printed { self.write(&event) } else { Ok(()) };
        self.event = event;
        written.map(|()| printed)
    }

    /// Bytes to the output as they are.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.profile.is_some() && !bytes.is_empty() {
            return self.errors.write_all(bytes);
        }
        self.put(bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
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
        if let Some(profile) = self.profile.take() {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            let file = profile.finish(i64::try_from(now.as_nanos()).unwrap_or(i64::MAX))?;
            self.put(&file)?;
        }
        self.out.flush()
    }
}
