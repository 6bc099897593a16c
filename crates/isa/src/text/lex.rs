//! Text to tokens, for all three syntaxes.
use osmia_base::Span;

use super::{AsmError, AsmErrorKind};

/// What a token is; its text is in its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A letter, `_`, `.` or `$`, then those and digits.
    Word,
    /// A digit, then digits and letters.
    Number,
    /// One of [`SIGNS`].
    Sign(&'static str),
    /// The end of a statement: of the line, or `;`.
    End,
}

/// A token and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// Longer ones first.
const SIGNS: [&str; 38] = [
    "s>>=", "s>=", "s<=", "s/=", "s%=", "<<=", ">>=", "s>", "s<", "+=", "-=", "*=", "/=", "%=", "&=", "|=",
    "^=", "==", "!=", "<=", ">=", "<", ">", "&", "=", "+", "-", "*", "(", ")", "[", "]", ",", ":", "#", "%",
    "|", "^",
];

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Nothing but blanks since the line began.
    line_start: bool,
    tokens: Vec<Token>,
    errors: Vec<AsmError>,
}

/// All tokens of `text`, always with an `End` last, and what is none.
pub(super) fn lex(text: &str) -> (Vec<Token>, Vec<AsmError>) {
    let mut lexer = Lexer { text, at: 0, line_start: true, tokens: Vec::new(), errors: Vec::new() };
    while !lexer.rest().is_empty() {
        lexer.step();
    }
    lexer.push(Kind::End, 0);
    (lexer.tokens, lexer.errors)
}

const fn word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '.' | '$' | '@')
}

const fn word_part(c: char) -> bool {
    word_start(c) || c.is_ascii_digit()
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn span(&self, len: usize) -> Span {
        Span::new(self.at as u32, (self.at + len) as u32)
    }

    fn push(&mut self, kind: Kind, len: usize) {
        self.tokens.push(Token { kind, span: self.span(len) });
        self.at += len;
        self.line_start = false;
    }

    fn error(&mut self, kind: AsmErrorKind, len: usize) {
        self.errors.push(AsmError { span: self.span(len), kind });
        self.at += len;
    }

    /// Passes over what no token is made of, or takes the next token.
    fn step(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        if let Some(len) = self.comment(rest) {
            self.at += len;
        } else if first == '\n' || first == ';' {
            self.push(Kind::End, 1);
            self.line_start = first == '\n';
        } else if first.is_whitespace() {
            self.at += first.len_utf8();
        } else if rest.starts_with("/*") {
            self.block_comment(rest);
        } else {
            self.token(rest, first);
        }
    }

    /// The length of the comment that begins here and ends with the line: `//`, `;` at the start of a line, `#` there
    /// or after a blank.
    fn comment(&self, rest: &str) -> Option<usize> {
        let after_blank = self.text[..self.at].chars().next_back().is_none_or(char::is_whitespace);
        let begins = rest.starts_with("//")
            || (self.line_start && rest.starts_with(';'))
            || (after_blank && rest.starts_with('#'));
        begins.then(|| rest.find('\n').unwrap_or(rest.len()))
    }

    fn block_comment(&mut self, rest: &str) {
        match rest.find("*/") {
            Some(end) => self.at += end + 2,
            None => self.error(AsmErrorKind::OpenComment, rest.len()),
        }
    }

    fn token(&mut self, rest: &str, first: char) {
        let len = rest.find(|c| !word_part(c)).unwrap_or(rest.len());
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            self.push(Kind::Sign(sign), sign.len());
        } else if first.is_ascii_digit() {
            self.push(Kind::Number, len);
        } else if word_start(first) {
            self.push(Kind::Word, len);
        } else {
            self.error(AsmErrorKind::Character(first), first.len_utf8());
        }
    }
}

/// The value of a number token: decimal, or hexadecimal after `0x`, digits apart by `_` at will.
pub(super) fn value(text: &str) -> Result<i128, AsmErrorKind> {
    let lower = text.to_ascii_lowercase().replace('_', "");
    let (digits, radix) = match lower.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (lower.as_str(), 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(AsmErrorKind::Expected("a number"));
    }
    i128::from_str_radix(digits, radix).map_err(|_| AsmErrorKind::Number)
}
