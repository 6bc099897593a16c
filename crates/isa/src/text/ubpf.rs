//! uBPF's syntax, in which bpf_conformance's cases are written: `jne %r0, 15, failed`. Read only.
use super::lex::Kind;
use super::parser::{self, Assembly, Dialect, Parsed, Parser};
use super::{AsmError, AsmErrorKind};
use crate::{AluOp, AtomicOp, Callee, Cond, Imm64, Insn, Operand, Reg, Size, Swap, Width};

/// Reads instructions in uBPF's syntax: a mnemonic, operands apart by commas, registers as `%r0`, labels before `:`.
/// The first `exit` has the label `exit`, unless that stands elsewhere.
pub fn assemble_ubpf(text: &str) -> Result<Assembly, Vec<AsmError>> {
    const DIALECT: Dialect = Dialect { statement, helper: |_| None, exit_label: Some("exit") };
    parser::run(text, &DIALECT)
}

/// Mnemonics of arithmetic; `32` after one halves the width.
const ALU: [(&str, AluOp); 14] = [
    ("add", AluOp::Add),
    ("sub", AluOp::Sub),
    ("mul", AluOp::Mul),
    ("div", AluOp::Div),
    ("sdiv", AluOp::SDiv),
    ("or", AluOp::Or),
    ("and", AluOp::And),
    ("lsh", AluOp::Lsh),
    ("rsh", AluOp::Rsh),
    ("mod", AluOp::Mod),
    ("smod", AluOp::SMod),
    ("xor", AluOp::Xor),
    ("mov", AluOp::Mov),
    ("arsh", AluOp::Arsh),
];

/// Mnemonics of conditional jumps; `32` after one halves the width.
const JUMPS: [(&str, Cond); 11] = [
    ("jeq", Cond::Eq),
    ("jgt", Cond::Gt),
    ("jge", Cond::Ge),
    ("jset", Cond::Set),
    ("jne", Cond::Ne),
    ("jsgt", Cond::Sgt),
    ("jsge", Cond::Sge),
    ("jlt", Cond::Lt),
    ("jle", Cond::Le),
    ("jslt", Cond::Slt),
    ("jsle", Cond::Sle),
];

/// Mnemonics of byte order, before the number of bits.
const SWAPS: [(&str, Swap); 4] =
    [("le", Swap::ToLittle), ("be", Swap::ToBig), ("swap", Swap::Always), ("bswap", Swap::Always)];

/// Mnemonics of sign-extending moves: bits read, bits written.
const MOVSX: [(&str, Size, Width); 5] = [
    ("movsx832", Size::B, Width::W32),
    ("movsx1632", Size::H, Width::W32),
    ("movsx864", Size::B, Width::W64),
    ("movsx1664", Size::H, Width::W64),
    ("movsx3264", Size::W, Width::W64),
];

/// The letters that end a load's or store's mnemonic.
const SIZES: [(&str, Size); 4] = [("dw", Size::DW), ("w", Size::W), ("h", Size::H), ("b", Size::B)];

fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(name, _)| *name == word).map(|&(_, found)| found)
}

/// A mnemonic that `32` may follow.
fn with_width<T: Copy>(table: &[(&str, T)], word: &str) -> Option<(T, Width)> {
    let long = |word| find(table, word).map(|found| (found, Width::W64));
    long(word).or_else(|| find(table, word.strip_suffix("32")?).map(|found| (found, Width::W32))).or_else(
        || {
            // `add64` is `add`.
            long(word.strip_suffix("64")?)
        },
    )
}

fn swap_named(word: &str) -> Option<(Swap, Size)> {
    let (kind, bits) = SWAPS.iter().find_map(|&(name, kind)| Some((kind, word.strip_prefix(name)?)))?;
    find(&[("16", Size::H), ("32", Size::W), ("64", Size::DW)], bits).map(|size| (kind, size))
}

fn statement(p: &mut Parser<'_>) -> Parsed<Insn> {
    let word = p.word("an instruction")?;
    if let Some((op, width)) = with_width(&ALU, word) {
        let dst = register(p)?;
        return Ok(Insn::Alu { op, width, dst, src: second(p)? });
    }
    if let Some((cond, width)) = with_width(&JUMPS, word) {
        let lhs = register(p)?;
        let rhs = second(p)?;
        p.sign(",")?;
        return Ok(Insn::Jump { cond, width, lhs, rhs, off: target(p)? });
    }
    if let Some((kind, size)) = swap_named(word) {
        return Ok(Insn::Swap { kind, size, dst: register(p)? });
    }
    if let Some(&(_, from, width)) = MOVSX.iter().find(|(name, _, _)| *name == word) {
        let dst = register(p)?;
        p.sign(",")?;
        return Ok(Insn::MovSx { width, from, dst, src: register(p)? });
    }
    other(p, word)
}

fn other(p: &mut Parser<'_>, word: &str) -> Parsed<Insn> {
    let size = |prefix: &str| find(&SIZES, word.strip_prefix(prefix)?);
    if let Some(size) = size("ldxs").filter(|&size| size != Size::DW) {
        return load(p).map(|(dst, base, off)| Insn::LoadSx { size, dst, base, off });
    }
    if let Some(size) = size("ldx") {
        return load(p).map(|(dst, base, off)| Insn::Load { size, dst, base, off });
    }
    if let Some(size) = size("stx") {
        let (base, off) = address(p)?;
        p.sign(",")?;
        return Ok(Insn::Store { size, base, off, src: Operand::Reg(register(p)?) });
    }
    if let Some(size) = size("st") {
        let (base, off) = address(p)?;
        p.sign(",")?;
        return Ok(Insn::Store { size, base, off, src: Operand::Imm(p.imm32()?) });
    }
    match word {
        "neg" | "neg64" => Ok(Insn::Neg { width: Width::W64, dst: register(p)? }),
        "neg32" => Ok(Insn::Neg { width: Width::W32, dst: register(p)? }),
        "lddw" => load_constant(p),
        "ja" => Ok(Insn::Goto { off: target(p)? }),
        "ja32" => Ok(Insn::GotoLong { off: long_target(p)? }),
        "call" => call(p),
        "exit" => Ok(Insn::Exit),
        "lock" => lock(p),
        _ => p.wrong(AsmErrorKind::Mnemonic(word.to_owned())),
    }
}

/// register = "%"? name
fn register(p: &mut Parser<'_>) -> Parsed<Reg> {
    p.eat("%");
    p.register_of(Width::W64)
}

fn at_register(p: &Parser<'_>) -> bool {
    p.peek_kind() == Kind::Sign("%") || parser::register_named(p.text_at(0)).is_some()
}

/// second = "," (register | number)
fn second(p: &mut Parser<'_>) -> Parsed<Operand> {
    p.sign(",")?;
    if at_register(p) { register(p).map(Operand::Reg) } else { p.imm32().map(Operand::Imm) }
}

fn target(p: &mut Parser<'_>) -> Parsed<i16> {
    if p.peek_kind() == Kind::Word { p.wanted_label().map(|()| 0) } else { p.off16() }
}

fn long_target(p: &mut Parser<'_>) -> Parsed<i32> {
    if p.peek_kind() == Kind::Word { p.wanted_label().map(|()| 0) } else { p.imm32() }
}

/// address = "[" register number? "]"
fn address(p: &mut Parser<'_>) -> Parsed<(Reg, i16)> {
    p.sign("[")?;
    let base = register(p)?;
    let off = if matches!(p.peek_kind(), Kind::Sign("+" | "-")) { p.off16()? } else { 0 };
    p.sign("]")?;
    Ok((base, off))
}

fn load(p: &mut Parser<'_>) -> Parsed<(Reg, Reg, i16)> {
    let dst = register(p)?;
    p.sign(",")?;
    let (base, off) = address(p)?;
    Ok((dst, base, off))
}

fn load_constant(p: &mut Parser<'_>) -> Parsed<Insn> {
    let dst = register(p)?;
    p.sign(",")?;
    Ok(Insn::LoadImm64 { dst, value: Imm64::Value(p.imm64()?) })
}

/// call = register | "local" target | "helper"? number
fn call(p: &mut Parser<'_>) -> Parsed<Insn> {
    if at_register(p) {
        return Ok(Insn::Call(Callee::Register(register(p)?)));
    }
    if p.eat_word("local") {
        return Ok(Insn::Call(Callee::Local(long_target(p)?)));
    }
    p.eat_word("helper");
    Ok(Insn::Call(Callee::Helper(p.unsigned32()?)))
}

/// lock = "fetch"? operation address "," register
fn lock(p: &mut Parser<'_>) -> Parsed<Insn> {
    let fetch = p.eat_word("fetch");
    let word = p.word("an atomic operation")?;
    let (name, size) = match word.strip_suffix("32") {
        Some(name) => (name, Size::W),
        None => (word, Size::DW),
    };
    let op = match (name, fetch) {
        ("add", fetch) => AtomicOp::Add { fetch },
        ("or", fetch) => AtomicOp::Or { fetch },
        ("and", fetch) => AtomicOp::And { fetch },
        ("xor", fetch) => AtomicOp::Xor { fetch },
        ("xchg", false) => AtomicOp::Xchg,
        ("cmpxchg", false) => AtomicOp::Cmpxchg,
        _ => return p.wrong(AsmErrorKind::Mnemonic(word.to_owned())),
    };
    let (base, off) = address(p)?;
    p.sign(",")?;
    Ok(Insn::Atomic { op, size, base, off, src: register(p)? })
}
