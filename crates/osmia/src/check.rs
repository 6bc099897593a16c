//! `osmia check`: whether a script is right, without running it. It needs no rights: what the machine does not tell is said,
//! and not taken for an error.
use crate::compile::{CompileError, CompileOptions, compile};
use osmia_base::{Diagnostics, Severity, Source, Span};
use serde::Serialize;

/// What was found.
#[derive(Debug)]
pub struct Checked {
    /// What there is to say about places in the script.
    pub diagnostics: Diagnostics,
    /// Why the rest could not be looked at, where that is so.
    pub broken: Option<String>,
}

impl Checked {
    /// Whether the script is wrong.
    pub fn is_wrong(&self) -> bool {
        self.broken.is_some() || self.diagnostics.has_errors()
    }

    /// For editors: one JSON object.
    pub fn json(&self, source: &Source) -> String {
        let list = self.diagnostics.list.iter();
        let messages = list.map(|diagnostic| Message {
            severity: word(diagnostic.severity),
            text: &diagnostic.text,
            place: place(source, diagnostic.span),
            related: diagnostic
                .labels
                .iter()
                .map(|label| Related { text: &label.text, place: place(source, label.span) })
                .collect(),
            hints: &diagnostic.hints,
        });
        let report = Report {
            version: 1,
            file: &source.name,
            ok: !self.is_wrong(),
            error: self.broken.as_deref(),
            diagnostics: messages.collect(),
        };
        serde_json::to_string(&report).unwrap_or_default() + "\n"
    }
}

/// The whole answer. Lines and columns count from 1, columns in bytes; `end` is behind the last byte.
#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    file: &'a str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    diagnostics: Vec<Message<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    severity: &'static str,
    text: &'a str,
    #[serde(flatten)]
    place: Range<'a>,
    related: Vec<Related<'a>>,
    hints: &'a [String],
}

#[derive(Serialize)]
struct Related<'a> {
    text: &'a str,
    #[serde(flatten)]
    place: Range<'a>,
}

#[derive(Serialize)]
struct Range<'a> {
    file: &'a str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A place in the text that the person wrote: of what a macro became, the call.
fn place(source: &Source, span: Span) -> Range<'_> {
    let (file, span) = source.written(source.blamed(span));
    let position = |offset| {
        let place = file.place(offset);
        Position { line: place.line, column: place.column }
    };
    Range { file: &file.name, start: position(span.start), end: position(span.end.max(span.start)) }
}

/// Parses, checks and compiles a script.
pub fn check(source: &mut Source, options: &CompileOptions) -> Checked {
    let options = CompileOptions { lenient: true, ..options.clone() };
    match compile(source, &options) {
        Ok(compiled) => Checked { diagnostics: compiled.warnings, broken: None },
        Err(CompileError::Script(diagnostics)) => Checked { diagnostics, broken: None },
        Err(CompileError::Machine(why) | CompileError::Words(why)) => {
            Checked { diagnostics: Diagnostics::default(), broken: Some(why.trim_end().to_owned()) }
        }
    }
}
