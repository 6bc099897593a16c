//! Loops of a body.
use super::body::{Body, Typed};
use super::convert::convert;
use super::vars::Shadow;
use crate::ast;
use crate::typed::{Expr, ExprKind, MapValue, Stmt, StmtKind, Type};
use osmia_base::{Diagnostic, Span};
use std::collections::BTreeMap;

/// Turns that all unrolled loops of a script may have; the kernel takes a million instructions.
const MAX_TURNS: u64 = 20_000;

/// A loop around a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopKind {
    For,
    While,
    Unroll,
}

impl Body<'_, '_> {
    pub(super) fn inner_loop(&mut self, kind: LoopKind, block: &ast::Block) -> Vec<Stmt> {
        self.loops.push(kind);
        let out = self.turns(block.span, |body| body.stmts(block));
        self.loops.pop();
        out
    }

    /// Whether a loop that takes more turns than one is around what is read.
    pub(super) fn in_loop(&self) -> bool {
        self.loops.iter().any(|kind| *kind != LoopKind::Unroll)
    }

    pub(super) fn unroll(&mut self, count: &ast::Expr, body: &ast::Block, span: Span, out: &mut Vec<Stmt>) {
        let times = self.expr(count);
        let outer = self.copies;
        if let Some(Expr { kind: ExprKind::Number(times @ 1..=100), .. }) = &times {
            self.copies *= *times as u64;
        }
        self.session.turns += self.copies;
        let body = self.inner_loop(LoopKind::Unroll, body);
        self.copies = outer;
        if self.session.turns > MAX_TURNS {
            if self.session.last_reading {
                self.error(
                    span,
                    format!("loops are unrolled into more than {MAX_TURNS} turns: use `while` or `for`"),
                );
            }
            return;
        }
        match times.map(|times| times.kind) {
            Some(ExprKind::Number(times @ 1..=100)) => {
                out.push(Stmt { kind: StmtKind::Unroll(times as u32, body), span });
            }
            Some(ExprKind::Number(times)) => {
                let bound =
                    if times > 100 { "unroll maximum value is 100" } else { "unroll minimum value is 1" };
                self.error(span, bound);
            }
            Some(_) => {
                let message = Diagnostic::error(span, "invalid unroll value")
                    .hint("the number of turns must be known when the script is compiled");
                self.report(message);
            }
            None => {}
        }
    }

    pub(super) fn for_each(
        &mut self,
        var: &ast::Name,
        over: &ast::Expr,
        body: &ast::Block,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let ast::ExprKind::Map { name, keys } = &over.kind else {
            self.error(
                over.span,
                "a for loop goes over a map or a range: `for ($kv : @map)`, `for ($i : 0..10)`",
            );
            return;
        };
        if !keys.is_empty() {
            self.error(over.span, format!("a for loop goes over a whole map: write `{name}` without a key"));
            return;
        }
        let map = self.maps().id(name, over.span);
        let known = self.session.maps.get(name).cloned();
        if matches!(known.as_ref().and_then(|known| known.key.clone()), Some(None)) {
            self.error(
                over.span,
                format!("{name} has no explicit keys (scalar map), and cannot be used for iteration"),
            );
        }
        if self.session.last_reading
            && !self.session.unread
            && known.as_ref().is_none_or(|known| known.value.is_none())
        {
            self.error(over.span, format!("Undefined map: {name}"));
        }
        self.is_shadowing(var, var.span, Shadow::Loop);
        let key = known.as_ref().and_then(|known| known.key.clone()).flatten().unwrap_or(Type::INT64);
        let value = match known.and_then(|known| known.value) {
            Some(MapValue::Plain(ty)) => ty,
            Some(MapValue::Aggregate(aggregation)) => match super::elements::number_type(&aggregation) {
                Some(ty) => ty,
                None => {
                    let what = super::maps::aggregation_name(&aggregation);
                    self.error(over.span, format!("Loop expression does not support type: {what}"));
                    Type::INT64
                }
            },
            None => Type::INT64,
        };
        self.scopes.push(BTreeMap::new());
        let id = self.fresh_var(&var.node, var.span, &Type::Tuple(vec![key, value]), Typed::Fixed);
        self.note_loop_var(id);
        self.note_elements(id, name);
        let body = self.inner_loop(LoopKind::For, body);
        self.scopes.pop();
        out.push(Stmt { kind: StmtKind::ForMap(id, map, body), span });
    }

    pub(super) fn for_range(
        &mut self,
        var: &ast::Name,
        (from, to): (&ast::Expr, &ast::Expr),
        body: &ast::Block,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let from = self.bound(from, "start");
        let to = self.bound(to, "end");
        self.is_shadowing(var, var.span, Shadow::Loop);
        let ty = match (&from, &to) {
            (Some(from), Some(to)) if self.size_of(&from.ty) != self.size_of(&to.ty) => {
                super::join::join(&from.ty, &to.ty).unwrap_or(Type::INT64)
            }
            (Some(from), _) => from.ty.clone(),
            _ => Type::INT64,
        };
        self.scopes.push(BTreeMap::new());
        let id = self.fresh_var(&var.node, var.span, &ty, Typed::Fixed);
        self.note_loop_var(id);
        let body = self.inner_loop(LoopKind::For, body);
        self.scopes.pop();
        if let (Some(from), Some(to)) = (from, to) {
            let [from, to] = [from, to].map(|bound| convert(bound, &Type::INT64));
            if let (Some(from), Some(to)) = (from, to) {
                out.push(Stmt { kind: StmtKind::ForRange(id, from, to, body), span });
            }
        }
    }

    /// An end of a range.
    pub(super) fn bound(&mut self, bound: &ast::Expr, which: &str) -> Option<Expr> {
        let value = self.expr(bound)?;
        match value.ty {
            Type::Int { .. } | Type::Enum { .. } => Some(value),
            Type::None if !self.session.last_reading => Some(super::expr::number(0, value.span)),
            _ => {
                self.error(value.span, format!("Loop range requires an integer for the {which} value"));
                None
            }
        }
    }
}
