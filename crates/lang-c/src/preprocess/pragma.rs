//! `#pragma` and `_Pragma`.
use super::directive::{joined, one_string};
use super::state::State;
use crate::lex::lex;
use crate::{Token, TokenKind};
use osmia_base::Diagnostic;

/// What is done about a pragma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// The parser carries it out.
    Kept,
    /// It says nothing of what a program does.
    Ignored,
    /// It would change what a program does in a way that is not known here.
    Refused,
    /// Its text is said.
    Warning,
    Error,
}

/// Pragmas by the words that they begin with; the first row that fits holds.
const TABLE: &[(&[&str], Known)] = &[
    (&["unroll"], Known::Kept),
    (&["nounroll"], Known::Kept),
    (&["clang", "loop"], Known::Kept),
    (&["clang", "attribute"], Known::Kept),
    (&["GCC", "unroll"], Known::Kept),
    (&["pack"], Known::Kept),
    (&["message"], Known::Warning),
    (&["GCC", "warning"], Known::Warning),
    (&["GCC", "error"], Known::Error),
    (&["weak"], Known::Refused),
    (&["redefine_extname"], Known::Refused),
    (&["scalar_storage_order"], Known::Refused),
    (&["ms_struct"], Known::Refused),
    (&["options"], Known::Refused),
    (&["clang", "section"], Known::Refused),
    (&["GCC", "visibility", "push", "(", "hidden"], Known::Refused),
    (&["GCC", "visibility", "push", "(", "internal"], Known::Refused),
    (&["GCC"], Known::Ignored),
    (&["clang"], Known::Ignored),
    (&["STDC"], Known::Ignored),
    (&["region"], Known::Ignored),
    (&["endregion"], Known::Ignored),
    (&["mark"], Known::Ignored),
    (&["comment"], Known::Ignored),
    (&["optimize"], Known::Ignored),
];

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
        let begins = |words: &[&str]| {
            let own = line.iter().map(|token| self.names.text(token.text));
            own.take(words.len()).eq(words.iter().copied())
        };
        let known = TABLE.iter().find(|(words, _)| begins(words)).map(|(_, known)| *known);
        let text = joined(line, self.names);
        let span = line.last().map_or(directive.span, |last| self.join(directive.span, last.span));
        match known {
            Some(Known::Kept) => {
                let token = self.made(TokenKind::Pragma, &text, directive);
                return Some(Token { span, first: true, ..token });
            }
            Some(Known::Ignored) => {}
            Some(Known::Error) => self.report(Diagnostic::error(span, format!("#pragma {text}"))),
            Some(Known::Refused) => {
                self.report(Diagnostic::error(span, format!("`#pragma {text}` is not known yet")));
            }
            Some(Known::Warning) if self.own() => {
                self.report(Diagnostic::warning(span, format!("#pragma {text}")));
            }
            None if self.own() => {
                let text = format!("`#pragma {text}` is not known, and means nothing here");
                self.report(Diagnostic::warning(span, text));
            }
            Some(Known::Warning) | None => {}
        }
        None
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
