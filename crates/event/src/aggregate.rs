//! Many processors' values as one table, in the order in which it is printed.
use crate::decode::{DecodeError, NATIVE, decode, to_usize};
use crate::layout::round_up;
use crate::order::compare;
use crate::schema::{Aggregation, MapSchema, Storage, Type};
use crate::series::{self, Series};
use crate::value::Value;
use osmia_base::{Bytes, Truncated};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// More buckets than any script can ask for: `hist(x, 5)` has 1921, `lhist` at most 1000, `tseries` a million.
const MAX_BUCKETS: u64 = 1 << 20;

/// One element of an object's map, as it lies there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawEntry {
    /// The key: for an array the element's number (`u32`), for a data section anything.
    pub key: Vec<u8>,
    /// The value of each processor, or the one value of all; for a data section its whole content.
    pub values: Vec<Vec<u8>>,
}

/// What becomes of a map without key that nothing was ever written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It has no entry: when all maps are printed at the end.
    Omit,
    /// It is zero: when the script asks for it to be printed.
    Zero,
}

/// A map's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The map's name: `@`, `@start`.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// Whether its entries have keys.
    pub keyed: bool,
    /// In the order in which they are printed.
    pub entries: Vec<Entry>,
}

/// What a table's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Plain values, counts, sums and the like.
    Plain,
    /// Averages.
    Average,
    /// Count, average and total.
    Stats,
    /// Histograms.
    Histogram,
    /// Time series.
    Series,
}

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key; `None` in a map without one.
    pub key: Option<Value>,
    /// What is there.
    pub cell: Cell,
}

/// A table's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// One value.
    Value(Value),
    /// `stats()`.
    Stats {
        /// How many numbers.
        count: u64,
        /// Their average, towards zero.
        average: Value,
        /// Their sum.
        total: Value,
    },
    /// `hist()` and `lhist()`.
    Histogram(Histogram),
    /// `tseries()`.
    Series(Series),
}

impl Cell {
    /// `stats()` of nothing.
    pub const NO_STATS: Self = Self::Stats { count: 0, average: Value::int(0), total: Value::int(0) };

    /// `stats()` as a record.
    pub fn record(&self) -> Option<Value> {
        let Self::Stats { count, average, total } = self else { return None };
        let parts = [("count", Value::uint(*count)), ("average", average.clone()), ("total", total.clone())];
        Some(Value::Record(parts.map(|(name, value)| (name.to_owned(), value)).into()))
    }
}

/// How often values fell into buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// How buckets are bounded: [`Aggregation::Hist`] or [`Aggregation::Lhist`].
    pub scale: Aggregation,
    /// Numbers of buckets and how often each was hit; none is 0.
    pub counts: BTreeMap<u32, u64>,
    /// What each count is divided by when it is shown.
    pub div: u32,
}

/// A row of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The least value in it; `None` where there is none.
    pub lower: Option<i128>,
    /// The least value above it; `None` where there is none.
    pub upper: Option<i128>,
    /// How many values are in it.
    pub count: u64,
}

/// Makes a table of a map's raw contents: adds up what the processors have, and sorts. Plain integers, counts, sums,
/// minima and maxima ascend by value, averages and stats by average, histograms by how much is in them, time series by the
/// bytes of their keys, anything else by key. Entries that are equal in that are in the order of their keys, so that the
/// same contents always look the same.
pub fn table(schema: &MapSchema, raw: &[RawEntry], missing: Missing) -> Result<Table, DecodeError> {
    let mut entries = match schema.storage {
        _ if kind(&schema.value) == Kind::Series => series::entries(schema, raw)?,
        _ if schema.value.buckets().is_some() => histograms(schema, raw)?,
        Storage::Hash { .. } => raw.iter().map(|entry| keyed(schema, entry)).collect::<Result<_, _>>()?,
        Storage::Array { .. } => element(schema, raw)?,
        Storage::Global { offset } => global(schema, raw, offset)?,
    };
    if entries.is_empty() && schema.key.is_none() && missing == Missing::Zero {
        entries.push(Entry { key: None, cell: zero(&schema.value)? });
    }
    if kind(&schema.value) != Kind::Series {
        entries.sort_by(|a, b| by_value(schema, &a.cell, &b.cell).then_with(|| by_key(a, b)));
    }
    Ok(Table { name: schema.name.clone(), kind: kind(&schema.value), keyed: schema.key.is_some(), entries })
}

impl Table {
    /// Only the last `count` entries, the largest ones; all for 0. Of time series none is larger than another.
    pub fn top(mut self, count: u32) -> Self {
        if count > 0 && self.kind != Kind::Series {
            let surplus = self.entries.len().saturating_sub(to_usize(count));
            self.entries.drain(..surplus);
        }
        self
    }

    /// The same table with numbers divided: integers, counts, sums, minima, maxima, averages and the counts of `hist`;
    /// not the count and total of `stats`, not the counts of `lhist`. 0 means 1.
    pub fn divided(mut self, div: u32) -> Self {
        let div = div.max(1);
        for entry in &mut self.entries {
            match &mut entry.cell {
                Cell::Value(value) | Cell::Stats { average: value, .. } => divide(value, div),
                Cell::Histogram(histogram) if matches!(histogram.scale, Aggregation::Hist { .. }) => {
                    histogram.div = div
                }
                Cell::Histogram(_) | Cell::Series(_) => {}
            }
        }
        self
    }

    /// Only the entry with this key.
    pub fn only(mut self, key: &Value) -> Self {
        self.entries.retain(|entry| entry.key.as_ref() == Some(key));
        self
    }
}

fn divide(value: &mut Value, div: u32) {
    match value {
        Value::Int { value, .. } => *value = value.wrapping_div(i64::from(div)),
        Value::Uint { value, .. } => *value /= u64::from(div),
        Value::Array(values) | Value::Tuple(values) => values.iter_mut().for_each(|value| divide(value, div)),
        Value::Record(fields) => fields.iter_mut().for_each(|(_, value)| divide(value, div)),
        _ => {}
    }
}

impl Histogram {
    /// The rows from the first to the last that is not empty, with the empty ones between.
    pub fn rows(&self) -> Vec<Bucket> {
        let bounds = self.counts.keys().next().zip(self.counts.keys().next_back());
        let Some((&first, &last)) = bounds else { return Vec::new() };
        (first..=last).map(|bucket| self.row(bucket)).collect()
    }

    fn row(&self, bucket: u32) -> Bucket {
        let count = self.counts.get(&bucket).copied().unwrap_or(0) / u64::from(self.div.max(1));
        let (lower, upper) = match self.scale {
            Aggregation::Lhist { min, max, step } => linear_bounds(bucket, min, max, step),
            Aggregation::Hist { bits } => power_bounds(bucket, bits),
            _ => (None, None),
        };
        Bucket { lower, upper, count }
    }

    /// How many values are in it in all.
    fn total(&self) -> u128 {
        self.counts.values().map(|&count| u128::from(count)).sum()
    }
}

fn linear_bounds(bucket: u32, min: i64, max: i64, step: i64) -> (Option<i128>, Option<i128>) {
    let bound = |bucket: u32| i128::from(min) + i128::from(bucket) * i128::from(step);
    let upper = bound(bucket);
    (bucket.checked_sub(1).map(bound), (upper <= i128::from(max)).then_some(upper))
}

fn power_bounds(bucket: u32, bits: u8) -> (Option<i128>, Option<i128>) {
    (bucket.checked_sub(1).map(|index| power_start(index, bits)), Some(power_start(bucket, bits)))
}

/// The least value of bucket `index` + 1 of a `hist`.
fn power_start(index: u32, bits: u8) -> i128 {
    let per_power = 1_u32 << bits.min(5);
    if index < per_power {
        return i128::from(index);
    }
    let shift = index / per_power - 1;
    i128::from(per_power + index % per_power).checked_shl(shift).unwrap_or(i128::MAX)
}

/// The bucket that a value falls into ([`Aggregation::Hist`], [`Aggregation::Lhist`]); `None` for other aggregations.
/// Give an unsigned value above `i64::MAX` as it is.
pub fn bucket_of(scale: &Aggregation, value: i128) -> Option<u32> {
    match *scale {
        Aggregation::Hist { bits } => Some(power_bucket(value, u32::from(bits.min(5)))),
        Aggregation::Lhist { min, max, step } => {
            let (min, max) = (i128::from(min), i128::from(max));
            let steps = (value.min(max) - min).div_euclid(i128::from(step.max(1)));
            Some(if value < min {
                0
            } else if value >= max {
                scale.buckets()? - 1
            } else {
                u32::try_from(steps).unwrap_or(u32::MAX - 1) + 1
            })
        }
        _ => None,
    }
}

fn power_bucket(value: i128, bits: u32) -> u32 {
    let Ok(value) = u64::try_from(value.min(i128::from(u64::MAX))) else { return 0 };
    let low = |value: u64| u32::try_from(value).unwrap_or(0);
    match value.checked_ilog2() {
        Some(top) if top >= bits => {
            let shift = top - bits;
            let within = low((value >> shift) & ((1 << bits) - 1));
            ((shift + 1) << bits) + within + 1
        }
        _ => low(value) + 1,
    }
}

fn kind(value: &Aggregation) -> Kind {
    match value {
        Aggregation::Avg { .. } => Kind::Average,
        Aggregation::Stats { .. } => Kind::Stats,
        Aggregation::Hist { .. } | Aggregation::Lhist { .. } => Kind::Histogram,
        Aggregation::TimeSeries { .. } => Kind::Series,
        _ => Kind::Plain,
    }
}

fn by_value(schema: &MapSchema, a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Stats { average: a, .. }, Cell::Stats { average: b, .. }) => by_number(a, b),
        (Cell::Histogram(a), Cell::Histogram(b)) => a.total().cmp(&b.total()),
        (Cell::Value(a), Cell::Value(b)) => match schema.value {
            Aggregation::Value(Type::Int { .. } | Type::Enum { .. }) => by_number(a, b),
            Aggregation::Value(_) => Ordering::Equal,
            _ => by_number(a, b),
        },
        _ => Ordering::Equal,
    }
}

fn by_number(a: &Value, b: &Value) -> Ordering {
    number(a).cmp(&number(b))
}

fn number(value: &Value) -> Option<i128> {
    match *value {
        Value::Int { value, .. } | Value::Enum { value, .. } => Some(i128::from(value)),
        Value::Uint { value, .. } => Some(i128::from(value)),
        _ => None,
    }
}

fn by_key(a: &Entry, b: &Entry) -> Ordering {
    match (&a.key, &b.key) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    }
}

pub(crate) fn key(schema: &MapSchema, bytes: &[u8]) -> Result<Option<Value>, DecodeError> {
    schema.key.as_ref().map(|kind| decode(kind, bytes)).transpose()
}

fn keyed(schema: &MapSchema, raw: &RawEntry) -> Result<Entry, DecodeError> {
    let values: Vec<&[u8]> = raw.values.iter().map(Vec::as_slice).collect();
    Ok(Entry { key: key(schema, &raw.key)?, cell: cell(&schema.value, &values)? })
}

/// The only entry of an array: element 0, if anything was ever put there.
fn element(schema: &MapSchema, raw: &[RawEntry]) -> Result<Vec<Entry>, DecodeError> {
    let Some(first) = raw.iter().find(|entry| entry.key.iter().all(|&byte| byte == 0)) else {
        return Ok(Vec::new());
    };
    let written = first.values.iter().flatten().any(|&byte| byte != 0);
    if written { Ok(vec![keyed(schema, first)?]) } else { Ok(Vec::new()) }
}

/// The only entry of a variable in a data section, if the flag behind it says that it was written.
fn global(schema: &MapSchema, raw: &[RawEntry], offset: u32) -> Result<Vec<Entry>, DecodeError> {
    let Some(section) = raw.first().and_then(|entry| entry.values.first()) else { return Ok(Vec::new()) };
    let flag = round_up(offset.saturating_add(schema.value.size()), 8);
    if Bytes::new(section, NATIVE).at(to_usize(flag))?.u64()? == 0 {
        return Ok(Vec::new());
    }
    let value = section.get(to_usize(offset)..).unwrap_or_default();
    Ok(vec![Entry { key: None, cell: cell(&schema.value, &[value])? }])
}

/// What a map without key holds before anything is written.
fn zero(value: &Aggregation) -> Result<Cell, DecodeError> {
    if let Aggregation::TimeSeries { interval, .. } = *value {
        return Ok(Cell::Series(Series { interval, points: Vec::new() }));
    }
    if value.buckets().is_some() {
        return Ok(Cell::Histogram(Histogram { scale: value.clone(), counts: BTreeMap::new(), div: 1 }));
    }
    let zeros = vec![0; to_usize(value.size())];
    cell(value, &[&zeros])
}

fn histograms(schema: &MapSchema, raw: &[RawEntry]) -> Result<Vec<Entry>, DecodeError> {
    let mut by_key: BTreeMap<&[u8], BTreeMap<u32, u64>> = BTreeMap::new();
    for entry in raw {
        let (key, bucket) = split_bucket(schema, &entry.key)?;
        let counts = by_key.entry(key).or_default();
        let count = sum(&entry.values)?;
        if count > 0 {
            let sum = counts.entry(bucket).or_default();
            *sum = sum.wrapping_add(count);
        }
    }
    if !matches!(schema.storage, Storage::Hash { .. }) {
        by_key.retain(|_, counts| !counts.is_empty());
    }
    let histogram = |counts| Histogram { scale: schema.value.clone(), counts, div: 1 };
    let entries = by_key.into_iter();
    entries
        .map(|(bytes, counts)| {
            Ok(Entry { key: key(schema, bytes)?, cell: Cell::Histogram(histogram(counts)) })
        })
        .collect()
}

/// A stored key's two parts: the script's key and the bucket's number.
pub(crate) fn split_bucket<'a>(schema: &MapSchema, key: &'a [u8]) -> Result<(&'a [u8], u32), DecodeError> {
    let (of_script, bucket) = match schema.storage {
        Storage::Hash { .. } => {
            let mut cursor = Bytes::new(key, NATIVE);
            let of_script = cursor.take(to_usize(schema.key_size()))?;
            (of_script, cursor.at(to_usize(schema.bucket_offset()))?.u64()?)
        }
        Storage::Array { .. } | Storage::Global { .. } => {
            (&[][..], u64::from(Bytes::new(key, NATIVE).u32()?))
        }
    };
    let bucket = u32::try_from(bucket).ok().filter(|&bucket| u64::from(bucket) < MAX_BUCKETS);
    Ok((of_script, bucket.ok_or(DecodeError::Bucket)?))
}

fn sum(values: &[Vec<u8>]) -> Result<u64, Truncated> {
    values.iter().try_fold(0_u64, |sum, value| Ok(sum.wrapping_add(Bytes::new(value, NATIVE).u64()?)))
}

/// One value of all processors' values.
fn cell(aggregation: &Aggregation, values: &[&[u8]]) -> Result<Cell, DecodeError> {
    Ok(Cell::Value(match *aggregation {
        Aggregation::Value(ref kind) => plain(kind, values)?,
        Aggregation::Count => Value::uint(added(values, 0)?),
        Aggregation::Sum { signed } => integer(added(values, 0)?, signed),
        Aggregation::Min { signed } => integer(extreme(values, |a, b| less(a, b, signed))?, signed),
        Aggregation::Max { signed } => integer(extreme(values, |a, b| less(b, a, signed))?, signed),
        Aggregation::Avg { signed } => average(added(values, 0)?, added(values, 8)?, signed),
        Aggregation::Stats { signed } => {
            let (total, count) = (added(values, 0)?, added(values, 8)?);
            let average = average(total, count, signed);
            return Ok(Cell::Stats { count, average, total: integer(total, signed) });
        }
        Aggregation::Hist { .. } | Aggregation::Lhist { .. } | Aggregation::TimeSeries { .. } => Value::None,
    }))
}

/// A plain value of several processors: integers add up, of others the first that is not all zeros counts.
fn plain(kind: &Type, values: &[&[u8]]) -> Result<Value, DecodeError> {
    if let (Type::Int { size, signed }, true) = (kind, values.len() > 1) {
        let mut sum = 0_u64;
        for bytes in values {
            sum = sum.wrapping_add(decode(kind, bytes)?.bits().unwrap_or(0));
        }
        return Ok(match signed {
            true => Value::Int { value: sum.cast_signed(), size: *size },
            false => Value::Uint { value: sum, size: *size },
        });
    }
    let written = values.iter().find(|bytes| bytes.iter().any(|&byte| byte != 0));
    decode(kind, written.or(values.first()).copied().unwrap_or_default())
}

pub(crate) fn integer(value: u64, signed: bool) -> Value {
    if signed { Value::int(value.cast_signed()) } else { Value::uint(value) }
}

fn added(values: &[&[u8]], offset: usize) -> Result<u64, DecodeError> {
    let mut sum = 0_u64;
    for value in values {
        sum = sum.wrapping_add(Bytes::new(value, NATIVE).at(offset)?.u64()?);
    }
    Ok(sum)
}

/// The value that is `before` all others, among the processors that have one; 0 if none has.
fn extreme(values: &[&[u8]], before: impl Fn(u64, u64) -> bool) -> Result<u64, DecodeError> {
    let mut found = None;
    for value in values {
        let mut cursor = Bytes::new(value, NATIVE);
        let (value, written) = (cursor.u64()?, cursor.u64()? != 0);
        if written && found.is_none_or(|found| before(value, found)) {
            found = Some(value);
        }
    }
    Ok(found.unwrap_or(0))
}

pub(crate) fn less(a: u64, b: u64, signed: bool) -> bool {
    if signed { a.cast_signed() < b.cast_signed() } else { a < b }
}

pub(crate) fn average(total: u64, count: u64, signed: bool) -> Value {
    if signed {
        Value::int(total.cast_signed().checked_div(count.cast_signed()).unwrap_or(0))
    } else {
        Value::uint(total.checked_div(count).unwrap_or(0))
    }
}
