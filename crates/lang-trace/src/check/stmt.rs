//! Statements of a body.
use super::body::Body;
use super::calls::Made;
use super::comptime::Branch;
use super::convert::cast;
use super::elements::Assignment;
use super::loops::LoopKind;
use crate::ast;
use crate::probes::Provider;
use crate::typed::{Expr, ExprKind, Stmt, StmtKind, Type, Unstable};
use osmia_base::{Diagnostic, Span};
use std::collections::BTreeMap;

impl Body<'_, '_> {
    /// The body of a probe: the predicate as a test in front.
    pub(super) fn probe(&mut self, predicate: Option<&ast::Expr>, block: &ast::Block) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        if let Some(predicate) = predicate
            && let Some(condition) = self.condition(predicate)
        {
            let span = predicate.span;
            let leave = Stmt { kind: StmtKind::Return(None), span };
            let wrong = Expr { kind: ExprKind::Not(Box::new(condition)), ty: Type::Bool, span };
            stmts.push(Stmt { kind: StmtKind::If(wrong, vec![leave], Vec::new()), span });
        }
        stmts.extend(self.stmts(block));
        self.warn_unassigned();
        stmts
    }

    /// A block in a scope of its own; its value, if it has one, is thrown away.
    pub(super) fn stmts(&mut self, block: &ast::Block) -> Vec<Stmt> {
        self.scopes.push(BTreeMap::new());
        let mut out = Vec::new();
        let mut ended = false;
        for stmt in &block.stmts {
            if std::mem::take(&mut ended) {
                self.warn(stmt.span, "Unreachable statement.");
            }
            self.stmt(stmt, &mut out);
            ended = leaves(stmt);
        }
        if let Some(tail) = &block.tail {
            self.effect(tail, &mut out);
        }
        self.scopes.pop();
        out
    }

    pub(super) fn stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        let before = (out.len(), self.session.diagnostics.list.len());
        self.read_stmt(stmt, out);
        let acts = matches!(&stmt.kind, ast::StmtKind::Assign { .. })
            || matches!(&stmt.kind, ast::StmtKind::Expr(expr) if matches!(expr.kind, ast::ExprKind::Call { .. }));
        if acts
            && self.session.last_reading
            && before == (out.len(), self.session.diagnostics.list.len())
            && self.broken.is_empty()
        {
            self.error(stmt.span, "this cannot be done with values of these types");
        }
    }

    pub(super) fn read_stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        let span = stmt.span;
        match &stmt.kind {
            ast::StmtKind::Expr(expr) => self.effect_at(expr, span, out),
            ast::StmtKind::Assign { target, op, value } => self.assign(target, *op, value, span, out),
            ast::StmtKind::Let { name, ty, value } => {
                self.declare(name, ty.as_ref(), value.as_ref(), span, out)
            }
            ast::StmtKind::If(branch) => self.branch(branch, span, out),
            ast::StmtKind::Unroll { count, body } => self.unroll(count, body, span, out),
            ast::StmtKind::While { condition, body } => {
                let message =
                    Diagnostic::warning(span, "While loops are deprecated and may be removed in the future.");
                self.report(
                    message.hint("For loops support ranges (e.g. `for ($x : $start..$end) { ... }`)"),
                );
                let condition = self.condition(condition);
                let body = self.inner_loop(LoopKind::While, body);
                out.extend(condition.map(|condition| Stmt { kind: StmtKind::While(condition, body), span }));
            }
            ast::StmtKind::ForEach { var, over, body } => self.for_each(var, over, body, span, out),
            ast::StmtKind::ForRange { var, from, to, body } => {
                self.for_range(var, (from, to), body, span, out)
            }
            ast::StmtKind::Break | ast::StmtKind::Continue if self.loops.is_empty() => {
                let word = if stmt.kind == ast::StmtKind::Break { "break" } else { "continue" };
                self.error(span, format!("'{word}' statement is not allowed in a probe"));
            }
            ast::StmtKind::Break | ast::StmtKind::Continue => {
                self.leave_turn();
                let stops = stmt.kind == ast::StmtKind::Break;
                let kind = if stops { StmtKind::Break } else { StmtKind::Continue };
                out.push(Stmt { kind, span });
            }
            ast::StmtKind::Return(value) => {
                let value = value.as_ref().and_then(|value| self.returned(value, span, out));
                // Nothing comes after it.
                self.times.clear();
                out.push(Stmt { kind: StmtKind::Return(value), span });
            }
            ast::StmtKind::Discard(expr) => {
                let expr = self.expr(expr).map(|value| match value.kind {
                    // The answer is asked for: what it says is not told besides.
                    ExprKind::Delete(..) => cast(value, Type::Bool),
                    _ => value,
                });
                out.extend(expr.map(|expr| Stmt { kind: StmtKind::Expr(expr), span }));
            }
            ast::StmtKind::Block(block) => out.extend(self.stmts(block)),
            ast::StmtKind::Comptime(inner) => self.comptime_stmt(inner, out),
            ast::StmtKind::Import(_) => self.inner_import(span),
        }
    }

    /// An expression for what it does: calls that are statements, `c ? f() : g()`, `++`.
    pub(super) fn effect(&mut self, expr: &ast::Expr, out: &mut Vec<Stmt>) {
        self.effect_at(expr, expr.span, out);
    }

    /// The same of a statement, `whole` with its `;`.
    fn effect_at(&mut self, expr: &ast::Expr, whole: Span, out: &mut Vec<Stmt>) {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Call { name, args } => match self.call(name, args, span) {
                Some(Made::Value(value)) if matches!(value.kind, ExprKind::Delete(..)) => {
                    out.push(Stmt { kind: StmtKind::Expr(value), span });
                }
                Some(Made::Value(value)) => self.discard(value, whole, out),
                Some(Made::Stmts(kinds)) => out.extend(kinds.into_iter().map(|kind| Stmt { kind, span })),
                Some(Made::Aggregation(..)) => {
                    self.error(span, format!("{}() must be assigned directly to a map", name.node));
                }
                None => {}
            },
            ast::ExprKind::Ident(name) if super::calls::is_statement(name) => {
                let name = ast::Name { node: name.clone(), span };
                let call = ast::Expr { kind: ast::ExprKind::Call { name, args: Vec::new() }, span };
                self.effect_at(&call, whole, out);
            }
            ast::ExprKind::Ternary(condition, then, other) => {
                let condition = self.condition(condition);
                let (mut yes, mut no) = (Vec::new(), Vec::new());
                self.either_way(|body| body.effect(then, &mut yes), |body| body.effect(other, &mut no));
                out.extend(condition.map(|condition| Stmt { kind: StmtKind::If(condition, yes, no), span }));
            }
            ast::ExprKind::Block(block) => out.extend(self.stmts(block)),
            ast::ExprKind::If(branch) => self.branch(branch, span, out),
            ast::ExprKind::Step { .. } => {
                let value = self.expr(expr);
                out.extend(value.map(|value| Stmt { kind: StmtKind::Expr(value), span }));
            }
            _ => {
                if let Some(value) = self.expr(expr) {
                    self.discard(value, whole, out);
                }
            }
        }
    }

    /// What an import inside a macro names has been read already.
    pub(super) fn inner_import(&mut self, span: Span) {
        match self.config().unstable_import_statement {
            Unstable::Enable => {}
            Unstable::Warn => self.warn(
                span,
                "Script is using an unstable feature: import statements. To prevent this warning you must explicitly enable it in the config e.g. unstable_import_statement=enable",
            ),
            Unstable::Error => self.error(
                span,
                "import statements feature is not enabled by default. To enable this unstable feature, set the config flag to enable. unstable_import_statement=enable",
            ),
        }
    }

    /// `comptime if`: the compiler decides.
    pub(super) fn comptime_stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        match &stmt.kind {
            ast::StmtKind::If(branch) => {
                let chosen = self.decided(&branch.condition);
                self.one_branch(branch, chosen, out);
            }
            _ => self.stmt(stmt, out),
        }
    }

    /// What a decision leaves of an `if`.
    pub(super) fn one_branch(&mut self, branch: &ast::If, chosen: Branch, out: &mut Vec<Stmt>) {
        match (chosen, &branch.otherwise) {
            (Branch::Then, _) => out.extend(self.stmts(&branch.then)),
            (Branch::Otherwise, Some(otherwise)) => out.extend(self.stmts(otherwise)),
            _ => {}
        }
    }

    /// A value that nobody wants: says so, and evaluates it for what it does.
    pub(super) fn discard(&mut self, value: Expr, span: Span, out: &mut Vec<Stmt>) {
        if value.ty != Type::None {
            self.warn(span, "Return value discarded.");
        }
        out.push(Stmt { kind: StmtKind::Expr(value), span });
    }

    pub(super) fn branch(&mut self, branch: &ast::If, span: Span, out: &mut Vec<Stmt>) {
        let chosen = self.chosen(&branch.condition);
        if chosen != Branch::Both {
            return self.one_branch(branch, chosen, out);
        }
        let condition = self.condition(&branch.condition);
        let (then, other) = self.either_way(
            |body| body.stmts(&branch.then),
            |body| branch.otherwise.as_ref().map_or_else(Vec::new, |block| body.stmts(block)),
        );
        out.extend(condition.map(|condition| Stmt { kind: StmtKind::If(condition, then, other), span }));
    }

    pub(super) fn assign(
        &mut self,
        target: &ast::Expr,
        op: Option<ast::BinaryOp>,
        value: &ast::Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        match &target.kind {
            ast::ExprKind::Var(name) => self.assign_var(name, target, op, value, span, out),
            ast::ExprKind::Map { name, keys } => {
                self.assign_map(Assignment { name, keys, target, op, value, span }, out);
            }
            _ => self.error(target.span, "only variables and maps can be assigned to"),
        }
    }

    pub(super) fn assign_var(
        &mut self,
        name: &str,
        target: &ast::Expr,
        op: Option<ast::BinaryOp>,
        value: &ast::Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        if self.refuses_aggregation(value, span) {
            return self.give_up(name);
        }
        let value = match op {
            None => self.expr(value),
            Some(op) => {
                let (Some(old), Some(value)) = (self.expr(target), self.expr(value)) else { return };
                self.binary(op, old, value, span)
            }
        };
        let Some(value) = value else { return self.give_up(name) };
        if value.ty == Type::None && self.session.last_reading {
            self.error(span, "Value 'void' cannot be assigned to a scratch variable.");
            return self.give_up(name);
        }
        let id = self.lookup(name).unwrap_or_else(|| self.assigned_var(name, span));
        self.set_var(id, value, span, out);
    }

    /// What a probe returns: a number. It is asked for where probes are run by request, as a truth value; anywhere else it
    /// is only computed.
    pub(super) fn returned(&mut self, value: &ast::Expr, stmt: Span, out: &mut Vec<Stmt>) -> Option<Expr> {
        let value = self.expr(value)?;
        let asked = matches!(self.facts.provider, Provider::Test | Provider::Bench);
        match value.ty {
            Type::Int { .. } | Type::Enum { .. } | Type::Bool | Type::None if asked => self.truth(value),
            Type::Int { .. } | Type::Enum { .. } | Type::None => {
                let span = value.span;
                out.push(Stmt { kind: StmtKind::Expr(value), span });
                None
            }
            _ => {
                let text = self.type_text(&value.ty);
                self.error(stmt, format!("Probe return values can only be integers. Found {text}"));
                None
            }
        }
    }

    pub(super) fn inner_stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        self.stmt(stmt, out);
    }
}

/// Whether nothing after a statement is reached.
fn leaves(stmt: &ast::Stmt) -> bool {
    let block = |block: &ast::Block| block.stmts.iter().any(leaves);
    match &stmt.kind {
        ast::StmtKind::Return(_) | ast::StmtKind::Break | ast::StmtKind::Continue => true,
        ast::StmtKind::Block(inner) => block(inner),
        ast::StmtKind::Expr(expr) => match &expr.kind {
            ast::ExprKind::Call { name, .. } => name.node == "exit",
            ast::ExprKind::Ident(name) => name == "exit",
            _ => false,
        },
        ast::StmtKind::If(branch) => block(&branch.then) && branch.otherwise.as_ref().is_some_and(block),
        _ => false,
    }
}
