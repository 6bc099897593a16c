//! Signals: sending one, by name or number.
use super::body::Body;
use super::calls::{Call, Made};
use super::convert::convert;
use super::expr::{number, parse_number};
use crate::probes::Provider;
use crate::typed::{Expr, ExprKind, Receiver, Type};

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

/// Probes that run for a process which a signal can be sent to.
const SENDERS: &[Provider] = &[
    Provider::Kprobe,
    Provider::Kretprobe,
    Provider::Uprobe,
    Provider::Uretprobe,
    Provider::Usdt,
    Provider::Tracepoint,
    Provider::Profile,
    Provider::Fentry,
    Provider::Fexit,
    Provider::RawTracepoint,
];

/// Numbers of signals.
const NUMBERS: std::ops::RangeInclusive<i64> = 1..=64;

/// `signal(9)`, `signal("KILL")`, and the same to one thread.
pub(super) fn signal(body: &mut Body<'_, '_>, call: &Call<'_>, to: Receiver) -> Option<Made> {
    if !SENDERS.contains(&body.facts.provider) {
        let kind = body.facts.probe_type();
        body.error(call.span, format!("{}() can not be used for this probetype {kind}", call.name));
        return None;
    }
    if !body.options().unsafe_allowed {
        let text = format!("{}() is unsafe. To use you need the --unsafe flag", call.name);
        body.error(call.span, text);
        return None;
    }
    let value = body.text_arg(&call.args[0])?;
    let wrong = match (&value.kind, &value.ty) {
        (ExprKind::Text(text), _) => match number_of(&String::from_utf8_lossy(text)) {
            Some(found) => return sent(number(found, call.span), to, call),
            None => format!("there is no signal '{}'", String::from_utf8_lossy(text)),
        },
        (ExprKind::Number(given), _) if !NUMBERS.contains(given) => {
            "accepts a string literal or an integer between 1 and 64 (inclusive)".to_owned()
        }
        (_, Type::Int { .. } | Type::Enum { .. } | Type::None) => return sent(value, to, call),
        _ => "accepts a string literal or an integer".to_owned(),
    };
    body.error(call.args[0].span, format!("{}() {wrong}", call.name));
    None
}

/// `__builtin_signal_num("KILL")`: the number of a signal.
pub(super) fn signal_num(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let name = super::calls::literal(body, call, 0)?;
    let Some(found) = number_of(&name) else {
        body.error(call.span, format!("Invalid string for signal: {name}"));
        return None;
    };
    Some(Made::Value(number(found, call.span)))
}

fn sent(value: Expr, to: Receiver, call: &Call<'_>) -> Option<Made> {
    let value = convert(value, &Type::UINT32)?;
    Some(Made::Value(Expr { kind: ExprKind::Signal(Box::new(value), to), ty: Type::None, span: call.span }))
}

/// The number of a signal by its name, with or without `SIG`, or by its digits.
fn number_of(text: &str) -> Option<i64> {
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let found = SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    let digits = || parse_number(name.as_bytes()).and_then(|number| i64::try_from(number).ok());
    found.or_else(digits).filter(|number| NUMBERS.contains(number))
}
