//! What the tests share: compiling the corpus, this machine as a target, and libbpf under strace.
#![allow(dead_code, reason = "each test file uses a part")]
pub(crate) mod libbpf;

use osmia_btf::Btf;
use osmia_object::{Object, Target, Wants, elf, wants};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The sources of the corpus.
pub(crate) fn corpus() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
    let mut all: Vec<PathBuf> = fs::read_dir(&dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".bpf.c"))
        .collect();
    all.sort();
    assert!(all.len() >= 9, "the corpus is gone");
    all
}

/// `maps` of `…/maps.bpf.c`.
pub(crate) fn stem(source: &Path) -> String {
    source.file_name().unwrap().to_string_lossy().trim_end_matches(".bpf.c").to_owned()
}

/// A directory for one test, empty.
pub(crate) fn scratch(test: &str) -> PathBuf {
    let dir = std::env::temp_dir().join("osmia-object").join(format!("{test}.{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// Runs a program; its standard output. Anything but success is a failure of the test.
pub(crate) fn run(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output();
    let done =
        done.unwrap_or_else(|error| panic!("these tests need {program}, which does not start: {error}"));
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {args:?}: {errors}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// Compiles a source for a target such as `bpfel` with clang.
pub(crate) fn compile(source: &Path, target: &str, out: &Path) -> Vec<u8> {
    let machine = run("uname", &["-m"]);
    let include = format!("-I/usr/include/{}-linux-gnu", machine.trim());
    let (source, file) = (source.to_string_lossy(), out.to_string_lossy());
    run("clang-19", &["-g", "-O2", "-target", target, &include, "-c", &source, "-o", &file]);
    fs::read(out).unwrap()
}

/// This machine, as far as an object wants to know it.
pub(crate) fn machine(object: &Object) -> Target {
    let Wants { kernel_btf, ksyms, kconfig, cpus, .. } = wants(object);
    let mut target = Target { version: version(), ..Target::default() };
    if kernel_btf {
        target.btf = Some(Btf::parse(fs::read("/sys/kernel/btf/vmlinux").unwrap()).unwrap());
    }
    if !ksyms.is_empty() {
        for line in fs::read_to_string("/proc/kallsyms").unwrap().lines() {
            let mut words = line.split_whitespace();
            let (Some(address), Some(_), Some(name), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                continue;
            };
            if ksyms.iter().any(|wanted| wanted == name) {
                target.ksyms.insert(name.to_owned(), u64::from_str_radix(address, 16).unwrap());
            }
        }
    }
    if !kconfig.is_empty() {
        for line in run("zcat", &["/proc/config.gz"]).lines() {
            if let Some((name, value)) = line.split_once('=') {
                target.kconfig.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    if cpus {
        let possible = fs::read_to_string("/sys/devices/system/cpu/possible").unwrap();
        target.cpus = possible.trim().rsplit('-').next().unwrap().parse::<u32>().unwrap() + 1;
    }
    target
}

/// This kernel's version, as `LINUX_VERSION_CODE` packs it.
fn version() -> u32 {
    let release = run("uname", &["-r"]);
    let mut numbers =
        release.split(|c: char| !c.is_ascii_digit()).map(|text| text.parse::<u32>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next() << 16) | (next() << 8) | next().min(255)
}

/// An object as text: two that print the same are the same. BTF is printed as its bytes.
pub(crate) fn print(object: &Object) -> String {
    let bytes = object.btf.as_ref().map(|btf| btf.bytes().to_vec());
    let rest = Object { btf: None, ..object.clone() };
    format!("{rest:#?}\n{bytes:?}")
}

/// Reads an object file that must be readable.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Object {
    elf::read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}
