//! Statements.
use super::function::{Body, Exits};
use crate::ast::Unroll;
use crate::typed::{Enter, Expr, Returned, Stmt, StmtKind};
use osmia_ir::{Block, Op};

impl Body<'_, '_> {
    pub(super) fn stmts(&mut self, stmts: &[Stmt]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        self.at(stmt.span);
        match &stmt.kind {
            StmtKind::Expr(expr) => self.effect(expr),
            StmtKind::Declare { local, zero, stores } => {
                if *zero {
                    self.zero_local(*local);
                }
                stores.iter().for_each(|store| self.effect(store));
            }
            StmtKind::Block(stmts) => self.stmts(stmts),
            StmtKind::If(condition, then, other) => self.if_else(condition, then, other.as_deref()),
            StmtKind::Loop { enter, condition, step, body, unroll } => {
                self.turns(*enter, condition.as_ref(), step.as_ref(), body, *unroll);
            }
            StmtKind::Switch { value, body, cases, default } => self.switch(value, body, cases, *default),
            StmtKind::Case(number) => {
                if let Some(block) = self.case(*number) {
                    self.go(block);
                }
            }
            StmtKind::Label(label) => {
                let block = self.label(*label);
                self.go(block);
            }
            StmtKind::Goto(label) => {
                let block = self.label(*label);
                self.depart(Some(block));
            }
            StmtKind::Break => self.depart(self.exits.last().map(|exits| exits.leave)),
            StmtKind::Continue => self.depart(self.exits.iter().rev().find_map(|exits| exits.next)),
            StmtKind::Return(value) => self.give_back(value.as_ref()),
            StmtKind::MemoryBarrier => self.b.effect(Op::Barrier),
            StmtKind::Opaque(place) => {
                let spot = self.place(place);
                let value = self.load(&spot, place.ty);
                let value = self.b.opaque(value);
                self.store(&spot, place.ty, value);
            }
        }
    }

    /// Leads elsewhere; nobody comes to what follows.
    fn depart(&mut self, to: Option<Block>) {
        if let Some(block) = to {
            self.b.jump(block, &[]);
            self.nowhere();
        }
    }

    fn label(&mut self, label: u32) -> Block {
        let b = &mut self.b;
        *self.labels.entry(label).or_insert_with(|| b.block())
    }

    fn if_else(&mut self, condition: &Expr, then: &Stmt, other: Option<&Stmt>) {
        let (yes, join) = (self.b.block(), self.b.block());
        let no = if other.is_some() { self.b.block() } else { join };
        self.branch(condition, yes, no);
        self.b.switch_to(yes);
        self.stmt(then);
        self.b.jump(join, &[]);
        if let Some(other) = other {
            self.b.switch_to(no);
            self.stmt(other);
            self.b.jump(join, &[]);
        }
        self.b.switch_to(join);
    }

    fn turns(
        &mut self,
        enter: Enter,
        condition: Option<&Expr>,
        step: Option<&Expr>,
        body: &Stmt,
        unroll: Unroll,
    ) {
        let (head, turn, next, leave) = (self.b.block(), self.b.block(), self.b.block(), self.b.block());
        if unroll == Unroll::Full {
            // Which of them the loop begins with depends on whether its first turn is made in any case.
            self.b.function().unroll.extend([head, turn]);
        }
        // What is asked before each turn is asked after it where the first is made anyway.
        self.b.jump(if enter == Enter::Asked { head } else { turn }, &[]);
        self.b.switch_to(turn);
        self.exits.push(Exits { leave, next: Some(next) });
        self.stmt(body);
        self.exits.pop();
        self.go(next);
        if let Some(step) = step {
            self.at(step.span);
            self.effect(step);
        }
        self.go(head);
        match condition {
            Some(condition) => {
                self.at(condition.span);
                self.branch(condition, turn, leave);
            }
            None => self.b.jump(turn, &[]),
        }
        self.b.switch_to(leave);
    }

    fn give_back(&mut self, value: Option<&Returned>) {
        match value {
            Some(Returned::Scalar(expr)) => {
                let value = self.value(expr);
                let value = self.result.map(|_| value);
                self.b.ret(value);
            }
            Some(Returned::Record(place)) => {
                let from = self.place(place);
                if let Some(to) = self.returned.clone() {
                    self.copy(&to, &from, place.ty, place.span);
                }
                self.b.ret(None);
            }
            None => {
                let zero = self.result.map(|scalar| self.b.constant(0, scalar.kind));
                self.b.ret(zero);
            }
        }
        self.nowhere();
    }
}
