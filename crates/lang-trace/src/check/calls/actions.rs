//! Calls that only send something to the reader.
use super::{Call, Made, integer_arg, literal};
use crate::check::body::Body;
use crate::check::convert::{convert, kept};
use crate::check::format::format_of;
use crate::typed::{Expr, StmtKind, Type};
use osmia_event::Verb;

pub(super) fn formatted(
    body: &mut Body<'_, '_>,
    call: &Call<'_>,
    verb: fn(osmia_event::Format) -> Verb,
) -> Option<Made> {
    let text = literal(body, call, 0)?;
    let args: Vec<Option<Expr>> = call.args[1..].iter().map(|arg| body.expr(arg).map(kept)).collect();
    let args: Vec<Expr> = args.into_iter().collect::<Option<Vec<_>>>()?;
    let format = format_of(body, call, &text, &args)?;
    Some(Body::send(verb(format), args))
}

pub(super) fn exit(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let code = match call.args.first() {
        None => None,
        Some(_) => Some(convert(integer_arg(body, call, 0)?, &Type::INT64)?),
    };
    Some(Made::Stmts(vec![StmtKind::Send(Verb::Exit, code.into_iter().collect()), StmtKind::Return(None)]))
}

pub(super) fn time(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let format = if call.args.is_empty() { "%H:%M:%S\n".to_owned() } else { literal(body, call, 0)? };
    Some(Body::send(Verb::Time(format), Vec::new()))
}

pub(super) fn join(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let separator = if call.args.len() > 1 { literal(body, call, 1)? } else { " ".to_owned() };
    let array = body.integer(&call.args[0])?;
    Some(Made::Stmts(vec![StmtKind::Join(array, separator)]))
}

/// `unwatch(address)`: the reader takes the watchpoints at that address down.
pub(super) fn unwatch(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let address = convert(body.integer(&call.args[0])?, &Type::UINT64)?;
    Some(Body::send(Verb::Unwatch, vec![address]))
}
