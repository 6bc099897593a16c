//! Breaks objects a little, a great number of times, and reads and fits what is left: nothing may panic, take long, or take
//! much memory. `mutants COUNT OBJECT...`; CONFORMANCE.md has what was seen.
#![allow(clippy::print_stdout, reason = "this is a command-line tool")]
#[path = "../tests/common/mutate.rs"]
mod mutate;

use mutate::{Random, mutate};
use osmia_btf::Btf;
use osmia_object::{Target, elf, resolve_each};
use std::time::{Duration, Instant};

fn main() {
    let mut args = std::env::args().skip(1);
    let count: usize =
        args.next().and_then(|text| text.parse().ok()).expect("usage: mutants COUNT OBJECT...");
    let seeds: Vec<Vec<u8>> = args.map(|path| std::fs::read(path).expect("an object")).collect();
    let btf = std::fs::read("/sys/kernel/btf/vmlinux").ok().and_then(|bytes| Btf::parse(bytes).ok());
    let target = Target { btf, cpus: 2, ..Target::default() };
    let (mut random, mut longest) = (Random(0x5eed_0bf1), Duration::ZERO);
    let [mut refused, mut unfit, mut fits] = [0_usize; 3];
    for (_, seed) in (0..count).zip(seeds.iter().cycle()) {
        let mut bytes = seed.clone();
        mutate(&mut bytes, &mut random);
        let start = Instant::now();
        match elf::read(&bytes) {
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
            Ok(object) => match resolve_each(&object, &target, "mutant") {
                Ok(_) => fits += 1,
                Err(errors) => {
                    unfit += 1;
                    assert!(!errors.to_string().is_empty());
                }
            },
        }
        longest = longest.max(start.elapsed());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    println!("{count} mutants of {} objects: {refused} refused, {unfit} do not fit, {fits} fit", seeds.len());
    println!("the longest took {longest:?}; {peak}");
}
