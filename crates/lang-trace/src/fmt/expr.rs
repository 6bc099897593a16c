//! Expressions and types.
use super::doc::{Doc, Part};
use super::walk::Walk;
use crate::ast::{Expr, ExprKind, Position, TypeName, TypeNameKind, TypeOrExpr};
use crate::parse::precedence;
use osmia_base::Span;

impl<'a> Walk<'a> {
    /// An expression with the parentheses around it.
    pub(super) fn expr(&mut self, expr: &Expr) -> Doc<'a> {
        if self.wraps(expr.span) {
            let open = self.expect("(");
            return open.then(self.expr(expr)).then(self.expect(")"));
        }
        self.inner(expr)
    }

    /// Whether the next token opens parentheses around all of `span`, and not around its beginning only.
    fn wraps(&self, span: Span) -> bool {
        self.at("(")
            && self.token().is_some_and(|open| open.span.start < span.start && open.partner >= span.end)
    }

    fn inner(&mut self, expr: &Expr) -> Doc<'a> {
        match &expr.kind {
            ExprKind::Integer(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Positional(_)
            | ExprKind::PositionalCount
            | ExprKind::Ident(_)
            | ExprKind::Var(_) => self.take(),
            ExprKind::Error => {
                self.lost = true;
                Doc::default()
            }
            ExprKind::Map { keys, .. } if keys.is_empty() => self.take(),
            ExprKind::Map { keys, .. } => self.take().then(self.list("[", "]", keys)),
            ExprKind::Call { args, .. } => self.take().then(self.list("(", ")", args)),
            ExprKind::Type(ty) => self.type_name(ty),
            ExprKind::Sizeof(of) => {
                self.expect("sizeof").then(self.items("(", ")", |walk| walk.type_or_expr(of)))
            }
            ExprKind::Offsetof(of, path) => self.offsetof(of, path.len()),
            ExprKind::Unary(_, operand) => self.prefixed(operand),
            ExprKind::Step { target, position: Position::Prefix, .. } => self.prefixed(target),
            ExprKind::Step { target, position: Position::Postfix, .. } => self.expr(target).then(self.take()),
            ExprKind::Binary(op, ..) => self.chain(expr, precedence(*op)),
            ExprKind::Ternary(condition, then, otherwise) => {
                let condition = self.expr(condition).with(Part::Line);
                let then = self.expect("?").say(" ").then(self.expr(then)).with(Part::Line);
                let otherwise = self.expect(":").say(" ").then(self.expr(otherwise));
                condition.then(then).then(otherwise).align().group()
            }
            ExprKind::Elvis(value, otherwise) => {
                let value = self.expr(value).say(" ");
                value.then(self.expect("?")).then(self.expect(":")).say(" ").then(self.expr(otherwise))
            }
            ExprKind::Cast(ty, operand) => {
                let ty = self.expect("(").then(self.type_name(ty)).then(self.expect(")"));
                ty.then(self.expr(operand))
            }
            ExprKind::Field(base, _) | ExprKind::Part(base, _) => {
                self.expr(base).then(self.take()).then(self.take())
            }
            ExprKind::Index(base, index) => {
                self.expr(base).then(self.expect("[")).then(self.expr(index)).then(self.expect("]"))
            }
            ExprKind::Tuple(parts) => self.list("(", ")", parts),
            ExprKind::Record(parts) => {
                let mut parts = parts.iter();
                self.items("(", ")", |walk| {
                    let name = walk.take().then(walk.expect("="));
                    name.then(parts.next().map(|(_, value)| walk.expr(value)).unwrap_or_default())
                })
            }
            ExprKind::Block(block) => self.block_expr(block),
            ExprKind::If(inner) => self.if_expr(inner),
            ExprKind::Comptime(inner) => self.expect("comptime").say(" ").then(self.expr(inner)),
        }
    }

    fn list(&mut self, open: &'static str, close: &'static str, exprs: &[Expr]) -> Doc<'a> {
        let mut exprs = exprs.iter();
        self.items(open, close, |walk| exprs.next().map(|expr| walk.expr(expr)).unwrap_or_default())
    }

    /// An operator and what it stands in front of: `- -1` is not `--1`.
    fn prefixed(&mut self, operand: &Expr) -> Doc<'a> {
        let sign = self.text();
        let doc = self.take();
        let space = if self.text().starts_with(sign.get(..1).unwrap_or("")) && "+-&".contains(sign) {
            " "
        } else {
            ""
        };
        doc.say(space).then(self.expr(operand))
    }

    /// Operands of operators that bind alike, as many on a line as fit.
    fn chain(&mut self, expr: &Expr, binds: u8) -> Doc<'a> {
        let mut operands = Vec::new();
        self.operands(expr, binds, &mut operands);
        let mut doc = Doc::default();
        for operand in operands {
            doc.append(if doc.parts.is_empty() {
                operand
            } else {
                Doc::default().with(Part::Line).then(operand).group()
            });
        }
        doc.align()
    }

    /// The operands below `expr`, each with the operator behind it; they stand to the left of each other in the tree.
    fn operands(&mut self, expr: &Expr, binds: u8, found: &mut Vec<Doc<'a>>) {
        match &expr.kind {
            ExprKind::Binary(op, left, right) if precedence(*op) == binds && !self.wraps(expr.span) => {
                self.operands(left, binds, found);
                let operator = Doc::text(" ").then(self.take());
                if let Some(last) = found.last_mut() {
                    last.append(operator);
                }
                found.push(self.expr(right));
            }
            _ => found.push(self.expr(expr)),
        }
    }

    fn offsetof(&mut self, of: &TypeOrExpr, names: usize) -> Doc<'a> {
        let mut first = true;
        self.expect("offsetof").then(self.items("(", ")", |walk| {
            if std::mem::take(&mut first) {
                return walk.type_or_expr(of);
            }
            (1..names).fold(walk.take(), |path, _| path.then(walk.expect(".")).then(walk.take()))
        }))
    }

    fn type_or_expr(&mut self, of: &TypeOrExpr) -> Doc<'a> {
        match of {
            TypeOrExpr::Type(ty) => self.type_name(ty),
            TypeOrExpr::Expr(expr) => self.expr(expr),
        }
    }

    /// A type with the words around it that say nothing about its form.
    pub(super) fn type_name(&mut self, ty: &TypeName) -> Doc<'a> {
        let mut doc = self.words_until(ty.span.start);
        if !doc.parts.is_empty() {
            doc.push(Part::Text(" "));
        }
        doc.then(match &ty.kind {
            TypeNameKind::Pointer(to) => {
                let to = self.type_name(to).then(self.qualifiers());
                to.then(self.expect("*")).then(self.qualifiers())
            }
            TypeNameKind::Array(element, length) => {
                let element = self.type_name(element).then(self.qualifiers()).then(self.expect("["));
                let length = length.as_ref().map(|length| self.expr(length)).unwrap_or_default();
                element.then(length).then(self.expect("]"))
            }
            TypeNameKind::Tuple(types) => {
                let mut types = types.iter();
                self.items("(", ")", |walk| types.next().map(|ty| walk.type_name(ty)).unwrap_or_default())
            }
            TypeNameKind::Record(parts) => {
                let mut parts = parts.iter();
                self.items("(", ")", |walk| {
                    let name = walk.take().then(walk.expect("="));
                    name.then(parts.next().map(|(_, ty)| walk.type_name(ty)).unwrap_or_default())
                })
            }
            TypeNameKind::Typeof(of) => {
                self.expect("typeof").then(self.items("(", ")", |walk| walk.type_or_expr(of)))
            }
            TypeNameKind::Named(_)
            | TypeNameKind::Tagged(..)
            | TypeNameKind::Defined(_)
            | TypeNameKind::Function => self.words_until(ty.span.end),
        })
        .then(self.qualifiers())
    }

    /// Words behind a type, such as `const`.
    fn qualifiers(&mut self) -> Doc<'a> {
        let mut doc = Doc::default();
        while self.token().is_some_and(|token| token.kind == crate::lex::TokenKind::Ident) && !self.lost {
            doc = doc.say(" ").then(self.take());
        }
        doc
    }
}
