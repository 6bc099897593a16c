//! What the tests that ask other programs share.
#![allow(dead_code, reason = "every test binary uses its own part")]
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use osmia_isa::{AluOp, AtomicOp, Callee, Cond, Imm64, Insn, Operand, Reg, Size, Swap, Width, encode};

/// A directory of this test process's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("osmia-isa-{}-{name}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    dir
}

/// The path of a pin in the BPF file system, which is mounted where it is not yet: once, whoever asks first.
pub(crate) fn pin(name: &str) -> PathBuf {
    let lock = fs::File::create(std::env::temp_dir().join("osmia-bpffs.lock")).expect("a lock file");
    lock.lock().expect("a lock");
    let mounts = fs::read_to_string("/proc/mounts").expect("the mounts");
    if !mounts.contains(" /sys/fs/bpf bpf ") {
        output("mount", &["-t", "bpf", "bpf", "/sys/fs/bpf"]);
    }
    PathBuf::from(format!("/sys/fs/bpf/osmia_isa_{}_{name}", std::process::id()))
}

/// Runs a program that must be installed, and returns what it said whether or not it succeeded.
pub(crate) fn tool(program: &str, args: &[&str]) -> Output {
    let run = Command::new(program).args(args).output();
    run.unwrap_or_else(|error| panic!("{program}: {error}; these tests compare with it, so install it"))
}

/// Runs a program that must be installed and succeed; its standard output.
pub(crate) fn output(program: &str, args: &[&str]) -> Vec<u8> {
    let run = tool(program, args);
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{program} {args:?}: {errors}");
    run.stdout
}

/// Runs it and returns its standard output as text.
pub(crate) fn text(program: &str, args: &[&str]) -> String {
    String::from_utf8(output(program, args)).expect("text")
}

pub(crate) fn utf8(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

/// An assembler file that holds the bytes of `insns` in `section`, as a program.
pub(crate) fn object_source(insns: &[Insn], section: &str) -> String {
    format!(
        "{}\t.section license,\"aw\",@progbits\n\t.asciz \"GPL\"\n",
        function_source(insns, section, "prog")
    )
}

/// An assembler text that holds the bytes of `insns` in `section`, as a function.
pub(crate) fn function_source(insns: &[Insn], section: &str, name: &str) -> String {
    let mut source = format!(
        "\t.section {section},\"ax\",@progbits\n\t.globl {name}\n\t.type {name},@function\n{name}:\n"
    );
    for byte in encode(insns) {
        let _ = writeln!(source, "\t.byte {byte}");
    }
    let _ = writeln!(source, "\t.size {name}, .-{name}");
    source
}

/// Assembles with LLVM.
pub(crate) fn llvm_assemble(source: &str, dir: &Path, name: &str) -> PathBuf {
    let (input, object) = (dir.join(format!("{name}.s")), dir.join(format!("{name}.o")));
    fs::write(&input, source).expect("a written file");
    let args = ["-triple=bpfel", "-mcpu=v4", "-filetype=obj", "-o", utf8(&object), utf8(&input)];
    output("llvm-mc-19", &args);
    object
}

/// Instructions of every form, with numbers at the edges of their fields.
pub(crate) fn every_form() -> Vec<Insn> {
    let mut insns = Vec::new();
    arithmetic(&mut insns);
    memory(&mut insns);
    control(&mut insns);
    insns
}

const IMMS: [i32; 6] = [0, 1, -1, 0x1234, i32::MIN, i32::MAX];
const OFFS: [i16; 5] = [0, 1, -8, i16::MIN, i16::MAX];
const WIDTHS: [Width; 2] = [Width::W32, Width::W64];

fn operands() -> impl Iterator<Item = Operand> {
    IMMS.into_iter().map(Operand::Imm).chain([Operand::Reg(Reg::R3), Operand::Reg(Reg::R10)])
}

fn arithmetic(insns: &mut Vec<Insn>) {
    for width in WIDTHS {
        for op in AluOp::ALL {
            insns.extend(operands().map(|src| Insn::Alu { op, width, dst: Reg::R1, src }));
        }
        insns.push(Insn::Neg { width, dst: Reg::R9 });
        for from in [Size::B, Size::H, Size::W] {
            if (width, from) != (Width::W32, Size::W) {
                insns.push(Insn::MovSx { width, from, dst: Reg::R7, src: Reg::R8 });
            }
        }
    }
    for kind in Swap::ALL {
        insns.extend([Size::H, Size::W, Size::DW].map(|size| Insn::Swap { kind, size, dst: Reg::R5 }));
    }
    for value in [0, 1, 0xffff_ffff, u64::MAX, 1 << 63, 0x1122_3344_5566_7788] {
        insns.push(Insn::LoadImm64 { dst: Reg::R2, value: Imm64::Value(value) });
    }
    for spaces in [1 << 16, 1] {
        insns.push(Insn::AddrSpaceCast { dst: Reg::R1, src: Reg::R2, spaces });
    }
}

fn memory(insns: &mut Vec<Insn>) {
    let (dst, base) = (Reg::R4, Reg::R10);
    for off in OFFS {
        for size in Size::ALL {
            insns.push(Insn::Load { size, dst, base, off });
            insns.extend(operands().map(|src| Insn::Store { size, base, off, src }));
        }
        insns.extend([Size::B, Size::H, Size::W].map(|size| Insn::LoadSx { size, dst, base, off }));
        for size in [Size::W, Size::DW] {
            insns.extend(AtomicOp::ALL.map(|op| Insn::Atomic { op, size, base, off, src: dst }));
        }
    }
    for size in [Size::B, Size::H, Size::W] {
        insns.extend(IMMS.map(|imm| Insn::LoadPacket { size, index: None, imm }));
        insns.push(Insn::LoadPacket { size, index: Some(Reg::R7), imm: 0 });
    }
}

fn control(insns: &mut Vec<Insn>) {
    for width in WIDTHS {
        for cond in Cond::ALL {
            insns.extend(operands().map(|rhs| Insn::Jump { cond, width, lhs: Reg::R2, rhs, off: 5 }));
        }
    }
    for off in OFFS {
        insns.extend([Insn::Goto { off }, Insn::MayGoto { off }, Insn::GotoLong { off: off.into() }]);
        let (lhs, rhs) = (Reg::R1, Operand::Imm(0));
        insns.push(Insn::Jump { cond: Cond::Eq, width: Width::W64, lhs, rhs, off });
    }
    insns.extend([1, 211, u32::MAX].map(|id| Insn::Call(Callee::Helper(id))));
    insns.extend([Insn::Call(Callee::Local(-3)), Insn::Call(Callee::Register(Reg::R6)), Insn::Exit]);
}
