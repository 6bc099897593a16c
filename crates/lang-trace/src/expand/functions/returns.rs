//! A `return` in a loop: it notes the value and that the function is to be left, and leaves the loop; what follows the loop is done
//! only if nothing was noted.
use super::{Converter, given_name, returns};
use crate::ast::{Block, Expr, ExprKind, If, Name, Stmt, StmtKind};
use osmia_base::Span;

/// The variables of one loop; no script can write their names.
struct Exit {
    /// Not zero once the function is to be left.
    left: String,
    /// What it returns then.
    value: String,
}

impl Converter<'_> {
    /// A loop that a function may return from: the statements that it becomes, and the way on: an `if` that returns.
    pub(super) fn leaving_loop(&mut self, stmt: &Stmt) -> (Vec<Stmt>, If) {
        self.loops += 1;
        let name = |word: &str| given_name(&format!("${word}{}", self.loops));
        let exit = Exit { left: name("left"), value: name("value") };
        let span = stmt.span;
        let mut before = vec![declare(&exit.left, None, Some(number(0, span)), span)];
        if let Some(ty) = self.result {
            before.push(declare(&exit.value, Some(ty.clone()), None, span));
        }
        let left = self.loop_left_by(stmt, &exit);
        before.extend(left);
        let value = self.result.map(|_| variable(&exit.value, span));
        let then = Block { stmts: vec![Stmt { kind: StmtKind::Return(value), span }], tail: None, span };
        (before, If { condition: variable(&exit.left, span), then, otherwise: None })
    }

    /// Statements of a loop, with another way out for each `return`.
    fn left_by_all(&mut self, block: &Block, exit: &Exit) -> Block {
        let mut stmts = Vec::with_capacity(block.stmts.len());
        block.stmts.iter().for_each(|stmt| self.left_by(stmt, exit, &mut stmts));
        Block { stmts, ..block.clone() }
    }

    fn left_by(&mut self, stmt: &Stmt, exit: &Exit, out: &mut Vec<Stmt>) {
        let span = stmt.span;
        let mut push = |kind| out.push(Stmt { kind, span });
        match &stmt.kind {
            _ if !returns(std::slice::from_ref(stmt)) => push(stmt.kind.clone()),
            StmtKind::Return(value) => {
                if let Some(value) = value.clone() {
                    let target = variable(&exit.value, span);
                    push(StmtKind::Assign { target, op: None, value });
                }
                let target = variable(&exit.left, span);
                push(StmtKind::Assign { target, op: None, value: number(1, span) });
                push(StmtKind::Break);
            }
            StmtKind::If(branch) => push(StmtKind::If(Box::new(self.if_left_by(branch, exit)))),
            StmtKind::Block(inner) => push(StmtKind::Block(self.left_by_all(inner, exit))),
            StmtKind::Comptime(inner) => match &inner.kind {
                StmtKind::If(branch) => {
                    let kind = StmtKind::If(Box::new(self.if_left_by(branch, exit)));
                    push(StmtKind::Comptime(Box::new(Stmt { kind, span: inner.span })));
                }
                _ => out.extend(self.loop_left_by(stmt, exit)),
            },
            _ => {
                let inner = self.loop_left_by(stmt, exit);
                out.extend(inner);
                out.push(onward(exit, span));
            }
        }
    }

    /// The loop itself, with the other ways out; nothing, and an error, where it is none.
    fn loop_left_by(&mut self, stmt: &Stmt, exit: &Exit) -> Option<Stmt> {
        let kind = match &stmt.kind {
            StmtKind::While { condition, body } => {
                StmtKind::While { condition: condition.clone(), body: self.left_by_all(body, exit) }
            }
            StmtKind::ForEach { var, over, body } => {
                let body = self.left_by_all(body, exit);
                StmtKind::ForEach { var: var.clone(), over: over.clone(), body }
            }
            StmtKind::ForRange { var, from, to, body } => {
                let body = self.left_by_all(body, exit);
                StmtKind::ForRange { var: var.clone(), from: from.clone(), to: to.clone(), body }
            }
            // What is unrolled cannot be left: it is turned instead.
            StmtKind::Unroll { count, body } if !leaves_outer(body) => {
                let var = Name::new(given_name("$turn"), stmt.span);
                let from = number(0, stmt.span);
                StmtKind::ForRange { var, from, to: count.clone(), body: self.left_by_all(body, exit) }
            }
            _ => {
                let text = "a function cannot return from here: write it as an `if` or a loop";
                self.diagnostics.error(stmt.span, text);
                return None;
            }
        };
        Some(Stmt { kind, span: stmt.span })
    }

    fn if_left_by(&mut self, branch: &If, exit: &Exit) -> If {
        let then = self.left_by_all(&branch.then, exit);
        let otherwise = branch.otherwise.as_ref().map(|other| self.left_by_all(other, exit));
        If { condition: branch.condition.clone(), then, otherwise }
    }
}

/// What follows a loop inside of a loop: if the function is to be left, so is that one. (After the outermost, it is the way on.)
fn onward(exit: &Exit, span: Span) -> Stmt {
    let then = Block { stmts: vec![Stmt { kind: StmtKind::Break, span }], tail: None, span };
    let way = If { condition: variable(&exit.left, span), then, otherwise: None };
    Stmt { kind: StmtKind::If(Box::new(way)), span }
}

/// Whether these statements leave or go on with a loop around them.
fn leaves_outer(body: &Block) -> bool {
    body.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break | StmtKind::Continue => true,
        StmtKind::If(branch) => {
            leaves_outer(&branch.then) || branch.otherwise.as_ref().is_some_and(leaves_outer)
        }
        StmtKind::Block(inner) | StmtKind::Unroll { body: inner, .. } => leaves_outer(inner),
        StmtKind::Comptime(inner) => {
            leaves_outer(&Block { stmts: vec![(**inner).clone()], tail: None, span: inner.span })
        }
        _ => false,
    })
}

fn declare(name: &str, ty: Option<crate::ast::TypeName>, value: Option<Expr>, span: Span) -> Stmt {
    Stmt { kind: StmtKind::Let { name: Name::new(name.to_owned(), span), ty, value }, span }
}

fn variable(name: &str, span: Span) -> Expr {
    Expr { kind: ExprKind::Var(name.to_owned()), span }
}

const fn number(value: u64, span: Span) -> Expr {
    Expr { kind: ExprKind::Integer(value), span }
}
