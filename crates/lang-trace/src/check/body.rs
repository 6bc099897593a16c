//! One probe's body: scopes, variables, statements.
use super::calls::Made;
use super::comptime::Branch;
use super::convert::{cast, convert};
use super::facts::Facts;
use super::maps::{Clash, Maps, value_name};
use super::types::{Types, join, untrusted};
use super::{Options, Session};
use crate::ast;
use crate::typed::{Config, Expr, ExprKind, MapId, MapValue, Stmt, StmtKind, Type, Unstable, VarId, VarInfo};
use osmia_base::{Arena, Diagnostic, Key, Span};
use osmia_isa::AluOp;
use std::collections::{BTreeMap, BTreeSet};

/// Turns that all unrolled loops of a script may have; the kernel takes a million instructions.
const MAX_TURNS: u64 = 20_000;

/// Messages about one script.
const MAX_MESSAGES: usize = 200;

/// What is at hand while one probe's body is read.
#[derive(Debug)]
pub(super) struct Body<'s, 'a> {
    pub(super) session: &'s mut Session<'a>,
    /// Which block of the script this is.
    probe: usize,
    pub(super) facts: &'s Facts,
    /// Variables in the order in which they are met; their types survive from one reading to the next.
    vars: &'s mut Vec<VarInfo>,
    next_var: usize,
    scopes: Vec<BTreeMap<String, VarId>>,
    /// Variables whose value was wrong: that was said once, and is not said again where they are read.
    broken: BTreeSet<String>,
    /// Variables that were made by an assignment, in whatever block.
    assigned: BTreeSet<String>,
    loops: u32,
    /// How many expressions there are around what is read.
    pub(super) depth: u32,
    /// How many copies of what is read will be made: the turns of the unrolled loops around it.
    copies: u64,
    /// Whether the body asks which probe it is: then each attach point needs code of its own.
    pub(super) depends_on_point: bool,
}

impl<'s, 'a> Body<'s, 'a> {
    pub(super) fn new(
        session: &'s mut Session<'a>,
        probe: usize,
        facts: &'s Facts,
        vars: &'s mut Vec<VarInfo>,
    ) -> Self {
        Self {
            session,
            probe,
            facts,
            vars,
            next_var: 0,
            scopes: vec![BTreeMap::new()],
            broken: BTreeSet::new(),
            assigned: BTreeSet::new(),
            loops: 0,
            copies: 1,
            depth: 0,
            depends_on_point: false,
        }
    }

    pub(super) fn types(&self) -> Types<'a> {
        self.session.types
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
        let written = |var: &VarInfo| VarInfo {
            name: crate::expand::written_name(&var.name).to_owned(),
            kind: var.kind.clone(),
        };
        self.vars.iter().take(self.next_var).map(written).collect()
    }

    /// The body of a probe: the predicate as a test in front.
    pub(super) fn probe(&mut self, predicate: Option<&ast::Expr>, block: &ast::Block) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        if let Some(predicate) = predicate
            && let Some(condition) = self.condition(predicate)
        {
            let span = predicate.span;
            let leave = Stmt { kind: StmtKind::Return, span };
            let wrong = Expr { kind: ExprKind::Not(Box::new(condition)), ty: Type::Bool, span };
            stmts.push(Stmt { kind: StmtKind::If(wrong, vec![leave], Vec::new()), span });
        }
        stmts.extend(self.stmts(block));
        stmts
    }

    /// A block in a scope of its own; its value, if it has one, is thrown away.
    pub(super) fn stmts(&mut self, block: &ast::Block) -> Vec<Stmt> {
        self.scopes.push(BTreeMap::new());
        let mut out = Vec::new();
        for stmt in &block.stmts {
            self.stmt(stmt, &mut out);
        }
        if let Some(tail) = &block.tail {
            self.effect(tail, &mut out);
        }
        self.scopes.pop();
        out
    }

    fn inner_loop(&mut self, block: &ast::Block) -> Vec<Stmt> {
        self.loops += 1;
        let out = self.stmts(block);
        self.loops -= 1;
        out
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
                let condition = self.condition(condition);
                let body = self.inner_loop(body);
                out.extend(condition.map(|condition| Stmt { kind: StmtKind::While(condition, body), span }));
            }
            ast::StmtKind::ForEach { var, over, body } => self.for_each(var, over, body, span, out),
            ast::StmtKind::ForRange { var, from, to, body } => {
                self.for_range(var, (from, to), body, span, out)
            }
            ast::StmtKind::Break | ast::StmtKind::Continue if self.loops == 0 => {
                self.error(span, "break and continue stand in loops only");
            }
            ast::StmtKind::Break => out.push(Stmt { kind: StmtKind::Break, span }),
            ast::StmtKind::Continue => out.push(Stmt { kind: StmtKind::Continue, span }),
            ast::StmtKind::Return(value) => {
                if let Some(value) = value {
                    self.effect(value, out);
                }
                out.push(Stmt { kind: StmtKind::Return, span });
            }
            ast::StmtKind::Discard(expr) => {
                let expr = self.expr(expr);
                out.extend(expr.map(|expr| Stmt { kind: StmtKind::Expr(expr), span }));
            }
            ast::StmtKind::Block(block) => out.extend(self.stmts(block)),
            ast::StmtKind::Comptime(inner) => self.comptime_stmt(inner, out),
            ast::StmtKind::Import(_) => self.error(span, "import is not supported inside a probe"),
        }
    }

    /// An expression for what it does: calls that are statements, `c ? f() : g()`, `++`.
    fn effect(&mut self, expr: &ast::Expr, out: &mut Vec<Stmt>) {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Call { name, args } => match self.call(name, args, span) {
                Some(Made::Value(value)) => out.push(Stmt { kind: StmtKind::Expr(value), span }),
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
            _ => {
                let value = self.expr(expr);
                out.extend(value.map(|value| Stmt { kind: StmtKind::Expr(value), span }));
            }
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
        let body = self.inner_loop(body);
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
            self.error(over.span, format!("{name} has no keys to go over"));
        }
        let key = known.as_ref().and_then(|known| known.key.clone()).flatten().unwrap_or(Type::INT64);
        let value = match known.and_then(|known| known.value) {
            Some(MapValue::Plain(ty)) => ty,
            Some(MapValue::Aggregate(_)) => Type::INT64,
            None => Type::INT64,
        };
        self.scopes.push(BTreeMap::new());
        let id = self.fresh_var(&var.node, &Type::Tuple(vec![key, value]), true);
        let body = self.inner_loop(body);
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
        let from = self.integer(from);
        let to = self.integer(to);
        self.scopes.push(BTreeMap::new());
        let id = self.fresh_var(&var.node, &Type::INT64, true);
        let body = self.inner_loop(body);
        self.scopes.pop();
        if let (Some(from), Some(to)) = (from, to) {
            let [from, to] = [from, to].map(|bound| convert(bound, &Type::INT64));
            if let (Some(from), Some(to)) = (from, to) {
                out.push(Stmt { kind: StmtKind::ForRange(id, from, to, body), span });
            }
        }
    }

    fn declare(
        &mut self,
        name: &ast::Name,
        ty: Option<&ast::TypeName>,
        value: Option<&ast::Expr>,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let declared = match ty {
            Some(ty) => match self.type_name(ty) {
                Some(ty) => Some(ty),
                None => return self.give_up(&name.node),
            },
            None => None,
        };
        let value = match value {
            Some(value) => match self.expr(value) {
                Some(value) => Some(self.stored(value)),
                None => return self.give_up(&name.node),
            },
            None => None,
        };
        if self.scopes.last().is_some_and(|scope| scope.contains_key(&name.node)) {
            self.error(
                name.span,
                format!("Variable {} was already declared. Variable shadowing is not allowed", name.node),
            );
            return;
        }
        let fixed = declared.is_some();
        let first = declared.or_else(|| value.as_ref().map(|value| value.ty.clone())).unwrap_or(Type::None);
        let id = self.fresh_var(&name.node, &first, fixed);
        if let Some(value) = value {
            self.set_var(id, value, span, out);
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
            ast::ExprKind::Map { name, keys } => self.assign_map(name, keys, target, op, value, span, out),
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
        let value = match op {
            None => self.expr(value),
            Some(op) => {
                let (Some(old), Some(value)) = (self.expr(target), self.expr(value)) else { return };
                self.binary(op, old, value, span)
            }
        };
        let Some(value) = value.map(|value| self.stored(value)) else { return self.give_up(name) };
        if value.ty == Type::None && self.session.last_reading {
            self.error(value.span, format!("{name} cannot hold nothing"));
            return self.give_up(name);
        }
        let id = self.lookup(name).unwrap_or_else(|| self.assigned_var(name, &value.ty));
        self.set_var(id, value, span, out);
    }

    /// A variable's value: arrays of characters become text, integers are kept in 64 bits.
    fn stored(&self, value: Expr) -> Expr {
        let value = self.value(value);
        let ty = widened(&value.ty);
        convert(value.clone(), &ty).unwrap_or(value)
    }

    fn set_var(&mut self, id: VarId, value: Expr, span: Span, out: &mut Vec<Stmt>) {
        let index = id.index();
        let old = self.vars[index].kind.clone();
        let literal = matches!(value.kind, ExprKind::Number(number) if fits(number, &old));
        let Some(joined) = (if literal { Some(old.clone()) } else { join(&old, &value.ty) }) else {
            let (have, new) = (self.type_text(&old), self.type_text(&value.ty));
            let name = self.vars[index].name.clone();
            self.error(
                span,
                format!("Type mismatch for {name}: trying to assign value of type '{new}' when variable already has a type '{have}'"),
            );
            return;
        };
        if joined != old {
            self.vars[index].kind = joined.clone();
            self.session.changed = true;
        }
        match convert(value, &joined) {
            Some(value) => out.push(Stmt { kind: StmtKind::SetVar(id, value), span }),
            None => self.error(span, "this value cannot be kept in that variable"),
        }
    }

    /// A new variable in the innermost scope. What an earlier reading learnt of it is kept.
    fn fresh_var(&mut self, name: &str, ty: &Type, fixed: bool) -> VarId {
        let index = self.next_var;
        self.next_var += 1;
        match self.vars.get_mut(index) {
            None => self.vars.push(VarInfo { name: name.to_owned(), kind: ty.clone() }),
            Some(known) if known.name != name => {
                *known = VarInfo { name: name.to_owned(), kind: ty.clone() };
                self.session.changed = true;
            }
            Some(known) if fixed && known.kind != *ty => {
                known.kind = ty.clone();
                self.session.changed = true;
            }
            Some(_) => {}
        }
        let id = VarId::from_index(index);
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), id);
        }
        id
    }

    pub(super) fn lookup(&self, name: &str) -> Option<VarId> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name).copied())
    }

    /// A variable that its first assignment makes: it lives in the block around, or, if it is read outside of that, in
    /// the whole probe, as variables did before bpftrace 0.22.
    fn assigned_var(&mut self, name: &str, ty: &Type) -> VarId {
        let id = self.fresh_var(name, ty, false);
        if self.session.hoisted.contains(&(self.probe, name.to_owned()))
            && let Some(scope) = self.scopes.first_mut()
        {
            scope.insert(name.to_owned(), id);
        }
        self.assigned.insert(name.to_owned());
        id
    }

    /// Whether a variable that is not to be seen here was assigned in a block before. Then it is the whole probe's, in
    /// the next reading.
    pub(super) fn hoist(&mut self, name: &str) -> bool {
        let known = self.assigned.contains(name) && !self.session.last_reading;
        if known && self.session.hoisted.insert((self.probe, name.to_owned())) {
            self.session.changed = true;
        }
        known
    }

    /// A variable has no value, because of an error that has been reported.
    fn give_up(&mut self, name: &str) {
        self.broken.insert(name.to_owned());
    }

    /// Whether an error was reported for the value of this variable.
    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }

    pub(super) fn visible_vars(&self) -> Vec<String> {
        self.scopes.iter().flat_map(|scope| scope.keys().cloned()).collect()
    }

    pub(super) fn var(&self, id: VarId) -> &VarInfo {
        &self.vars[id.index()]
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

    #[expect(clippy::too_many_arguments, reason = "the parts of one assignment")]
    fn assign_map(
        &mut self,
        name: &str,
        keys: &[ast::Expr],
        target: &ast::Expr,
        op: Option<ast::BinaryOp>,
        value: &ast::Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let key = self.map_key(name, keys, target.span);
        let made = match &value.kind {
            ast::ExprKind::Call { name, args } => self.call(name, args, value.span),
            ast::ExprKind::Ident(word) if super::calls::is_aggregation(word) => {
                self.call(&ast::Name { node: word.clone(), span: value.span }, &[], value.span)
            }
            _ => self.expr(value).map(Made::Value),
        };
        let (Some((map, key)), Some(made)) = (key, made) else { return };
        match (made, op) {
            (Made::Aggregation(aggregation, operand), None) => {
                let clash = self.session.maps.put_aggregate(name, &aggregation);
                if self.clashed(name, clash, span, &MapValue::Aggregate(aggregation)).is_some() {
                    out.push(Stmt { kind: StmtKind::Aggregate(map, key, operand), span });
                }
            }
            (Made::Value(value), None) => self.set_map(name, map, key, value, span, out),
            (Made::Value(value), Some(op)) => self.update_map(name, target, (map, key), op, value, span, out),
            (Made::Aggregation(..), Some(_)) => {
                self.error(value.span, "an aggregation is assigned with `=`");
            }
            (Made::Stmts(_), _) => self.error(value.span, "this call has no value"),
        }
    }

    fn set_map(
        &mut self,
        name: &str,
        map: MapId,
        key: Option<Expr>,
        value: Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let value = self.stored(value);
        if value.ty == Type::None {
            if self.session.last_reading {
                self.error(value.span, format!("{name} cannot hold nothing"));
            }
            return;
        }
        let value = Expr { ty: untrusted(&value.ty), ..value };
        let old = self.session.maps.get(name).and_then(|known| known.value.clone());
        let literal = matches!((&value.kind, &old), (ExprKind::Number(number), Some(MapValue::Plain(ty))) if fits(*number, ty));
        let joined = match old {
            Some(MapValue::Plain(ty)) if literal => Ok(ty),
            _ => self.session.maps.put_plain(name, &value.ty),
        };
        let new = MapValue::Plain(value.ty.clone());
        let Some(joined) = self.clashed(name, joined, span, &new) else { return };
        match convert(value, &joined) {
            Some(value) => out.push(Stmt { kind: StmtKind::SetMap(map, key, value), span }),
            None => self.error(span, format!("this value cannot be kept in {name}")),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one assignment")]
    fn update_map(
        &mut self,
        name: &str,
        target: &ast::Expr,
        (map, key): (MapId, Option<Expr>),
        op: ast::BinaryOp,
        value: Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let simple = match op {
            ast::BinaryOp::Add => Some(AluOp::Add),
            ast::BinaryOp::Sub => Some(AluOp::Sub),
            _ => None,
        };
        let known = self.session.maps.get(name).and_then(|known| known.value.clone());
        let integer = matches!(known, None | Some(MapValue::Plain(Type::Int { .. } | Type::None)));
        if let (Some(alu), true, Type::Int { .. } | Type::Enum { .. } | Type::Bool) =
            (simple, integer, &value.ty)
        {
            let value = self.stored(value);
            let ty = if alu == AluOp::Sub { Type::INT64 } else { widened(&value.ty) };
            let literal = matches!((&value.kind, &known), (ExprKind::Number(n), Some(MapValue::Plain(old))) if alu == AluOp::Add && fits(*n, old));
            let joined = match known {
                Some(MapValue::Plain(old)) if literal => Ok(old),
                _ => self.session.maps.put_plain(name, &ty),
            };
            let Some(joined) = self.clashed(name, joined, span, &MapValue::Plain(ty)) else { return };
            let value = convert(value, &joined);
            out.extend(value.map(|value| Stmt { kind: StmtKind::UpdateMap(alu, map, key, value), span }));
            return;
        }
        let Some(old) = self.expr(target) else { return };
        if let Some(value) = self.binary(op, old, value, span) {
            self.set_map(name, map, key, value, span, out);
        }
    }

    /// The map's id and its key, converted to the map's key type.
    pub(super) fn map_key(
        &mut self,
        name: &str,
        keys: &[ast::Expr],
        span: Span,
    ) -> Option<(MapId, Option<Expr>)> {
        let map = self.maps().id(name, span);
        let mut parts = Vec::new();
        for key in keys {
            let key = self.expr(key)?;
            parts.push(self.value(key));
        }
        let key = match parts.len() {
            0 => None,
            1 => parts.pop(),
            _ => {
                let ty = Type::Tuple(parts.iter().map(|part| part.ty.clone()).collect());
                let span = parts[0].span.to(parts[parts.len() - 1].span);
                Some(Expr { kind: ExprKind::Tuple(parts), ty, span })
            }
        };
        self.typed_key(name, key, span).map(|key| (map, key))
    }

    /// The same for a key that is already an expression.
    pub(super) fn typed_key(&mut self, name: &str, key: Option<Expr>, span: Span) -> Option<Option<Expr>> {
        let key = key.map(|key| Expr { ty: untrusted(&key.ty), ..key });
        if let Some(key) = &key
            && matches!(key.ty, Type::None)
        {
            if self.session.last_reading {
                self.error(key.span, "this has no value that could be a key");
            }
            return None;
        }
        let known = self.session.maps.get(name).and_then(|known| known.key.clone()).flatten();
        let ty = key.as_ref().map(|key| match (&known, &key.kind) {
            (Some(known), ExprKind::Number(number)) if fits(*number, known) => known.clone(),
            _ => key.ty.clone(),
        });
        let ty = match (&known, ty, key.as_ref().map(|key| &key.kind)) {
            (Some(Type::Tuple(old)), Some(Type::Tuple(new)), Some(ExprKind::Tuple(parts)))
                if old.len() == new.len() =>
            {
                let kept = old.iter().zip(new).zip(parts).map(|((old, new), part)| match part.kind {
                    ExprKind::Number(number) if fits(number, old) => old.clone(),
                    _ => new,
                });
                Some(Type::Tuple(kept.collect()))
            }
            (_, ty, _) => ty,
        };
        let before = self.session.maps.get(name).and_then(|known| known.key.clone());
        match self.session.maps.use_key(name, ty.as_ref()) {
            Ok(joined) => {
                if before.as_ref() != Some(&joined) {
                    self.session.changed = true;
                }
                match (key, joined) {
                    (Some(key), Some(joined)) => convert(key, &joined).map(Some),
                    _ => Some(None),
                }
            }
            Err(clash) => {
                let new = ty.map_or_else(
                    || "no key".to_owned(),
                    |ty| format!("key of type '{}'", self.type_text(&ty)),
                );
                let old = match clash {
                    Clash::Key(Some(old)) => format!("keys of type '{}'", self.type_text(&old)),
                    Clash::Key(None) | Clash::Value(_) => "no key".to_owned(),
                };
                self.error(
                    span,
                    format!("Argument mismatch for {name}: trying to access with {new} when map has {old}"),
                );
                None
            }
        }
    }

    /// Reports a clash of values; notes where something new was learnt.
    fn clashed<T>(&mut self, name: &str, answer: Result<T, Clash>, span: Span, new: &MapValue) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(Clash::Value(old)) => {
                let [old, new] = [&old, new].map(|value| value_name(value, |ty| self.type_text(ty)));
                let text = if old == new {
                    let call = old.trim_end_matches("_t");
                    format!("Different {call} bounds in a single map unsupported")
                } else {
                    format!(
                        "Type mismatch for {name}: trying to assign value of type '{new}' when map already contains a value of type '{old}'"
                    )
                };
                self.error(span, text);
                None
            }
            Err(Clash::Key(_)) => None,
        }
    }

    /// Where a value is wanted: arrays of characters are text.
    pub(super) fn value(&self, expr: Expr) -> Expr {
        match &expr.ty {
            Type::Array { count, .. } if super::convert::is_text_array(&expr.ty) => {
                let capacity = *count;
                cast(expr, Type::Str { capacity })
            }
            _ => expr,
        }
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

/// The type in which values of a type are kept: integers take 64 bits.
pub(super) fn widened(ty: &Type) -> Type {
    match ty {
        Type::Int { signed, .. } => Type::Int { size: 8, signed: *signed },
        other => other.clone(),
    }
}

/// Whether a number can be of a type without changing.
pub(super) fn fits(number: i64, ty: &Type) -> bool {
    match ty {
        Type::Int { size: 8, signed: false } => number >= 0,
        Type::Int { .. } => super::convert::truncate(number, ty) == number,
        _ => false,
    }
}
