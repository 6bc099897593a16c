//! Looking through a checked script: every expression and statement, in order.
use crate::typed::{Builtin, Expr, ExprKind, Function, Probe, Stmt, StmtKind, VarId};
use osmia_event::Verb;
use std::collections::{BTreeMap, BTreeSet};

/// What a walk meets, each before its parts.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    Stmt(&'a Stmt),
    Expr(&'a Expr),
}

/// Shows every statement and expression of `stmts` to `see`.
pub(super) fn stmts<'a>(list: &'a [Stmt], see: &mut dyn FnMut(Node<'a>)) {
    list.iter().for_each(|it| stmt(it, see));
}

/// Shows all of a probe to `see`: when it runs, what it does, then each of its functions.
pub(super) fn probe<'a>(it: &'a Probe, see: &mut dyn FnMut(Node<'a>)) {
    it.foreign_call.iter().for_each(|asked| expr(asked, see));
    stmts(&it.body, see);
    it.functions.iter().for_each(|it| function(it, see));
}

/// Shows all of a function to `see`.
pub(super) fn function<'a>(it: &'a Function, see: &mut dyn FnMut(Node<'a>)) {
    stmts(&it.body, see);
    it.value.iter().for_each(|value| expr(value, see));
}

/// Whether there is a loop that is not written out.
pub(super) fn loops(it: &Probe) -> bool {
    let mut found = false;
    probe(it, &mut |node| {
        if let Node::Stmt(stmt) = node {
            found |= matches!(stmt.kind, StmtKind::While(..) | StmtKind::ForMap(..) | StmtKind::ForRange(..));
        }
    });
    found
}

/// Shows a statement and all in it to `see`.
pub(super) fn stmt<'a>(it: &'a Stmt, see: &mut dyn FnMut(Node<'a>)) {
    see(Node::Stmt(it));
    match &it.kind {
        StmtKind::If(condition, then, other) => {
            expr(condition, see);
            stmts(then, see);
            stmts(other, see);
        }
        StmtKind::While(condition, body) => {
            expr(condition, see);
            stmts(body, see);
        }
        StmtKind::Unroll(_, body) | StmtKind::ForMap(_, _, body) => stmts(body, see),
        StmtKind::ForRange(_, from, to, body) => {
            expr(from, see);
            expr(to, see);
            stmts(body, see);
        }
        _ => parts(it, &mut |part| expr(part, see)),
    }
}

/// The expressions of a statement that has no other statements in it.
pub(super) fn parts<'a>(it: &'a Stmt, see: &mut dyn FnMut(&'a Expr)) {
    match &it.kind {
        StmtKind::Expr(value) | StmtKind::SetVar(_, value) | StmtKind::Join(value, _) => see(value),
        StmtKind::SetMap(_, key, value) | StmtKind::UpdateMap(_, _, key, value) => {
            key.iter().chain([value]).for_each(see);
        }
        StmtKind::Aggregate(_, key, value) => key.iter().chain(value).for_each(see),
        StmtKind::Send(_, args) | StmtKind::Debug(_, args) => args.iter().for_each(see),
        StmtKind::Return(value) => value.iter().for_each(see),
        _ => {}
    }
}

/// Shows an expression and all in it to `see`.
pub(super) fn expr<'a>(it: &'a Expr, see: &mut dyn FnMut(Node<'a>)) {
    see(Node::Expr(it));
    if let ExprKind::Block(body, value) = &it.kind {
        stmts(body, see);
        return expr(value, see);
    }
    operands(&it.kind, &mut |part| expr(part, see));
}

/// The operands of an expression, in order.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of expression")]
pub(super) fn operands<'a>(kind: &'a ExprKind, see: &mut dyn FnMut(&'a Expr)) {
    match kind {
        ExprKind::Number(_)
        | ExprKind::Text(_)
        | ExprKind::Bytes(_)
        | ExprKind::Param(_)
        | ExprKind::Var(_)
        | ExprKind::VarAddress(_)
        | ExprKind::Builtin(_)
        | ExprKind::StepVar { .. }
        | ExprKind::MapItself(_)
        | ExprKind::Len(_)
        | ExprKind::TracepointField(..)
        | ExprKind::Argument(_)
        | ExprKind::Retval
        | ExprKind::Register(_)
        | ExprKind::Stack
        | ExprKind::Unwound
        | ExprKind::Kaddr(_)
        | ExprKind::Given(_)
        | ExprKind::Uaddr(_) => {}
        ExprKind::MapValue(_, key)
        | ExprKind::MapNumber(_, key)
        | ExprKind::MapAddress(_, key)
        | ExprKind::Delete(_, key)
        | ExprKind::StepMap { key, .. } => key.iter().for_each(|key| see(key)),
        ExprKind::Arithmetic(_, a, b)
        | ExprKind::PointerAdd(a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::TextEqual { lhs: a, rhs: b, .. }
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Index { base: a, index: b }
        | ExprKind::Buf { pointer: a, length: b }
        | ExprKind::Concat(a, b)
        | ExprKind::Memcmp { lhs: a, rhs: b, .. }
        | ExprKind::Strstr(a, b) => {
            see(a);
            see(b);
        }
        ExprKind::Ternary(a, b, c)
        | ExprKind::WriteUser { to: a, from: b, length: c }
        | ExprKind::SkbOutput { skb: a, length: b, offset: c, .. } => {
            see(a);
            see(b);
            see(c);
        }
        ExprKind::Str { pointer, length } => {
            see(pointer);
            length.iter().for_each(|length| see(length));
        }
        ExprKind::Ntop(family, address) => {
            family.iter().for_each(|family| see(family));
            see(address);
        }
        ExprKind::Tuple(parts)
        | ExprKind::Words(parts)
        | ExprKind::Invoke { args: parts, .. }
        | ExprKind::External { args: parts, .. } => {
            parts.iter().for_each(see);
        }
        ExprKind::Negate(a)
        | ExprKind::Complement(a)
        | ExprKind::Not(a)
        | ExprKind::Cast(a)
        | ExprKind::Deref(a)
        | ExprKind::Frames(a)
        | ExprKind::Field { base: a, .. }
        | ExprKind::Part(a, _)
        | ExprKind::HasKey(_, a)
        | ExprKind::Tagged(a)
        | ExprKind::Macaddr(a)
        | ExprKind::Bswap(a)
        | ExprKind::NameOf(_, a)
        | ExprKind::SocketCookie(a)
        | ExprKind::Signal(a, _)
        | ExprKind::Path(a)
        | ExprKind::CommOf { pid: a, .. }
        | ExprKind::Override(a)
        | ExprKind::Strlen(a)
        | ExprKind::Block(_, a) => see(a),
    }
}

/// The variable that a node itself names.
pub(super) fn var_of(node: Node<'_>) -> Option<VarId> {
    match node {
        Node::Stmt(it) => match it.kind {
            StmtKind::SetVar(var, _) | StmtKind::ForMap(var, ..) | StmtKind::ForRange(var, ..) => Some(var),
            _ => None,
        },
        Node::Expr(it) => match it.kind {
            ExprKind::Var(var) | ExprKind::VarAddress(var) | ExprKind::StepVar { var, .. } => Some(var),
            _ => None,
        },
    }
}

/// Whether evaluating an expression changes something that others see; `is_private` says whether a variable with so many
/// reads and sets in it has no others.
pub(super) fn acts(it: &Expr, is_private: impl Fn(VarId, u32) -> bool) -> bool {
    let (mut found, mut uses, mut set) = (false, BTreeMap::<VarId, u32>::new(), BTreeSet::new());
    expr(it, &mut |node| {
        if let Some(var) = var_of(node) {
            *uses.entry(var).or_default() += 1;
        }
        match node {
            Node::Expr(it) => match it.kind {
                ExprKind::StepVar { var, .. } => {
                    *uses.entry(var).or_default() += 1;
                    set.insert(var);
                }
                ExprKind::StepMap { .. }
                | ExprKind::Delete(..)
                | ExprKind::Signal(..)
                | ExprKind::Override(_)
                | ExprKind::WriteUser { .. }
                | ExprKind::SkbOutput { .. }
                | ExprKind::Invoke { .. }
                | ExprKind::External { .. } => found = true,
                _ => {}
            },
            Node::Stmt(it) => match it.kind {
                StmtKind::SetVar(var, _) | StmtKind::ForMap(var, ..) | StmtKind::ForRange(var, ..) => {
                    set.insert(var);
                }
                StmtKind::Expr(_)
                | StmtKind::If(..)
                | StmtKind::While(..)
                | StmtKind::Unroll(..)
                | StmtKind::Break
                | StmtKind::Continue => {}
                _ => found = true,
            },
        }
    });
    found || set.into_iter().any(|var| !is_private(var, uses.get(&var).copied().unwrap_or_default()))
}

/// Whether an expression names a variable.
pub(super) fn expr_mentions(it: &Expr, var: VarId) -> bool {
    let mut found = false;
    expr(it, &mut |node| found |= var_of(node) == Some(var));
    found
}

/// Whether one of the statements leaves the probe.
pub(super) fn returns(list: &[Stmt]) -> bool {
    let mut found = false;
    stmts(list, &mut |node| found |= matches!(node, Node::Stmt(Stmt { kind: StmtKind::Return(_), .. })));
    found
}

/// Whether it calls `exit()`.
pub(super) fn exits(it: &Probe) -> bool {
    let mut found = false;
    probe(it, &mut |node| {
        found |= matches!(node, Node::Stmt(Stmt { kind: StmtKind::Send(Verb::Exit, _), .. }));
    });
    found
}

/// What an expression is, as text, if it has the same value wherever a program evaluates it: equal texts, equal values.
pub(super) fn steady(it: &Expr) -> Option<String> {
    const STEADY: [Builtin; 7] = [
        Builtin::Pid,
        Builtin::Tid,
        Builtin::Uid,
        Builtin::Gid,
        Builtin::Comm,
        Builtin::Cpu,
        Builtin::Cgroup,
    ];
    let kind = match &it.kind {
        ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::TracepointField(..) | ExprKind::Argument(_) => {
            format!("{:?}", it.kind)
        }
        ExprKind::Builtin(builtin) if STEADY.contains(builtin) => format!("{builtin:?}"),
        ExprKind::Cast(inner) => steady(inner)?,
        ExprKind::Tuple(parts) => parts.iter().map(steady).collect::<Option<Vec<_>>>()?.join(", "),
        _ => return None,
    };
    Some(format!("({kind}: {:?})", it.ty))
}

/// What a text from elsewhere is, if it is read from the same place wherever a program reads it.
pub(super) fn steady_text(it: &Expr) -> Option<String> {
    let ExprKind::Str { pointer, length } = &it.kind else { return None };
    let length = match length {
        Some(length) => steady(length)?,
        None => String::new(),
    };
    Some(format!("{} [{length}]: {:?}", steady(pointer)?, it.ty))
}
