//! A text with a name, and the way from a byte in it to a line and a column.
use crate::Span;

/// One text that a person wrote.
#[derive(Clone, Debug)]
pub struct Source {
    /// What messages call it: the file's path, or `stdin` for `-e` and standard input.
    pub name: String,
    /// The text.
    pub text: String,
    lines: Vec<u32>,
}

/// A line and a column, both from 1; the column counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
}

impl Source {
    /// Takes the text and finds its lines.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at as u32 + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { name: name.into(), text, lines }
    }

    /// The place of the byte at `offset`.
    pub fn place(&self, offset: u32) -> Place {
        let line = self.lines.partition_point(|&start| start <= offset);
        Place { line: line as u32, column: offset - self.lines[line - 1] + 1 }
    }

    /// The text of line `number` (from 1), without its line break; empty past the end.
    pub fn line(&self, number: u32) -> &str {
        let Some(start) = (number as usize).checked_sub(1).and_then(|index| self.lines.get(index)) else {
            return "";
        };
        self.text[*start as usize..].lines().next().unwrap_or("")
    }

    /// The word at a line and column (both from 1); empty where there is none.
    pub fn span_at(&self, line: u32, column: u32) -> Span {
        let Some(start) = (line as usize).checked_sub(1).and_then(|index| self.lines.get(index)) else {
            return Span::default();
        };
        let at = start.saturating_add(column.saturating_sub(1)).min(self.text.len() as u32);
        let rest = self.text.get(at as usize..).unwrap_or("");
        let word =
            rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '@' | '$')).unwrap_or(rest.len());
        Span::new(at, at + word as u32)
    }

    /// The place where `span` begins.
    pub fn start(&self, span: Span) -> Place {
        self.place(span.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_lines() {
        let source = Source::new("x", "ab\n\ncd");
        assert_eq!(source.place(0), Place { line: 1, column: 1 });
        assert_eq!(source.place(2), Place { line: 1, column: 3 });
        assert_eq!(source.place(3), Place { line: 2, column: 1 });
        assert_eq!(source.place(6), Place { line: 3, column: 3 });
        assert_eq!((source.line(1), source.line(2), source.line(3), source.line(4)), ("ab", "", "cd", ""));
        assert_eq!(source.line(0), "");
    }
}
