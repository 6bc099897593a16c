//! Pointers, clocks, processes: what the machine is asked directly.
use super::{Call, Made};
use crate::ast;
use crate::check::body::Body;
use crate::check::convert::convert;
use crate::probes::Provider;
use crate::typed::{Builtin, Expr, ExprKind, Space, Type};
use osmia_base::Diagnostic;

pub(super) fn pointer_in(body: &mut Body<'_, '_>, call: &Call<'_>, space: Space) -> Option<Made> {
    let value = body.integer(&call.args[0])?;
    let to = match &value.ty {
        Type::Pointer { to, .. } => crate::check::types::moved(to, space),
        _ => Type::int(1, true),
    };
    convert(value, &Type::Pointer { to: Box::new(to), space }).map(Made::Value)
}

pub(super) fn bswap(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let value = body.integer_or(&call.args[0], |body, value| {
        let class = crate::check::types::class(&value.ty);
        body.error(call.span, format!("bswap() only supports integer arguments ({class} provided)"));
    })?;
    let size = match (&value.kind, &value.ty) {
        (_, Type::Int { size, .. }) => *size,
        _ => 8,
    };
    let ty = Type::int(size, false);
    let value = convert(value, &ty)?;
    Some(Made::Value(Expr { kind: ExprKind::Bswap(Box::new(value)), ty, span: call.span }))
}

pub(super) fn nsecs(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let clock = match call.args.first().map(|arg| &arg.kind) {
        None => Builtin::Nsecs,
        Some(ast::ExprKind::Ident(word)) => match word.as_str() {
            "boot" => Builtin::Nsecs,
            "monotonic" => Builtin::NsecsMonotonic,
            "tai" | "sw_tai" => Builtin::NsecsTai,
            other => {
                let message =
                    Diagnostic::error(call.args[0].span, format!("Invalid timestamp mode: {other}"))
                        .hint("there are: boot, monotonic, tai, sw_tai");
                body.report(message);
                return None;
            }
        },
        Some(_) => {
            body.error(call.span, "nsecs() expects boot, monotonic or tai");
            return None;
        }
    };
    Some(Made::Value(Expr { kind: ExprKind::Builtin(clock), ty: Type::UINT64, span: call.span }))
}

/// `pid(curr_ns)`, in the reader's pid namespace; `pid(init)`, in the initial one.
pub(super) fn in_namespace(
    body: &mut Body<'_, '_>,
    call: &Call<'_>,
    [own, initial]: [Builtin; 2],
) -> Option<Made> {
    let builtin = match call.args.first().map(|arg| &arg.kind) {
        None => own,
        Some(ast::ExprKind::Ident(word)) if word == "curr_ns" => own,
        Some(ast::ExprKind::Ident(word)) if word == "init" => initial,
        _ => {
            let span = call.args.first().map_or(call.span, |arg| arg.span);
            let word = match call.args.first().map(|arg| &arg.kind) {
                Some(ast::ExprKind::Ident(word)) => format!(": {word}"),
                _ => String::new(),
            };
            let text = format!("Invalid PID namespace mode{word} (expects: curr_ns or init)");
            body.error(span, text);
            return None;
        }
    };
    Some(Made::Value(Expr { kind: ExprKind::Builtin(builtin), ty: Type::UINT32, span: call.span }))
}

pub(super) fn override_(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if body.facts.provider != Provider::Kprobe {
        body.error(call.span, "override() can only be used inside kprobes");
        return None;
    }
    if !body.options().unsafe_allowed {
        body.error(call.span, "override() is unsafe. To use you need the --unsafe flag");
        return None;
    }
    let value = body.integer(&call.args[0])?;
    let value = convert(value, &Type::UINT64)?;
    Some(Made::Value(Expr { kind: ExprKind::Override(Box::new(value)), ty: Type::None, span: call.span }))
}
