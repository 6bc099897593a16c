//! Conditions: they lead somewhere, without a number in between.
use super::arithmetic::condition;
use super::function::Body;
use crate::ast::BinaryOp;
use crate::typed::{Expr, ExprKind};
use osmia_ir::Block;

impl Body<'_, '_> {
    /// Leads to one of two blocks.
    pub(super) fn branch(&mut self, asked: &Expr, then: Block, other: Block) {
        match &asked.kind {
            ExprKind::Not(a) => self.branch(a, other, then),
            ExprKind::And(a, b) => {
                let middle = self.b.block();
                self.branch(a, middle, other);
                self.b.switch_to(middle);
                self.branch(b, then, other);
            }
            ExprKind::Or(a, b) => {
                let middle = self.b.block();
                self.branch(a, then, middle);
                self.b.switch_to(middle);
                self.branch(b, then, other);
            }
            ExprKind::Comma(first, second) => {
                self.effect(first);
                self.branch(second, then, other);
            }
            ExprKind::Convert(inner) if is_answer(inner) => self.branch(inner, then, other),
            ExprKind::Binary(op, a, b) if self.compare(*op, a, b, asked, then, other) => {}
            ExprKind::Int(number) => self.b.jump(if *number == 0 { other } else { then }, &[]),
            _ => {
                let value = self.value(asked);
                self.at(asked.span);
                self.b.branch_if(value, then, other);
            }
        }
    }

    /// Leads by a comparison; whether the operation is one.
    fn compare(&mut self, op: BinaryOp, a: &Expr, b: &Expr, asked: &Expr, then: Block, other: Block) -> bool {
        let Some(cond) = self.types().scalar(a.ty).and_then(|scalar| condition(op, scalar)) else {
            return false;
        };
        let (a, b) = (self.value(a), self.value(b));
        self.at(asked.span);
        self.b.branch(cond, a, b, then, other);
        true
    }
}

/// Whether a value is 1 or 0.
pub(super) fn is_answer(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Not(_) | ExprKind::And(..) | ExprKind::Or(..) => true,
        ExprKind::Binary(op, ..) => matches!(
            op,
            BinaryOp::Less
                | BinaryOp::LessEqual
                | BinaryOp::Greater
                | BinaryOp::GreaterEqual
                | BinaryOp::Equal
                | BinaryOp::NotEqual
        ),
        ExprKind::Convert(inner) => is_answer(inner),
        _ => false,
    }
}
