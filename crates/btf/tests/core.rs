//! CO-RE relocations, against libbpf.
mod tools;

use osmia_btf::core::{Resolved, resolve};
use osmia_btf::ext::{CoreRelo, Ext};
use osmia_btf::{Btf, c};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use tools::{compile, kernel, run, scratch, section, text};

#[test]
fn every_question_is_answered_as_libbpf_does() {
    let dir = scratch("core");
    let object = compile("core_local.c", &dir);
    let target = compile("core_target.c", &dir);
    let custom = dir.join("target.btf");
    fs::write(&custom, section(&target, ".BTF")).expect("a file");
    let compared = compare(&object, &custom, &dir);
    assert!(compared > 300, "only {compared} relocations");
}

#[test]
fn the_kernel_is_asked_as_libbpf_does() {
    let dir = scratch("core-kernel");
    fs::write(dir.join("vmlinux.h"), c::header(&kernel()).expect("the header is written")).expect("a file");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/c/core_kernel.c"), dir.join("core_kernel.c"))
        .expect("a copy");
    let source = dir.join("core_kernel.c");
    let object = dir.join("core_kernel.o");
    run("clang-19", &["-target", "bpf", "-O2", "-g", "-w", "-c", text(&source), "-o", text(&object)]);
    let compared = compare(&object, Path::new("/sys/kernel/btf/vmlinux"), &dir);
    assert!(compared > 100, "only {compared} relocations");
}

/// Resolves all relocations of an object and compares each with what libbpf made of the instruction.
fn compare(object: &Path, target: &Path, dir: &Path) -> usize {
    let log = run(text(&libbpf_tool(dir)), &[text(object), text(target)]);
    let theirs = outcomes(&log);
    let local = Btf::parse(section(object, ".BTF")).expect("BTF");
    let ext = Ext::parse(&section(object, ".BTF.ext")).expect("records");
    let target = Btf::parse(fs::read(target).expect("a file")).expect("BTF");
    let mut compared = 0;
    for part in &ext.core_relos {
        let code = section(object, local.string(part.name).expect("a name"));
        for (number, relo) in part.records.iter().enumerate() {
            let reloc = relo.decode(&local).expect("a relocation");
            let ours = resolve(&local, &reloc, &target).map(|answer| outcome(&answer, &code, relo));
            let what = format!("relocation {number}: {reloc:?} of {}", local.type_name(reloc.ty));
            let ours = ours.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(Some(&ours), theirs.get(&number), "{what}\n{}", lines_about(&log, number));
            compared += 1;
        }
    }
    assert_eq!(compared, theirs.len(), "relocations that libbpf applied");
    compared
}

fn libbpf_tool(dir: &Path) -> PathBuf {
    let tool = dir.join("relocate");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/libbpf_relocate.c");
    run("gcc", &[text(&source), "-lbpf", "-o", text(&tool)]);
    tool
}

fn lines_about(log: &str, number: usize) -> String {
    let about = format!("relo #{number}: ");
    log.lines().filter(|line| line.contains(&about)).collect::<Vec<_>>().join("\n")
}

/// What became of an instruction.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Poisoned,
    Patched { from: u64, to: u64, width: Option<(u32, u32)> },
}

fn outcome(answer: &Resolved, code: &[u8], relo: &CoreRelo) -> Outcome {
    let at = relo.insn_off as usize;
    let class = code[at] & 7;
    let memory = (1..=3).contains(&class);
    let resize = answer.resize.filter(|_| memory);
    if answer.poison || resize.is_some_and(|resize| !resize.allowed) {
        return Outcome::Poisoned;
    }
    let number = |place: usize| u32::from_le_bytes(code[place..place + 4].try_into().expect("four bytes"));
    let (held, mask) = match class {
        0 => (u64::from(number(at + 4)) | u64::from(number(at + 12)) << 32, u64::MAX),
        1..=3 => (u64::from(number(at)) >> 16, 0xffff),
        _ => (u64::from(number(at + 4)), 0xffff_ffff),
    };
    if answer.validate {
        assert_eq!(answer.local & mask, held, "the value that the compiler put in, {answer:?}");
    }
    let width = resize.map(|resize| (resize.local, resize.target));
    Outcome::Patched { from: held, to: answer.value & mask, width }
}

/// Reads libbpf's log: what became of each relocation by its number.
fn outcomes(log: &str) -> HashMap<usize, Outcome> {
    let mut found = HashMap::new();
    for line in log.lines() {
        let Some((number, event)) = line.split_once("relo #").and_then(|(_, rest)| rest.split_once(": "))
        else {
            continue;
        };
        let number: usize = number.parse().expect("a number");
        if event.starts_with("substituting insn") {
            found.insert(number, Outcome::Poisoned);
        } else if event.starts_with("patched insn") {
            let (from, to) = arrow(event);
            let mask = if event.contains("(ALU/ALU64)") { 0xffff_ffff } else { u64::MAX };
            match found.get_mut(&number) {
                Some(Outcome::Patched { width, .. }) => *width = Some((from as u32, to as u32)),
                _ => drop(
                    found.insert(number, Outcome::Patched { from: from & mask, to: to & mask, width: None }),
                ),
            }
        }
    }
    found
}

/// The numbers around the arrow at the end of a line.
fn arrow(event: &str) -> (u64, u64) {
    let (before, to) = event.rsplit_once(" -> ").expect("an arrow");
    let (_, from) = before.rsplit_once(' ').expect("a number");
    let number = |text: &str| match text.parse::<i64>() {
        Ok(number) => number.cast_unsigned(),
        Err(_) => text.parse().expect("a number"),
    };
    (number(from), number(to))
}
