//! Which loops are loops of the program itself: those whose turns the verifier can count, because a variable goes from a number to a
//! number, and in which the kernel calls nothing back. The verifier follows such loops turn by turn, and others without end.
use super::walk::{self, Node};
use crate::typed::{Expr, ExprKind, Probe, Stmt, StmtKind, Type, VarId};
use osmia_isa::AluOp;
use std::collections::{BTreeMap, BTreeSet};

/// Ranges of at most so many turns are loops of the program itself.
const NATIVE_TURNS: i64 = 128;

/// So many statements, and parts of expressions that branch, are followed in all turns together. The verifier gives up where
/// 8,192 branches wait to be looked at.
const FOLLOWED: i64 = 1024;

/// The `while` loops of a probe that a variable counts, by where their conditions are in memory, and how often they turn.
#[derive(Debug, Default)]
pub(super) struct Counted(BTreeMap<usize, i64>);

impl Counted {
    pub(super) fn of_probe(probe: &Probe) -> Self {
        let mut search = Search::default();
        search.stmts(&probe.body);
        for function in &probe.functions {
            search.known.clear();
            search.stmts(&function.body);
            function.value.iter().for_each(|value| search.value(value));
        }
        search.counted
    }

    /// Whether the loop with this condition is to be one of the program itself.
    pub(super) fn is_short_while(&self, condition: &Expr, body: &[Stmt]) -> bool {
        self.while_loop(condition, body).is_short
    }

    /// Whether a range is to be a loop of the program itself: one of few turns, and it is known how many. The verifier follows
    /// each turn of each loop inside, too.
    pub(super) fn is_short(&self, from: &Expr, to: &Expr, body: &[Stmt]) -> bool {
        self.range(from, to, body).is_short
    }

    fn while_loop(&self, condition: &Expr, body: &[Stmt]) -> Followed {
        Followed::of_loop(self.0.get(&place(condition)).copied(), self.cost(body))
    }

    fn range(&self, from: &Expr, to: &Expr, body: &[Stmt]) -> Followed {
        let turns = constant(from).zip(constant(to)).map(|(from, to)| to.saturating_sub(from).max(0));
        Followed::of_loop(turns.filter(|turns| *turns <= NATIVE_TURNS), self.cost(body))
    }

    /// How much of these statements the verifier follows.
    fn cost(&self, body: &[Stmt]) -> i64 {
        body.iter().fold(1, |cost, it| cost.saturating_add(self.cost_of_stmt(it)))
    }

    fn cost_of_stmt(&self, it: &Stmt) -> i64 {
        let mut own = 1_i64;
        walk::parts(it, &mut |part| own = own.saturating_add(self.cost_of_expr(part)));
        let inside = match &it.kind {
            StmtKind::If(condition, then, other) => {
                let parts = [self.cost_of_expr(condition), self.cost(then), self.cost(other)];
                parts.into_iter().fold(0, i64::saturating_add)
            }
            StmtKind::While(condition, body) => self.while_loop(condition, body).cost,
            StmtKind::ForRange(_, from, to, body) => self.range(from, to, body).cost,
            StmtKind::Unroll(count, body) => self.cost(body).saturating_mul((*count).into()),
            StmtKind::ForMap(_, _, body) => self.cost(body),
            _ => 0,
        };
        inside.saturating_add(own)
    }

    fn cost_of_expr(&self, it: &Expr) -> i64 {
        let mut cost = i64::from(branches(&it.kind));
        if let ExprKind::Block(body, value) = &it.kind {
            return self.cost(body).saturating_add(self.cost_of_expr(value));
        }
        walk::operands(&it.kind, &mut |part| cost = cost.saturating_add(self.cost_of_expr(part)));
        cost
    }

    /// Whether the kernel may call something back in these statements.
    pub(super) fn call_back(&self, body: &[Stmt]) -> bool {
        let mut found = false;
        walk::stmts(body, &mut |node| found |= self.is_callback(node));
        found
    }

    /// Whether the kernel may call something back for this expression.
    pub(super) fn calls_back(&self, it: &Expr) -> bool {
        let mut found = false;
        walk::expr(it, &mut |node| found |= self.is_callback(node));
        found
    }

    /// What keeps a stack has a loop of its own, as long as the stack, and what adds up the values of all processors one as long
    /// as there are processors: the verifier is to look at these once too.
    fn is_callback(&self, node: Node<'_>) -> bool {
        match node {
            Node::Expr(it) => matches!(
                it.kind,
                ExprKind::Len(_)
                    | ExprKind::Strlen(_)
                    | ExprKind::Strstr(..)
                    | ExprKind::Stack
                    | ExprKind::MapNumber(..)
                    | ExprKind::Invoke { .. }
                    | ExprKind::External { .. }
            ),
            Node::Stmt(it) => match &it.kind {
                StmtKind::ForMap(..) => true,
                StmtKind::ForRange(_, from, to, body) => !self.is_short(from, to, body),
                StmtKind::While(condition, body) => !self.is_short_while(condition, body),
                _ => false,
            },
        }
    }
}

/// What the verifier follows of a loop.
struct Followed {
    /// Whether it is to be one of the program itself.
    is_short: bool,
    cost: i64,
}

impl Followed {
    /// Of a loop of so many turns, if that is known, with a body of this cost; one that the kernel turns is followed once.
    fn of_loop(turns: Option<i64>, body: i64) -> Self {
        let whole = turns.map(|turns| turns.saturating_mul(body)).filter(|whole| *whole <= FOLLOWED);
        Self { is_short: whole.is_some(), cost: whole.unwrap_or(body) }
    }
}

fn place(it: &Expr) -> usize {
    std::ptr::from_ref(it).addr()
}

/// Whether the program branches for this, or may have to.
const fn branches(it: &ExprKind) -> bool {
    matches!(
        it,
        ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Ternary(..)
            | ExprKind::MapValue(..)
            | ExprKind::StepMap { .. }
            | ExprKind::HasKey(..)
            | ExprKind::Delete(..)
            | ExprKind::TextEqual { .. }
            | ExprKind::Str { .. }
            | ExprKind::Index { .. }
    )
}

/// Goes through a probe as it runs.
#[derive(Debug, Default)]
struct Search {
    counted: Counted,
    /// The variables that hold a number here which is known, and the number.
    known: BTreeMap<VarId, i64>,
}

impl Search {
    fn stmts(&mut self, list: &[Stmt]) {
        list.iter().for_each(|it| self.stmt(it));
    }

    fn stmt(&mut self, it: &Stmt) {
        walk::parts(it, &mut |part| self.value(part));
        match &it.kind {
            StmtKind::SetVar(var, value) => match constant(value) {
                Some(number) => {
                    self.known.insert(*var, number);
                }
                None => self.lose([*var]),
            },
            StmtKind::If(condition, then, other) => {
                self.value(condition);
                let before = self.known.clone();
                self.stmts(then);
                let after = std::mem::replace(&mut self.known, before);
                self.stmts(other);
                self.known.retain(|var, number| after.get(var) == Some(number));
            }
            StmtKind::While(condition, body) => {
                let turns = self.turns(condition, body);
                self.counted.0.extend(turns.map(|turns| (place(condition), turns)));
                self.value(condition);
                self.turn(body);
            }
            StmtKind::Unroll(_, body) => self.turn(body),
            StmtKind::ForMap(var, _, body) => {
                self.lose([*var]);
                self.turn(body);
            }
            StmtKind::ForRange(var, from, to, body) => {
                self.value(from);
                self.value(to);
                self.lose([*var]);
                self.turn(body);
            }
            _ => {}
        }
    }

    /// An expression: there are statements in some.
    fn value(&mut self, it: &Expr) {
        match &it.kind {
            ExprKind::Block(body, value) => {
                self.turn(body);
                self.value(value);
            }
            ExprKind::VarAddress(var) | ExprKind::StepVar { var, .. } => self.lose([*var]),
            kind => walk::operands(kind, &mut |part| self.value(part)),
        }
    }

    /// How often a `while` turns that a variable counts. One that nothing ends is left to the verifier, which tells it.
    fn turns(&self, condition: &Expr, body: &[Stmt]) -> Option<i64> {
        if constant(condition).is_some_and(|it| it != 0) && !ends(body) {
            return Some(1);
        }
        conjuncts(condition).into_iter().filter_map(counter).find_map(|counter| {
            let way = counter.end.saturating_sub(*self.known.get(&counter.var)?);
            let step = step(counter.var, counter.step, body)?;
            let turns = way.checked_div(step)?.saturating_add(1);
            Some(turns).filter(|turns| *turns > 0)
        })
    }

    /// What may run several times, or not at all: of what it changes nobody knows how often that is done.
    fn turn(&mut self, body: &[Stmt]) {
        let changed = changes(body);
        self.lose(changed.iter().copied());
        self.stmts(body);
        self.lose(changed);
    }

    fn lose(&mut self, vars: impl IntoIterator<Item = VarId>) {
        for var in vars {
            self.known.remove(&var);
        }
    }
}

/// A variable that is compared with a number.
struct Counter {
    var: VarId,
    end: i64,
    /// What the comparison itself moves it by.
    step: i64,
}

/// The comparison of a variable with a number that this is.
fn counter(it: &Expr) -> Option<Counter> {
    let of = |it, end| variable(it).map(|(var, step)| Counter { var, end, step });
    match &it.kind {
        ExprKind::Compare(_, one, other) => match (constant(one), constant(other)) {
            (None, Some(end)) => of(one, end),
            (Some(end), None) => of(other, end),
            _ => None,
        },
        _ => of(it, 0),
    }
}

/// The variable that this is, and what this moves it by.
fn variable(it: &Expr) -> Option<(VarId, i64)> {
    match &it.kind {
        ExprKind::Var(var) => Some((*var, 0)),
        ExprKind::StepVar { var, by, .. } => Some((*var, *by)),
        ExprKind::Cast(inner) => variable(inner),
        _ => None,
    }
}

/// The least that each turn moves a variable by, if it is moved in each turn, and never back or to elsewhere.
fn step(var: VarId, own: i64, body: &[Stmt]) -> Option<i64> {
    let always: Vec<i64> =
        body.iter().filter_map(|it| moves(it, var)).chain([own]).filter(|by| *by != 0).collect();
    let least = always.iter().copied().min_by_key(|by| by.saturating_abs())?;
    let mut steady = true;
    walk::stmts(body, &mut |node| {
        let by = match node {
            Node::Stmt(it) if change(node) == Some(var) => moves(it, var),
            Node::Expr(Expr { kind: ExprKind::StepVar { var: moved, by, .. }, .. }) if *moved == var => {
                Some(*by)
            }
            Node::Expr(Expr { kind: ExprKind::VarAddress(other), .. }) if *other == var => None,
            _ => return,
        };
        steady &= by.is_some_and(|by| by.signum() == least.signum());
    });
    steady.then_some(least)
}

/// By which number a statement moves a variable, if that is all that it does with it.
fn moves(it: &Stmt, var: VarId) -> Option<i64> {
    let (StmtKind::Expr(value) | StmtKind::SetVar(_, value)) = &it.kind else { return None };
    match (&it.kind, &value.kind) {
        (StmtKind::Expr(_), ExprKind::StepVar { var: moved, by, .. }) => Some(*by).filter(|_| *moved == var),
        (StmtKind::SetVar(set, _), ExprKind::Arithmetic(op, one, other)) if *set == var => {
            let own = |it: &Expr| variable(it) == Some((var, 0));
            match op {
                AluOp::Add if own(one) => constant(other),
                AluOp::Add if own(other) => constant(one),
                AluOp::Sub if own(one) => constant(other)?.checked_neg(),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The variables that statements change.
pub(super) fn changes(body: &[Stmt]) -> BTreeSet<VarId> {
    let mut changed = BTreeSet::new();
    walk::stmts(body, &mut |node| changed.extend(change(node)));
    changed
}

/// The variables that an expression changes.
pub(super) fn changes_of(it: &Expr) -> BTreeSet<VarId> {
    let mut changed = BTreeSet::new();
    walk::expr(it, &mut |node| changed.extend(change(node)));
    changed
}

fn change(node: Node<'_>) -> Option<VarId> {
    match node {
        Node::Stmt(Stmt { kind: StmtKind::SetVar(var, _), .. }) => Some(*var),
        Node::Expr(Expr { kind: ExprKind::StepVar { var, .. }, .. }) => Some(*var),
        _ => None,
    }
}

/// The number that this is.
pub(super) fn constant(it: &Expr) -> Option<i64> {
    match &it.kind {
        ExprKind::Number(number) => Some(*number),
        ExprKind::Cast(inner) if matches!(inner.ty, Type::Int { .. }) => constant(inner),
        _ => None,
    }
}

/// Whether these statements may leave the loop that they are in, or the program.
fn ends(body: &[Stmt]) -> bool {
    let mut found = false;
    walk::stmts(body, &mut |node| {
        found |= matches!(node, Node::Stmt(Stmt { kind: StmtKind::Break | StmtKind::Return(_), .. }));
    });
    found
}

/// What must all hold for this to hold.
fn conjuncts(it: &Expr) -> Vec<&Expr> {
    match &it.kind {
        ExprKind::And(first, second) => [conjuncts(first), conjuncts(second)].concat(),
        _ => vec![it],
    }
}
