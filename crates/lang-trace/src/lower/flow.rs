//! Which variables are set before they are read, on all ways through a probe, and how often each is set: of all variables
//! in one walk.
use super::walk::operands;
use crate::typed::{Expr, ExprKind, Probe, Stmt, StmtKind, VarId};
use osmia_base::Key;

/// What a walk through a probe's body has found.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Variables that are read where they may not have been set.
    early: Vec<bool>,
    sets: Vec<u32>,
    reads: Vec<u32>,
    /// What is set on all ways to where the walk is, and in which order that came about.
    set: Vec<bool>,
    trail: Vec<VarId>,
}

impl Flow {
    pub(super) fn of(body: &[Stmt], vars: usize) -> Self {
        let (counts, unknown) = (vec![0; vars], vec![false; vars]);
        let mut flow = Self {
            early: unknown.clone(),
            sets: counts.clone(),
            reads: counts,
            set: unknown,
            trail: Vec::new(),
        };
        flow.stmts(body);
        flow
    }

    /// Of a probe, its functions too.
    pub(super) fn of_probe(probe: &Probe) -> Self {
        let mut flow = Self::of(&probe.body, probe.vars.len());
        for function in &probe.functions {
            flow.stmts(&function.body);
            function.value.iter().for_each(|value| flow.expr(value));
        }
        flow
    }

    /// Whether a variable is set before it is read, whatever the way.
    pub(super) fn sets_first(&self, var: VarId) -> bool {
        !self.early[var.index()]
    }

    /// At how many places a variable is set, `++` and loops' own variables included.
    pub(super) fn sets(&self, var: VarId) -> u32 {
        self.sets[var.index()]
    }

    /// At how many places a variable is read or set; `++` does both.
    pub(super) fn uses(&self, var: VarId) -> u32 {
        self.sets[var.index()] + self.reads[var.index()]
    }

    fn read(&mut self, var: VarId) {
        self.reads[var.index()] += 1;
        self.early[var.index()] |= !self.set[var.index()];
    }

    fn write(&mut self, var: VarId) {
        self.sets[var.index()] += 1;
        if !std::mem::replace(&mut self.set[var.index()], true) {
            self.trail.push(var);
        }
    }

    fn stmts(&mut self, list: &[Stmt]) {
        list.iter().for_each(|it| self.stmt(it));
    }

    fn stmt(&mut self, it: &Stmt) {
        match &it.kind {
            StmtKind::SetVar(var, value) => {
                self.expr(value);
                self.write(*var);
            }
            StmtKind::If(condition, then, other) => {
                self.expr(condition);
                self.either(|flow| flow.stmts(then), |flow| flow.stmts(other));
            }
            StmtKind::While(condition, body) => {
                self.expr(condition);
                self.maybe(|flow| flow.stmts(body));
            }
            StmtKind::Unroll(_, body) => self.maybe(|flow| flow.stmts(body)),
            StmtKind::ForMap(var, _, body) => self.maybe(|flow| {
                flow.write(*var);
                flow.stmts(body);
            }),
            StmtKind::ForRange(var, from, to, body) => {
                self.expr(from);
                self.expr(to);
                self.maybe(|flow| {
                    flow.write(*var);
                    flow.stmts(body);
                });
            }
            StmtKind::Expr(value) => self.expr(value),
            _ => super::walk::parts(it, &mut |part| self.expr(part)),
        }
    }

    fn expr(&mut self, it: &Expr) {
        match &it.kind {
            ExprKind::Var(var) | ExprKind::VarAddress(var) => self.read(*var),
            ExprKind::StepVar { var, .. } => {
                self.read(*var);
                self.write(*var);
            }
            ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                self.expr(a);
                self.maybe(|flow| flow.expr(b));
            }
            ExprKind::Ternary(condition, a, b) => {
                self.expr(condition);
                self.either(|flow| flow.expr(a), |flow| flow.expr(b));
            }
            ExprKind::Block(body, value) => {
                self.stmts(body);
                self.expr(value);
            }
            kind => operands(kind, &mut |part| self.expr(part)),
        }
    }

    /// A way that may not be taken: what it sets is not set after it.
    fn maybe(&mut self, way: impl FnOnce(&mut Self)) {
        self.apart(way);
    }

    /// One of two ways: what both set is set after them.
    fn either(&mut self, then: impl FnOnce(&mut Self), other: impl FnOnce(&mut Self)) {
        let mut both = self.apart(then);
        let others = self.apart(other);
        both.sort_unstable();
        for var in others {
            if both.binary_search(&var).is_ok() {
                self.set[var.index()] = true;
                self.trail.push(var);
            }
        }
    }

    /// Walks, and takes back what is set on the way.
    fn apart(&mut self, way: impl FnOnce(&mut Self)) -> Vec<VarId> {
        let before = self.trail.len();
        way(self);
        let set = self.trail.split_off(before);
        for var in &set {
            self.set[var.index()] = false;
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typed::Type;
    use osmia_base::Span;

    fn expr(kind: ExprKind) -> Expr {
        Expr { kind, ty: Type::INT64, span: Span::default() }
    }

    fn stmt(kind: StmtKind) -> Stmt {
        Stmt { kind, span: Span::default() }
    }

    #[test]
    fn what_both_ways_set_is_set_and_what_one_sets_is_not() {
        let [a, b, c] = [0, 1, 2].map(VarId::from_index);
        let set = |var| stmt(StmtKind::SetVar(var, expr(ExprKind::Number(1))));
        let read = |var| stmt(StmtKind::Expr(expr(ExprKind::Var(var))));
        let branch = StmtKind::If(expr(ExprKind::Number(1)), vec![set(a), set(b)], vec![set(a)]);
        let flow = Flow::of(&[stmt(branch), read(a), read(b), set(c), read(c)], 3);
        assert!(flow.sets_first(a) && !flow.sets_first(b) && flow.sets_first(c));
        assert_eq!([a, b, c].map(|var| flow.sets(var)), [2, 1, 1]);
        assert_eq!([a, b, c].map(|var| flow.uses(var)), [3, 2, 2]);
    }

    #[test]
    fn what_a_loop_sets_is_not_set_after_it() {
        let [a, i] = [0, 1].map(VarId::from_index);
        let number = || expr(ExprKind::Number(1));
        let set = stmt(StmtKind::SetVar(a, expr(ExprKind::Var(i))));
        let range = StmtKind::ForRange(i, number(), number(), vec![set]);
        let flow = Flow::of(&[stmt(range), stmt(StmtKind::Expr(expr(ExprKind::Var(a))))], 2);
        assert!(!flow.sets_first(a) && flow.sets_first(i));
    }
}
