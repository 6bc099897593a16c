//! bpf_conformance's cases give the result that they say.
use osmia_abi::ProgramType;
use osmia_isa::text::assemble_ubpf;
use osmia_vm::{Fault, FaultKind, Machine, Options, property};
use std::collections::BTreeMap;
use std::fs;

/// The cases, which live with the instruction set.
const CASES: &str = "../isa/tests/conformance/tests";

/// Cases that do not give their result, and why. There are none.
const DIFFERENT: &[(&str, &str)] = &[];

/// The sections of a case, by name; lines that begin with `#` are no part of them.
fn sections(text: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        if let Some(name) = line.strip_prefix("-- ") {
            name.trim().clone_into(&mut current);
        } else {
            let section = found.entry(current.clone()).or_default();
            section.push_str(line);
            section.push('\n');
        }
    }
    found
}

fn hex(text: &str) -> u64 {
    let text = text.trim();
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
    .expect("a number")
}

fn run(sections: &BTreeMap<String, String>) -> Result<u64, Fault> {
    let assembly = assemble_ubpf(&sections["asm"]).expect("code");
    let memory: Vec<u8> = sections.get("mem").map_or_else(Vec::new, |mem| {
        mem.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect()
    });
    let image = property::image(ProgramType::Unspec, assembly.insns, &[]);
    Machine::new(image, Options::default()).expect("a machine").run(0, &memory)
}

#[test]
fn all_cases_give_their_result() {
    let mut agreed = 0;
    let mut different = Vec::new();
    let files = osmia_testkit::cases(CASES);
    assert_eq!(files.len(), 313);
    for path in files {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let sections = sections(&fs::read_to_string(&path).expect("a readable case"));
        match run(&sections) {
            Ok(result) if result == hex(&sections["result"]) => agreed += 1,
            other => different.push((name, other)),
        }
    }
    let names: Vec<&str> = different.iter().map(|(name, _)| name.as_str()).collect();
    let known: Vec<&str> = DIFFERENT.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, known, "{different:#?}");
    assert_eq!(agreed + known.len(), 313);
}

#[test]
fn endless_code_is_stopped() {
    let assembly = assemble_ubpf("again:\nja again\nexit").expect("code");
    let image = property::image(ProgramType::Unspec, assembly.insns, &[]);
    let mut machine = Machine::new(image, Options { budget: 1000, ..Options::default() }).expect("a machine");
    let fault = machine.run(0, &[]).expect_err("a fault");
    assert_eq!((fault.kind, fault.slot), (FaultKind::BudgetExceeded, 0));
}
