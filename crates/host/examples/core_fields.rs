//! Reads an object and makes it fit for this kernel; for `cargo xtask bench`, which compares what that costs with libbpf.
#![allow(clippy::print_stdout, reason = "this is a command-line tool")]
use osmia_host::{Wants, gather};
use osmia_object::{elf, resolve, wants};

fn main() -> Result<(), String> {
    let path = std::env::args().nth(1).ok_or("usage: core_fields OBJECT")?;
    let bytes = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
    let object = elf::read(&bytes).map_err(|error| format!("{path}: {error}"))?;
    let relocations: usize = object.functions.values().map(|function| function.core.len()).sum();
    let wants = Wants { kernel_btf: wants(&object).kernel_btf, ..Wants::default() };
    let target = gather(&wants).map_err(|error| error.to_string())?;
    let image = resolve(&object, &target).map_err(|errors| errors.to_string())?;
    println!("{relocations} relocations, {} programs", image.programs.len());
    Ok(())
}
