//! What is wrong with a text, where, and what to do; and its printed form.
use crate::{Source, Span};
use std::fmt::Write;

/// How many of the calls are shown that a place was expanded from.
const MAX_CALLS: usize = 8;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The text cannot be used.
    Error,
    /// It can, but probably does not do what was meant.
    Warning,
}

/// A second place that helps to understand the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// One message about one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What is wrong, in one sentence without a full stop.
    pub text: String,
    /// Other places that belong to it.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(span: Span, text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, span, text: text.into(), labels: Vec::new(), hints: Vec::new() }
    }

    /// A warning at `span`.
    pub fn warning(span: Span, text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, text) }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(text.into());
        self
    }

    /// Adds `did you mean …?` where a name is close to one of `candidates`.
    #[must_use]
    pub fn suggest<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match crate::nearest(name, candidates) {
            Some(found) => self.hint(format!("did you mean `{found}`?")),
            None => self,
        }
    }

    /// Adds a second place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Its printed form, in the shape that bpftrace's users know:
    /// `FILE:LINE:COL-END: ERROR: text`, the line, and a line of `~` under the place.
    pub fn render(&self, source: &Source) -> String {
        let word = match self.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
        };
        // What the language itself does wrong, the person who called it did.
        let ours = |span: &Span| source.written(*span).0.is_library();
        let mut places = vec![self.span];
        places.extend(source.calls(self.span));
        let first = places.iter().position(|place| !ours(place)).unwrap_or(0);
        let (place, calls) = (places[first], &places[first + 1..]);
        let mut out = entry(source, place, word, &self.text);
        for label in self.labels.iter().filter(|label| !ours(&label.span)) {
            out.push_str(&entry(source, label.span, word, &label.text));
        }
        for call in calls.iter().take(MAX_CALLS) {
            out.push_str(&entry(source, *call, word, "expanded from"));
        }
        if let Some(more @ 1..) = calls.len().checked_sub(MAX_CALLS) {
            let _ = writeln!(out, "(expanded from {more} more)");
        }
        for hint in &self.hints {
            let _ = writeln!(out, "HINT: {hint}");
        }
        out
    }
}

/// One place with its words, its lines, and, on a single line, its underline.
fn entry(source: &Source, span: Span, word: &str, text: &str) -> String {
    if span == Span::NOWHERE {
        return format!("{word}: {text}\n");
    }
    let (source, span) = source.written(span);
    let (start, end) = (source.place(span.start), source.place(span.end.max(span.start)));
    let name = &source.name;
    if end.line > start.line {
        let mut out = format!("{name}:{}-{}: {word}: {text}\n", start.line, end.line);
        for number in start.line..=end.line {
            let _ = writeln!(out, "{}", source.line(number).replace('\t', "    "));
        }
        return out;
    }
    let line = source.line(start.line);
    let before = line.get(..start.column as usize - 1).unwrap_or(line);
    let under = line.get(start.column as usize - 1..end.column as usize - 1).unwrap_or("");
    format!(
        "{name}:{}:{}-{}: {word}: {text}\n{}\n{}{}\n",
        start.line,
        start.column,
        end.column,
        line.replace('\t', "    "),
        " ".repeat(columns(before)),
        "~".repeat(columns(under).max(1)),
    )
}

/// How many columns a terminal shows `text` in, tabs being four.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

/// All that was found about one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// In the order in which they were found.
    pub list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds an error and returns it, to add hints to.
    pub fn error(&mut self, span: Span, text: impl Into<String>) -> &mut Diagnostic {
        self.list.push(Diagnostic::error(span, text));
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Takes all of another.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// `value`, unless there is an error among them.
    pub fn finish<T>(self, value: T) -> Result<(T, Self), Self> {
        if self.has_errors() { Err(self) } else { Ok((value, self)) }
    }

    /// All of them printed: errors by place, then warnings by place. What the language's own library does twice for one call
    /// is said once.
    pub fn render(&self, source: &Source) -> String {
        let mut sorted: Vec<&Diagnostic> = self.list.iter().collect();
        sorted.sort_by_key(|diagnostic| (diagnostic.severity, diagnostic.span));
        let mut told: Vec<String> = sorted.iter().map(|diagnostic| diagnostic.render(source)).collect();
        told.dedup();
        told.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_as_bpftrace_does() {
        let source = Source::new("stdin", "BEGIN { foo }");
        let diagnostic =
            Diagnostic::error(Span::new(8, 11), "Unknown identifier: 'foo'").suggest("foo", ["fob"]);
        assert_eq!(
            diagnostic.render(&source),
            "stdin:1:9-12: ERROR: Unknown identifier: 'foo'\nBEGIN { foo }\n        ~~~\nHINT: did you mean `fob`?\n"
        );
    }

    #[test]
    fn a_mistake_is_where_the_library_was_called() {
        let mut source = Source::new("stdin", "check(1)");
        let base = source.add_file(Source::library("base", "fail(x)")).unwrap();
        let copy = source.add_expansion(Span::new(base, base + 7), Span::new(0, 8)).unwrap();
        let diagnostic = Diagnostic::error(Span::new(copy, copy + 4), "no");
        assert_eq!(diagnostic.render(&source), "stdin:1:1-9: ERROR: no\ncheck(1)\n~~~~~~~~\n");
        let twice = vec![diagnostic.clone(), Diagnostic::error(Span::new(copy + 5, copy + 6), "no")];
        assert_eq!(Diagnostics { list: twice }.render(&source), diagnostic.render(&source));
    }

    #[test]
    fn tabs_are_four_columns_to_the_eye_and_one_to_count() {
        let source = Source::new("f.bt", "\ta\tfoo b");
        let diagnostic = Diagnostic::error(Span::new(3, 6), "no");
        let expected = "f.bt:1:4-7: ERROR: no\n    a    foo b\n         ~~~\n";
        assert_eq!(diagnostic.render(&source), expected);
        let across = Diagnostic::error(Span::new(1, 4), "no");
        assert_eq!(across.render(&source), "f.bt:1:2-5: ERROR: no\n    a    foo b\n    ~~~~~~\n");
    }

    #[test]
    fn several_lines_have_no_underline() {
        let source = Source::new("f.bt", "a {\n\tb\n}");
        let diagnostic = Diagnostic::warning(Span::new(2, 8), "empty");
        assert_eq!(diagnostic.render(&source), "f.bt:1-3: WARNING: empty\na {\n    b\n}\n");
    }
}
