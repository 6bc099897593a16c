//! Directives (C11 6.10).
use super::expand::Purpose;
use super::macros::{define, macro_name};
use super::piece::{Piece, is};
use super::state::{Says, State};
use crate::headers::Search;
use crate::{Name, Names, Token, TokenKind, word};
use osmia_base::{Diagnostic, Span};
use std::rc::Rc;

/// The names of all directives.
const DIRECTIVES: &[&str] = &[
    "define",
    "elif",
    "elifdef",
    "elifndef",
    "else",
    "endif",
    "error",
    "ident",
    "if",
    "ifdef",
    "ifndef",
    "include",
    "include_next",
    "line",
    "pragma",
    "undef",
    "warning",
];

impl State<'_> {
    /// Carries out the directive behind a `#` that was read; a token that stands for it, if one does.
    pub(super) fn directive(&mut self) -> Option<Token> {
        let (tokens, from, to) = self.rest_of_line()?;
        let line = tokens.get(from..to).unwrap_or(&[]);
        let (&name, rest) = line.split_first()?;
        match name.kind {
            TokenKind::Word => return self.named_directive(name, rest),
            TokenKind::Number => self.marker(name, name, rest),
            _ => self.unknown(name),
        }
        None
    }

    fn named_directive(&mut self, name: Token, line: &[Token]) -> Option<Token> {
        match name.text {
            word::DEFINE => self.define(name, line),
            word::UNDEF => self.undefine(name, line),
            word::INCLUDE => return self.include(name, line, Search::First),
            word::INCLUDE_NEXT => return self.include(name, line, Search::Next),
            word::PRAGMA => return self.pragma(name, line),
            word::IF | word::IFDEF | word::IFNDEF => self.open_condition(name, line),
            word::ELSE | word::ELIF | word::ELIFDEF | word::ELIFNDEF => self.other_group(name, line),
            word::ENDIF => self.close_condition(name),
            word::LINE => self.line_directive(name, line),
            word::ERROR => self.error(name, line),
            word::WARNING => self.warning(name, line),
            _ => self.unknown(name),
        }
        None
    }

    /// What is left of the line that is being read, which is read by that.
    pub(super) fn rest_of_line(&mut self) -> Option<(Rc<Vec<Token>>, usize, usize)> {
        let reading = self.reading()?;
        let from = reading.at;
        let rest = reading.tokens.get(from..).unwrap_or(&[]);
        let ends = |token: &Token| token.first || token.kind == TokenKind::End;
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        reading.at = from + length;
        Some((Rc::clone(&reading.tokens), from, from + length))
    }

    fn unknown(&mut self, name: Token) {
        let text = self.names.text(name.text);
        if matches!(text, "ident" | "sccs") {
            return;
        }
        let error = Diagnostic::error(name.span, format!("There is no directive `#{text}`"));
        let error = error.suggest(text, DIRECTIVES.iter().copied());
        self.report(error);
    }

    fn define(&mut self, directive: Token, line: &[Token]) {
        let definition = match define(line, directive, self.names) {
            Ok(definition) => Rc::new(definition),
            Err(error) => return self.report(error),
        };
        let name = definition.name;
        let Some(before) = self.macros.set(name.text, Some(Rc::clone(&definition))) else { return };
        if before.same(&definition) || !self.own() {
            return;
        }
        let text = format!("The macro `{}` is defined anew, and otherwise", self.names.text(name.text));
        let warning = Diagnostic::warning(name.span, text);
        let warning = match before.name.span {
            Span::NOWHERE => warning,
            span => warning.label(span, "It was defined here"),
        };
        self.report(warning.hint("`#undef` before it if that is meant"));
    }

    fn undefine(&mut self, directive: Token, line: &[Token]) {
        match self.wanted_name(directive, line) {
            Ok(name) => drop(self.macros.set(name, None)),
            Err(error) => self.report(error),
        }
    }

    /// The name of a macro, as the only operand of a directive.
    pub(super) fn wanted_name(&self, directive: Token, line: &[Token]) -> Result<Name, Diagnostic> {
        let Some(&name) = line.first() else {
            let text = format!("`#{}` names no macro", self.names.text(directive.text));
            return Err(Diagnostic::error(directive.span, text));
        };
        macro_name(name, self.names).map(|()| name.text)
    }

    /// Whether the text is one of the program's own, of which warnings are wanted.
    pub(super) fn own(&self) -> bool {
        self.readings.last().is_none_or(|reading| reading.own)
    }

    fn error(&mut self, directive: Token, line: &[Token]) {
        let text = joined(line, self.names);
        self.report(Diagnostic::error(whole(directive, line), format!("#error {text}")));
    }

    fn warning(&mut self, directive: Token, line: &[Token]) {
        if self.own() {
            let text = joined(line, self.names);
            self.report(Diagnostic::warning(whole(directive, line), format!("#warning {text}")));
        }
    }

    /// line = "#" "line" number string?
    fn line_directive(&mut self, directive: Token, line: &[Token]) {
        let pieces = line.iter().map(|&token| Piece::from(token)).collect();
        let expanded = self.expand_list(pieces, Purpose::Plain);
        let line: Vec<Token> = expanded.iter().map(|piece| piece.token).collect();
        match line.split_first() {
            Some((&number, rest)) => self.marker(directive, number, rest),
            None => self.bad_line(directive.span),
        }
    }

    fn bad_line(&mut self, span: Span) {
        let error = Diagnostic::error(span, "A line's number is missing here");
        self.report(error.hint("`#line 12 \"file\"`"));
    }

    /// marker = "#" number (string number*)?
    fn marker(&mut self, directive: Token, number: Token, rest: &[Token]) {
        let Ok(line) = self.names.text(number.text).parse::<u32>() else {
            return self.bad_line(number.span);
        };
        let name = rest.first().filter(|token| token.kind == TokenKind::Text);
        let name = name.map(|token| Rc::from(unquoted(self.names.text(token.text)).as_str()));
        let from = self.line_of(directive.span.start) + 1;
        if let Some(reading) = self.reading() {
            let name = name.or_else(|| reading.says.take().and_then(|says| says.name));
            reading.says = Some(Says { from, line: i64::from(line), name });
        }
    }
}

/// A directive from its name to its end.
fn whole(directive: Token, line: &[Token]) -> Span {
    line.last().map_or(directive.span, |last| directive.span.to(last.span))
}

/// Tokens as they are written, any layout being one blank.
pub(super) fn joined(tokens: &[Token], names: &Names) -> String {
    let mut out = String::new();
    for token in tokens {
        if token.spaced && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(names.text(token.text));
    }
    out
}

/// What a string literal without other escapes than `\"` and `\\` says.
pub(super) fn unquoted(literal: &str) -> String {
    let inner = literal.trim_start_matches(|c| c != '"');
    let inner = inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or("");
    let mut out = String::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some('"' | '\\') if c == '\\' => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

/// Whether a line is a call of something with one string: `name("text")`.
pub(super) fn one_string(line: &[Token], names: &Names) -> Option<String> {
    match line {
        [open, text, close] if is(open, "(") && is(close, ")") && text.kind == TokenKind::Text => {
            Some(unquoted(names.text(text.text)))
        }
        _ => None,
    }
}
