//! Texts with names, and the way from a byte in them to a line and a column.
//!
//! A script may be made of several texts: what it imports stands behind it in one row of addresses, so that a [`Span`]
//! alone says in which text it lies. What a macro expands to has addresses of its own too: each expansion is a copy of the
//! macro's body that knows where the body was written and where it was called.
use crate::Span;

/// One text that a person wrote, and those that belong to it.
#[derive(Clone, Debug)]
pub struct Source {
    /// What messages call it: the file's path, or `stdin` for `-e` and standard input.
    pub name: String,
    /// The text.
    pub text: String,
    /// Whether it is the language's own: mistakes are not in it, but where it was called.
    library: bool,
    lines: Vec<u32>,
    /// The other texts.
    others: Vec<Source>,
    /// What has addresses behind the text, by address.
    pieces: Vec<Piece>,
}

/// Something with addresses of its own.
#[derive(Clone, Debug)]
struct Piece {
    /// Its first address.
    start: u32,
    kind: PieceKind,
}

#[derive(Clone, Debug)]
enum PieceKind {
    /// Another text, by its number among them.
    File(usize),
    /// The text at `from`, as it was expanded at `call`.
    Expansion { from: Span, call: Span },
}

/// A line and a column, both from 1; the column counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
}

/// The end of the row of addresses; there are no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Source {
    /// Takes the text and finds its lines.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at as u32 + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { name: name.into(), text, library: false, lines, others: Vec::new(), pieces: Vec::new() }
    }

    /// A text that belongs to the language.
    pub fn library(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { library: true, ..Self::new(name, text) }
    }

    /// Whether it belongs to the language.
    pub const fn is_library(&self) -> bool {
        self.library
    }

    /// Forgets all other texts and expansions.
    pub fn alone(&mut self) {
        self.pieces.clear();
        self.others.clear();
    }

    /// Puts another text behind what there is; its first address.
    pub fn add_file(&mut self, file: Self) -> Result<u32, Full> {
        let length = file.text.len() as u64;
        let start = self.add(PieceKind::File(self.others.len()), length)?;
        self.others.push(file);
        Ok(start)
    }

    /// Makes addresses for a copy of `from`, expanded at `call`; the first one.
    pub fn add_expansion(&mut self, from: Span, call: Span) -> Result<u32, Full> {
        let length = u64::from(from.end.saturating_sub(from.start));
        self.add(PieceKind::Expansion { from, call }, length)
    }

    fn add(&mut self, kind: PieceKind, length: u64) -> Result<u32, Full> {
        let start = self.end();
        // One address more than there are bytes: the end of a piece is not the beginning of the next.
        u32::try_from(u64::from(start) + length + 1).map_err(|_| Full)?;
        self.pieces.push(Piece { start, kind });
        Ok(start)
    }

    /// The first address that nothing has.
    fn end(&self) -> u32 {
        let length = |piece: &Piece| match &piece.kind {
            PieceKind::File(file) => self.others[*file].text.len() as u32,
            PieceKind::Expansion { from, .. } => from.end.saturating_sub(from.start),
        };
        let end = self.pieces.last().map_or(self.text.len() as u32, |last| last.start + length(last));
        end.saturating_add(1)
    }

    fn piece(&self, offset: u32) -> Option<&Piece> {
        let index = self.pieces.partition_point(|piece| piece.start <= offset);
        index.checked_sub(1).and_then(|index| self.pieces.get(index))
    }

    /// The text in which `span` was written, and where in it.
    pub fn written(&self, span: Span) -> (&Self, Span) {
        let (file, span) = self.locate(span);
        (self.files().nth(file).unwrap_or(self), span)
    }

    /// The number of the text in which `span` was written, as [`Source::files`] counts, and where in it.
    pub fn locate(&self, mut span: Span) -> (usize, Span) {
        // An expansion's text lies before it, so this ends.
        while let Some(piece) = self.piece(span.start) {
            let back = |base: u32| {
                let start = span.start - piece.start + base;
                Span::new(start, start + span.end.saturating_sub(span.start))
            };
            match &piece.kind {
                PieceKind::File(file) => return (file + 1, back(0)),
                PieceKind::Expansion { from, .. } => span = back(from.start),
            }
        }
        (0, span)
    }

    /// Where what stands at `span` was expanded: the innermost call first. Nothing for what stands where it was written.
    pub fn calls(&self, span: Span) -> Vec<Span> {
        let mut calls = Vec::new();
        let mut at = span.start;
        while let Some(Piece { kind: PieceKind::Expansion { call, .. }, .. }) = self.piece(at) {
            calls.push(*call);
            at = call.start;
        }
        calls
    }

    /// The place itself, or, where that is in the language's own library, the nearest call that somebody else wrote.
    pub fn blamed(&self, span: Span) -> Span {
        let ours = |place: &Span| self.written(*place).0.is_library();
        let mut places = std::iter::once(span).chain(self.calls(span));
        places.find(|place| !ours(place)).unwrap_or(span)
    }

    /// All texts: this one, and those behind it.
    pub fn files(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.others)
    }

    /// The text of this name; this one where there is none.
    pub fn file(&self, name: &str) -> &Self {
        self.files().find(|file| file.name == name).unwrap_or(self)
    }

    /// The place of the byte at `offset` of this text alone.
    pub fn place(&self, offset: u32) -> Place {
        let line = self.lines.partition_point(|&start| start <= offset);
        Place { line: line as u32, column: offset - self.lines[line - 1] + 1 }
    }

    /// The text of line `number` (from 1), without its line break; empty past the end.
    pub fn line(&self, number: u32) -> &str {
        let Some(start) = (number as usize).checked_sub(1).and_then(|index| self.lines.get(index)) else {
            return "";
        };
        let end = self.lines.get(number as usize).map_or(self.text.len(), |&next| next as usize);
        let line = self.text.get(*start as usize..end).unwrap_or("");
        line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line))
    }

    /// The word, or the call of it, at a line and column (both from 1) of the text of that name; empty where there is none.
    pub fn span_in(&self, name: &str, line: u32, column: u32) -> Span {
        let start = self.pieces.iter().find_map(|piece| match piece.kind {
            PieceKind::File(file) if self.name != name && self.others[file].name == name => {
                Some((piece.start, &self.others[file]))
            }
            _ => None,
        });
        let Some((start, file)) = start else { return self.span_at(line, column) };
        let span = file.span_at(line, column);
        Span::new(span.start + start, span.end + start)
    }

    /// The word, or the call of it, at a line and column (both from 1); empty where there is none.
    pub fn span_at(&self, line: u32, column: u32) -> Span {
        let Some(start) = (line as usize).checked_sub(1).and_then(|index| self.lines.get(index)) else {
            return Span::default();
        };
        let at = start.saturating_add(column.saturating_sub(1)).min(self.text.len() as u32);
        let rest = self.text.get(at as usize..).unwrap_or("");
        let word =
            rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '@' | '$')).unwrap_or(rest.len());
        let arguments = parenthesized(rest.get(word..).unwrap_or(""));
        Span::new(at, at + (word + arguments) as u32)
    }
}

/// The length of what stands in parentheses at the beginning of a text, with them, if it ends in the same line.
fn parenthesized(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '\n' => return 0,
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' if depth == 1 => return at + 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return 0;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_words_and_calls() {
        let source = Source::new("x", "f(g(1), \")\") + h (2) + k(\n)");
        let text = |column| {
            let span = source.span_at(1, column);
            &source.text[span.start as usize..span.end as usize]
        };
        assert_eq!(text(1), "f(g(1), \")\")");
        assert_eq!(text(3), "g(1)");
        assert_eq!(text(16), "h");
        assert_eq!(text(24), "k");
        assert_eq!(text(2), "(g(1), \")\")");
        assert_eq!(text(14), "");
    }

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

    #[test]
    fn an_address_says_in_which_text_it_lies() {
        let mut source = Source::new("main", "abc");
        let base = source.add_file(Source::new("other", "x\nyz")).unwrap();
        let (file, span) = source.written(Span::new(base + 2, base + 4));
        assert_eq!((file.name.as_str(), span, span.of(&file.text)), ("other", Span::new(2, 4), "yz"));
        let (file, span) = source.written(Span::new(3, 3));
        assert_eq!((file.name.as_str(), span), ("main", Span::new(3, 3)));
        assert_eq!(source.span_in("other", 2, 1), Span::new(base + 2, base + 4));
        assert_eq!(source.files().count(), 2);
    }

    #[test]
    fn an_expansion_knows_body_and_call() {
        let mut source = Source::new("main", "inner outer call");
        let outer = source.add_expansion(Span::new(6, 11), Span::new(12, 16)).unwrap();
        let inner = source.add_expansion(Span::new(0, 5), Span::new(outer, outer + 5)).unwrap();
        let at = Span::new(inner + 1, inner + 3);
        assert_eq!(source.written(at).1.of("inner outer call"), "nn");
        assert_eq!(source.calls(at), [Span::new(outer, outer + 5), Span::new(12, 16)]);
        assert_eq!(source.written(source.calls(at)[0]).1.of("inner outer call"), "outer");
        assert!(source.calls(Span::new(0, 1)).is_empty());
    }

    #[test]
    fn addresses_come_to_an_end() {
        let mut source = Source::new("main", "a");
        assert_eq!(source.add_expansion(Span::new(0, u32::MAX - 3), Span::default()), Ok(2));
        assert_eq!(source.add_expansion(Span::new(0, 8), Span::default()), Err(Full));
    }
}
