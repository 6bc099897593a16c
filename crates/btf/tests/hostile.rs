//! Bytes that nobody meant.
mod tools;

use osmia_btf::property;
use osmia_testkit::Random;
use std::time::{Duration, Instant};
use tools::{compile, scratch, section};

/// Changes a few bytes, or words to numbers that are often at a border; sometimes cuts the end off.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes[at] = random.below(256) as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => word(bytes, at & !3, random),
            _ if random.below(20) == 0 => bytes.truncate(at),
            _ => word(bytes, 24 + (at & !3), random),
        }
        if bytes.is_empty() {
            return;
        }
    }
}

fn word(bytes: &mut [u8], at: usize, random: &mut Random) {
    let borders =
        [0, 1, 2, 5, 12, 0xff, 0xffff, 0x7fff_ffff, u32::MAX, 0x0400_0002, 0x8400_0001, 0x0d00_0003];
    let value = borders[random.below(borders.len())];
    if let Some(place) = bytes.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}

#[test]
fn changed_bytes_never_panic() {
    let dir = scratch("hostile");
    let mut seeds = Vec::new();
    for source in ["kinds.c", "core_target.c"] {
        let object = compile(source, &dir);
        seeds.push(section(&object, ".BTF"));
        if source == "kinds.c" {
            seeds.push(section(&object, ".BTF.ext"));
        }
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seconds = Duration::from_secs(number("OSMIA_FUZZ_SECONDS").unwrap_or(4));
    let seed = number("OSMIA_FUZZ_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15);
    let (start, mut random, mut tried) = (Instant::now(), Random(seed), 0);
    while start.elapsed() < seconds {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        mutate(&mut bytes, &mut random);
        let began = Instant::now();
        property::reads_anything(&bytes);
        assert!(began.elapsed() < Duration::from_secs(3), "input {tried} takes {:?}", began.elapsed());
        tried += 1;
    }
    assert!(tried > 20, "only {tried} inputs");
}
