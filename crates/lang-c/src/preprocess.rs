//! Directives carried out, macros expanded (C11 6.10).
//!
//! Texts are read one token at a time ([`reading`]). A `#` at the begin of a line is a directive ([`directive`], with
//! [`condition`], [`mod@include`], [`pragma`]); a word may be a macro ([`expand`]), whose body with the arguments in it
//! ([`substitute`]) is read next. All that changes meanwhile is [`state`].
mod answer;
mod builtin;
mod condition;
mod directive;
mod expand;
mod expression;
mod guard;
mod include;
mod known;
mod limits;
mod macros;
mod piece;
mod pragma;
mod reading;
mod state;
mod substitute;

use crate::headers::Headers;
use crate::lex::{complain, lex};
use crate::{Names, Token, TokenKind};
use builtin::BUILTINS;
use macros::{Macro, Macros};
use osmia_base::{Diagnostic, Diagnostics, Source};
use reading::Left;
use state::{Carry, Own, Spent, State};
use std::collections::HashMap;
use std::rc::Rc;

/// What the compiler defines beforehand.
const PREDEFINED: &str = include_str!("preprocess/predefined.h");

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
    headers: &dyn Headers,
    defines: &[(String, String)],
) -> Preprocessed {
    let tokens = lex(&source.text, 0, names);
    let name = source.name.clone();
    let mut state = State {
        source,
        names,
        headers,
        diagnostics: Diagnostics::default(),
        macros: Macros::default(),
        files: Vec::new(),
        includes: HashMap::new(),
        readings: Vec::new(),
        frames: Vec::new(),
        floor: None,
        carry: Carry::default(),
        depth: 0,
        bases: vec![0],
        spent: Spent::default(),
        counter: 0,
        kernel: false,
        stopped: false,
    };
    let unit = state.add_tokens(&name, tokens);
    state.open(unit, Own::Yes);
    state.define_beforehand(defines);
    let tokens = state.unit();
    Preprocessed { tokens, diagnostics: state.diagnostics }
}

impl State<'_> {
    /// Defines what is defined before the unit: texts that are read first.
    fn define_beforehand(&mut self, defines: &[(String, String)]) {
        for &(name, builtin) in BUILTINS {
            let name = self.names.add(name);
            self.macros.set(name, Some(Rc::new(Macro::builtin(builtin, name))));
        }
        let line = |(name, body): &(String, String)| {
            format!("#define {} {}\n", name.replace('\n', " "), body.replace('\n', " "))
        };
        let given: String = defines.iter().map(line).collect();
        let texts = [("<command line>", given), ("<built-in>", PREDEFINED.to_string())];
        for (name, text) in texts {
            if let Some(file) = self.add_file(name, text) {
                self.open(file, Own::Yes);
            }
        }
    }

    /// All tokens of the unit.
    fn unit(&mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        loop {
            let piece = self.next();
            match piece.token.kind {
                TokenKind::End if self.leave() == Left::Nothing => {
                    tokens.push(Token { kind: TokenKind::End, ..piece.token });
                    return tokens;
                }
                TokenKind::End => {}
                TokenKind::Word => tokens.extend(self.enter(piece).map(|piece| piece.token)),
                TokenKind::Stray => self.report(complain(piece.token, self.names)),
                _ => tokens.push(piece.token),
            }
            if tokens.len() > limits::UNIT {
                self.stop(Diagnostic::error(
                    piece.token.span,
                    "This unit is too long: the rest of it is not read",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests;
