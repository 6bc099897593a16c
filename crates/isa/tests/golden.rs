//! Texts in one syntax: their bytes, the other syntaxes, or what is wrong with them.
use std::collections::BTreeMap;
use std::fmt::Write as _;

use osmia_base::{Diagnostic, Diagnostics, Source};
use osmia_isa::text::{AsmError, Assembly, Names, assemble, assemble_ubpf, kernel, llvm};
use osmia_isa::{Insn, encode};
use osmia_testkit::golden;

fn rejected(text: &str, errors: Vec<AsmError>) -> String {
    let list = errors.into_iter().map(Diagnostic::from).collect();
    Diagnostics { list }.render(&Source::new("stdin", text))
}

/// A line per instruction: slot, bytes, the kernel's text, LLVM's.
fn table(assembly: &Assembly) -> String {
    let labels = assembly.labels.iter().map(|(name, &slot)| (slot, name.clone())).collect();
    let maps = BTreeMap::from([(1, "counts".to_owned())]);
    let kernel_names = Names { maps, ..Names::of_helpers() };
    let llvm_names = Names { labels, ..Names::default() };
    let mut out = String::new();
    let mut slot = 0;
    for insn in &assembly.insns {
        let bytes: Vec<String> = encode(&[*insn]).chunks(8).map(hex).collect();
        let kernel = kernel::instruction(insn, &kernel_names);
        let llvm = llvm::instruction(insn, slot, &llvm_names, llvm::Narrow::W).replace('\t', " ");
        let _ = writeln!(out, "{slot:3}: {}  {kernel:56} {llvm}", bytes.join(" "));
        slot += Insn::slots(insn);
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn texts_in_the_kernels_and_llvms_syntax() {
    golden("tests/disasm", |input| match assemble(input) {
        Ok(assembly) => table(&assembly),
        Err(errors) => rejected(input, errors),
    });
}

#[test]
fn texts_in_ubpfs_syntax() {
    golden("tests/ubpf", |input| match assemble_ubpf(input) {
        Ok(assembly) => table(&assembly),
        Err(errors) => rejected(input, errors),
    });
}
