//! From a document to text.
use super::doc::{Doc, Items, Part};

/// As wide as lines may be; bpftrace's formatter has the same.
const WIDTH: usize = 90;

/// How much farther to the right the inside of something begins.
pub(super) const INDENT: usize = 2;

/// What may stand behind the last of several items: `);`
const CLOSE: usize = 2;

/// A piece that waits to be printed.
struct Waiting<'d, 'a> {
    part: &'d Part<'a>,
    indent: usize,
    /// Line breaks in it are spaces.
    flat: bool,
}

/// The text so far.
#[derive(Default)]
struct Printer<'a> {
    out: String,
    column: usize,
    /// Nothing stands on the line yet.
    fresh: bool,
    /// A comment was the last that was said.
    after_comment: bool,
    /// Comments for the end of the line.
    suffixes: Vec<&'a str>,
}

/// The document as text.
pub(super) fn print(doc: &Doc<'_>) -> String {
    let mut printer = Printer { fresh: true, ..Printer::default() };
    let mut stack = Vec::new();
    push(&mut stack, doc, 0, false);
    while let Some(next) = stack.pop() {
        printer.part(&next, &mut stack);
    }
    printer.newline(0);
    printer.out
}

fn push<'d, 'a>(stack: &mut Vec<Waiting<'d, 'a>>, doc: &'d Doc<'a>, indent: usize, flat: bool) {
    stack.extend(doc.parts.iter().rev().map(|part| Waiting { part, indent, flat }));
}

impl<'a> Printer<'a> {
    fn part<'d>(&mut self, next: &Waiting<'d, 'a>, stack: &mut Vec<Waiting<'d, 'a>>) {
        let &Waiting { part, indent, flat } = next;
        match part {
            Part::Text(" ") if self.fresh => (),
            Part::Text(text) => self.word(text, indent),
            Part::Comment(text) => self.comment(text, indent),
            Part::Line if !flat || !self.suffixes.is_empty() => self.newline(indent),
            Part::Line if !self.fresh => self.text(" ", indent),
            Part::Line => (),
            Part::Hard => self.newline(indent),
            Part::Blank => self.blank(indent),
            Part::Suffix(comment) if self.fresh => self.own(comment, indent),
            Part::Suffix(comment) => self.suffixes.push(comment),
            Part::Own(comment) => self.own(comment, indent),
            Part::Margin(text) => {
                self.newline(indent);
                self.text(text, 0);
                self.newline(indent);
            }
            Part::Nest(by, doc) => push(stack, doc, indent + by, flat),
            Part::Align(doc) => push(stack, doc, self.next_column(indent), flat),
            Part::Group(doc) => {
                let flat = !doc.forced && (flat || self.fits(doc, indent, stack));
                push(stack, doc, indent, flat);
            }
            Part::Items(items) => self.items(items, indent, flat, stack),
        }
    }

    fn items<'d>(
        &mut self,
        items: &'d Items<'a>,
        indent: usize,
        flat: bool,
        stack: &mut Vec<Waiting<'d, 'a>>,
    ) {
        let column = self.next_column(indent);
        if flat || !items.own_lines && column + items.widest + CLOSE <= WIDTH {
            return push(stack, &items.doc, column, flat);
        }
        stack.push(Waiting { part: &Part::Hard, indent, flat: false });
        push(stack, &items.doc, indent + INDENT, false);
        self.newline(indent + INDENT);
    }

    /// Where the next word will stand.
    fn next_column(&self, indent: usize) -> usize {
        if self.fresh { indent } else { self.column }
    }

    /// A word, with a space behind a comment unless it closes something.
    fn word(&mut self, text: &str, indent: usize) {
        let apart = !text.is_empty() && !text.starts_with([' ', ')', ']', ',', ';', '.']);
        if self.after_comment && !self.fresh && apart && !self.out.ends_with(' ') {
            self.text(" ", indent);
        }
        self.after_comment &= text.is_empty();
        self.text(text, indent);
    }

    /// A comment between words. Behind a `/`, it would be another comment without a space.
    fn comment(&mut self, text: &str, indent: usize) {
        if !self.fresh && !self.out.ends_with([' ', '(', '[']) {
            self.text(" ", indent);
        }
        self.text(text, indent);
        self.after_comment = true;
    }

    fn text(&mut self, text: &str, indent: usize) {
        if self.fresh && !text.is_empty() {
            self.out.extend(std::iter::repeat_n(' ', indent));
            (self.column, self.fresh) = (indent, false);
        }
        self.out.push_str(text);
        self.column = match text.rsplit_once('\n') {
            Some((_, last)) => last.chars().count(),
            None => self.column + text.chars().count(),
        };
    }

    /// Ends the line, unless nothing is on it.
    fn newline(&mut self, indent: usize) {
        if !self.fresh {
            self.end_line("\n", indent);
        }
    }

    /// Ends the line, and leaves the next one empty.
    fn blank(&mut self, indent: usize) {
        if !self.fresh {
            self.end_line("\n\n", indent);
        } else if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Ends the line behind the comments that wait for it. One that cannot stand behind another gets a line of its own.
    fn end_line(&mut self, end: &str, indent: usize) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        let mut suffixes = std::mem::take(&mut self.suffixes).into_iter();
        for comment in suffixes.by_ref() {
            self.out.push(' ');
            self.out.push_str(comment);
            if comment.starts_with("//") {
                break;
            }
        }
        self.out.push_str(end);
        (self.column, self.fresh) = (0, true);
        for comment in suffixes {
            self.own(comment, indent);
        }
    }

    /// A comment on lines of its own. One whose lines begin with `*` is moved as a whole; others are pictures, perhaps.
    fn own(&mut self, comment: &str, indent: usize) {
        self.newline(indent);
        let mut lines = comment.lines();
        let starred = lines.next().is_some() && lines.all(|line| line.trim_start().starts_with('*'));
        if !starred {
            self.text(comment, indent);
            return self.newline(indent);
        }
        for (index, line) in comment.lines().enumerate() {
            self.text(if index == 0 { "" } else { " " }, indent);
            self.text(line.trim(), indent);
            self.newline(indent);
        }
    }

    /// Whether a group fits on the rest of the line, with all that follows up to where a line may end.
    fn fits(&self, doc: &Doc<'_>, indent: usize, stack: &[Waiting<'_, '_>]) -> bool {
        let Some(mut left) = WIDTH.checked_sub(self.next_column(indent) + doc.width) else { return false };
        for next in stack.iter().rev() {
            match lead(next.part, next.flat, &mut left) {
                Lead::TooWide => return false,
                Lead::Ends => return true,
                Lead::GoesOn => (),
            }
        }
        true
    }
}

/// What a piece does to the line it begins on.
enum Lead {
    TooWide,
    Ends,
    GoesOn,
}

/// Takes what `part` needs of the line from what is `left` of it.
fn lead(part: &Part<'_>, flat: bool, left: &mut usize) -> Lead {
    let width = match part {
        Part::Text(text) => text.chars().count(),
        Part::Comment(text) => text.chars().count() + 2,
        Part::Line if !flat => return Lead::Ends,
        Part::Line => 1,
        Part::Suffix(_) => 0,
        Part::Hard | Part::Blank | Part::Own(_) | Part::Margin(_) => return Lead::Ends,
        Part::Nest(_, doc) | Part::Align(doc) | Part::Group(doc) | Part::Items(Items { doc, .. }) => {
            for part in &doc.parts {
                match lead(part, flat, left) {
                    Lead::GoesOn => (),
                    end => return end,
                }
            }
            return Lead::GoesOn;
        }
    };
    match left.checked_sub(width) {
        Some(rest) => *left = rest,
        None => return Lead::TooWide,
    }
    Lead::GoesOn
}
