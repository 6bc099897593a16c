//! The properties that fuzzers check, over the conformance cases and mutations of them, for a bounded number of rounds.
use osmia_testkit::Random;
use std::fs;

use osmia_isa::text::{Names, assemble_ubpf, kernel, llvm};
use osmia_isa::{encode, property};

const ROUNDS: u32 = 20_000;

/// Flips a bit, sets, removes or inserts a byte, or copies a slot over another.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    let value = [0, 1, 0x7f, 0x80, 0xff, random.below(256) as u8][random.below(6)];
    match random.below(5) {
        _ if bytes.is_empty() => bytes.push(value),
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = value,
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, value),
        _ => {
            let (from, to) = (at & !7, random.below(bytes.len()) & !7);
            let slot: Vec<u8> = bytes[from..].iter().copied().take(8).collect();
            bytes.iter_mut().skip(to).zip(slot).for_each(|(byte, new)| *byte = new);
        }
    }
}

fn seeds() -> Vec<(String, Vec<u8>)> {
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).expect("a readable case");
        let from = text.find("-- asm").expect("a section") + "-- asm".len();
        let asm = text[from..].split("\n-- ").next().expect("a text").to_owned();
        let insns = assemble_ubpf(&asm).expect("a case that assembles").insns;
        (asm, encode(&insns))
    };
    osmia_testkit::cases("tests/conformance/tests").into_iter().map(read).collect()
}

#[test]
fn mutated_code_keeps_the_properties() {
    let seeds = seeds();
    let mut random = Random(0x05_31A0_BEE5);
    for _ in 0..ROUNDS {
        let mut bytes = seeds[random.below(seeds.len())].1.clone();
        for _ in 0..=random.below(4) {
            mutate(&mut bytes, &mut random);
        }
        property::roundtrip(&bytes);
    }
}

#[test]
fn mutated_text_keeps_the_properties() {
    let seeds = seeds();
    let mut random = Random(0x0B_5E55_EDBE);
    for round in 0..ROUNDS / 10 {
        let (asm, bytes) = &seeds[random.below(seeds.len())];
        let insns = osmia_isa::decode(bytes).expect("valid code");
        let text = match round % 3 {
            0 => asm.clone(),
            1 => kernel::disassemble(&insns, &Names::of_helpers()),
            _ => llvm::disassemble(&insns, &Names::default(), llvm::Narrow::W),
        };
        let mut text = text.into_bytes();
        for _ in 0..random.below(4) {
            mutate(&mut text, &mut random);
        }
        property::assembles(&String::from_utf8_lossy(&text));
    }
}

#[test]
fn seeds_keep_the_properties() {
    for (asm, bytes) in seeds() {
        property::roundtrip(&bytes);
        property::assembles(&asm);
    }
}
