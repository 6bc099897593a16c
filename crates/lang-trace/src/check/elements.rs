//! Elements of maps: keys, and what is put in.
use super::body::Body;
use super::calls::Made;
use super::convert::{convert, kept};
use super::fit::after;
use super::maps::{Clash, aggregation_name, value_name};
use super::types::untrusted;
use crate::ast;
use crate::typed::{Expr, ExprKind, MapId, MapValue, Stmt, StmtKind, Type};
use osmia_base::{Diagnostic, Span};
use osmia_event::Aggregation;
use osmia_isa::AluOp;

/// An assignment to an element of a map, as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assignment<'a> {
    pub(super) name: &'a str,
    pub(super) keys: &'a [ast::Expr],
    /// The element.
    pub(super) target: &'a ast::Expr,
    /// Of `+=` and its kin.
    pub(super) op: Option<ast::BinaryOp>,
    pub(super) value: &'a ast::Expr,
    pub(super) span: Span,
}

/// An element: a map, and the key in it.
type Element = (MapId, Option<Expr>);

impl Body<'_, '_> {
    pub(super) fn assign_map(&mut self, it: Assignment<'_>, out: &mut Vec<Stmt>) {
        if let Some(asker) = self.asks_types {
            self.error(it.span, format!("Map assignments not allowed inside of {asker}"));
            return;
        }
        if let ast::ExprKind::Block(block) = &it.value.kind
            && let Some(tail) = &block.tail
            && aggregates(tail)
        {
            return self.assign_from_block(it, block, tail, out);
        }
        let key = self.map_key(it.name, it.keys, it.target.span);
        if let Some(aggregation) = self.whole_aggregation(it.value) {
            return self.refuse_aggregation(it.name, it.value, &aggregation, it.span);
        }
        if let (ast::ExprKind::Map { name, .. }, None) = (&it.value.kind, it.op) {
            self.session.maps.note_copy(name, it.name);
        }
        let made = match &it.value.kind {
            ast::ExprKind::Call { name, args } => self.call(name, args, it.value.span),
            ast::ExprKind::Ident(word) if super::calls::is_aggregation(word) => {
                self.call(&ast::Name { node: word.clone(), span: it.value.span }, &[], it.value.span)
            }
            _ => self.expr(it.value).map(Made::Value),
        };
        let (Some((map, key)), Some(made)) = (key, made) else { return };
        if let Some(key) = &key {
            self.note_key_time(it.name, key);
        }
        match (made, it.op) {
            (Made::Aggregation(aggregation, operand), None) => {
                if let Some(number) = &operand {
                    self.note_aggregate_time(it.name, &aggregation, number);
                }
                let clash = self.session.maps.put_aggregate(it.name, &aggregation);
                if self.clashed(it.name, clash, it.value.span, &MapValue::Aggregate(aggregation)).is_some() {
                    let kind = StmtKind::Aggregate(map, key, operand);
                    out.push(Stmt { kind, span: it.span });
                }
            }
            (Made::Value(value), None) => self.set_map(it.name, (map, key), value, it.span, out),
            (Made::Value(value), Some(op)) => self.update_map(&it, (map, key), op, value, out),
            (Made::Aggregation(..), Some(_)) => {
                self.error(it.value.span, "an aggregation is assigned with `=`");
            }
            (Made::Stmts(_), _) => self.error(it.span, "Value 'void' cannot be assigned to a map."),
        }
    }

    /// `@ = { …; avg($x) }`: the statements, then the aggregation as if it stood there alone.
    fn assign_from_block(
        &mut self,
        it: Assignment<'_>,
        block: &ast::Block,
        tail: &ast::Expr,
        out: &mut Vec<Stmt>,
    ) {
        self.open_scope();
        for stmt in &block.stmts {
            self.inner_stmt(stmt, out);
        }
        self.assign_map(Assignment { value: tail, ..it }, out);
        self.close_scope();
    }

    fn set_map(&mut self, name: &str, (map, key): Element, value: Expr, span: Span, out: &mut Vec<Stmt>) {
        if value.ty == Type::None {
            if self.session.last_reading {
                self.error(span, "Value 'void' cannot be assigned to a map.");
            }
            return;
        }
        self.note_map_time(name, &value);
        let value = kept(Expr { ty: untrusted(&value.ty), ..value });
        if self.is_foreign(name, &value, span) {
            return;
        }
        let joined = self.session.maps.put_plain(name, &value.ty);
        let new = MapValue::Plain(value.ty.clone());
        let Some(joined) = self.clashed(name, joined, span, &new) else { return };
        let have = value.ty.clone();
        match self.fit(value, &joined) {
            Some(value) => out.push(Stmt { kind: StmtKind::SetMap(map, key, value), span }),
            None => {
                let [new, old] = [&have, &joined].map(|ty| self.type_text(ty));
                self.error(
                    span,
                    format!("Type mismatch for {name}: trying to assign value of type '{new}' when map already has a value type '{old}'"),
                );
            }
        }
    }

    /// Notes that a number, or an address, is put in a map; gives the type of what the map holds.
    pub(super) fn put_number(&mut self, name: &str, ty: &Type, span: Span) -> Option<Type> {
        let joined = self.session.maps.put_plain(name, ty);
        self.clashed(name, joined, span, &MapValue::Plain(ty.clone()))
    }

    /// Whether a value is an aggregation's, and the map does not hold numbers; says so.
    fn is_foreign(&mut self, name: &str, value: &Expr, span: Span) -> bool {
        let ExprKind::MapNumber(from, _) = &value.kind else { return false };
        let holds = self.session.maps.get(name).and_then(|known| known.value.clone());
        if matches!(holds, Some(MapValue::Plain(Type::Int { .. } | Type::Enum { .. }))) {
            return false;
        }
        if holds.is_none() && !self.session.last_reading {
            return true;
        }
        let Some((from, Some(MapValue::Aggregate(aggregation)))) = self.session.maps.at(*from) else {
            return false;
        };
        let hint = format!(
            "Add a cast to integer if you want the value of the aggregate, e.g. `{name} = (int64){from};`."
        );
        self.report(no_copy(name, &aggregation, span).hint(hint));
        true
    }

    /// The aggregation that an element of a map is, if it is no number.
    pub(super) fn whole_aggregation(&self, expr: &ast::Expr) -> Option<Aggregation> {
        let ast::ExprKind::Map { name, .. } = &expr.kind else { return None };
        match &self.session.maps.get(name)?.value {
            Some(MapValue::Aggregate(it)) if number_type(it).is_none() => Some(it.clone()),
            _ => None,
        }
    }

    fn refuse_aggregation(&mut self, name: &str, value: &ast::Expr, it: &Aggregation, span: Span) {
        if let ast::ExprKind::Map { name, keys } = &value.kind {
            let _ = self.map_key(name, keys, value.span);
        }
        self.report(no_copy(name, it, span));
    }

    /// `@m[k] += n`: what is added and taken away is not lost to what other processors do.
    fn update_map(
        &mut self,
        it: &Assignment<'_>,
        (map, key): Element,
        op: ast::BinaryOp,
        value: Expr,
        out: &mut Vec<Stmt>,
    ) {
        let simple = match op {
            ast::BinaryOp::Add => Some(AluOp::Add),
            ast::BinaryOp::Sub => Some(AluOp::Sub),
            _ => None,
        };
        let known = self.session.maps.get(it.name).and_then(|known| known.value.clone());
        let integer = matches!(known, None | Some(MapValue::Plain(Type::Int { .. } | Type::None)));
        let (Some(alu), true, Type::Int { .. } | Type::Enum { .. }) = (simple, integer, &value.ty) else {
            let Some(old) = self.expr(it.target) else { return };
            if let Some(value) = self.binary(op, old, value, it.span) {
                self.set_map(it.name, (map, key), value, it.span, out);
            }
            return;
        };
        self.session.maps.note_read(it.name);
        // The type of the sum, as of any other.
        let Some(MapValue::Plain(old)) = known else { return };
        let old = Expr { kind: ExprKind::MapValue(map, None), ty: old, span: it.target.span };
        let Some(sum) = self.numbers(op, old, value.clone(), it.span) else { return };
        let Some(joined) = self.put_number(it.name, &sum.ty, it.span) else { return };
        let value = convert(value, &joined);
        let kind = |value| StmtKind::UpdateMap(alu, map, key, value);
        out.extend(value.map(|value| Stmt { kind: kind(value), span: it.span }));
    }

    /// The map's id and its key, converted to the map's key type.
    pub(super) fn map_key(
        &mut self,
        name: &str,
        keys: &[ast::Expr],
        span: Span,
    ) -> Option<(MapId, Option<Expr>)> {
        let map = self.maps().id(name, span);
        let mut parts = Vec::new();
        for key in keys {
            if let Some(aggregation) = self.whole_aggregation(key) {
                let what = aggregation_name(&aggregation);
                self.error(span, format!("Value '{what}' cannot be used as a map key."));
                return None;
            }
            parts.push(kept(self.expr(key)?));
        }
        let key = match parts.len() {
            0 => None,
            1 => parts.pop(),
            _ => {
                let ty = Type::Tuple(parts.iter().map(|part| part.ty.clone()).collect());
                let span = parts[0].span.to(parts[parts.len() - 1].span);
                Some(Expr { kind: ExprKind::Tuple(parts), ty, span })
            }
        };
        if key.as_ref().is_some_and(|key| matches!(&key.ty, Type::Tuple(parts) if parts.is_empty())) {
            self.error(span, "Invalid map key type: none");
            return None;
        }
        self.typed_key(name, key, span).map(|key| (map, key))
    }

    /// The same for a key that is already an expression.
    pub(super) fn typed_key(&mut self, name: &str, key: Option<Expr>, span: Span) -> Option<Option<Expr>> {
        let key = key.map(|key| Expr { ty: untrusted(&key.ty), ..key });
        if let Some(key) = &key
            && matches!(key.ty, Type::None)
        {
            if self.session.last_reading {
                self.error(key.span, "Value 'void' cannot be used as a map key.");
            }
            return None;
        }
        match self.session.maps.use_key(name, key.as_ref().map(|key| &key.ty)) {
            Ok(joined) => match (key, joined) {
                (Some(key), Some(joined)) => self.fit_key(name, key, &joined, span).map(Some),
                _ => Some(None),
            },
            Err(clash) => {
                let message = self.key_message(name, key.map(|key| key.ty), &clash);
                self.error(span, message);
                None
            }
        }
    }

    fn fit_key(&mut self, name: &str, key: Expr, joined: &Type, span: Span) -> Option<Expr> {
        let have = key.ty.clone();
        let fitted = self.fit(key, joined);
        if fitted.is_none() {
            let [new, old] = [&have, joined].map(|ty| self.type_text(ty));
            self.error(
                span,
                format!("Type mismatch for {name}: trying to assign key of type '{new}' when map already has a key type '{old}'"),
            );
        }
        fitted
    }

    fn key_message(&self, name: &str, key: Option<Type>, clash: &Clash) -> String {
        match (clash, key) {
            (Clash::Key(Some(old)), Some(new)) => {
                let [new, old] = [&new, old].map(|ty| self.type_text(ty));
                format!(
                    "Argument mismatch for {name}: trying to access with arguments: '{new}' when map expects arguments: '{old}'"
                )
            }
            (Clash::Key(Some(_)), None) => {
                format!(
                    "{name} used as a map without an explicit key (scalar map), previously used with an explicit key (non-scalar map)"
                )
            }
            _ => {
                format!(
                    "{name} used as a map with an explicit key (non-scalar map), previously used without an explicit key (scalar map)"
                )
            }
        }
    }

    /// Reports a clash of values; notes where something new was learnt.
    fn clashed<T>(&mut self, name: &str, answer: Result<T, Clash>, span: Span, new: &MapValue) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(Clash::Value(old)) => {
                let [old, new] = [&old, new].map(|value| value_name(value, |ty| self.type_text(ty)));
                let text = if old == new {
                    match old.trim_end_matches("_t") {
                        "hist" => "Different bits in a single hist unsupported".to_owned(),
                        call => format!("Different {call} bounds in a single map unsupported"),
                    }
                } else {
                    format!(
                        "Type mismatch for {name}: trying to assign value of type '{new}' when map already has a type '{old}'"
                    )
                };
                self.error(span, text);
                None
            }
            Err(Clash::Key(_)) => None,
        }
    }

    /// `c ?: other`: the value is made once.
    pub(super) fn elvis_of(&mut self, value: Expr, other: Expr, span: Span) -> Option<Expr> {
        let mut before = Vec::new();
        let value = self.keep(value, &mut before);
        let condition = self.truth(value.clone())?;
        Some(after(before, self.ternary(condition, value, other, span)?))
    }
}

fn no_copy(name: &str, it: &Aggregation, span: Span) -> Diagnostic {
    let (what, call) = (aggregation_name(it), aggregation_call(it));
    Diagnostic::error(
        span,
        format!(
            "Map value '{what}' cannot be assigned from one map to another. The function that returns this type must be called directly e.g. `{name} = {call};`."
        ),
    )
}

/// The type of an aggregation that can be read as a number.
pub(super) const fn number_type(aggregation: &Aggregation) -> Option<Type> {
    match aggregation {
        Aggregation::Count => Some(Type::UINT64),
        Aggregation::Sum { signed }
        | Aggregation::Min { signed }
        | Aggregation::Max { signed }
        | Aggregation::Avg { signed } => Some(Type::int(8, *signed)),
        _ => None,
    }
}

/// A call that makes an aggregation, as an example.
const fn aggregation_call(aggregation: &Aggregation) -> &'static str {
    match aggregation {
        Aggregation::Count => "count()",
        Aggregation::Sum { .. } => "sum(retval)",
        Aggregation::Min { .. } => "min(retval)",
        Aggregation::Max { .. } => "max(retval)",
        Aggregation::Avg { .. } => "avg(retval)",
        Aggregation::Hist { .. } => "hist(retval)",
        Aggregation::Lhist { .. } => "lhist(rand %10, 0, 10, 1)",
        Aggregation::TimeSeries { .. } => "tseries(rand %10, 10s, 1)",
        Aggregation::Stats { .. } | Aggregation::Value(_) => "stats(arg2)",
    }
}

/// Whether an expression is an aggregation: a call of one, or a block that ends in it.
fn aggregates(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ast::ExprKind::Call { name, .. } => super::calls::aggregates(&name.node),
        ast::ExprKind::Ident(word) => super::calls::is_aggregation(word),
        ast::ExprKind::Block(block) => block.tail.as_deref().is_some_and(aggregates),
        _ => false,
    }
}
