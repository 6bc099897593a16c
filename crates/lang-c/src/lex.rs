//! Tokens of one text (C11 6.4, as preprocessing sees it).
//!
//! Nothing is refused here: what is skipped may hold anything. What is no token is a [`TokenKind::Stray`], and who uses it
//! asks [`complain`] what is wrong with it.
mod cursor;
mod signs;

use crate::{Name, Names, Token, TokenKind, word};
use cursor::Cursor;
use osmia_base::{Diagnostic, Span};
use signs::{SIGNS, sign_at};

/// The tokens of `text`, which has the addresses from `base` on; the last one is [`TokenKind::End`].
pub fn lex(text: &str, base: u32, names: &mut Names) -> Vec<Token> {
    let sign_names = SIGNS.map(|sign| names.add(sign.written));
    let mut lexer = Lexer { cursor: Cursor::new(text), base, names, sign_names, line: Line::Begin };
    // What stands in headers has about five bytes a token.
    let mut tokens = Vec::with_capacity(text.len() / 6 + 2);
    loop {
        let token = lexer.token();
        tokens.push(token);
        if token.kind == TokenKind::End {
            return tokens;
        }
    }
}

/// The one token that `text` is, if it is one.
pub(crate) fn lex_one(text: &str, names: &mut Names) -> Option<Token> {
    let name_only = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if name_only && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit()) {
        let (text, span) = (names.add(text), Span::default());
        return Some(Token { kind: TokenKind::Word, text, span, spaced: false, first: false });
    }
    match lex(text, 0, names)[..] {
        [token, Token { kind: TokenKind::End, spaced: false, .. }] if token.kind != TokenKind::Stray => {
            Some(token)
        }
        _ => None,
    }
}

/// What is wrong with a stray token.
pub(crate) fn complain(token: Token, names: &Names) -> Diagnostic {
    let text = names.text(token.text);
    let quote = text.bytes().find(|byte| matches!(byte, b'"' | b'\''));
    if text.starts_with("/*") {
        return Diagnostic::error(token.span, "This comment has no end").hint("comments end with `*/`");
    }
    match quote {
        Some(b'"') => Diagnostic::error(token.span, "This string has no end in its line")
            .hint("a string ends with `\"`; several strings behind one another are one"),
        Some(_) => Diagnostic::error(token.span, "This character constant has no end in its line")
            .hint("a character constant is one character in `'`; text stands in `\"`"),
        None => Diagnostic::error(token.span, format!("`{}` means nothing in C", text.escape_debug())),
    }
}

/// What came before in the line; the name of a header is a token of its own behind `#include`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Begin,
    Hash,
    Include,
    Rest,
}

#[derive(Debug)]
struct Lexer<'a, 'n> {
    cursor: Cursor<'a>,
    base: u32,
    names: &'n mut Names,
    sign_names: [Name; SIGNS.len()],
    line: Line,
}

impl Lexer<'_, '_> {
    /// The next token.
    fn token(&mut self) -> Token {
        let begin = self.cursor.at() == 0;
        let layout = self.cursor.layout();
        let first = layout.lines || begin;
        if first {
            self.line = Line::Begin;
        }
        self.cursor.start();
        let (kind, text) = if layout.open_comment {
            self.cursor.take(2);
            self.cursor.take_rest();
            (TokenKind::Stray, self.names.add("/*"))
        } else {
            self.piece()
        };
        let (start, end) = self.cursor.range();
        let end = if layout.open_comment { start + 2 } else { end };
        let span = Span::new(self.base.saturating_add(start as u32), self.base.saturating_add(end as u32));
        self.line = self.line_behind(kind, text);
        Token { kind, text, span, spaced: layout.blanks, first }
    }

    /// What the line is behind a token.
    fn line_behind(&self, kind: TokenKind, text: Name) -> Line {
        match (self.line, kind) {
            (Line::Begin, TokenKind::Sign("#")) => Line::Hash,
            (Line::Hash, TokenKind::Word) if text == word::INCLUDE || text == word::INCLUDE_NEXT => {
                Line::Include
            }
            _ => Line::Rest,
        }
    }

    fn piece(&mut self) -> (TokenKind, Name) {
        let Some(byte) = self.cursor.peek() else {
            return (TokenKind::End, self.names.add(""));
        };
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => self.word(),
            b'0'..=b'9' => self.number(),
            b'.' if self.cursor.ahead()[1].is_ascii_digit() => self.number(),
            b'"' | b'\'' => self.quoted(byte),
            b'<' if self.line == Line::Include => self.header_name(),
            0x80.. if self.cursor.letter().is_some() => self.word(),
            _ => self.sign(),
        }
    }

    /// The token as it was read.
    fn done(&mut self, kind: TokenKind) -> (TokenKind, Name) {
        (kind, self.cursor.with_spelling(|text| self.names.add(text)))
    }

    /// A word, or a string or character whose prefix it is.
    fn word(&mut self) -> (TokenKind, Name) {
        self.cursor.take_word();
        let (_, text) = self.done(TokenKind::Word);
        match self.cursor.peek() {
            Some(quote @ (b'"' | b'\'')) if matches!(self.names.text(text), "L" | "u" | "U" | "u8") => {
                self.quoted(quote)
            }
            _ => (TokenKind::Word, text),
        }
    }

    /// A preprocessing number (C11 6.4.8).
    fn number(&mut self) -> (TokenKind, Name) {
        loop {
            match self.cursor.peek() {
                Some(b'e' | b'E' | b'p' | b'P') => {
                    self.cursor.bump();
                    if let Some(b'+' | b'-') = self.cursor.peek() {
                        self.cursor.bump();
                    }
                }
                Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.') => self.cursor.bump(),
                Some(0x80..) if self.cursor.letter().is_some() => self.cursor.bump_letter(),
                _ => return self.done(TokenKind::Number),
            }
        }
    }

    /// A string or a character constant; a stray one goes to the end of its line.
    fn quoted(&mut self, quote: u8) -> (TokenKind, Name) {
        let kind = if quote == b'"' { TokenKind::Text } else { TokenKind::Char };
        self.cursor.bump();
        loop {
            match self.cursor.peek() {
                None | Some(b'\n') => return self.done(TokenKind::Stray),
                Some(byte) if byte == quote => {
                    self.cursor.bump();
                    return self.done(kind);
                }
                Some(b'\\') => {
                    self.cursor.bump();
                    if self.cursor.peek().is_some_and(|byte| byte != b'\n') {
                        self.cursor.bump();
                    }
                }
                Some(_) => self.cursor.bump(),
            }
        }
    }

    /// `<bpf/bpf_helpers.h>`; a sign where the line has no `>`.
    fn header_name(&mut self) -> (TokenKind, Name) {
        let start = self.cursor;
        loop {
            match self.cursor.peek() {
                None | Some(b'\n') => {
                    self.cursor = start;
                    return self.sign();
                }
                Some(b'>') => {
                    self.cursor.bump();
                    return self.done(TokenKind::Text);
                }
                Some(_) => self.cursor.bump(),
            }
        }
    }

    fn sign(&mut self) -> (TokenKind, Name) {
        if let Some(number) = sign_at(self.cursor.ahead()) {
            self.cursor.take(SIGNS[number].written.len());
            return (TokenKind::Sign(SIGNS[number].means), self.sign_names[number]);
        }
        self.cursor.bump_letter();
        self.done(TokenKind::Stray)
    }
}

#[cfg(test)]
mod tests;
