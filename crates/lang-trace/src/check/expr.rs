//! Expressions: what each is and which type it has.
use super::arithmetic::literal;
use super::body::Body;
use super::calls::Made;
use super::comptime::Branch;
use super::convert::{cast, convert, kept};
use crate::ast::{self, UnaryOp};
use crate::typed::{Expr, ExprKind, MapValue, Space, Stmt, StmtKind, Type};
use osmia_base::{Diagnostic, Span};

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
            ast::ExprKind::Integer(value) => Some(literal(i128::from(*value), span)),
            ast::ExprKind::Bool(value) => Some(truth_literal(*value, span)),
            ast::ExprKind::Str(text) => self.text(text, span),
            ast::ExprKind::Positional(index) => self.positional(*index, span),
            ast::ExprKind::PositionalCount if self.options().portable => Some(self.open_count(span)),
            ast::ExprKind::PositionalCount => Some(literal(self.options().params.len() as i128, span)),
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
        let ty = self.type_or_expr(of, "sizeof")?;
        Some(literal(i128::from(self.size_of(&ty)), span))
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
        let (then, other) = self.either_way(|body| body.expr(then), |body| body.expr(other));
        self.ternary(condition?, then?, other?, span)
    }

    fn elvis(&mut self, value: &ast::Expr, other: &ast::Expr, span: Span) -> Option<Expr> {
        let (value, other) = (self.expr(value)?, self.expr(other)?);
        self.elvis_of(value, other, span)
    }

    fn tuple(&mut self, parts: &[ast::Expr], span: Span) -> Option<Expr> {
        let parts = parts.iter().map(|part| self.member_value(part));
        let parts = parts.collect::<Option<Vec<_>>>()?;
        let ty = Type::Tuple(parts.iter().map(|part| part.ty.clone()).collect());
        Some(Expr { kind: ExprKind::Tuple(parts), ty, span })
    }

    /// A part of a tuple or record.
    fn member_value(&mut self, part: &ast::Expr) -> Option<Expr> {
        if let Some(aggregation) = self.whole_aggregation(part) {
            let what = super::maps::aggregation_name(&aggregation);
            self.error(part.span, format!("Map type {what} cannot exist inside a tuple."));
            return None;
        }
        let part = self.expr(part)?;
        if part.ty == Type::None && self.session.last_reading {
            self.error(part.span, "this has no value that could be part of another");
            return None;
        }
        Some(kept(part))
    }

    /// Text in quotes, which is not longer than texts may be.
    fn text(&mut self, text: &[u8], span: Span) -> Option<Expr> {
        let most = self.config().max_strlen;
        if text.len() >= most as usize {
            let written = String::from_utf8_lossy(text);
            self.error(span, format!("String is too long (over {most} bytes): {written}"));
            return None;
        }
        Some(text_literal(text.to_vec(), span))
    }

    /// An expression that must be an integer.
    pub(super) fn integer(&mut self, expr: &ast::Expr) -> Option<Expr> {
        self.integer_or(expr, |body, value| {
            let text = body.type_text(&value.ty);
            body.error(value.span, format!("an integer is expected here, not a value of type '{text}'"));
        })
    }

    /// An expression that must be an integer; `complain` says what else it is.
    pub(super) fn integer_or(
        &mut self,
        expr: &ast::Expr,
        complain: impl FnOnce(&mut Self, &Expr),
    ) -> Option<Expr> {
        let value = self.expr(expr)?;
        match value.ty {
            Type::Int { .. } | Type::Enum { .. } | Type::Bool | Type::Pointer { .. } => Some(value),
            Type::None if !self.session.last_reading => Some(number(0, value.span)),
            _ => {
                complain(self, &value);
                None
            }
        }
    }

    fn positional(&mut self, index: u32, span: Span) -> Option<Expr> {
        let Some(text) = (index as usize).checked_sub(1).map(|at| self.options().params.get(at)) else {
            self.error(span, "param $0 does not exist: they are counted from $1");
            return None;
        };
        if self.options().portable {
            return Some(self.open_number(index, span));
        }
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            let text = format!("Positional parameter ${index} is empty or not provided. ");
            self.report(Diagnostic::warning(span, text));
            return Some(literal(0, span));
        };
        match parse_number(text) {
            Some(value) => Some(literal(value, span)),
            None => Some(text_literal(text.clone(), span)),
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
        self.note_read(id, span);
        let ty = self.var(id).kind.clone();
        Some(Expr { kind: ExprKind::Var(id), ty, span })
    }

    fn read_map(&mut self, name: &str, keys: &[ast::Expr], span: Span) -> Option<Expr> {
        let (map, key) = self.map_key(name, keys, span)?;
        let key = key.map(Box::new);
        self.session.maps.note_read(name);
        let known = self.session.maps.get(name).and_then(|known| known.value.clone());
        match known {
            Some(MapValue::Plain(ty)) => Some(Expr { kind: ExprKind::MapValue(map, key), ty, span }),
            Some(MapValue::Aggregate(aggregation)) => self.map_number(name, map, key, &aggregation, span),
            // A map that nothing is put in holds zeros.
            None if self.session.last_reading => {
                Some(Expr { kind: ExprKind::MapValue(map, key), ty: Type::int(1, true), span })
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
        let Some(ty) = super::elements::number_type(aggregation) else {
            let what = super::maps::aggregation_name(aggregation);
            self.error(span, format!("{name} holds a '{what}': it can be printed, but not used as a number"));
            return None;
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
            UnaryOp::Negate | UnaryOp::Complement => {
                let value = self.expr(operand)?;
                self.sign_or_bits(op, value, span)
            }
            UnaryOp::Deref => {
                let pointer = self.expr(operand)?;
                self.deref(pointer, span)
            }
            UnaryOp::AddressOf => self.address_of(operand, span),
        }
    }

    /// `&$v`, and `&@m`: of one value, or of a map with keys.
    fn address_of(&mut self, operand: &ast::Expr, span: Span) -> Option<Expr> {
        if let ast::ExprKind::Map { name, keys } = &operand.kind
            && keys.is_empty()
        {
            match self.session.maps.get(name).and_then(|known| known.key.as_ref()).map(Option::is_some) {
                Some(true) => return Some(self.whole_map(name, operand.span, span)),
                None if self.session.last_reading => {
                    self.error(operand.span, format!("Undefined map: {name}"));
                    return None;
                }
                // Whether it has keys, others say.
                None => return Some(Expr { ty: Type::None, ..number(0, span) }),
                Some(false) => {}
            }
        }
        let outer = self.asks_types.replace("&");
        let value = self.expr(operand);
        self.asks_types = outer;
        let value = value?;
        if value.ty == Type::None
            && self.session.last_reading
            && let ast::ExprKind::Var(name) = &operand.kind
        {
            self.error(span, format!("No type available for variable {name}"));
            return None;
        }
        let kind = match value.kind {
            ExprKind::Var(var) => {
                self.note_assigned(var);
                ExprKind::VarAddress(var)
            }
            ExprKind::MapValue(map, key) => ExprKind::MapAddress(map, key),
            _ => {
                self.error(span, "only variables and maps have an address that can be taken");
                return None;
            }
        };
        let to = Box::new(super::types::moved(&value.ty, Space::Bpf));
        Some(Expr { kind, ty: Type::Pointer { to, space: Space::Bpf }, span })
    }

    fn whole_map(&mut self, name: &str, map: Span, span: Span) -> Expr {
        let kind = ExprKind::MapItself(self.maps().id(name, map));
        Expr { kind, ty: Type::Pointer { to: Box::new(Type::None), space: Space::Bpf }, span }
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

    pub(super) fn ternary(&mut self, condition: Expr, then: Expr, other: Expr, span: Span) -> Option<Expr> {
        let ty = match (&then.ty, &other.ty) {
            (Type::None, _) | (_, Type::None) if self.session.last_reading => None,
            (a, b) => super::join::join(a, b),
        };
        let made = match ty {
            Some(ty) => match (self.fit(then.clone(), &ty), self.fit(other.clone(), &ty)) {
                (Some(yes), Some(no)) => Some((yes, no, ty)),
                _ => None,
            },
            None => None,
        };
        let Some((yes, no, ty)) = made else {
            let [a, b] = [&then.ty, &other.ty].map(|ty| self.type_text(ty));
            self.error(
                span,
                format!("Branches must return the same type or compatible types: have '{a}' and '{b}'"),
            );
            return None;
        };
        Some(Expr { kind: ExprKind::Ternary(Box::new(condition), Box::new(yes), Box::new(no)), ty, span })
    }

    fn record(&mut self, parts: &[(ast::Name, ast::Expr)], span: Span) -> Option<Expr> {
        let mut values = Vec::new();
        let mut types = Vec::new();
        for (name, part) in parts {
            let part = self.member_value(part)?;
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
            if matches!(condition.kind, ExprKind::Number(truth) if truth != 0) {
                return self.block_value(&branch.then, branch.then.span);
            }
            self.error(span, "an if in an expression needs an else");
            return None;
        };
        let (then, other) = self.either_way(
            |body| body.block_value(&branch.then, branch.then.span),
            |body| body.block_value(otherwise, otherwise.span),
        );
        self.ternary(condition, then?, other?, span)
    }

    /// A place as a pointer to its beginning.
    pub(super) fn address(&mut self, place: Expr) -> Expr {
        let to = match &place.ty {
            Type::Array { element, .. } => (**element).clone(),
            Type::Str { .. } => Type::int(1, true),
            other => other.clone(),
        };
        let space = space_of(&place);
        cast(place, Type::Pointer { to: Box::new(to), space })
    }

    /// Statements for an expression that is only wanted for what it does.
    pub(super) fn send(verb: osmia_event::Verb, args: Vec<Expr>) -> Made {
        Made::Stmts(vec![StmtKind::Send(verb, args)])
    }
}

/// Where a value that is in memory lies.
pub(super) fn space_of(place: &Expr) -> Space {
    match (&place.kind, &place.ty) {
        (_, Type::Composite { .. } | Type::Array { .. }) => place_space(&place.ty),
        (ExprKind::Field { base, .. } | ExprKind::Index { base, .. }, _) => space_of(base),
        (ExprKind::Deref(pointer), _) => match &pointer.ty {
            Type::Pointer { space: Space::Trusted, .. } => Space::Kernel,
            Type::Pointer { space, .. } => *space,
            _ => Space::Unknown,
        },
        (ExprKind::TracepointField(..), _) => Space::Context,
        _ => Space::Bpf,
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

/// A number as command lines have them: as in a script, with a sign.
pub(super) fn parse_number(word: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(word).ok()?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let value = crate::literal::integer(digits).ok()?;
    Some(i128::from(value) * sign).filter(|value| *value >= i128::from(i64::MIN))
}

pub(super) const fn truth_literal(value: bool, span: Span) -> Expr {
    Expr { kind: ExprKind::Number(value as i64), ty: Type::Bool, span }
}

pub(super) fn text_literal(text: Vec<u8>, span: Span) -> Expr {
    let capacity = text.len() as u32 + 1;
    Expr { kind: ExprKind::Text(text), ty: Type::Str { capacity }, span }
}
