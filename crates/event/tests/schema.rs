//! How bytes lie: layouts, decoding, the schema on its way through an object.
use osmia_event::{
    Aggregation, Cell, DecodeError, Field, Location, MapSchema, Missing, RawEntry, Schema, Since, StackMode,
    Storage, Stream, Trouble, TroubleKind, Type, Value, Verb, bucket_of, decode, layout, parse, table,
};

const U8: Type = Type::Int { size: 1, signed: false };
const I32: Type = Type::Int { size: 4, signed: true };
const I64: Type = Type::Int { size: 8, signed: true };

fn unnamed<const N: usize>(kinds: [Type; N]) -> impl Iterator<Item = (Option<String>, Type)> {
    kinds.into_iter().map(|kind| (None, kind))
}

#[test]
fn fields_lie_as_in_c() {
    let offsets = |fields: &[Field]| fields.iter().map(|field| field.offset).collect::<Vec<_>>();
    let (fields, size) = layout(unnamed([U8, I32, U8, I64, Type::Mac]));
    assert_eq!((offsets(&fields), size), (vec![0, 4, 8, 16, 24], 32));
    let (fields, size) = layout(unnamed([Type::Buffer { capacity: 5 }, U8, Type::Inet]));
    assert_eq!((offsets(&fields), size), (vec![0, 9, 12], 32));
    let inner = Type::Tuple { fields, size };
    let (fields, size) = layout(unnamed([U8, inner, Type::UserSymbol, U8]));
    assert_eq!((offsets(&fields), size), (vec![0, 4, 40, 56], 64));
    assert_eq!(layout(unnamed([])), (vec![], 0));
}

#[test]
fn sizes_do_not_overflow() {
    let mut kind = I64;
    for _ in 0..9 {
        kind = Type::Array { element: Box::new(kind), count: u32::MAX };
    }
    assert_eq!(kind.size(), u32::MAX);
    assert!(matches!(decode(&kind, &[0; 64]), Err(DecodeError::Truncated(_))));
    let (_, size) = layout(unnamed([Type::Buffer { capacity: u32::MAX }, I64]));
    assert_eq!(size, u32::MAX);
}

#[test]
fn parts_of_integers_are_taken_out() {
    let bits = |shift, bits, signed| Type::Bits { size: 2, signed, shift, bits };
    let bytes = 0b1101_0110_0000_0000_u16.to_ne_bytes();
    assert_eq!(decode(&bits(9, 3, false), &bytes), Ok(Value::Uint { value: 0b011, size: 2 }));
    assert_eq!(decode(&bits(13, 3, true), &bytes), Ok(Value::Int { value: -2, size: 2 }));
    assert_eq!(decode(&bits(0, 0, true), &bytes), Ok(Value::Int { value: 0, size: 2 }));
    assert_eq!(decode(&bits(255, 255, false), &bytes), Ok(Value::Uint { value: 0, size: 2 }));
}

#[test]
fn a_buffers_length_is_not_believed() {
    let bytes = [9, 0, 0, 0, b'a', b'b'];
    assert_eq!(decode(&Type::Buffer { capacity: 2 }, &bytes), Ok(Value::Bytes(b"ab".to_vec())));
    assert!(decode(&Type::Buffer { capacity: 3 }, &bytes).is_err());
}

#[test]
fn a_field_outside_its_tuple_is_an_error() {
    let field = Field { name: None, offset: 6, kind: I32 };
    let tuple = Type::Tuple { fields: vec![field], size: 8 };
    assert!(decode(&tuple, &[0; 64]).is_err());
}

fn map(storage: Storage, key: Option<Type>, value: Aggregation) -> MapSchema {
    MapSchema { name: "@m".into(), map: "m".into(), storage, key, value }
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn cells(schema: &MapSchema, raw: &[RawEntry], missing: Missing) -> Vec<Cell> {
    table(schema, raw, missing).unwrap().entries.into_iter().map(|entry| entry.cell).collect()
}

#[test]
fn an_array_has_an_entry_once_something_is_in_it() {
    let element = |values: &[&[u64]]| RawEntry {
        key: 0_u32.to_ne_bytes().into(),
        values: values.iter().map(|value| words(value)).collect(),
    };
    let count = map(Storage::Array { per_cpu: true }, None, Aggregation::Count);
    assert_eq!(cells(&count, &[element(&[&[0], &[0]])], Missing::Omit), []);
    assert_eq!(cells(&count, &[element(&[&[0], &[0]])], Missing::Zero), [Cell::Value(Value::uint(0))]);
    assert_eq!(cells(&count, &[element(&[&[2], &[3]])], Missing::Omit), [Cell::Value(Value::uint(5))]);
    // A sum of 0 is there once it was written.
    let sum = map(Storage::Array { per_cpu: true }, None, Aggregation::Sum { signed: true });
    assert_eq!(cells(&sum, &[element(&[&[0, 0], &[0, 1]])], Missing::Omit), [Cell::Value(Value::int(0))]);
    assert_eq!(cells(&sum, &[element(&[&[0, 0], &[0, 0]])], Missing::Omit), []);
}

#[test]
fn an_arrays_elements_are_buckets() {
    let scale = Aggregation::Hist { bits: 0 };
    let schema = map(Storage::Array { per_cpu: true }, None, scale.clone());
    let element = |bucket: u32, counts: &[u64]| RawEntry {
        key: bucket.to_ne_bytes().into(),
        values: counts.iter().map(|&count| words(&[count])).collect(),
    };
    let raw: Vec<_> =
        (0..schema.array_elements()).map(|n| element(n, if n == 3 { &[1, 4] } else { &[0, 0] })).collect();
    let found = cells(&schema, &raw, Missing::Omit);
    let [Cell::Histogram(histogram)] = &*found else { panic!("{found:?}") };
    assert_eq!(histogram.counts, [(3, 5)].into());
    let rows = histogram.rows();
    assert_eq!((rows.len(), rows[0].lower, rows[0].upper, rows[0].count), (1, Some(2), Some(4), 5));
    assert_eq!(cells(&schema, &raw[..3], Missing::Omit), []);
}

#[test]
fn a_variable_has_a_flag_behind_it() {
    let schema = map(Storage::Global { offset: 8 }, None, Aggregation::Value(I32));
    let section = |value: u64, flag: u64| RawEntry { key: vec![], values: vec![words(&[99, value, flag])] };
    assert_eq!(cells(&schema, &[section(7, 0)], Missing::Omit), []);
    let seven = Cell::Value(Value::Int { value: 7, size: 4 });
    assert_eq!(cells(&schema, &[section(7, 1)], Missing::Omit), [seven]);
    let short = RawEntry { key: vec![], values: vec![vec![0; 20]] };
    assert!(table(&schema, &[short], Missing::Omit).is_err());
}

#[test]
fn buckets_hold_what_falls_into_them() {
    let scales = [0, 1, 2, 3, 4, 5].map(|bits| Aggregation::Hist { bits });
    let linear =
        [(0, 10, 2), (-7, 8, 3), (5, 1000, 1)].map(|(min, max, step)| Aggregation::Lhist { min, max, step });
    for scale in scales.iter().chain(&linear) {
        for power in 0..64 {
            for near in -3..=3 {
                let value = (1_i128 << power) + near;
                let bucket = bucket_of(scale, value).unwrap();
                assert!(bucket < scale.buckets().unwrap(), "{scale:?} {value}");
                let counts = [(bucket, 1)].into();
                let row = osmia_event::Histogram { scale: scale.clone(), counts, div: 1 }.rows()[0];
                assert!(row.lower.is_none_or(|lower| lower <= value), "{scale:?} {value} {row:?}");
                assert!(row.upper.is_none_or(|upper| value < upper), "{scale:?} {value} {row:?}");
            }
        }
    }
}

#[test]
fn a_schema_travels_as_json() {
    let (fields, size) = layout([
        (None, Type::Int { size: 4, signed: false }),
        (None, Type::KernelStack { map: "stacks".into(), mode: StackMode::Perf, limit: 3 }),
        (Some("e".into()), Type::Enum { size: 4, signed: true, names: vec![(i64::MIN, "LOW".into())] }),
        (None, Type::Array { element: Box::new(Type::Str { capacity: 3 }), count: 2 }),
    ]);
    let location = Location { file: "a.bt".into(), line: 1, column: 2, end: 3, ..Location::default() };
    let stream = |verb| Stream { verb, fields: fields.clone(), size, location: location.clone() };
    let verbs = [
        Verb::Printf(parse("%-5d %% %rx %*s\n")),
        Verb::Join(" ".into()),
        Verb::PrintMap { map: 1, top: 2, div: 3 },
        Verb::Exit,
    ];
    let schema = Schema {
        streams: verbs.map(stream).into(),
        maps: vec![
            map(Storage::Hash { per_cpu: true }, Some(I64), Aggregation::Lhist { min: -1, max: 5, step: 1 }),
            map(
                Storage::Global { offset: 16 },
                None,
                Aggregation::Value(Type::Timestamp { format: "%H".into() }),
            ),
        ],
        troubles: vec![Trouble {
            kind: TroubleKind::Helper { helper: "map_update_elem".into(), map: Some(1) },
            location,
            counter: 24,
        }],
    };
    let text = serde_json::to_string(&schema).unwrap();
    assert_eq!(serde_json::from_str::<Schema>(&text).unwrap(), schema);
}

/// What lies in files is read as it was meant: variants keep their form, and what is new has another name, so that older
/// readers refuse it.
#[test]
fn older_schemas_are_read_and_newer_types_have_names_of_their_own() {
    let read = |text: &str| serde_json::from_str::<Type>(text).unwrap();
    let nanoseconds = 5_u64.to_ne_bytes();
    let value = |text: &str| decode(&read(text), &nanoseconds).unwrap();
    let time = |since| Value::Timestamp { format: "%H".into(), since, nanoseconds: 5 };
    let path = |hierarchies: &str| Value::CgroupPath { id: 5, hierarchies: hierarchies.into() };
    assert_eq!(value(r#""CgroupPath""#), path("*"));
    assert_eq!(value(r#"{"CgroupPathIn":{"hierarchies":"cpu*"}}"#), path("cpu*"));
    assert_eq!(value(r#"{"Timestamp":{"format":"%H"}}"#), time(Since::Boot));
    assert_eq!(value(r#"{"WallTime":{"format":"%H"}}"#), time(Since::Epoch));
    let old = r#"{"streams":[{"verb":"Print","fields":[{"name":null,"offset":8,"kind":"CgroupPath"}],"size":16,
        "location":{"file":"a.bt","line":1,"column":2}}],"maps":[{"name":"@t","map":"t","storage":{"Hash":{"per_cpu":false}},
        "key":"CgroupPath","value":{"Value":{"Timestamp":{"format":"%H"}}}}]}"#;
    let schema: Schema = serde_json::from_str(old).unwrap();
    assert_eq!(
        (&schema.streams[0].fields[0].kind, &schema.maps[0].key),
        (&Type::CgroupPath, &Some(Type::CgroupPath))
    );
    let written = serde_json::to_string(&schema).unwrap();
    for part in [r#""kind":"CgroupPath""#, r#""key":"CgroupPath""#, r#"{"Timestamp":{"format":"%H"}}"#] {
        assert!(written.contains(part), "{written}");
    }
}
