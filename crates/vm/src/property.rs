//! What holds for any input; tests and fuzzers call these.
use crate::{FaultKind, Input, Machine, Options};
use osmia_abi::{MapType, ProgramType};
use osmia_isa::Insn;
use osmia_object::{Image, ImageMap, ImageProgram};

/// An image of one program with these maps (name, kind, key, value, entries).
pub fn image(kind: ProgramType, insns: Vec<Insn>, maps: &[(&str, MapType, u32, u32, u32)]) -> Image {
    let program = ImageProgram { name: "test".to_owned(), kind, insns, ..ImageProgram::default() };
    Image {
        programs: vec![program],
        maps: maps.iter().map(|&map| self::map(map)).collect(),
        ..Image::default()
    }
}

/// A map with nothing in it.
fn map((name, kind, key_size, value_size, max_entries): (&str, MapType, u32, u32, u32)) -> ImageMap {
    let flags = if kind == MapType::LpmTrie { osmia_abi::flags::NO_PREALLOC } else { 0 };
    ImageMap { name: name.to_owned(), kind, key_size, value_size, max_entries, flags, ..ImageMap::default() }
}

/// Maps of all kinds, small.
pub const MAPS: &[(&str, MapType, u32, u32, u32)] = &[
    ("hash", MapType::Hash, 4, 8, 4),
    ("array", MapType::Array, 4, 16, 4),
    ("percpu_hash", MapType::PercpuHash, 4, 8, 4),
    ("percpu_array", MapType::PercpuArray, 4, 8, 4),
    ("lru", MapType::LruHash, 8, 8, 4),
    ("ring", MapType::Ringbuf, 0, 0, 4096),
    ("perf", MapType::PerfEventArray, 4, 4, 2),
    ("queue", MapType::Queue, 0, 8, 4),
    ("stack", MapType::Stack, 0, 8, 4),
    ("trie", MapType::LpmTrie, 8, 8, 4),
    ("stacks", MapType::StackTrace, 4, 16, 4),
    ("programs", MapType::ProgArray, 4, 4, 4),
];

/// Any code ends: with a result, or with a fault that has a place and words; twice the same.
///
/// # Panics
/// When that does not hold.
pub fn ends(insns: Vec<Insn>, input: &Input) {
    let mut image = image(ProgramType::Unspec, insns, MAPS);
    if let Some(programs) = image.maps.last_mut() {
        programs.slots.push((1, 0));
    }
    let options = Options { budget: 20_000, cpus: 2, ..Options::default() };
    let run = || {
        let mut machine = Machine::new(image.clone(), options.clone()).expect("maps that can be made");
        let mut input = input.clone();
        let result = machine.run_on(0, &mut input);
        if let Err(fault) = &result {
            let total: u32 = image.programs.iter().flat_map(|it| &it.insns).map(Insn::slots).sum();
            assert!(fault.slot <= total && !fault.to_string().is_empty());
            assert!(fault.kind == FaultKind::BadJump || !fault.insn.is_empty(), "{fault:?}");
        }
        let entries: Vec<_> = (0..image.maps.len()).map(|map| machine.entries(crate::MapId(map))).collect();
        (result, input, machine.take_records(), machine.take_trace(), entries)
    };
    assert_eq!(run(), run());
}
