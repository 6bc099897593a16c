//! What a text is made of.
use crate::Name;
use osmia_base::Span;

/// One token. Its text is what it is spelled; where a macro made it, its span lies in the macro's expansion
/// ([`osmia_base::Source::add_expansion`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its spelling; of strings and characters with quotes and prefix.
    pub text: Name,
    /// Where it is written.
    pub span: Span,
    /// Whether blanks or comments stand before it.
    pub spaced: bool,
    /// Whether it is the first of its line.
    pub first: bool,
}

/// What a token is. Keywords are words, too: macros may have their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or a keyword.
    Word,
    /// A preprocessing number (C11 6.4.8), not yet understood.
    Number,
    /// A character constant.
    Char,
    /// A string literal.
    Text,
    /// A punctuator.
    Sign(&'static str),
    /// A `#pragma` line that concerns the compiler: its spelling is the line without `#pragma`.
    Pragma,
    /// From here on all types of the kernel are known (`#include "vmlinux.h"` where there is no such file).
    Kernel,
    /// Anything else, which is an error wherever a program has it outside of what is skipped.
    Stray,
    /// The end of the unit.
    End,
}

impl Token {
    /// Whether it is this sign.
    pub fn is(&self, sign: &str) -> bool {
        matches!(self.kind, TokenKind::Sign(found) if found == sign)
    }

    /// Whether it is this word.
    pub fn is_word(&self, word: Name) -> bool {
        self.kind == TokenKind::Word && self.text == word
    }

    /// Whether it is a word that is no keyword.
    pub fn is_name(&self) -> bool {
        self.kind == TokenKind::Word && !self.text.is_keyword()
    }
}
