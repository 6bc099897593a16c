//! Which loops are loops of the program itself: those whose turns the verifier can count, because a variable goes from a number to a
//! number, and in which the kernel calls nothing back. The verifier follows such loops turn by turn, and others without end.
use super::walk::{self, Node};
use crate::typed::{Expr, ExprKind, Probe, Stmt, StmtKind, Type, VarId};
use osmia_isa::AluOp;
use std::collections::BTreeSet;

/// Ranges of at most so many turns, those of loops inside of them included, are loops of the program itself.
const NATIVE_TURNS: i64 = 128;

/// The `while` loops of a probe that end when a variable has counted to a number, by where their conditions are in memory.
#[derive(Debug, Default)]
pub(super) struct Counted(BTreeSet<usize>);

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

    /// Whether the loop with this condition is one of them.
    pub(super) fn has(&self, condition: &Expr) -> bool {
        self.0.contains(&place(condition))
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

    /// What keeps a stack has a loop of its own, as long as the stack: the verifier is to look at that once too.
    fn is_callback(&self, node: Node<'_>) -> bool {
        match node {
            Node::Expr(it) => matches!(
                it.kind,
                ExprKind::Len(_)
                    | ExprKind::Strlen(_)
                    | ExprKind::Strstr(..)
                    | ExprKind::Stack
                    | ExprKind::Invoke { .. }
                    | ExprKind::External { .. }
            ),
            Node::Stmt(it) => match &it.kind {
                StmtKind::ForMap(..) => true,
                StmtKind::ForRange(_, from, to, body) => !is_short(from, to, body),
                StmtKind::While(condition, _) => !self.has(condition),
                _ => false,
            },
        }
    }
}

fn place(it: &Expr) -> usize {
    std::ptr::from_ref(it).addr()
}

/// Goes through a probe as it runs.
#[derive(Debug, Default)]
struct Search {
    counted: Counted,
    /// The variables that hold a number here which is known, on each way on which the program comes here.
    known: BTreeSet<VarId>,
    /// Those that were given another value on the way here.
    lost: BTreeSet<VarId>,
}

impl Search {
    fn stmts(&mut self, list: &[Stmt]) {
        list.iter().for_each(|it| self.stmt(it));
    }

    fn stmt(&mut self, it: &Stmt) {
        walk::parts(it, &mut |part| self.value(part));
        match &it.kind {
            StmtKind::SetVar(var, value) if constant(value).is_some() => {
                self.known.insert(*var);
            }
            StmtKind::SetVar(var, _) if !moves(it, *var) => self.lose([*var]),
            StmtKind::If(condition, then, other) => {
                self.value(condition);
                let before = self.known.clone();
                self.stmts(then);
                let after = std::mem::replace(&mut self.known, before);
                self.stmts(other);
                self.known.retain(|var| after.contains(var));
            }
            StmtKind::While(condition, body) => self.while_loop(condition, body),
            StmtKind::Unroll(_, body) => {
                self.turn(body);
            }
            StmtKind::ForMap(var, _, body) => {
                self.lose([*var]);
                self.called(body);
            }
            StmtKind::ForRange(var, from, to, body) => {
                self.value(from);
                self.value(to);
                self.lose([*var]);
                if is_short(from, to, body) && !self.counted.call_back(body) {
                    self.turn(body);
                } else {
                    self.called(body);
                }
            }
            _ => {}
        }
    }

    /// An expression: there are statements in some. Perhaps they do not run.
    fn value(&mut self, it: &Expr) {
        match &it.kind {
            ExprKind::Block(body, value) => {
                self.called(body);
                self.value(value);
            }
            ExprKind::VarAddress(var) => self.lose([*var]),
            kind => walk::operands(kind, &mut |part| self.value(part)),
        }
    }

    fn while_loop(&mut self, condition: &Expr, body: &[Stmt]) {
        self.value(condition);
        let before = self.known.clone();
        let lost = self.turn(body);
        let counts = |(var, steps)| {
            before.contains(&var) && !lost.contains(&var) && (steps || body.iter().any(|it| moves(it, var)))
        };
        let is_endless = constant(condition).is_some_and(|it| it != 0) && !ends(body);
        if is_endless || conjuncts(condition).into_iter().filter_map(counter).any(counts) {
            self.counted.0.insert(place(condition));
        }
        if !self.counted.has(condition) || self.counted.calls_back(condition) || self.counted.call_back(body)
        {
            self.lose(changes(body));
            self.lose(changes_of(condition));
        }
    }

    /// A turn of a loop: of what its body changes nobody knows how often that was done before. Says what it loses.
    fn turn(&mut self, body: &[Stmt]) -> BTreeSet<VarId> {
        let (before, changed) = (self.known.clone(), changes(body));
        let lost_before = std::mem::take(&mut self.lost);
        self.known.retain(|var| !changed.contains(var));
        self.stmts(body);
        let lost = std::mem::replace(&mut self.lost, lost_before);
        self.known = before;
        self.lose(lost.iter().copied());
        lost
    }

    /// A body that the kernel calls, or that may not run.
    fn called(&mut self, body: &[Stmt]) {
        self.turn(body);
        self.lose(changes(body));
    }

    fn lose(&mut self, vars: impl IntoIterator<Item = VarId>) {
        for var in vars {
            self.known.remove(&var);
            self.lost.insert(var);
        }
    }
}

/// How many turns a range has, where that is known.
fn turns(from: &Expr, to: &Expr) -> Option<i64> {
    constant(from).zip(constant(to)).map(|(from, to)| to.saturating_sub(from))
}

/// Whether a range has few turns, and it is known how many. The verifier follows each turn of each loop inside, too, and of a
/// `while` nobody knows how many there are.
pub(super) fn is_short(from: &Expr, to: &Expr, body: &[Stmt]) -> bool {
    let mut inside = 1_i64;
    walk::stmts(body, &mut |node| {
        let Node::Stmt(it) = node else { return };
        inside = inside.saturating_add(match &it.kind {
            StmtKind::ForRange(_, from, to, _) => turns(from, to).unwrap_or(NATIVE_TURNS).max(0),
            StmtKind::While(..) => NATIVE_TURNS,
            _ => 0,
        });
    });
    turns(from, to).is_some_and(|own| own.saturating_mul(inside) <= NATIVE_TURNS)
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

/// The variable that is compared with a number, and whether that moves it.
fn counter(it: &Expr) -> Option<(VarId, bool)> {
    match &it.kind {
        ExprKind::Compare(_, one, other) => match (constant(one), constant(other)) {
            (None, Some(_)) => variable(one),
            (Some(_), None) => variable(other),
            _ => None,
        },
        _ => variable(it),
    }
}

/// The variable that this is, and whether it is moved.
fn variable(it: &Expr) -> Option<(VarId, bool)> {
    match &it.kind {
        ExprKind::Var(var) => Some((*var, false)),
        ExprKind::StepVar { var, .. } => Some((*var, true)),
        ExprKind::Cast(inner) => variable(inner),
        _ => None,
    }
}

/// Whether a statement moves a variable by a number.
fn moves(it: &Stmt, var: VarId) -> bool {
    let StmtKind::SetVar(set, value) = &it.kind else {
        let StmtKind::Expr(it) = &it.kind else { return false };
        return matches!(it.kind, ExprKind::StepVar { var: moved, .. } if moved == var);
    };
    let ExprKind::Arithmetic(AluOp::Add | AluOp::Sub, one, other) = &value.kind else { return false };
    let own = |it: &Expr| variable(it).is_some_and(|(found, _)| found == var);
    *set == var && (own(one) && constant(other).is_some() || own(other) && constant(one).is_some())
}
