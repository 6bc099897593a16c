//! Stacks as a profile that `pprof` and its kin open: `profile.proto`, compressed by gzip.
//!
//! Field numbers and meanings are those of `proto/profile.proto` of github.com/google/pprof.
use crate::folded::{parts, weight};
use crate::style::Style;
use crate::text::{atom, value};
use flate2::{Compression, write::GzEncoder};
use osmia_event::{Frame, Table, Value};
use prost::Message;
use std::collections::HashMap;
use std::io::{self, Write};

/// Maps of a run as they come; one kind of sample each.
#[derive(Debug, Default)]
pub struct Profile {
    strings: Strings,
    kinds: Vec<proto::ValueType>,
    samples: Vec<(usize, proto::Sample)>,
    locations: Vec<proto::Location>,
    functions: Vec<proto::Function>,
    mappings: Vec<proto::Mapping>,
    known_locations: HashMap<(u64, i64, i64, i64), u64>,
    known_functions: HashMap<(i64, i64), u64>,
    known_mappings: HashMap<i64, u64>,
}

impl Profile {
    /// Adds a map that has stacks in its keys and numbers as values; others have no place here: how many entries those are.
    pub fn add(&mut self, table: &Table, style: &Style) -> usize {
        let of_stacks = table.entries.iter().filter_map(|entry| {
            let (plain, stacks) = parts(entry.key.as_ref()?);
            Some((plain, stacks, weight(&entry.cell)?)).filter(|(_, stacks, _)| !stacks.is_empty())
        });
        let entries: Vec<_> = of_stacks.collect();
        let left_out = table.entries.len() - entries.len();
        let entries: Vec<_> = entries.into_iter().filter(|(.., count)| *count > 0).collect();
        if entries.is_empty() {
            return left_out;
        }
        let kind = self.kinds.len();
        let (r#type, unit) = (self.strings.index(&table.name), self.strings.index("count"));
        self.kinds.push(proto::ValueType { r#type, unit });
        for (plain, stacks, count) in entries {
            let location_id =
                stacks.iter().flat_map(|frames| frames.iter()).map(|frame| self.location(frame)).collect();
            let label = plain.iter().enumerate().map(|(at, part)| self.label(at, part, style)).collect();
            let value = vec![i64::try_from(count).unwrap_or(i64::MAX)];
            self.samples.push((kind, proto::Sample { location_id, value, label }));
        }
        left_out
    }

    /// The profile as a file; `nanoseconds` is when the run ended, since 1970.
    pub fn finish(self, nanoseconds: i64) -> io::Result<Vec<u8>> {
        let kinds = self.kinds.len();
        let sample = self.samples.into_iter().map(|(kind, mut sample)| {
            // Each sample has a value of every kind; those of other maps are zero.
            let count = sample.value.first().copied().unwrap_or(0);
            sample.value = vec![0; kinds];
            sample.value[kind] = count;
            sample
        });
        let profile = proto::Profile {
            sample_type: self.kinds,
            sample: sample.collect(),
            mapping: self.mappings,
            location: self.locations,
            function: self.functions,
            string_table: self.strings.all,
            time_nanos: nanoseconds,
        };
        let mut out = GzEncoder::new(Vec::new(), Compression::default());
        out.write_all(&profile.encode_to_vec())?;
        out.finish()
    }

    fn label(&mut self, at: usize, part: &Value, style: &Style) -> proto::Label {
        let text = match part {
            Value::Str { .. } | Value::Tuple(_) | Value::Record(_) | Value::Array(_) => {
                String::from_utf8_lossy(&value(part, style)).into_owned()
            }
            other => atom(other, style),
        };
        proto::Label { key: self.strings.index(&format!("key{}", at + 1)), str: self.strings.index(&text) }
    }

    fn location(&mut self, frame: &Frame) -> u64 {
        let symbol = frame.symbol.as_ref();
        let name = symbol.map_or_else(|| crate::stack::bare(frame), |symbol| symbol.name.clone());
        let name = self.strings.index(&name);
        let file = frame.line.as_ref().map_or(0, |line| self.strings.index(&line.file));
        let line = frame.line.as_ref().map_or(0, |line| i64::from(line.line));
        let module = symbol.and_then(|symbol| symbol.module.as_deref());
        let mapping_id = module.map_or(0, |module| self.mapping(module));
        let function_id = self.function(name, file);
        let next = self.locations.len() as u64 + 1;
        *self.known_locations.entry((frame.address, name, file, line)).or_insert_with(|| {
            self.locations.push(proto::Location {
                id: next,
                mapping_id,
                address: frame.address,
                line: vec![proto::Line { function_id, line }],
            });
            next
        })
    }

    fn function(&mut self, name: i64, filename: i64) -> u64 {
        let next = self.functions.len() as u64 + 1;
        *self.known_functions.entry((name, filename)).or_insert_with(|| {
            self.functions.push(proto::Function { id: next, name, system_name: name, filename });
            next
        })
    }

    fn mapping(&mut self, module: &str) -> u64 {
        let filename = self.strings.index(module);
        let next = self.mappings.len() as u64 + 1;
        *self.known_mappings.entry(filename).or_insert_with(|| {
            self.mappings.push(proto::Mapping { id: next, filename, has_functions: true });
            next
        })
    }
}

/// All texts, each once; the first is empty.
#[derive(Debug)]
struct Strings {
    all: Vec<String>,
    known: HashMap<String, i64>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { all: vec![String::new()], known: HashMap::from([(String::new(), 0)]) }
    }
}

impl Strings {
    fn index(&mut self, text: &str) -> i64 {
        if let Some(&index) = self.known.get(text) {
            return index;
        }
        let index = self.all.len() as i64;
        self.all.push(text.to_owned());
        self.known.insert(text.to_owned(), index);
        index
    }
}

/// The messages, as far as they are used here.
mod proto {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Profile {
        #[prost(message, repeated, tag = "1")]
        pub(super) sample_type: Vec<ValueType>,
        #[prost(message, repeated, tag = "2")]
        pub(super) sample: Vec<Sample>,
        #[prost(message, repeated, tag = "3")]
        pub(super) mapping: Vec<Mapping>,
        #[prost(message, repeated, tag = "4")]
        pub(super) location: Vec<Location>,
        #[prost(message, repeated, tag = "5")]
        pub(super) function: Vec<Function>,
        #[prost(string, repeated, tag = "6")]
        pub(super) string_table: Vec<String>,
        #[prost(int64, tag = "9")]
        pub(super) time_nanos: i64,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct ValueType {
        #[prost(int64, tag = "1")]
        pub(super) r#type: i64,
        #[prost(int64, tag = "2")]
        pub(super) unit: i64,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Sample {
        /// Innermost first.
        #[prost(uint64, repeated, tag = "1")]
        pub(super) location_id: Vec<u64>,
        #[prost(int64, repeated, tag = "2")]
        pub(super) value: Vec<i64>,
        #[prost(message, repeated, tag = "3")]
        pub(super) label: Vec<Label>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Label {
        #[prost(int64, tag = "1")]
        pub(super) key: i64,
        #[prost(int64, tag = "2")]
        pub(super) str: i64,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Mapping {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(int64, tag = "5")]
        pub(super) filename: i64,
        #[prost(bool, tag = "7")]
        pub(super) has_functions: bool,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Location {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(uint64, tag = "2")]
        pub(super) mapping_id: u64,
        #[prost(uint64, tag = "3")]
        pub(super) address: u64,
        #[prost(message, repeated, tag = "4")]
        pub(super) line: Vec<Line>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Line {
        #[prost(uint64, tag = "1")]
        pub(super) function_id: u64,
        #[prost(int64, tag = "2")]
        pub(super) line: i64,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Function {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(int64, tag = "2")]
        pub(super) name: i64,
        #[prost(int64, tag = "3")]
        pub(super) system_name: i64,
        #[prost(int64, tag = "4")]
        pub(super) filename: i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_event::{Cell, Entry, Kind, StackMode, StackSource, Symbol};
    use std::io::Read;

    fn stack(names: &[&str]) -> Value {
        let frame = |(at, name): (usize, &&str)| Frame {
            address: 0x1000 + at as u64,
            symbol: Some(Symbol { name: (*name).into(), module: Some("/bin/x".into()), ..Symbol::default() }),
            ..Frame::default()
        };
        Value::Stack {
            mode: StackMode::Bpftrace,
            source: StackSource::User(1),
            frames: names.iter().enumerate().map(frame).collect(),
        }
    }

    fn table(name: &str, key: Value, count: u64) -> Table {
        let cell = Cell::Value(Value::uint(count));
        let entries = vec![Entry { key: Some(key), cell }];
        Table { name: name.into(), kind: Kind::Plain, keyed: true, entries }
    }

    #[test]
    fn a_profile_of_two_maps() {
        let mut profile = Profile::default();
        let style = Style::default();
        profile.add(&table("@a", Value::Tuple(vec![stack(&["leaf", "root"]), Value::text("sh")]), 3), &style);
        assert_eq!(profile.add(&table("@b", stack(&["leaf", "root"]), 4), &style), 0);
        assert_eq!(profile.add(&table("@none", Value::text("no stack"), 5), &style), 1);
        assert_eq!(profile.add(&table("@zero", stack(&["leaf", "root"]), 0), &style), 0);
        let file = profile.finish(7).unwrap();
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(&file[..]).read_to_end(&mut bytes).unwrap();
        let read = proto::Profile::decode(&bytes[..]).unwrap();
        let text = |index: i64| read.string_table[index as usize].as_str();
        let kinds: Vec<_> = read.sample_type.iter().map(|kind| text(kind.r#type)).collect();
        assert_eq!(kinds, ["@a", "@b"]);
        let values: Vec<_> = read.sample.iter().map(|sample| sample.value.clone()).collect();
        assert_eq!(values, [vec![3, 0], vec![0, 4]]);
        assert_eq!(read.sample[0].location_id, read.sample[1].location_id);
        let label = &read.sample[0].label[0];
        assert_eq!((text(label.key), text(label.str)), ("key1", "sh"));
        let names: Vec<_> = read.function.iter().map(|function| text(function.name)).collect();
        assert_eq!(names, ["leaf", "root"]);
        assert_eq!((read.mapping.len(), text(read.mapping[0].filename)), (1, "/bin/x"));
        assert_eq!(read.time_nanos, 7);
    }
}
