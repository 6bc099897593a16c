//! Schemas and raw bytes from short spellings: `(i64,str8)`, `{a:u8,b:bool}`, `count`, `hist 0`.
#![allow(dead_code, reason = "each test uses its part")]
use osmia_event::{
    Aggregation, Depth, Field, Frame, Lookup, MapSchema, Merge, RawEntry, SourceLine, StackMode, StackSource,
    Storage, Symbol, Type, layout, round_up,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Reads the spelling of a type.
pub(crate) fn kind(text: &str) -> Type {
    let mut rest = text;
    let kind = one_kind(&mut rest);
    assert!(rest.is_empty(), "{text}: {rest:?} is left");
    kind
}

fn one_kind(rest: &mut &str) -> Type {
    let mut kind = if eat(rest, "(") {
        let (fields, size) = layout(fields(rest, ")", |_| None));
        Type::Tuple { fields, size }
    } else if eat(rest, "{") {
        let (fields, size) = layout(fields(rest, "}", |rest| Some(until(rest, ':'))));
        Type::Record { fields, size }
    } else if eat(rest, "enum<") {
        let names = until(rest, '>');
        let pair =
            |pair: &str| pair.split_once('=').map(|(name, value)| (value.parse().unwrap(), name.into()));
        Type::Enum { size: 4, signed: false, names: names.split(',').filter_map(pair).collect() }
    } else if eat(rest, "time<") {
        Type::Timestamp { format: until(rest, '>') }
    } else {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        *rest = after;
        word_kind(word)
    };
    while eat(rest, "[") {
        kind = Type::Array { element: Box::new(kind), count: until(rest, ']').parse().unwrap() };
    }
    kind
}

fn fields(
    rest: &mut &str,
    close: &str,
    name: fn(&mut &str) -> Option<String>,
) -> Vec<(Option<String>, Type)> {
    let mut fields = Vec::new();
    while !eat(rest, close) {
        fields.push((name(rest), one_kind(rest)));
        eat(rest, ",");
    }
    fields
}

fn eat(rest: &mut &str, what: &str) -> bool {
    let after = rest.strip_prefix(what);
    *rest = after.unwrap_or(rest);
    after.is_some()
}

fn until(rest: &mut &str, end: char) -> String {
    let (head, after) = rest.split_once(end).unwrap_or_else(|| panic!("{rest}: no {end}"));
    *rest = after;
    head.into()
}

fn word_kind(word: &str) -> Type {
    let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
    let number = || digits.parse::<u32>().unwrap();
    let int = |signed| Type::Int { size: u8::try_from(number() / 8).unwrap(), signed };
    match word.strip_suffix(digits).unwrap() {
        "i" => int(true),
        "u" => int(false),
        "str" => Type::Str { capacity: number() },
        "buf" => Type::Buffer { capacity: number() },
        "bits" => Type::Bits { size: 4, signed: false, shift: 4, bits: u8::try_from(number()).unwrap() },
        "none" => Type::None,
        "bool" => Type::Bool,
        "ptr" => Type::Pointer,
        "ksym" => Type::KernelSymbol,
        "usym" => Type::UserSymbol,
        "inet" => Type::Inet,
        "mac" => Type::Mac,
        "user" => Type::Username,
        "cgroup" => Type::CgroupPath,
        "kstack" => stack(StackMode::Bpftrace, false),
        "kstack_perf" => stack(StackMode::Perf, false),
        "kstack_raw" => stack(StackMode::Raw, false),
        "ustack" => stack(StackMode::Bpftrace, true),
        "ustack_perf" => stack(StackMode::Perf, true),
        "ustack_raw" => stack(StackMode::Raw, true),
        "ustack_build_id" => stack(StackMode::BuildId, true),
        _ => panic!("{word}: no such type"),
    }
}

fn stack(mode: StackMode, user: bool) -> Type {
    let (map, limit) = ("stacks".to_owned(), 127);
    if user { Type::UserStack { map, mode, limit } } else { Type::KernelStack { map, mode, limit } }
}

/// Reads the spelling of an aggregation: a type, `count`, `sum i`, `hist 0`, `lhist 0 10 2`.
pub(crate) fn aggregation(text: &str) -> Aggregation {
    let words: Vec<&str> = text.split(' ').collect();
    let signed = words.get(1) == Some(&"i");
    let number = |at: usize| words[at].parse::<i64>().unwrap();
    match words[0] {
        "count" => Aggregation::Count,
        "sum" => Aggregation::Sum { signed },
        "min" => Aggregation::Min { signed },
        "max" => Aggregation::Max { signed },
        "avg" => Aggregation::Avg { signed },
        "stats" => Aggregation::Stats { signed },
        "hist" => Aggregation::Hist { bits: u8::try_from(number(1)).unwrap() },
        "lhist" => Aggregation::Lhist { min: number(1), max: number(2), step: number(3) },
        "tseries" => Aggregation::TimeSeries {
            signed,
            interval: u64::try_from(number(2)).unwrap(),
            intervals: u32::try_from(number(3)).unwrap(),
            merge: merge(words.get(4).copied()),
        },
        _ => Aggregation::Value(kind(text)),
    }
}

fn merge(word: Option<&str>) -> Merge {
    match word {
        Some("sum") => Merge::Sum,
        Some("avg") => Merge::Avg,
        Some("min") => Merge::Min,
        Some("max") => Merge::Max,
        _ => Merge::Last,
    }
}

/// A map kept in a hash.
pub(crate) fn map(name: &str, key: Option<&str>, value: &str) -> MapSchema {
    MapSchema {
        name: name.into(),
        map: name.trim_start_matches('@').into(),
        storage: Storage::Hash { per_cpu: true },
        key: key.map(kind),
        value: aggregation(value),
    }
}

/// The bytes of a value: what a program would have written.
pub(crate) fn bytes(kind: &Type, value: &Json) -> Vec<u8> {
    let mut out = match kind {
        Type::Str { .. } => value.as_str().unwrap().as_bytes().to_vec(),
        Type::Buffer { .. } => {
            let content = octets(value);
            [&u32::try_from(content.len()).unwrap().to_ne_bytes()[..], &content].concat()
        }
        Type::Mac => octets(value),
        Type::Inet => inet(value.as_str().unwrap()),
        Type::Bool => vec![u8::from(value.as_bool().unwrap())],
        Type::Array { element, .. } => {
            value.as_array().unwrap().iter().flat_map(|v| bytes(element, v)).collect()
        }
        Type::Tuple { fields, size } => composite(fields, *size, value.as_array().unwrap().iter()),
        Type::Record { fields, size } => {
            composite(fields, *size, fields.iter().map(|field| &value[field.name.as_deref().unwrap()]))
        }
        Type::UserSymbol | Type::UserStack { .. } => {
            [number(&value[0]).to_ne_bytes(), number(&value[1]).to_ne_bytes()].concat()
        }
        _ => number(value).to_ne_bytes().into(),
    };
    out.resize(kind.size() as usize, 0);
    out
}

fn number(value: &Json) -> u64 {
    match value {
        Json::String(hex) => u64::from_str_radix(hex.trim_start_matches("0x"), 16).unwrap(),
        other => {
            other.as_u64().or(other.as_i64().map(i64::cast_unsigned)).unwrap_or_else(|| panic!("{other}"))
        }
    }
}

fn octets(value: &Json) -> Vec<u8> {
    let pairs = value.as_str().unwrap().split(' ').filter(|pair| !pair.is_empty());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn inet(text: &str) -> Vec<u8> {
    match text.parse().unwrap() {
        std::net::IpAddr::V4(address) => [&2_u32.to_ne_bytes()[..], &address.octets()].concat(),
        std::net::IpAddr::V6(address) => [&10_u32.to_ne_bytes()[..], &address.octets()].concat(),
    }
}

fn composite<'a>(fields: &[Field], size: u32, values: impl Iterator<Item = &'a Json>) -> Vec<u8> {
    let mut out = vec![0; size as usize];
    for (field, value) in fields.iter().zip(values) {
        let part = bytes(&field.kind, value);
        out[field.offset as usize..][..part.len()].copy_from_slice(&part);
    }
    out
}

/// What a map holds at a key, one JSON value for each processor: a number; `[total, count]` for averages and stats;
/// `{"bucket": count}` for histograms, `{"bucket": [value, second, interval]}` for time series.
pub(crate) fn entries(schema: &MapSchema, key: &Json, values: &[Json]) -> Vec<RawEntry> {
    let mut stored = schema.key.as_ref().map_or_else(|| vec![0; 8], |kind| bytes(kind, key));
    if schema.value.buckets().is_none() {
        return vec![RawEntry {
            key: stored,
            values: values.iter().map(|v| cell(&schema.value, v)).collect(),
        }];
    }
    stored.resize(round_up(u32::try_from(stored.len()).unwrap(), 8) as usize, 0);
    let mut buckets: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
    for (bucket, content) in values.iter().flat_map(|counts| counts.as_object().unwrap()) {
        let value = match content.as_array() {
            Some(words) => words.iter().flat_map(|word| number(word).to_ne_bytes()).collect(),
            None => number(content).to_ne_bytes().into(),
        };
        buckets.entry(bucket.parse().unwrap()).or_default().push(value);
    }
    let entry =
        |(bucket, values): (u64, _)| RawEntry { key: [&stored[..], &bucket.to_ne_bytes()].concat(), values };
    buckets.into_iter().map(entry).collect()
}

fn cell(aggregation: &Aggregation, value: &Json) -> Vec<u8> {
    let words = |a: u64, b: u64| [a.to_ne_bytes(), b.to_ne_bytes()].concat();
    match (aggregation, value) {
        (Aggregation::Value(kind), value) => bytes(kind, value),
        (Aggregation::Count, value) => number(value).to_ne_bytes().into(),
        (_, Json::Null) => words(0, 0),
        (Aggregation::Avg { .. } | Aggregation::Stats { .. }, pair) => {
            words(number(&pair[0]), number(&pair[1]))
        }
        (_, value) => words(number(value), 1),
    }
}

/// `struct bpf_stack_build_id`.
fn step(status: i32, byte: u8, offset: u64) -> Vec<u8> {
    [&status.to_ne_bytes()[..], &[byte; 20], &offset.to_ne_bytes()].concat()
}

/// A small machine: two functions in the kernel, one in each process, one user.
#[derive(Debug)]
pub(crate) struct Machine;

impl Lookup for Machine {
    fn kernel_symbol(&mut self, address: u64) -> Option<Symbol> {
        let name = if (0x1000..0x2000).contains(&address) { "do_one" } else { "do_two" };
        let symbol = |start| Symbol { name: name.into(), offset: address - start, module: None };
        (0x1000..0x3000).contains(&address).then(|| symbol(address & !0xfff))
    }

    fn user_symbol(&mut self, pid: u32, address: u64) -> Option<Symbol> {
        let (name, module) = (format!("main_{pid}"), Some("/bin/app".into()));
        (address < 0x1000).then_some(Symbol { name, offset: address, module })
    }

    fn stack(&mut self, _: &str, id: i64) -> Vec<u8> {
        let addresses = |words: &[u64]| words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        match id {
            1 => addresses(&[0x1010, 0x2020, 0x9000]),
            2 => addresses(&[0x10, 0x9000, u64::MAX, 0x10]),
            3 => addresses(&[0x4000_0000_0000, 0x10]),
            // A place in a file, and an address that is in none.
            4 => [step(1, 0xab, 7), step(2, 0, 0x7000)].concat(),
            // Nobody's addresses.
            5 => addresses(&[0x9000, 0xffff_ffff_8100_0000]),
            _ => Vec::new(),
        }
    }

    fn username(&mut self, uid: u32) -> Option<String> {
        (uid == 0).then(|| "root".into())
    }

    fn cgroup_path(&mut self, id: u64, _hierarchies: &str) -> Option<String> {
        Some(format!("unified:/slice{id}"))
    }

    fn boot_time_to_wall(&mut self, boot: u64) -> Option<i64> {
        1_709_296_200_000_000_000_i64.checked_add_unsigned(boot)
    }

    fn frames(&mut self, source: StackSource, address: u64, _: Depth) -> Vec<Frame> {
        let symbol = match source {
            StackSource::Kernel => self.kernel_symbol(address),
            StackSource::User(pid) => self.user_symbol(pid, address),
        };
        let plain = Frame { address, symbol, ..Frame::default() };
        // One address has inlined functions and lines.
        if address != 0x4000_0000_0000 {
            return vec![plain];
        }
        let symbol =
            |name: &str| Some(Symbol { name: name.into(), offset: 4, module: Some("/bin/app".into()) });
        let line = |line| Some(SourceLine { file: "src/app.c".into(), line });
        vec![
            Frame { symbol: symbol("small"), line: line(7), inlined: true, ..plain.clone() },
            Frame { symbol: symbol("large"), line: line(40), ..plain },
        ]
    }
}
