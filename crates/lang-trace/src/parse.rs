//! From text to tree. The parser reads the whole text whatever is wrong with it, and reports each mistake once: after an
//! error it keeps quiet until the next `;` or `}` of the same block.
mod attributes;
mod c;
mod condition;
mod declarator;
mod expr;
mod postfix;
mod root;
mod stmt;
mod types;

pub(crate) use expr::precedence;
pub(crate) use types::BASIC;

use crate::ast::{Name, Script};
use crate::lex::{Lexer, Token, TokenKind};
use osmia_base::{Diagnostic, Diagnostics, Source, Span};

/// How deep expressions and blocks may be nested, and how high their trees may grow.
const MAX_DEPTH: u32 = 200;

/// More errors than this are not reported: they say nothing new.
const MAX_ERRORS: usize = 100;

/// A tree, as far as there is one, and everything that is wrong with the text.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// What was understood.
    pub script: Script,
    /// What was not.
    pub diagnostics: Diagnostics,
}

/// Reads a script.
pub fn parse(source: &Source) -> Parsed {
    let mut parser = Parser::new(&source.text, 0);
    parser.script();
    parser.finish()
}

/// Reads the text of `whole` from byte `start`: one of several that stand behind each other.
pub fn parse_part(whole: &str, start: u32) -> Parsed {
    let mut parser = Parser::new(whole, start as usize);
    parser.script();
    parser.finish()
}

/// The state of reading one text.
struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// The token to be taken next.
    token: Token,
    /// Where the last taken token ends.
    end: u32,
    script: Script,
    diagnostics: Diagnostics,
    /// An error was reported, and the place from where to go on is not reached yet.
    lost: bool,
    /// How deep the parser is inside itself.
    depth: u32,
    /// How high the tree made last is.
    height: u32,
    /// There was a `config` already.
    configured: bool,
    /// Inside `/…/`, where a `/` in front of a `{` ends the expression.
    in_predicate: bool,
    /// The `#if`s that are open: where, and whether its text counts.
    conditions: Vec<condition::Condition>,
    /// Where in the preamble a name was defined last.
    defined: std::collections::HashMap<String, usize>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, pos: usize) -> Self {
        let start = Span::new(pos as u32, pos as u32);
        let mut parser = Self {
            text,
            lexer: Lexer::new(text, pos),
            token: Token { kind: TokenKind::End, span: start, first: false },
            end: start.start,
            script: Script::default(),
            diagnostics: Diagnostics::default(),
            lost: false,
            depth: 0,
            height: 0,
            configured: false,
            in_predicate: false,
            conditions: Vec::new(),
            defined: std::collections::HashMap::new(),
        };
        parser.skip_shebang();
        parser.bump();
        parser.end = start.start;
        parser
    }

    fn finish(mut self) -> Parsed {
        if let Some(span) = self.lexer.open_comment {
            self.diagnostics.error(span, "syntax: unterminated comment, expected `*/`");
        }
        Parsed { script: self.script, diagnostics: self.diagnostics }
    }

    fn skip_shebang(&mut self) {
        if self.lexer.pos() == 0 && self.text.trim_start().starts_with("#!") {
            let start = self.text.len() - self.text.trim_start().len();
            let line = self.text[start..].find('\n').map_or(self.text.len(), |length| start + length);
            self.lexer.seek(line);
        }
    }

    /// Takes the token.
    fn bump(&mut self) -> Token {
        let taken = self.token;
        self.end = taken.span.end;
        self.token = self.lexer.next();
        while self.token.kind == TokenKind::Sign("#") && self.token.first {
            self.directive();
            self.token = self.lexer.next();
            self.token.first = true;
        }
        taken
    }

    /// Goes on at byte `pos`.
    fn seek(&mut self, pos: usize) {
        self.lexer.seek(pos);
        self.bump();
        self.end = pos as u32;
    }

    fn text_of(&self, token: Token) -> &'a str {
        token.span.of(self.text)
    }

    /// The token is this sign.
    fn at(&self, sign: &str) -> bool {
        matches!(self.token.kind, TokenKind::Sign(found) if found == sign)
    }

    /// The token is this word.
    fn at_word(&self, word: &str) -> bool {
        self.token.kind == TokenKind::Ident && self.text_of(self.token) == word
    }

    fn at_end(&self) -> bool {
        self.token.kind == TokenKind::End
    }

    /// Takes this sign if it is there.
    fn eat(&mut self, sign: &str) -> bool {
        let found = self.at(sign);
        if found {
            self.bump();
        }
        found
    }

    /// Takes this word if it is there.
    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.bump();
        }
        found
    }

    /// Takes this sign, or says that it is missing.
    fn expect(&mut self, sign: &str) -> bool {
        self.eat(sign) || self.missing(format!("expected `{sign}`"))
    }

    /// Takes this sign, or says that it is missing and what it would close.
    fn close(&mut self, sign: &str, open: Span, what: &str) -> bool {
        if self.eat(sign) {
            return true;
        }
        let span = self.here();
        self.report(
            Diagnostic::error(span, format!("syntax: expected `{sign}` to close this {what}"))
                .label(open, format!("the {what} begins here")),
        );
        false
    }

    /// Takes a word, or says what was expected.
    fn name(&mut self, what: &str) -> Option<Name> {
        self.name_of(TokenKind::Ident, what)
    }

    /// Takes a token of this kind, or says what was expected.
    fn name_of(&mut self, kind: TokenKind, what: &str) -> Option<Name> {
        if self.token.kind == kind {
            let token = self.bump();
            return Some(Name::new(self.text_of(token).to_owned(), token.span));
        }
        self.missing(format!("expected {what}"));
        None
    }

    /// The tokens after this one, without `#` lines.
    fn ahead(&self) -> Lexer<'a> {
        self.lexer.clone()
    }

    /// The token after this one.
    fn second(&self) -> Token {
        self.ahead().next()
    }

    /// The span from `start` to the end of what was taken last.
    fn from(&self, start: u32) -> Span {
        Span::new(start, self.end.max(start))
    }

    /// Where something is missing: at the token, or, when that is on another line, after the last one.
    fn here(&self) -> Span {
        let last = self.end.min(self.text.len() as u32);
        if self.token.first || self.at_end() { Span::new(last, last) } else { self.token.span }
    }

    /// Says what was expected, with what is there instead; always false.
    fn missing(&mut self, expected: String) -> bool {
        let span = self.here();
        let found = match self.token.kind {
            _ if span != self.token.span || self.at_end() => String::new(),
            TokenKind::Unknown => format!(", found `{}`, which means nothing here", self.text_of(self.token)),
            _ => format!(", found `{}`", shorten(self.text_of(self.token))),
        };
        self.report(Diagnostic::error(span, format!("syntax: {expected}{found}")));
        false
    }

    /// Reports an error after which it is not clear how to go on.
    fn report(&mut self, diagnostic: Diagnostic) {
        self.remark(diagnostic);
        self.lost = true;
    }

    /// Reports an error that does not confuse the parser.
    fn complain(&mut self, span: Span, text: impl Into<String>) {
        self.remark(Diagnostic::error(span, format!("syntax: {}", text.into())));
    }

    /// Reports an error, unless one was reported at this very place.
    fn remark(&mut self, diagnostic: Diagnostic) {
        let again = self.diagnostics.list.last().is_some_and(|last| last.span == diagnostic.span);
        if !self.lost && !again && self.diagnostics.list.len() < MAX_ERRORS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// After an error: passes over the rest of the statement, up to its `;` or to the `}` that is not its own.
    fn recover(&mut self) {
        let mut open = 0u32;
        while !self.at_end() && !self.at_probe() {
            if self.at("}") && open == 0 {
                break;
            }
            let token = self.bump();
            match token.kind {
                TokenKind::Sign("{") => open += 1,
                TokenKind::Sign("}") => open -= 1,
                TokenKind::Sign(";") if open == 0 => break,
                _ => continue,
            }
            if open == 0 && token.kind == TokenKind::Sign("}") {
                break;
            }
        }
        self.lost = false;
    }

    /// One step deeper, unless it is deep enough.
    fn nested<T: Default>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return T::default();
        }
        self.depth += 1;
        let made = inner(self);
        self.depth -= 1;
        made
    }

    /// The tree made last has become one higher than it was, and than `other`.
    fn grow(&mut self, other: u32) {
        self.height = self.height.max(other) + 1;
        if self.height > MAX_DEPTH {
            self.too_deep();
        }
    }

    fn too_deep(&mut self) {
        let span = self.token.span;
        self.report(Diagnostic::error(span, format!("syntax: nested more than {MAX_DEPTH} levels deep")));
    }
}

/// At most the first line and 20 characters of `text`.
fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    match line.char_indices().nth(20) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}
