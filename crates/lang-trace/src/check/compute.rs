//! Functions that compute with text and memory.
use super::body::Body;
use super::calls::{Call, Made, literal};
use super::convert::convert;
use super::expr::{number, text_literal};
use crate::typed::{Expr, ExprKind, NameTable, StmtKind, Type};
use osmia_isa::Cond;

/// No text that is put together is longer.
const MAX_CONCAT: u32 = 1024;

/// How many bytes `memcmp` compares.
const MAX_COMPARE: i64 = 1024;

fn made(kind: ExprKind, ty: Type, call: &Call<'_>) -> Option<Made> {
    Some(Made::Value(Expr { kind, ty, span: call.span }))
}

/// `strerror(n)`, `signal_name(n)`, `syscall_name(n)`.
pub(super) fn name(body: &mut Body<'_, '_>, call: &Call<'_>, table: NameTable) -> Option<Made> {
    let value = body.integer(&call.args[0])?;
    if let ExprKind::Number(known) = value.kind {
        return Some(Made::Value(Expr {
            ty: Type::Str { capacity: 64 },
            ..text_literal(table.name(known).into(), call.span)
        }));
    }
    let value = convert(value, &Type::int(4, true))?;
    let value = convert(value, &Type::INT64)?;
    made(ExprKind::NameOf(table, Box::new(value)), Type::Str { capacity: 64 }, call)
}

/// An argument that is text, or can be read as text.
pub(super) fn text(body: &mut Body<'_, '_>, call: &Call<'_>, index: usize) -> Option<Expr> {
    let value = body.text_arg(&call.args[index])?;
    match &value.ty {
        Type::Str { .. } => Some(value),
        Type::None if !body.session.last_reading => None,
        Type::Pointer { to, .. } if matches!(**to, Type::Int { size: 1, .. }) => {
            let ty = Type::Str { capacity: body.config().max_strlen };
            let span = value.span;
            Some(Expr { kind: ExprKind::Str { pointer: Box::new(value), length: None }, ty, span })
        }
        other => {
            let text = match call.name {
                "strncmp" => {
                    let class = super::types::class(other);
                    format!("strncmp() only supports string arguments ({class} provided)")
                }
                _ => "string-like values must be either strings, arrays or pointers".to_owned(),
            };
            body.error(call.span, text);
            None
        }
    }
}

fn capacity(expr: &Expr) -> u32 {
    match expr.ty {
        Type::Str { capacity } => capacity,
        _ => 0,
    }
}

/// `str_concat(a, b)`.
pub(super) fn concat(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let (a, b) = (text(body, call, 0), text(body, call, 1));
    let (a, b) = (a?, b?);
    if let (ExprKind::Text(a), ExprKind::Text(b)) = (&a.kind, &b.kind) {
        return Some(Made::Value(text_literal([a.as_slice(), b].concat(), call.span)));
    }
    // A variable or map that is put together with something may be given the result, which must not grow it for ever.
    let settled =
        |it: &Expr| matches!(it.kind, ExprKind::Text(_) | ExprKind::Builtin(_) | ExprKind::Str { .. });
    let sum = (capacity(&a) + capacity(&b)).saturating_sub(1).clamp(1, MAX_CONCAT);
    let capacity = if settled(&a) && settled(&b) { sum } else { MAX_CONCAT };
    made(ExprKind::Concat(Box::new(a), Box::new(b)), Type::Str { capacity }, call)
}

/// `memcmp(a, b, n)`: 0, or the difference of the first bytes that differ.
pub(super) fn memcmp(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let (a, b) = (body.expr(&call.args[0]), body.expr(&call.args[1]));
    let count = match body.expr(&call.args[2])?.kind {
        ExprKind::Number(count @ 0..=MAX_COMPARE) => count as u32,
        ExprKind::Number(count) => {
            body.error(call.args[2].span, format!("memcmp() cannot compare {count} bytes"));
            return None;
        }
        _ => {
            body.error(
                call.args[2].span,
                "memcmp() needs a length that is known when the script is compiled",
            );
            return None;
        }
    };
    let (a, b) = (bytes(body, call, a?, count)?, bytes(body, call, b?, count)?);
    let count = count.min(body.size_of(&a.ty)).min(body.size_of(&b.ty));
    let kind = ExprKind::Memcmp { lhs: Box::new(a), rhs: Box::new(b), count };
    made(kind, Type::INT64, call)
}

/// So many bytes of a value, or of what a pointer points to.
fn bytes(body: &mut Body<'_, '_>, call: &Call<'_>, value: Expr, count: u32) -> Option<Expr> {
    let span = value.span;
    match &value.ty {
        Type::Pointer { space, .. } => {
            let space = *space;
            let element = Box::new(Type::int(1, false));
            let ty = Type::Array { element, count, space };
            let pointer = Expr { ty: Type::Pointer { to: Box::new(ty.clone()), space }, ..value };
            Some(Expr { kind: ExprKind::Deref(Box::new(pointer)), ty, span })
        }
        Type::Str { .. } | Type::Array { .. } | Type::Composite { .. } | Type::Tuple(_) | Type::Record(_) => {
            Some(value)
        }
        Type::None if !body.session.last_reading => None,
        other => {
            let text = body.type_text(other);
            body.error(span, format!("{}() compares memory, not a value of type '{text}'", call.name));
            None
        }
    }
}

/// `write_user(to, from, length)`: whether the process's memory was changed.
pub(super) fn write_user(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if !body.options().unsafe_allowed {
        body.error(call.span, "write_user() is unsafe. To use you need the --unsafe flag");
        return None;
    }
    let to = convert(body.integer(&call.args[0])?, &Type::UINT64)?;
    let from = text(body, call, 1)?;
    let length = convert(body.integer(&call.args[2])?, &Type::UINT64)?;
    if let ExprKind::Number(length) = length.kind
        && length as u64 > u64::from(capacity(&from))
    {
        let message =
            format!("write_user() cannot write {length} bytes of a text that has {}", capacity(&from));
        body.error(call.args[2].span, message);
        return None;
    }
    let kind = ExprKind::WriteUser { to: Box::new(to), from: Box::new(from), length: Box::new(length) };
    let result = Expr { kind, ty: Type::INT64, span: call.span };
    let zero = number(0, call.span);
    made(ExprKind::Compare(Cond::Eq, Box::new(result), Box::new(zero)), Type::Bool, call)
}

/// `debugf("…", …)`: to the kernel's trace pipe.
pub(super) fn debugf(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    body.warn(
        call.span,
        "The debugf() builtin is not recommended for production use. For more information see \
         bpf_trace_printk in bpf-helpers(7).",
    );
    let format = literal(body, call, 0)?;
    let args: Vec<Option<Expr>> = call.args[1..].iter().map(|arg| body.expr(arg)).collect();
    let args: Vec<Expr> = args.into_iter().collect::<Option<Vec<_>>>()?;
    super::format::format_of(body, call, &format, &args)?;
    if let Some(wrong) = args.iter().find(|arg| !arg.ty.is_scalar() && !matches!(arg.ty, Type::Str { .. })) {
        let text = body.type_text(&wrong.ty);
        if wrong.ty != Type::None {
            body.error(
                wrong.span,
                format!("debugf() prints numbers and strings only, not a value of type '{text}'"),
            );
        }
        return None;
    }
    if args.len() > 3 {
        body.error(call.span, "cannot use more than 3 conversion specifiers");
        return None;
    }
    Some(Made::Stmts(vec![StmtKind::Debug(format, args)]))
}

/// `strcap(s)` of what is not a text of known size is its length.
pub(super) fn strcap(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let value = body.expr(&call.args[0])?;
    match &value.ty {
        Type::Str { capacity } | Type::Array { count: capacity, .. } => {
            Some(Made::Value(Expr { ty: Type::UINT64, ..number(i64::from(*capacity), call.span) }))
        }
        _ => {
            let text = text(body, call, 0)?;
            made(ExprKind::Strlen(Box::new(text)), Type::UINT64, call)
        }
    }
}
