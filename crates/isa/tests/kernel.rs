//! The running kernel's own disassembly, and bpftool's, agree with ours. Needs root and a kernel with BPF.
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use osmia_base::Endian;
use osmia_isa::text::{Names, assemble, kernel};
use osmia_isa::{Callee, Insn, Xlated, decode_xlated, encode};

use common::{function_source, llvm_assemble, object_source, output, scratch, text, tool, utf8};

/// A pinned program, gone when dropped.
struct Pin(PathBuf);

impl Pin {
    /// Loads the object's program, and what the verifier said.
    fn load(object: &Path, name: &str) -> (Self, String) {
        let pin = Self(common::pin(name));
        let args = ["-d", "prog", "load", utf8(object), utf8(&pin.0), "type", "socket"];
        let run = tool("bpftool", &args);
        let log = String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{log}");
        (pin, log)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Position and text of lines such as `12: (b7) r1 = 0    ; R1=0`.
fn instructions(log: &str) -> BTreeMap<u32, String> {
    let line = |line: &str| {
        let (slot, rest) = line.trim_start().split_once(": ")?;
        let slot = slot.parse().ok()?;
        let insn = rest.split(" ;").next().unwrap_or(rest).trim();
        insn.starts_with('(').then(|| (slot, insn.to_owned()))
    };
    log.lines().filter_map(line).collect()
}

/// An object in the form that libbpf wants: the function of the last two instructions is in a section of its own, and
/// a relocation leads there, which libbpf turns into the distance that `insns` has.
fn with_subprogram(insns: &[Insn]) -> String {
    let (main, function) = insns.split_at(insns.len() - 2);
    let mut source = object_source(main, "socket");
    let local = |insn: &Insn| matches!(insn, Insn::Call(Callee::Local(_)));
    let at = main.iter().position(local).expect("a call of a function");
    let (before, after) = main.split_at(at);
    let bytes =
        |insns: &[Insn]| encode(insns).iter().map(|byte| format!("\t.byte {byte}\n")).collect::<String>();
    source = source.replace(&bytes(main), &(bytes(before) + "\tcall function\n" + &bytes(&after[1..])));
    source + &function_source(function, ".text", "function")
}

#[test]
fn the_verifier_log_and_we_disassemble_alike() {
    let dir = scratch("log");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/verifier_log.asm");
    let source = fs::read_to_string(path).expect("the source");
    let insns = assemble(&source).expect("a valid text").insns;
    let object = llvm_assemble(&with_subprogram(&insns), &dir, "log");
    let (_pin, log) = Pin::load(&object, "log");
    let ours = instructions(&kernel::disassemble(&insns, &Names::of_helpers()));
    let theirs = instructions(&log);
    assert_eq!(ours.len(), insns.len());
    for (slot, insn) in &ours {
        assert_eq!(theirs.get(slot), Some(insn), "at {slot} of the log:\n{log}");
    }
    assert_eq!(ours.len(), theirs.len());
    // And back: the kernel's text is the same program.
    let again: String = theirs.iter().map(|(slot, insn)| format!("{slot}: {insn}\n")).collect();
    assert_eq!(assemble(&again).map(|assembly| assembly.insns), Ok(insns));
    fs::remove_dir_all(dir).expect("a removed directory");
}

/// The symbols of the kernel by address; where several share one, any that bpftool might find.
fn kernel_symbols() -> BTreeMap<u64, Vec<String>> {
    let mut found: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let text = fs::read_to_string("/proc/kallsyms").expect("the kernel's symbols");
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let address = words.next().and_then(|word| u64::from_str_radix(word, 16).ok());
        if let (Some(address), Some(name)) = (address, words.nth(1)) {
            found.entry(address).or_default().push(name.to_owned());
        }
    }
    found
}

/// The names that bpftool would find for the calls of a loaded program.
fn names(insns: &[Xlated], dump: &str) -> Names {
    let symbols = kernel_symbols();
    let base = symbols
        .iter()
        .find(|(_, names)| names.iter().any(|name| name == "__bpf_call_base"))
        .map_or(0, |(&address, _)| address);
    let mut names = Names::of_helpers();
    for insn in insns {
        if let Xlated::Insn(Insn::Call(Callee::Helper(id))) = *insn {
            let address = base.wrapping_add_signed((id as i32).into());
            let shared = symbols.get(&address).cloned().unwrap_or_default();
            let shown = shared.into_iter().find(|name| dump.contains(&format!("call {name}#")));
            names.kernel.insert(id as i32, shown.unwrap_or_else(|| format!("{address:#x}")));
        }
        // Functions are JITed under names with tags, which only the kernel knows.
        if let Xlated::CallLocal { off, subprogram } = *insn {
            let shown = dump.split(&format!("call pc{off:+}#")).nth(1).and_then(|rest| rest.lines().next());
            names.subprograms.insert(subprogram, shown.unwrap_or_default().to_owned());
        }
    }
    names
}

/// `r0 = &(void __percpu *)(r1)` as `r0 = r1`.
fn plain_move(line: &str) -> String {
    match line.split_once("&(void __percpu *)(") {
        Some((before, after)) => format!("{before}{}", after.trim_end_matches(')')),
        None => line.to_owned(),
    }
}

#[test]
fn bpftool_and_we_dump_a_loaded_program_alike() {
    let dir = scratch("xlated");
    let (object, raw) = (dir.join("xlated.o"), dir.join("xlated.bin"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/xlated.c");
    let include = "-I/usr/include/x86_64-linux-gnu";
    let flags = ["-target", "bpf", "-mcpu=v3", "-O2", "-g", include, "-c", source, "-o", utf8(&object)];
    output("clang-19", &flags);
    let (pin, _) = Pin::load(&object, "xlated");
    let dump = text("bpftool", &["prog", "dump", "xlated", "pinned", utf8(&pin.0)]);
    output("bpftool", &["prog", "dump", "xlated", "pinned", utf8(&pin.0), "file", utf8(&raw)]);
    let bytes = fs::read(&raw).expect("the loaded program");
    let insns = decode_xlated(&bytes, Endian::Little).expect("whole slots");
    // Between the instructions, bpftool shows functions and source lines.
    let theirs: Vec<&str> = dump
        .lines()
        .filter(|line| line.split_once(':').is_some_and(|(slot, _)| slot.trim().parse::<u32>().is_ok()))
        .collect();
    let ours = kernel::disassemble_xlated(&insns, &names(&insns, &dump));
    for (our, their) in ours.lines().zip(&theirs) {
        // bpftool 7.1 does not know the address of a per-CPU variable and shows a plain move.
        let known = if their.contains("__percpu") { our.to_owned() } else { plain_move(our) };
        assert_eq!(known, *their, "in\n{dump}");
    }
    assert_eq!(ours.lines().count(), theirs.len(), "\n{dump}");
    for needed in ["map[id:", "][0]+", "subprog[", "call pc+", "lock *(u64 *)", "tail_call#12"] {
        assert!(ours.contains(needed), "{needed} in\n{ours}");
    }
    drop(pin);
    fs::remove_dir_all(dir).expect("a removed directory");
}
