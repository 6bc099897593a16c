//! The same text and the same bytes mean the same to LLVM 19 and to us.
mod common;

use std::collections::BTreeMap;
use std::fs;

use osmia_base::Endian;
use osmia_isa::text::{Names, assemble, llvm};
use osmia_isa::{Insn, decode, decode_with, encode, encode_with};

use common::{every_form, llvm_assemble, output, scratch, text, utf8};

/// The disassembly of LLVM: position and text, `<label>` lines left out.
fn objdump(object: &str, cpu: &[&str]) -> BTreeMap<u32, String> {
    let args = [cpu, &["-d", "--no-show-raw-insn", object]].concat();
    let listing = text("llvm-objdump-19", &args);
    lines(&listing)
}

fn lines(listing: &str) -> BTreeMap<u32, String> {
    let line = |line: &str| {
        let (slot, insn) = line.split_once(":\t")?;
        Some((slot.trim().parse().ok()?, insn.trim_end().to_owned()))
    };
    listing.lines().filter_map(line).collect()
}

fn section(object: &str, name: &str, dir: &std::path::Path) -> Vec<u8> {
    let raw = dir.join("raw");
    output("llvm-objcopy-19", &["-O", "binary", "--only-section", name, object, utf8(&raw)]);
    fs::read(raw).expect("the section's bytes")
}

fn labels(found: impl IntoIterator<Item = (String, u32)>) -> Names {
    let labels = found.into_iter().map(|(name, slot)| (slot, name)).collect();
    Names { labels, ..Names::default() }
}

/// Compares with both ways of LLVM to name narrow registers.
fn compare(insns: &[Insn], names: &Names, object: &str) {
    for (narrow, cpu) in [(llvm::Narrow::W, &["--mcpu=v4"][..]), (llvm::Narrow::R, &[])] {
        let mut theirs = objdump(object, cpu);
        let mut ours = lines(&llvm::disassemble(insns, names, narrow));
        assert_eq!(ours.len(), insns.len());
        assert!(ours.keys().eq(theirs.keys()), "positions");
        if narrow == llvm::Narrow::R {
            let known = ours.keys().copied().zip(insns).filter(|(_, insn)| known_to_v1(insn));
            let known: Vec<u32> = known.map(|(slot, _)| slot).collect();
            theirs.retain(|slot, _| known.contains(slot));
            ours.retain(|slot, _| known.contains(slot));
        }
        let differ: Vec<_> = theirs.iter().filter(|&(slot, insn)| ours[slot] != *insn).collect();
        let shown: Vec<_> = differ.iter().take(10).map(|&(slot, insn)| (slot, insn, &ours[slot])).collect();
        assert!(differ.is_empty(), "{} differ (slot, theirs, ours): {shown:#?}", differ.len());
    }
}

/// LLVM's default CPU has no 32-bit atomics but addition, and takes that one's form with `fetch` for the other.
fn known_to_v1(insn: &Insn) -> bool {
    use osmia_isa::{AtomicOp, Size};
    match insn {
        Insn::Atomic { op, size, .. } => *size == Size::DW || *op == AtomicOp::Add { fetch: false },
        _ => true,
    }
}

#[test]
fn llvm_and_we_assemble_alike() {
    let dir = scratch("assemble");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/every_form.s");
    let source = fs::read_to_string(path).expect("the source");
    let object = llvm_assemble(&source, &dir, "every_form");
    let assembly = assemble(&source).unwrap_or_else(|errors| {
        let show = |error: &osmia_isa::text::AsmError| format!("`{}`: {error}", error.span.of(&source));
        panic!("{:#?}", errors.iter().map(show).collect::<Vec<_>>())
    });
    let theirs = section(utf8(&object), ".text", &dir);
    assert_eq!(decode(&theirs).as_ref(), Ok(&assembly.insns));
    assert_eq!(encode(&assembly.insns), theirs);
    let names = labels(assembly.labels.into_iter().filter(|(name, _)| !name.starts_with(".L")));
    compare(&assembly.insns, &names, utf8(&object));
    fs::remove_dir_all(dir).expect("a removed directory");
}

#[test]
fn llvm_and_we_disassemble_alike() {
    let dir = scratch("disassemble");
    let insns = every_form();
    let object = llvm_assemble(&common::object_source(&insns, "socket"), &dir, "every_form");
    let names = labels([("prog".to_owned(), 0)]);
    compare(&insns, &names, utf8(&object));
    fs::remove_dir_all(dir).expect("a removed directory");
}

#[test]
fn llvm_and_we_assemble_big_endian_alike() {
    let dir = scratch("big");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/every_form.s");
    let object = dir.join("big.o");
    output("llvm-mc-19", &["-triple=bpfeb", "-mcpu=v4", "-filetype=obj", "-o", utf8(&object), path]);
    let source = fs::read_to_string(path).expect("the source");
    let insns = assemble(&source).expect("a valid text").insns;
    let theirs = section(utf8(&object), ".text", &dir);
    assert_eq!(decode_with(&theirs, Endian::Big).as_ref(), Ok(&insns));
    assert_eq!(encode_with(&insns, Endian::Big), theirs);
    fs::remove_dir_all(dir).expect("a removed directory");
}
