//! Values that the reader gives a name or a form when they are printed.
use super::{Call, Made, integer_arg, literal};
use crate::check::arithmetic::literal_value;
use crate::check::body::Body;
use crate::check::clocks::{Clock, Time};
use crate::check::convert::convert;
use crate::check::expr::number;
use crate::typed::{Builtin, Expr, ExprKind, Space, Type};
use osmia_base::Diagnostic;
use osmia_event::Since;
use std::net::IpAddr;

pub(super) fn tagged(body: &mut Body<'_, '_>, call: &Call<'_>, ty: Type) -> Option<Made> {
    let value = body.integer_or(&call.args[0], |body, _| {
        body.error(call.span, format!("{}() expects an integer or pointer argument", call.name));
    })?;
    let value = convert(value, &Type::UINT64)?;
    Some(Made::Value(Expr { kind: ExprKind::Tagged(Box::new(value)), ty, span: call.span }))
}

/// `cgroup_path(id)`, and `cgroup_path(id, "cpu*")` for hierarchies of such names.
pub(super) fn cgroup_path(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let hierarchies = match call.args.len() {
        1 => "*".to_owned(),
        _ => literal(body, call, 1)?,
    };
    tagged(body, call, Type::CgroupPath { hierarchies })
}

pub(super) fn username(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let uid = match call.args.first() {
        Some(uid) => body.integer(uid)?,
        None => Expr { kind: ExprKind::Builtin(Builtin::Uid), ty: Type::UINT32, span: call.span },
    };
    let uid = convert(uid, &Type::UINT32)?;
    Some(Made::Value(Expr { kind: ExprKind::Tagged(Box::new(uid)), ty: Type::Username, span: call.span }))
}

/// `cgroupid("/sys/fs/cgroup/x")`: asked of the machine before checking.
pub(super) fn cgroupid(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let path = literal(body, call, 0)?;
    match body.options().cgroup_ids.get(&path) {
        Some(id) => Some(Made::Value(Expr { ty: Type::UINT64, ..number(*id as i64, call.span) })),
        None => {
            body.error(call.args[0].span, format!("cgroupid(): there is no cgroup at '{path}'"));
            None
        }
    }
}

pub(super) fn strftime(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let format = literal(body, call, 0)?;
    let value = integer_arg(body, call, 1)?;
    let since = since(body, call, &value)?;
    if literal_value(&value).is_some_and(|value| value < 0) {
        body.error(call.span, "strftime() does not accept negative timestamps");
        return None;
    }
    let value = convert(value, &Type::UINT64)?;
    let ty = Type::Timestamp { format, since };
    Some(Made::Value(Expr { kind: ExprKind::Tagged(Box::new(value)), ty, span: call.span }))
}

/// Since when a value is counted: since the machine was started, if no clock is known that it came from.
fn since(body: &mut Body<'_, '_>, call: &Call<'_>, value: &Expr) -> Option<Since> {
    match body.time(value) {
        None => Some(Since::Boot),
        Some(Time { clock, at, other: Some((other, there)) }) => {
            let message =
                Diagnostic::error(call.span, "strftime() cannot tell which clock this time was read from")
                    .label(at, clock.words())
                    .label(there, other.words())
                    .hint("keep times of different clocks in variables or maps of their own");
            body.report(message);
            None
        }
        Some(Time { clock: Clock::Boot | Clock::Apart, .. }) => Some(Since::Boot),
        Some(Time { clock: Clock::Tai, .. }) => Some(Since::Epoch),
        Some(Time { clock: Clock::Monotonic, .. }) => {
            body.error(call.span, "strftime() can not take a monotonic timestamp");
            None
        }
    }
}

pub(super) fn ntop(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let (family, address) = match call.args {
        [address] => (None, body.expr(address)?),
        [family, address, ..] => (Some(body.integer(family)?), body.expr(address)?),
        [] => return None,
    };
    let address = match &address.ty {
        Type::Int { .. } => convert(address, &Type::UINT32)?,
        Type::Array { .. } | Type::Str { .. } if matches!(body.size_of(&address.ty), 4 | 16) => address,
        other => {
            let text = body.type_text(other);
            body.error(
                call.span,
                format!("ntop() expects an integer or an array of 4 or 16 bytes, not {text}"),
            );
            return None;
        }
    };
    let kind = ExprKind::Ntop(family.map(Box::new), Box::new(address));
    Some(Made::Value(Expr { kind, ty: Type::Inet, span: call.span }))
}

/// `pton("addr")`: the bytes of an address that is written down.
pub(super) fn pton(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let ExprKind::Text(text) = body.text_arg(&call.args[0])?.kind else {
        body.error(call.span, "pton() expects an string literal at the first argument");
        return None;
    };
    let text = String::from_utf8_lossy(&text);
    let bytes = match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.octets().to_vec(),
        Ok(IpAddr::V6(address)) => address.octets().to_vec(),
        Err(_) => {
            let address = text.contains(['.', ':']);
            let what = if address {
                "a valid IPv4/IPv6 address"
            } else {
                "an string argument of an IPv4/IPv6 address"
            };
            body.error(call.span, format!("pton() expects {what}, got {text}"));
            return None;
        }
    };
    let element = Box::new(Type::int(1, false));
    let ty = Type::Array { element, count: bytes.len() as u32, space: Space::Bpf };
    Some(Made::Value(Expr { kind: ExprKind::Bytes(bytes), ty, span: call.span }))
}

pub(super) fn macaddr(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let place = body.expr(&call.args[0])?;
    if matches!(place.kind, ExprKind::Text(_)) {
        body.error(call.span, "macaddr() does not support literal string arguments");
        return None;
    }
    let place = match &place.ty {
        Type::Array { .. } | Type::Str { .. } if body.size_of(&place.ty) >= 6 => place,
        Type::Pointer { .. } | Type::Int { .. } => {
            let space = match &place.ty {
                Type::Pointer { space, .. } => *space,
                _ => body.facts.pointer_space(),
            };
            let element = Box::new(Type::int(1, false));
            let array = Type::Array { element, count: 6, space };
            let pointer = convert(place, &Type::Pointer { to: Box::new(array), space })?;
            body.deref(pointer, call.span)?
        }
        Type::Array { .. } | Type::Str { .. } => {
            body.error(call.span, "macaddr() argument must be at least 6 bytes in size");
            return None;
        }
        Type::None if !body.session.last_reading => return None,
        other => {
            let class = crate::check::types::class(other);
            body.error(
                call.span,
                format!("macaddr() only supports array or pointer arguments ({class} provided)"),
            );
            return None;
        }
    };
    Some(Made::Value(Expr { kind: ExprKind::Macaddr(Box::new(place)), ty: Type::Mac, span: call.span }))
}
