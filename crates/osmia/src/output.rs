//! Where words go: standard output or a file, standard error, as text or JSON.
use osmia_event::{Format, Lookup, Stream, Table};
use osmia_render::{Channel, Message, Profile, Style, folded, json, ndjson, printf_record, text};
use std::cell::RefCell;
use std::collections::BTreeMap;
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
    /// Maps of which something had no place in the form, with how much of how many entries at worst.
    left_out: BTreeMap<String, (usize, usize)>,
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
            left_out: BTreeMap::new(),
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

    fn leave_out(&mut self, contents: &Table, entries: usize) {
        if entries > 0 {
            let worst = self.left_out.entry(contents.name.clone()).or_default();
            *worst = (*worst).max((entries, contents.entries.len()));
        }
    }

    /// What of the maps had no place in the form of this output, map by map.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let (form, taken) = match self.form {
            Form::Pprof => ("pprof", "a stack"),
            _ => ("folded", "a stack or another key"),
        };
        let line = |(map, (entries, all)): (&String, &(usize, usize))| match all - entries {
            0 => format!("{map}: nothing of it is {taken} with a number; it is not in the {form} output"),
            _ => format!(
                "{map}: {entries} of its {all} entries are not {taken} with a number; they are not in the {form} output"
            ),
        };
        self.left_out.iter().map(line).collect()
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
                    let left_out = profile.add(contents, &self.style);
                    self.leave_out(contents, left_out);
                    return Ok(());
                }
                (Message::Table(contents), None) => {
                    let folded = folded::table(contents, &self.style);
                    self.leave_out(contents, folded.left_out);
                    (folded.lines, Channel::Output)
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_event::{Cell, Entry, Kind, Value};

    fn left_out(form: Form, entries: &[(&str, i64)]) -> Vec<String> {
        let kept = || Box::new(Kept::default());
        let mut output = Output::new(kept(), kept(), form, Buffering::Message, Style::default());
        let entry = |(key, value): &(&str, i64)| Entry {
            key: Some(Value::text(*key)),
            cell: Cell::Value(Value::int(*value)),
        };
        let entries = entries.iter().map(entry).collect();
        output
            .say(&Message::Table(Table { name: "@a".into(), kind: Kind::Plain, keyed: true, entries }))
            .unwrap();
        output.left_out()
    }

    #[test]
    fn what_a_form_has_no_place_for_is_told() {
        let whole =
            "@a: nothing of it is a stack or another key with a number; it is not in the folded output";
        assert_eq!(left_out(Form::Folded, &[("x", -1)]), [whole]);
        let one = "@a: 1 of its 2 entries are not a stack or another key with a number; they are not in the folded output";
        assert_eq!(left_out(Form::Folded, &[("x", -1), ("y", 1)]), [one]);
        let whole = "@a: nothing of it is a stack with a number; it is not in the pprof output";
        assert_eq!(left_out(Form::Pprof, &[("x", 1)]), [whole]);
        assert!(
            left_out(Form::Folded, &[("x", 1)]).is_empty() && left_out(Form::Text, &[("x", -1)]).is_empty()
        );
    }
}
