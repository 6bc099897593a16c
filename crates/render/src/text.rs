//! The text form.
use crate::escape;
use crate::histogram;
use crate::message::{Message, Origin, helper_text};
use crate::report;
use crate::series;
use crate::stack;
use crate::style::Style;
use crate::time::strftime;
use osmia_event::{Cell, Entry, Location, Table, Value};
use std::net::{IpAddr, Ipv4Addr};

/// A message as text, with the newline that ends it where it has one. [`Message::channel`] says where it goes.
pub fn message(message: &Message, style: &Style) -> Vec<u8> {
    match message {
        Message::Attached(1) => b"Attached 1 probe\n".to_vec(),
        Message::Attached(count) => format!("Attached {count} probes\n").into_bytes(),
        Message::Lost(count) => format!("Lost {count} events\n").into_bytes(),
        Message::Loss(loss) => loss.text().into_bytes(),
        Message::Table(contents) => table(contents, style),
        Message::Value(shown) => with_newline(value(shown, style)),
        Message::Text { origin: Origin::Join | Origin::System, text } => with_newline(text.clone()),
        Message::Text { text, .. } => text.clone(),
        Message::Errorf { text, location } => diagnostic(location, "ERROR", text),
        Message::Warnf { text, location } => diagnostic(location, "WARNING", text),
        Message::HelperError { helper, code, location, times } => {
            let text = helper_text(helper, *code) + &how_often(*times);
            let text = format!("{text}\nAdditional Info - helper: {helper}, retcode: {code}");
            diagnostic(location, "WARNING", text.as_bytes())
        }
        Message::RuntimeError { text, location, times } => {
            diagnostic(location, "WARNING", (text.clone() + &how_often(*times)).as_bytes())
        }
        Message::TestsStart(count) => report::tests_start(*count).into_bytes(),
        Message::TestStart(name) => report::test_start(name).into_bytes(),
        Message::Test(result) => report::test_result(result),
        Message::TestsEnd(passed, failed) => report::tests_end(*passed, failed).into_bytes(),
        Message::BenchHead(longest) => report::bench_head(*longest).into_bytes(),
        Message::Bench(longest, result) => report::bench_result(*longest, result).into_bytes(),
        Message::End => b"\n\n".to_vec(),
    }
}

fn with_newline(mut text: Vec<u8>) -> Vec<u8> {
    text.push(b'\n');
    text
}

fn how_often(times: u64) -> String {
    if times > 1 { format!(" ({times} times in all)") } else { String::new() }
}

/// `FILE:LINE:COLUMN-END: LEVEL: text`, below it the script's line with the place underlined, and below that the same of
/// the calls of the macro that it stands in.
fn diagnostic(location: &Location, level: &str, text: &[u8]) -> Vec<u8> {
    let mut out = format!("{}: {level}: ", place(location)).into_bytes();
    out.extend_from_slice(text);
    if !text.ends_with(b"\n") {
        out.push(b'\n');
    }
    if !location.text.is_empty() {
        out.extend_from_slice(underlined(location).as_bytes());
    }
    for call in &location.calls {
        out.extend(diagnostic(call, level, b"expanded from"));
    }
    out
}

fn place(Location { file, line, column, end, .. }: &Location) -> String {
    match end {
        0 => format!("{file}:{line}:{column}"),
        _ => format!("{file}:{line}:{column}-{end}"),
    }
}

/// A line of the script and one with `~` below the place; tabs are shown as four spaces.
fn underlined(location: &Location) -> String {
    let source = location.text.as_str();
    let before = usize::try_from(location.column.saturating_sub(1)).unwrap_or(0);
    let marked = usize::try_from(location.end.saturating_sub(location.column)).unwrap_or(0).max(1);
    let columns = |text: &str| text.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum::<usize>();
    let (head, rest) = source.split_at_checked(before).unwrap_or((source, ""));
    let place = rest.get(..marked).unwrap_or(rest);
    let (indent, width) = (columns(head), columns(place).max(1));
    format!("{}\n{}{}\n", source.replace('\t', "    "), " ".repeat(indent), "~".repeat(width))
}

/// A value's text.
pub fn value(value: &Value, style: &Style) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(&mut out, value, style);
    out
}

fn write_value(out: &mut Vec<u8>, value: &Value, style: &Style) {
    match value {
        Value::Str { bytes, truncated } => {
            out.extend_from_slice(bytes);
            if *truncated {
                out.extend_from_slice(style.trailer.as_bytes());
            }
        }
        Value::Array(values) => write_list(out, values, ["[", ",", "]"], style),
        Value::Tuple(values) => write_list(out, values, ["(", ", ", ")"], style),
        Value::Record(fields) => write_record(out, fields, style),
        simple => out.extend_from_slice(atom(simple, style).as_bytes()),
    }
}

fn write_list(out: &mut Vec<u8>, values: &[Value], [open, between, close]: [&str; 3], style: &Style) {
    out.extend_from_slice(open.as_bytes());
    for (position, value) in values.iter().enumerate() {
        if position > 0 {
            out.extend_from_slice(between.as_bytes());
        }
        write_value(out, value, style);
    }
    out.extend_from_slice(close.as_bytes());
}

fn write_record(out: &mut Vec<u8>, fields: &[(String, Value)], style: &Style) {
    if fields.is_empty() {
        return out.extend_from_slice(b"{}");
    }
    for (position, (name, value)) in fields.iter().enumerate() {
        let before = if position == 0 { "{ " } else { ", " };
        out.extend_from_slice(format!("{before}.{name} = ").as_bytes());
        write_value(out, value, style);
    }
    out.extend_from_slice(b" }");
}

/// As C's `inet_ntop` writes it: IPv4 in the last four bytes of an address of IPv6 that has nothing before them is seen too.
fn inet(address: IpAddr) -> String {
    match address {
        IpAddr::V6(six) => match six.segments() {
            [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
                format!("::{}", Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
            }
            _ => six.to_string(),
        },
        IpAddr::V4(four) => four.to_string(),
    }
}

/// The text of a value that has no parts; empty for others.
pub(crate) fn atom(value: &Value, style: &Style) -> String {
    match value {
        Value::None => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int { value, .. } => value.to_string(),
        Value::Uint { value, .. } => value.to_string(),
        Value::Wide { bits, signed: true } => bits.cast_signed().to_string(),
        Value::Wide { bits, signed: false } => bits.to_string(),
        Value::Pointer(address) => format!("{address:#x}"),
        Value::KernelSymbol(address) | Value::UserSymbol { address, .. } => stack::nameless(*address),
        Value::Bytes(bytes) => escape::printable(bytes),
        Value::Enum { name, .. } | Value::User { name, .. } => name.clone(),
        Value::Inet(address) => inet(*address),
        Value::Mac(bytes) => bytes.map(|byte| format!("{byte:02X}")).join(":"),
        Value::Symbol { address, name } => name.clone().unwrap_or_else(|| stack::nameless(*address)),
        Value::StackId { id, .. } => id.to_string(),
        Value::Stack { mode, source, frames } => stack::stack(*mode, *source, frames),
        Value::Username(uid) => uid.to_string(),
        Value::CgroupPath { id, .. } => id.to_string(),
        Value::Cgroup { path, .. } => path.clone(),
        Value::Timestamp { format, .. } => strftime(format, None, &style.zone),
        Value::Time { format, wall } => strftime(format, *wall, &style.zone),
        Value::Str { .. } | Value::Array(_) | Value::Tuple(_) | Value::Record(_) => String::new(),
    }
}

/// Texts up to the first empty one, with `separator` between.
pub fn join(values: &[Value], separator: &str, style: &Style) -> Vec<u8> {
    // An array of strings is the same as so many strings.
    let all = values.iter().flat_map(|value| match value {
        Value::Array(elements) => elements.as_slice(),
        other => std::slice::from_ref(other),
    });
    let texts: Vec<_> = all.map(|text| value(text, style)).take_while(|text| !text.is_empty()).collect();
    texts.join(separator.as_bytes())
}

/// A map's lines; none for a map without entries.
pub fn table(table: &Table, style: &Style) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in &table.entries {
        write_entry(&mut out, &table.name, entry, style);
    }
    out
}

fn write_entry(out: &mut Vec<u8>, name: &str, entry: &Entry, style: &Style) {
    out.extend_from_slice(name.as_bytes());
    if let Some(key) = &entry.key {
        out.push(b'[');
        out.extend_from_slice(&key_text(key, style));
        out.push(b']');
    }
    match &entry.cell {
        Cell::Histogram(histogram) => {
            out.extend_from_slice(b":\n");
            out.extend_from_slice(histogram::rows(histogram).as_bytes());
        }
        Cell::Series(series) => {
            out.extend_from_slice(b":\n");
            out.extend_from_slice(series::graph(series, &style.zone).as_bytes());
        }
        cell => {
            out.extend_from_slice(b": ");
            write_value(out, &cell_value(cell), style);
        }
    }
    out.push(b'\n');
}

/// A key's text; parentheses around all of it are left out.
pub(crate) fn key_text(key: &Value, style: &Style) -> Vec<u8> {
    let text = value(key, style);
    match text.strip_prefix(b"(").and_then(|text| text.strip_suffix(b")")) {
        Some(inner) => inner.to_vec(),
        None => text,
    }
}

/// What is in a cell that is one value, or `stats()`, as a value.
pub(crate) fn cell_value(cell: &Cell) -> Value {
    match cell {
        Cell::Value(value) => value.clone(),
        other => other.record().unwrap_or(Value::None),
    }
}
