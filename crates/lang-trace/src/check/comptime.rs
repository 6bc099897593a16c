//! What is known when a script is compiled: `comptime`, branches that it decides, and what it can ask.
use super::body::Body;
use super::calls::{Call, Made};
use super::expr::{number, text_literal};
use crate::ast;
use crate::params::{ParamValue, literal_value};
use crate::typed::{Expr, ExprKind, MapValue, StmtKind, Type, Unstable};
use osmia_base::Span;
use osmia_isa::{Width, eval};

/// A value that is known.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Known {
    /// A number, a truth value, an address.
    Number(i64),
    /// Text, without its NUL.
    Text(Vec<u8>),
    /// A tuple or record.
    Parts(Vec<Known>),
}

/// The value of an expression, if it is known now.
pub(super) fn known(expr: &Expr) -> Option<Known> {
    let truth = |value: bool| Some(Known::Number(i64::from(value)));
    match &expr.kind {
        ExprKind::Number(value) => Some(Known::Number(*value)),
        ExprKind::Text(text) => Some(Known::Text(text.clone())),
        ExprKind::Tuple(parts) => parts.iter().map(known).collect::<Option<_>>().map(Known::Parts),
        ExprKind::Part(base, index) => match known(base)? {
            Known::Parts(parts) => parts.get(*index).cloned(),
            _ => None,
        },
        ExprKind::And(a, b) => match known_number(a)? {
            0 => truth(false),
            _ => truth(known_number(b)? != 0),
        },
        ExprKind::Or(a, b) => match known_number(a)? {
            0 => truth(known_number(b)? != 0),
            _ => truth(true),
        },
        ExprKind::Not(inner) => truth(known_number(inner)? == 0),
        ExprKind::Compare(cond, a, b) => {
            let (a, b) = (known_number(a)?, known_number(b)?);
            truth(eval::compare(*cond, Width::W64, a as u64, b as u64))
        }
        ExprKind::TextEqual { lhs, rhs, limit } => {
            let limit = limit.map_or(usize::MAX, |limit| limit as usize);
            match (known(lhs)?, known(rhs)?) {
                (Known::Text(lhs), Known::Text(rhs)) => {
                    truth(lhs.iter().take(limit).eq(rhs.iter().take(limit)))
                }
                (lhs, rhs) => truth(lhs == rhs),
            }
        }
        ExprKind::Ternary(condition, a, b) => {
            if known_number(condition)? != 0 {
                known(a)
            } else {
                known(b)
            }
        }
        ExprKind::Cast(inner) => match known(inner)? {
            Known::Number(value) if expr.ty == Type::Bool => truth(value != 0),
            Known::Number(value) if expr.ty.is_scalar() => {
                Some(Known::Number(super::convert::truncate(value, &expr.ty)))
            }
            Known::Text(text) if matches!(expr.ty, Type::Str { .. }) => Some(Known::Text(text)),
            _ => None,
        },
        ExprKind::Arithmetic(op, a, b) => {
            let (a, b) = (known_number(a)?, known_number(b)?);
            let value = eval::alu(*op, Width::W64, a as u64, b as u64) as i64;
            Some(Known::Number(super::convert::truncate(value, &expr.ty)))
        }
        ExprKind::Negate(inner) => Some(Known::Number(known_number(inner)?.wrapping_neg())),
        ExprKind::Complement(inner) => Some(Known::Number(!known_number(inner)?)),
        _ => None,
    }
}

fn known_number(expr: &Expr) -> Option<i64> {
    match known(expr)? {
        Known::Number(value) => Some(value),
        Known::Text(_) | Known::Parts(_) => None,
    }
}

/// Which branch is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Branch {
    /// Both: it is decided when the program runs.
    Both,
    /// This one only.
    Then,
    /// The other only.
    Otherwise,
    /// None, so far: what decides is not known yet, or was wrong.
    Neither,
}

impl Body<'_, '_> {
    /// `comptime e`: a value that is known, or an error.
    pub(super) fn comptime(&mut self, inner: &ast::Expr, span: Span) -> Option<Expr> {
        let value = self.expr(inner)?;
        self.must_be_known(value, span)
    }

    fn must_be_known(&mut self, value: Expr, span: Span) -> Option<Expr> {
        let kind = match known(&value) {
            Some(Known::Number(number)) => ExprKind::Number(number),
            Some(Known::Text(text)) => return Some(text_literal(text, span)),
            Some(Known::Parts(_)) => value.kind,
            None => {
                if self.session.last_reading {
                    self.error(span, "Unable to resolve comptime expression");
                }
                return None;
            }
        };
        Some(Expr { kind, ty: value.ty, span })
    }

    /// Which branch a condition leaves; only `comptime` decides.
    pub(super) fn chosen(&mut self, condition: &ast::Expr) -> Branch {
        match &condition.kind {
            ast::ExprKind::Comptime(inner) => self.decided(inner),
            _ => Branch::Both,
        }
    }

    /// The branch that a condition leaves, which must be known.
    pub(super) fn decided(&mut self, condition: &ast::Expr) -> Branch {
        let span = condition.span;
        let value = self.expr(condition);
        let value = value.filter(|value| value.ty != Type::None).and_then(|value| self.truth(value));
        let value = value.and_then(|value| self.must_be_known(value, span));
        match value.map(|value| value.kind) {
            Some(ExprKind::Number(0)) => Branch::Otherwise,
            Some(_) => Branch::Then,
            None => Branch::Neither,
        }
    }
}

/// A question about an argument's type.
pub(super) fn is(body: &mut Body<'_, '_>, call: &Call<'_>, test: fn(&Type) -> bool) -> Option<Made> {
    let value = body.expr(&call.args[0])?;
    if value.ty == Type::None && !body.session.last_reading {
        return None;
    }
    Some(truth(test(&value.ty), call.span))
}

fn truth(value: bool, span: Span) -> Made {
    Made::Value(Expr { kind: ExprKind::Number(i64::from(value)), ty: Type::Bool, span })
}

/// `is_literal(e)`.
pub(super) fn is_literal(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let value = body.expr(&call.args[0])?;
    Some(truth(matches!(value.kind, ExprKind::Number(_) | ExprKind::Text(_)), call.span))
}

/// `is_scalar(@m)`: whether a map has no key.
pub(super) fn is_scalar(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let ast::ExprKind::Map { name, keys } = &call.args[0].kind else {
        body.error(call.args[0].span, "is_scalar() expects a map to be provided");
        return None;
    };
    if !keys.is_empty() {
        body.error(call.args[0].span, "is_scalar() takes a whole map, without a key");
        return None;
    }
    match body.session.maps.get(name).and_then(|known| known.key.clone()) {
        Some(key) => Some(truth(key.is_none(), call.span)),
        None => {
            if body.session.last_reading && !body.session.unread {
                body.error(call.args[0].span, format!("Undefined map: {name}"));
            }
            None
        }
    }
}

/// `fail("…", …)`: an error, where it is not left out.
pub(super) fn fail(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let format = super::calls::literal(body, call, 0)?;
    let args: Vec<Option<Expr>> = call.args[1..].iter().map(|arg| body.expr(arg)).collect();
    let args: Vec<Expr> = args.into_iter().collect::<Option<_>>()?;
    if body.session.last_reading {
        let words: Vec<String> = args.iter().map(|arg| spelled(known(arg))).collect();
        let text = filled(&format, &words);
        body.error(call.span, text);
    }
    None
}

fn spelled(value: Option<Known>) -> String {
    match value {
        Some(Known::Number(number)) => number.to_string(),
        Some(Known::Text(text)) => String::from_utf8_lossy(&text).into_owned(),
        Some(Known::Parts(parts)) => {
            let parts: Vec<String> = parts.into_iter().map(|part| spelled(Some(part))).collect();
            format!("({})", parts.join(", "))
        }
        None => "?".to_owned(),
    }
}

/// The format with words in the places of its conversions, whatever they are.
fn filled(format: &str, words: &[String]) -> String {
    let mut words = words.iter();
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let end =
            after.find(|letter: char| letter.is_ascii_alphabetic() && !matches!(letter, 'l' | 'h' | 'z'));
        out.push_str(words.next().map_or("", String::as_str));
        rest = end.and_then(|end| after.get(end + 1..)).unwrap_or("");
    }
    out + rest.trim_end_matches('\n')
}

/// `static_assert(condition, "message")`.
pub(super) fn static_assert(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let message = super::calls::literal(body, call, 1)?;
    match body.decided(&call.args[0]) {
        Branch::Otherwise => {
            if body.session.last_reading {
                body.error(call.span, message);
            }
            None
        }
        // Nothing is left of it.
        _ => Some(Made::Stmts(vec![StmtKind::Expr(number(0, call.span))])),
    }
}

/// `getopt("name", default, "help")`: what was given, else the default.
pub(super) fn getopt(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let name = super::calls::literal(body, call, 0)?;
    let default = call.args.get(1).map_or(Some(ParamValue::Bool(false)), literal_value);
    let value = body.options().named.get(&name).cloned().or(default)?;
    if body.options().portable {
        return body.open_named(&name, &value, call.span).map(Made::Value);
    }
    Some(Made::Value(literal(value, call.span)))
}

/// `default_str_length`: how much `str` reads of a pointer.
pub(super) fn default_str_length(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let length = i64::from(body.config().max_strlen);
    Some(Made::Value(Expr { ty: Type::UINT64, ..number(length, call.span) }))
}

/// `has_cpid`: whether `-c` started a child.
pub(super) fn has_cpid(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    Some(truth(body.options().has_child, call.span))
}

/// `kfunc_exist("name")`: whether the kernel has a function that programs may call by this name.
pub(super) fn kfunc_exist(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let name = super::calls::literal(body, call, 0)?;
    let found = body.types().kernel.is_some_and(|btf| btf.find_func(&name).is_some());
    Some(truth(found, call.span))
}

/// `__builtin_safe_mode`: whether what changes the machine is forbidden.
pub(super) fn safe_mode(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    Some(truth(!body.options().unsafe_allowed, call.span))
}

/// `kfunc_allowed("name")`: whether this kind of probe may call that function of the kernel.
pub(super) fn kfunc_allowed(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let name = super::calls::literal(body, call, 0)?;
    body.depends_on_point = true;
    let callers = body.session.target.kfuncs.get(&name);
    let allowed = callers.is_some_and(|callers| callers.contains(&body.facts.provider.program_type()));
    Some(truth(allowed, call.span))
}

/// `config()`: the settings, as a record.
pub(super) fn config(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let span = call.span;
    let parts: Vec<(String, Expr)> = super::config::values(body.config())
        .into_iter()
        .map(|(name, value)| (name.to_owned(), literal(value, span)))
        .collect();
    Some(record(parts, span))
}

fn literal(value: ParamValue, span: Span) -> Expr {
    match value {
        ParamValue::Bool(value) => Expr { kind: ExprKind::Number(i64::from(value)), ty: Type::Bool, span },
        ParamValue::Unsigned(value) => Expr { ty: Type::UINT64, ..number(value as i64, span) },
        ParamValue::Signed(value) => Expr { ty: Type::INT64, ..number(value, span) },
        ParamValue::Text(text) => text_literal(text.into_bytes(), span),
    }
}

fn record(parts: Vec<(String, Expr)>, span: Span) -> Made {
    let ty = Type::Record(parts.iter().map(|(name, value)| (name.clone(), value.ty.clone())).collect());
    let kind = ExprKind::Tuple(parts.into_iter().map(|(_, value)| value).collect());
    Made::Value(Expr { kind, ty, span })
}

/// What the kind of a type is called, and the type itself; nothing while it is not known yet.
fn type_names(body: &mut Body<'_, '_>, of: &ast::Expr) -> Option<(&'static str, String)> {
    if let Some(key) = body.key_type(of) {
        let key = key?;
        return Some((super::types::class(&key), body.type_text(&key)));
    }
    if let ast::ExprKind::Map { name, keys } = &of.kind
        && let Some(MapValue::Aggregate(kind)) = body.session.maps.get(name).and_then(|map| map.value.clone())
    {
        body.map_key(name, keys, of.span)?;
        let full = super::maps::aggregation_name(&kind);
        return Some((full.strip_prefix('u').unwrap_or(full), full.to_owned()));
    }
    let ty = match &of.kind {
        ast::ExprKind::Type(ty) => body.type_name(ty)?,
        _ => body.expr(of)?.ty,
    };
    if ty == Type::None && !body.session.last_reading {
        return None;
    }
    let base = if ty == Type::None { "none" } else { super::types::class(&ty) };
    Some((base, body.type_text(&ty)))
}

/// `typeinfo(e)`, `typeinfo(type)`: names of a type, as a record.
pub(super) fn typeinfo(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    match body.config().unstable_typeinfo {
        Unstable::Enable => {}
        Unstable::Warn => body.warn(
            Span::NOWHERE,
            "Script is using an unstable feature: typeinfo. To prevent this warning you must explicitly enable it in the config e.g. unstable_typeinfo=enable",
        ),
        Unstable::Error => {
            body.error(
                call.span,
                "typeinfo feature is not enabled by default. To enable this unstable feature, set the config flag to enable. unstable_typeinfo=enable",
            );
            return None;
        }
    }
    let (base, full) = type_names(body, &call.args[0])?;
    let text = |text: &str| text_literal(text.as_bytes().to_vec(), call.span);
    let parts = [("btf_id", number(0, call.span)), ("base_type", text(base)), ("full_type", text(&full))];
    Some(record(parts.map(|(name, value)| (name.to_owned(), value)).into(), call.span))
}
