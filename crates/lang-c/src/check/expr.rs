//! Expressions: which rule each follows.
use super::Checker;
use super::constant::number_in;
use super::make::{Value, number};
use super::scope::Entity;
use crate::ast::{self, Basic, UnaryOp};
use crate::typed::{Expr, ExprKind, Place, PlaceKind, StmtKind};
use crate::types::{Ty, TypeKind};
use crate::{Name, word};
use osmia_base::Span;

impl Checker<'_> {
    /// What an expression is; none where an error was told.
    pub(super) fn value(&mut self, expr: &ast::Expr) -> Option<Value> {
        use ast::ExprKind as Ast;
        let span = expr.span;
        let mut value = match &expr.kind {
            Ast::Name(name) => self.name(*name, span),
            Ast::Int(value, basic) => {
                let ty = self.types.basic(*basic);
                let value = number_in(&self.types, value.cast_signed(), ty).unwrap_or(0);
                Some(Value::Scalar(number(value, ty, span)))
            }
            Ast::Float => {
                self.error(span, "BPF has no floating-point numbers".to_owned());
                None
            }
            Ast::Text(text) => Some(Value::Place(self.string(text, span))),
            Ast::Unary(UnaryOp::Deref, of) => self.indirection(of, span),
            Ast::Unary(UnaryOp::Address, of) => self.address(of, span).map(Value::Scalar),
            Ast::Unary(op, of) => self.unary(*op, of, span).map(Value::Scalar),
            Ast::Step(step, of) => self.step(*step, of, span).map(Value::Scalar),
            Ast::Binary(op, a, b) => self.binary(*op, a, b, span).map(Value::Scalar),
            Ast::And(a, b) => self.logical(a, b, ExprKind::And, span).map(Value::Scalar),
            Ast::Or(a, b) => self.logical(a, b, ExprKind::Or, span).map(Value::Scalar),
            Ast::Assign(to, from) => self.assign(to, from, span),
            Ast::AssignOp(op, to, by) => self.assign_op(*op, to, by, span).map(Value::Scalar),
            Ast::Conditional(condition, yes, no) => self.conditional(condition, yes.as_deref(), no, span),
            Ast::Comma(first, second) => self.comma(first, second, span),
            Ast::Call(callee, args) => self.call(callee, args, span),
            Ast::Member(of, name) => self.member(of, *name).map(Value::Place),
            Ast::Arrow(of, name) => self.arrow(of, *name).map(Value::Place),
            Ast::Index(of, index) => self.index(of, index, span).map(Value::Place),
            Ast::Cast(ty, of) => self.cast(ty, of, span),
            Ast::Literal(ty, initializer) => self.compound_literal(ty, initializer, span).map(Value::Place),
            Ast::SizeofExpr(of) => self.sizeof_expr(of, span).map(Value::Scalar),
            Ast::SizeofType(ty) => self.sizeof_type(ty, span).map(Value::Scalar),
            Ast::AlignofType(ty) => self.alignof_type(ty, span).map(Value::Scalar),
            Ast::AlignofExpr(of) => self.alignof_expr(of, span).map(Value::Scalar),
            Ast::Block(block) => self.statement_expression(block, span),
            Ast::Generic(of, choices) => self.generic(of, choices, span),
            Ast::Offsetof(ty, designators) => self.offsetof(ty, designators, span).map(Value::Scalar),
            Ast::TypesCompatible(a, b) => self.types_compatible(a, b, span).map(Value::Scalar),
            Ast::Choose(condition, yes, no) => match self.constant(condition)? {
                (0, _) => self.value(no),
                _ => self.value(yes),
            },
            Ast::Error => None,
        }?;
        match &mut value {
            Value::Scalar(inner) => inner.span = span,
            Value::Place(inner) => inner.span = span,
            Value::Function(_, inner) => *inner = span,
        }
        Some(value)
    }

    /// A number or pointer.
    pub(super) fn scalar(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let value = self.value(expr)?;
        self.scalar_of(value)
    }

    pub(super) fn scalar_of(&mut self, value: Value) -> Option<Expr> {
        let span = value.span();
        match self.decay(value)? {
            Value::Scalar(expr) if !self.types.is_void(expr.ty) => Some(expr),
            Value::Scalar(_) => {
                self.error(span, "a number or pointer is needed here, and this has no value".to_owned());
                None
            }
            other => {
                let text = self.spell(self.type_of(&other));
                self.error(span, format!("a number or pointer is needed here, and this is of type `{text}`"));
                None
            }
        }
    }

    /// A whole number, promoted.
    pub(super) fn whole(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let value = self.scalar(expr)?;
        if self.types.integer(value.ty).is_none() {
            let text = self.spell(value.ty);
            self.error(expr.span, format!("a whole number is needed here, and this is of type `{text}`"));
            return None;
        }
        Some(self.promote(value))
    }

    /// An expression for its effects.
    pub(super) fn effect(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let value = self.value(expr)?;
        Some(self.effect_of(value))
    }

    pub(super) fn effect_of(&mut self, value: Value) -> Expr {
        match value {
            Value::Scalar(expr) => expr,
            Value::Function(function, span) => {
                let ty = self.functions[function].ty;
                let ty = self.types.pointer(ty);
                Expr { kind: ExprKind::FunctionAddress(function), ty, span }
            }
            Value::Place(place) => self.place_effect(place),
        }
    }

    fn place_effect(&mut self, place: Place) -> Expr {
        let span = place.span;
        let volatile = self.types.qualifiers(place.ty).volatile;
        let record = self.types.record(place.ty).and_then(|_| self.types.size(place.ty));
        match place.kind {
            PlaceKind::After(stmts, _) => {
                let ty = self.void();
                Expr { kind: ExprKind::Block(stmts, None), ty, span }
            }
            _ if volatile && self.types.is_scalar(place.ty) => self.load(place),
            // All of it is read.
            _ if volatile && record.is_some() => match self.temporary(place.ty, span) {
                Some(local) => {
                    let to =
                        Place { kind: PlaceKind::Local(local), ty: self.types.unqualified(place.ty), span };
                    let void = self.void();
                    self.of(ExprKind::Copy(to, place), void, span)
                }
                None => self.address_of(place, span),
            },
            _ => self.address_of(place, span),
        }
    }

    fn name(&mut self, name: Name, span: Span) -> Option<Value> {
        if matches!(name, word::FUNC | word::FUNCTION | word::PRETTY_FUNCTION) {
            let text = self.frame.as_ref().map_or_else(String::new, |frame| self.text(frame.name));
            return Some(Value::Place(self.string(text.as_bytes(), span)));
        }
        match self.look_up(name) {
            Some(Entity::Local(local)) => self.local_place(local, span).map(Value::Place),
            Some(Entity::Global(global)) => {
                let ty = self.globals[global].ty;
                Some(Value::Place(Place { kind: PlaceKind::Global(global), ty, span }))
            }
            Some(Entity::Function(function)) => Some(Value::Function(function, span)),
            Some(Entity::Enumerator(of, index)) => {
                let (value, ty) = self.enumerator(of, index);
                Some(Value::Scalar(number(value, ty, span)))
            }
            Some(Entity::Typedef(_)) => {
                let text = self.text(name);
                self.error(span, format!("`{text}` is a type, and a value is needed here"));
                None
            }
            Some(Entity::Unknown) => None,
            None => {
                self.undeclared(name, span, "variable, function or constant");
                None
            }
        }
    }

    fn cast(&mut self, ty: &ast::TypeName, of: &ast::Expr, span: Span) -> Option<Value> {
        let to = self.type_name(ty);
        let value = self.value(of);
        self.cast_value(value?, to?, span)
    }

    /// `(type)value`
    pub(super) fn cast_value(&mut self, value: Value, to: Ty, span: Span) -> Option<Value> {
        if self.types.is_void(to) {
            let effect = self.effect_of(value);
            let ty = self.void();
            return Some(Value::Scalar(Expr { kind: ExprKind::Convert(Box::new(effect)), ty, span }));
        }
        if let (Some(_), Value::Place(place)) = (self.types.record(to), &value)
            && self.types.bare(place.ty) == self.types.bare(to)
        {
            return Some(value);
        }
        let expr = self.scalar_of(value)?;
        if !self.types.is_scalar(to) {
            let text = self.spell(to);
            self.error(span, format!("nothing is cast to `{text}`: numbers and pointers alone are"));
            return None;
        }
        // A cast bit-field is one no longer, even where the type is its own.
        let bits = matches!(&expr.kind, ExprKind::Load(place) if self.bits_of(place).is_some());
        if bits && self.types.bare(expr.ty) == self.types.bare(to) {
            let ty = self.types.unqualified(to);
            return Some(Value::Scalar(Expr { kind: ExprKind::Convert(Box::new(expr)), ty, span }));
        }
        let expr = self.widened(expr, to);
        Some(Value::Scalar(Expr { span, ..self.convert(expr, to) }))
    }

    /// A number that becomes an address has 64 bits before, by its own sign.
    fn widened(&mut self, expr: Expr, to: Ty) -> Expr {
        match self.types.integer(expr.ty) {
            Some(integer) if integer.size < 8 && self.is_pointer(to) => {
                let basic = if integer.signed { Basic::Long } else { Basic::UnsignedLong };
                self.convert_basic(expr, basic)
            }
            _ => expr,
        }
    }

    fn size_number(&mut self, size: u64, span: Span) -> Expr {
        self.int(size.cast_signed(), Basic::UnsignedLong, span)
    }

    /// The type of an expression that is not run.
    fn type_only(&mut self, of: &ast::Expr) -> Option<Ty> {
        let value = self.unevaluated(|checker| checker.value(of))?;
        if let Value::Place(place) = &value
            && self.bits_of(place).is_some()
        {
            self.error(of.span, "bits have no size in bytes".to_owned());
            return None;
        }
        Some(self.type_of(&value))
    }

    fn size_for(&mut self, ty: Ty, span: Span) -> Option<Expr> {
        let size = match self.types.bare_kind(ty) {
            // As GNU C has it.
            TypeKind::Basic(Basic::Void) | TypeKind::Function(_) => 1,
            _ => self.size_of(ty, span)?,
        };
        Some(self.size_number(size, span))
    }

    fn sizeof_expr(&mut self, of: &ast::Expr, span: Span) -> Option<Expr> {
        let ty = self.type_only(of)?;
        self.size_for(ty, span)
    }

    fn sizeof_type(&mut self, ty: &ast::TypeName, span: Span) -> Option<Expr> {
        let ty = self.type_name(ty)?;
        self.size_for(ty, span)
    }

    fn alignof_type(&mut self, ty: &ast::TypeName, span: Span) -> Option<Expr> {
        let ty = self.type_name(ty)?;
        self.complete(ty);
        Some(self.size_number(self.types.align(ty), span))
    }

    fn alignof_expr(&mut self, of: &ast::Expr, span: Span) -> Option<Expr> {
        let ty = self.type_only(of)?;
        self.complete(ty);
        Some(self.size_number(self.types.align(ty), span))
    }

    fn types_compatible(&mut self, a: &ast::TypeName, b: &ast::TypeName, span: Span) -> Option<Expr> {
        let (a, b) = (self.type_name(a), self.type_name(b));
        let same = self.compatible(a?, b?);
        Some(self.int(same.into(), Basic::Int, span))
    }

    fn generic(
        &mut self,
        of: &ast::Expr,
        choices: &[(Option<ast::TypeName>, ast::Expr)],
        span: Span,
    ) -> Option<Value> {
        let value = self.unevaluated(|checker| {
            let value = checker.value(of)?;
            match &value {
                // Records and what no register holds may be asked for, too.
                Value::Place(place) if !matches!(checker.types.bare_kind(place.ty), TypeKind::Array(..)) => {
                    Some(value)
                }
                _ => checker.decay(value),
            }
        });
        let ty = value.map(|value| self.types.unqualified(self.type_of(&value)))?;
        let mut chosen = None;
        for (choice, expr) in choices {
            match choice {
                None => chosen = chosen.or(Some(expr)),
                Some(name) => {
                    let Some(choice) = self.type_name(name) else { continue };
                    if self.types.qualifiers(choice) == ast::Qualifiers::default()
                        && self.compatible(choice, ty)
                    {
                        return self.value(expr);
                    }
                }
            }
        }
        if chosen.is_none() {
            let text = self.spell(ty);
            self.error(span, format!("no choice is of type `{text}`, and there is no `default`"));
        }
        self.value(chosen?)
    }

    /// `({ … })`
    fn statement_expression(&mut self, block: &ast::Block, span: Span) -> Option<Value> {
        if self.frame.is_none() {
            self.error(span, "statements stand in functions alone".to_owned());
            return None;
        }
        self.open_block();
        self.open_labels(block);
        let value = self.block_value(block, span);
        self.close_labels();
        let mut due = Vec::new();
        self.close_block(&mut due);
        if due.is_empty() {
            return value;
        }
        self.value_before(value?, due, span)
    }

    /// A value that is found before statements are run.
    fn value_before(&mut self, value: Value, due: Vec<crate::typed::Stmt>, span: Span) -> Option<Value> {
        match value {
            Value::Scalar(expr) if self.types.is_void(expr.ty) => {
                let ty = expr.ty;
                let mut stmts = vec![super::make::statement(expr)];
                stmts.extend(due);
                Some(Value::Scalar(Expr { kind: ExprKind::Block(stmts, None), ty, span }))
            }
            Value::Scalar(expr) => {
                let (ty, (place, begin)) = (expr.ty, self.kept(expr)?);
                let mut stmts = vec![begin];
                stmts.extend(due);
                let value = Some(Box::new(self.load(place)));
                Some(Value::Scalar(Expr { kind: ExprKind::Block(stmts, value), ty, span }))
            }
            other => {
                self.later(osmia_base::Diagnostic::error(
                    span,
                    "a record out of a block that cleans up is not known yet",
                ));
                Some(other)
            }
        }
    }

    fn block_value(&mut self, block: &ast::Block, span: Span) -> Option<Value> {
        let (last, before) = match block.stmts.split_last() {
            Some((ast::Stmt { kind: ast::StmtKind::Expr(last), .. }, before)) => (Some(last), before),
            _ => (None, block.stmts.as_slice()),
        };
        let mut stmts = Vec::new();
        for stmt in before {
            self.stmt(stmt, &mut stmts);
        }
        let ty = self.void();
        let Some(last) = last else {
            return Some(Value::Scalar(Expr { kind: ExprKind::Block(stmts, None), ty, span }));
        };
        let value = self.value(last)?;
        match self.decay(value)? {
            Value::Place(place) => {
                let ty = place.ty;
                let kind = PlaceKind::After(stmts, Box::new(place));
                Some(Value::Place(Place { kind, ty, span }))
            }
            Value::Scalar(expr) if self.types.is_void(expr.ty) => {
                stmts.push(crate::typed::Stmt { span: expr.span, kind: StmtKind::Expr(expr) });
                Some(Value::Scalar(Expr { kind: ExprKind::Block(stmts, None), ty, span }))
            }
            Value::Scalar(expr) if stmts.is_empty() => Some(Value::Scalar(expr)),
            Value::Scalar(expr) => {
                let ty = expr.ty;
                Some(Value::Scalar(Expr { kind: ExprKind::Block(stmts, Some(Box::new(expr))), ty, span }))
            }
            Value::Function(..) => None,
        }
    }
}
