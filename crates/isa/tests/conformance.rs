//! bpf_conformance's cases assemble; and what needs neither memory nor calls computes the result, by `eval` alone.
use std::collections::BTreeMap;
use std::fs;

use osmia_base::Endian;
use osmia_isa::text::assemble_ubpf;
use osmia_isa::{Imm64, Insn, Operand, decode, encode, eval, flow};

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

fn cases() -> Vec<(String, BTreeMap<String, String>)> {
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).expect("a readable case");
        (path.file_name().expect("a name").to_string_lossy().into_owned(), sections(&text))
    };
    osmia_testkit::cases("tests/conformance/tests").into_iter().map(read).collect()
}

/// A machine of registers only, `r2` the length of the memory. None where an instruction needs more than that.
fn run(insns: &[Insn], length: u64) -> Option<u64> {
    let flow = flow::analyze(insns).expect("valid control flow");
    let mut regs = [0_u64; 11];
    regs[2] = length;
    let mut at = 0;
    for _ in 0..1_000_000 {
        let insn = insns.get(at)?;
        let get = |operand: Operand| match operand {
            Operand::Reg(reg) => regs[usize::from(reg.number())],
            Operand::Imm(imm) => eval::immediate(imm),
        };
        let set = match *insn {
            Insn::Alu { op, width, dst, src } => {
                Some((dst, eval::alu(op, width, get(Operand::Reg(dst)), get(src))))
            }
            Insn::Neg { width, dst } => Some((dst, eval::neg(width, get(Operand::Reg(dst))))),
            Insn::MovSx { width, from, dst, src } => {
                Some((dst, eval::movsx(width, from, get(Operand::Reg(src)))))
            }
            Insn::Swap { kind, size, dst } => {
                Some((dst, eval::swap(kind, size, Endian::Little, get(Operand::Reg(dst)))))
            }
            Insn::LoadImm64 { dst, value: Imm64::Value(value) } => Some((dst, value)),
            Insn::Jump { .. } | Insn::Goto { .. } | Insn::GotoLong { .. } => None,
            Insn::Exit => return Some(regs[0]),
            _ => return None,
        };
        let taken = match *insn {
            Insn::Jump { cond, width, lhs, rhs, .. } => {
                eval::compare(cond, width, get(Operand::Reg(lhs)), get(rhs))
            }
            _ => true,
        };
        if let Some((dst, value)) = set {
            regs[usize::from(dst.number())] = value;
        }
        at = flow.target(at, insn).filter(|_| taken).unwrap_or(at + 1);
    }
    None
}

fn hex(text: &str) -> u64 {
    let text = text.trim();
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
    .expect("a number")
}

#[test]
fn all_cases_assemble() {
    let cases = cases();
    assert_eq!(cases.len(), 313);
    for (name, sections) in &cases {
        let assembly = assemble_ubpf(&sections["asm"]).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        assert_eq!(decode(&encode(&assembly.insns)).as_ref(), Ok(&assembly.insns), "{name}");
        flow::analyze(&assembly.insns).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        if let Some(raw) = sections.get("raw") {
            let words: Vec<u8> = raw.split_whitespace().flat_map(|word| hex(word).to_le_bytes()).collect();
            assert_eq!(encode(&assembly.insns), words, "{name}");
        }
    }
}

#[test]
fn cases_of_registers_only_compute_their_result() {
    let mut count = 0;
    for (name, sections) in cases() {
        let assembly = assemble_ubpf(&sections["asm"]).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        let length = sections.get("mem").map_or(0, |mem| mem.split_whitespace().count() as u64);
        if let Some(result) = run(&assembly.insns, length) {
            assert_eq!(result, hex(&sections["result"]), "{name}");
            count += 1;
        }
    }
    assert_eq!(count, 220, "cases without memory and calls");
}
