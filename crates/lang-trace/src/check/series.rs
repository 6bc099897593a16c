//! `tseries()`: numbers over time.
use super::body::Body;
use super::calls::{Call, Made, integer_arg, known_or, literal};
use super::convert::convert;
use crate::typed::Type;
use osmia_event::{Aggregation, Merge};

/// Intervals that a series may keep.
const MOST: i64 = 1_000_000;

/// What a series may do with several numbers of one interval, by name.
const MERGES: &[(&str, Merge)] =
    &[("avg", Merge::Avg), ("max", Merge::Max), ("min", Merge::Min), ("sum", Merge::Sum)];

/// `tseries(number, interval, intervals, merge)`.
pub(super) fn tseries(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let how = body.config().unstable_tseries;
    if !body.unstable("tseries", "unstable_tseries", how, call.span) {
        return None;
    }
    let value = integer_arg(body, call, 0)?;
    let signed = matches!(value.ty, Type::Int { signed: true, .. } | Type::Enum { signed: true, .. });
    let (interval, intervals) = (bound(body, call, 1, "interval_ns"), bound(body, call, 2, "num_intervals"));
    let merge = if call.args.len() > 3 { merge(body, call) } else { Some(Merge::Last) };
    let (interval, intervals, merge) = (interval?, intervals?, merge?);
    let wrong = match () {
        () if interval < 1 => Some(format!("tseries() interval_ns must be >= 1 ({interval} provided)")),
        () if intervals < 1 => Some(format!("tseries() num_intervals must be >= 1 ({intervals} provided)")),
        () if intervals > MOST => {
            Some(format!("tseries() num_intervals must be < 1000000 ({intervals} provided)"))
        }
        () => None,
    };
    if let Some(wrong) = wrong {
        body.error(call.span, wrong);
        return None;
    }
    let value = convert(value, &Type::int(8, signed))?;
    let (interval, intervals) = (interval.cast_unsigned(), u32::try_from(intervals).ok()?);
    Some(Made::Aggregation(Aggregation::TimeSeries { signed, interval, intervals, merge }, Some(value)))
}

/// A number that shapes a series: it must be known now.
fn bound(body: &mut Body<'_, '_>, call: &Call<'_>, index: usize, what: &str) -> Option<i64> {
    let wrong = format!("tseries: invalid {what} value (must be non-negative literal)");
    known_or(body, &call.args[index], |_| (call.span, wrong))
}

fn merge(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Merge> {
    let name = literal(body, call, 3)?;
    let found = MERGES.iter().find(|(known, _)| *known == name);
    if found.is_none() {
        let names: Vec<&str> = MERGES.iter().map(|(name, _)| *name).collect();
        body.error(
            call.span,
            format!(
                "tseries() expects one of the following aggregation functions: {} (\"{name}\" provided)",
                names.join(", ")
            ),
        );
    }
    found.map(|(_, merge)| *merge)
}
