//! `#if` and what belongs to it (C11 6.10.1).
use super::expand::Purpose;
use super::expression::evaluate;
use super::piece::{Piece, is};
use super::state::{Condition, State};
use crate::{Token, TokenKind, word};
use osmia_base::Diagnostic;

/// Whether a group of lines is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Read,
    Skipped,
}

impl State<'_> {
    /// `#if`, `#ifdef`, `#ifndef`
    pub(super) fn open_condition(&mut self, directive: Token, line: &[Token]) {
        let taken = self.holds(directive, line);
        if let Some(reading) = self.reading() {
            reading.conditions.push(Condition { span: directive.span, taken, otherwise: None });
        }
        if !taken {
            self.skip();
        }
    }

    /// `#else` and its kin at the end of a group that was read.
    pub(super) fn other_group(&mut self, directive: Token, line: &[Token]) {
        if self.group(directive, line) == Group::Skipped {
            self.skip();
        }
    }

    /// `#endif`
    pub(super) fn close_condition(&mut self, directive: Token) {
        let closed = self.reading().and_then(|reading| reading.conditions.pop());
        if closed.is_none() {
            self.unopened(directive);
        }
    }

    fn unopened(&mut self, directive: Token) {
        let text = format!("There is no `#if` for this `#{}`", self.names.text(directive.text));
        self.report(Diagnostic::error(directive.span, text));
    }

    /// Goes behind all groups that are not read.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        while let Some(directive) = self.next_directive() {
            let Some((tokens, from, to)) = self.rest_of_line() else { return };
            match directive.text {
                word::IF | word::IFDEF | word::IFNDEF => depth += 1,
                word::ENDIF if depth == 0 => return self.close_condition(directive),
                word::ENDIF => depth -= 1,
                word::ELSE | word::ELIF | word::ELIFDEF | word::ELIFNDEF if depth == 0 => {
                    let line = tokens.get(from..to).unwrap_or(&[]);
                    if self.group(directive, line) == Group::Read {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// Goes to the name of the next directive that has one.
    fn next_directive(&mut self) -> Option<Token> {
        let reading = self.reading()?;
        loop {
            let rest = reading.tokens.get(reading.at..)?;
            let Some(at) = rest.iter().position(|token| token.first && is(token, "#")) else {
                // The end is left to be read.
                reading.at = reading.tokens.len().saturating_sub(1);
                return None;
            };
            reading.at += at + 1;
            let name = rest.get(at + 1).filter(|token| !token.first && token.kind == TokenKind::Word);
            if let Some(&name) = name {
                reading.at += 1;
                return Some(name);
            }
        }
    }

    /// What becomes of the group behind an `#else` or its kin.
    fn group(&mut self, directive: Token, line: &[Token]) -> Group {
        let Some(condition) = self.reading().and_then(|reading| reading.conditions.last().copied()) else {
            self.unopened(directive);
            return Group::Read;
        };
        if let Some(otherwise) = condition.otherwise {
            let text = format!("`#{}` stands behind `#else`", self.names.text(directive.text));
            self.report(Diagnostic::error(directive.span, text).label(otherwise, "The `#else` is here"));
            return Group::Skipped;
        }
        let otherwise = (directive.text == word::ELSE).then_some(directive.span);
        let read = !condition.taken && (otherwise.is_some() || self.holds(directive, line));
        if let Some(place) = self.reading().and_then(|reading| reading.conditions.last_mut()) {
            place.taken |= read;
            place.otherwise = otherwise;
        }
        if read { Group::Read } else { Group::Skipped }
    }

    /// Whether the condition of a directive holds; one that is wrong does not.
    fn holds(&mut self, directive: Token, line: &[Token]) -> bool {
        let defined = |state: &Self| {
            let name = state.wanted_name(directive, line)?;
            Ok(state.macros.get(name).is_some())
        };
        let answer = match directive.text {
            word::IFDEF | word::ELIFDEF => defined(self),
            word::IFNDEF | word::ELIFNDEF => defined(self).map(|defined| !defined),
            _ => self.expression(directive, line),
        };
        answer.unwrap_or_else(|error| {
            self.report(error);
            false
        })
    }

    fn expression(&mut self, directive: Token, line: &[Token]) -> Result<bool, Diagnostic> {
        let pieces = line.iter().map(|&token| Piece::from(token)).collect();
        let expanded = self.expand_list(pieces, Purpose::Condition);
        let tokens: Vec<Token> = expanded.iter().map(|piece| piece.token).collect();
        evaluate(&tokens, directive.span, self.names)
    }
}
