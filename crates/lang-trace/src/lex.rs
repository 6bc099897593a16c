//! Tokens. The lexer is a cursor that can be copied to look ahead; who reads attach points or `#define` lines moves it.
use osmia_base::Span;

/// The smallest unit of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Where it is.
    pub(crate) span: Span,
    /// Whether it is the first on its line.
    pub(crate) first: bool,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word, keywords too.
    Ident,
    /// Digits, and the letters and digits right after them.
    Integer,
    /// A string with its quotes; the closing one may be missing.
    Str,
    /// `$x`
    Variable,
    /// `@` or `@x`
    Map,
    /// `$1`
    Positional,
    /// `$#`
    PositionalCount,
    /// An operator or other sign.
    Sign(&'static str),
    /// A character that means nothing.
    Unknown,
    /// The end of the text.
    End,
}

/// All signs, long ones first.
const SIGNS: [&str; 48] = [
    "<<=", ">>=", "->", "..", "==", "!=", "<=", ">=", "<<", ">>", "&&", "||", "++", "--", "+=", "-=", "*=",
    "/=", "%=", "&=", "|=", "^=", "(", ")", "{", "}", "[", "]", ",", ";", ":", "?", ".", "+", "-", "*", "/",
    "%", "&", "|", "^", "~", "!", "<", ">", "=", "#", "\\",
];

/// A cursor over a text. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    pos: usize,
    /// Where a `/*` without its `*/` stands.
    pub(crate) open_comment: Option<Span>,
}

impl<'a> Lexer<'a> {
    /// Reads `text` from byte `pos` on.
    pub(crate) const fn new(text: &'a str, pos: usize) -> Self {
        Self { text, pos, open_comment: None }
    }

    /// Where the next token is looked for.
    pub(crate) const fn pos(&self) -> usize {
        self.pos
    }

    /// Goes on at byte `pos`.
    pub(crate) const fn seek(&mut self, pos: usize) {
        self.pos = pos;
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or("")
    }

    /// The next token.
    pub(crate) fn next(&mut self) -> Token {
        let start = self.pos == 0 || self.text.as_bytes().get(self.pos - 1) == Some(&b'\n');
        let first = self.skip_layout() || start;
        let start = self.pos;
        let (kind, length) = token(self.rest());
        self.pos += length;
        Token { kind, span: Span::new(start as u32, self.pos as u32), first }
    }

    /// Passes over space, comments and joined lines; says whether there was a line break among them.
    fn skip_layout(&mut self) -> bool {
        let mut broken = false;
        while let Some((kind, length)) = layout(self.rest()) {
            broken |= kind != Layout::Joined && self.rest().as_bytes()[..length].contains(&b'\n');
            if kind == Layout::Open {
                let start = self.pos as u32;
                self.open_comment = Some(Span::new(start, start + 2));
            }
            self.pos += length;
        }
        broken
    }
}

/// What stands between tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// White space.
    Space,
    /// A `\` at the end of a line.
    Joined,
    /// `// …`, without the line's end.
    Line,
    /// `/* … */`
    Block,
    /// `/* …` without its end.
    Open,
}

/// What `rest` begins with unless it is a token, and how long it is.
pub(crate) fn layout(rest: &str) -> Option<(Layout, usize)> {
    let space = rest.len() - rest.trim_start().len();
    if rest.starts_with("\\\n") {
        return Some((Layout::Joined, 2));
    } else if space > 0 {
        return Some((Layout::Space, space));
    } else if rest.starts_with("//") {
        return Some((Layout::Line, rest.find('\n').unwrap_or(rest.len())));
    }
    let inner = rest.strip_prefix("/*")?;
    Some(inner.find("*/").map_or((Layout::Open, rest.len()), |length| (Layout::Block, length + 4)))
}

/// What `rest` begins with, and how long it is.
fn token(rest: &str) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    match bytes {
        [] => (TokenKind::End, 0),
        [b'0'..=b'9', ..] => (TokenKind::Integer, word(bytes, 1)),
        [b'"', ..] => (TokenKind::Str, string(bytes)),
        [b'@', ..] => (TokenKind::Map, if name_at(bytes, 1) { word(bytes, 1) } else { 1 }),
        [b'$', b'#', ..] => (TokenKind::PositionalCount, 2),
        [b'$', b'0'..=b'9', ..] => (TokenKind::Positional, word(bytes, 1)),
        [b'$', ..] if name_at(bytes, 1) => (TokenKind::Variable, word(bytes, 1)),
        _ if name_at(bytes, 0) => (TokenKind::Ident, word(bytes, 0)),
        _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => (TokenKind::Sign(sign), sign.len()),
            None => (TokenKind::Unknown, rest.chars().next().map_or(0, char::len_utf8)),
        },
    }
}

/// Whether a name can begin at `at`.
fn name_at(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(|&byte| byte == b'_' || byte.is_ascii_alphabetic())
}

/// Where the word that reaches `from` ends.
fn word(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or(&[]);
    let inside = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric();
    from + rest.iter().position(|byte| !inside(byte)).unwrap_or(rest.len())
}

/// The length of a string: to its closing quote, or to the end of the line where that is missing.
fn string(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' if bytes.get(at + 1).is_some_and(|&next| next != b'\n' && next.is_ascii()) => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut lexer = Lexer::new(text, 0);
        std::iter::from_fn(|| {
            let token = lexer.next();
            (token.kind != TokenKind::End).then(|| token.span.of(text))
        })
        .collect()
    }

    #[test]
    fn takes_the_longest_sign() {
        assert_eq!(words("a<<=b<<c<=d"), ["a", "<<=", "b", "<<", "c", "<=", "d"]);
        assert_eq!(words("0..10 $a.0.1"), ["0", "..", "10", "$a", ".", "0", ".", "1"]);
        assert_eq!(words("@[1] @x++ $1 $#"), ["@", "[", "1", "]", "@x", "++", "$1", "$#"]);
    }

    #[test]
    fn skips_comments_and_ends_strings() {
        assert_eq!(words("a // b\n/* c */ \"d\\\"//\" 1_000ms"), ["a", "\"d\\\"//\"", "1_000ms"]);
        assert_eq!(words("\"open\nnext é"), ["\"open", "next", "é"]);
        assert_eq!(words("\"é\\é\" x"), ["\"é\\é\"", "x"]);
        assert_eq!(words("\"\\"), ["\"\\"]);
    }

    #[test]
    fn notes_open_comments_and_line_breaks() {
        let mut lexer = Lexer::new("a /* b\n c", 0);
        assert!(lexer.next().first);
        assert!(lexer.next().first);
        assert_eq!(lexer.open_comment, Some(Span::new(2, 4)));
    }
}
