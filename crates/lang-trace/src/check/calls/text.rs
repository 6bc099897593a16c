//! Text and bytes that are read, compared and searched.
use super::{Call, Made, known_or};
use crate::ast;
use crate::check::body::Body;
use crate::check::compute;
use crate::check::convert::convert;
use crate::check::expr::{number, text_literal};
use crate::probes::Provider;
use crate::typed::{Expr, ExprKind, Space, Type};

/// `str(x, n)`: of a pointer, a number, an array of characters, a text, or a parameter of the command line. No more
/// than `n` bytes are read, and the last of them is a NUL; of text that is written down `n` bytes are kept.
pub(super) fn str_(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let source = str_source(body, call)?;
    let length = match call.args.get(1) {
        None => None,
        Some(length) => Some(body.integer(length)?),
    };
    let capacity = str_capacity(body, call, &source, length.as_ref())?;
    let pointer = match (&source.ty, &length) {
        (Type::Str { .. }, None) => return convert(source, &Type::Str { capacity }).map(Made::Value),
        (Type::Str { .. }, Some(length)) => match (source.kind, &length.kind) {
            (ExprKind::Text(mut text), ExprKind::Number(known)) => {
                text.truncate(*known as usize);
                return Some(Made::Value(text_literal(text, call.span)));
            }
            (kind, _) => Expr { kind, ..source },
        },
        (Type::Array { .. } | Type::Composite { .. }, _) => body.address(source),
        (Type::Pointer { .. }, _) => source,
        (Type::Int { .. } | Type::Enum { .. } | Type::None, _) => {
            let space = match body.facts.provider {
                Provider::Kprobe | Provider::Kretprobe => Space::Unknown,
                _ => body.facts.pointer_space(),
            };
            convert(source, &Type::Pointer { to: Box::new(Type::int(1, true)), space })?
        }
        (other, _) => {
            let text = body.type_text(other);
            body.error(
                call.span,
                format!(
                    "str() expects a string, integer or a pointer type as first argument ({text} provided)"
                ),
            );
            return None;
        }
    };
    let kind = ExprKind::Str { pointer: Box::new(pointer), length: length.map(Box::new) };
    Some(Made::Value(Expr { kind, ty: Type::Str { capacity }, span: call.span }))
}

/// What `str()` is to make text of.
fn str_source(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Expr> {
    let arg = &call.args[0];
    match (&arg.kind, positional_text(body, arg)) {
        (ast::ExprKind::Positional(index), _) if body.options().portable => {
            Some(body.open_text(*index, call.span))
        }
        (ast::ExprKind::Binary(..), Some(_)) if body.options().portable => {
            let text = "a part of a parameter cannot be left open in an object: use str($1) here";
            body.error(arg.span, text);
            None
        }
        (_, Some(text)) => Some(text_literal(text, call.span)),
        // A number that is written down is its digits, not an address.
        (ast::ExprKind::Integer(number), None) => {
            Some(text_literal(number.to_string().into_bytes(), arg.span))
        }
        (_, None) => body.expr(arg),
    }
}

/// Room for what is read, and for a NUL.
fn str_capacity(
    body: &mut Body<'_, '_>,
    call: &Call<'_>,
    source: &Expr,
    length: Option<&Expr>,
) -> Option<u32> {
    let limit = body.config().max_strlen;
    let most = match source.ty {
        Type::Str { capacity } => capacity,
        _ => limit,
    };
    let Some(Expr { kind: ExprKind::Number(known), span, .. }) = length else { return Some(most) };
    match u32::try_from(*known) {
        Ok(known) if known < most => Some(known + 1),
        Err(_) if *known < 0 => {
            body.error(call.span, format!("str cannot use negative length ({known})"));
            None
        }
        _ if *known >= i64::from(limit) => {
            let text = format!(
                "length param ({known}) is too long and will be shortened to {limit} bytes (see BPFTRACE_MAX_STRLEN)"
            );
            body.warn(*span, text);
            Some(most)
        }
        _ => Some(most),
    }
}

/// `$1`, and `$1 + 2` (without its first two bytes), as text.
fn positional_text(body: &Body<'_, '_>, arg: &ast::Expr) -> Option<Vec<u8>> {
    let param = |index: u32| {
        let text = (index as usize).checked_sub(1).and_then(|at| body.options().params.get(at));
        text.cloned().unwrap_or_default()
    };
    match &arg.kind {
        ast::ExprKind::Positional(index) => Some(param(*index)),
        ast::ExprKind::Binary(ast::BinaryOp::Add, base, skip) => match (&base.kind, &skip.kind) {
            (ast::ExprKind::Positional(index), ast::ExprKind::Integer(skip)) => {
                let text = param(*index);
                Some(text.get(*skip as usize..).unwrap_or_default().to_vec())
            }
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn buf(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let source = body.expr(&call.args[0])?;
    let limit = body.config().max_strlen;
    let length = match (call.args.get(1), &source.ty) {
        (Some(length), _) => {
            let length = body.integer(length)?;
            if let ExprKind::Number(known @ ..0) = length.kind {
                body.error(call.span, format!("buf cannot use negative length ({known})"));
                return None;
            }
            length
        }
        (None, Type::Array { .. } | Type::Composite { .. }) => {
            number(i64::from(body.size_of(&source.ty)), call.span)
        }
        (None, Type::Str { capacity }) => number(i64::from(capacity.saturating_sub(1)), call.span),
        (None, Type::None) if !body.session.last_reading => number(0, call.span),
        (None, other) => {
            let class = crate::check::types::class(other);
            body.error(call.span, format!("buf() expects a length argument for non-array type {class}"));
            return None;
        }
    };
    let most = match &source.ty {
        Type::Str { capacity } => limit.min(*capacity).max(1),
        _ => limit,
    };
    let capacity = match length.kind {
        ExprKind::Number(known) => known.clamp(1, i64::from(most)) as u32,
        _ => most,
    };
    let pointer = match &source.ty {
        Type::Str { .. } => source,
        Type::Array { .. } | Type::Composite { .. } => body.address(source),
        _ => {
            let space = body.facts.pointer_space();
            match source.ty {
                Type::Pointer { .. } => source,
                _ => convert(source, &Type::Pointer { to: Box::new(Type::int(1, false)), space })?,
            }
        }
    };
    let length = convert(length, &Type::UINT64)?;
    let kind = ExprKind::Buf { pointer: Box::new(pointer), length: Box::new(length) };
    Some(Made::Value(Expr { kind, ty: Type::Buffer { capacity }, span: call.span }))
}

pub(super) fn strncmp(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let wrong = "Builtin strncmp requires a non-negative literal";
    let limit = match known_or(body, &call.args[2], |_| (call.span, wrong.into()))? {
        limit @ 0..=4096 => limit as u32,
        ..0 => {
            body.error(call.span, wrong);
            return None;
        }
        other => {
            body.error(call.args[2].span, format!("strncmp cannot compare {other} bytes"));
            return None;
        }
    };
    text_order(body, call, Some(limit))
}

/// 0 where the texts are equal, else 1.
pub(super) fn text_order(body: &mut Body<'_, '_>, call: &Call<'_>, limit: Option<u32>) -> Option<Made> {
    let lhs = compute::text(body, call, 0)?;
    let rhs = compute::text(body, call, 1)?;
    let span = call.span;
    let equal = ExprKind::TextEqual { lhs: Box::new(lhs), rhs: Box::new(rhs), limit };
    let equal = Expr { kind: equal, ty: Type::Bool, span };
    let differs = Expr { kind: ExprKind::Not(Box::new(equal)), ty: Type::Bool, span };
    convert(differs, &Type::UINT64).map(Made::Value)
}

pub(super) fn strlen(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let text = compute::text(body, call, 0)?;
    Some(Made::Value(Expr { kind: ExprKind::Strlen(Box::new(text)), ty: Type::UINT64, span: call.span }))
}

/// What a search answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Whether,
    Where,
}

pub(super) fn strstr(body: &mut Body<'_, '_>, call: &Call<'_>, answer: Found) -> Option<Made> {
    let hay = compute::text(body, call, 0)?;
    let needle = compute::text(body, call, 1)?;
    let kind = ExprKind::Strstr(Box::new(hay), Box::new(needle));
    let place = Expr { kind, ty: Type::INT64, span: call.span };
    if answer == Found::Where {
        return Some(Made::Value(place));
    }
    let zero = number(0, call.span);
    body.binary(ast::BinaryOp::GreaterEqual, place, zero, call.span).map(Made::Value)
}
