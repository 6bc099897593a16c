//! Reads an object and makes it fit for this kernel; for `cargo xtask bench`, which compares what that costs with libbpf.
#![allow(clippy::print_stdout, reason = "this is a command-line tool")]
use osmia_host::{Wants, gather};
use osmia_object::{elf, resolve, wants};
use std::time::Instant;

fn main() -> Result<(), String> {
    let path = std::env::args().nth(1).ok_or("usage: core_fields OBJECT")?;
    let bytes = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
    let object = elf::read(&bytes).map_err(|error| format!("{path}: {error}"))?;
    let relocations: usize = object.functions.values().map(|function| function.core.len()).sum();
    let wants = Wants { kernel_btf: wants(&object).kernel_btf, ..Wants::default() };
    let start = Instant::now();
    let target = gather(&wants).map_err(|error| error.to_string())?;
    let gathered = Instant::now();
    let image = resolve(&object, &target).map_err(|errors| errors.to_string())?;
    println!(
        "{} programs, {relocations} relocations; {} µs to read the kernel's types, {} µs to resolve",
        image.programs.len(),
        (gathered - start).as_micros(),
        gathered.elapsed().as_micros()
    );
    Ok(())
}
