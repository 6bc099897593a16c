//! The JSON form: one object a line, with the very spacing that bpftrace has.
//!
//! Text that is not UTF-8 cannot be said in JSON: each sequence of bytes that is none becomes U+FFFD. Where the bytes
//! themselves matter, scripts print buffers, which are arrays of numbers.
use crate::message::{Message, Origin, error_text};
use crate::style::{Style, Zone};
use crate::text::{atom, cell_value, key_text};
use crate::time::calendar;
use osmia_event::{Bucket, Cell, Histogram, Kind, Location, Point, Series, Table, Value};
use std::fmt::Write as _;

/// A message as a line of JSON; empty for those that say nothing in JSON.
pub fn message(message: &Message, style: &Style) -> String {
    match message {
        Message::Attached(count) => counted("attached_probes", "probes", *count),
        Message::Lost(count) => counted("lost_events", "events", *count),
        Message::Loss(loss) => loss.json(),
        Message::Table(contents) => table(contents, style),
        Message::Value(shown) => data("value", &value(shown, style)),
        Message::Text { origin, text } => data(kind_of(*origin), &string(text)),
        Message::Errorf { text, location } => located(r#""errorf", "msg": "#, text, "", location),
        Message::Warnf { text, location } => located(r#""warnf", "msg": "#, text, "", location),
        Message::HelperError { helper, code, location, times } => {
            let helper = string(helper.as_bytes());
            let more = format!(r#", "helper": {helper}, "retcode": {code}{}"#, how_often(*times));
            located(r#""helper_error", "msg": "#, error_text(*code).as_bytes(), &more, location)
        }
        Message::RuntimeError { text, location, times } => {
            located(r#""runtime_error", "msg": "#, text.as_bytes(), &how_often(*times), location)
        }
        Message::Test(result) => {
            let (passed, output) = (result.passed.to_string(), string(&result.output));
            let duration = result.duration.as_nanos().to_string();
            named(
                "test_result",
                &result.name,
                [("duration", duration), ("passed", passed), ("output", output)],
            )
        }
        Message::Bench(_, result) => {
            let (average, runs) = (result.average.as_nanos().to_string(), result.runs.to_string());
            named("benchmark_result", &result.name, [("average", average), ("iters", runs)])
        }
        Message::TestsStart(_) | Message::TestStart(_) | Message::TestsEnd(..) | Message::BenchHead(_) => {
            String::new()
        }
        Message::End => String::new(),
    }
}

const fn kind_of(origin: Origin) -> &'static str {
    match origin {
        Origin::Printf => "printf",
        Origin::Time => "time",
        Origin::Join => "join",
        Origin::Cat => "cat",
        Origin::System => "syscall",
    }
}

fn data(kind: &str, data: &str) -> String {
    format!("{{\"type\": \"{kind}\", \"data\": {data}}}\n")
}

/// What there is to say of one thing with a name.
fn named<const N: usize>(kind: &str, name: &str, fields: [(&str, String); N]) -> String {
    let fields = fields.map(|(field, value)| (format!("\"{field}\""), value));
    data(kind, &object([(string(name.as_bytes()), object(fields))]))
}

fn counted(kind: &str, what: &str, count: u64) -> String {
    format!("{{\"type\": \"{kind}\", \"count\": {count}, \"data\": {{\"{what}\": {count}}}}}\n")
}

fn how_often(times: u64) -> String {
    if times > 1 { format!(r#", "count": {times}"#) } else { String::new() }
}

fn located(kind: &str, text: &[u8], more: &str, Location { file, line, column, .. }: &Location) -> String {
    let (text, file) = (string(text), string(file.as_bytes()));
    format!("{{\"type\": {kind}{text}{more}, \"filename\": {file}, \"line\": {line}, \"col\": {column}}}\n")
}

/// A map's line; empty for a map without entries, but for averages and stats: theirs is an empty object then, with keys or
/// without.
pub fn table(table: &Table, style: &Style) -> String {
    let kind = match table.kind {
        Kind::Plain => "map",
        Kind::Average | Kind::Stats => "stats",
        Kind::Histogram => "hist",
        Kind::Series => "tseries",
    };
    let contents = match &*table.entries {
        [entry] if !table.keyed => cell(&entry.cell, style),
        [] if !matches!(table.kind, Kind::Average | Kind::Stats) => return String::new(),
        entries => {
            let key = |key| string(&json_key(key, style));
            let pairs = entries.iter().filter_map(|entry| Some((key(entry.key.as_ref()?), &entry.cell)));
            object(pairs.map(|(key, shown)| (key, cell(shown, style))))
        }
    };
    let name = string(table.name.as_bytes());
    data(kind, &object([(name, contents)]))
}

/// A key's text without any spaces.
fn json_key(key: &Value, style: &Style) -> Vec<u8> {
    let mut text = key_text(key, style);
    text.retain(|&byte| byte != b' ');
    text
}

fn cell(cell: &Cell, style: &Style) -> String {
    match cell {
        Cell::Histogram(rows) => histogram(rows),
        Cell::Series(shown) => series(shown, style),
        other => value(&cell_value(other), style),
    }
}

fn histogram(histogram: &Histogram) -> String {
    array(histogram.rows().iter().map(bucket))
}

/// Intervals without a number are left out.
fn series(series: &Series, style: &Style) -> String {
    let point = |point: &Point| {
        let start = calendar("%Y-%m-%d %H:%M:%S.%k", point.start, &Zone::utc());
        let shown = value(point.value.as_ref()?, style);
        Some(format!("{{\"interval_start\":\"{start}\",\"value\":{shown}}}"))
    };
    array(series.points.iter().filter_map(point))
}

fn bucket(&Bucket { lower, upper, count }: &Bucket) -> String {
    let lower = lower.map(|lower| ("\"min\"".to_owned(), integer(lower)));
    let upper = upper.map(|upper| ("\"max\"".to_owned(), integer(upper - 1)));
    object(lower.into_iter().chain(upper).chain([("\"count\"".to_owned(), count.to_string())]))
}

/// A value.
pub fn value(value: &Value, style: &Style) -> String {
    match value {
        Value::None => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int { value, .. } | Value::Enum { value, .. } => integer((*value).into()),
        Value::Wide { bits, signed } if *signed || i128::try_from(*bits).is_ok() => {
            integer(bits.cast_signed())
        }
        Value::Uint { value, .. } | Value::Pointer(value) => integer((*value).into()),
        Value::Str { .. } => string(&crate::text::value(value, style)),
        Value::Bytes(bytes) => array(bytes.iter().map(|byte| byte.cast_signed().to_string())),
        Value::Array(values) | Value::Tuple(values) => {
            array(values.iter().map(|value| self::value(value, style)))
        }
        Value::Record(fields) => {
            object(fields.iter().map(|(name, value)| (string(name.as_bytes()), self::value(value, style))))
        }
        named => string(atom(named, style).as_bytes()),
    }
}

fn object(pairs: impl IntoIterator<Item = (String, String)>) -> String {
    let pairs: Vec<_> = pairs.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn array(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(","))
}

/// A number, or a string of its digits where readers that only have doubles would read another number.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "that is the question")]
fn integer(value: i128) -> String {
    if value as f64 as i128 == value { value.to_string() } else { format!("\"{value}\"") }
}

/// A string, whatever the bytes.
pub(crate) fn string(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for c in String::from_utf8_lossy(bytes).chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            // Writing to a string cannot fail.
            '\0'..='\x1f' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
