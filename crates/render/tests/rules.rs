//! One file for each rule of the output: a description in JSON, and what is printed.
mod support;

use osmia_event::{
    Location, Missing, Schema, Stream, Trouble, TroubleKind, Type, Value, Verb, decode, layout, parse,
    round_up, table,
};
use osmia_render::{
    BenchResult, Message, Origin, Style, TestResult, Zone, default_timestamp, duration, json, strftime, text,
};
use serde_json::Value as Json;
use std::time::Duration;
use support::{Machine, bytes, entries, kind, map};

#[test]
fn rules() {
    osmia_testkit::golden("tests/rules", |input| {
        let cases = serde_json::Deserializer::from_str(input).into_iter::<Json>();
        cases.map(|case| run(&case.unwrap_or_else(|error| panic!("{input}: {error}")))).collect()
    });
}

fn run(case: &Json) -> String {
    let mut style = Style { zone: Zone::fixed(3600).unwrap(), ..Style::default() };
    if let Some(trailer) = case["trailer"].as_str() {
        style.trailer = trailer.into();
    }
    if let Some(format) = case["strftime"].as_str() {
        return strftime(format, case["time"].as_i64(), &style.zone) + "\n";
    }
    if let Some(time) = case["duration"].as_u64() {
        return duration(time) + "\n";
    }
    if let Some(time) = case["timestamp"].as_i64() {
        return default_timestamp(time, &style.zone) + "\n";
    }
    let message = message(case, &style);
    let shown = text::message(&message, &style);
    format!("{}{}", String::from_utf8_lossy(&shown), json::message(&message, &style))
}

fn message(case: &Json, style: &Style) -> Message {
    match case {
        _ if !case["map"].is_null() => Message::Table(contents(case)),
        _ if !case["print"].is_null() => {
            let kind = kind(case["print"].as_str().unwrap());
            let value = decode(&kind, &bytes(&kind, &case["value"])).unwrap();
            Message::Value(value.resolve(&mut Machine))
        }
        _ if !case["attached"].is_null() => Message::Attached(case["attached"].as_u64().unwrap()),
        _ if !case["lost"].is_null() => Message::Lost(case["lost"].as_u64().unwrap()),
        _ if !case["cat"].is_null() => Message::text(Origin::Cat, case["cat"].as_str().unwrap()),
        _ if !case["system"].is_null() => Message::text(Origin::System, case["system"].as_str().unwrap()),
        _ if case["end"] == true => Message::End,
        _ => report(case).unwrap_or_else(|| record(case, style)),
    }
}

/// What is told of tests and benchmarks.
fn report(case: &Json) -> Option<Message> {
    let count = |name: &str| Some(usize::try_from(case[name].as_u64()?).unwrap());
    let text = |name: &str| Some(case[name].as_str()?.to_owned());
    let time = Duration::from_nanos(case["ns"].as_u64().unwrap_or(0));
    let names = case["failed"].as_array().into_iter().flatten();
    let failed = names.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    None.or_else(|| Some(Message::TestsStart(count("tests")?)))
        .or_else(|| Some(Message::TestStart(text("begins")?)))
        .or_else(|| {
            let (name, passed) = (text("test")?, case["passed"] == true);
            let output = text("output").unwrap_or_default().into_bytes();
            Some(Message::Test(TestResult { name, duration: time, passed, output }))
        })
        .or_else(|| Some(Message::TestsEnd(count("passed")?, failed)))
        .or_else(|| Some(Message::BenchHead(count("benchmarks")?)))
        .or_else(|| {
            let (name, runs) = (text("benchmark")?, case["runs"].as_u64()?);
            let longest = count("longest").unwrap_or(name.len());
            Some(Message::Bench(longest, BenchResult { name, average: time, runs }))
        })
}

fn contents(case: &Json) -> osmia_event::Table {
    let schema = map(case["map"].as_str().unwrap(), case["key"].as_str(), case["value"].as_str().unwrap());
    let all = case["entries"].as_array().unwrap();
    let raw: Vec<_> =
        all.iter().flat_map(|entry| entries(&schema, &entry[0], entry[1].as_array().unwrap())).collect();
    let missing = if case["missing"] == "zero" { Missing::Zero } else { Missing::Omit };
    let number = |name: &str| u32::try_from(case[name].as_u64().unwrap_or(0)).unwrap();
    let table = table(&schema, &raw, missing).unwrap();
    table.top(number("top")).divided(number("div")).resolve(&mut Machine)
}

/// A record as a program sends it, through a whole schema.
fn record(case: &Json, style: &Style) -> Message {
    let word = |name: &str| case[name].as_str().map(str::to_owned);
    if let Some(kind) = word("helper")
        .map(|helper| TroubleKind::Helper { helper, map: None })
        .or_else(|| word("error").map(TroubleKind::Error))
    {
        let trouble = Trouble { kind, location: place(case), counter: 0 };
        let code = case["arguments"][0][1].as_i64().unwrap_or(0);
        return Message::of_trouble(&trouble, code, case["times"].as_u64().unwrap_or(1));
    }
    let verb = |name: &str, verb: fn(osmia_event::Format) -> Verb| word(name).map(|text| verb(parse(&text)));
    let verb = verb("printf", Verb::Printf)
        .or_else(|| verb("errorf", Verb::Errorf))
        .or_else(|| verb("warnf", Verb::Warnf))
        .or_else(|| word("join").map(Verb::Join))
        .or_else(|| word("time").map(Verb::Time))
        .unwrap();
    let none = Vec::new();
    let arguments = case["arguments"].as_array().unwrap_or(&none);
    let kinds: Vec<Type> = arguments.iter().map(|pair| kind(pair[0].as_str().unwrap())).collect();
    let header = (None, Type::Int { size: 4, signed: false });
    let (mut fields, size) = layout([header].into_iter().chain(kinds.into_iter().map(|kind| (None, kind))));
    fields.remove(0);
    let mut raw = vec![0; round_up(size, 8) as usize];
    for (field, pair) in fields.iter().zip(arguments) {
        let part = bytes(&field.kind, &pair[1]);
        raw[field.offset as usize..][..part.len()].copy_from_slice(&part);
    }
    let location = place(case);
    let schema = Schema { streams: vec![Stream { verb, fields, size, location }], ..Schema::default() };
    let record = schema.decode(&raw).unwrap();
    let values: Vec<Value> = record.values.into_iter().map(|value| value.resolve(&mut Machine)).collect();
    let now = case["now"].as_i64().unwrap_or(0);
    let message = Message::of(&schema.streams[record.stream], &values, now, style).unwrap();
    if let (Verb::Printf(format), Message::Text { text, .. }) = (&schema.streams[0].verb, &message) {
        let mut direct = Vec::new();
        osmia_render::printf_record(&mut direct, format, &schema.streams[0], &raw, style, &mut Machine)
            .unwrap();
        assert_eq!(direct, *text, "{case}");
    }
    message
}

/// Where a record or a trouble is from.
fn place(case: &Json) -> Location {
    let calls = if case["call"].is_null() { Vec::new() } else { vec![location(case, "call")] };
    Location { calls, ..location(case, "source") }
}

fn location(case: &Json, text: &str) -> Location {
    let text = case[text].as_str().unwrap_or_default().into();
    Location { file: "stdin".into(), line: 3, column: 9, end: 17, text, calls: Vec::new() }
}
