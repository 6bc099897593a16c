//! The shared test runner: text files with an input and what is expected of it.
mod mutate;

pub use mutate::mutate;

use std::fs;
use std::path::{Path, PathBuf};

/// The line between a case's input and its expectation.
const SEPARATOR: &str = "---- expect\n";

/// Runs `run` on every file under `dir` (relative to the crate under test) and compares.
///
/// A file is its input, a line `---- expect`, and the expected output. With `OSMIA_BLESS=1` in the environment the
/// expectation is written anew instead.
///
/// # Panics
/// When there is no case, or when one differs: the message names the files and shows both texts.
pub fn golden(dir: &str, run: impl Fn(&str) -> String) {
    let files = cases(dir);
    assert!(!files.is_empty(), "no golden files under {dir}");
    let bless = std::env::var_os("OSMIA_BLESS").is_some();
    let failures: Vec<String> = files.iter().filter_map(|path| check(path, bless, &run)).collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases differ:\n{}",
        failures.len(),
        files.len(),
        failures.join("\n")
    );
}

/// The regular files under `dir`, in all depths, sorted.
///
/// # Panics
/// When the directory cannot be read.
pub fn cases(dir: &str) -> Vec<PathBuf> {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from).join(dir);
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    found
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    for entry in entries {
        let path = entry.unwrap_or_else(|error| panic!("{}: {error}", dir.display())).path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

fn check(path: &Path, bless: bool, run: impl Fn(&str) -> String) -> Option<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (input, expected) = text.split_once(SEPARATOR).unwrap_or((&text, ""));
    let mut got = run(input);
    if !got.is_empty() && !got.ends_with('\n') {
        got.push('\n');
    }
    if got == expected {
        return None;
    }
    if bless {
        let gap = if input.ends_with('\n') { "" } else { "\n" };
        fs::write(path, format!("{input}{gap}{SEPARATOR}{got}"))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return None;
    }
    Some(format!("== {}\n-- expected\n{expected}-- got\n{got}", path.display()))
}

/// Numbers that look random and are the same in every run that begins with the same one, which is not 0 (xorshift64*).
#[derive(Clone, Copy, Debug)]
pub struct Random(pub u64);

impl Random {
    /// A number below this one; 0 where there is none.
    pub const fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize;
        if limit == 0 { 0 } else { number % limit }
    }
}

/// The scripts that the distribution's bpftrace comes with.
///
/// # Panics
/// When they are not installed.
pub fn bpftrace_tools() -> Vec<PathBuf> {
    let dir = fs::read_dir("/usr/sbin").unwrap_or_else(|error| panic!("/usr/sbin: {error}"));
    let paths = dir.filter_map(|entry| Some(entry.ok()?.path()));
    let tools: Vec<_> = paths.filter(|path| path.extension().is_some_and(|ending| ending == "bt")).collect();
    assert!(tools.len() >= 30, "only {} tools under /usr/sbin/*.bt: install Debian's bpftrace", tools.len());
    tools
}
