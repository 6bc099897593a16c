//! Text in the kernel's or LLVM's syntax to instructions; one grammar takes both.
use super::lex::Kind;
use super::parser::{self, Assembly, Dialect, Parsed, Parser};
use super::{AsmError, AsmErrorKind, symbols};
use crate::{AluOp, AtomicOp, Callee, Cond, Imm64, Insn, Operand, Reg, Size, Swap, Width, wire};

/// Reads instructions in the kernel's syntax or LLVM's, also mixed, one to a line or apart by `;`.
///
/// A line may begin with its position (`5:`), which is passed over, and with its opcode (`(b7)`), which must be right;
/// `(18)` makes a constant a 64-bit one, as `ll` after it does. Labels stand before `:`. `call` takes a helper's number, a
/// helper's name (`bpf_ktime_get_ns`), `NAME#NUMBER` as the kernel prints it, `pc+N`, or a label. Comments are `//`,
/// `/* */`, `#` after a blank, and lines that begin with `;`.
///
/// What the text does not say comes out in the more common form: `call NAME#NUMBER` calls a helper, never a kfunc, and
/// `map[id:N]` is `MapFd(N)`.
pub fn assemble(text: &str) -> Result<Assembly, Vec<AsmError>> {
    const DIALECT: Dialect = Dialect { statement, helper: helper_named, exit_label: None };
    parser::run(text, &DIALECT)
}

fn helper_named(name: &str) -> Option<u32> {
    osmia_abi::helper_by_name(name.strip_prefix("bpf_")?).map(|helper| helper.id)
}

/// statement = (number ":")? ("(" hex hex ")")? instruction
fn statement(p: &mut Parser<'_>) -> Parsed<Insn> {
    if p.peek_kind() == Kind::Number && p.kind_at(1) == Kind::Sign(":") {
        p.advance();
        p.advance();
    }
    let Some(written) = opcode(p) else { return instruction(p, None) };
    let insn = instruction(p, Some(written))?;
    let actual = wire::opcode(&insn);
    if actual != written { p.wrong(AsmErrorKind::Opcode { written, actual }) } else { Ok(insn) }
}

fn opcode(p: &mut Parser<'_>) -> Option<u8> {
    let text = p.text_at(1);
    if p.peek_kind() != Kind::Sign("(") || p.kind_at(2) != Kind::Sign(")") || text.len() != 2 {
        return None;
    }
    let found = u8::from_str_radix(text, 16).ok()?;
    (0..3).for_each(|_| p.advance());
    Some(found)
}

fn instruction(p: &mut Parser<'_>, opcode: Option<u8>) -> Parsed<Insn> {
    if p.peek_kind() == Kind::Sign("*") {
        return store(p);
    }
    if parser::register_named(p.text_at(0)).is_some() {
        return assignment(p, opcode);
    }
    match p.word("an instruction")? {
        "if" => conditional(p),
        "goto" => jump(p, |off| Insn::Goto { off }),
        "may_goto" => jump(p, |off| Insn::MayGoto { off }),
        "gotol" => Ok(Insn::GotoLong { off: long_target(p)? }),
        "gotox" => Ok(Insn::GotoRegister { dst: p.register_of(Width::W64)? }),
        "call" => call(p),
        "callx" => Ok(Insn::Call(Callee::Register(p.register_of(Width::W64)?))),
        "exit" => Ok(Insn::Exit),
        "lock" => lock(p),
        "store_release" => store_release(p),
        "ld_pseudo" => load_pseudo(p),
        other => p.wrong(AsmErrorKind::Mnemonic(other.to_owned())),
    }
}

/// Whether a distance stands here, and not a label: `pc+5`, `+5`, `5`.
fn at_distance(p: &mut Parser<'_>) -> bool {
    p.eat_word("pc") || p.peek_kind() != Kind::Word
}

/// LLVM's reminder of what lies at the target: `<label+0x8>`.
fn skip_reminder(p: &mut Parser<'_>) {
    if p.eat("<") {
        while p.peek_kind() != Kind::End && !p.eat(">") {
            p.advance();
        }
    }
}

fn target(p: &mut Parser<'_>) -> Parsed<i16> {
    if !at_distance(p) {
        return p.wanted_label().map(|()| 0);
    }
    let off = p.off16()?;
    skip_reminder(p);
    Ok(off)
}

fn long_target(p: &mut Parser<'_>) -> Parsed<i32> {
    if !at_distance(p) {
        return p.wanted_label().map(|()| 0);
    }
    let off = p.imm32()?;
    skip_reminder(p);
    Ok(off)
}

fn jump(p: &mut Parser<'_>, make: fn(i16) -> Insn) -> Parsed<Insn> {
    target(p).map(make)
}

/// conditional = register sign operand "goto" target
fn conditional(p: &mut Parser<'_>) -> Parsed<Insn> {
    let (width, lhs) = p.register()?;
    let Some(cond) = Cond::ALL.into_iter().find(|&cond| p.eat(symbols::cond(cond))) else {
        return p.expected("a comparison");
    };
    let rhs = operand(p, width)?;
    if !p.eat_word("goto") {
        return p.expected("goto");
    }
    Ok(Insn::Jump { cond, width, lhs, rhs, off: target(p)? })
}

fn operand(p: &mut Parser<'_>, width: Width) -> Parsed<Operand> {
    if p.peek_kind() == Kind::Word {
        return Ok(Operand::Reg(p.register_of(width)?));
    }
    Ok(Operand::Imm(p.imm32()?))
}

/// call = "pc" number ("#" name)? | number | name "#" number | name
fn call(p: &mut Parser<'_>) -> Parsed<Insn> {
    if p.eat_word("pc") {
        let off = p.imm32()?;
        if p.eat("#") {
            p.advance();
        }
        return Ok(Insn::Call(Callee::Local(off)));
    }
    if p.kind_at(1) == Kind::Sign("#") {
        p.advance();
        p.advance();
    } else if p.peek_kind() == Kind::Word {
        p.wanted_label()?;
        return Ok(Insn::Call(Callee::Helper(0)));
    }
    Ok(Insn::Call(Callee::Helper(p.unsigned32()?)))
}

/// type = "(" word "*" ")"
fn pointer_type(p: &mut Parser<'_>) -> Parsed<(bool, Size)> {
    p.sign("(")?;
    let Some(found) = parser::type_named(p.word("a type")?) else {
        return p.wrong(AsmErrorKind::Expected("a type"));
    };
    p.sign("*")?;
    p.sign(")")?;
    Ok(found)
}

/// address = "(" register number? ")"
fn address(p: &mut Parser<'_>) -> Parsed<(Reg, i16)> {
    p.sign("(")?;
    let found = bare_address(p)?;
    p.sign(")")?;
    Ok(found)
}

fn bare_address(p: &mut Parser<'_>) -> Parsed<(Reg, i16)> {
    let base = p.register_of(Width::W64)?;
    let signed = matches!(p.peek_kind(), Kind::Sign("+" | "-"));
    Ok((base, if signed { p.off16()? } else { 0 }))
}

/// pointer = unsigned-type address
fn pointer(p: &mut Parser<'_>) -> Parsed<(Size, Reg, i16)> {
    let (signed, size) = pointer_type(p)?;
    if signed {
        return p.wrong(AsmErrorKind::Expected("an unsigned type"));
    }
    let (base, off) = address(p)?;
    Ok((size, base, off))
}

/// A register that a memory access of this size may name: `r1` always, `w1` up to four bytes.
fn accessed(p: &mut Parser<'_>, size: Size) -> Parsed<Reg> {
    let (width, reg) = p.register()?;
    if width == Width::W32 && size == Size::DW { p.wrong(AsmErrorKind::Width) } else { Ok(reg) }
}

/// store = "*" pointer "=" (register | number)
fn store(p: &mut Parser<'_>) -> Parsed<Insn> {
    p.sign("*")?;
    let (size, base, off) = pointer(p)?;
    p.sign("=")?;
    let src =
        if p.peek_kind() == Kind::Word { Operand::Reg(accessed(p, size)?) } else { Operand::Imm(p.imm32()?) };
    Ok(Insn::Store { size, base, off, src })
}

/// lock = "*" pointer sign register
fn lock(p: &mut Parser<'_>) -> Parsed<Insn> {
    p.sign("*")?;
    let (size, base, off) = pointer(p)?;
    let known = |op: &AtomicOp| symbols::plain_atomic(*op).is_some_and(|sign| p.eat(sign));
    let Some(op) = AtomicOp::ALL.into_iter().find(known) else {
        return p.expected("+=, |=, &= or ^=");
    };
    atomic_size(p, size)?;
    Ok(Insn::Atomic { op, size, base, off, src: accessed(p, size)? })
}

fn atomic_size(p: &Parser<'_>, size: Size) -> Parsed<()> {
    if matches!(size, Size::B | Size::H) { p.wrong(AsmErrorKind::Size) } else { Ok(()) }
}

fn store_release(p: &mut Parser<'_>) -> Parsed<Insn> {
    p.sign("(")?;
    let (size, base, off) = pointer(p)?;
    p.sign(",")?;
    let src = accessed(p, size)?;
    p.sign(")")?;
    Ok(Insn::StoreRelease { size, base, off, src })
}

/// load_pseudo = register "," number "," number ("," number)?
fn load_pseudo(p: &mut Parser<'_>) -> Parsed<Insn> {
    let dst = p.register_of(Width::W64)?;
    p.sign(",")?;
    let kind = p.number()?;
    p.sign(",")?;
    let imm = p.imm32()?;
    let next = if p.eat(",") { p.unsigned32()? } else { 0 };
    let value = match (kind, next) {
        (1, 0) => Imm64::MapFd(imm),
        (2, offset) => Imm64::MapFdValue { fd: imm, offset },
        (3, fd) => Imm64::BtfId { id: imm, fd: fd as i32 },
        (4, 0) => Imm64::Function(imm),
        (5, 0) => Imm64::Map(imm as u32),
        (6, offset) => Imm64::MapValue { map: imm as u32, offset },
        _ => return p.wrong(AsmErrorKind::Expected("a kind of constant from 1 to 6")),
    };
    Ok(Insn::LoadImm64 { dst, value })
}

/// assignment = register sign …
fn assignment(p: &mut Parser<'_>, opcode: Option<u8>) -> Parsed<Insn> {
    let (width, dst) = p.register()?;
    if p.eat("=") {
        return assigned(p, width, dst, opcode);
    }
    let Some(op) = AluOp::ALL.into_iter().find(|&op| p.eat(symbols::alu(op))) else {
        return p.expected("an assignment");
    };
    Ok(Insn::Alu { op, width, dst, src: operand(p, width)? })
}

/// What stands to the right of `=`.
fn assigned(p: &mut Parser<'_>, width: Width, dst: Reg, opcode: Option<u8>) -> Parsed<Insn> {
    match p.peek_kind() {
        Kind::Sign("-") if p.kind_at(1) == Kind::Word => negation(p, width, dst),
        Kind::Sign("(") => sign_extension(p, width, dst),
        Kind::Sign("*") => load(p, width, dst),
        Kind::Word => named(p, width, dst),
        Kind::Sign(_) | Kind::Number | Kind::End => constant(p, width, dst, opcode),
    }
}

fn negation(p: &mut Parser<'_>, width: Width, dst: Reg) -> Parsed<Insn> {
    p.sign("-")?;
    if p.register_of(width)? != dst {
        return p.wrong(AsmErrorKind::Expected("the same register as on the left"));
    }
    Ok(Insn::Neg { width, dst })
}

/// sign_extension = "(" signed-type ")" register
fn sign_extension(p: &mut Parser<'_>, width: Width, dst: Reg) -> Parsed<Insn> {
    p.sign("(")?;
    let from = match (parser::type_named(p.word("a signed type")?), width) {
        (Some((true, Size::W)), Width::W64) => Size::W,
        (Some((true, size @ (Size::B | Size::H))), _) => size,
        _ => return p.wrong(AsmErrorKind::Size),
    };
    p.sign(")")?;
    Ok(Insn::MovSx { width, from, dst, src: p.register_of(width)? })
}

/// load = "*" type (address | packet)
fn load(p: &mut Parser<'_>, width: Width, dst: Reg) -> Parsed<Insn> {
    p.sign("*")?;
    let (signed, size) = pointer_type(p)?;
    if p.eat_word("skb") {
        return packet(p, dst, signed, size);
    }
    let (base, off) = address(p)?;
    match (signed, width, size) {
        (true, Width::W64, Size::B | Size::H | Size::W) => Ok(Insn::LoadSx { size, dst, base, off }),
        (false, Width::W64, _) | (false, Width::W32, Size::B | Size::H | Size::W) => {
            Ok(Insn::Load { size, dst, base, off })
        }
        (true, _, _) | (false, Width::W32, Size::DW) => p.wrong(AsmErrorKind::Size),
    }
}

/// packet = "[" (number | register number?) "]"
fn packet(p: &mut Parser<'_>, dst: Reg, signed: bool, size: Size) -> Parsed<Insn> {
    if signed || size == Size::DW || dst != Reg::R0 {
        return p.wrong(AsmErrorKind::Size);
    }
    p.sign("[")?;
    let index = if p.peek_kind() == Kind::Word { Some(p.register_of(Width::W64)?) } else { None };
    let imm = match index {
        Some(_) if p.peek_kind() == Kind::Sign("]") => 0,
        Some(_) if p.peek_kind() == Kind::Sign("+") && p.kind_at(1) == Kind::Sign("-") => {
            p.advance();
            p.imm32()?
        }
        Some(_) | None => p.imm32()?,
    };
    p.sign("]")?;
    Ok(Insn::LoadPacket { size, index, imm })
}

/// constant = number "ll"?
fn constant(p: &mut Parser<'_>, width: Width, dst: Reg, opcode: Option<u8>) -> Parsed<Insn> {
    let signed = usize::from(matches!(p.peek_kind(), Kind::Sign("-" | "+")));
    let long = p.kind_at(signed + 1) == Kind::Word && p.text_at(signed + 1) == "ll";
    if !long && opcode != Some(wire::opcode(&Insn::LoadImm64 { dst, value: Imm64::Value(0) })) {
        return Ok(Insn::Alu { op: AluOp::Mov, width, dst, src: Operand::Imm(p.imm32()?) });
    }
    if width == Width::W32 {
        return p.wrong(AsmErrorKind::Size);
    }
    let value = Imm64::Value(p.imm64()?);
    p.eat_word("ll");
    Ok(Insn::LoadImm64 { dst, value })
}

/// What stands to the right of `=` and begins with a word.
fn named(p: &mut Parser<'_>, width: Width, dst: Reg) -> Parsed<Insn> {
    let word = p.text_at(0);
    if parser::register_named(word).is_some() {
        return Ok(Insn::Alu { op: AluOp::Mov, width, dst, src: Operand::Reg(p.register_of(width)?) });
    }
    if p.kind_at(1) == Kind::Word && p.text_at(1) == "ll" {
        p.wanted_label()?;
        p.advance();
        return Ok(Insn::LoadImm64 { dst, value: Imm64::Function(0) });
    }
    p.advance();
    if let Some((kind, size)) = swap_named(word) {
        return swap(p, kind, size, dst);
    }
    match word {
        "addr_space_cast" => addr_space_cast(p, dst),
        "load_acquire" => load_acquire(p, width, dst),
        "map" => map(p, dst),
        "subprog" => subprogram(p, dst),
        _ => atomic(p, word, width, dst),
    }
}

/// `le16`, `be32`, `bswap64`.
fn swap_named(word: &str) -> Option<(Swap, Size)> {
    let split = |kind: Swap| Some((kind, word.strip_prefix(symbols::swap(kind))?));
    let (kind, bits) = Swap::ALL.into_iter().find_map(split)?;
    match bits {
        "16" => Some((kind, Size::H)),
        "32" => Some((kind, Size::W)),
        "64" => Some((kind, Size::DW)),
        _ => None,
    }
}

fn swap(p: &mut Parser<'_>, kind: Swap, size: Size, dst: Reg) -> Parsed<Insn> {
    if p.register_of(Width::W64)? != dst {
        return p.wrong(AsmErrorKind::Expected("the same register as on the left"));
    }
    Ok(Insn::Swap { kind, size, dst })
}

/// addr_space_cast = "(" register "," number "," number ")"
fn addr_space_cast(p: &mut Parser<'_>, dst: Reg) -> Parsed<Insn> {
    p.sign("(")?;
    let src = p.register_of(Width::W64)?;
    let mut spaces = 0;
    for _ in 0..2 {
        p.sign(",")?;
        let value = p.number()?;
        let Ok(space) = u16::try_from(value) else {
            return p.wrong(AsmErrorKind::Range { value, bits: 16 });
        };
        spaces = spaces << 16 | u32::from(space);
    }
    p.sign(")")?;
    Ok(Insn::AddrSpaceCast { dst, src, spaces })
}

fn load_acquire(p: &mut Parser<'_>, width: Width, dst: Reg) -> Parsed<Insn> {
    p.sign("(")?;
    let (size, base, off) = pointer(p)?;
    p.sign(")")?;
    if width == Width::W32 && size == Size::DW {
        return p.wrong(AsmErrorKind::Size);
    }
    Ok(Insn::LoadAcquire { size, dst, base, off })
}

/// map = "[" ("id" | "idx") ":" number "]" ("[" "0" "]")? ("+" number)?
fn map(p: &mut Parser<'_>, dst: Reg) -> Parsed<Insn> {
    p.sign("[")?;
    let by_index = p.eat_word("idx");
    if !by_index && !p.eat_word("id") {
        return p.expected("id or idx");
    }
    p.sign(":")?;
    let map = p.unsigned32()?;
    p.sign("]")?;
    if p.eat("[") {
        p.number()?;
        p.sign("]")?;
    }
    let offset = if p.peek_kind() == Kind::Sign("+") { Some(p.unsigned32()?) } else { None };
    let value = match (by_index, offset) {
        (false, None) => Imm64::MapFd(map as i32),
        (false, Some(offset)) => Imm64::MapFdValue { fd: map as i32, offset },
        (true, None) => Imm64::Map(map),
        (true, Some(offset)) => Imm64::MapValue { map, offset },
    };
    Ok(Insn::LoadImm64 { dst, value })
}

fn subprogram(p: &mut Parser<'_>, dst: Reg) -> Parsed<Insn> {
    p.sign("[")?;
    let value = Imm64::Function(p.imm32()?);
    p.sign("]")?;
    Ok(Insn::LoadImm64 { dst, value })
}

/// `atomic64_fetch_add`, `atomic_xchg`, `xchg_64`, `cmpxchg32_32`: the operation, and the size where the name says it.
fn atomic_named(word: &str) -> Option<(AtomicOp, Option<Size>)> {
    match word {
        "xchg_64" => return Some((AtomicOp::Xchg, Some(Size::DW))),
        "xchg32_32" => return Some((AtomicOp::Xchg, Some(Size::W))),
        "cmpxchg_64" => return Some((AtomicOp::Cmpxchg, Some(Size::DW))),
        "cmpxchg32_32" => return Some((AtomicOp::Cmpxchg, Some(Size::W))),
        _ => {}
    }
    let name = word.strip_prefix("atomic64_").or_else(|| word.strip_prefix("atomic_"))?;
    let fetched = name.strip_prefix("fetch_");
    let wanted = |op: &AtomicOp| {
        symbols::plain_atomic(*op).is_none()
            && symbols::atomic(*op) == fetched.unwrap_or(name)
            && fetched.is_none() == matches!(op, AtomicOp::Xchg | AtomicOp::Cmpxchg)
    };
    AtomicOp::ALL.into_iter().find(wanted).map(|op| (op, None))
}

/// atomic = name "(" (pointer | address) "," (r0 ",")? register ")"
fn atomic(p: &mut Parser<'_>, word: &str, width: Width, dst: Reg) -> Parsed<Insn> {
    let Some((op, named_size)) = atomic_named(word) else {
        return p.wrong(AsmErrorKind::Value(word.to_owned()));
    };
    p.sign("(")?;
    let (size, base, off) = match named_size {
        Some(size) => {
            let (base, off) = bare_address(p)?;
            (size, base, off)
        }
        None => pointer(p)?,
    };
    atomic_size(p, size)?;
    p.sign(",")?;
    if op == AtomicOp::Cmpxchg {
        if accessed(p, size)? != Reg::R0 {
            return p.wrong(AsmErrorKind::Expected("r0"));
        }
        p.sign(",")?;
    }
    let src = accessed(p, size)?;
    p.sign(")")?;
    let result = if op == AtomicOp::Cmpxchg { Reg::R0 } else { src };
    if dst != result || (width == Width::W32 && size == Size::DW) {
        return p.wrong(AsmErrorKind::Expected("the result in the operand's register (r0 for cmpxchg)"));
    }
    Ok(Insn::Atomic { op, size, base, off, src })
}
