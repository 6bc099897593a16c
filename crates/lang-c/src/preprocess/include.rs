//! `#include`: which header it is, and whether it is read again.
use super::directive::joined;
use super::expand::Purpose;
use super::limits;
use super::piece::{Piece, is};
use super::state::{Meaning, Own, State};
use crate::headers::{Form, Found, Include, Search};
use crate::{Token, TokenKind};
use osmia_base::{Diagnostic, Span};
use std::rc::Rc;

/// The name of a header as it is written.
#[derive(Clone, Debug)]
pub(super) struct HeaderName {
    pub(super) name: Rc<str>,
    pub(super) form: Form,
    pub(super) span: Span,
}

impl State<'_> {
    /// Begins to read a header, if it is one to read; [`TokenKind::Kernel`] where the kernel's types stand for it.
    pub(super) fn include(&mut self, directive: Token, line: &[Token], next: Search) -> Option<Token> {
        let Some(header) = self.header_name(line) else {
            let text = format!("`#{}` names no header", self.names.text(directive.text));
            let error = Diagnostic::error(directive.span, text);
            self.report(error.hint("`#include \"name\"` or `#include <name>`"));
            return None;
        };
        match self.meaning(&header, next) {
            Ok(Meaning::File(file)) => self.enter_file(file, &header),
            Ok(Meaning::Kernel) if !self.kernel => {
                self.kernel = true;
                let token = self.made(TokenKind::Kernel, &header.name, directive);
                return Some(Token { span: header.span, first: true, ..token });
            }
            Ok(Meaning::Kernel | Meaning::Nothing) => {}
            Err(error) => self.report(error),
        }
        None
    }

    /// header = string | "<" … ">", or what macros make of the line
    pub(super) fn header_name(&mut self, line: &[Token]) -> Option<HeaderName> {
        let direct = |token: &Token| token.kind == TokenKind::Text || is(token, "<");
        if line.first().is_some_and(direct) {
            return self.spelled_header(line);
        }
        let pieces = line.iter().map(|&token| Piece::from(token)).collect();
        let expanded = self.expand_list(pieces, Purpose::Plain);
        let line: Vec<Token> = expanded.iter().map(|piece| piece.token).collect();
        self.spelled_header(&line)
    }

    fn spelled_header(&self, line: &[Token]) -> Option<HeaderName> {
        let (first, rest) = line.split_first()?;
        let text = self.names.text(first.text);
        if first.kind == TokenKind::Text && text.starts_with('"') {
            return header(text.trim_matches('"'), Form::Quoted, first.span);
        }
        if first.kind == TokenKind::Text {
            let name = text.strip_prefix('<').and_then(|name| name.strip_suffix('>'))?;
            return header(name, Form::Angled, first.span);
        }
        let end = rest.iter().position(|token| is(token, ">"))?;
        let name = joined(rest.get(..end)?, self.names);
        let span = rest.get(end).map_or(first.span, |last| self.join(first.span, last.span));
        header(&name, Form::Angled, span).filter(|_| is(first, "<"))
    }

    /// What a header is.
    pub(super) fn meaning(&mut self, header: &HeaderName, next: Search) -> Result<Meaning, Diagnostic> {
        let file = self.file();
        // The unit itself was not found in any directory.
        let next = if file == 0 { Search::First } else { next };
        let request = (Rc::clone(&header.name), header.form, next, file);
        if let Some(&meaning) = self.includes.get(&request) {
            return Ok(meaning);
        }
        let from = self.files.get(file).map(|file| Rc::clone(&file.name)).unwrap_or_default();
        let include = Include { name: &header.name, form: header.form, next, from: &from };
        let meaning = match self.headers.find(&include) {
            Found::Text { name, text } => {
                match self.files.iter().skip(1).position(|file| *file.name == *name) {
                    Some(number) => Meaning::File(number + 1),
                    None => self.add_file(&name, text).map_or(Meaning::Nothing, Meaning::File),
                }
            }
            Found::Kernel => Meaning::Kernel,
            Found::Nothing => Meaning::Nothing,
            Found::Missing(places) => return Err(missing(header, &places)),
            Found::Failed(why) => {
                let text = format!("`#include` cannot be read: {}: {why}", header.name);
                return Err(Diagnostic::error(header.span, text));
            }
        };
        self.includes.insert(request, meaning);
        Ok(meaning)
    }

    fn enter_file(&mut self, number: usize, header: &HeaderName) {
        let Some(file) = self.files.get(number) else { return };
        if file.once || file.guard.is_some_and(|guard| self.macros.get(guard).is_some()) {
            return;
        }
        if self.readings.len() > limits::INCLUDE_DEPTH {
            let text = format!("Headers include one another too deeply: `{}`", header.name);
            let error = Diagnostic::error(header.span, text);
            return self.stop(error.hint("`#pragma once` in a header has it read only once"));
        }
        let own = if header.form == Form::Quoted { Own::Yes } else { Own::No };
        self.open(number, own);
    }
}

fn header(name: &str, form: Form, span: Span) -> Option<HeaderName> {
    (!name.is_empty()).then(|| HeaderName { name: name.into(), form, span })
}

fn missing(header: &HeaderName, places: &[String]) -> Diagnostic {
    let text = format!("`#include` cannot be found: {}", header.name);
    let error = Diagnostic::error(header.span, text);
    if places.is_empty() { error } else { error.hint(format!("looked for in {}", places.join(", "))) }
}
