//! Programs in C: `osmia compile`, and the commands that take a program where they take an object. Nothing here has a clang to ask.
mod common;

use common::{Scratch, run};
use std::process::Command;

const SOURCE: &str = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "limit.h"
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, LIMIT); __type(key, u32); __type(value, u64); } slots SEC(".maps");
SEC("socket") int far(struct __sk_buff *skb)
{
    u32 key = FAR;
    u64 *slot = bpf_map_lookup_elem(&slots, &key);
    CHECK return *slot > skb->len;
}
char LICENSE[] SEC("license") = "GPL";
"#;

fn osmia() -> Command {
    let mut command = common::osmia();
    command.env("CLANG", "no-such-clang");
    command
}

/// The program and a header that it includes; the folder of the header.
fn program(scratch: &Scratch) -> (String, String) {
    let include = scratch.path("include");
    std::fs::create_dir_all(&include).expect("a directory");
    std::fs::write(format!("{include}/limit.h"), "#define LIMIT 5\n").expect("a header");
    (scratch.write("far.bpf.c", SOURCE), include)
}

#[test]
fn compile_makes_an_object() {
    let scratch = Scratch::new();
    let (source, include) = program(&scratch);
    let object = scratch.path("out.o");
    let flags = ["-I", &include, "-D", "FAR=2", "-D", "CHECK=if (!slot) return 0;", "-o", &object];
    assert_eq!(run(osmia().arg("compile").args(flags).arg(&source)).ok(), "");
    let told = run(osmia().args(["explain", &object])).ok();
    assert_eq!(told, "far: accepted\n");
    // Without -o it is beside whoever asks.
    let folder = scratch.path("include");
    let made = run(osmia().current_dir(&folder).arg("compile").args(&flags[..6]).arg(&source));
    assert_eq!(made.ok(), "");
    let same = std::fs::read(format!("{folder}/far.bpf.o")).expect("the object");
    assert_eq!(same, std::fs::read(&object).expect("the object"), "the same text makes the same object");
}

/// Types that the person names are those, or none.
/// Comments may have bytes that are no UTF-8; texts, which would change, may not.
#[test]
fn bytes_that_are_no_characters_are_told_in_texts() {
    let scratch = Scratch::new();
    let source = scratch.path("latin.bpf.c");
    let write = |text: &[u8]| std::fs::write(&source, [b"/* \xe9 */ char a[] = ", text, b";\n"].concat());
    write(b"\"caf\\xe9\"").expect("a file");
    assert_eq!(run(osmia().args(["compile", "-o", &scratch.path("a.o"), &source])).ok(), "");
    write(b"\"caf\xe9\"").expect("a file");
    let told = run(osmia().args(["compile", "-o", &scratch.path("a.o"), &source])).refused();
    assert!(told.contains("latin.bpf.c:1:22-30: ERROR: this has bytes that are no UTF-8"), "{told}");
}

#[test]
fn types_that_cannot_be_read_are_told() {
    let scratch = Scratch::new();
    let source = scratch.write("one.bpf.c", "int one(void) { return 1; }\n");
    let broken = scratch.write("broken.btf", "no types");
    for btf in [broken, scratch.path("missing.btf")] {
        let out = scratch.path("one.bpf.o");
        let err = run(osmia().args(["compile", "--btf", &btf, "-o", &out, &source])).refused();
        assert_eq!(err.matches(&btf).count(), 1, "{err}");
    }
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    let scratch = Scratch::new();
    let (source, include) = program(&scratch);
    let err = run(osmia().args(["compile", &source])).refused();
    assert!(err.contains(&format!("{source}:4:")) && err.contains("limit.h"), "{err}");
    let flags = ["-I", &include, "-D", "CHECK=", "-o", &scratch.path("none.o")];
    let err = run(osmia().arg("compile").args(flags).arg(&source)).refused();
    assert!(err.contains(&format!("{source}:8:15-18: ERROR: ")) && err.contains("`FAR`"), "{err}");
    assert!(!std::path::Path::new(&scratch.path("none.o")).exists());
    for command in ["run", "explain", "attach"] {
        let err = run(osmia().args([command, &source])).refused();
        assert!(err.starts_with(&format!("ERROR: {source} cannot be compiled:\n")), "{command}: {err}");
    }
    let err = run(osmia().args(["compile", &scratch.path("nothing.c")])).refused();
    assert!(err.contains("nothing.c: No such file"), "{err}");
}

/// What the kernel refuses is told in the line of the program.
#[test]
fn a_refusal_is_told_in_the_line_of_the_program() {
    let scratch = Scratch::new();
    let source = SOURCE.replace("#include \"limit.h\"\n", "").replace("LIMIT", "5").replace("FAR", "2");
    let source = scratch.write("near.bpf.c", source.replace("CHECK", ""));
    let told = run(osmia().args(["explain", &source]));
    assert!(!told.status.success(), "{told:?}");
    assert!(
        told.out.contains("near.bpf.c:9") && told.out.contains("return *slot > skb->len;"),
        "{}",
        told.out
    );
}
