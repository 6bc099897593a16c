//! One file for each rule of the output: a description in JSON, and what is printed, as text and as JSON.
//!
//! The rules are numbered O1 to O79, and a file's name begins with its rule's number. What is not decided here is tested where it
//! is: paths are below `crates/`, and what stands behind `::` is the beginning of a test's name.
//!
//! | rule | what it is about | its tests |
//! | --- | --- | --- |
//! | O1 | output goes to standard output or the file of `-o`, what is told of the run to standard error | `o01-counts`, `cli/tests/cycle.rs::o01` |
//! | O2 | all probes are counted, functions of patterns one by one; not told with `-q`, of tests and benchmarks | `cli/tests/cycle.rs::o02`, `cli/tests/kernel/functions.rs::wildcards` |
//! | O3 | a word tells other programs that all is attached | `cli/tests/cycle.rs::o03` |
//! | O4 | a run without events of its own leaves by itself | `cli/tests/cycle.rs::o04` |
//! | O5 | detach, `end` blocks, what is left to read, losses, two empty lines, maps | `cli/tests/cycle.rs::o05`, `cli/tests/losses.rs::lost_events` |
//! | O6 | the two empty lines are always there | `cli/tests/cycle.rs::o06` |
//! | O7 | maps are printed at the end of traces, unless the script says not to | `cli/tests/cycle.rs::o07` |
//! | O8 | maps come by the bytes of their names | `cli/tests/cycle.rs::o08` |
//! | O9 | empty maps say nothing at the end; a single value that was never written is zero where it is asked for | `o09-missing`, `cli/tests/cycle.rs::o09` |
//! | O10 | complaints of scripts, with their place | `o10-errorf-warnf`, `cli/tests/cycle.rs::o10` |
//! | O11 | a run ends with its process | `cli/tests/cycle.rs::o11`, `cli/tests/kernel/user.rs::the_end` |
//! | O12 | numbers ascend | `o12-by-value` |
//! | O13 | minima and maxima ascend, as the signed numbers that they are | `o13-min-max-signed` |
//! | O14 | averages and stats ascend by average | `o14-by-average` |
//! | O15 | histograms ascend by how much is in them | `o15-by-counts` |
//! | O16 | time series come by the bytes of their keys | `o16-tseries-keys` |
//! | O17 | all others come by key, integers as signed ones | `o17-by-key` |
//! | O18 | `top` keeps the largest | `o18-top` |
//! | O19 | `div` divides numbers, averages and counts of `hist`, nothing else | `o19-div` |
//! | O20 | what the processors have becomes one | `o20-processors` |
//! | O21 | a single value | `o21-scalar` |
//! | O22 | values by key, without the parentheses of the key | `o22-keys` |
//! | O23 | a single histogram or series | `o23-scalar-histograms` |
//! | O24 | histograms and series by key | `o24-keyed-histograms` |
//! | O25 | stacks in keys | `o25-stack-key` |
//! | O26 | averages and stats are lines like others | `o26-stats` |
//! | O27 | integers | `o27-integer` |
//! | O28 | truth | `o28-bool` |
//! | O29 | pointers | `o29-pointer` |
//! | O30 | arrays have no spaces | `o30-array` |
//! | O31 | tuples have | `o31-tuple` |
//! | O32 | records and structures | `o32-record`, `lang-trace/tests/run/structures` |
//! | O33 | texts, and what says that they were cut off | `o33-string`, `cli/tests/kernel/language.rs::text_that` |
//! | O34 | buffers | `o34-buffer` |
//! | O35 | names of enumerations | `o35-enum`, `cli/tests/cycle.rs::o35` |
//! | O36 | nothing | `o36-none` |
//! | O37 | stats are records | `o37-stats` |
//! | O38 | addresses of network cards, of any bytes | `o38-mac` |
//! | O39 | addresses of the internet, as C's `inet_ntop` has them | `o39-inet` |
//! | O40 | users' names, empty where there is none | `o40-username`, `host/src/users.rs::lines_of_passwd` |
//! | O41 | paths of control groups | `o41-cgroup-path`, `host/src/cgroups.rs::one_id` |
//! | O42 | `strftime()`, and `(?)` for times that are none | `o42-strftime`, `cli/tests/cycle.rs::o42` |
//! | O43 | a time without a format | `o43-timestamp` |
//! | O44 | durations | `o44-duration` |
//! | O45 | stacks, in each mode | `o45-stacks`, `cli/tests/kernel/stacks.rs::the_way` |
//! | O46 | an unwinder that went no further | `o46-unwind-failure` |
//! | O47 | frames without a name | `o47-nameless` |
//! | O48 | source lines and inlined functions | `o48-inlined`, `cli/tests/kernel/stacks.rs::lines_of` |
//! | O49 | symbols alone | `o49-symbols` |
//! | O50 | names of C++ and Rust, and of processes that are gone | `cli/tests/kernel/stacks.rs::names_as`, `cli/tests/kernel/user.rs::user_stacks_of` |
//! | O51 | the columns of a histogram | `o51-histogram` |
//! | O52 | a bar's length, in single precision | `o52-bar-precision` |
//! | O53 | from the first row with something in it to the last | `o53-rows` |
//! | O54 | bounds of powers of two | `o54-histogram-bits` |
//! | O55 | rows of one value | `o55-one-value` |
//! | O56 | bounds of linear histograms | `o56-lhist` |
//! | O57 | nothing but what is above the last bound | `o57-lhist-overflow` |
//! | O58 | bounds in JSON | `o58-json-bounds` |
//! | O59 | the least and the largest number above a graph | `o59-tseries-bounds` |
//! | O60 | units of time | `o60-tseries-units` |
//! | O61 | a row for each interval | `o61-tseries-rows` |
//! | O62 | below the graph the same again; a single number stands in the middle | `o62-tseries-one-value` |
//! | O63 | which intervals are shown | `o63-tseries-range` |
//! | O64 | what a conversion of `printf` is, and what is none | `o64-conversions` |
//! | O65 | integers are as wide as the length letters say | `o65-printf-integers` |
//! | O66 | `%s` | `o66-printf-s` |
//! | O67 | `%r`, `%rx`, `%rh` | `o67-printf-buffers` |
//! | O68 | `%c`, `%p` | `o68-printf-c-p` |
//! | O69 | `%gr` | `o69-printf-gfp` |
//! | O70 | flags | `o70-printf-flags` |
//! | O71 | what cannot be converted | `o71-printf-errors` |
//! | O72 | formats and their arguments are checked before the run | `lang-trace/tests/check/errors/formats` |
//! | O73 | `print()` ends the line | `o73-print` |
//! | O74 | `join()` | `o74-join` |
//! | O75 | `time()`: C's letters, no newline | `o75-time`, `cli/tests/cycle.rs::o75` |
//! | O76 | `cat()`: bytes as they are, and files that cannot be read | `o76-cat`, `cli/tests/cycle.rs::o76` |
//! | O77 | `system()`: what the command said, and a newline | `o77-system`, `cli/tests/cycle.rs::o77` |
//! | O78 | the report of tests | `o78-tests`, `cli/tests/cycle.rs::o78` |
//! | O79 | the table of benchmarks | `o79-benchmarks`, `cli/tests/cycle.rs::o79` |
//!
//! Lines of JSON:
//!
//! | what | its tests |
//! | --- | --- |
//! | `attached_probes`, `lost_events` | `o01-counts` |
//! | `map` | `o21-scalar`, `o22-keys` |
//! | `stats`, of averages too; of no keys `{}` | `o26-stats`, `o09-missing` |
//! | `hist`; `[]` where all was set to zero | `o58-json-bounds`, `o09-missing` |
//! | `tseries` | `o61-tseries-rows` |
//! | `value` | `o27-integer` to `o42-strftime` |
//! | `printf`, `time`, `cat`, `join`, `syscall` | `o64-conversions`, `o75-time`, `o76-cat`, `o74-join`, `o77-system` |
//! | `errorf`, `warnf` | `o10-errorf-warnf` |
//! | `helper_error`, `runtime_error` | `runtime-errors` |
//! | `test_result`, `benchmark_result` | `o78-tests`, `o79-benchmarks` |
//! | keys are texts without spaces, pointers and enumerations numbers, large integers texts | `json-keys`, `o27-integer` |
//! | texts of any bytes | `json-strings` |
//! | nothing is said at the end | `json-end`, `cli/tests/cycle.rs::o06` |
//! | what is said of the script itself stays text | `cli/tests/cycle.rs::json` |
//!
//! What else scripts and their users stumble over:
//!
//! | what | its tests |
//! | --- | --- |
//! | columns count bytes from 1, and tabs are wider to the eye only | `base/src/diagnostic.rs::tabs` |
//! | names of probes are written out, with addresses in decimal | `lang-trace/tests/points/all`, `cli/tests/kernel/providers.rs::a_signal` |
//! | types of literals, differences and variables | `lang-trace/tests/check/ok/integers`, `lang-trace/tests/check/ok/signs` |
//! | missing keys are told of where asked for | `cli/tests/kernel/output.rs::failed_reads`, `cli/tests/kernel/output.rs::what_goes_wrong` |
//! | the name `bpftrace`, and what its test runners look for | `cli/tests/kernel/surface.rs::the_name_bpftrace`, `cli/tests/kernel/surface.rs::what_this`, `cli/tests/cycle.rs::options_of` |
mod support;

use osmia_event::{
    Location, Missing, Schema, Stream, Trouble, TroubleKind, Type, Value, Verb, decode, layout, parse,
    round_up, table,
};
use osmia_render::{
    BenchResult, Message, Origin, Style, TestResult, Zone, default_timestamp, duration, json, strftime, text,
};
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::time::Duration;
use support::{Machine, bytes, entries, kind, map};

#[test]
fn rules() {
    osmia_testkit::golden("tests/rules", |input| {
        let cases = serde_json::Deserializer::from_str(input).into_iter::<Json>();
        cases.map(|case| run(&case.unwrap_or_else(|error| panic!("{input}: {error}")))).collect()
    });
}

/// The table above is complete, and what it names is there.
#[test]
fn each_rule_has_its_tests() {
    let rows = include_str!("rules.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let rows: Vec<(&str, &str)> =
        rows.filter_map(|row| row.trim_end_matches(" |").rsplit_once(" | ")).collect();
    let numbered = |number: u32| rows.iter().any(|(rule, _)| rule.starts_with(&format!("O{number} |")));
    let missing: Vec<u32> = (1..=79).filter(|number| !numbered(*number)).collect();
    assert!(missing.is_empty(), "rules without a row: {missing:?}");
    for (rule, tests) in rows {
        // Every second piece stands between backticks.
        for test in tests.split('`').skip(1).step_by(2) {
            assert!(is_there(test), "{rule}: there is no {test}");
        }
    }
}

/// Whether there is a golden file of this name, or a file below `crates` with this test.
fn is_there(test: &str) -> bool {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (path, function) = test.split_once("::").unwrap_or((test, ""));
    let file =
        if path.contains('/') { here.join("..").join(path) } else { here.join("tests/rules").join(path) };
    fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("fn {function}")) || function.is_empty())
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
