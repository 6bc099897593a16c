//! `eval` and the running kernel compute the same. Needs root and a kernel with BPF.
//!
//! A program per operation applies it to all pairs of telling numbers and folds the results into one; the kernel runs it.
mod common;

use std::fs;
use std::path::Path;

use osmia_base::Endian;
use osmia_isa::{AluOp, AtomicOp, Cond, Imm64, Insn, Operand, Reg, Size, Swap, Width, eval};

use common::{llvm_assemble, object_source, output, scratch, text, utf8};

const NUMBERS: [u64; 14] = [
    0,
    1,
    2,
    7,
    0x1f,
    0x3f,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1122_3344_5566_7788,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];

/// Multiplies the fold before the next result is added.
const FACTOR: i32 = 0x0100_0193;

/// Holds the fold.
const FOLD: Reg = Reg::R6;
/// Holds zero, which the verifier does not know.
const ZERO: Reg = Reg::R7;

/// A program and what it must return.
struct Case {
    name: String,
    insns: Vec<Insn>,
    fold: u64,
}

const fn alu(op: AluOp, dst: Reg, src: Operand) -> Insn {
    Insn::Alu { op, width: Width::W64, dst, src }
}

impl Case {
    /// `r7` becomes the packet's mark, which is zero.
    fn new(name: String) -> Self {
        let mark = Insn::Load { size: Size::W, dst: ZERO, base: Reg::R1, off: 8 };
        Self { name, insns: vec![mark, alu(AluOp::Mov, FOLD, Operand::Imm(0))], fold: 0 }
    }

    /// Puts `value` into `dst` without the verifier's knowledge.
    fn load(&mut self, dst: Reg, value: u64) {
        self.insns.push(Insn::LoadImm64 { dst, value: Imm64::Value(value) });
        self.insns.push(alu(AluOp::Add, dst, Operand::Reg(ZERO)));
    }

    /// Folds what the code leaves in `reg`, and what it should.
    fn fold(&mut self, reg: Reg, expected: u64) {
        self.insns.push(alu(AluOp::Mul, FOLD, Operand::Imm(FACTOR)));
        self.insns.push(alu(AluOp::Add, FOLD, Operand::Reg(reg)));
        self.fold = self.fold.wrapping_mul(eval::immediate(FACTOR)).wrapping_add(expected);
    }

    /// The program returns both halves of the fold, one on the other.
    fn finish(mut self) -> Self {
        let half = alu(AluOp::Mov, Reg::R0, Operand::Reg(FOLD));
        let shift = alu(AluOp::Rsh, Reg::R0, Operand::Imm(32));
        self.insns.extend([half, shift, alu(AluOp::Xor, Reg::R0, Operand::Reg(FOLD)), Insn::Exit]);
        self
    }

    fn expected(&self) -> u32 {
        (self.fold ^ self.fold >> 32) as u32
    }
}

fn pairs() -> impl Iterator<Item = (u64, u64)> {
    NUMBERS.into_iter().flat_map(|left| NUMBERS.into_iter().map(move |right| (left, right)))
}

/// With a register, and with a constant where the verifier takes that.
fn arithmetic(op: AluOp, width: Width) -> Case {
    let mut case = Case::new(format!("{op:?} {width:?}"));
    let (dst, src) = (Reg::R1, Reg::R2);
    for (left, right) in pairs() {
        case.load(dst, left);
        case.load(src, right);
        case.insns.push(Insn::Alu { op, width, dst, src: Operand::Reg(src) });
        case.fold(dst, eval::alu(op, width, left, right));
        let imm = right as i32;
        let shift = matches!(op, AluOp::Lsh | AluOp::Rsh | AluOp::Arsh);
        let division = matches!(op, AluOp::Div | AluOp::SDiv | AluOp::Mod | AluOp::SMod);
        if (shift && !(0..width.bits() as i32).contains(&imm)) || (division && imm == 0) {
            continue;
        }
        case.load(dst, left);
        case.insns.push(Insn::Alu { op, width, dst, src: Operand::Imm(imm) });
        case.fold(dst, eval::alu(op, width, left, eval::immediate(imm)));
    }
    case.finish()
}

/// With a register and with a constant.
fn comparison(cond: Cond, width: Width) -> Case {
    let mut case = Case::new(format!("{cond:?} {width:?}"));
    let lhs = Reg::R1;
    for (left, right) in pairs() {
        let imm = right as i32;
        for (rhs, value) in [(Operand::Reg(Reg::R2), right), (Operand::Imm(imm), eval::immediate(imm))] {
            case.load(lhs, left);
            case.load(Reg::R2, right);
            case.insns.push(alu(AluOp::Mov, Reg::R0, Operand::Imm(1)));
            case.insns.push(Insn::Jump { cond, width, lhs, rhs, off: 1 });
            case.insns.push(alu(AluOp::Mov, Reg::R0, Operand::Imm(0)));
            case.fold(Reg::R0, eval::compare(cond, width, left, value).into());
        }
    }
    case.finish()
}

fn unary(name: String, make: impl Fn(Reg, Reg) -> Insn, meaning: impl Fn(u64) -> u64) -> Case {
    let mut case = Case::new(name);
    for number in NUMBERS {
        case.load(Reg::R1, number);
        case.insns.push(make(Reg::R1, Reg::R1));
        case.fold(Reg::R1, meaning(number));
    }
    case.finish()
}

fn unaries() -> Vec<Case> {
    let mut cases = Vec::new();
    for width in [Width::W32, Width::W64] {
        let negation = move |dst, _| Insn::Neg { width, dst };
        cases.push(unary(format!("Neg {width:?}"), negation, move |value| eval::neg(width, value)));
        for from in [Size::B, Size::H, Size::W] {
            if (width, from) == (Width::W32, Size::W) {
                continue;
            }
            let make = move |dst, src| Insn::MovSx { width, from, dst, src };
            let meaning = move |value| eval::movsx(width, from, value);
            cases.push(unary(format!("MovSx {width:?} {from:?}"), make, meaning));
        }
    }
    for kind in Swap::ALL {
        for size in [Size::H, Size::W, Size::DW] {
            let meaning = move |value| eval::swap(kind, size, Endian::Little, value);
            cases.push(unary(
                format!("{kind:?} {size:?}"),
                move |dst, _| Insn::Swap { kind, size, dst },
                meaning,
            ));
        }
    }
    cases
}

/// Folds memory, the operand's register and `r0`.
fn atomic(op: AtomicOp, size: Size) -> Case {
    let mut case = Case::new(format!("{op:?} {size:?}"));
    let (base, off, src) = (Reg::R10, -8, Reg::R2);
    for (old, operand) in pairs() {
        for compared in [old, 5] {
            case.load(Reg::R1, old);
            case.insns.push(Insn::Store { size: Size::DW, base, off, src: Operand::Reg(Reg::R1) });
            case.load(src, operand);
            case.load(Reg::R0, compared);
            case.insns.push(Insn::Atomic { op, size, base, off, src });
            case.insns.push(Insn::Load { size: Size::DW, dst: Reg::R3, base, off });
            let done = eval::atomic(op, size, old, operand, compared);
            let kept = if size == Size::W { old >> 32 << 32 } else { 0 };
            case.fold(Reg::R3, kept | done.memory);
            for (reg, before) in [(src, operand), (Reg::R0, compared)] {
                let loaded = done.loaded.filter(|_| op.result(src) == Some(reg));
                case.fold(reg, loaded.unwrap_or(before));
            }
        }
    }
    case.finish()
}

/// Loads the program and has the kernel run it on an empty packet.
fn run(case: &Case, dir: &Path, number: usize) -> u32 {
    let name = format!("meaning_{number}");
    let object = llvm_assemble(&object_source(&case.insns, "socket"), dir, &name);
    let (pin, packet) = (common::pin(&name), dir.join("packet"));
    fs::write(&packet, [0; 64]).expect("a written packet");
    output("bpftool", &["prog", "load", utf8(&object), utf8(&pin), "type", "socket"]);
    let said = text("bpftool", &["prog", "run", "pinned", utf8(&pin), "data_in", utf8(&packet)]);
    fs::remove_file(pin).expect("an unpinned program");
    let value = said.split("Return value: ").nth(1).and_then(|rest| rest.split(',').next());
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{}: {said}", case.name))
}

fn agree(cases: &[Case], name: &str) {
    let dir = scratch(name);
    for (number, case) in cases.iter().enumerate() {
        let number = number + 1000 * name.len();
        assert_eq!(run(case, &dir, number), case.expected(), "{}", case.name);
    }
    fs::remove_dir_all(dir).expect("a removed directory");
}

const WIDTHS: [Width; 2] = [Width::W32, Width::W64];

#[test]
fn arithmetic_means_what_the_kernel_means() {
    let cases: Vec<Case> =
        AluOp::ALL.into_iter().flat_map(|op| WIDTHS.map(|width| arithmetic(op, width))).collect();
    agree(&cases, "arithmetic");
    agree(&unaries(), "unaries");
}

#[test]
fn comparisons_mean_what_the_kernel_means() {
    let cases: Vec<Case> =
        Cond::ALL.into_iter().flat_map(|cond| WIDTHS.map(|width| comparison(cond, width))).collect();
    agree(&cases, "comparisons");
}

#[test]
fn atomics_mean_what_the_kernel_means() {
    let sizes = [Size::W, Size::DW];
    let cases: Vec<Case> =
        AtomicOp::ALL.into_iter().flat_map(|op| sizes.map(|size| atomic(op, size))).collect();
    agree(&cases, "atomics");
}
