//! Signals: sending one, by name or number.
use super::body::Body;
use super::calls::{Call, Made};
use super::convert::convert;
use super::expr::{number, parse_number};
use crate::typed::{Expr, ExprKind, Type};

/// Signals by name, as `kill -l` has them on x86-64 and arm64.
const SIGNALS: &[(&str, i64)] = &[
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("STKFLT", 16),
    ("CHLD", 17),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("TTIN", 21),
    ("TTOU", 22),
    ("URG", 23),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("WINCH", 28),
    ("IO", 29),
    ("PWR", 30),
    ("SYS", 31),
];

pub(super) fn signal(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let value = body.text_arg(&call.args[0])?;
    let value = match &value.kind {
        ExprKind::Text(text) => {
            let name = String::from_utf8_lossy(text).to_ascii_uppercase();
            let name = name.strip_prefix("SIG").unwrap_or(&name);
            let found = SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
            let Some(found) =
                found.or_else(|| parse_number(name).and_then(|number| i64::try_from(number).ok()))
            else {
                body.error(call.args[0].span, format!("signal(): there is no signal '{name}'"));
                return None;
            };
            number(found, call.span)
        }
        _ => value,
    };
    let value = convert(value, &Type::UINT32)?;
    Some(Made::Value(Expr { kind: ExprKind::Signal(Box::new(value)), ty: Type::None, span: call.span }))
}
