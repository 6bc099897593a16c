//! The way through the tokens.
use super::Parser;
use crate::Name;
use crate::token::{Token, TokenKind};
use crate::word;
use osmia_base::{Span, Spanned};

/// What follows the last token.
pub(super) const END: Token =
    Token { kind: TokenKind::End, text: word::AUTO, span: Span::NOWHERE, spaced: false, first: true };

/// So many bytes of a text are taken by a token and the blanks before it. Where more seem to lie between two tokens, they
/// are taken for tokens of different texts.
const BYTES_PER_TOKEN: usize = 200;

impl Parser<'_> {
    /// Looks at the token at `pos`; pragmas before it are carried out.
    pub(super) fn settle(&mut self) {
        while let Some(&token) = self.tokens.get(self.pos) {
            if token.kind != TokenKind::Pragma {
                self.token = token;
                return;
            }
            self.pragma(token);
            self.pos += 1;
        }
        let end = self.tokens.last().map_or(0, |last| last.span.end);
        self.token = Token { span: Span::new(end, end), ..END };
    }

    /// Takes the token. The end stays where it is.
    pub(super) fn bump(&mut self) -> Token {
        let taken = self.token;
        match taken.kind {
            TokenKind::Sign("{") => self.braces += 1,
            TokenKind::Sign("}") => self.braces = self.braces.saturating_sub(1),
            _ => (),
        }
        if taken.kind != TokenKind::End {
            self.last = self.pos;
            self.pos += 1;
            self.settle();
        }
        taken
    }

    /// The tokens behind this one, without pragmas.
    pub(super) fn ahead(&self) -> impl Iterator<Item = Token> {
        let rest = self.tokens.get(self.pos + 1..).unwrap_or(&[]);
        rest.iter().copied().filter(|token| token.kind != TokenKind::Pragma)
    }

    /// The token behind this one.
    pub(super) fn second(&self) -> Token {
        self.peek(1)
    }

    /// The token so many behind this one.
    pub(super) fn peek(&self, count: usize) -> Token {
        match count.checked_sub(1) {
            Some(before) => self.ahead().nth(before).unwrap_or(END),
            None => self.token,
        }
    }

    /// The token is this sign.
    pub(super) fn at(&self, sign: &str) -> bool {
        self.token.is(sign)
    }

    /// The token is this word.
    pub(super) fn at_word(&self, word: Name) -> bool {
        self.token.is_word(word)
    }

    /// The token is one of these words.
    pub(super) fn at_any(&self, words: &[Name]) -> bool {
        self.token.kind == TokenKind::Word && words.contains(&self.token.text)
    }

    /// The token is a word that is no keyword.
    pub(super) fn at_name(&self) -> bool {
        self.token.is_name()
    }

    pub(super) fn at_end(&self) -> bool {
        self.token.kind == TokenKind::End
    }

    /// Takes this sign if it is there.
    pub(super) fn eat(&mut self, sign: &str) -> bool {
        let found = self.at(sign);
        if found {
            self.bump();
        }
        found
    }

    /// Takes this word if it is there.
    pub(super) fn eat_word(&mut self, word: Name) -> bool {
        let found = self.at_word(word);
        if found {
            self.bump();
        }
        found
    }

    /// Takes any of these words, as many as there are; whether there was one.
    pub(super) fn eat_any(&mut self, words: &[Name]) -> bool {
        let mut found = false;
        while self.at_any(words) {
            self.bump();
            found = true;
        }
        found
    }

    /// Takes a name, or says what was expected.
    pub(super) fn name(&mut self, what: &str) -> Option<Spanned<Name>> {
        if self.at_name() {
            let token = self.bump();
            return Some(Spanned::new(token.text, token.span));
        }
        self.missing(what);
        None
    }

    /// The place from the token at `start` to the one that was taken last. Where the two stand in different texts (one of them
    /// in what a macro expands to, say), it is that of the first.
    pub(super) fn from(&self, start: usize) -> Span {
        let place = |at: usize| self.tokens.get(at).map_or(self.token.span, |token| token.span);
        let first = place(start);
        if self.last <= start {
            return first;
        }
        let last = place(self.last);
        let limit = (self.last - start).saturating_mul(BYTES_PER_TOKEN);
        let near = last.end.checked_sub(first.start).is_some_and(|bytes| bytes as usize <= limit);
        if near { first.to(last) } else { first }
    }
}
