//! Operators: what they are for the types of their operands.
use super::Checker;
use super::make::{Value, number, statement};
use crate::ast::{self, Basic, BinaryOp, Step, UnaryOp};
use crate::typed::{Expr, ExprKind, Place, PlaceKind, Stmt, StmtKind, Yields};
use crate::types::Ty;
use osmia_base::Span;

/// As C writes it.
const fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
    }
}

const fn compares(op: BinaryOp) -> bool {
    use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(op, Less | LessEqual | Greater | GreaterEqual | Equal | NotEqual)
}

impl Checker<'_> {
    /// `+a`, `-a`, `~a`, `!a`
    pub(super) fn unary(&mut self, op: UnaryOp, of: &ast::Expr, span: Span) -> Option<Expr> {
        if op == UnaryOp::Not {
            let of = self.scalar(of)?;
            let int = self.types.basic(Basic::Int);
            return Some(self.folded(self.of(ExprKind::Not(Box::new(of)), int, span)));
        }
        let of = self.whole(of)?;
        let ty = of.ty;
        let kind = match op {
            UnaryOp::Minus => ExprKind::Negate(Box::new(of)),
            UnaryOp::Complement => ExprKind::Complement(Box::new(of)),
            _ => return Some(of),
        };
        Some(self.folded(self.of(kind, ty, span)))
    }

    /// A number where it is known.
    pub(super) fn folded(&self, expr: Expr) -> Expr {
        match self.fold(&expr) {
            Some(value) => Expr { kind: ExprKind::Int(value), ..expr },
            None => expr,
        }
    }

    pub(super) fn logical(
        &mut self,
        a: &ast::Expr,
        b: &ast::Expr,
        kind: fn(Box<Expr>, Box<Expr>) -> ExprKind,
        span: Span,
    ) -> Option<Expr> {
        let (a, b) = (self.scalar(a), self.scalar(b));
        let int = self.types.basic(Basic::Int);
        Some(self.folded(self.of(kind(Box::new(a?), Box::new(b?)), int, span)))
    }

    /// `a op b`
    pub(super) fn binary(&mut self, op: BinaryOp, a: &ast::Expr, b: &ast::Expr, span: Span) -> Option<Expr> {
        let (a, b) = (self.scalar(a), self.scalar(b));
        self.binary_of(op, a?, b?, span)
    }

    /// The same of what is understood already.
    pub(super) fn binary_of(&mut self, op: BinaryOp, a: Expr, b: Expr, span: Span) -> Option<Expr> {
        match (self.is_pointer(a.ty), self.is_pointer(b.ty)) {
            (false, false) => self.arithmetic(op, a, b, span),
            (true, true) if op == BinaryOp::Sub => self.difference(a, b, span),
            (true, false) if matches!(op, BinaryOp::Add | BinaryOp::Sub) => {
                self.moved_pointer(op, a, b, span)
            }
            (false, true) if op == BinaryOp::Add => self.moved_pointer(op, b, a, span),
            _ if compares(op) => self.pointer_comparison(op, a, b, span),
            _ => self.no_operator(op, a.ty, b.ty, span),
        }
    }

    fn no_operator(&mut self, op: BinaryOp, a: Ty, b: Ty, span: Span) -> Option<Expr> {
        let (a, b) = (self.spell(a), self.spell(b));
        self.error(span, format!("there is no `{}` of `{a}` and `{b}`", sign(op)));
        None
    }

    fn arithmetic(&mut self, op: BinaryOp, a: Expr, b: Expr, span: Span) -> Option<Expr> {
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            let a = self.promote(a);
            let ty = a.ty;
            let b = self.promote(b);
            let b = self.convert(b, ty);
            return Some(self.folded(self.of(ExprKind::Binary(op, Box::new(a), Box::new(b)), ty, span)));
        }
        let (a, b, common) = self.balance(a, b);
        if matches!(op, BinaryOp::Div | BinaryOp::Rem) && matches!(b.kind, ExprKind::Int(0)) {
            self.warn(b.span, "this divides by zero".to_owned());
        }
        let ty = if compares(op) { self.types.basic(Basic::Int) } else { common };
        Some(self.folded(self.of(ExprKind::Binary(op, Box::new(a), Box::new(b)), ty, span)))
    }

    /// `pointer ± number`
    fn moved_pointer(&mut self, op: BinaryOp, pointer: Expr, steps: Expr, span: Span) -> Option<Expr> {
        let mut steps = self.index_number(steps)?;
        if op == BinaryOp::Sub {
            let (ty, at) = (steps.ty, steps.span);
            steps = self.folded(self.of(ExprKind::Negate(Box::new(steps)), ty, at));
        }
        self.pointer_plus(pointer, steps, span)
    }

    /// `pointer - pointer`
    fn difference(&mut self, a: Expr, b: Expr, span: Span) -> Option<Expr> {
        if let (Some(to), Some(other)) = (self.types.pointee(a.ty), self.types.pointee(b.ty))
            && !self.similar(to, other)
        {
            return self.no_operator(BinaryOp::Sub, a.ty, b.ty, span);
        }
        let size = self.step_size(a.ty, span)?.max(1);
        let long = self.types.basic(Basic::Long);
        Some(self.folded(self.of(ExprKind::PointerDiff(Box::new(a), Box::new(b), size), long, span)))
    }

    fn pointer_comparison(&mut self, op: BinaryOp, a: Expr, b: Expr, span: Span) -> Option<Expr> {
        let (a, b) = match (self.is_pointer(a.ty), self.is_pointer(b.ty)) {
            (true, true) => {
                self.check_compared(&a, &b, span);
                let ty = a.ty;
                let b = self.convert(b, ty);
                (a, b)
            }
            (true, false) => {
                let b = self.compared_number(b, a.ty, span)?;
                (a, b)
            }
            _ => {
                let a = self.compared_number(a, b.ty, span)?;
                (a, b)
            }
        };
        let int = self.types.basic(Basic::Int);
        Some(self.folded(self.of(ExprKind::Binary(op, Box::new(a), Box::new(b)), int, span)))
    }

    fn check_compared(&mut self, a: &Expr, b: &Expr, span: Span) {
        let (Some(to), Some(other)) = (self.types.pointee(a.ty), self.types.pointee(b.ty)) else { return };
        let void = self.types.is_void(to) || self.types.is_void(other);
        if !void && !self.is_null(a) && !self.is_null(b) && !self.similar(to, other) {
            let (a, b) = (self.spell(a.ty), self.spell(b.ty));
            self.warn(span, format!("`{a}` and `{b}` point to different things, and are compared"));
        }
    }

    /// A number that a pointer is compared with.
    fn compared_number(&mut self, expr: Expr, pointer: Ty, span: Span) -> Option<Expr> {
        if !self.is_null(&expr) {
            let (a, b) = (self.spell(pointer), self.spell(expr.ty));
            self.warn(span, format!("a pointer of type `{a}` is compared with a number of type `{b}`"));
        }
        let expr = self.index_number(expr)?;
        Some(self.convert(expr, pointer))
    }

    /// `a = b`
    pub(super) fn assign(&mut self, to: &ast::Expr, from: &ast::Expr, span: Span) -> Option<Value> {
        let (place, value) = (self.target(to), self.value(from));
        let (place, value) = (place?, value?);
        let ty = place.ty;
        match self.given(value, ty, "what is assigned to", from.span)? {
            super::convert::Given::Scalar(value) => {
                Some(Value::Scalar(self.of(ExprKind::Assign(place, Box::new(value)), ty, span)))
            }
            super::convert::Given::Record(from) => {
                let void = self.void();
                let (place, mut before) = self.found_once(place)?;
                let copy = self.of(ExprKind::Copy(place.clone(), from), void, span);
                before.push(statement(copy));
                let kind = PlaceKind::After(before, Box::new(place));
                Some(Value::Place(Place { kind, ty, span }))
            }
        }
    }

    /// `a op= b`
    pub(super) fn assign_op(
        &mut self,
        op: BinaryOp,
        to: &ast::Expr,
        by: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let (place, value) = (self.target(to), self.scalar(by));
        self.changed(op, place?, value?, Yields::After, span)
    }

    /// `++a` and its kin.
    pub(super) fn step(&mut self, step: Step, of: &ast::Expr, span: Span) -> Option<Expr> {
        let place = self.target(of)?;
        let one = self.int(1, Basic::Int, span);
        let (op, yields) = match step {
            Step::BeforeUp => (BinaryOp::Add, Yields::After),
            Step::BeforeDown => (BinaryOp::Sub, Yields::After),
            Step::AfterUp => (BinaryOp::Add, Yields::Before),
            Step::AfterDown => (BinaryOp::Sub, Yields::Before),
        };
        self.changed(op, place, one, yields, span)
    }

    fn changed(
        &mut self,
        op: BinaryOp,
        place: Place,
        value: Expr,
        yields: Yields,
        span: Span,
    ) -> Option<Expr> {
        let ty = place.ty;
        let (in_type, value) = if self.is_pointer(ty) {
            if !matches!(op, BinaryOp::Add | BinaryOp::Sub) || self.is_pointer(value.ty) {
                return self.no_operator(op, ty, value.ty, span);
            }
            let size = self.step_size(ty, span)?;
            let steps = self.index_number(value)?;
            let (steps_ty, at) = (steps.ty, steps.span);
            let size = number(size, steps_ty, at);
            let bytes = ExprKind::Binary(BinaryOp::Mul, Box::new(steps), Box::new(size));
            (self.types.unqualified(ty), self.folded(self.of(bytes, steps_ty, at)))
        } else {
            self.changed_number(op, &place, value, span)?
        };
        let value = Box::new(value);
        Some(self.of(ExprKind::AssignOp { place, op, in_type, value, yields }, ty, span))
    }

    /// In which type a number is changed, and by what.
    fn changed_number(&mut self, op: BinaryOp, place: &Place, value: Expr, span: Span) -> Option<(Ty, Expr)> {
        let own = self.promoted(place.ty, self.bits_of(place)).filter(|_| self.types.is_scalar(place.ty));
        let (Some(own), false) = (own, self.is_pointer(value.ty)) else {
            self.no_operator(op, place.ty, value.ty, span);
            return None;
        };
        let own = self.types.basic(own);
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            let value = self.promote(value);
            return Some((own, self.convert(value, own)));
        }
        let (_, value, common) = self.balance(number(0, own, span), value);
        Some((common, value))
    }

    /// `a ? b : c`
    pub(super) fn conditional(
        &mut self,
        condition: &ast::Expr,
        yes: Option<&ast::Expr>,
        no: &ast::Expr,
        span: Span,
    ) -> Option<Value> {
        let Some(yes) = yes else { return self.elvis(condition, no, span) };
        let condition = self.scalar(condition);
        let yes = self.value(yes).and_then(|value| self.decay(value));
        let no = self.value(no).and_then(|value| self.decay(value));
        let condition = Box::new(condition?);
        match (yes?, no?) {
            (Value::Scalar(yes), Value::Scalar(no)) => {
                let (yes, no, ty) = self.joined(yes, no, span)?;
                let kind = ExprKind::Conditional(condition, Box::new(yes), Box::new(no));
                Some(Value::Scalar(self.folded(self.of(kind, ty, span))))
            }
            (Value::Place(yes), Value::Place(no)) if self.compatible(yes.ty, no.ty) => {
                let ty = yes.ty;
                let kind = PlaceKind::Conditional(condition, Box::new(yes), Box::new(no));
                Some(Value::Place(Place { kind, ty, span }))
            }
            (yes, no) => {
                let (yes, no) = (self.spell(self.type_of(&yes)), self.spell(self.type_of(&no)));
                self.error(span, format!("`{yes}` and `{no}` have no type in common"));
                None
            }
        }
    }

    /// `a ?: b`
    fn elvis(&mut self, yes: &ast::Expr, no: &ast::Expr, span: Span) -> Option<Value> {
        let (yes, no) = (self.scalar(yes), self.scalar(no));
        let (yes, no, ty) = self.joined(yes?, no?, span)?;
        let kind = ExprKind::Elvis(Box::new(yes), Box::new(no));
        Some(Value::Scalar(self.folded(self.of(kind, ty, span))))
    }

    /// Two values in the type that they have in common.
    fn joined(&mut self, a: Expr, b: Expr, span: Span) -> Option<(Expr, Expr, Ty)> {
        let void = self.void();
        if self.types.is_void(a.ty) || self.types.is_void(b.ty) {
            return Some((self.convert(a, void), self.convert(b, void), void));
        }
        let ty = match (self.is_pointer(a.ty), self.is_pointer(b.ty)) {
            (false, false) => {
                let (a, b, ty) = self.balance(a, b);
                return Some((a, b, ty));
            }
            (true, true) if self.is_null(&b) => a.ty,
            (true, true) if self.is_null(&a) => b.ty,
            (true, true) => self.joined_pointers(&a, &b, span)?,
            (true, false) => self.pointer_or_number(a.ty, &b, span),
            (false, true) => self.pointer_or_number(b.ty, &a, span),
        };
        Some((self.convert(a, ty), self.convert(b, ty), ty))
    }

    fn pointer_or_number(&mut self, pointer: Ty, number: &Expr, span: Span) -> Ty {
        if !self.is_null(number) {
            let (a, b) = (self.spell(pointer), self.spell(number.ty));
            self.warn(
                span,
                format!("this is `{a}` or a number of type `{b}`, which is taken for an address"),
            );
        }
        pointer
    }

    fn joined_pointers(&mut self, a: &Expr, b: &Expr, span: Span) -> Option<Ty> {
        let (to, other) = (self.types.pointee(a.ty)?, self.types.pointee(b.ty)?);
        let all = self.all_qualifiers(to, other);
        let common = if self.types.is_void(to) || self.similar(to, other) {
            to
        } else if self.types.is_void(other) {
            other
        } else {
            let (a, b) = (self.spell(a.ty), self.spell(b.ty));
            self.warn(span, format!("`{a}` and `{b}` point to different things"));
            self.void()
        };
        let common = self.types.qualified(all, common);
        Some(self.types.pointer(common))
    }

    /// `a, b`
    pub(super) fn comma(&mut self, first: &ast::Expr, second: &ast::Expr, span: Span) -> Option<Value> {
        let (first, second) = (self.effect(first), self.value(second));
        let (first, second) = (first?, second?);
        match self.decay(second)? {
            Value::Scalar(second) => {
                let ty = second.ty;
                Some(Value::Scalar(self.of(ExprKind::Comma(Box::new(first), Box::new(second)), ty, span)))
            }
            Value::Place(place) => {
                let ty = place.ty;
                let before = Stmt { span: first.span, kind: StmtKind::Expr(first) };
                let kind = PlaceKind::After(vec![before], Box::new(place));
                Some(Value::Place(Place { kind, ty, span }))
            }
            Value::Function(..) => None,
        }
    }
}
