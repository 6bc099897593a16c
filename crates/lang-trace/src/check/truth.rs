//! Values as conditions.
use super::body::Body;
use super::convert::convert;
use crate::ast;
use crate::typed::{Expr, ExprKind, Type};
use osmia_base::Span;
use osmia_isa::Cond;

impl Body<'_, '_> {
    /// An expression as a truth value.
    pub(super) fn condition(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let value = self.expr(expr)?;
        self.truth(value)
    }

    /// A value as a truth value.
    pub(super) fn truth(&mut self, value: Expr) -> Option<Expr> {
        if matches!(value.kind, ExprKind::Compare(..)) && value.ty == Type::Bool {
            return Some(value);
        }
        if value.ty == Type::None && !self.session.last_reading {
            return Some(Expr { kind: ExprKind::Number(1), ty: Type::Bool, span: value.span });
        }
        let span = value.span;
        if let ExprKind::Text(text) = &value.kind {
            return Some(super::expr::truth_literal(!text.is_empty(), span));
        }
        let ty = value.ty.clone();
        let made = if let Type::Str { .. } = ty { None } else { convert(value, &Type::Bool) };
        if made.is_none() {
            let (class, text) = (super::types::class(&ty), self.type_text(&ty));
            let message = osmia_base::Diagnostic::error(span, format!("Invalid condition: {class}"));
            self.report(message.hint(format!("a value of type '{text}' is neither true nor false")));
        }
        made
    }

    /// A comparison with zero is what a truth value of a number is.
    pub(super) fn not(&mut self, value: Expr, span: Span) -> Option<Expr> {
        if let Type::Str { .. } = value.ty {
            let text = self.type_text(&value.ty);
            self.error(span, format!("The ! operator can not be used on expressions of type '{text}'"));
            return None;
        }
        let value = self.truth(value)?;
        Some(match value.kind {
            ExprKind::Compare(cond, a, b) => {
                Expr { kind: ExprKind::Compare(opposite(cond), a, b), ty: Type::Bool, span }
            }
            _ => Expr { kind: ExprKind::Not(Box::new(value)), ty: Type::Bool, span },
        })
    }
}

const fn opposite(cond: Cond) -> Cond {
    match cond {
        Cond::Eq => Cond::Ne,
        Cond::Ne => Cond::Eq,
        Cond::Gt => Cond::Le,
        Cond::Ge => Cond::Lt,
        Cond::Lt => Cond::Ge,
        Cond::Le => Cond::Gt,
        Cond::Sgt => Cond::Sle,
        Cond::Sge => Cond::Slt,
        Cond::Slt => Cond::Sge,
        Cond::Sle => Cond::Sgt,
        // Not reached: the language has no test of bits as a comparison.
        Cond::Set => Cond::Set,
    }
}
