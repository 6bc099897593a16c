//! What the preprocessor knows while it works.
use super::limits;
use super::macros::{Macro, Macros};
use super::piece::Piece;
use crate::headers::{Form, Headers, Search};
use crate::lex::lex;
use crate::{Name, Names, Token, TokenKind};
use osmia_base::{Diagnostic, Diagnostics, Source, Span};
use std::collections::HashMap;
use std::rc::Rc;

/// All of it.
pub(super) struct State<'a> {
    pub(super) source: &'a mut Source,
    pub(super) names: &'a mut Names,
    pub(super) headers: &'a dyn Headers,
    pub(super) diagnostics: Diagnostics,
    pub(super) macros: Macros,
    /// All texts that were read; the first is the unit's own.
    pub(super) files: Vec<File>,
    /// What `#include` lines were found to mean.
    pub(super) includes: HashMap<Request, Meaning>,
    /// The texts that are being read, the innermost last.
    pub(super) readings: Vec<Reading>,
    /// What macros became and is being read again, the innermost last.
    pub(super) frames: Vec<Frame>,
    /// Where a list of tokens is expanded by itself, the number of frames below it.
    pub(super) floor: Option<usize>,
    /// What the next token gets from macros that became nothing.
    pub(super) carry: Carry,
    /// Lists that are expanded within one another.
    pub(super) depth: usize,
    /// The first address of each text and expansion.
    pub(super) bases: Vec<u32>,
    pub(super) spent: Spent,
    pub(super) counter: u64,
    /// Whether the kernel's types were included.
    pub(super) kernel: bool,
    /// Whether the unit is not read any further.
    pub(super) stopped: bool,
}

/// What was used up of what there are limits for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) made: usize,
    pub(super) spelled: usize,
    pub(super) read: usize,
}

/// Layout that goes on to the next token.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carry {
    pub(super) spaced: bool,
    pub(super) first: bool,
}

/// A text that was read.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: Rc<str>,
    pub(super) tokens: Rc<Vec<Token>>,
    /// The macro without which the whole text is skipped no more.
    pub(super) guard: Option<Name>,
    /// `#pragma once`
    pub(super) once: bool,
}

/// An `#include` line: name, form, where the search begins, and the number of the text that it stands in.
pub(super) type Request = (Rc<str>, Form, Search, usize);

/// What such a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    File(usize),
    Kernel,
    Nothing,
}

/// A text that is being read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Its number.
    pub(super) file: usize,
    pub(super) tokens: Rc<Vec<Token>>,
    pub(super) at: usize,
    /// The `#if` that it is within.
    pub(super) conditions: Vec<Condition>,
    /// Where it says that it is (`#line`).
    pub(super) says: Option<Says>,
    /// Whether it is one of the program's own, of which warnings are wanted.
    pub(super) own: bool,
}

/// What a `#line` says.
#[derive(Clone, Debug)]
pub(super) struct Says {
    /// The line behind it.
    pub(super) from: u32,
    /// The number which that line has.
    pub(super) line: i64,
    pub(super) name: Option<Rc<str>>,
}

/// An `#if` without its `#endif`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition {
    /// Where it stands.
    pub(super) span: Span,
    /// Whether one of its groups was taken.
    pub(super) taken: bool,
    /// Its `#else`.
    pub(super) otherwise: Option<Span>,
}

/// What a macro became, as far as it was not read yet.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) pieces: Vec<Piece>,
    pub(super) at: usize,
    pub(super) owner: Option<Rc<Macro>>,
    /// Whether layout goes on to what is behind it.
    pub(super) gap: bool,
}

impl State<'_> {
    /// Adds a message, as long as there are not too many.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.stopped {
            return;
        }
        if self.diagnostics.list.len() < limits::MESSAGES {
            return self.diagnostics.push(diagnostic);
        }
        self.stop(Diagnostic::error(
            Span::NOWHERE,
            "There are more mistakes; the rest of the unit is not read",
        ));
    }

    /// Ends all reading.
    pub(super) fn stop(&mut self, why: Diagnostic) {
        if self.stopped {
            return;
        }
        self.stopped = true;
        self.diagnostics.push(why);
        self.frames.clear();
        for reading in &mut self.readings {
            reading.at = reading.tokens.len();
            reading.conditions.clear();
        }
    }

    /// The text that is being read.
    pub(super) fn reading(&mut self) -> Option<&mut Reading> {
        self.readings.last_mut()
    }

    /// The number of the text that is being read.
    pub(super) fn file(&self) -> usize {
        self.readings.last().map_or(0, |reading| reading.file)
    }

    /// Puts a text behind what there is, and reads its tokens.
    pub(super) fn add_file(&mut self, name: &str, text: String) -> Option<usize> {
        let source = Source::new(name, text);
        let Ok(base) = self.source.add_file(source) else {
            self.full();
            return None;
        };
        self.bases.push(base);
        let text = self.source.files().last().map_or("", |file| &file.text);
        let tokens = lex(text, base, self.names);
        Some(self.add_tokens(name, tokens))
    }

    /// Adds a text by its tokens.
    pub(super) fn add_tokens(&mut self, name: &str, tokens: Vec<Token>) -> usize {
        let guard = super::guard::guard(&tokens);
        self.files.push(File { name: name.into(), tokens: Rc::new(tokens), guard, once: false });
        self.files.len() - 1
    }

    /// Makes addresses for what a macro became.
    pub(super) fn add_expansion(&mut self, body: Span, call: Span) -> u32 {
        match self.source.add_expansion(body, call) {
            Ok(base) => {
                self.bases.push(base);
                base
            }
            Err(_) => {
                self.full();
                body.start
            }
        }
    }

    fn full(&mut self) {
        let text = "This unit is too long: all that it includes and expands has more than 4 GiB";
        self.stop(Diagnostic::error(Span::NOWHERE, text));
    }

    /// From one token to another, where both lie in one text or expansion; else the first one alone.
    pub(super) fn join(&self, from: Span, to: Span) -> Span {
        let piece = |span: Span| self.bases.partition_point(|&base| base <= span.start);
        if from.start <= to.start && piece(from) == piece(to) { from.to(to) } else { from }
    }

    /// Begins to read a text.
    pub(super) fn open(&mut self, file: usize, own: Own) {
        let Some(File { tokens, .. }) = self.files.get(file) else { return };
        let tokens = Rc::clone(tokens);
        self.spent.read += tokens.len();
        let own = own == Own::Yes && self.readings.last().is_none_or(|reading| reading.own);
        self.readings.push(Reading { file, tokens, at: 0, conditions: Vec::new(), says: None, own });
        if self.spent.read > limits::READ {
            self.stop(Diagnostic::error(
                Span::NOWHERE,
                "This unit is too long: it includes too many texts, or too often",
            ));
        }
    }

    /// The line of a place, in its own text.
    pub(super) fn line_of(&self, offset: u32) -> u32 {
        let (file, span) = self.source.written(Span::new(offset, offset));
        file.place(span.start).line
    }

    /// A token that is made of a spelling.
    pub(super) fn made(&mut self, kind: TokenKind, text: &str, like: Token) -> Token {
        Token { kind, text: self.names.add(text), ..like }
    }

    /// Counts spellings that are made.
    pub(super) fn spell(&mut self, bytes: usize, at: Span) {
        self.spent.spelled += bytes;
        if self.spent.spelled > limits::SPELLED {
            self.stop(Diagnostic::error(at, "What `#` and `##` make here is too long"));
        }
    }
}

/// Whether a text is included as one of the program's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Yes,
    No,
}
