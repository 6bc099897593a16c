//! Expressions: what each is and which type it has.
use super::arithmetic::{condition, fold, folded_number, is_signed, is_wide_mix, operation};
use super::body::{Body, fits, widened};
use super::calls::Made;
use super::comptime::{Branch, known};
use super::convert::{cast, convert, is_text_array};
use super::types::{join, moved};
use crate::ast::{self, BinaryOp, UnaryOp};
use crate::typed::{Expr, ExprKind, MapValue, Space, Stmt, StmtKind, Type};
use osmia_base::{Diagnostic, Span};
use osmia_isa::AluOp;

/// How deep expressions may be; the parser's limit is less, but macros stand for more.
const MAX_DEPTH: u32 = 220;

pub(super) const fn number(value: i64, span: Span) -> Expr {
    Expr { kind: ExprKind::Number(value), ty: Type::INT64, span }
}

impl Body<'_, '_> {
    /// An expression with its type; `None` where an error has been reported. This calls itself for each level of a nested
    /// expression: what needs room on the stack is in functions of its own.
    pub(super) fn expr(&mut self, expr: &ast::Expr) -> Option<Expr> {
        if self.depth >= MAX_DEPTH {
            self.error(expr.span, "this is nested too deep, with what macros stand for");
            return None;
        }
        self.depth += 1;
        let span = expr.span;
        let made = match &expr.kind {
            ast::ExprKind::Integer(value) => Some(integer_literal(*value, span)),
            ast::ExprKind::Bool(value) => Some(truth_literal(*value, span)),
            ast::ExprKind::Str(text) => Some(text_literal(text.clone(), span)),
            ast::ExprKind::Positional(index) => self.positional(*index, span),
            ast::ExprKind::PositionalCount => Some(number(self.options().params.len() as i64, span)),
            ast::ExprKind::Ident(name) => self.ident(name, span),
            ast::ExprKind::Var(name) => self.read_var(name, span),
            ast::ExprKind::Map { name, keys } => self.read_map(name, keys, span),
            ast::ExprKind::Call { name, args } => self.call_value(name, args, span),
            ast::ExprKind::Type(_) => self.no_value(span),
            ast::ExprKind::Sizeof(of) => self.size_expr(of, span),
            ast::ExprKind::Offsetof(of, path) => self.offset_of(of, path, span),
            ast::ExprKind::Unary(op, operand) => self.unary(*op, operand, span),
            ast::ExprKind::Binary(op, lhs, rhs) => self.binary_expr(*op, lhs, rhs, span),
            ast::ExprKind::Ternary(condition, then, other) => self.ternary_expr(condition, then, other, span),
            ast::ExprKind::Elvis(value, other) => self.elvis(value, other, span),
            ast::ExprKind::Step { target, by, position } => {
                self.step(target, *by, *position == ast::Position::Prefix, span)
            }
            ast::ExprKind::Cast(ty, operand) => self.cast_expr(ty, operand, span),
            ast::ExprKind::Field(base, name) => self.field(base, name, span),
            ast::ExprKind::Part(base, index) => self.part(base, *index, span),
            ast::ExprKind::Index(base, index) => self.index(base, index, span),
            ast::ExprKind::Tuple(parts) => self.tuple(parts, span),
            ast::ExprKind::Record(parts) => self.record(parts, span),
            ast::ExprKind::Block(block) => self.block_value(block, span),
            ast::ExprKind::If(branch) => self.if_value(branch, span),
            ast::ExprKind::Comptime(inner) => self.comptime_value(inner, span),
            ast::ExprKind::Error => None,
        };
        self.depth -= 1;
        made
    }

    fn call_value(&mut self, name: &ast::Name, args: &[ast::Expr], span: Span) -> Option<Expr> {
        match self.call(name, args, span)? {
            Made::Value(value) => Some(value),
            Made::Stmts(_) => {
                self.error(span, format!("{}() has no value: it can only stand as a statement", name.node));
                None
            }
            Made::Aggregation(..) => {
                self.error(span, format!("{}() must be assigned directly to a map", name.node));
                None
            }
        }
    }

    fn no_value(&mut self, span: Span) -> Option<Expr> {
        self.error(span, "a type stands where a value is expected");
        None
    }

    fn size_expr(&mut self, of: &ast::TypeOrExpr, span: Span) -> Option<Expr> {
        let ty = self.type_or_expr(of)?;
        Some(Expr { ty: Type::UINT64, ..number(i64::from(self.size_of(&ty)), span) })
    }

    fn ternary_expr(
        &mut self,
        condition: &ast::Expr,
        then: &ast::Expr,
        other: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        match self.chosen(condition) {
            Branch::Both => {}
            Branch::Then => return self.expr(then),
            Branch::Otherwise => return self.expr(other),
            Branch::Neither => return None,
        }
        let condition = self.condition(condition);
        let (then, other) = (self.expr(then), self.expr(other));
        self.ternary(condition?, then?, other?, span)
    }

    fn elvis(&mut self, value: &ast::Expr, other: &ast::Expr, span: Span) -> Option<Expr> {
        let (value, other) = (self.expr(value)?, self.expr(other)?);
        let condition = self.truth(value.clone())?;
        self.ternary(condition, value, other, span)
    }

    fn cast_expr(&mut self, ty: &ast::TypeName, operand: &ast::Expr, span: Span) -> Option<Expr> {
        let operand = self.expr(operand)?;
        let ty = self.type_name(ty)?;
        self.cast_to(operand, ty, span)
    }

    fn tuple(&mut self, parts: &[ast::Expr], span: Span) -> Option<Expr> {
        let parts = parts.iter().map(|part| self.expr(part).map(|part| self.value(part)));
        let parts = parts.collect::<Option<Vec<_>>>()?;
        let ty = Type::Tuple(parts.iter().map(|part| part.ty.clone()).collect());
        Some(Expr { kind: ExprKind::Tuple(parts), ty, span })
    }

    /// An expression that must be an integer.
    pub(super) fn integer(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let value = self.expr(expr)?;
        match value.ty {
            Type::Int { .. } | Type::Enum { .. } | Type::Bool | Type::Pointer { .. } => Some(value),
            Type::None if !self.session.last_reading => Some(number(0, value.span)),
            _ => {
                let text = self.type_text(&value.ty);
                self.error(value.span, format!("an integer is expected here, not a value of type '{text}'"));
                None
            }
        }
    }

    fn positional(&mut self, index: u32, span: Span) -> Option<Expr> {
        let Some(text) = (index as usize).checked_sub(1).map(|at| self.options().params.get(at)) else {
            self.error(span, "param $0 does not exist: they are counted from $1");
            return None;
        };
        let Some(text) = text else { return Some(number(0, span)) };
        match parse_number(text) {
            Some(value) => Some(number(value, span)),
            None => Some(text_literal(text.clone().into_bytes(), span)),
        }
    }

    fn read_var(&mut self, name: &str, span: Span) -> Option<Expr> {
        let Some(id) = self.lookup(name) else {
            if self.is_broken(name) || self.hoist(name) {
                return None;
            }
            let visible = self.visible_vars();
            let message = Diagnostic::error(span, format!("Undefined or undeclared variable: {name}"))
                .suggest(name, visible.iter().map(String::as_str));
            self.report(message);
            return None;
        };
        let ty = self.var(id).kind.clone();
        Some(Expr { kind: ExprKind::Var(id), ty, span })
    }

    fn read_map(&mut self, name: &str, keys: &[ast::Expr], span: Span) -> Option<Expr> {
        let (map, key) = self.map_key(name, keys, span)?;
        let key = key.map(Box::new);
        let known = self.session.maps.get(name).and_then(|known| known.value.clone());
        match known {
            Some(MapValue::Plain(ty)) => Some(Expr { kind: ExprKind::MapValue(map, key), ty, span }),
            Some(MapValue::Aggregate(aggregation)) => self.map_number(name, map, key, &aggregation, span),
            None if self.session.last_reading => {
                let names: Vec<String> =
                    self.session.maps.names().filter(|known| *known != name).map(str::to_owned).collect();
                let message = Diagnostic::error(span, format!("Undefined map: {name}"))
                    .suggest(name, names.iter().map(String::as_str));
                self.report(message);
                None
            }
            None => Some(Expr { kind: ExprKind::MapValue(map, key), ty: Type::None, span }),
        }
    }

    fn map_number(
        &mut self,
        name: &str,
        map: crate::typed::MapId,
        key: Option<Box<Expr>>,
        aggregation: &osmia_event::Aggregation,
        span: Span,
    ) -> Option<Expr> {
        use osmia_event::Aggregation::{Avg, Count, Hist, Lhist, Max, Min, Stats, Sum, TimeSeries, Value};
        let ty = match aggregation {
            Count => Type::INT64,
            Sum { signed } | Min { signed } | Max { signed } | Avg { signed } => {
                Type::Int { size: 8, signed: *signed }
            }
            Stats { .. } | Hist { .. } | Lhist { .. } | TimeSeries { .. } | Value(_) => {
                let what = super::maps::aggregation_name(aggregation);
                self.error(
                    span,
                    format!("{name} holds a '{what}': it can be printed, but not used as a number"),
                );
                return None;
            }
        };
        Some(Expr { kind: ExprKind::MapNumber(map, key), ty, span })
    }

    fn unary(&mut self, op: UnaryOp, operand: &ast::Expr, span: Span) -> Option<Expr> {
        match op {
            UnaryOp::Not => {
                let value = self.expr(operand)?;
                self.not(value, span)
            }
            UnaryOp::Plus => self.integer(operand),
            UnaryOp::Negate => {
                let value = self.integer(operand)?;
                if let ExprKind::Number(known) = value.kind {
                    return Some(number(known.wrapping_neg(), span));
                }
                let value = convert(value, &Type::INT64)?;
                Some(Expr { kind: ExprKind::Negate(Box::new(value)), ty: Type::INT64, span })
            }
            UnaryOp::Complement => {
                let value = self.integer(operand)?;
                if let ExprKind::Number(known) = value.kind {
                    return Some(number(!known, span));
                }
                let ty = widened(&value.ty);
                let value = convert(value, &ty)?;
                Some(Expr { kind: ExprKind::Complement(Box::new(value)), ty, span })
            }
            UnaryOp::Deref => {
                let pointer = self.expr(operand)?;
                self.deref(pointer, span)
            }
            UnaryOp::AddressOf => {
                self.error(span, "the address of a variable or map cannot be taken yet");
                None
            }
        }
    }

    /// What a pointer points to; a number is a pointer to 64 bits.
    pub(super) fn deref(&mut self, pointer: Expr, span: Span) -> Option<Expr> {
        match &pointer.ty {
            Type::Pointer { to, .. } if **to == Type::None => {
                self.error(span, "a pointer to void cannot be followed: cast it to a pointer to something");
                None
            }
            Type::Pointer { to, .. } => {
                let ty = (**to).clone();
                Some(Expr { kind: ExprKind::Deref(Box::new(pointer)), ty, span })
            }
            Type::Int { .. } => {
                let ty = Type::Pointer { to: Box::new(Type::UINT64), space: self.facts.pointer_space() };
                let pointer = convert(pointer, &ty)?;
                Some(Expr { kind: ExprKind::Deref(Box::new(pointer)), ty: Type::UINT64, span })
            }
            Type::None if !self.session.last_reading => {
                Some(Expr { kind: pointer.kind, ty: Type::None, span })
            }
            other => {
                let text = self.type_text(other);
                self.error(span, format!("Can not dereference a value of type '{text}': it is no pointer"));
                None
            }
        }
    }

    fn binary_expr(&mut self, op: BinaryOp, lhs: &ast::Expr, rhs: &ast::Expr, span: Span) -> Option<Expr> {
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            let (lhs, rhs) = (self.condition(lhs), self.condition(rhs));
            let (lhs, rhs) = (Box::new(lhs?), Box::new(rhs?));
            let kind = if op == BinaryOp::And { ExprKind::And(lhs, rhs) } else { ExprKind::Or(lhs, rhs) };
            return Some(Expr { kind, ty: Type::Bool, span });
        }
        let (lhs, rhs) = (self.expr(lhs), self.expr(rhs));
        self.binary(op, lhs?, rhs?, span)
    }

    /// `lhs op rhs`; not `&&` and `||`.
    pub(super) fn binary(&mut self, op: BinaryOp, lhs: Expr, rhs: Expr, span: Span) -> Option<Expr> {
        if let (ExprKind::Number(a), ExprKind::Number(b), Type::Int { .. }, Type::Int { .. }) =
            (&lhs.kind, &rhs.kind, &lhs.ty, &rhs.ty)
        {
            let signed =
                is_signed(&lhs, if matches!(op, BinaryOp::Shl | BinaryOp::Shr) { &lhs } else { &rhs });
            if let Some(folded) = fold(op, *a, *b, signed) {
                return Some(folded_number(op, folded, signed, span));
            }
        }
        let (lhs, rhs) = (self.known(lhs, span)?, self.known(rhs, span)?);
        let text = |ty: &Type| matches!(ty, Type::Str { .. }) || is_text_array(ty);
        if text(&lhs.ty) && text(&rhs.ty) {
            return self.text_comparison(op, lhs, rhs, span);
        }
        match (&lhs.ty, &rhs.ty) {
            (Type::Pointer { .. }, Type::Int { .. } | Type::Enum { .. })
                if matches!(op, BinaryOp::Add | BinaryOp::Sub) =>
            {
                self.pointer_sum(op, lhs, rhs, span)
            }
            (Type::Int { .. } | Type::Enum { .. }, Type::Pointer { .. }) if op == BinaryOp::Add => {
                self.pointer_sum(op, rhs, lhs, span)
            }
            _ if lhs.ty.is_scalar() && rhs.ty.is_scalar() => self.numbers(op, lhs, rhs, span),
            _ => {
                let [a, b] = [&lhs.ty, &rhs.ty].map(|ty| self.type_text(ty));
                let message = format!("Type mismatch for '{}': comparing '{a}' with '{b}'", op.symbol());
                self.report(
                    Diagnostic::error(span, message)
                        .label(lhs.span, format!("left ({a})"))
                        .label(rhs.span, format!("right ({b})")),
                );
                None
            }
        }
    }

    /// A value whose type is not known yet counts as a number until the last reading.
    fn known(&mut self, expr: Expr, span: Span) -> Option<Expr> {
        match expr.ty {
            Type::None if !self.session.last_reading => Some(number(0, span)),
            _ => Some(expr),
        }
    }

    fn text_comparison(&mut self, op: BinaryOp, lhs: Expr, rhs: Expr, span: Span) -> Option<Expr> {
        let (lhs, rhs) = (self.value(lhs), self.value(rhs));
        let kind = ExprKind::TextEqual { lhs: Box::new(lhs), rhs: Box::new(rhs), limit: None };
        let equal = Expr { kind, ty: Type::Bool, span };
        match op {
            BinaryOp::Equal => Some(equal),
            BinaryOp::NotEqual => Some(Expr { kind: ExprKind::Not(Box::new(equal)), ty: Type::Bool, span }),
            _ => {
                self.error(
                    span,
                    format!("The {} operator can not be used on expressions of type 'string'", op.symbol()),
                );
                None
            }
        }
    }

    fn pointer_sum(&mut self, op: BinaryOp, pointer: Expr, count: Expr, span: Span) -> Option<Expr> {
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

    fn numbers(&mut self, op: BinaryOp, lhs: Expr, rhs: Expr, span: Span) -> Option<Expr> {
        let signed = match op {
            BinaryOp::Shl | BinaryOp::Shr => is_signed(&lhs, &lhs),
            _ => is_signed(&lhs, &rhs),
        };
        // As C has it: beside an unsigned number of 64 bits, the other one is taken as unsigned too.
        let compares_signed = signed && !is_wide_mix(&lhs, &rhs);
        let ty = Type::Int { size: 8, signed };
        let (a, b) = (Box::new(convert(lhs, &ty)?), Box::new(convert(rhs, &ty)?));
        if let Some(cond) = condition(op, compares_signed) {
            return Some(Expr { kind: ExprKind::Compare(cond, a, b), ty: Type::Bool, span });
        }
        if matches!(op, BinaryOp::Div | BinaryOp::Mod) && matches!(b.kind, ExprKind::Number(0)) {
            self.warn(span, "division by zero: the result is 1");
        }
        let result = if op == BinaryOp::Sub { Type::INT64 } else { ty };
        let divides = matches!(op, BinaryOp::Div | BinaryOp::Mod);
        let operation = operation(op, if divides { compares_signed } else { signed })?;
        Some(Expr { kind: ExprKind::Arithmetic(operation, a, b), ty: result, span })
    }

    fn ternary(&mut self, condition: Expr, then: Expr, other: Expr, span: Span) -> Option<Expr> {
        let (then, other) = (self.value(then), self.value(other));
        let number_fits =
            |number: &Expr, ty: &Type| matches!(number.kind, ExprKind::Number(n) if fits(n, ty));
        let ty = if number_fits(&other, &then.ty) {
            Some(then.ty.clone())
        } else if number_fits(&then, &other.ty) {
            Some(other.ty.clone())
        } else {
            join(&then.ty, &other.ty)
        };
        let made = ty.and_then(|ty| Some((convert(then.clone(), &ty)?, convert(other.clone(), &ty)?, ty)));
        let Some((yes, no, ty)) = made else {
            let [a, b] = [&then.ty, &other.ty].map(|ty| self.type_text(ty));
            self.error(span, format!("Ternary operator must return the same type: have '{a}' and '{b}'"));
            return None;
        };
        Some(Expr { kind: ExprKind::Ternary(Box::new(condition), Box::new(yes), Box::new(no)), ty, span })
    }

    fn step(&mut self, target: &ast::Expr, by: i64, prefix: bool, span: Span) -> Option<Expr> {
        match &target.kind {
            ast::ExprKind::Var(_) => {
                let value = self.expr(target)?;
                let ExprKind::Var(var) = value.kind else { return None };
                match value.ty {
                    Type::Int { .. } | Type::None => {
                        Some(Expr { kind: ExprKind::StepVar { var, by, prefix }, ty: value.ty, span })
                    }
                    other => self.no_step(&other, span),
                }
            }
            ast::ExprKind::Map { name, keys } => {
                let (map, key) = self.map_key(name, keys, target.span)?;
                let known = self.session.maps.get(name).and_then(|known| known.value.clone());
                let ty = match known {
                    Some(MapValue::Plain(ty @ (Type::Int { .. } | Type::None))) => ty,
                    Some(MapValue::Plain(other)) => return self.no_step(&other, span),
                    Some(MapValue::Aggregate(aggregation)) => {
                        let what = super::maps::aggregation_name(&aggregation);
                        self.error(
                            span,
                            format!(
                                "The {} operator can not be used on a map that holds '{what}'",
                                symbol(by)
                            ),
                        );
                        return None;
                    }
                    None => {
                        // A map that is only counted up and down is a map of signed integers.
                        let _ = self.session.maps.put_plain(name, &Type::INT64);
                        Type::INT64
                    }
                };
                Some(Expr { kind: ExprKind::StepMap { map, key: key.map(Box::new), by, prefix }, ty, span })
            }
            _ => {
                self.error(span, format!("The {} operator must be applied to a map or variable", symbol(by)));
                None
            }
        }
    }

    fn no_step(&mut self, ty: &Type, span: Span) -> Option<Expr> {
        let text = self.type_text(ty);
        self.error(span, format!("The ++ and -- operators can not be used on values of type '{text}'"));
        None
    }

    fn cast_to(&mut self, operand: Expr, ty: Type, span: Span) -> Option<Expr> {
        if operand.ty == Type::None && !self.session.last_reading {
            return Some(Expr { ty, ..operand });
        }
        let ty = match (&operand.ty, ty) {
            // A pointer says better than the probe where it points to, but the verifier knows nothing of the new type.
            (Type::Pointer { space, .. }, Type::Pointer { to, .. }) => {
                let space = if *space == Space::Trusted { Space::Kernel } else { *space };
                Type::Pointer { to: Box::new(moved(&to, space)), space }
            }
            (Type::Array { .. } | Type::Composite { .. }, Type::Pointer { to, .. }) => {
                let space = place_space(&operand.ty);
                Type::Pointer { to: Box::new(moved(&to, space)), space }
            }
            (_, ty) => ty,
        };
        let from = self.type_text(&operand.ty);
        let made = match (&operand.ty, &ty) {
            (Type::Int { .. } | Type::Pointer { .. }, Type::Composite { space, .. }) => {
                let pointer = Type::Pointer { to: Box::new(ty.clone()), space: *space };
                let pointer = convert(operand.clone(), &pointer)?;
                return self.deref(pointer, span);
            }
            _ => convert(operand, &ty),
        };
        if made.is_none() {
            let to = self.type_text(&ty);
            self.error(span, format!("Cannot cast from \"{from}\" to \"{to}\""));
        }
        made.map(|made| Expr { span, ..made })
    }

    fn field(&mut self, base: &ast::Expr, name: &ast::Name, span: Span) -> Option<Expr> {
        if matches!(&base.kind, ast::ExprKind::Ident(word) if word == "args") {
            return self.argument(name, span);
        }
        let base = self.expr(base)?;
        self.field_of(base, name, span)
    }

    fn argument(&mut self, name: &ast::Name, span: Span) -> Option<Expr> {
        self.depends_on_point = true;
        let found = self.facts.argument(&self.types(), &name.node, span);
        if found.is_some() {
            return found;
        }
        let names = self.facts.argument_names(&self.types());
        let message = if names.is_empty() {
            Diagnostic::error(span, format!("The args builtin has nothing to tell of '{}'", self.facts.name))
                .hint("args is known for tracepoints, and for kernel functions and raw tracepoints that BTF describes; use arg0, arg1, … elsewhere")
        } else {
            Diagnostic::error(
                name.span,
                format!("Can't find function parameter or field '{}' in {}", name.node, self.facts.name),
            )
            .suggest(&name.node, names.iter().map(String::as_str))
            .hint(format!("there are: {}", names.join(", ")))
        };
        self.report(message);
        None
    }

    fn field_of(&mut self, base: Expr, name: &ast::Name, span: Span) -> Option<Expr> {
        let base = match &base.ty {
            Type::Pointer { to, .. } if matches!(**to, Type::Composite { .. }) => {
                let base_span = base.span;
                self.deref(base, base_span)?
            }
            _ => base,
        };
        if let (ExprKind::Tuple(parts), Type::Record(names)) = (&base.kind, &base.ty)
            && let Some(index) = names.iter().position(|(known, _)| *known == name.node)
            && parts.iter().all(|part| known(part).is_some())
        {
            return parts.get(index).map(|part| Expr { span, ..part.clone() });
        }
        match &base.ty {
            Type::Composite { of, space, .. } => {
                let of = *of;
                match self.types().member(of, &name.node, *space) {
                    Some((member, ty)) => {
                        Some(Expr { kind: ExprKind::Field { base: Box::new(base), member }, ty, span })
                    }
                    None => {
                        let spelled = self.types().spell(of);
                        let names = self.types().members(of);
                        let message = format!("{spelled} does not contain a field named '{}'", name.node);
                        self.report(
                            Diagnostic::error(name.span, message)
                                .suggest(&name.node, names.iter().map(String::as_str)),
                        );
                        None
                    }
                }
            }
            Type::Record(parts) => match parts.iter().position(|(known, _)| *known == name.node) {
                Some(index) => {
                    let ty = parts[index].1.clone();
                    Some(Expr { kind: ExprKind::Part(Box::new(base), index), ty, span })
                }
                None => {
                    let names: Vec<String> = parts.iter().map(|(known, _)| known.clone()).collect();
                    let message = format!("this record does not contain a field named '{}'", name.node);
                    self.report(
                        Diagnostic::error(name.span, message)
                            .suggest(&name.node, names.iter().map(String::as_str)),
                    );
                    None
                }
            },
            Type::None if !self.session.last_reading => Some(Expr { span, ..base }),
            other => {
                let text = self.type_text(other);
                self.error(
                    span,
                    format!("Can not access field '{}' on expression of type '{text}'", name.node),
                );
                None
            }
        }
    }

    fn part(&mut self, base: &ast::Expr, index: u32, span: Span) -> Option<Expr> {
        let base = self.expr(base)?;
        self.part_of(base, index, span)
    }

    fn part_of(&mut self, base: Expr, index: u32, span: Span) -> Option<Expr> {
        match &base.ty {
            Type::Tuple(parts) => match parts.get(index as usize) {
                Some(ty) => {
                    let ty = ty.clone();
                    Some(Expr { kind: ExprKind::Part(Box::new(base), index as usize), ty, span })
                }
                None => {
                    let count = parts.len();
                    self.error(
                        span,
                        format!("Invalid tuple index: {index}. Found {count} elements in tuple."),
                    );
                    None
                }
            },
            Type::None if !self.session.last_reading => Some(Expr { span, ..base }),
            other => {
                let text = self.type_text(other);
                self.error(span, format!("Can not access index '{index}' on expression of type '{text}'"));
                None
            }
        }
    }

    fn index(&mut self, base: &ast::Expr, index: &ast::Expr, span: Span) -> Option<Expr> {
        let base = self.expr(base)?;
        let index = self.integer(index)?;
        match (&base.ty, &index.kind) {
            (Type::Tuple(_), ExprKind::Number(known)) => self.part_of(base, *known as u32, span),
            (Type::Array { element, count, .. }, kind) => {
                if let ExprKind::Number(known) = kind
                    && (*known < 0 || (*count > 0 && *known >= i64::from(*count)))
                {
                    let count = *count;
                    self.error(span, format!("the index {known} is out of bounds for array of size {count}"));
                    return None;
                }
                let ty = (**element).clone();
                let index = convert(index, &Type::INT64)?;
                Some(Expr {
                    kind: ExprKind::Index { base: Box::new(base), index: Box::new(index) },
                    ty,
                    span,
                })
            }
            (Type::Pointer { .. }, _) => {
                let element = self.pointer_sum(BinaryOp::Add, base, index, span)?;
                self.deref(element, span)
            }
            (Type::None, _) if !self.session.last_reading => Some(base),
            (other, _) => {
                let text = self.type_text(other);
                self.error(
                    span,
                    format!(
                        "The array index operator [] can only be used on arrays and pointers, found {text}"
                    ),
                );
                None
            }
        }
    }

    fn record(&mut self, parts: &[(ast::Name, ast::Expr)], span: Span) -> Option<Expr> {
        let mut values = Vec::new();
        let mut types = Vec::new();
        for (name, part) in parts {
            let part = self.expr(part)?;
            let part = self.value(part);
            types.push((name.node.clone(), part.ty.clone()));
            values.push(part);
        }
        Some(Expr { kind: ExprKind::Tuple(values), ty: Type::Record(types), span })
    }

    fn block_value(&mut self, block: &ast::Block, span: Span) -> Option<Expr> {
        self.open_scope();
        let mut stmts: Vec<Stmt> = Vec::new();
        for stmt in &block.stmts {
            self.inner_stmt(stmt, &mut stmts);
        }
        let value = match &block.tail {
            Some(tail) => self.expr(tail),
            None => {
                self.error(span, "a block in an expression must end with a value, without `;`");
                None
            }
        };
        self.close_scope();
        let value = value?;
        if stmts.is_empty() {
            return Some(value);
        }
        let ty = value.ty.clone();
        Some(Expr { kind: ExprKind::Block(stmts, Box::new(value)), ty, span })
    }

    fn comptime_value(&mut self, inner: &ast::Expr, span: Span) -> Option<Expr> {
        match &inner.kind {
            ast::ExprKind::If(branch) => {
                let chosen = self.decided(&branch.condition);
                self.one_value(branch, chosen, span)
            }
            _ => self.comptime(inner, span),
        }
    }

    /// What a decision leaves of an `if` that has a value.
    fn one_value(&mut self, branch: &ast::If, chosen: Branch, span: Span) -> Option<Expr> {
        match (chosen, &branch.otherwise) {
            (Branch::Then, _) => self.block_value(&branch.then, branch.then.span),
            (Branch::Otherwise, Some(otherwise)) => self.block_value(otherwise, otherwise.span),
            (Branch::Otherwise, None) => {
                self.error(span, "an if in an expression needs an else");
                None
            }
            _ => None,
        }
    }

    fn if_value(&mut self, branch: &ast::If, span: Span) -> Option<Expr> {
        let chosen = self.chosen(&branch.condition);
        if chosen != Branch::Both {
            return self.one_value(branch, chosen, span);
        }
        let condition = self.condition(&branch.condition)?;
        let Some(otherwise) = &branch.otherwise else {
            self.error(span, "an if in an expression needs an else");
            return None;
        };
        let then = self.block_value(&branch.then, branch.then.span)?;
        let other = self.block_value(otherwise, otherwise.span)?;
        self.ternary(condition, then, other, span)
    }

    fn offset_of(&mut self, of: &ast::TypeOrExpr, path: &[ast::Name], span: Span) -> Option<Expr> {
        let mut ty = self.type_or_expr(of)?;
        let mut bits = 0;
        for name in path {
            let Type::Composite { of, space, .. } = &ty else {
                let text = self.type_text(&ty);
                self.error(name.span, format!("'{text}' has no fields"));
                return None;
            };
            let Some((member, next)) = self.types().member(*of, &name.node, *space) else {
                let spelled = self.types().spell(*of);
                self.error(name.span, format!("{spelled} does not contain a field named '{}'", name.node));
                return None;
            };
            bits += member.bit_offset;
            ty = next;
        }
        Some(Expr { ty: Type::UINT64, ..number(i64::from(bits / 8), span) })
    }

    /// A place as a pointer to its beginning.
    pub(super) fn address(&mut self, place: Expr) -> Expr {
        let to = match &place.ty {
            Type::Array { element, .. } => (**element).clone(),
            other => other.clone(),
        };
        let space = place_space(&place.ty);
        cast(place, Type::Pointer { to: Box::new(to), space })
    }

    /// Statements for an expression that is only wanted for what it does.
    pub(super) fn send(verb: osmia_event::Verb, args: Vec<Expr>) -> Made {
        Made::Stmts(vec![StmtKind::Send(verb, args)])
    }
}

/// Where a composite or array lies.
pub(super) const fn place_space(ty: &Type) -> Space {
    match ty {
        Type::Composite { space, .. } | Type::Array { space, .. } => match space {
            Space::Trusted => Space::Kernel,
            other => *other,
        },
        _ => Space::Unknown,
    }
}

/// A number as command lines have them: decimal, `0x…`, `0…`, with a sign.
pub(super) fn parse_number(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let value = if let Some(hex) = digits.strip_prefix("0x") {
        u64::from_str_radix(hex, 16).ok()?
    } else if digits.len() > 1 && digits.starts_with('0') {
        u64::from_str_radix(&digits[1..], 8).ok()?
    } else {
        digits.parse().ok()?
    };
    Some((value as i64).wrapping_mul(sign))
}

const fn symbol(by: i64) -> &'static str {
    if by > 0 { "++" } else { "--" }
}

fn integer_literal(value: u64, span: Span) -> Expr {
    let ty = if i64::try_from(value).is_ok() { Type::INT64 } else { Type::UINT64 };
    Expr { kind: ExprKind::Number(value as i64), ty, span }
}

const fn truth_literal(value: bool, span: Span) -> Expr {
    Expr { kind: ExprKind::Number(value as i64), ty: Type::Bool, span }
}

pub(super) fn text_literal(text: Vec<u8>, span: Span) -> Expr {
    let capacity = text.len() as u32 + 1;
    Expr { kind: ExprKind::Text(text), ty: Type::Str { capacity }, span }
}
