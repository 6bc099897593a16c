//! The running kernel takes and refuses the encodings that we take and refuse. Needs root and a kernel with BPF.
mod common;

use std::fs;
use std::path::Path;

use osmia_base::Endian;
use osmia_isa::wire::Slot;
use osmia_isa::{AluOp, Insn, Operand, Reg, Width, decode, encode};

use common::{llvm_assemble, object_source, scratch, tool, utf8};

/// What the kernel said about one slot between code that initializes all registers and an exit.
struct Verdict {
    slot: Slot,
    accepted: bool,
    log: String,
}

/// A slot to look for in the object file, and to put the slots under test in its place.
const MARK: i32 = 0x0bee_5eed;

fn set(dst: Reg, imm: i32) -> Insn {
    Insn::Alu { op: AluOp::Mov, width: Width::W64, dst, src: Operand::Imm(imm) }
}

/// The bytes of an object whose program initializes registers, has one slot of choice, and ends.
fn template(dir: &Path) -> (Vec<u8>, usize) {
    let mut insns: Vec<Insn> = Reg::ALL[..10].iter().map(|&reg| set(reg, 1)).collect();
    insns.extend([set(Reg::R0, MARK), set(Reg::R0, 0), Insn::Exit]);
    let object = llvm_assemble(&object_source(&insns, "socket"), dir, "template");
    let bytes = fs::read(object).expect("the object");
    let mark = encode(&[set(Reg::R0, MARK)]);
    let at = bytes.windows(8).position(|window| window == mark).expect("the mark");
    (bytes, at)
}

fn judge(object: &[u8], at: usize, slot: Slot, path: &Path) -> Verdict {
    let mut bytes = object.to_vec();
    bytes.splice(at..at + 8, slot.bytes(Endian::Little));
    fs::write(path, bytes).expect("a written object");
    let pin = common::pin(&path.file_stem().expect("a name").to_string_lossy());
    let run = tool("bpftool", &["-d", "prog", "load", utf8(path), utf8(&pin), "type", "socket"]);
    let _ = fs::remove_file(pin);
    let log = String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout);
    Verdict { slot, accepted: run.status.success(), log }
}

/// Has the kernel judge all slots, on two threads.
fn judge_all(slots: &[Slot], name: &str) -> Vec<Verdict> {
    let dir = scratch(name);
    let (object, at) = template(&dir);
    let half = slots.len().div_ceil(2);
    let verdicts = std::thread::scope(|scope| {
        let parts: Vec<_> = slots
            .chunks(half)
            .enumerate()
            .map(|(part, slots)| {
                let path = dir.join(format!("{name}_{part}.o"));
                let object = &object;
                let judge = move |&slot| judge(object, at, slot, &path);
                scope.spawn(move || slots.iter().map(judge).collect::<Vec<_>>())
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("a thread that ends")).collect()
    });
    fs::remove_dir_all(dir).expect("a removed directory");
    verdicts
}

/// What the kernel says of opcodes, fields and registers that do not exist.
fn refused_as_encoding(log: &str) -> bool {
    const WORDS: [&str; 7] = [
        "unknown opcode",
        "unknown insn class",
        "invalid BPF_LD_IMM",
        "uses reserved fields",
        "unrecognized bpf_ld_imm64",
        "is invalid",
        "invalid atomic operand size",
    ];
    WORDS.iter().any(|words| log.contains(words))
}

/// `callx` and, before 6.19, `gotox` are not the kernel's.
const fn ours_alone(slot: Slot) -> bool {
    matches!(slot.opcode, 0x8d | 0x0d)
}

/// The constants without which an opcode means nothing at all.
const fn plain(opcode: u8) -> Slot {
    let imm = match opcode {
        0xd4 | 0xdc | 0xd7 => 16,
        0x34 | 0x37 | 0x94 | 0x97 => 1,
        _ => 0,
    };
    Slot { opcode, dst: 0, src: 0, off: 0, imm }
}

#[test]
fn the_kernel_knows_the_opcodes_that_we_know() {
    // A 64-bit constant takes two slots: the kernel tests have those.
    let slots: Vec<Slot> = (0..=u8::MAX).filter(|&opcode| opcode != 0x18).map(plain).collect();
    let mut accepted = 0;
    for Verdict { slot, accepted: taken, log } in judge_all(&slots, "opcodes") {
        let known = decode(&slot.bytes(Endian::Little)).is_ok();
        assert_eq!(known, ours_alone(slot) || !refused_as_encoding(&log), "{slot:?}\n{log}");
        accepted += u32::from(taken);
    }
    assert!(accepted > 80, "only {accepted} accepted: the test has lost its power");
}

#[test]
fn the_kernel_wants_zero_in_the_fields_that_we_want_zero_in() {
    let with = |slot: Slot| {
        [
            Slot { src: 1, ..slot },
            Slot { dst: 1, ..slot },
            Slot { dst: 11, ..slot },
            Slot { src: 12, ..slot },
            Slot { off: 1, ..slot },
            Slot { off: 8, ..slot },
            Slot { off: 32, ..slot },
            Slot { imm: slot.imm + 1, ..slot },
        ]
    };
    let opcodes = (0..=u8::MAX).filter(|&opcode| opcode != 0x18).map(plain);
    let known = opcodes.filter(|slot| decode(&slot.bytes(Endian::Little)).is_ok());
    let slots: Vec<Slot> = known.filter(|&slot| !ours_alone(slot)).flat_map(with).collect();
    let mut differ = Vec::new();
    for Verdict { slot, accepted, log } in judge_all(&slots, "fields") {
        let ours = decode(&slot.bytes(Endian::Little));
        let theirs = !refused_as_encoding(&log);
        // What we refuse, the kernel may refuse for any reason; what we take, not for its encoding.
        let wrong = if ours.is_ok() { !theirs } else { accepted };
        if wrong {
            differ.push(format!("{slot:?}: ours {ours:?}, theirs:\n{log}"));
        }
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), slots.len(), differ.join("\n"));
}
