//! Variables: scopes, declarations, and what is learnt of their types from one reading to the next.
use super::body::{Body, Typed};
use super::clocks::{FunctionTimes, Times};
use super::convert::kept;
use super::join::join;
use super::maps::Pace;
use crate::ast;
use crate::typed::{Expr, Stmt, StmtKind, Type, VarId, VarInfo};
use osmia_base::{Arena, Diagnostic, Key, Span};
use std::collections::BTreeMap;

/// Where a variable is made: the same place may make several, where a macro is expanded more than once.
pub(super) type Site = (Span, String, u32);

/// The types of one probe's variables, by where they are made.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    types: BTreeMap<Site, Type>,
    /// What this reading has told so far.
    next: BTreeMap<Site, Type>,
    /// The times that a turn of each loop may leave.
    pub(super) turns: BTreeMap<Span, Times<Site>>,
    /// The times that functions are given, and that they give.
    pub(super) functions: FunctionTimes,
}

impl Learnt {
    /// Takes what a reading has learnt as what is known in the next one; whether that is anything new.
    pub(super) fn settle(&mut self, pace: Pace) -> bool {
        let mut next = std::mem::take(&mut self.next);
        if pace == Pace::OnlyWider {
            for (site, ty) in &mut next {
                if let Some(wider) = self.types.get(site).and_then(|old| join(old, ty)) {
                    *ty = wider;
                }
            }
        }
        let changed = next != self.types;
        self.types = next;
        self.functions.settle(pace) | changed
    }
}

/// A variable of this reading.
#[derive(Debug)]
pub(super) struct Variable {
    site: Site,
    info: VarInfo,
    typed: Typed,
    /// How it was made, for messages.
    origin: &'static str,
    /// Whether it has been given a value, so far.
    assigned: bool,
    /// Whether it is declared without a value.
    bare: bool,
}

/// The variables of one probe, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Variables {
    list: Vec<Variable>,
    seen: BTreeMap<(Span, String), u32>,
}

impl Variables {
    fn site(&mut self, name: &str, span: Span) -> Site {
        let count = self.seen.entry((span, name.to_owned())).or_insert(0);
        *count += 1;
        (span, name.to_owned(), *count)
    }

    /// As they are handed on.
    pub(super) fn finish(self) -> Arena<VarId, VarInfo> {
        let written = |info: VarInfo| VarInfo {
            name: crate::expand::written_name(&info.name).to_owned(),
            kind: info.kind,
        };
        self.list.into_iter().map(|variable| written(variable.info)).collect()
    }
}

impl Body<'_, '_> {
    /// A new variable in the innermost scope. What an earlier reading learnt of it is kept.
    pub(super) fn fresh_var(&mut self, name: &str, span: Span, ty: &Type, typed: Typed) -> VarId {
        let site = self.variables.site(name, span);
        let kind = match self.learnt.types.get(&site) {
            Some(known) if typed == Typed::Open => known.clone(),
            _ => ty.clone(),
        };
        self.learnt.next.insert(site.clone(), ty.clone());
        let info = VarInfo { name: name.to_owned(), kind };
        let origin = "This is the initial assignment.";
        let variable = Variable { site, info, typed, origin, assigned: true, bare: false };
        self.variables.list.push(variable);
        let id = VarId::from_index(self.variables.list.len() - 1);
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), id);
        }
        id
    }

    pub(super) fn lookup(&self, name: &str) -> Option<VarId> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name).copied())
    }

    /// Where a variable is made.
    pub(super) fn site(&self, id: VarId) -> &Site {
        &self.variables.list[id.index()].site
    }

    pub(super) fn var(&self, id: VarId) -> &VarInfo {
        &self.variables.list[id.index()].info
    }

    /// Whether its type is written down, and no assignment changes it.
    pub(super) fn is_fixed(&self, id: VarId) -> bool {
        self.variables.list[id.index()].typed == Typed::Fixed
    }

    /// Notes that a variable is read; says so where it has no value yet.
    pub(super) fn note_read(&mut self, id: VarId, span: Span) {
        let variable = &self.variables.list[id.index()];
        if !variable.assigned && self.asks_types.is_none() {
            let name = variable.info.name.clone();
            self.warn(span, format!("Variable used before it was assigned: {name}"));
        }
    }

    /// Notes that a variable has a value from here on.
    pub(super) fn note_assigned(&mut self, id: VarId) {
        self.variables.list[id.index()].assigned = true;
    }

    /// Whether a new variable of this name would hide one; says so.
    pub(super) fn is_shadowing(&mut self, name: &ast::Name, span: Span, what: Shadow) -> bool {
        let Some(old) = self.lookup(&name.node) else { return false };
        let old = &self.variables.list[old.index()];
        let text = match what {
            Shadow::Declaration => {
                format!("Variable {} was already declared. Variable shadowing is not allowed.", name.node)
            }
            Shadow::Loop => format!("Loop declaration shadows existing variable: {}", name.node),
        };
        let message = Diagnostic::error(span, text).label(old.site.0, old.origin);
        self.report(message);
        true
    }

    /// `let $x`, with a type or not; the assignment that may follow is not its own.
    pub(super) fn declare(
        &mut self,
        name: &ast::Name,
        ty: Option<&ast::TypeName>,
        value: Option<&ast::Expr>,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let whole = span;
        // The declaration alone, without its type and what it is given.
        let span = Span::new(span.start, name.span.end.max(span.start));
        if let Some(value) = value
            && self.refuses_aggregation(value, whole)
        {
            return self.give_up(&name.node);
        }
        let value = value.map(|value| self.expr(value));
        if self.is_shadowing(name, span, Shadow::Declaration) {
            return;
        }
        let declared = match ty {
            Some(ty) => match self.declared_type(ty) {
                Some(ty) => Some(ty),
                None => return self.give_up(&name.node),
            },
            None => None,
        };
        let value = match value {
            Some(Some(value)) => Some(value),
            Some(None) => return self.give_up(&name.node),
            None => None,
        };
        // Text whose size is not written down has the size of what it is given.
        let sized = !matches!(declared, Some(Type::Str { capacity: 0 } | Type::Buffer { capacity: 0 }));
        let typed = if declared.is_some() && sized { Typed::Fixed } else { Typed::Open };
        let first = declared.unwrap_or(Type::None);
        let id = self.fresh_var(&name.node, span, &first, typed);
        let variable = &mut self.variables.list[id.index()];
        (variable.origin, variable.assigned, variable.bare) =
            ("This is the initial declaration.", false, value.is_none());
        if let Some(value) = value {
            self.set_var(id, value, whole, out);
        }
    }

    /// Whether a value is an aggregation that no variable holds; says so.
    pub(super) fn refuses_aggregation(&mut self, value: &ast::Expr, span: Span) -> bool {
        let Some(aggregation) = self.whole_aggregation(value) else { return false };
        let what = super::maps::aggregation_name(&aggregation);
        self.error(span, format!("Value '{what}' cannot be assigned to a scratch variable."));
        true
    }

    pub(super) fn set_var(&mut self, id: VarId, value: Expr, span: Span, out: &mut Vec<Stmt>) {
        self.note_assigned(id);
        self.note_time(id, &value);
        let value = kept(value);
        if !self.is_fixed(id) && !self.widen_var(id, &value.ty, span) {
            return;
        }
        let want = self.var(id).kind.clone();
        let have = value.ty.clone();
        match self.fit(value, &want) {
            Some(value) => out.push(Stmt { kind: StmtKind::SetVar(id, value), span }),
            None => self.mismatch(id, &want, &have, span),
        }
    }

    /// Makes a variable's type hold what is assigned to it too; says so where no type does.
    pub(super) fn widen_var(&mut self, id: VarId, ty: &Type, span: Span) -> bool {
        let variable = &mut self.variables.list[id.index()];
        let old = self.learnt.next.get(&variable.site).unwrap_or(&Type::None);
        let Some(joined) = join(old, ty) else {
            let old = old.clone();
            self.mismatch(id, &old, ty, span);
            return false;
        };
        if !self.learnt.types.contains_key(&variable.site) {
            variable.info.kind = joined.clone();
        }
        self.learnt.next.insert(variable.site.clone(), joined);
        true
    }

    fn mismatch(&mut self, id: VarId, old: &Type, new: &Type, span: Span) {
        let name = self.var(id).name.clone();
        let [old, new] = [old, new].map(|ty| self.type_text(ty));
        self.error(
            span,
            format!("Type mismatch for {name}: trying to assign value of type '{new}' when variable already has a type '{old}'"),
        );
    }

    /// A variable that its first assignment makes: it lives in the block around, or, if it is read outside of that, in
    /// the whole probe, as variables did before bpftrace 0.22.
    pub(super) fn assigned_var(&mut self, name: &str, span: Span) -> VarId {
        let id = self.fresh_var(name, span, &Type::None, Typed::Open);
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

    pub(super) fn visible_vars(&self) -> Vec<String> {
        self.scopes.iter().flat_map(|scope| scope.keys().cloned()).collect()
    }

    /// Says which variables are declared and never given a value.
    pub(super) fn warn_unassigned(&mut self) {
        let unused: Vec<(Span, String)> = self
            .variables
            .list
            .iter()
            .filter(|variable| variable.bare && !variable.assigned)
            .map(|variable| (variable.site.0, variable.info.name.clone()))
            .collect();
        for (span, name) in unused {
            self.warn(span, format!("Variable {name} was never assigned to."));
        }
    }

    pub(super) fn note_loop_var(&mut self, id: VarId) {
        self.variables.list[id.index()].origin = "This is the loop variable.";
    }
}

/// What a new variable would hide another by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shadow {
    Declaration,
    Loop,
}
