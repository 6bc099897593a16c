//! Broken files: an error or an object, never a panic, never a hang, never memory out of proportion.
mod common;

use osmia_object::{elf, property, resolve};
use osmia_testkit::{Random, mutate};
use std::time::{Duration, Instant};

#[test]
fn mutated_files() {
    let dir = common::scratch("hostile");
    let mut random = Random(0x5eed_0bf1);
    let (mut readable, mut refused) = (0, 0);
    for source in common::corpus() {
        let whole = common::compile(&source, "bpfel", &dir.join("x.o"));
        for round in 0..400 {
            let mut bytes = whole.clone();
            mutate(&mut bytes, &mut random);
            let start = Instant::now();
            match elf::read(&bytes) {
                Ok(_) => readable += 1,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
            property::read(&bytes);
            let took = start.elapsed();
            assert!(took < Duration::from_secs(10), "{}, round {round}: {took:?}", source.display());
        }
    }
    assert!(
        readable > 100 && refused > 100,
        "{readable} read, {refused} refused: the mutations are too weak or strong"
    );
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn cut_files() {
    let dir = common::scratch("cut");
    let whole = common::compile(&common::corpus()[0], "bpfel", &dir.join("x.o"));
    for len in (0..whole.len()).step_by(7) {
        property::read(&whole[..len]);
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn errors_name_the_place() {
    let dir = common::scratch("place");
    let whole = common::compile(&common::corpus()[0], "bpfel", &dir.join("x.o"));
    let refused = elf::read(&whole[..40]).unwrap_err();
    assert!(refused.to_string().starts_with("object file, offset 0x0: not an ELF file"), "{refused}");
    let mut other = whole.clone();
    other[18] = 62;
    assert_eq!(
        elf::read(&other).unwrap_err().to_string(),
        "object file, offset 0x12: for machine 62, not for BPF (247)"
    );
    // The first opcode of `.text`.
    let text = common::run("readelf", &["-SW", &dir.join("x.o").to_string_lossy()]);
    let words: Vec<&str> =
        text.lines().find(|line| line.contains(" .text ")).unwrap().split_whitespace().collect();
    let at = words.iter().position(|word| *word == "PROGBITS").unwrap() + 2;
    let offset = usize::from_str_radix(words[at], 16).unwrap();
    let mut broken = whole;
    broken[offset] = 0xff;
    let object = elf::read(&broken).expect("one function that is broken does not break the others");
    let again = common::read("again", &elf::write(&object));
    assert_eq!(common::print(&object), common::print(&again));
    let refused = resolve(&object, &common::machine(&object)).unwrap_err().to_string();
    assert!(refused.contains("is not made of instructions: slot 0: unknown opcode 0xff"), "{refused}");
    std::fs::remove_dir_all(dir).unwrap();
}

/// Where a section's bytes are in a file.
fn section(file: &std::path::Path, name: &str) -> std::ops::Range<usize> {
    let text = common::run("readelf", &["-SW", &file.to_string_lossy()]);
    let words: Vec<&str> =
        text.lines().find(|line| line.contains(&format!(" {name} "))).unwrap().split_whitespace().collect();
    let at = words.iter().position(|word| *word == "PROGBITS").unwrap();
    let number = |word: &str| usize::from_str_radix(word, 16).unwrap();
    let start = number(words[at + 2]);
    start..start + number(words[at + 3])
}

#[test]
fn every_number_of_types_and_records_at_its_largest() {
    let dir = common::scratch("numbers");
    let file = dir.join("x.o");
    for source in common::corpus() {
        let whole = common::compile(&source, "bpfel", &file);
        for name in [".BTF", ".BTF.ext"] {
            let range = section(&file, name);
            for at in range.step_by(4) {
                let mut bytes = whole.clone();
                bytes[at..at + 4].fill(0xff);
                property::read(&bytes);
            }
        }
    }
    std::fs::remove_dir_all(dir).unwrap();
}
