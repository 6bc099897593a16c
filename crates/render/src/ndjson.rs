//! What a run says as one JSON object a line, with typed keys and values: `docs/ndjson.schema.json` says what may stand there.
//!
//! Where bpftrace's JSON flattens (keys are text, stacks are text), this form keeps: keys are arrays of their parts, stacks are
//! arrays of frames. Integers are numbers as far as a double holds them exactly, else strings of their digits; text that is
//! not UTF-8 is `{"bytes": […]}`. `v` is the version of the form: fields may be added within one, nothing else changes.
use crate::loss::Loss;
use crate::message::{Message, Origin, helper_text};
use crate::style::Style;
use crate::text::atom;
use osmia_event::{Bucket, Cell, Entry, Frame, Kind, Location, Point, Series, Table, Value};
use serde_json::{Map, Value as Json, json};

/// The version of the form.
pub const VERSION: u32 = 1;

/// A message as a line; empty for those that say nothing to machines.
pub fn message(message: &Message, style: &Style) -> String {
    let (kind, fields) = match message {
        Message::Attached(count) => ("attached", json!({ "probes": count })),
        Message::Lost(count) => ("lost_events", json!({ "count": count })),
        Message::Loss(loss) => ("loss", of_loss(loss)),
        Message::Table(contents) => ("map", table(contents, style)),
        Message::Value(shown) => ("value", json!({ "value": value(shown, style) })),
        Message::Text { origin, text: bytes } => {
            ("text", json!({ "from": from(*origin), "text": text(bytes) }))
        }
        Message::Errorf { text: bytes, location } => {
            ("error", placed(location, json!({ "text": text(bytes) })))
        }
        Message::Warnf { text: bytes, location } => {
            ("warning", placed(location, json!({ "text": text(bytes) })))
        }
        Message::HelperError { helper, code, location, .. } => {
            let fields = json!({ "helper": helper, "code": code, "text": helper_text(helper, *code) });
            ("helper_error", placed(location, fields))
        }
        Message::RuntimeError { text, location, .. } => {
            ("runtime_error", placed(location, json!({ "text": text })))
        }
        Message::Test(result) => {
            let nanoseconds = integer(result.duration.as_nanos() as i128);
            let fields = json!({ "name": result.name, "passed": result.passed, "ns": nanoseconds, "text": text(&result.output) });
            ("test", fields)
        }
        Message::Bench(_, result) => {
            let nanoseconds = integer(result.average.as_nanos() as i128);
            ("bench", json!({ "name": result.name, "ns": nanoseconds, "runs": result.runs }))
        }
        Message::TestsStart(_) | Message::TestStart(_) | Message::TestsEnd(..) | Message::BenchHead(_) => {
            return String::new();
        }
        Message::End => ("end", json!({})),
    };
    let mut line = Map::from_iter([("v".to_owned(), json!(VERSION)), ("kind".to_owned(), json!(kind))]);
    if let Json::Object(fields) = fields {
        line.extend(fields);
    }
    format!("{}\n", Json::Object(line))
}

const fn from(origin: Origin) -> &'static str {
    match origin {
        Origin::Printf => "printf",
        Origin::Time => "time",
        Origin::Join => "join",
        Origin::Cat => "cat",
        Origin::System => "system",
    }
}

fn of_loss(loss: &Loss) -> Json {
    json!({ "loss": loss.kind.name(), "of": loss.of, "count": loss.count })
}

fn placed(Location { file, line, column, .. }: &Location, mut fields: Json) -> Json {
    fields["place"] = json!({ "file": file, "line": line, "column": column });
    fields
}

fn table(table: &Table, style: &Style) -> Json {
    let kind = match table.kind {
        Kind::Plain => "values",
        Kind::Average => "averages",
        Kind::Stats => "stats",
        Kind::Histogram => "histograms",
        Kind::Series => "series",
    };
    let entries: Vec<Json> = table.entries.iter().map(|entry| of_entry(entry, style)).collect();
    json!({ "map": table.name, "holds": kind, "entries": entries })
}

fn of_entry(entry: &Entry, style: &Style) -> Json {
    let mut fields = match &entry.cell {
        Cell::Value(shown) => json!({ "value": value(shown, style) }),
        Cell::Stats { count, average, total } => {
            json!({ "count": count, "average": value(average, style), "total": value(total, style) })
        }
        Cell::Histogram(histogram) => {
            json!({ "buckets": histogram.rows().iter().map(bucket).collect::<Vec<_>>() })
        }
        Cell::Series(Series { interval, points }) => {
            let points: Vec<Json> = points.iter().map(|point| of_point(point, style)).collect();
            json!({ "interval": interval, "points": points })
        }
    };
    if let Some(key) = &entry.key {
        fields["key"] = match key {
            Value::Tuple(parts) => parts.iter().map(|part| value(part, style)).collect(),
            one => json!([value(one, style)]),
        };
    }
    fields
}

fn of_point(point: &Point, style: &Style) -> Json {
    let shown = point.value.as_ref().map_or(Json::Null, |shown| value(shown, style));
    json!({ "start": integer(point.start.into()), "value": shown })
}

/// A bound that is not there is left out; both are inclusive.
fn bucket(&Bucket { lower, upper, count }: &Bucket) -> Json {
    let mut fields = Map::new();
    if let Some(lower) = lower {
        fields.insert("min".into(), integer(lower));
    }
    if let Some(upper) = upper {
        fields.insert("max".into(), integer(upper - 1));
    }
    fields.insert("count".into(), json!(count));
    Json::Object(fields)
}

/// A value.
pub fn value(shown: &Value, style: &Style) -> Json {
    match shown {
        Value::None => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int { value, .. } => integer((*value).into()),
        Value::Wide { bits, signed } if *signed || i128::try_from(*bits).is_ok() => {
            integer(bits.cast_signed())
        }
        Value::Uint { value, .. } => integer((*value).into()),
        Value::Enum { value, name } => json!({ "name": name, "value": integer((*value).into()) }),
        Value::Pointer(address) => json!(format!("{address:#x}")),
        Value::Str { bytes, .. } => text(bytes),
        Value::Bytes(bytes) => json!({ "bytes": bytes }),
        Value::Array(values) | Value::Tuple(values) => values.iter().map(|part| value(part, style)).collect(),
        Value::Record(fields) => {
            Json::Object(fields.iter().map(|(name, part)| (name.clone(), value(part, style))).collect())
        }
        Value::Symbol { address, name } => json!({ "address": format!("{address:#x}"), "symbol": name }),
        Value::Stack { frames, .. } => json!({ "stack": frames.iter().map(frame).collect::<Vec<_>>() }),
        named => json!(atom(named, style)),
    }
}

/// What is not known is left out.
fn frame(Frame { address, build_id, symbol, line, inlined }: &Frame) -> Json {
    let address = format!("{address:#x}");
    let mut fields = match build_id {
        Some(build_id) => {
            let digits: String = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "build_id": digits, "file_offset": address })
        }
        None => json!({ "address": address }),
    };
    if let Some(symbol) = symbol {
        fields["symbol"] = json!(symbol.name);
        fields["offset"] = json!(symbol.offset);
        if let Some(module) = &symbol.module {
            fields["module"] = json!(module);
        }
    }
    if let Some(line) = line {
        fields["file"] = json!(line.file);
        fields["line"] = json!(line.line);
    }
    if *inlined {
        fields["inlined"] = json!(true);
    }
    fields
}

fn text(bytes: &[u8]) -> Json {
    std::str::from_utf8(bytes).map_or_else(|_| json!({ "bytes": bytes }), |text| json!(text))
}

/// A number, or a string of its digits where a double would be another number.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "that is the question")]
fn integer(number: i128) -> Json {
    let exact = number as f64 as i128 == number;
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) if exact => json!(number),
        (_, Ok(number)) if exact => json!(number),
        _ => json!(number.to_string()),
    }
}
