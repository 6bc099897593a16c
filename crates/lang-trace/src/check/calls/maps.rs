//! Functions of maps.
use super::{Call, Made, known_or};
use crate::ast;
use crate::check::body::Body;
use crate::check::convert::kept;
use crate::typed::{Expr, ExprKind, MapId, MapValue, Type};
use osmia_base::{Diagnostic, Key, Span};
use osmia_event::{Aggregation, Verb};

/// What is printed of a map is what it holds when the reader comes to it.
fn warn_of_print(body: &mut Body<'_, '_>, call: &Call<'_>, value: Option<&MapValue>) {
    if body.in_loop() {
        body.warn(call.span, "Due to it's asynchronous nature using 'print()' in a loop can lead to unexpected behavior. The map will likely be updated before the runtime can 'print' it.");
    }
    if matches!(value, Some(MapValue::Aggregate(Aggregation::Stats { .. }))) && call.args.len() > 1 {
        body.warn(call.span, "print()'s top and div arguments are ignored when used on stats() maps.");
    }
}

pub(super) fn print(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let literal = |body: &mut Body<'_, '_>, arg| {
        known_or(body, arg, |value| {
            let class = crate::check::types::class(&value.ty);
            (call.span, format!("print() expects a int literal ({class} provided)"))
        })
    };
    let numbers: Option<Vec<i64>> = call.args[1..].iter().map(|arg| literal(body, arg)).collect();
    let numbers = numbers?;
    let number = |index: usize| numbers.get(index).copied().unwrap_or(0).clamp(0, i64::from(u32::MAX)) as u32;
    if let ast::ExprKind::Map { name, keys } = &call.args[0].kind {
        let value = body.session.maps.get(name).and_then(|known| known.value.clone());
        let keyed = body.session.maps.get(name).and_then(|known| known.key.clone()).flatten().is_some();
        let aggregate = matches!(value, Some(MapValue::Aggregate(_)));
        if keys.is_empty() && (keyed || aggregate || value.is_none() || !numbers.is_empty()) {
            warn_of_print(body, call, value.as_ref());
            let map = known_map(body, name, call.args[0].span)?;
            return Some(Body::send(
                Verb::PrintMap { map: map.index(), top: number(0), div: number(1) },
                Vec::new(),
            ));
        }
        if keys.is_empty() {
            let map = known_map(body, name, call.args[0].span)?;
            return Some(Body::send(Verb::PrintMap { map: map.index(), top: 0, div: 0 }, Vec::new()));
        }
        // A value that is a number is printed as one; others have no form outside their map.
        if let Some(MapValue::Aggregate(kind)) = &value
            && crate::check::elements::number_type(kind).is_none()
        {
            let (map, key) = body.map_key(name, keys, call.args[0].span)?;
            return Some(Body::send(Verb::PrintEntry { map: map.index() }, key.into_iter().collect()));
        }
    }
    if !numbers.is_empty() {
        body.error(call.span, format!("Non-map print() only takes 1 argument, {} found", call.args.len()));
        return None;
    }
    let value = kept(body.expr(&call.args[0])?);
    if value.ty == Type::None && body.session.last_reading {
        body.error(call.args[0].span, "there is nothing to print");
        return None;
    }
    Some(Body::send(Verb::Print, vec![value]))
}

/// A map that is given a value somewhere.
fn known_map(body: &mut Body<'_, '_>, name: &str, span: Span) -> Option<MapId> {
    let map = body.maps().id(name, span);
    let used = body.session.maps.get(name).is_some_and(|known| known.value.is_some());
    if !used && body.session.last_reading && !body.session.unread {
        let names: Vec<String> =
            body.session.maps.names().filter(|other| *other != name).map(str::to_owned).collect();
        let message = Diagnostic::error(span, format!("Undefined map: {name}"))
            .suggest(name, names.iter().map(String::as_str));
        body.report(message);
        return None;
    }
    Some(map)
}

/// An argument that must be a whole map.
fn map_arg(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<MapId> {
    match &call.args[0].kind {
        ast::ExprKind::Map { name, keys } if keys.is_empty() => known_map(body, name, call.args[0].span),
        ast::ExprKind::Map { .. } => {
            body.error(call.args[0].span, format!("{}() expects a map argument", call.name));
            None
        }
        _ => {
            body.error(call.args[0].span, format!("{}() expects a map argument", call.name));
            None
        }
    }
}

pub(super) fn whole_map(body: &mut Body<'_, '_>, call: &Call<'_>, verb: fn(usize) -> Verb) -> Option<Made> {
    let map = map_arg(body, call)?;
    Some(Body::send(verb(map.index()), Vec::new()))
}

pub(super) fn delete(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let ast::ExprKind::Map { name, keys } = &call.args[0].kind else {
        body.error(call.args[0].span, "delete() expects a map to be provided");
        return None;
    };
    let (map, key) = match (call.args.get(1), keys.as_slice()) {
        (Some(key), []) => {
            let map = keyed_map(body, name, "delete() with two arguments", call)?;
            let key = body.expr(key)?;
            (map, body.typed_key(name, Some(key), call.span)?)
        }
        (Some(_), _) => {
            body.error(call.span, format!("delete() takes the map and the key apart: delete({name}, key)"));
            return None;
        }
        (None, []) if matches!(key_of(body, name), Some(Some(_))) => {
            body.error(
                call.span,
                "call to delete() with a single argument expects a map without explicit keys (scalar map)",
            );
            return None;
        }
        (None, keys) => body.map_key(name, keys, call.args[0].span)?,
    };
    let kind = ExprKind::Delete(map, key.map(Box::new));
    Some(Made::Value(Expr { kind, ty: Type::Bool, span: call.span }))
}

/// The key of a map: the inner `None` for a map without one.
fn key_of(body: &Body<'_, '_>, name: &str) -> Option<Option<Type>> {
    body.session.maps.get(name).and_then(|known| known.key.clone())
}

/// A map that must have keys.
fn keyed_map(body: &mut Body<'_, '_>, name: &str, what: &str, call: &Call<'_>) -> Option<MapId> {
    if key_of(body, name) == Some(None) {
        body.error(call.span, format!("call to {what} expects a map with explicit keys (non-scalar map)"));
        return None;
    }
    known_map(body, name, call.args[0].span)
}

pub(super) fn has_key(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    map_arg(body, call)?;
    let ast::ExprKind::Map { name, .. } = &call.args[0].kind else { return None };
    let map = keyed_map(body, name, "has_key()", call)?;
    let key = body.expr(&call.args[1])?;
    let key = body.typed_key(name, Some(key), call.span)??;
    Some(Made::Value(Expr { kind: ExprKind::HasKey(map, Box::new(key)), ty: Type::Bool, span: call.span }))
}

pub(super) fn len(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if !matches!(&call.args[0].kind, ast::ExprKind::Map { keys, .. } if keys.is_empty()) {
        return crate::check::stack::length(body, call);
    }
    let map = map_arg(body, call)?;
    if let ast::ExprKind::Map { name, .. } = &call.args[0].kind
        && key_of(body, name) == Some(None)
    {
        body.error(call.span, "call to len() expects a map with explicit keys (non-scalar map)");
        return None;
    }
    Some(Made::Value(Expr { kind: ExprKind::Len(map), ty: Type::INT64, span: call.span }))
}
