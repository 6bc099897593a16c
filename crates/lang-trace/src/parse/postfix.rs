//! The innermost expressions: names, literals, calls, parentheses, and what can stand behind them.
use super::Parser;
use crate::ast::{Expr, ExprKind, Name, Position, TypeOrExpr};
use crate::lex::TokenKind;
use crate::literal;
use osmia_base::Diagnostic;

impl Parser<'_> {
    /// `postfix = primary ("." name | "->" name | "." number | "[" expr "]" | "++" | "--")*`
    pub(super) fn postfix(&mut self) -> Expr {
        let mut expr = self.primary();
        while !self.lost {
            let start = expr.span.start;
            let kind = match self.token.kind {
                TokenKind::Sign("." | "->") => self.member(expr),
                TokenKind::Sign("[") => self.index(expr),
                TokenKind::Sign(sign @ ("++" | "--")) if !self.starts_operand() => {
                    self.bump();
                    let span = self.from(start);
                    self.step(expr, sign, Position::Postfix, span).kind
                }
                _ => return expr,
            };
            expr = Expr { kind, span: self.from(start) };
            self.grow(0);
        }
        expr
    }

    /// Whether `++` belongs to what follows: the next line begins with it.
    fn starts_operand(&self) -> bool {
        self.token.first && matches!(self.second().kind, TokenKind::Variable | TokenKind::Map)
    }

    fn member(&mut self, base: Expr) -> ExprKind {
        self.bump();
        if self.token.kind != TokenKind::Integer {
            let name = self.name("field name");
            return match name {
                Some(name) => ExprKind::Field(Box::new(base), name),
                None => base.kind,
            };
        }
        let token = self.bump();
        if matches!(base.kind, ExprKind::Integer(_)) {
            let span = base.span.to(token.span);
            self.complain(span, "floating-point numbers are not supported");
            return base.kind;
        }
        match self.text_of(token).parse() {
            Ok(part) => ExprKind::Part(Box::new(base), part),
            Err(_) => {
                self.complain(token.span, "expected the number of a tuple's part");
                base.kind
            }
        }
    }

    fn index(&mut self, base: Expr) -> ExprKind {
        let open = self.bump().span;
        let height = self.height;
        let index = self.expr();
        self.height = self.height.max(height);
        self.close("]", open, "index");
        ExprKind::Index(Box::new(base), Box::new(index))
    }

    fn primary(&mut self) -> Expr {
        self.height = 1;
        let start = self.token.span.start;
        let kind = match self.token.kind {
            TokenKind::Ident => self.word_expr(),
            TokenKind::Integer => self.integer(),
            TokenKind::Str => ExprKind::Str(self.string()),
            TokenKind::Variable => ExprKind::Var(self.take_text()),
            TokenKind::Map => self.map(),
            TokenKind::Positional => self.positional(),
            TokenKind::PositionalCount => self.constant(ExprKind::PositionalCount),
            TokenKind::Sign("(") => return self.parentheses(),
            TokenKind::Sign("{") => ExprKind::Block(Box::new(self.value_block())),
            _ => self.no_expr(),
        };
        Expr { kind, span: self.from(start) }
    }

    fn no_expr(&mut self) -> ExprKind {
        let text = self.text_of(self.token);
        if text.starts_with('\'') {
            let hint = "strings are written with double quotes; there are no character constants";
            let span = self.token.span;
            self.report(Diagnostic::error(span, "syntax: expected expression, found `'`").hint(hint));
        } else {
            self.missing("expected expression".into());
        }
        ExprKind::Error
    }

    fn constant(&mut self, kind: ExprKind) -> ExprKind {
        self.bump();
        kind
    }

    fn take_text(&mut self) -> String {
        let token = self.bump();
        self.text_of(token).to_owned()
    }

    fn integer(&mut self) -> ExprKind {
        let token = self.bump();
        let value = literal::integer(self.text_of(token)).unwrap_or_else(|words| {
            self.complain(token.span, words);
            0
        });
        ExprKind::Integer(value)
    }

    /// Takes a string and resolves its escapes.
    pub(super) fn string(&mut self) -> Vec<u8> {
        let token = self.bump();
        let (bytes, errors) = literal::unescape(self.text_of(token), token.span.start);
        for (span, words) in errors {
            self.complain(span, words);
        }
        // What follows an open string was meant to be in it.
        self.lost |= !self.text_of(token).ends_with('"') || token.span.end - token.span.start < 2;
        bytes
    }

    fn positional(&mut self) -> ExprKind {
        let token = self.bump();
        let text = self.text_of(token);
        match text.trim_start_matches('$').parse() {
            Ok(number) if number >= 1 => ExprKind::Positional(number),
            _ => {
                self.complain(token.span, format!("param {text} is out of integer range [1, {}]", u32::MAX));
                ExprKind::Error
            }
        }
    }

    /// `map = "@" name? ("[" expr ("," expr)* "]")?`
    fn map(&mut self) -> ExprKind {
        let name = self.take_text();
        let open = self.token.span;
        if !self.eat("[") {
            return ExprKind::Map { name, keys: Vec::new() };
        }
        let keys = self.list("]", Self::expr);
        if keys.is_empty() && !self.lost {
            self.complain(open.to(self.token.span), "expected a key between the brackets");
        }
        self.close("]", open, "key");
        ExprKind::Map { name, keys }
    }

    /// Items with commas between them, and perhaps one at the end, up to `close`.
    fn list<T>(&mut self, close: &str, item: impl Fn(&mut Self) -> T) -> Vec<T> {
        let (mut items, mut height) = (Vec::new(), 1);
        while !self.at(close) && !self.lost && !self.at_end() {
            items.push(item(self));
            height = height.max(self.height);
            if !self.eat(",") {
                break;
            }
        }
        self.height = height;
        self.grow(0);
        items
    }

    /// What begins with a word.
    fn word_expr(&mut self) -> ExprKind {
        let token = self.token;
        match self.text_of(token) {
            "true" => self.constant(ExprKind::Bool(true)),
            "false" => self.constant(ExprKind::Bool(false)),
            "if" => ExprKind::If(Box::new(self.if_expr())),
            "comptime" => self.comptime(),
            "sizeof" => self.sizeof(),
            "offsetof" => self.offsetof(),
            word if KEYWORDS.contains(&word) => self.keyword(word),
            word => {
                self.bump();
                if !self.at("(") {
                    return ExprKind::Ident(word.to_owned());
                }
                let open = self.bump().span;
                let args = self.list(")", Self::argument);
                self.close(")", open, "call");
                ExprKind::Call { name: Name::new(word.to_owned(), token.span), args }
            }
        }
    }

    fn keyword(&mut self, word: &str) -> ExprKind {
        let span = self.token.span;
        self.report(Diagnostic::error(
            span,
            format!("syntax: expected expression, found the keyword `{word}`"),
        ));
        ExprKind::Error
    }

    fn comptime(&mut self) -> ExprKind {
        self.bump();
        let inner = self.nested(|parser| Some(parser.unary()));
        self.grow(0);
        inner.map_or(ExprKind::Error, |inner| ExprKind::Comptime(Box::new(inner)))
    }

    fn sizeof(&mut self) -> ExprKind {
        self.bump();
        let open = self.token.span;
        self.expect("(");
        let of = self.type_or_expr();
        self.close(")", open, "list");
        self.grow(0);
        ExprKind::Sizeof(Box::new(of))
    }

    /// `offsetof = "offsetof" "(" (type | expr) "," name ("." name)* ")"`
    fn offsetof(&mut self) -> ExprKind {
        self.bump();
        let open = self.token.span;
        self.expect("(");
        let of: TypeOrExpr = self.type_or_expr();
        self.expect(",");
        let mut path = Vec::new();
        while let Some(name) = self.name("field name") {
            path.push(name);
            if !self.eat(".") {
                break;
            }
        }
        self.close(")", open, "list");
        self.grow(0);
        ExprKind::Offsetof(Box::new(of), path)
    }

    /// `parentheses = "(" type ")" unary | "(" expr ")" | "(" exprs ")" | "(" name "=" expr … ")"`
    fn parentheses(&mut self) -> Expr {
        let start = self.token.span.start;
        if self.at_cast() {
            return self.nested(|parser| Some(parser.cast(start))).unwrap_or_else(|| self.error_at(start));
        }
        let open = self.bump().span;
        let record = self.token.kind == TokenKind::Ident && self.second().kind == TokenKind::Sign("=");
        let kind = if record { self.record() } else { self.tuple() };
        self.close(")", open, "parenthesis");
        match kind {
            Inside::Grouped(expr) => expr,
            Inside::Parts(kind) => Expr { kind, span: self.from(start) },
        }
    }

    fn error_at(&self, start: u32) -> Expr {
        Expr { kind: ExprKind::Error, span: self.from(start) }
    }

    /// Whether a type stands between these parentheses, and an operand behind them.
    fn at_cast(&self) -> bool {
        let mut ahead = self.ahead();
        let first = ahead.next();
        if first.kind == TokenKind::Ident && self.text_of(first) == "typeof" {
            return true;
        }
        let Some(shape) = self.type_shape(first, ahead) else { return false };
        if shape.next.kind != TokenKind::Sign(")") {
            return false;
        }
        let operand = matches!(
            shape.after.kind,
            TokenKind::Integer
                | TokenKind::Str
                | TokenKind::Variable
                | TokenKind::Map
                | TokenKind::Positional
                | TokenKind::PositionalCount
                | TokenKind::Sign("(")
        ) || (shape.after.kind == TokenKind::Ident && !shape.after.first);
        let prefix = matches!(
            shape.after.kind,
            TokenKind::Sign("-" | "+" | "!" | "~" | "*" | "&" | "{" | "++" | "--")
        );
        operand && !is_builtin_value(self.text_of(first)) || shape.certain && (prefix || operand)
    }

    fn cast(&mut self, start: u32) -> Expr {
        let open = self.bump().span;
        let ty = self.type_name();
        self.close(")", open, "cast");
        let operand = self.unary();
        self.grow(0);
        Expr { kind: ExprKind::Cast(Box::new(ty), Box::new(operand)), span: self.from(start) }
    }

    fn record(&mut self) -> Inside {
        let parts = self.list(")", Self::record_part);
        let parts: Vec<(Name, Expr)> = parts.into_iter().flatten().collect();
        for (index, (name, _)) in parts.iter().enumerate().take(MAX_PARTS) {
            if parts[..index].iter().any(|(other, _)| other.node == name.node) {
                self.complain(name.span, format!("this record has two parts of the name `{}`", name.node));
            }
        }
        Inside::Parts(ExprKind::Record(parts))
    }

    fn record_part(&mut self) -> Option<(Name, Expr)> {
        let name = self.name("the name of a part")?;
        self.expect("=");
        Some((name, self.expr()))
    }

    fn tuple(&mut self) -> Inside {
        if self.at(")") {
            return Inside::Parts(ExprKind::Tuple(Vec::new()));
        }
        let first = self.expr();
        if !self.eat(",") {
            return Inside::Grouped(first);
        }
        let height = self.height;
        let mut parts = vec![first];
        parts.extend(self.list(")", Self::expr));
        self.grow(height);
        Inside::Parts(ExprKind::Tuple(parts))
    }
}

/// How many parts of a record are looked at for names that occur twice.
const MAX_PARTS: usize = 1000;

/// What parentheses hold.
enum Inside {
    /// One expression; the parentheses only group.
    Grouped(Expr),
    /// Parts of a tuple or record.
    Parts(ExprKind),
}

/// Words that cannot be names of values.
const KEYWORDS: [&str; 12] = [
    "else", "for", "while", "unroll", "return", "break", "continue", "let", "import", "struct", "union",
    "typeof",
];

/// Words that are surely values: `(pid) (1)` is a mistake, but not a cast.
pub(super) fn is_builtin_value(word: &str) -> bool {
    let argument =
        |word: &str| word.strip_prefix("arg").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    ["args", "ctx", "kstack", "nsecs", "pid", "tid", "ustack"].contains(&word) || argument(word)
}
