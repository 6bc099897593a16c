//! Aggregations.
use super::{Call, Made, integer_arg, known_or};
use crate::ast;
use crate::check::body::Body;
use crate::check::convert::convert;
use crate::typed::Type;
use osmia_event::Aggregation;

pub(super) fn aggregate(
    body: &mut Body<'_, '_>,
    call: &Call<'_>,
    of: fn(bool) -> Aggregation,
) -> Option<Made> {
    let value = body.integer_or(&call.args[0], |body, value| {
        let (name, text) = (call.name, body.type_text(&value.ty));
        body.error(call.span, format!("{name}() only supports integer arguments ({text} provided)"));
    })?;
    let signed = match (&value.kind, &value.ty) {
        (_, Type::Int { signed, .. } | Type::Enum { signed, .. }) => *signed,
        _ => false,
    };
    let value = convert(value, &Type::int(8, signed))?;
    Some(Made::Aggregation(of(signed), Some(value)))
}

pub(super) fn hist(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let value = integer_arg(body, call, 0)?;
    let signed = matches!(value.ty, Type::Int { signed: true, .. } | Type::Enum { signed: true, .. });
    let bits = match call.args.get(1) {
        None => 0,
        Some(bits) => match bound(body, call, bits, "bits")? {
            bits @ 0..=5 => bits as u8,
            other => {
                body.error(call.span, format!("hist: bits {other} must be 0..5"));
                return None;
            }
        },
    };
    let value = convert(value, &Type::int(8, signed))?;
    Some(Made::Aggregation(Aggregation::Hist { bits }, Some(value)))
}

pub(super) fn lhist(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let value = integer_arg(body, call, 0)?;
    let [min, max, step] =
        [(1, "min"), (2, "max"), (3, "step")].map(|(index, what)| bound(body, call, &call.args[index], what));
    let (min, max, step) = (min?, max?, step?);
    let wrong = if step <= 0 {
        Some(format!("lhist() step must be >= 1 ({step} provided)"))
    } else if min >= max {
        Some(format!("lhist() min must be less than max (provided min {min} and max {max})"))
    } else if max.checked_sub(min).is_none_or(|range| range / step > 1000) {
        let needed = (i128::from(max) - i128::from(min)) / i128::from(step);
        Some(format!("lhist() too many buckets, must be <= 1000 (would need {needed})"))
    } else if max - min < step {
        Some(format!("lhist() step is too big: {step} is more than the range {}", max - min))
    } else {
        None
    };
    if let Some(wrong) = wrong {
        body.error(call.span, wrong);
        return None;
    }
    let value = convert(value, &Type::INT64)?;
    Some(Made::Aggregation(Aggregation::Lhist { min, max, step }, Some(value)))
}

/// A number that shapes a histogram: it must be known now.
fn bound(body: &mut Body<'_, '_>, call: &Call<'_>, arg: &ast::Expr, what: &str) -> Option<i64> {
    let wrong = format!("{}: invalid {what} value (must be non-negative literal)", call.name);
    known_or(body, arg, |_| (call.span, wrong))
}
