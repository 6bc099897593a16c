//! Blocks and statements.
use super::doc::{Doc, Part};
use super::walk::Walk;
use crate::ast::{Block, Expr, ExprKind, If, Name, Stmt, StmtKind};

impl<'a> Walk<'a> {
    /// `{ … }`, each statement on its line. `has_value` where the last expression would be the block's value: there a `;`
    /// has a meaning even behind a `}`.
    pub(super) fn block(&mut self, block: &Block, has_value: bool) -> Doc<'a> {
        self.braces(|walk| {
            let mut doc = Doc::default();
            for (index, stmt) in block.stmts.iter().enumerate() {
                doc.append(walk.drop_semicolons());
                doc.append(walk.lead(doc.parts.is_empty()));
                let closed = is_closed(stmt);
                let last = has_value && index + 1 == block.stmts.len() && block.tail.is_none();
                doc.append(walk.stmt(stmt));
                if !closed || last && walk.at(";") {
                    doc.append(walk.semicolon());
                }
                doc.append(walk.drop_semicolons());
            }
            if let Some(tail) = &block.tail {
                doc.append(walk.drop_semicolons());
                doc.append(walk.lead(doc.parts.is_empty()));
                doc.append(walk.expr(tail));
            }
            doc
        })
    }

    fn stmt(&mut self, stmt: &Stmt) -> Doc<'a> {
        match &stmt.kind {
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Assign { target, value, .. } => {
                let target = self.expr(target).say(" ");
                target.then(self.take()).say(" ").then(self.expr(value))
            }
            StmtKind::Let { ty, value, .. } => {
                let mut doc = self.expect("let").say(" ").then(self.take());
                if let Some(ty) = ty {
                    doc = doc.say(" ").then(self.expect(":")).say(" ").then(self.type_name(ty));
                }
                if let Some(value) = value {
                    doc = doc.say(" ").then(self.expect("=")).say(" ").then(self.expr(value));
                }
                doc
            }
            StmtKind::If(inner) => self.if_stmt(inner, false),
            StmtKind::Unroll { count, body } => self.headed("unroll", count, body),
            StmtKind::While { condition, body } => self.headed("while", condition, body),
            StmtKind::ForEach { var, over, body } => self.for_loop(var, over, None, body),
            StmtKind::ForRange { var, from, to, body } => self.for_loop(var, from, Some(to), body),
            StmtKind::Break => self.expect("break"),
            StmtKind::Continue => self.expect("continue"),
            StmtKind::Return(None) => self.expect("return"),
            StmtKind::Return(Some(value)) => self.expect("return").say(" ").then(self.expr(value)),
            StmtKind::Discard(value) => {
                self.expect("_").say(" ").then(self.expect("=")).say(" ").then(self.expr(value))
            }
            StmtKind::Block(inner) => self.block(inner, false),
            StmtKind::Import(_) => self.import(),
            StmtKind::Comptime(inner) => self.expect("comptime").say(" ").then(self.stmt(inner)),
        }
    }

    fn headed(&mut self, word: &str, head: &Expr, body: &Block) -> Doc<'a> {
        self.expect(word).say(" ").then(self.expr(head)).say(" ").then(self.block(body, false))
    }

    fn for_loop(&mut self, _: &Name, from: &Expr, to: Option<&Expr>, body: &Block) -> Doc<'a> {
        let mut doc = self.expect("for").say(" ");
        let parenthesized = self.at("(");
        doc = doc.then(self.eat("(")).then(self.take()).say(" ").then(self.expect(":")).say(" ");
        doc.append(self.expr(from));
        if let Some(to) = to {
            doc = doc.then(self.expect("..")).then(self.expr(to));
        }
        if parenthesized {
            doc.append(self.expect(")"));
        }
        doc.say(" ").then(self.block(body, false))
    }

    /// `if`, its branches on lines of their own.
    fn if_stmt(&mut self, inner: &If, has_value: bool) -> Doc<'a> {
        let mut doc = self.expect("if").say(" ").then(self.expr(&inner.condition)).say(" ");
        doc.append(self.block(&inner.then, has_value));
        let Some(otherwise) = &inner.otherwise else { return doc };
        doc = doc.say(" ").then(self.expect("else")).say(" ");
        doc.then(match chained(otherwise).filter(|_| self.at("if")) {
            Some(inner) => self.if_stmt(inner, has_value),
            None => self.block(otherwise, has_value),
        })
    }

    /// An `if` that has a value: on one line if it is short.
    pub(super) fn if_expr(&mut self, inner: &If) -> Doc<'a> {
        let short = is_short(&inner.then)
            && inner
                .otherwise
                .as_ref()
                .is_none_or(|otherwise| is_short(otherwise) && chained(otherwise).is_none());
        if !short {
            return self.if_stmt(inner, true);
        }
        let mut doc = self.expect("if").say(" ").then(self.expr(&inner.condition)).say(" ");
        doc.append(self.short_block(&inner.then));
        if let Some(otherwise) = &inner.otherwise {
            doc = doc.say(" ").then(self.expect("else")).say(" ").then(self.short_block(otherwise));
        }
        doc.group()
    }

    /// A block that is a value: on one line if it is short.
    pub(super) fn block_expr(&mut self, block: &Block) -> Doc<'a> {
        if is_short(block) { self.short_block(block).group() } else { self.block(block, true) }
    }

    /// `{ value }`
    fn short_block(&mut self, block: &Block) -> Doc<'a> {
        let open = self.expect("{");
        let mut inner = Doc::default().with(Part::Line).then(self.drop_semicolons());
        if self.commented() {
            inner.append(self.lead(true));
        }
        if let Some(tail) = &block.tail {
            inner.append(self.expr(tail));
        }
        if self.commented() {
            inner.append(self.lead(false));
        }
        open.then(inner.nest(super::print::INDENT)).with(Part::Line).then(self.expect("}"))
    }
}

/// Whether there is nothing but a value.
fn is_short(block: &Block) -> bool {
    block.stmts.is_empty() && block.tail.is_some()
}

/// The `if` that an `else` consists of, if it may have been written as `else if`.
fn chained(otherwise: &Block) -> Option<&If> {
    match (otherwise.stmts.as_slice(), otherwise.tail.as_deref()) {
        ([], Some(Expr { kind: ExprKind::If(inner), .. }))
        | ([Stmt { kind: StmtKind::If(inner), .. }], None) => Some(inner),
        _ => None,
    }
}

/// Whether no `;` stands behind it: it ends with a block, or takes its own.
fn is_closed(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Comptime(inner) => is_closed(inner),
        StmtKind::If(_)
        | StmtKind::Unroll { .. }
        | StmtKind::While { .. }
        | StmtKind::ForEach { .. }
        | StmtKind::ForRange { .. }
        | StmtKind::Block(_)
        | StmtKind::Import(_) => true,
        _ => false,
    }
}
