//! One probe's body: scopes, variables, statements.
use super::calls::Made;
use super::comptime::Branch;
use super::convert::convert;
use super::elements::Assignment;
use super::facts::Facts;
use super::functions::Functions;
use super::maps::Maps;
use super::types::Types;
use super::vars::{Learnt, Shadow, Variables};
use super::{Options, Session};
use crate::ast;
use crate::probes::Provider;
use crate::typed::{Config, Expr, ExprKind, MapValue, Stmt, StmtKind, Type, Unstable, VarId, VarInfo};
use osmia_base::{Arena, Diagnostic, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Who says a variable's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Its declaration.
    Fixed,
    /// All that is assigned to it.
    Open,
}

/// Turns that all unrolled loops of a script may have; the kernel takes a million instructions.
const MAX_TURNS: u64 = 20_000;

/// Messages about one script.
const MAX_MESSAGES: usize = 200;

/// A loop around a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopKind {
    For,
    While,
    Unroll,
}

/// What is at hand while one probe's body is read.
#[derive(Debug)]
pub(super) struct Body<'s, 'a> {
    pub(super) session: &'s mut Session<'a>,
    /// Which block of the script this is.
    pub(super) probe: usize,
    pub(super) facts: &'s Facts,
    /// What readings learn of the types of variables.
    pub(super) learnt: &'s mut Learnt,
    pub(super) variables: Variables,
    pub(super) scopes: Vec<BTreeMap<String, VarId>>,
    /// The functions that it calls.
    pub(super) functions: Functions,
    /// Variables whose value was wrong: that was said once, and is not said again where they are read.
    broken: BTreeSet<String>,
    /// Variables that were made by an assignment, in whatever block.
    pub(super) assigned: BTreeSet<String>,
    /// Loops around what is read.
    pub(super) loops: Vec<LoopKind>,
    /// Whether what is read is asked for its type only, and by what (`sizeof`, `typeof`).
    pub(super) asks_types: Option<&'static str>,
    /// How many expressions there are around what is read.
    pub(super) depth: u32,
    /// How many copies of what is read will be made: the turns of the unrolled loops around it.
    pub(super) copies: u64,
    /// Whether the body asks which probe it is: then each attach point needs code of its own.
    pub(super) depends_on_point: bool,
    /// Whether the body does what only programs may do that know kernel objects by their types.
    pub(super) needs_tracing: bool,
}

impl<'s, 'a> Body<'s, 'a> {
    pub(super) fn new(
        session: &'s mut Session<'a>,
        probe: usize,
        facts: &'s Facts,
        learnt: &'s mut Learnt,
    ) -> Self {
        Self {
            session,
            probe,
            facts,
            learnt,
            variables: Variables::default(),
            scopes: vec![BTreeMap::new()],
            functions: Functions::default(),
            broken: BTreeSet::new(),
            assigned: BTreeSet::new(),
            loops: Vec::new(),
            asks_types: None,
            copies: 1,
            depth: 0,
            depends_on_point: false,
            needs_tracing: false,
        }
    }

    pub(super) fn types(&self) -> Types<'a> {
        self.session.types.within(self.facts.file)
    }

    pub(super) fn config(&self) -> &Config {
        &self.session.config
    }

    pub(super) fn options(&self) -> &'a Options {
        self.session.options
    }

    pub(super) fn maps(&mut self) -> &mut Maps {
        &mut self.session.maps
    }

    pub(super) fn error(&mut self, span: Span, text: impl Into<String>) {
        self.report(Diagnostic::error(span, text));
    }

    pub(super) fn warn(&mut self, span: Span, text: impl Into<String>) {
        self.report(Diagnostic::warning(span, text));
    }

    /// Whether something may be used that may still change; says so, where it has not been said yet.
    pub(super) fn unstable(&mut self, what: &str, setting: &str, how: Unstable, span: Span) -> bool {
        let text = match how {
            Unstable::Enable => return true,
            Unstable::Warn => format!(
                "Script is using an unstable feature: {what}. To prevent this warning you must explicitly \
                 enable it in the config e.g. {setting}=enable"
            ),
            Unstable::Error => format!(
                "{what} feature is not enabled by default. To enable this unstable feature, set the config \
                 flag to enable. {setting}=enable"
            ),
        };
        if how == Unstable::Error {
            self.error(span, text);
        } else if !self.session.diagnostics.list.iter().any(|said| said.text == text) {
            self.warn(Span::NOWHERE, text);
        }
        how != Unstable::Error
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let diagnostic = as_written(diagnostic);
        match self.session.diagnostics.list.len() {
            0..MAX_MESSAGES => self.session.diagnostics.push(diagnostic),
            MAX_MESSAGES => {
                let last = Diagnostic::error(diagnostic.span, "too many errors: no more are shown");
                self.session.diagnostics.push(last);
            }
            _ => {}
        }
    }

    /// Whether nobody will hear of more errors.
    pub(super) fn is_full(&self) -> bool {
        self.session.diagnostics.list.len() > MAX_MESSAGES
    }

    pub(super) fn type_text(&self, ty: &Type) -> String {
        self.types().name(ty)
    }

    /// The variables, once the body has been read.
    pub(super) fn into_vars(self) -> Arena<VarId, VarInfo> {
        self.variables.finish()
    }

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

    fn inner_loop(&mut self, kind: LoopKind, block: &ast::Block) -> Vec<Stmt> {
        self.loops.push(kind);
        let out = self.stmts(block);
        self.loops.pop();
        out
    }

    /// Whether a loop that takes more turns than one is around what is read.
    pub(super) fn in_loop(&self) -> bool {
        self.loops.iter().any(|kind| *kind != LoopKind::Unroll)
    }

    fn stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
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

    fn read_stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        let span = stmt.span;
        match &stmt.kind {
            ast::StmtKind::Expr(expr) => self.effect(expr, out),
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
            ast::StmtKind::Break => out.push(Stmt { kind: StmtKind::Break, span }),
            ast::StmtKind::Continue => out.push(Stmt { kind: StmtKind::Continue, span }),
            ast::StmtKind::Return(value) => {
                let value = value.as_ref().and_then(|value| self.returned(value, out));
                out.push(Stmt { kind: StmtKind::Return(value), span });
            }
            ast::StmtKind::Discard(expr) => {
                let expr = self.expr(expr);
                out.extend(expr.map(|expr| Stmt { kind: StmtKind::Expr(expr), span }));
            }
            ast::StmtKind::Block(block) => out.extend(self.stmts(block)),
            ast::StmtKind::Comptime(inner) => self.comptime_stmt(inner, out),
            ast::StmtKind::Import(_) => self.inner_import(span),
        }
    }

    /// An expression for what it does: calls that are statements, `c ? f() : g()`, `++`.
    fn effect(&mut self, expr: &ast::Expr, out: &mut Vec<Stmt>) {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Call { name, args } => match self.call(name, args, span) {
                Some(Made::Value(value)) if matches!(value.kind, ExprKind::Delete(..)) => {
                    out.push(Stmt { kind: StmtKind::Expr(value), span });
                }
                Some(Made::Value(value)) => self.discard(value, span, out),
                Some(Made::Stmts(kinds)) => out.extend(kinds.into_iter().map(|kind| Stmt { kind, span })),
                Some(Made::Aggregation(..)) => {
                    self.error(span, format!("{}() must be assigned directly to a map", name.node));
                }
                None => {}
            },
            ast::ExprKind::Ident(name) if super::calls::is_statement(name) => {
                let name = ast::Name { node: name.clone(), span };
                let call = ast::Expr { kind: ast::ExprKind::Call { name, args: Vec::new() }, span };
                self.effect(&call, out);
            }
            ast::ExprKind::Ternary(condition, then, other) => {
                let condition = self.condition(condition);
                let (mut yes, mut no) = (Vec::new(), Vec::new());
                self.effect(then, &mut yes);
                self.effect(other, &mut no);
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
                    self.discard(value, span, out);
                }
            }
        }
    }

    /// What an import inside a macro names has been read already.
    fn inner_import(&mut self, span: Span) {
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
    fn comptime_stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        match &stmt.kind {
            ast::StmtKind::If(branch) => {
                let chosen = self.decided(&branch.condition);
                self.one_branch(branch, chosen, out);
            }
            _ => self.stmt(stmt, out),
        }
    }

    /// What a decision leaves of an `if`.
    fn one_branch(&mut self, branch: &ast::If, chosen: Branch, out: &mut Vec<Stmt>) {
        match (chosen, &branch.otherwise) {
            (Branch::Then, _) => out.extend(self.stmts(&branch.then)),
            (Branch::Otherwise, Some(otherwise)) => out.extend(self.stmts(otherwise)),
            _ => {}
        }
    }

    /// A value that nobody wants: says so, and evaluates it for what it does.
    fn discard(&mut self, value: Expr, span: Span, out: &mut Vec<Stmt>) {
        if value.ty != Type::None {
            self.warn(span, "Return value discarded.");
        }
        out.push(Stmt { kind: StmtKind::Expr(value), span });
    }

    fn branch(&mut self, branch: &ast::If, span: Span, out: &mut Vec<Stmt>) {
        let chosen = self.chosen(&branch.condition);
        if chosen != Branch::Both {
            return self.one_branch(branch, chosen, out);
        }
        let condition = self.condition(&branch.condition);
        let then = self.stmts(&branch.then);
        let other = branch.otherwise.as_ref().map_or_else(Vec::new, |block| self.stmts(block));
        out.extend(condition.map(|condition| Stmt { kind: StmtKind::If(condition, then, other), span }));
    }

    fn unroll(&mut self, count: &ast::Expr, body: &ast::Block, span: Span, out: &mut Vec<Stmt>) {
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
                self.error(count.span, bound);
            }
            Some(_) => {
                self.error(count.span, "unroll needs a number that is known when the script is compiled")
            }
            None => {}
        }
    }

    fn for_each(
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
        if self.session.last_reading && known.as_ref().is_none_or(|known| known.value.is_none()) {
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
        let body = self.inner_loop(LoopKind::For, body);
        self.scopes.pop();
        out.push(Stmt { kind: StmtKind::ForMap(id, map, body), span });
    }

    fn for_range(
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

    fn assign(
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

    fn assign_var(
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
    fn returned(&mut self, value: &ast::Expr, out: &mut Vec<Stmt>) -> Option<Expr> {
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
                self.error(value.span, format!("Probe return values can only be integers. Found {text}"));
                None
            }
        }
    }

    /// An end of a range.
    fn bound(&mut self, bound: &ast::Expr, which: &str) -> Option<Expr> {
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

    /// A variable has no value, because of an error that has been reported.
    pub(super) fn give_up(&mut self, name: &str) {
        self.broken.insert(name.to_owned());
    }

    /// Whether an error was reported for the value of this variable.
    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }

    pub(super) fn open_scope(&mut self) {
        self.scopes.push(BTreeMap::new());
    }

    pub(super) fn close_scope(&mut self) {
        self.scopes.pop();
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

/// Variables of macros go by the names that a person gave them.
fn as_written(mut diagnostic: Diagnostic) -> Diagnostic {
    let labels = diagnostic.labels.iter_mut().map(|label| &mut label.text);
    for text in labels.chain(&mut diagnostic.hints).chain([&mut diagnostic.text]) {
        if text.contains(crate::expand::OWN) {
            *text = crate::expand::written_names(text);
        }
    }
    diagnostic
}
