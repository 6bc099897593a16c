//! Operators: what they are for the types of their operands.
use super::arithmetic::{compare, condition, fold, integer_parts, literal, literal_value, operation, signs};
use super::body::Body;
use super::convert::convert;
use super::expr::{number, truth_literal};
use super::fit::after;
use super::types::moved;
use crate::ast::{self, BinaryOp, UnaryOp};
use crate::typed::{Expr, ExprKind, MapValue, Space, Stmt, StmtKind, Type};
use osmia_base::{Diagnostic, Span};
use osmia_isa::{AluOp, Cond};

impl Body<'_, '_> {
    pub(super) fn binary_expr(
        &mut self,
        op: BinaryOp,
        lhs: &ast::Expr,
        rhs: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            let lhs = self.condition(lhs);
            let ((), rhs) = self.either_way(|_| (), |body| body.condition(rhs));
            let (lhs, rhs) = (Box::new(lhs?), Box::new(rhs?));
            let kind = if op == BinaryOp::And { ExprKind::And(lhs, rhs) } else { ExprKind::Or(lhs, rhs) };
            return Some(Expr { kind, ty: Type::Bool, span });
        }
        let (lhs, rhs) = (self.expr(lhs), self.expr(rhs));
        self.binary(op, lhs?, rhs?, span)
    }

    /// `lhs op rhs`; not `&&` and `||`.
    pub(super) fn binary(&mut self, op: BinaryOp, lhs: Expr, rhs: Expr, span: Span) -> Option<Expr> {
        if (lhs.ty == Type::None || rhs.ty == Type::None) && !self.session.last_reading {
            // Nothing is known of it yet, but for what all comparisons are.
            let ty = if condition(op, false).is_some() { Type::Bool } else { Type::None };
            return Some(Expr { ty, ..number(0, span) });
        }
        if let (Some(a), Some(b)) = (literal_value(&lhs), literal_value(&rhs)) {
            return self.folded(op, a, b, span);
        }
        if let Some(truth) = compare_literals(op, &lhs, &rhs) {
            let sides = [lhs, rhs].into_iter().filter(|side| !is_inert(side));
            let evaluated = sides.map(|side| Stmt { span: side.span, kind: StmtKind::Expr(side) }).collect();
            return Some(after(evaluated, truth_literal(truth, span)));
        }
        if op == BinaryOp::Add
            && let Some(text) = self.joined_literals(&lhs, &rhs, span)
        {
            return Some(super::expr::text_literal(text, span));
        }
        match (&lhs.ty, &rhs.ty) {
            (Type::Str { .. }, Type::Str { .. }) => self.text_comparison(op, lhs, rhs, span),
            _ if same_kind_of_memory(&lhs.ty, &rhs.ty) => self.memory_comparison(op, lhs, rhs, span),
            (Type::Pointer { .. }, Type::Pointer { .. }) => self.pointers(op, lhs, rhs, span),
            (Type::Pointer { .. }, Type::Int { .. } | Type::Enum { .. })
                if matches!(op, BinaryOp::Add | BinaryOp::Sub) =>
            {
                self.pointer_sum(op, lhs, rhs, span)
            }
            (Type::Int { .. } | Type::Enum { .. }, Type::Pointer { .. }) if op == BinaryOp::Add => {
                self.pointer_sum(op, rhs, lhs, span)
            }
            (Type::Pointer { .. }, other) | (other, Type::Pointer { .. })
                if !other.is_scalar() || condition(op, false).is_none() =>
            {
                self.no_operator(op, &lhs, &rhs, span)
            }
            _ if lhs.ty.is_scalar() && rhs.ty.is_scalar() => self.numbers(op, lhs, rhs, span),
            _ => self.incomparable(op, &lhs, &rhs, span),
        }
    }

    fn text_comparison(&mut self, op: BinaryOp, lhs: Expr, rhs: Expr, span: Span) -> Option<Expr> {
        let kind = ExprKind::TextEqual { lhs: Box::new(lhs), rhs: Box::new(rhs), limit: None };
        let equal = Expr { kind, ty: Type::Bool, span };
        match op {
            BinaryOp::Equal => Some(equal),
            BinaryOp::NotEqual => Some(Expr { kind: ExprKind::Not(Box::new(equal)), ty: Type::Bool, span }),
            _ => {
                let ExprKind::TextEqual { lhs, rhs, .. } = &equal.kind else { return None };
                self.no_operator(op, lhs, rhs, span)
            }
        }
    }

    /// Arrays, buffers, tuples and records are equal if all their parts are; stacks, if the kernel keeps both as one.
    fn memory_comparison(&mut self, op: BinaryOp, lhs: Expr, rhs: Expr, span: Span) -> Option<Expr> {
        if let (Type::Array { element: a, count: m, .. }, Type::Array { element: b, count: n, .. }) =
            (&lhs.ty, &rhs.ty)
        {
            let wrong = match op {
                BinaryOp::Equal | BinaryOp::NotEqual if m != n => {
                    Some("Only arrays of same size support comparison operators.".to_owned())
                }
                BinaryOp::Equal | BinaryOp::NotEqual => (integer_parts(a).is_none() || a != b)
                    .then(|| "Only arrays of same sized integer support comparison operators.".to_owned()),
                _ => Some(format!("The {} operator cannot be used on arrays.", op.symbol())),
            };
            if let Some(wrong) = wrong {
                self.error(span, wrong);
                return None;
            }
            return self.text_comparison(op, lhs, rhs, span);
        }
        if matches!(lhs.ty, Type::Buffer { .. }) {
            return self.text_comparison(op, lhs, rhs, span);
        }
        match super::join::join(&lhs.ty, &rhs.ty) {
            Some(_) if !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) => {
                self.no_operator(op, &lhs, &rhs, span)
            }
            Some(joined) => {
                let (lhs, rhs) = (self.fit(lhs, &joined)?, self.fit(rhs, &joined)?);
                self.text_comparison(op, lhs, rhs, span)
            }
            None => self.incomparable(op, &lhs, &rhs, span),
        }
    }

    fn incomparable(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr, span: Span) -> Option<Expr> {
        let [a, b] = [&lhs.ty, &rhs.ty].map(|ty| self.type_text(ty));
        let message = format!("Type mismatch for '{}': comparing {a} with {b}", op.symbol());
        self.report(
            Diagnostic::error(span, message)
                .label(lhs.span, format!("left ({a})"))
                .label(rhs.span, format!("right ({b})")),
        );
        None
    }

    fn no_operator(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr, span: Span) -> Option<Expr> {
        let [a, b] = [&lhs.ty, &rhs.ty].map(|ty| self.type_text(ty));
        self.error(span, operator_message(op, &a, &b));
        None
    }

    /// Two numbers that are written down.
    fn folded(&mut self, op: BinaryOp, a: i128, b: i128, span: Span) -> Option<Expr> {
        if let Some(truth) = compare(op, a, b) {
            return Some(truth_literal(truth, span));
        }
        match fold(op, a, b) {
            Some(value) => Some(literal(value, span)),
            None => {
                self.error(span, "unable to fold literals due to overflow or underflow");
                None
            }
        }
    }

    /// Two addresses can be compared.
    fn pointers(&mut self, op: BinaryOp, lhs: Expr, rhs: Expr, span: Span) -> Option<Expr> {
        let Some(cond) = condition(op, false) else { return self.no_operator(op, &lhs, &rhs, span) };
        if let (Type::Pointer { to: a, .. }, Type::Pointer { to: b, .. }) = (&lhs.ty, &rhs.ty)
            && moved(a, Space::Unknown) != moved(b, Space::Unknown)
        {
            let [a, b] = [a, b].map(|ty| self.type_text(ty));
            self.report(
                Diagnostic::warning(span, format!("comparison of distinct pointer types: {a}, {b}"))
                    .label(lhs.span, format!("left ({a})"))
                    .label(rhs.span, format!("right ({b})")),
            );
        }
        let [a, b] = [lhs, rhs].map(|side| convert(side, &Type::UINT64).map(Box::new));
        Some(Expr { kind: ExprKind::Compare(cond, a?, b?), ty: Type::Bool, span })
    }

    pub(super) fn pointer_sum(
        &mut self,
        op: BinaryOp,
        pointer: Expr,
        count: Expr,
        span: Span,
    ) -> Option<Expr> {
        let size = match &pointer.ty {
            Type::Pointer { to, .. } => i64::from(self.size_of(to).max(1)),
            _ => 1,
        };
        let ty = super::types::untrusted(&pointer.ty);
        let sign = if op == BinaryOp::Sub { -1 } else { 1 };
        let bytes = match count.kind {
            ExprKind::Number(known) => number(known.wrapping_mul(size * sign), span),
            _ => {
                let count = convert(count, &Type::INT64)?;
                let kind =
                    ExprKind::Arithmetic(AluOp::Mul, Box::new(count), Box::new(number(size * sign, span)));
                Expr { kind, ty: Type::INT64, span }
            }
        };
        Some(Expr { kind: ExprKind::PointerAdd(Box::new(pointer), Box::new(bytes)), ty, span })
    }

    /// An operation on two numbers or truth values: in 64 bits, signed if one side is.
    pub(super) fn numbers(&mut self, op: BinaryOp, lhs: Expr, rhs: Expr, span: Span) -> Option<Expr> {
        let (left, right) = signs(&lhs.ty, &rhs.ty);
        if let Some(cond) = condition(op, left || right) {
            return self.comparison(cond, lhs, rhs, span);
        }
        let both_truths = lhs.ty == Type::Bool && rhs.ty == Type::Bool;
        let signed = left || right;
        let ty = Type::int(8, signed || op == BinaryOp::Sub);
        // How far two unsigned numbers are apart, two times say, is no surprise.
        if signed || op != BinaryOp::Sub {
            for side in [&lhs, &rhs] {
                // A number that is written down and does not fit is cut to 64 bits.
                let _ = self.warn_of_loss(side, &ty);
            }
        }
        if matches!(op, BinaryOp::Div | BinaryOp::Mod) && literal_value(&rhs) == Some(0) {
            self.warn(span, "division by zero: the result is 1");
        }
        let (a, b) = (Box::new(convert(lhs, &ty)?), Box::new(convert(rhs, &ty)?));
        let signed = if op == BinaryOp::Shr { left } else { signed };
        let kind = ExprKind::Arithmetic(operation(op, signed)?, a, b);
        let made = Expr { kind, ty, span };
        if both_truths { convert(made, &Type::Bool) } else { Some(made) }
    }

    /// `"a" + "b"`, and `"abc" + 1`, which leaves one byte out.
    fn joined_literals(&mut self, lhs: &Expr, rhs: &Expr, span: Span) -> Option<Vec<u8>> {
        let (text, skip) = match (&lhs.kind, &rhs.kind) {
            (ExprKind::Text(a), ExprKind::Text(b)) => return Some([a.as_slice(), b].concat()),
            (ExprKind::Text(text), _) => (text, literal_value(rhs)?),
            (_, ExprKind::Text(text)) => (text, literal_value(lhs)?),
            _ => return None,
        };
        let rest = usize::try_from(skip).ok().and_then(|skip| text.get(skip..)).unwrap_or_default();
        if rest.is_empty() {
            self.warn(span, "literal string will always be empty");
        }
        Some(rest.to_vec())
    }

    /// In the type that both have in common.
    fn comparison(&mut self, cond: Cond, lhs: Expr, rhs: Expr, span: Span) -> Option<Expr> {
        let wide = match super::join::join(&lhs.ty, &rhs.ty) {
            Some(joined) => {
                for side in [&lhs, &rhs] {
                    let _ = self.warn_of_loss(side, &joined);
                }
                Type::int(8, integer_parts(&joined).is_some_and(|(_, signed, _)| signed))
            }
            None => Type::UINT64,
        };
        let (a, b) = (Box::new(convert(lhs, &wide)?), Box::new(convert(rhs, &wide)?));
        Some(Expr { kind: ExprKind::Compare(cond, a, b), ty: Type::Bool, span })
    }

    /// `-a` and `~a`, in 64 bits of the same sign.
    pub(super) fn sign_or_bits(&mut self, op: UnaryOp, value: Expr, span: Span) -> Option<Expr> {
        if let Some(known) = literal_value(&value) {
            return match op {
                // All bits of 64 are turned round.
                UnaryOp::Complement => Some(literal(i128::from(!(known as u64)), span)),
                _ if -known >= i128::from(i64::MIN) => Some(literal(-known, span)),
                _ => {
                    self.error(span, "negative value will underflow");
                    None
                }
            };
        }
        if value.ty == Type::None && !self.session.last_reading {
            return Some(value);
        }
        let Some((_, signed, _)) = integer_parts(&value.ty) else {
            let (symbol, text) = (op.symbol(), self.type_text(&value.ty));
            self.error(
                span,
                format!("The {symbol} operator can not be used on expressions of type '{text}'"),
            );
            return None;
        };
        let ty = Type::int(8, signed);
        let value = Box::new(convert(value, &ty)?);
        let kind = match op {
            UnaryOp::Complement => ExprKind::Complement(value),
            _ => ExprKind::Negate(value),
        };
        Some(Expr { kind, ty, span })
    }

    /// `++` and `--`: an assignment, and a number in 64 bits; pointers move by elements.
    pub(super) fn step(&mut self, target: &ast::Expr, by: i64, prefix: bool, span: Span) -> Option<Expr> {
        match &target.kind {
            ast::ExprKind::Var(_) => {
                let value = self.expr(target)?;
                let ExprKind::Var(var) = value.kind else { return None };
                let (ty, by) = self.stepped(&value.ty, by, span)?;
                if self.is_fixed(var) {
                    return Some(Expr { kind: ExprKind::StepVar { var, by, prefix }, ty: value.ty, span });
                }
                self.widen_var(var, &ty, span).then(|| {
                    let ty = self.var(var).kind.clone();
                    Expr { kind: ExprKind::StepVar { var, by, prefix }, ty, span }
                })
            }
            ast::ExprKind::Map { name, keys } => {
                let (map, key) = self.map_key(name, keys, target.span)?;
                let known = self.session.maps.get(name).and_then(|known| known.value.clone());
                let old = match &known {
                    Some(MapValue::Plain(ty)) => ty.clone(),
                    Some(MapValue::Aggregate(_)) => Type::UINT64,
                    None => Type::None,
                };
                self.session.maps.note_read(name);
                let (ty, by) = self.stepped(&old, by, span)?;
                let ty = if ty == Type::None { ty } else { self.put_number(name, &ty, span)? };
                Some(Expr { kind: ExprKind::StepMap { map, key: key.map(Box::new), by, prefix }, ty, span })
            }
            _ => {
                let sign = if by > 0 { "++" } else { "--" };
                self.error(span, format!("The {sign} operator must be applied to a map or variable"));
                None
            }
        }
    }

    /// What a step makes of a value, and how far it goes.
    fn stepped(&mut self, ty: &Type, by: i64, span: Span) -> Option<(Type, i64)> {
        match ty {
            Type::Int { signed, .. } | Type::Enum { signed, .. } => {
                Some((Type::int(8, *signed || by < 0), by))
            }
            Type::None if !self.session.last_reading => Some((Type::None, by)),
            Type::Pointer { to, .. } => {
                let size = i64::from(self.size_of(to).max(1));
                Some((super::types::untrusted(ty), by * size))
            }
            other => {
                let (sign, text) = (if by > 0 { "++" } else { "--" }, self.type_text(other));
                self.error(
                    span,
                    format!("The {sign} operator can not be used on expressions of type '{text}'"),
                );
                None
            }
        }
    }
}

/// What is known of two values as they are written down: the order of texts, and that tuples and records differ in their
/// number of parts or have parts of other kinds.
fn compare_literals(op: BinaryOp, lhs: &Expr, rhs: &Expr) -> Option<bool> {
    if let (ExprKind::Text(a), ExprKind::Text(b)) = (&lhs.kind, &rhs.kind) {
        return match op {
            BinaryOp::Less => Some(a < b),
            BinaryOp::LessEqual => Some(a <= b),
            BinaryOp::Greater => Some(a > b),
            BinaryOp::GreaterEqual => Some(a >= b),
            _ => None,
        };
    }
    let answer = match op {
        BinaryOp::Equal => false,
        BinaryOp::NotEqual => true,
        _ => return None,
    };
    parted(lhs, rhs).then_some(answer)
}

/// Whether two tuples or records that are written down cannot be equal by their form.
fn parted(lhs: &Expr, rhs: &Expr) -> bool {
    let (ExprKind::Tuple(a), ExprKind::Tuple(b)) = (&lhs.kind, &rhs.kind) else { return false };
    let side_by_side = match (&lhs.ty, &rhs.ty) {
        (Type::Record(a), Type::Record(b)) => a.iter().map(|part| &part.0).eq(b.iter().map(|part| &part.0)),
        (Type::Tuple(_), Type::Tuple(_)) => true,
        _ => return false,
    };
    a.len() != b.len() || side_by_side && a.iter().zip(b).any(|(a, b)| unlike(a, b))
}

/// Whether a value that is not used need not be evaluated: it does nothing, and nothing can go wrong with it.
fn is_inert(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Var(_) => true,
        ExprKind::Tuple(parts) => parts.iter().all(is_inert),
        _ => false,
    }
}

/// Whether two parts are written down and of kinds that have no value in common.
fn unlike(a: &Expr, b: &Expr) -> bool {
    let kind = |part: &Expr| match (&part.kind, &part.ty) {
        (ExprKind::Number(_), Type::Bool) => Some(0),
        (ExprKind::Number(_), Type::Int { .. }) => Some(1),
        (ExprKind::Text(_), _) => Some(2),
        (ExprKind::Tuple(_), Type::Tuple(_)) => Some(3),
        (ExprKind::Tuple(_), Type::Record(_)) => Some(4),
        _ => None,
    };
    matches!((kind(a), kind(b)), (Some(a), Some(b)) if a != b) || parted(a, b)
}

/// Kinds of memory that are compared byte by byte.
fn same_kind_of_memory(a: &Type, b: &Type) -> bool {
    matches!(
        (a, b),
        (Type::Array { .. }, Type::Array { .. })
            | (Type::Buffer { .. }, Type::Buffer { .. })
            | (Type::Tuple(_), Type::Tuple(_))
            | (Type::Record(_), Type::Record(_))
            | (Type::KernelStack { .. }, Type::KernelStack { .. })
            | (Type::UserStack { .. }, Type::UserStack { .. })
            | (Type::KernelSymbol, Type::KernelSymbol)
            | (Type::UserSymbol, Type::UserSymbol)
            | (Type::Inet, Type::Inet)
            | (Type::Mac, Type::Mac)
            | (Type::Username, Type::Username)
            | (Type::CgroupPath { .. }, Type::CgroupPath { .. })
    )
}

fn operator_message(op: BinaryOp, a: &str, b: &str) -> String {
    format!("The {} operator can not be used on expressions of types {a}, {b}", op.symbol())
}
