//! `#pragma` and `_Pragma`.
use super::directive::{joined, one_string};
use super::state::State;
use crate::lex::lex;
use crate::{Token, TokenKind};
use osmia_base::Diagnostic;

/// How those begin that concern the compiler.
const KEPT: &[&[&str]] =
    &[&["unroll"], &["nounroll"], &["clang", "loop"], &["clang", "attribute"], &["GCC", "unroll"], &["pack"]];

impl State<'_> {
    /// Carries out a `#pragma`; the token that stands for it where it concerns the compiler.
    pub(super) fn pragma(&mut self, directive: Token, line: &[Token]) -> Option<Token> {
        let first = line.first()?;
        match self.names.text(first.text) {
            "once" => {
                let file = self.file();
                if let Some(file) = self.files.get_mut(file) {
                    file.once = true;
                }
            }
            "push_macro" => self.keep_macro(line),
            "pop_macro" => self.restore_macro(line),
            _ => return self.compiler_pragma(directive, line),
        }
        None
    }

    fn compiler_pragma(&mut self, directive: Token, line: &[Token]) -> Option<Token> {
        let begins = |words: &&[&str]| {
            let own = line.iter().map(|token| self.names.text(token.text));
            own.take(words.len()).eq(words.iter().copied())
        };
        KEPT.iter().find(|words| begins(words))?;
        let text = joined(line, self.names);
        let span = line.last().map_or(directive.span, |last| self.join(directive.span, last.span));
        let token = self.made(TokenKind::Pragma, &text, directive);
        Some(Token { span, first: true, ..token })
    }

    fn keep_macro(&mut self, line: &[Token]) {
        let Some(name) = line.get(1..).and_then(|line| one_string(line, self.names)) else { return };
        let name = self.names.add(&name);
        let meaning = self.macros.get(name).cloned();
        self.macros.kept.push((name, meaning));
    }

    fn restore_macro(&mut self, line: &[Token]) {
        let Some(name) = line.get(1..).and_then(|line| one_string(line, self.names)) else { return };
        let name = self.names.add(&name);
        if let Some(at) = self.macros.kept.iter().rposition(|(kept, _)| *kept == name) {
            let (_, meaning) = self.macros.kept.remove(at);
            self.macros.set(name, meaning);
        }
    }

    /// operator = "_Pragma" "(" string ")"
    pub(super) fn pragma_operator(&mut self, name: Token) -> Option<Token> {
        let mut line = Vec::new();
        if self.paren_follows() {
            line.extend((0..3).map(|_| self.next().token));
        }
        let Some(text) = one_string(&line, self.names) else {
            let error = Diagnostic::error(name.span, "`_Pragma` takes one string");
            self.report(error.hint("`_Pragma(\"unroll\")`"));
            return None;
        };
        let tokens = lex(&text, 0, self.names);
        let line: Vec<Token> = tokens
            .iter()
            .filter(|token| token.kind != TokenKind::End)
            .map(|&token| Token { span: name.span, first: false, ..token })
            .collect();
        self.pragma(name, &line)
    }
}
