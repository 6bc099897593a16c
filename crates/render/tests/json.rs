//! JSON is valid whatever bytes come, and nothing that comes makes a panic.
mod support;

use osmia_event::{Cell, Entry, Kind, RawEntry, Schema, Table, Type, Value, decode, parse, table};
use osmia_render::{Message, Origin, Style, json, printf, text};
use serde_json::Value as Json;
use support::{Machine, kind, map};

/// The same bytes at every run.
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = usize::from(self.byte()) % (most + 1);
        // Half of the time mostly printable, so that escapes and UTF-8 occur in the midst of text.
        let mask = if self.byte() < 128 { 0xff } else { 0x7f };
        (0..length).map(|_| self.byte() & mask).collect()
    }
}

const KINDS: [&str; 30] = [
    "i8",
    "u16",
    "i32",
    "u64",
    "bool",
    "ptr",
    "str8",
    "buf8",
    "i32[3]",
    "(i8,str4)",
    "{a:u8,b:str5}",
    "bits3",
    "none",
    "enum<A=1>",
    "ksym",
    "usym",
    "kstack",
    "ustack",
    "kstack_perf",
    "kstack_raw",
    "inet",
    "mac",
    "user",
    "cgroup",
    "time<%f %k %l %H>",
    "str4[4]",
    "({x:(u8,buf3)},bool)",
    "str0",
    "()",
    "{}",
];

fn read(line: &str) -> Json {
    assert_eq!(line.matches('\n').count(), 1, "{line:?}");
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
}

#[test]
fn every_value_of_every_type_is_valid_json() {
    let (mut noise, style) = (Noise(7), Style::default());
    let mut decoded = 0;
    for round in 0..6000 {
        let kind = kind(KINDS[round % KINDS.len()]);
        let Ok(value) = decode(&kind, &noise.bytes(48)) else { continue };
        decoded += 1;
        for value in [value.clone(), value.resolve(&mut Machine)] {
            text::value(&value, &style);
            read(&json::message(&Message::Value(value.clone()), &style));
            let formats = ["%s", "%d", "%-9x", "%r", "%*s", "%c%p", "%gr%rh%rx"];
            printf(&parse(formats[round % formats.len()]), std::slice::from_ref(&value), &style);
            let keyed = Entry { key: Some(value), cell: Cell::Value(Value::None) };
            let all = Table { name: "@".into(), kind: Kind::Plain, keyed: true, entries: vec![keyed] };
            read(&json::table(&all, &style));
        }
    }
    assert!(decoded > 3000, "{decoded}");
}

#[test]
fn every_text_is_valid_json() {
    let (mut noise, style) = (Noise(8), Style::default());
    for _ in 0..3000 {
        let text = noise.bytes(40);
        let line = read(&json::message(&Message::text(Origin::Printf, text.clone()), &style));
        // What is UTF-8 comes back as it was.
        assert_eq!(line["data"].as_str().unwrap(), String::from_utf8_lossy(&text));
    }
}

#[test]
fn every_raw_map_is_a_table_or_an_error() {
    let (mut noise, style) = (Noise(9), Style::default());
    let values =
        ["count", "sum i", "min u", "max i", "avg i", "stats u", "hist 2", "lhist 0 10 3", "str4", "i64"];
    let mut tables = 0;
    for round in 0..4000 {
        let key = [None, Some("i32"), Some("(u8,str4)")][round % 3];
        let schema = map("@m", key, values[round % values.len()]);
        let entry = |_| RawEntry { key: long(&mut noise), values: vec![long(&mut noise), long(&mut noise)] };
        let raw: Vec<RawEntry> = (0..3).map(entry).collect();
        let Ok(table) = table(&schema, &raw, osmia_event::Missing::Zero) else { continue };
        tables += 1;
        // Several entries without a key are no map that a program could leave.
        let table = table.top(u32::from(key.is_none())).divided(noise.byte().into());
        text::table(&table, &style);
        read(&json::table(&table, &style));
    }
    assert!(tables > 2000, "{tables}");
}

/// Mostly long enough to be read, with small numbers in the bucket's place.
fn long(noise: &mut Noise) -> Vec<u8> {
    let mut bytes = noise.bytes(16);
    bytes.resize(if noise.byte() > 3 { 24 } else { 3 }, 0);
    bytes.iter_mut().skip(9).for_each(|byte| *byte = 0);
    bytes
}

#[test]
fn records_of_unknown_streams_are_errors() {
    let schema = Schema::default();
    assert!(schema.decode(&[1, 2]).is_err());
    assert!(schema.decode(&[1, 2, 3, 4, 5]).is_err());
    assert!(decode(&Type::Array { element: Box::new(Type::None), count: u32::MAX }, &[]).is_err());
}
