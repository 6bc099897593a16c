//! What the preprocessor's own macros become.
use super::builtin::{Builtin, Table};
use super::directive::{joined, unquoted};
use super::known::knows;
use super::piece::Piece;
use super::state::State;
use crate::headers::Search;
use crate::{Token, TokenKind};
use osmia_base::{Diagnostic, Span};

impl State<'_> {
    /// What one of the preprocessor's own macros becomes; nothing where it is read next.
    pub(super) fn builtin(&mut self, builtin: Builtin, piece: Piece) -> Option<Piece> {
        let name = piece.token;
        let token = match builtin {
            Builtin::Line => self.number(self.line(name.span).max(0).unsigned_abs(), name),
            Builtin::File => self.quote(&self.file_name(), name),
            Builtin::FileName => {
                let path = self.file_name();
                self.quote(path.rsplit('/').next().unwrap_or(""), name)
            }
            Builtin::BaseFile => {
                let base = self.files.first().map(|file| file.name.to_string());
                self.quote(&base.unwrap_or_default(), name)
            }
            Builtin::Counter => {
                self.counter += 1;
                self.number(self.counter - 1, name)
            }
            Builtin::IncludeLevel => self.number(self.readings.len().saturating_sub(1) as u64, name),
            Builtin::Text(text) => self.made(TokenKind::Text, text, name),
            Builtin::Pragma if self.floor.is_some() => return Some(piece),
            Builtin::Pragma => {
                self.carry.first |= name.first;
                return self.pragma_operator(name).map(Piece::from);
            }
            Builtin::Has(table) => self.has(table, name),
            Builtin::HasInclude => self.has_include(name, Search::First),
            Builtin::HasIncludeNext => self.has_include(name, Search::Next),
        };
        Some(token.into())
    }

    fn number(&mut self, number: u64, like: Token) -> Token {
        self.made(TokenKind::Number, &number.to_string(), like)
    }

    fn quote(&mut self, text: &str, like: Token) -> Token {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        self.made(TokenKind::Text, &format!("\"{text}\""), like)
    }

    /// The number of the line of a place, as `#line` has it: of what macros became, that in which the outermost call ends.
    fn line(&self, span: Span) -> i64 {
        let outermost = self.source.calls(span).last().copied().unwrap_or(span);
        let line = self.line_of(outermost.end.saturating_sub(1).max(outermost.start));
        let says = self.readings.last().and_then(|reading| reading.says.as_ref());
        says.map_or(i64::from(line), |says| says.line + i64::from(line) - i64::from(says.from))
    }

    /// The name of the text, as `#line` has it.
    fn file_name(&self) -> String {
        let says = self.readings.last().and_then(|reading| reading.says.as_ref());
        let name = says.and_then(|says| says.name.clone());
        let name = name.or_else(|| self.files.get(self.file()).map(|file| file.name.clone()));
        name.map(|name| name.to_string()).unwrap_or_default()
    }

    /// operand = "(" token* ")"
    fn operand(&mut self, name: Token) -> Option<Vec<Token>> {
        let mut depth = 0_usize;
        let mut tokens = Vec::new();
        if self.paren_follows() {
            self.next();
            loop {
                let piece = self.next();
                match piece.token.kind {
                    TokenKind::End => break,
                    TokenKind::Sign(")") if depth == 0 => return Some(tokens),
                    TokenKind::Sign("(") => depth += 1,
                    TokenKind::Sign(")") => depth -= 1,
                    _ => {}
                }
                tokens.push(piece.token);
            }
        }
        let text = self.names.text(name.text);
        let error = Diagnostic::error(name.span, format!("`{text}` takes what it asks for in parentheses"));
        self.report(error);
        None
    }

    fn has(&mut self, table: Table, name: Token) -> Token {
        let Some(operand) = self.operand(name) else { return self.number(0, name) };
        let asked = match operand.as_slice() {
            [text] if text.kind == TokenKind::Text => unquoted(self.names.text(text.text)),
            _ => joined(&operand, self.names),
        };
        self.number(u64::from(knows(table, &asked)), name)
    }

    fn has_include(&mut self, name: Token, next: Search) -> Token {
        let Some(operand) = self.operand(name) else { return self.number(0, name) };
        let Some(header) = self.header_name(&operand) else {
            let error = Diagnostic::error(name.span, "`__has_include` names no header");
            self.report(error.hint("`__has_include(\"name\")` or `__has_include(<name>)`"));
            return self.number(0, name);
        };
        let known = self.meaning(&header, next).is_ok();
        self.number(u64::from(known), name)
    }
}
