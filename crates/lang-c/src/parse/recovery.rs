//! What is said of mistakes, and how to go on behind them.
use super::{MAX_ERRORS, Parser};
use crate::token::{Token, TokenKind};
use osmia_base::{Diagnostic, Span};

/// What may be passed over in search of a closing bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// An expression: no `;`.
    Statement,
    /// Anything but the end of the block around.
    Block,
}

impl Parser<'_> {
    /// Takes this sign, or says that it is missing.
    pub(super) fn expect(&mut self, sign: &str) -> bool {
        if self.lost {
            return false;
        }
        let found = self.eat(sign);
        if !found {
            self.missing(&format!("`{sign}`"));
        }
        found
    }

    /// Takes the bracket that closes what `open` opened, or says that it is missing. In either case the parser knows how to go
    /// on if there is such a bracket.
    pub(super) fn close(&mut self, sign: &str, open: Token, what: &str, within: Within) {
        if !self.lost && self.eat(sign) {
            return;
        }
        // That the block has no end was told where another function begins in it.
        self.lost |= self.at_end() && self.unclosed == Some(open.span);
        let span = self.here();
        let found = self.found();
        self.report(
            Diagnostic::error(span, format!("expected `{sign}` to close this {what}{found}"))
                .label(open.span, format!("the {what} begins here")),
        );
        self.resume_behind(sign, within);
    }

    /// After an error inside brackets: goes on behind the bracket that closes them, if there is one.
    fn resume_behind(&mut self, sign: &str, within: Within) {
        if self.deep {
            return;
        }
        let Some(end) = self.find_closing(sign, within) else { return };
        self.pos = end;
        self.settle();
        self.bump();
        self.lost = false;
    }

    /// Where the first `sign` is that no bracket from here on opens.
    fn find_closing(&self, sign: &str, within: Within) -> Option<usize> {
        let mut open = 0u32;
        for (at, token) in self.tokens.iter().enumerate().skip(self.pos) {
            match token.kind {
                TokenKind::Sign(found) if open == 0 && found == sign => return Some(at),
                TokenKind::Sign("{") if within == Within::Statement && open == 0 => return None,
                TokenKind::Sign("(" | "[" | "{") => open += 1,
                TokenKind::Sign(")" | "]" | "}") => open = open.checked_sub(1)?,
                TokenKind::Sign(";") if within == Within::Statement && open == 0 => return None,
                TokenKind::End => return None,
                _ => (),
            }
        }
        None
    }

    /// Where something is missing: at the token, or, when that is on another line, after the last one.
    pub(super) fn here(&self) -> Span {
        let last = self.tokens.get(self.last).map_or(self.token.span, |token| token.span);
        let moved = self.last < self.pos && (self.token.first || self.at_end());
        if moved { Span::new(last.end, last.end) } else { self.token.span }
    }

    /// Says what was expected, with what is there instead.
    pub(super) fn missing(&mut self, expected: &str) {
        if self.token.kind == TokenKind::Stray {
            // In the words that preprocessing has for it.
            let diagnostic = crate::lex::complain(self.token, self.names);
            return self.report(diagnostic);
        }
        let span = self.here();
        let found = self.found();
        self.report(Diagnostic::error(span, format!("expected {expected}{found}")));
    }

    /// `, found …`
    fn found(&self) -> String {
        format!(", found {}", self.words_for(self.token))
    }

    /// A token in words.
    pub(super) fn words_for(&self, token: Token) -> String {
        let text = shorten(self.names.text(token.text));
        match token.kind {
            TokenKind::Word if token.text.is_keyword() => format!("`{text}`"),
            TokenKind::Word => format!("the name `{text}`"),
            TokenKind::Number => format!("the number `{text}`"),
            TokenKind::Char => format!("the character {text}"),
            TokenKind::Text => format!("the string {text}"),
            TokenKind::Sign(sign) => format!("`{sign}`"),
            TokenKind::Pragma => format!("`#pragma {text}`"),
            TokenKind::Kernel => "`#include \"vmlinux.h\"`, which stands outside of declarations only".into(),
            TokenKind::Stray => format!("`{text}`, which means nothing in C"),
            TokenKind::End => "the end of the text".into(),
        }
    }

    /// Reports an error after which it is not clear how to go on.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.remark(diagnostic);
        self.lost = true;
    }

    /// Reports an error that does not confuse the parser.
    pub(super) fn complain(&mut self, span: Span, text: impl Into<String>) {
        self.remark(Diagnostic::error(span, text));
    }

    /// Reports an error or a warning, unless one was reported at this very place.
    pub(super) fn remark(&mut self, diagnostic: Diagnostic) {
        let again = self.diagnostics.list.last().is_some_and(|last| last.span == diagnostic.span);
        if !self.lost && !again && self.diagnostics.list.len() < MAX_ERRORS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// After an error: passes over the rest of a statement or member, up to its `;` or to the `}` that is not its own. Where
    /// something is too deep, there is no way on before the next item of the unit.
    pub(super) fn recover(&mut self) {
        if !self.deep {
            self.skip(self.braces);
            self.lost = false;
        }
    }

    /// After an error: passes over the rest of an item of the unit.
    pub(super) fn recover_item(&mut self) {
        self.skip(0);
        self.lost = false;
        self.deep = false;
    }

    /// Up to the `;` or the last `}` of something that stands in so many `{`.
    fn skip(&mut self, around: u32) {
        while !self.at_end() && self.token.kind != TokenKind::Kernel {
            if self.at("}") && self.braces <= around {
                return;
            }
            let token = self.bump();
            if self.braces <= around && token.is("}") {
                self.eat(";");
                return;
            }
            if self.braces <= around && token.is(";") {
                return;
            }
        }
    }
}

/// At most the first line and 20 characters of `text`.
fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    match line.char_indices().nth(20) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or("")),
        None => line.to_owned(),
    }
}
