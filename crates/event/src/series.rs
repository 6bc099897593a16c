//! Time series: what all processors have for each interval, as a row of points.
use crate::aggregate::{Cell, Entry, RawEntry, average, integer, key, less, split_bucket};
use crate::decode::{DecodeError, NATIVE};
use crate::schema::{Aggregation, MapSchema, Merge, Storage};
use crate::value::Value;
use osmia_base::{Bytes, Truncated};
use std::collections::BTreeMap;

/// Numbers over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// An interval's length in nanoseconds.
    pub interval: u64,
    /// One for each interval, from the first that has a number to the last of all series of the map.
    pub points: Vec<Point>,
}

/// What there is of one interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// When the interval began, in nanoseconds since 1970 (UTC).
    pub start: i64,
    /// The number; `None` where nothing came.
    pub value: Option<Value>,
}

/// What one processor has for an interval.
#[derive(Clone, Copy, Debug)]
struct Part {
    value: u64,
    /// When it came, or how many there were ([`Merge`]).
    second: u64,
    /// Which interval, counted from 1970.
    number: u64,
}

/// Numbers by interval.
type Numbers = BTreeMap<u64, Value>;

/// All series of a map, in the order of their keys' bytes.
pub(crate) fn entries(schema: &MapSchema, raw: &[RawEntry]) -> Result<Vec<Entry>, DecodeError> {
    let Aggregation::TimeSeries { signed, interval, intervals, merge } = schema.value else {
        return Ok(Vec::new());
    };
    let mut by_key: BTreeMap<&[u8], Numbers> = BTreeMap::new();
    for entry in raw {
        let (key, _) = split_bucket(schema, &entry.key)?;
        let parts = entry.values.iter().map(|value| part(value)).collect::<Result<Vec<_>, _>>()?;
        match newest(&parts, merge, signed) {
            Some((number, value)) => drop(by_key.entry(key).or_default().insert(number, value)),
            // An element of a hash is there because something was put there: `zero()` moved it to the beginning of time.
            None if matches!(schema.storage, Storage::Hash { .. }) => {
                by_key.entry(key).or_default().insert(0, integer(0, signed));
            }
            None => {}
        }
    }
    let last = by_key.values().filter_map(|numbers| numbers.keys().next_back()).max().copied().unwrap_or(0);
    let first = (last + 1).saturating_sub(u64::from(intervals));
    let series = |numbers| Series { interval, points: points(numbers, first, last, interval) };
    let entries = by_key.iter();
    entries
        .map(|(bytes, numbers)| Ok(Entry { key: key(schema, bytes)?, cell: Cell::Series(series(numbers)) }))
        .collect()
}

fn part(bytes: &[u8]) -> Result<Part, Truncated> {
    let mut cursor = Bytes::new(bytes, NATIVE);
    Ok(Part { value: cursor.u64()?, second: cursor.u64()?, number: cursor.u64()? })
}

/// The newest interval in a bucket, and what all processors' numbers of it amount to.
fn newest(parts: &[Part], merge: Merge, signed: bool) -> Option<(u64, Value)> {
    let number = parts.iter().map(|part| part.number).max().filter(|number| *number > 0)?;
    let of_it = parts.iter().filter(|part| part.number == number).copied();
    let whole = of_it.reduce(|a, b| merged(a, b, merge, signed))?;
    let value = match merge {
        Merge::Avg => average(whole.value, whole.second, signed),
        Merge::Last | Merge::Sum | Merge::Min | Merge::Max => integer(whole.value, signed),
    };
    Some((number, value))
}

fn merged(a: Part, b: Part, merge: Merge, signed: bool) -> Part {
    match merge {
        Merge::Sum | Merge::Avg => Part {
            value: a.value.wrapping_add(b.value),
            second: a.second.wrapping_add(b.second),
            number: a.number,
        },
        Merge::Last if b.second > a.second => b,
        Merge::Min if less(b.value, a.value, signed) => b,
        Merge::Max if less(a.value, b.value, signed) => b,
        Merge::Last | Merge::Min | Merge::Max => a,
    }
}

/// The points from `first` to `last`, without those before the first number. Where nothing was put anywhere (`last` is
/// 0) there are none.
fn points(numbers: &Numbers, first: u64, last: u64, interval: u64) -> Vec<Point> {
    let Some((&first, _)) = numbers.range(first..).next().filter(|_| last > 0) else { return Vec::new() };
    let start = |number: u64| i64::try_from(number.saturating_mul(interval)).unwrap_or(i64::MAX);
    let point = |number| Point { start: start(number), value: numbers.get(&number).cloned() };
    (first..=last).map(point).collect()
}
