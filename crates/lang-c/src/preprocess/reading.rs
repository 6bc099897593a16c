//! The next token: of what macros became, else of the texts, whose directives are carried out on the way.
use super::limits;
use super::piece::{Piece, is};
use super::state::{Carry, Frame, State};
use crate::{Token, TokenKind};
use osmia_base::{Diagnostic, Span};

/// What is left behind the end of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// The text that included it.
    Another,
    Nothing,
}

impl State<'_> {
    /// The next token, before it is expanded. At the end of a text, or of a list that is expanded by itself, it is
    /// [`TokenKind::End`] again and again.
    pub(super) fn next(&mut self) -> Piece {
        let mut piece = self.raw();
        if self.carry.spaced || self.carry.first {
            piece.token.spaced |= self.carry.spaced;
            piece.token.first |= self.carry.first;
            self.carry = Carry::default();
        }
        piece
    }

    fn raw(&mut self) -> Piece {
        let floor = self.floor.unwrap_or(0);
        while self.frames.len() > floor {
            let Some(frame) = self.frames.last_mut() else { break };
            if let Some(&piece) = frame.pieces.get(frame.at) {
                frame.at += 1;
                return piece;
            }
            if let Some(Frame { owner: Some(owner), gap, .. }) = self.frames.pop() {
                owner.active.set(false);
                self.carry.spaced |= gap;
            }
        }
        if self.floor.is_some() { end(Span::NOWHERE).into() } else { self.file_token().into() }
    }

    /// The next token of the text.
    fn file_token(&mut self) -> Token {
        loop {
            let Some(reading) = self.readings.last_mut() else { return end(Span::NOWHERE) };
            let Some(&token) = reading.tokens.get(reading.at) else { return end(Span::NOWHERE) };
            if token.kind == TokenKind::End {
                return token;
            }
            reading.at += 1;
            if !(token.first && is(&token, "#")) {
                return token;
            }
            if let Some(token) = self.directive() {
                return token;
            }
        }
    }

    /// Whether the next token is `(`, which calls a macro.
    pub(super) fn paren_follows(&self) -> bool {
        let frames = self.frames.get(self.floor.unwrap_or(0)..).unwrap_or(&[]);
        for frame in frames.iter().rev() {
            if let Some(piece) = frame.pieces.get(frame.at) {
                return piece.is("(");
            }
        }
        let reading = self.readings.last().filter(|_| self.floor.is_none());
        reading.and_then(|reading| reading.tokens.get(reading.at)).is_some_and(|token| is(token, "("))
    }

    /// Goes back to the text that included the one which ended.
    pub(super) fn leave(&mut self) -> Left {
        let Some(reading) = self.readings.pop() else { return Left::Nothing };
        for condition in reading.conditions {
            let error = Diagnostic::error(condition.span, "This condition has no `#endif`");
            self.report(match condition.otherwise {
                Some(otherwise) => error.label(otherwise, "Its `#else` is here"),
                None => error,
            });
        }
        if self.readings.is_empty() { Left::Nothing } else { Left::Another }
    }

    /// Counts tokens that macros make.
    pub(super) fn spend(&mut self, tokens: usize, at: Span) {
        self.spent.made += tokens + 1;
        if self.spent.made > limits::MADE {
            let error =
                Diagnostic::error(at, "Macros make too many tokens: the rest of the unit is not read");
            self.stop(
                error.hint("does a macro call itself by way of its arguments, or double what it is given?"),
            );
        }
    }
}

/// The end of tokens.
pub(super) fn end(span: Span) -> Token {
    Token { kind: TokenKind::End, text: crate::word::EMPTY, span, spaced: false, first: true }
}
