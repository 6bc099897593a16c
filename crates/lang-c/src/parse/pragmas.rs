//! `#pragma`: what it asks for, and where it applies.
//!
//! * `clang attribute push (…, apply_to = …)` adds its attributes to all records, enumerations, functions and variables that
//!   are defined before the `pop`.
//! * `pack` adds the attribute `pragma_pack` with one number, the greatest alignment of members, to records.
//! * `unroll` and its kin are part of the loop behind them.
use super::Parser;
use crate::Name;
use crate::ast::{Attribute, AttributeArg, Basic, Expr, ExprKind, Unroll};
use crate::lex::lex;
use crate::token::{Token, TokenKind};
use osmia_base::{Diagnostic, Span};

/// What pragmas ask for at one place of the unit.
#[derive(Debug, Default)]
pub(super) struct Pragmas {
    pushed: Vec<Pushed>,
    /// The greatest alignment of members, where one is said.
    pack: Option<Pack>,
    saved: Vec<(Option<Name>, Option<Pack>)>,
    /// The pragma before the next loop.
    unroll: Option<(usize, Unroll)>,
}

/// Attributes that are added to what is defined.
#[derive(Debug)]
struct Pushed {
    attributes: Vec<Attribute>,
    /// The words behind `apply_to`.
    subjects: Vec<Name>,
    span: Span,
}

#[derive(Clone, Copy, Debug)]
struct Pack {
    value: u64,
    span: Span,
}

/// What one pragma asks for.
#[derive(Debug)]
enum Request {
    /// Nothing of the parser.
    Nothing,
    Push(Pushed),
    Pop,
    /// `pack(push, name, …)`
    SavePack(Option<Name>),
    /// `pack(pop, name)`
    RestorePack(Option<Name>),
    /// `pack(number)`, `pack()`
    Pack(Option<u64>),
    Unroll(Unroll),
}

impl Parser<'_> {
    /// Carries a pragma out.
    pub(super) fn pragma(&mut self, token: Token) {
        let text = self.names.text(token.text).to_owned();
        let mut tokens = lex(&text, token.span.start, self.names);
        tokens.iter_mut().for_each(|inner| inner.span = token.span);
        let mut line = Parser::new(&tokens, self.names, None);
        let requests = line.pragma_line(token.span);
        let diagnostics = std::mem::take(&mut line.diagnostics);
        self.diagnostics.extend(diagnostics);
        for request in requests {
            self.carry_out(request, token.span);
        }
    }

    fn carry_out(&mut self, request: Request, span: Span) {
        match request {
            Request::Nothing => (),
            Request::Push(pushed) => self.pragmas.pushed.push(pushed),
            Request::Pop => {
                if self.pragmas.pushed.pop().is_none() {
                    self.complain(span, "there is no `#pragma clang attribute push` that this could end");
                }
            }
            Request::SavePack(name) => self.pragmas.saved.push((name, self.pragmas.pack)),
            Request::RestorePack(name) => self.restore_pack(name),
            Request::Pack(value) => self.pragmas.pack = value.map(|value| Pack { value, span }),
            Request::Unroll(unroll) => self.pragmas.unroll = Some((self.pos, unroll)),
        }
    }

    /// What was said before the last `push`, or before that of this name.
    fn restore_pack(&mut self, name: Option<Name>) {
        let saved = &mut self.pragmas.saved;
        let at = match name {
            Some(_) => saved.iter().rposition(|&(found, _)| found == name),
            None => saved.len().checked_sub(1),
        };
        // Compilers only warn when there is none.
        let Some(at) = at else { return };
        self.pragmas.pack = saved.get(at).and_then(|&(_, pack)| pack);
        saved.truncate(at);
    }

    /// At the end of the unit.
    pub(super) fn end_pragmas(&mut self) {
        self.lost = false;
        for pushed in std::mem::take(&mut self.pragmas.pushed) {
            let text = "this `#pragma clang attribute push` has no `#pragma clang attribute pop`";
            self.complain(pushed.span, text);
        }
    }

    /// The attributes that pragmas add to what is defined here: `record`, `enum`, `function`, `variable`.
    pub(super) fn pragma_attributes(&self, subject: &str) -> Vec<Attribute> {
        let applies = |pushed: &&Pushed| pushed.subjects.iter().any(|&name| self.names.text(name) == subject);
        let pushed = self.pragmas.pushed.iter().filter(applies);
        pushed.flat_map(|pushed| pushed.attributes.iter().cloned()).collect()
    }

    /// `pragma_pack(number)`, where one is said.
    pub(super) fn packing(&self) -> Option<Attribute> {
        let Pack { value, span } = self.pragmas.pack?;
        let value = Expr { kind: ExprKind::Int(value, Basic::Int), span };
        Some(Attribute { name: self.extra.pragma_pack, args: vec![AttributeArg::Expr(value)], span })
    }

    /// What the pragma right before this statement says of a loop. An error is told where the statement is none.
    pub(super) fn take_unroll(&mut self) -> Unroll {
        let Some((at, unroll)) = self.pragmas.unroll.take() else { return Unroll::Free };
        let between = self.tokens.get(at..self.pos).unwrap_or(&[]);
        if !between.iter().all(|token| token.kind == TokenKind::Pragma) {
            return Unroll::Free;
        }
        let is_loop =
            [crate::word::FOR, crate::word::WHILE, crate::word::DO].iter().any(|&word| self.at_word(word));
        if let (false, Some(pragma)) = (is_loop, between.first()) {
            let text =
                format!("`#pragma {}` stands right before a loop", self.names.text(pragma.text).trim());
            self.complain(pragma.span, text);
        }
        unroll
    }

    /// What the line asks for; `self` is a parser of the line alone.
    fn pragma_line(&mut self, span: Span) -> Vec<Request> {
        match self.pragma_word().as_str() {
            "unroll" => vec![Request::Unroll(self.unroll_count())],
            "nounroll" => vec![Request::Unroll(Unroll::Never)],
            "GCC" if self.pragma_word() == "unroll" => vec![Request::Unroll(self.unroll_count())],
            "pack" => self.pack_line(),
            "clang" => match self.pragma_word().as_str() {
                "attribute" => vec![self.attribute_line(span)],
                "loop" => self.loop_line(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Takes a word; without one the empty text.
    fn pragma_word(&mut self) -> String {
        match self.token.kind {
            TokenKind::Word => {
                let token = self.bump();
                self.names.text(token.text).to_owned()
            }
            _ => String::new(),
        }
    }

    /// `"push" "(" attribute* "," "apply_to" "=" subjects ")" | "pop"`
    fn attribute_line(&mut self, span: Span) -> Request {
        match self.pragma_word().as_str() {
            "pop" => Request::Pop,
            "push" if self.at("(") => {
                self.bump();
                let attributes = self.attributes();
                let mut subjects = Vec::new();
                while !self.at_end() {
                    let token = self.bump();
                    subjects.extend((token.kind == TokenKind::Word).then_some(token.text));
                }
                Request::Push(Pushed { attributes, subjects, span })
            }
            _ => {
                self.complain(span, "behind `#pragma clang attribute` stands `push (…)` or `pop`");
                Request::Nothing
            }
        }
    }

    /// `(word "(" value ")")*`
    fn loop_line(&mut self) -> Vec<Request> {
        let mut requests = Vec::new();
        while self.token.kind == TokenKind::Word {
            let option = self.pragma_word();
            let request = match option.as_str() {
                "unroll" if self.at("(") => self.unroll_option(),
                "unroll_count" => Request::Unroll(self.unroll_count()),
                _ => {
                    self.skip_option();
                    Request::Nothing
                }
            };
            requests.push(request);
        }
        requests
    }

    /// `"(" ("full" | "enable" | "disable") ")"`
    fn unroll_option(&mut self) -> Request {
        self.bump();
        let span = self.token.span;
        let request = match self.pragma_word().as_str() {
            "full" | "enable" => Request::Unroll(Unroll::Full),
            "disable" => Request::Unroll(Unroll::Never),
            _ => {
                self.complain(span, "behind `unroll` stands `(full)`, `(enable)` or `(disable)`");
                Request::Nothing
            }
        };
        self.eat(")");
        request
    }

    /// `"(" … ")"`
    fn skip_option(&mut self) {
        while !self.at_end() && !self.eat(")") {
            self.bump();
        }
    }

    /// How many turns at once: `N`, `(N)`, or all of them where nothing is said.
    fn unroll_count(&mut self) -> Unroll {
        if self.at_end() {
            return Unroll::Full;
        }
        let open = self.eat("(");
        let count = self.pragma_number();
        if open {
            self.eat(")");
        }
        match count.map(u32::try_from) {
            Some(Ok(0 | 1)) => Unroll::Never,
            Some(Ok(count)) => Unroll::Count(count),
            _ => {
                let span = self.token.span;
                self.complain(span, "expected the number of turns of the loop that are made at once");
                Unroll::Free
            }
        }
    }

    fn pragma_number(&mut self) -> Option<u64> {
        if self.token.kind != TokenKind::Number {
            return None;
        }
        match self.number() {
            ExprKind::Int(value, _) => Some(value),
            _ => None,
        }
    }

    /// `"(" ("push" | "pop")? ("," name)? ("," number)? ")"`
    fn pack_line(&mut self) -> Vec<Request> {
        let mut requests = Vec::new();
        if !self.eat("(") {
            return requests;
        }
        let mut said = false;
        while !self.at(")") && !self.at_end() {
            let token = self.token;
            if let Some(value) = self.pragma_number() {
                if !value.is_power_of_two() || value > 16 {
                    let diagnostic = Diagnostic::error(token.span, "`#pragma pack` takes 1, 2, 4, 8 or 16");
                    self.remark(diagnostic);
                }
                requests.push(Request::Pack(Some(value)));
            } else if token.kind == TokenKind::Word {
                self.pack_word(&mut requests);
            } else if !self.eat(",") {
                break;
            }
            said = true;
        }
        if !said {
            requests.push(Request::Pack(None));
        }
        requests
    }

    fn pack_word(&mut self, requests: &mut Vec<Request>) {
        let token = self.bump();
        match (self.names.text(token.text), requests.last_mut()) {
            ("push", _) => requests.push(Request::SavePack(None)),
            ("pop", _) => requests.push(Request::RestorePack(None)),
            (_, Some(Request::SavePack(name) | Request::RestorePack(name))) => *name = Some(token.text),
            _ => (),
        }
    }
}
