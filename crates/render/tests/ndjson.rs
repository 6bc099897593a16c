//! Every line of the typed form is what the published schema says.
use osmia_event::{
    Aggregation, Cell, Entry, Frame, Histogram, Kind, Location, Point, Series, SourceLine, StackMode,
    StackSource, Symbol, Table, Value,
};
use osmia_render::{BenchResult, Loss, LossKind, Message, Origin, Style, TestResult, ndjson};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

fn line(message: &Message) -> Json {
    let line = ndjson::message(message, &Style::default());
    assert_eq!(line.matches('\n').count(), 1, "{line:?}");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn map(kind: Kind, key: Option<Value>, cell: Cell) -> Message {
    let keyed = key.is_some();
    Message::Table(Table { name: "@m".into(), kind, keyed, entries: vec![Entry { key, cell }] })
}

fn stack() -> Value {
    let symbol = Symbol { name: "main".into(), offset: 4, module: Some("/bin/x".into()) };
    let line = Some(SourceLine { file: "src/x.c".into(), line: 7 });
    let known = Frame { address: 0x1004, build_id: None, symbol: Some(symbol), line, inlined: true };
    let frames = vec![known, Frame { address: u64::MAX, ..Frame::default() }];
    Value::Stack { mode: StackMode::Bpftrace, source: StackSource::User(1), frames }
}

fn messages() -> Vec<Message> {
    let location = || Location { file: "stdin".into(), line: 1, column: 9, end: 15, ..Location::default() };
    let loss = |kind, of: &str| Message::Loss(Loss { kind, of: of.into(), count: 3 });
    let scale = Aggregation::Hist { bits: 0 };
    let histogram = Histogram { scale, counts: BTreeMap::from([(0, 1), (3, 2)]), div: 1 };
    let points =
        vec![Point { start: 5, value: Some(Value::int(-1)) }, Point { start: 1_000_000_005, value: None }];
    let parts = vec![Value::int(-1), Value::text("a b"), stack()];
    let stats = Cell::Stats { count: 2, average: Value::int(3), total: Value::int(6) };
    vec![
        Message::Attached(2),
        Message::Lost(1),
        loss(LossKind::Events, "begin"),
        loss(LossKind::Missed, "kprobe:f"),
        loss(LossKind::Updates, "@m"),
        loss(LossKind::Stacks, "begin"),
        loss(LossKind::Mappings, ""),
        Message::text(Origin::Printf, "hello\n"),
        Message::text(Origin::Cat, vec![0xff, 0]),
        Message::Value(Value::Record(vec![("a".into(), Value::Uint { value: u64::MAX, size: 8 })])),
        Message::Value(Value::Tuple(vec![Value::None, Value::Bool(true), Value::Pointer(16)])),
        Message::Value(Value::Enum { value: 1, name: "ONE".into() }),
        Message::Value(Value::Symbol { address: 16, name: Some("f".into()) }),
        Message::Value(Value::Bytes(vec![0, 255])),
        Message::Errorf { text: b"bad".to_vec(), location: location() },
        Message::Warnf { text: vec![0x80], location: location() },
        Message::HelperError { helper: "map_update_elem".into(), code: -7, location: location(), times: 1 },
        Message::RuntimeError { text: "divided by zero".into(), location: location(), times: 1 },
        map(Kind::Plain, None, Cell::Value(Value::int(5))),
        map(Kind::Plain, Some(Value::Tuple(parts)), Cell::Value(Value::uint(5))),
        map(Kind::Average, Some(Value::text("k")), Cell::Value(Value::int(5))),
        map(Kind::Stats, None, stats),
        map(Kind::Histogram, None, Cell::Histogram(histogram)),
        map(Kind::Series, None, Cell::Series(Series { interval: 1_000_000_000, points })),
        Message::Test(TestResult {
            name: "t".into(),
            duration: Duration::from_nanos(5),
            passed: false,
            output: b"why".to_vec(),
        }),
        Message::Bench(1, BenchResult { name: "b".into(), average: Duration::from_nanos(5), runs: 9 }),
        Message::End,
    ]
}

/// The judge is Python's `jsonschema` (`cargo xtask install` brings it): for each line of its input `ok`, or what is wrong.
const JUDGE: &str = r#"
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in sys.stdin:
    errors = [error.message for error in validator.iter_errors(json.loads(line))]
    print(json.dumps(errors) if errors else "ok")
"#;

fn judge(lines: &[Json]) -> Vec<String> {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ndjson.schema.json");
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", JUDGE, schema])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python runs");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    python.stdin.take().expect("piped").write_all(text.as_bytes()).expect("python reads");
    let output = python.wait_with_output().expect("python ends");
    assert!(output.status.success(), "python3-jsonschema is there");
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn lines_are_what_the_schema_says() {
    let lines: Vec<Json> = messages().iter().map(line).collect();
    let verdicts = judge(&lines);
    assert_eq!(verdicts.len(), lines.len());
    for (line, verdict) in lines.iter().zip(verdicts) {
        assert_eq!(verdict, "ok", "{line}");
    }
    let wrong = [
        json!({}),
        json!({ "v": 2, "kind": "end" }),
        json!({ "v": 1, "kind": "text" }),
        json!({ "v": 1, "kind": "what" }),
    ];
    assert!(judge(&wrong).iter().all(|verdict| verdict != "ok"));
}

#[test]
fn nothing_is_flattened() {
    let parts = vec![Value::int(-1), Value::text("a b"), stack()];
    let shown = line(&map(Kind::Plain, Some(Value::Tuple(parts)), Cell::Value(Value::uint(u64::MAX))));
    assert_eq!(
        shown,
        json!({
            "v": 1, "kind": "map", "map": "@m", "holds": "values",
            "entries": [{
                "key": [-1, "a b", { "stack": [
                    { "address": "0x1004", "symbol": "main", "offset": 4, "module": "/bin/x",
                      "file": "src/x.c", "line": 7, "inlined": true },
                    { "address": "0xffffffffffffffff" },
                ] }],
                "value": "18446744073709551615",
            }],
        })
    );
    assert_eq!(line(&Message::text(Origin::Cat, vec![0xff, 0]))["text"], json!({ "bytes": [255, 0] }));
}
