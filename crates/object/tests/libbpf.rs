//! The corpus against libbpf: what it asks of the kernel for clang's object, for ours, and what our image would ask.
mod common;

use common::libbpf;
use osmia_object::{elf, resolve_named};
use std::path::Path;

/// That each line of `wanted` is among `got`, and that nothing else is.
fn same(what: &str, wanted: &[String], got: &[String]) {
    let missing: Vec<&String> = wanted.iter().filter(|line| !got.contains(line)).collect();
    let extra: Vec<&String> = got.iter().filter(|line| !wanted.contains(line)).collect();
    let show = |list: &[&String]| list.iter().map(|line| format!("  {line}\n")).collect::<String>();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{what} differs from libbpf\nlibbpf asks:\n{}we ask:\n{}",
        show(&missing),
        show(&extra)
    );
}

/// The lines about things of the object: without libbpf's probes, which have no name or its own, and without second
/// tries of programs that the kernel refused.
fn of_object(lines: Vec<String>) -> Vec<String> {
    let name = |line: &str| line.split(':').next().unwrap_or("").to_owned();
    let mut seen: Vec<String> = Vec::new();
    for line in lines {
        let probe = ["map libbpf_", "program libbpf_", "map :", "program :", "program det_"];
        if !probe.iter().any(|start| line.starts_with(start))
            && !seen.iter().any(|old| name(old) == name(&line))
        {
            seen.push(unmapped_literals(line));
        }
    }
    seen
}

/// libbpf 1.1 lets user space map string literals too, which 1.2 and osmia do not.
fn unmapped_literals(line: String) -> String {
    if line.starts_with("map .rodata.str") { line.replace("flags 0x480", "flags 0x80") } else { line }
}

fn check(source: &Path) {
    let name = common::stem(source);
    let dir = common::scratch(&format!("libbpf-{name}"));
    let file = dir.join(format!("{name}.o"));
    let object = common::read(&name, &common::compile(source, "bpfel", &file));
    let image = resolve_named(&object, &common::machine(&object), &name)
        .unwrap_or_else(|errors| panic!("{name}:\n{errors}"));
    let ours = libbpf::of_image(&image);
    let theirs = of_object(libbpf::load(&file));
    same(&format!("the image of {name}"), &theirs, &ours);
    std::fs::write(&file, elf::write(&object)).unwrap();
    let again = of_object(libbpf::load(&file));
    same(&format!("{name}, written again,"), &theirs, &again);
    std::fs::remove_dir_all(dir).unwrap();
}

macro_rules! cases {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(&Path::new(env!("CARGO_MANIFEST_DIR")).join(concat!("tests/c/", stringify!($name), ".bpf.c")));
        })*

        #[test]
        fn every_source_is_a_case() {
            let names: Vec<String> = common::corpus().iter().map(|source| common::stem(source)).collect();
            let mut cases = vec![$(stringify!($name)),*];
            cases.sort_unstable();
            assert_eq!(names, cases);
        }
    };
}

cases!(calls core data direct externs inner kinds maps poison structures types);
