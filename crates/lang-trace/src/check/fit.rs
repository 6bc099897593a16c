//! What the language converts unasked: a value into a variable, a map, a key; two sides of an operation into one type.
use super::arithmetic::{holds, holds_number, integer_parts, literal_value};
use super::body::Body;
use super::convert::{cast, convert};
use crate::typed::{Expr, ExprKind, Stmt, StmtKind, Type};
use osmia_base::Diagnostic;

impl Body<'_, '_> {
    /// The value as one of type `want`; `None` where that needs a cast, or there is no way. Warns where a value may change.
    pub(super) fn fit(&mut self, value: Expr, want: &Type) -> Option<Expr> {
        if value.ty == *want {
            return Some(value);
        }
        match (&value.ty, want) {
            (Type::None, _) if !self.session.last_reading => Some(Expr { ty: want.clone(), ..value }),
            (Type::Tuple(have), Type::Tuple(parts)) if have.len() == parts.len() => {
                self.fit_tuple(value, want)
            }
            (Type::Record(have), Type::Record(parts)) if have.len() == parts.len() => {
                self.fit_record(value, want)
            }
            (Type::Str { capacity }, Type::Str { capacity: room }) if capacity > room => None,
            (have, want) if std::mem::discriminant(have) == std::mem::discriminant(want) => {
                self.warn_of_loss(&value, want)?;
                convert(value, want)
            }
            _ if integer_parts(&value.ty).is_some() && integer_parts(want).is_some() => {
                self.warn_of_loss(&value, want)?;
                convert(value, want)
            }
            _ => None,
        }
    }

    /// Says where an integer may not be the same in another type; `None` where it is known that it is not.
    pub(super) fn warn_of_loss(&mut self, value: &Expr, want: &Type) -> Option<()> {
        let (Some(have), Some((size, signed, _))) = (integer_parts(&value.ty), integer_parts(want)) else {
            return Some(());
        };
        if let Some(number) = literal_value(value) {
            return holds_number(want, number).then_some(());
        }
        let reduced = matches!(value.kind, ExprKind::MapNumber(..));
        if !holds((size, signed), have) && !reduced {
            let [from, to] = [&value.ty, want].map(|ty| self.type_text(ty));
            self.warn(
                value.span,
                format!("Expression of type: {from} being cast to type: {to}. This may cause unexpected results. Use an explicit cast to suppress this warning."),
            );
        }
        Some(())
    }

    fn fit_tuple(&mut self, value: Expr, want: &Type) -> Option<Expr> {
        let Type::Tuple(wanted) = want else { return None };
        let (before, parts) = self.take_apart(value);
        let span = parts.first().map(|part| part.span)?;
        let parts = parts.into_iter().zip(wanted).map(|(part, want)| self.fit(part, want));
        let parts = parts.collect::<Option<Vec<_>>>()?;
        let made = Expr { kind: ExprKind::Tuple(parts), ty: want.clone(), span };
        Some(after(before, made))
    }

    /// Fields are found by their names, and evaluated in the order in which they are written.
    fn fit_record(&mut self, value: Expr, want: &Type) -> Option<Expr> {
        let (Type::Record(have), Type::Record(wanted)) = (value.ty.clone(), want) else { return None };
        let span = value.span;
        let (mut before, mut parts) = self.take_apart(value);
        let moves = have.iter().zip(wanted).any(|((name, _), (other, _))| name != other);
        if moves {
            let kept = parts.into_iter().map(|part| self.keep(part, &mut before));
            parts = kept.collect();
        }
        let mut fitted = Vec::new();
        for (name, ty) in wanted {
            let index = have.iter().position(|(other, _)| other == name)?;
            fitted.push(self.fit(parts.get(index)?.clone(), ty)?);
        }
        Some(after(before, Expr { kind: ExprKind::Tuple(fitted), ty: want.clone(), span }))
    }

    /// The parts of a tuple or record, and what must be done before they are read.
    fn take_apart(&mut self, value: Expr) -> (Vec<Stmt>, Vec<Expr>) {
        if let ExprKind::Tuple(parts) = value.kind {
            return (Vec::new(), parts);
        }
        let types: Vec<Type> = match &value.ty {
            Type::Tuple(parts) => parts.clone(),
            Type::Record(parts) => parts.iter().map(|(_, part)| part.clone()).collect(),
            _ => Vec::new(),
        };
        let mut before = Vec::new();
        let whole = self.keep(value, &mut before);
        let span = whole.span;
        let part = |(index, ty)| {
            let kind = ExprKind::Part(Box::new(whole.clone()), index);
            Expr { kind, ty, span }
        };
        (before, types.into_iter().enumerate().map(part).collect())
    }

    /// A value that can be read more than once: in a variable of its own, unless that makes no difference.
    pub(super) fn keep(&mut self, value: Expr, before: &mut Vec<Stmt>) -> Expr {
        if matches!(value.kind, ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Var(_)) {
            return value;
        }
        let (span, ty) = (value.span, value.ty.clone());
        let var = self.fresh_var("(kept)", span, &ty, super::body::Typed::Fixed);
        self.note_time(var, &value);
        before.push(Stmt { kind: StmtKind::SetVar(var, value), span });
        Expr { kind: ExprKind::Var(var), ty, span }
    }

    /// A cast that changes nothing is one too many; where only the type is asked for, nothing is cast.
    pub(super) fn warn_of_no_cast(&mut self, value: &Expr, span: osmia_base::Span) {
        if self.asks_types.is_some() {
            return;
        }
        let text = self.type_text(&value.ty);
        self.report(Diagnostic::warning(
            span,
            format!("Unnecessary cast: expression is already of type {text}"),
        ));
    }

    /// A number that was written down as a value of a type that is spelled out: no longer one that was written down.
    pub(super) fn spelled(value: Expr, ty: &Type) -> Option<Expr> {
        match value.kind {
            ExprKind::Number(_) if ty.is_scalar() => convert(value, ty).map(|value| cast(value, ty.clone())),
            _ => convert(value, ty),
        }
    }
}

/// A value, with what comes before it.
pub(super) fn after(before: Vec<Stmt>, value: Expr) -> Expr {
    if before.is_empty() {
        return value;
    }
    let (ty, span) = (value.ty.clone(), value.span);
    Expr { kind: ExprKind::Block(before, Box::new(value)), ty, span }
}
