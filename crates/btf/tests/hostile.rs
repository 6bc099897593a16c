//! Bytes that nobody meant.
mod tools;

use osmia_btf::property;
use std::time::{Duration, Instant};
use tools::{compile, scratch, section};

/// A generator of numbers that look random (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// Changes a few bytes, or words to numbers that are often at a border; sometimes cuts the end off.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(4) {
                0 => bytes[at] = self.next() as u8,
                1 => bytes[at] ^= 1 << self.below(8),
                2 => self.word(bytes, at & !3),
                _ if self.below(20) == 0 => bytes.truncate(at),
                _ => self.word(bytes, 24 + (at & !3)),
            }
            if bytes.is_empty() {
                return;
            }
        }
    }

    fn word(&mut self, bytes: &mut [u8], at: usize) {
        let borders =
            [0, 1, 2, 5, 12, 0xff, 0xffff, 0x7fff_ffff, u32::MAX, 0x0400_0002, 0x8400_0001, 0x0d00_0003];
        let value = borders[self.below(borders.len())];
        if let Some(place) = bytes.get_mut(at..at + 4) {
            place.copy_from_slice(&value.to_le_bytes());
        }
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
    let (start, mut numbers, mut tried) = (Instant::now(), Numbers(seed), 0);
    while start.elapsed() < seconds {
        let mut bytes = seeds[numbers.below(seeds.len())].clone();
        numbers.mutate(&mut bytes);
        let began = Instant::now();
        property::reads_anything(&bytes);
        assert!(began.elapsed() < Duration::from_secs(3), "input {tried} takes {:?}", began.elapsed());
        tried += 1;
    }
    assert!(tried > 20, "only {tried} inputs");
}
