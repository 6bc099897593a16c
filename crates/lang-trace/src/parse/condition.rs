//! Lines that begin with `#`: `#include`, `#define`, and the choice that `#if` makes.
use super::Parser;
use crate::ast::{CItem, Expr, ExprKind, Name, Visit, visit_expr};
use crate::constant;
use osmia_base::Span;

/// An open `#if`.
pub(super) struct Condition {
    /// The whole line.
    span: Span,
    /// Whether a branch of it was already taken.
    taken: bool,
}

/// How long a condition may take.
const MAX_STEPS: u32 = 1000;

/// How many others a definition may stand on. More is taken for a circle.
const MAX_CHAIN: usize = 200;

/// Names that are always defined: a kernel without BTF has no types to offer that this compiler could use.
const ALWAYS: [&str; 1] = ["BPFTRACE_HAVE_BTF"];

impl Parser<'_> {
    /// A line from its `#`, which the lexer has just read, to its end.
    pub(super) fn directive(&mut self) {
        let line = self.line(self.token.span.end as usize);
        let start = self.token.span.start;
        self.lexer.seek(line.end as usize);
        let (word, rest) = first_word(self.text, line);
        let whole = Span::new(start, trimmed_end(self.text, line));
        // Whatever the parser is looking for, this line is not part of it.
        let lost = std::mem::take(&mut self.lost);
        self.directive_of(whole, word, rest);
        self.script.preamble.directives.push(Span::new(start, self.lexer.pos() as u32));
        self.lost = lost;
    }

    fn directive_of(&mut self, whole: Span, word: Span, rest: Span) {
        match word.of(self.text) {
            "include" => self.include(whole, rest),
            "define" => self.define(whole, rest),
            "if" | "ifdef" | "ifndef" => self.open_condition(whole, word, rest),
            "elif" | "else" => self.other_branch(whole),
            "endif" => self.end_condition(whole),
            "undef" | "pragma" | "line" | "warning" => self.note(whole),
            "error" => self.complain(whole, rest.of(self.text).trim().to_owned()),
            _ => self.complain(whole, "unknown directive, expected `#include`, `#define` or `#if`"),
        }
    }

    /// The rest of a line from byte `from`, lines that end in `\` joined.
    fn line(&self, from: usize) -> Span {
        let bytes = self.text.as_bytes();
        let mut end = from;
        while let Some(byte) = bytes.get(end) {
            if *byte == b'\n' && bytes.get(end - 1) != Some(&b'\\') {
                break;
            }
            end += 1;
        }
        Span::new(from as u32, end as u32)
    }

    /// The preamble reaches over `span`.
    pub(super) fn note(&mut self, span: Span) {
        self.must_be_early(span, "C definitions");
        let preamble = &mut self.script.preamble;
        preamble.span = if preamble.span == Span::default() { span } else { preamble.span.to(span) };
    }

    fn include(&mut self, whole: Span, rest: Span) {
        self.note(whole);
        let text = rest.of(self.text).trim();
        let inner = text.strip_prefix('<').and_then(|text| text.split_once('>'));
        let quoted = inner.is_none();
        let inner = inner.or_else(|| text.strip_prefix('"').and_then(|text| text.split_once('"')));
        match inner {
            Some((path, _)) => {
                let start = rest.end - rest.of(self.text).trim_start().len() as u32;
                let span = Span::new(start, whole.end);
                let path = Name::new(path.to_owned(), span);
                self.script.preamble.items.push(CItem::Include { path, quoted });
            }
            None => self.complain(whole, "expected `<file>` or `\"file\"` after `#include`"),
        }
    }

    fn define(&mut self, whole: Span, rest: Span) {
        self.note(whole);
        let (name, value) = first_word(self.text, rest);
        if name.start == name.end {
            self.complain(whole, "expected a name after `#define`");
            return;
        }
        let text = value.of(self.text);
        let params = self.parameters(value);
        let body = match &params {
            Some((_, body)) => Some(*body),
            None => (!text.starts_with('(')).then_some(value),
        };
        let text = text.replace("\\\n", " ").trim().to_owned();
        let value = body.and_then(|body| self.quietly(body));
        let value = value.filter(|value| !self.leads_to(value, name.of(self.text)));
        let params = params.map(|(params, _)| params);
        let name = Name::new(name.of(self.text).to_owned(), name);
        self.defined.insert(name.node.clone(), self.script.preamble.items.len());
        self.script.preamble.items.push(CItem::Define { name, params, text, value });
    }

    /// `(a, b) …`, right behind a name: what the macro takes, and where its body is.
    fn parameters(&self, rest: Span) -> Option<(Vec<Name>, Span)> {
        let inner = rest.of(self.text).strip_prefix('(')?;
        let close = inner.find(')')?;
        let names = inner.get(..close)?;
        let mut at = rest.start + 1;
        let mut params = Vec::new();
        for part in names.split(',').filter(|_| !names.trim().is_empty()) {
            let word = part.trim();
            let start = at + (part.len() - part.trim_start().len()) as u32;
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !plain || word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            params.push(Name::new(word.to_owned(), Span::new(start, start + word.len() as u32)));
            at += part.len() as u32 + 1;
        }
        Some((params, Span::new(rest.start + close as u32 + 2, rest.end)))
    }

    /// The expression that `span` consists of, if it is one. It is read by a parser of its own, whose errors do not count.
    fn quietly(&self, span: Span) -> Option<Expr> {
        let text = self.text.get(..span.end as usize)?;
        let mut parser = Parser::new(text, span.start as usize);
        if parser.at_end() {
            return None;
        }
        let value = parser.expr();
        let good = parser.at_end() && !parser.diagnostics.has_errors() && parser.lexer.open_comment.is_none();
        good.then_some(value)
    }

    fn open_condition(&mut self, whole: Span, word: Span, rest: Span) {
        self.note(whole);
        let (name, _) = first_word(self.text, rest);
        let defined = self.defined(name.of(self.text));
        let holds = match word.of(self.text) {
            "ifdef" => defined,
            "ifndef" => !defined,
            _ => self.holds(whole, rest),
        };
        self.conditions.push(Condition { span: whole, taken: holds });
        if !holds {
            self.skip_branch();
        }
    }

    /// The end of a branch that counted: what follows does not.
    fn other_branch(&mut self, whole: Span) {
        if self.conditions.is_empty() {
            self.complain(whole, "no `#if` is open here");
        } else {
            self.skip_branch();
        }
    }

    fn end_condition(&mut self, whole: Span) {
        self.note(whole);
        if self.conditions.pop().is_none() {
            self.complain(whole, "no `#if` is open here");
        }
    }

    /// At the end of the text.
    pub(super) fn end_conditions(&mut self) {
        self.lost = false;
        for condition in std::mem::take(&mut self.conditions) {
            self.complain(condition.span, "this has no `#endif`");
        }
    }

    /// Passes over lines up to the branch that counts, or to the `#endif`.
    fn skip_branch(&mut self) {
        let mut inner = 0u32;
        while !self.lexer.rest().is_empty() {
            let from = self.lexer.pos() + 1;
            let line = self.line(from);
            self.lexer.seek(line.end as usize);
            let text = line.of(self.text);
            let Some(rest) = text.trim_start().strip_prefix('#') else { continue };
            let start = line.end - rest.len() as u32;
            let (word, rest) = first_word(self.text, Span::new(start, line.end));
            match word.of(self.text) {
                "if" | "ifdef" | "ifndef" => inner += 1,
                "endif" if inner == 0 => return self.end_condition(Span::new(line.start, line.end)),
                "endif" => inner -= 1,
                branch @ ("else" | "elif") if inner == 0 && self.takes(branch, line, rest) => return,
                _ => (),
            }
        }
    }

    /// Whether the text after this `#else` or `#elif` counts.
    fn takes(&mut self, branch: &str, line: Span, rest: Span) -> bool {
        let open = self.conditions.last().is_some_and(|condition| !condition.taken);
        let takes = open && (branch == "else" || self.holds(line, rest));
        if let Some(condition) = self.conditions.last_mut() {
            condition.taken |= takes;
        }
        takes
    }

    fn defined(&self, name: &str) -> bool {
        ALWAYS.contains(&name) || self.definition(name).is_some()
    }

    /// The value of a `#define`, the last one of its name; `Some(None)` where it has none.
    fn definition(&self, name: &str) -> Option<Option<&Expr>> {
        match self.script.preamble.items.get(*self.defined.get(name)?)? {
            CItem::Define { params: None, value, .. } => Some(value.as_ref()),
            CItem::Define { .. } => Some(None),
            _ => None,
        }
    }

    /// Whether the expression of an `#if` is true. Unknown names are 0, as in C.
    fn holds(&mut self, whole: Span, rest: Span) -> bool {
        let Some(expr) = self.quietly(rest) else {
            self.complain(whole, "cannot understand this condition");
            return false;
        };
        self.number(&expr, &mut { MAX_STEPS }) != 0
    }

    /// The value of an expression, in at most so many steps: definitions may stand for each other.
    fn number(&self, expr: &Expr, steps: &mut u32) -> i128 {
        *steps = steps.saturating_sub(1);
        match &expr.kind {
            _ if *steps == 0 => 0,
            ExprKind::Integer(value) => i128::from(*value),
            ExprKind::Bool(value) => i128::from(*value),
            ExprKind::Ident(name) if ALWAYS.contains(&name.as_str()) => 1,
            ExprKind::Ident(name) => {
                self.definition(name).flatten().map_or(0, |value| self.number(value, steps))
            }
            ExprKind::Call { name, args } if name.node == "defined" => {
                match args.first().map(|arg| &arg.kind) {
                    Some(ExprKind::Ident(name)) => i128::from(self.defined(name)),
                    _ => 0,
                }
            }
            ExprKind::Unary(op, value) => constant::unary(*op, self.number(value, steps)),
            ExprKind::Binary(op, a, b) => constant::binary(*op, self.number(a, steps), self.number(b, steps)),
            ExprKind::Ternary(c, a, b) => {
                let chosen = if self.number(c, steps) != 0 { a } else { b };
                self.number(chosen, steps)
            }
            _ => 0,
        }
    }

    /// Whether `value` leads back to `name` through what is defined so far.
    fn leads_to(&self, value: &Expr, name: &str) -> bool {
        let mut words = Words::default();
        visit_expr(value, &mut words);
        let mut seen = 0;
        while let Some(word) = words.0.get(seen).cloned() {
            if word == name || seen > MAX_CHAIN {
                return true;
            }
            seen += 1;
            if let Some(Some(value)) = self.definition(&word) {
                visit_expr(value, &mut words);
            }
        }
        false
    }
}

/// All bare words of expressions, each once.
#[derive(Default)]
struct Words(Vec<String>);

impl Visit for Words {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Ident(word) = &expr.kind
            && !self.0.contains(word)
        {
            self.0.push(word.clone());
        }
    }
}

/// The first word in `span`, and what follows it.
fn first_word(text: &str, span: Span) -> (Span, Span) {
    let all = span.of(text);
    let start = all.len() - all.trim_start().len();
    let word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    let length = all[start..].bytes().position(|byte| !word(byte)).unwrap_or(all.len() - start);
    let (start, end) = (span.start + start as u32, span.start + (start + length) as u32);
    (Span::new(start, end), Span::new(end, span.end))
}

fn trimmed_end(text: &str, span: Span) -> u32 {
    span.start + span.of(text).trim_end().len() as u32
}
