//! Blocks and statements.
use super::Parser;
use super::declarations::Declared;
use super::expressions::error;
use super::recovery::Within;
use crate::ast::{Attribute, Block, Expr, Stmt, StmtKind, Unroll};
use crate::token::{Token, TokenKind};
use crate::{Name, word};
use osmia_base::{Diagnostic, Spanned};

impl Parser<'_> {
    /// `block = "{" item* "}"`, in a scope of its own.
    pub(super) fn block(&mut self) -> Block {
        let start = self.pos;
        let open = self.token;
        if !self.expect("{") {
            return Block { stmts: Vec::new(), span: open.span };
        }
        let stmts = self.scoped(|parser| parser.block_items(open));
        self.close("}", open, "block", Within::Block);
        Block { stmts, span: self.from(start) }
    }

    fn block_items(&mut self, open: Token) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        while !self.at("}") && !self.at_end() && self.token.kind != TokenKind::Kernel {
            let before = self.pos;
            let stmt = self.beside(|parser| parser.block_item(open));
            stmts.extend(stmt);
            if self.lost {
                self.recover();
            }
            if self.lost {
                break;
            }
            if self.pos == before {
                self.bump();
            }
        }
        stmts
    }

    /// `item = label | declaration | statement`. A label stands by itself here, before an empty statement, so that many of them
    /// in a row are not many levels of the tree.
    fn block_item(&mut self, open: Token) -> Option<Stmt> {
        let start = self.pos;
        if let Some(label) = self.label() {
            self.attributes();
            let empty = Stmt { kind: StmtKind::Empty, span: self.from(start) };
            return Some(Stmt { kind: label.before(empty), span: self.from(start) });
        }
        if self.eat_word(word::LABEL) {
            self.local_labels();
            return None;
        }
        if self.at_static_assert() {
            let kind = StmtKind::Assert(self.static_assert());
            return Some(Stmt { kind, span: self.from(start) });
        }
        let attributes = self.attributes();
        if self.at_declaration() && !self.lost {
            return self.nested(|parser| parser.local_declaration(open, attributes)).flatten();
        }
        if !attributes.is_empty() && self.eat(";") {
            // `__attribute__((fallthrough));` says something to warnings only.
            return None;
        }
        Some(self.statement())
    }

    /// `"__label__" name ("," name)* ";"`: where labels are known says nothing here.
    fn local_labels(&mut self) {
        self.name("the name of a label");
        while !self.lost && self.eat(",") {
            self.name("the name of a label");
        }
        self.expect(";");
    }

    /// Whether a declaration begins here.
    fn at_declaration(&mut self) -> bool {
        let mut at = 0;
        while self.peek(at).is_word(word::EXTENSION) {
            at += 1;
        }
        self.starts_type(self.peek(at)) || self.starts_unknown_type()
    }

    fn local_declaration(&mut self, open: Token, attributes: Vec<Attribute>) -> Option<Stmt> {
        let start = self.pos;
        match self.declaration(attributes) {
            Declared::Declaration(declaration) => {
                Some(Stmt { kind: StmtKind::Declaration(declaration), span: self.from(start) })
            }
            Declared::Function(function) => {
                let place = function.declarator.name.map_or(function.span, |name| name.span);
                let diagnostic = Diagnostic::error(place, "a function cannot stand inside of another one")
                    .label(open.span, "this block is still open: is its `}` missing?");
                self.remark(diagnostic);
                self.unclosed = Some(open.span);
                None
            }
        }
    }

    /// `statement = label statement | attribute* …`
    pub(super) fn statement(&mut self) -> Stmt {
        let start = self.pos;
        let kind = self.nested(Self::statement_kind).unwrap_or(StmtKind::Empty);
        Stmt { kind, span: self.from(start) }
    }

    fn statement_kind(&mut self) -> StmtKind {
        if let Some(label) = self.label() {
            return label.before(self.statement());
        }
        let unroll = self.take_unroll();
        self.attributes();
        if self.at_declaration() {
            return self.stray_declaration();
        }
        if self.token.kind != TokenKind::Word {
            return self.plain_statement();
        }
        match self.token.text {
            word::IF => self.if_statement(),
            word::WHILE => self.while_loop(unroll),
            word::DO => self.do_loop(unroll),
            word::FOR => self.for_loop(unroll),
            word::SWITCH => self.switch(),
            word::GOTO => self.goto(),
            word::BREAK => self.simple(StmtKind::Break),
            word::CONTINUE => self.simple(StmtKind::Continue),
            word::RETURN => self.return_statement(),
            word::ASM | word::ASM_ | word::ASM__ => self.asm(),
            word::ELSE => self.stray_else(),
            _ => self.plain_statement(),
        }
    }

    /// `";" | block | expression ";"`
    fn plain_statement(&mut self) -> StmtKind {
        if self.at("{") {
            return StmtKind::Block(self.block());
        }
        if self.eat(";") {
            return StmtKind::Empty;
        }
        let expr = self.expression();
        self.expect(";");
        StmtKind::Expr(expr)
    }

    fn simple(&mut self, kind: StmtKind) -> StmtKind {
        self.bump();
        self.expect(";");
        kind
    }

    fn stray_else(&mut self) -> StmtKind {
        let span = self.bump().span;
        let hint = "between `if (…)` and `else` stands one statement: put several into `{ }`";
        self.remark(Diagnostic::error(span, "this `else` belongs to no `if`").hint(hint));
        self.statement().kind
    }

    fn stray_declaration(&mut self) -> StmtKind {
        let span = self.token.span;
        let hint = "put it and what uses it into `{ }`";
        self.remark(Diagnostic::error(span, "expected a statement, found a declaration").hint(hint));
        self.scoped(|parser| match parser.declaration(Vec::new()) {
            Declared::Declaration(declaration) => StmtKind::Declaration(declaration),
            Declared::Function(_) => StmtKind::Empty,
        })
    }

    /// `label = name ":" | "case" first ("..." last)? ":" | "default" ":"`
    fn label(&mut self) -> Option<Label> {
        if self.at_name() && self.second().is(":") {
            let name = self.bump();
            self.bump();
            return Some(Label::Name(Spanned::new(name.text, name.span)));
        }
        let label = if self.eat_word(word::DEFAULT) {
            Label::Default
        } else if self.eat_word(word::CASE) {
            let first = self.conditional();
            let last = self.eat("...").then(|| self.beside(Self::conditional));
            Label::Case(first, last)
        } else {
            return None;
        };
        if !self.lost && !self.eat(":") {
            self.missing("`:`");
        }
        Some(label)
    }

    /// `"(" expression ")"`
    fn condition(&mut self, what: &str) -> Expr {
        let span = self.token.span;
        self.parenthesized(what, Self::expression).unwrap_or(error(span))
    }

    /// A statement inside of another, one step beside what was read of it.
    fn inner(&mut self) -> Box<Stmt> {
        if self.lost {
            return Box::new(Stmt { kind: StmtKind::Empty, span: self.token.span });
        }
        Box::new(self.beside(Self::statement))
    }

    /// `"if" condition statement ("else" statement)?`
    fn if_statement(&mut self) -> StmtKind {
        self.bump();
        let condition = self.condition("condition");
        let then = self.inner();
        let otherwise = (!self.lost && self.eat_word(word::ELSE)).then(|| self.inner());
        StmtKind::If(condition, then, otherwise)
    }

    fn while_loop(&mut self, unroll: Unroll) -> StmtKind {
        self.bump();
        let condition = self.condition("condition");
        StmtKind::While(condition, self.inner(), unroll)
    }

    /// `"do" statement "while" condition ";"`
    fn do_loop(&mut self, unroll: Unroll) -> StmtKind {
        self.bump();
        let body = self.inner();
        if !self.lost && !self.eat_word(word::WHILE) {
            self.missing("`while` behind the body of `do`");
        }
        let condition = match self.lost {
            true => error(self.token.span),
            false => self.beside(|parser| parser.condition("condition")),
        };
        self.expect(";");
        StmtKind::Do(body, condition, unroll)
    }

    /// `"for" "(" (declaration | expression? ";") expression? ";" expression? ")" statement`
    fn for_loop(&mut self, unroll: Unroll) -> StmtKind {
        self.bump();
        self.scoped(|parser| {
            let open = parser.token;
            parser.expect("(");
            let first = Box::new(parser.for_first());
            let condition = parser.optional(";");
            parser.expect(";");
            let step = parser.optional(")");
            parser.close(")", open, "loop's head", Within::Block);
            StmtKind::For(first, condition, step, parser.inner(), unroll)
        })
    }

    fn for_first(&mut self) -> Stmt {
        let start = self.pos;
        let attributes = self.attributes();
        let kind = if self.lost {
            StmtKind::Empty
        } else if self.at_declaration() {
            match self.declaration(attributes) {
                Declared::Declaration(declaration) => StmtKind::Declaration(declaration),
                Declared::Function(_) => StmtKind::Empty,
            }
        } else {
            let expr = self.optional(";");
            self.expect(";");
            expr.map_or(StmtKind::Empty, StmtKind::Expr)
        };
        Stmt { kind, span: self.from(start) }
    }

    /// An expression, unless this sign stands here.
    fn optional(&mut self, end: &str) -> Option<Expr> {
        (!self.lost && !self.at(end)).then(|| self.beside(Self::expression))
    }

    fn switch(&mut self) -> StmtKind {
        self.bump();
        let value = self.condition("value");
        StmtKind::Switch(value, self.inner())
    }

    fn goto(&mut self) -> StmtKind {
        let start = self.pos;
        self.bump();
        if self.at("*") {
            self.bump();
            self.expression();
            let span = self.from(start);
            self.complain(span, "`goto` needs a label: programs for BPF only jump to places that are known");
            self.expect(";");
            return StmtKind::Empty;
        }
        let name = self.name("the name of a label");
        self.expect(";");
        name.map_or(StmtKind::Empty, StmtKind::Goto)
    }

    fn return_statement(&mut self) -> StmtKind {
        self.bump();
        let value = self.optional(";");
        self.expect(";");
        StmtKind::Return(value)
    }
}

/// What stands before a statement.
enum Label {
    Name(Spanned<Name>),
    Case(Expr, Option<Expr>),
    Default,
}

impl Label {
    /// The statement with it.
    fn before(self, stmt: Stmt) -> StmtKind {
        let stmt = Box::new(stmt);
        match self {
            Self::Name(name) => StmtKind::Label(name, stmt),
            Self::Case(first, last) => StmtKind::Case(first, last, stmt),
            Self::Default => StmtKind::Default(stmt),
        }
    }
}
