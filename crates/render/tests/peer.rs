//! What the installed bpftrace (0.17) prints, and what we print for the same numbers. Where that release and the one we
//! follow differ, the case is not here but among the rules.
mod support;

use osmia_event::{MapSchema, Missing, RawEntry, Table, Value, bucket_of, decode, parse, table};
use osmia_render::{Message, Style, json, printf, text};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use support::{bytes, entries, kind, map};

/// Runs a script once for each output form; `None` where there is no bpftrace and the person said to go without.
#[expect(clippy::print_stdout, reason = "a skip is not silent")]
fn bpftrace(script: &str, form: &str) -> Option<String> {
    if std::env::var_os("OSMIA_NO_PEER").is_some() {
        println!("skipped: OSMIA_NO_PEER is set");
        return None;
    }
    assert!(Path::new("/usr/bin/bpftrace").exists(), "this needs bpftrace; OSMIA_NO_PEER=1 goes without");
    let output = Command::new("/usr/bin/bpftrace").args(["-f", form, "-e", script]).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors: String = errors.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(output.status.success(), "{errors}\n{script}");
    Some(printed)
}

/// A map as a script fills it and as we have it.
struct Case {
    statements: String,
    schema: MapSchema,
    raw: Vec<RawEntry>,
}

impl Case {
    fn table(&self) -> Table {
        table(&self.schema, &self.raw, Missing::Omit).unwrap()
    }
}

/// The same numbers at every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// Of very different sizes, some negative. The release puts all from 2 G on into one bucket: none is larger.
    fn wild(&mut self) -> i64 {
        let value = self.next().cast_signed() >> (self.next() % 31);
        if self.next().is_multiple_of(9) { -value } else { value }
    }
}

fn histogram(name: &str, scale: &str, values: &[i64]) -> Case {
    let schema = map(name, None, scale);
    let words: Vec<&str> = scale.split(' ').collect();
    let arguments = if words[0] == "lhist" { format!(", {}", words[1..].join(", ")) } else { String::new() };
    let mut counts = serde_json::Map::new();
    let mut statements = String::new();
    for &value in values {
        write!(statements, "{name} = {}({value}{arguments}); ", words[0]).unwrap();
        let bucket = bucket_of(&schema.value, value.into()).unwrap().to_string();
        let count = counts.get(&bucket).and_then(Json::as_u64).unwrap_or(0);
        counts.insert(bucket, json!(count + 1));
    }
    let raw = entries(&schema, &Json::Null, &[Json::Object(counts)]);
    Case { statements, schema, raw }
}

fn histograms(numbers: &mut Numbers) -> Vec<Case> {
    let wild: Vec<i64> = (0..25).map(|_| numbers.wild()).collect();
    let small: Vec<i64> = (0..25).map(|_| i64::try_from(numbers.next() % 30).unwrap() - 5).collect();
    let large: Vec<i64> = (0..15).map(|_| i64::try_from(numbers.next() % 5_000_000).unwrap()).collect();
    vec![
        histogram("@h1", "hist 0", &wild),
        histogram("@h2", "hist 0", &small),
        histogram("@h3", "hist 0", &[5]),
        histogram("@h4", "hist 0", &[-1, -9_223_372_036_854_775_807, 1023, 1024]),
        histogram("@l1", "lhist 0 21 3", &small),
        histogram("@l3", "lhist 10 20 5", &small),
        histogram("@l4", "lhist 0 4194304 262144", &large),
        histogram("@l5", "lhist 0 10 2", &[11, 12, 10]),
        histogram("@l6", "lhist 0 3000 1000", &large[..9]),
    ]
}

/// A keyed map in which every key gets some numbers.
fn keyed(name: &str, function: &str, key: &str, keys: &[(&str, Json)], numbers: &mut Numbers) -> Case {
    let schema = map(name, Some(key), &format!("{function} i"));
    let (mut statements, mut raw) = (String::new(), Vec::new());
    for (written, key) in keys {
        let values: Vec<i64> = (0..=numbers.next() % 3).map(|_| numbers.wild()).collect();
        for value in &values {
            write!(statements, "{name}[{written}] = {function}({value}); ").unwrap();
        }
        let total: i64 = values.iter().sum();
        let result = match function {
            "sum" => json!(total),
            "min" => json!(values.iter().min()),
            "max" => json!(values.iter().max()),
            _ => json!([total, values.len()]),
        };
        raw.extend(entries(&schema, key, &[result]));
    }
    Case { statements, schema, raw }
}

fn aggregations(numbers: &mut Numbers) -> Vec<Case> {
    let ints = [("1", json!(1)), ("-7", json!(-7)), ("300", json!(300)), ("40", json!(40))];
    let texts = [("\"b\"", json!("b")), ("\"ac\"", json!("ac")), ("\"\"", json!(""))];
    let pairs =
        [("1, \"x\"", json!([1, "x"])), ("2, \"(y)\"", json!([2, "(y)"])), ("-1, \"z\"", json!([-1, "z"]))];
    vec![
        keyed("@sum", "sum", "i64", &ints, numbers),
        keyed("@avg", "avg", "str64", &texts, numbers),
        keyed("@stats", "stats", "(i64,str64)", &pairs, numbers),
        plain("@v", "i64", "i64", &[("5", json!(5), "-3", json!(-3)), ("1", json!(1), "9", json!(9))]),
        plain(
            "@s",
            "i64",
            "str64",
            &[("5", json!(5), "\"five\"", json!("five")), ("3", json!(3), "\"m\"", json!("m"))],
        ),
        plain(
            "@t",
            "str64",
            "(i64,str64,(i64,i64))",
            &[
                ("\"q\"", json!("q"), "(1, \"x\", (2, -3))", json!([1, "x", [2, -3]])),
                ("\"p\"", json!("p"), "(4, \"y z\", (5, 6))", json!([4, "y z", [5, 6]])),
            ],
        ),
    ]
}

fn plain(name: &str, key: &str, value: &str, all: &[(&str, Json, &str, Json)]) -> Case {
    let schema = map(name, Some(key), value);
    let (mut statements, mut raw) = (String::new(), Vec::new());
    for (written_key, key, written, value) in all {
        write!(statements, "{name}[{written_key}] = {written}; ").unwrap();
        raw.extend(entries(&schema, key, std::slice::from_ref(value)));
    }
    Case { statements, schema, raw }
}

/// What the release spells otherwise than the one we follow: an empty line after each map, a space behind the name of
/// a histogram, stats without braces, buffers in JSON as text.
fn in_one_spelling(text: &str) -> String {
    let lines =
        text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(|line| format!("{line}\n"));
    let text: String = lines.collect();
    let text = text.replace("{ .count = ", "count ").replace(", .average = ", ", average ");
    text.replace(", .total = ", ", total ")
        .replace(" }\n", "\n")
        .replace(r#""a\\x01z\\x7f""#, "[97,1,122,127]")
}

fn assert_same_text(ours: Vec<u8>, theirs: &str) {
    let ours = in_one_spelling(&String::from_utf8(ours).unwrap());
    let theirs = in_one_spelling(theirs);
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours, theirs);
}

/// Spacing is compared by the rules; here that both say the same.
fn assert_same_json(ours: &str, theirs: &str) {
    let theirs = in_one_spelling(theirs);
    assert_eq!(ours.lines().count(), theirs.lines().count());
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        let read =
            |line| serde_json::from_str::<Json>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(plain_numbers(read(ours)), read(theirs));
    }
}

/// Without the line that says that probes are attached.
fn output(printed: &str) -> &str {
    printed.split_once('\n').map_or("", |(_, rest)| rest)
}

/// Everything in `cases` in one script.
fn compare(cases: &[Case]) {
    let style = Style::default();
    let bodies: String = cases.iter().map(|case| case.statements.as_str()).collect();
    let script = format!("BEGIN {{ {bodies} exit(); }}");
    let mut sorted: Vec<&Case> = cases.iter().collect();
    sorted.sort_by_key(|case| &case.schema.name);
    if let Some(printed) = bpftrace(&script, "text") {
        assert_same_text(
            sorted.iter().flat_map(|case| text::table(&case.table(), &style)).collect(),
            output(&printed),
        );
    }
    if let Some(printed) = bpftrace(&script, "json") {
        let ours: String = sorted.iter().map(|case| json::table(&case.table(), &style)).collect();
        assert_same_json(&ours, output(&printed));
    }
}

/// The release writes all integers as numbers, also those that doubles do not have.
fn plain_numbers(value: Json) -> Json {
    match value {
        Json::String(text) => text.parse::<i64>().map_or_else(|_| text.clone().into(), |n| json!(n)),
        Json::Array(values) => values.into_iter().map(plain_numbers).collect(),
        Json::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, plain_numbers(value))).collect()
        }
        other => other,
    }
}

#[test]
fn histograms_look_the_same() {
    compare(&histograms(&mut Numbers(1)));
}

#[test]
fn aggregations_look_the_same() {
    compare(&aggregations(&mut Numbers(2)));
}

/// A format, and arguments: as the script writes them, their type, their value.
type Printed = (&'static str, Vec<(&'static str, &'static str, Json)>);

fn formats() -> Vec<Printed> {
    let int = |written: &'static str| (written, "i64", json!(written.parse::<i64>().unwrap()));
    let text = |written: &'static str| (written, "str64", json!(written.trim_matches('"')));
    vec![
        ("[%5d][%-5d][%d]", vec![int("-1"), int("3"), int("4294967297")]),
        ("[%5s][%-5s][%s][%2s]", vec![text("\"ab\""), text("\"ab\""), text("\"\""), text("\"long\"")]),
        ("[%c][%5c][%-5c]", vec![int("65"), int("66"), int("67")]),
        (
            "[%x][%X][%08x][%5x][%lx][%llx]",
            vec![int("-1"), int("255"), int("255"), int("10"), int("-1"), int("-2")],
        ),
        ("[%hd][%hu][%hhu][%hhd][%hx]", vec![int("70000"), int("70000"), int("300"), int("511"), int("-1")]),
        ("[%u][%lu][%llu][%ld][%lld]", vec![int("-5"), int("-5"), int("-5"), int("-5"), int("-5")]),
        ("[%jd][%zd][%td][%zu]", vec![int("-5"), int("-5"), int("-5"), int("5")]),
        ("[%p][%10p][%-10p]", vec![int("255"), int("4096"), int("4096")]),
        ("[%r]", vec![("buf(\"a\\x01z\\\\\", 4)", "buf4", json!("61 01 7a 5c"))]),
        ("[100%][%d][%q]", vec![int("7")]),
        ("[%-10s|%10s]", vec![text("\"x y\""), text("\"é\"")]),
    ]
}

#[test]
fn printf_prints_the_same() {
    let style = Style::default();
    let (mut script, mut ours) = (String::new(), Vec::new());
    for (format, arguments) in formats() {
        let written: String = arguments.iter().map(|(written, ..)| format!(", {written}")).collect();
        write!(script, "printf(\"{format}\\n\"{written}); ").unwrap();
        let value = |(_, spelling, value): &(&str, &str, Json)| {
            let kind = kind(spelling);
            decode(&kind, &bytes(&kind, value)).unwrap()
        };
        let values: Vec<Value> = arguments.iter().map(value).collect();
        ours.extend(printf(&parse(&format!("{format}\n")), &values, &style));
    }
    if let Some(printed) = bpftrace(&format!("BEGIN {{ {script} exit(); }}"), "text") {
        assert_same_text(ours, output(&printed));
    }
}

#[test]
fn values_print_the_same() {
    let all = [
        ("1", "i64", json!(1)),
        ("-9223372036854775807", "i64", json!(-9_223_372_036_854_775_807_i64)),
        ("\"text \\\" \\\\\"", "str64", json!("text \" \\")),
        ("(1, \"x\", (2, -3))", "(i64,str64,(i64,i64))", json!([1, "x", [2, -3]])),
        ("ntop(0x0100007f)", "inet", json!("127.0.0.1")),
        ("ntop(pton(\"2001:db8::1:0:0:1\"))", "inet", json!("2001:db8::1:0:0:1")),
        ("buf(\"a\\x01z\\x7f\", 4)", "buf4", json!("61 01 7a 7f")),
    ];
    let script: String = all.iter().map(|(written, ..)| format!("print({written}); ")).collect();
    let script = format!("BEGIN {{ {script} exit(); }}");
    let values = all.iter().map(|(_, spelling, value)| {
        let kind = kind(spelling);
        Message::Value(decode(&kind, &bytes(&kind, value)).unwrap())
    });
    let values: Vec<Message> = values.collect();
    let style = Style::default();
    if let Some(printed) = bpftrace(&script, "text") {
        let ours = values.iter().flat_map(|value| text::message(value, &style));
        assert_same_text(ours.collect(), output(&printed));
    }
    if let Some(printed) = bpftrace(&script, "json") {
        let ours: String = values.iter().map(|value| json::message(value, &style)).collect();
        assert_same_json(&ours, output(&printed));
    }
}
