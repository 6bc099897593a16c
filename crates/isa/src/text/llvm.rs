//! LLVM's syntax, as `llvm-objdump -d --no-show-raw-insn` shows it and clang's inline assembly takes it.
use super::{Names, symbols};
use crate::{AtomicOp, Callee, Imm64, Insn, Operand, Reg, Size, Width};

/// How loads and stores of less than eight bytes name the register; LLVM decides by `-mcpu`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Narrow {
    /// `r1`, as with `-mcpu=v1` and `v2` (llvm-objdump's default up to LLVM 19).
    #[default]
    R,
    /// `w1`, as with `-mcpu=v3` and later.
    W,
}

/// All instructions, one to a line, each after its slot: `       0:\tr0 = 0x1`; labels on lines of their own.
pub fn disassemble(insns: &[Insn], names: &Names, narrow: Narrow) -> String {
    let mut slot = 0;
    let mut out = String::new();
    for insn in insns {
        if let Some(label) = names.labels.get(&slot) {
            let gap = if slot == 0 { "" } else { "\n" };
            out.push_str(&format!("{gap}{:016x} <{label}>:\n", u64::from(slot) * 8));
        }
        out.push_str(&format!("{slot:8}:\t{}\n", instruction(insn, slot, names, narrow)));
        slot += insn.slots();
    }
    out
}

/// One instruction; `slot` is its place, from which its jump's label is found.
pub fn instruction(insn: &Insn, slot: u32, names: &Names, narrow: Narrow) -> String {
    match *insn {
        Insn::Alu { op, width, dst, src } => {
            format!("{} {} {}", symbols::register(width, dst), symbols::alu(op), operand(width, src))
        }
        Insn::Neg { width, dst } => {
            let reg = symbols::register(width, dst);
            format!("{reg} = -{reg}")
        }
        Insn::MovSx { width, from, dst, src } => format!(
            "{} = ({}){}",
            symbols::register(width, dst),
            symbols::signed(from),
            symbols::register(width, src)
        ),
        Insn::AddrSpaceCast { dst, src, spaces } => {
            format!("{dst} = addr_space_cast({src}, {:#x}, {:#x})", spaces >> 16, spaces & 0xffff)
        }
        Insn::Swap { kind, size, dst } => {
            format!("{dst} = {}{} {dst}", symbols::swap(kind), size.bytes() * 8)
        }
        Insn::LoadImm64 { dst, value } => imm64(dst, value),
        Insn::Load { size, dst, base, off } => {
            format!(
                "{} = *{}",
                narrow_register(narrow, size, dst),
                pointer(symbols::unsigned(size), base, off)
            )
        }
        Insn::LoadSx { size, dst, base, off } => {
            format!("{dst} = *{}", pointer(symbols::signed(size), base, off))
        }
        Insn::Store { size, base, off, src } => {
            let value = match src {
                Operand::Reg(reg) => narrow_register(narrow, size, reg),
                Operand::Imm(imm) => hex(imm.into()),
            };
            format!("*{} = {value}", pointer(symbols::unsigned(size), base, off))
        }
        Insn::Atomic { op, size, base, off, src } => atomic(narrow, op, size, base, off, src),
        Insn::LoadAcquire { size, dst, base, off } => format!(
            "{} = load_acquire({})",
            narrow_register(Narrow::W, size, dst),
            pointer(symbols::unsigned(size), base, off)
        ),
        Insn::StoreRelease { size, base, off, src } => format!(
            "store_release({}, {})",
            pointer(symbols::unsigned(size), base, off),
            narrow_register(Narrow::W, size, src)
        ),
        Insn::LoadPacket { size, index, imm } => packet(size, index, imm),
        Insn::Jump { cond, width, lhs, rhs, off } => format!(
            "if {} {} {} goto {}",
            symbols::register(width, lhs),
            symbols::cond(cond),
            operand(width, rhs),
            target(slot, off.into(), names)
        ),
        Insn::Goto { off } => format!("goto {}", target(slot, off.into(), names)),
        Insn::GotoLong { off } => format!("gotol {}", target(slot, off, names)),
        Insn::MayGoto { off } => format!("may_goto {}", target(slot, off.into(), names)),
        Insn::GotoRegister { dst } => format!("gotox {dst}"),
        Insn::Call(callee) => call(callee),
        Insn::Exit => "exit".to_owned(),
    }
}

/// A signed number in hexadecimal: `-0x8`.
fn hex(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{:#x}", value.unsigned_abs())
}

fn operand(width: Width, operand: Operand) -> String {
    match operand {
        Operand::Reg(reg) => symbols::register(width, reg),
        Operand::Imm(imm) => hex(imm.into()),
    }
}

fn narrow_register(narrow: Narrow, size: Size, reg: Reg) -> String {
    let width = match (narrow, size) {
        (Narrow::R, _) | (Narrow::W, Size::DW) => Width::W64,
        (Narrow::W, Size::B | Size::H | Size::W) => Width::W32,
    };
    symbols::register(width, reg)
}

/// `r1 - 0x8`.
fn address(base: Reg, off: i16) -> String {
    let sign = if off < 0 { '-' } else { '+' };
    format!("{base} {sign} {:#x}", off.unsigned_abs())
}

fn pointer(kind: &str, base: Reg, off: i16) -> String {
    format!("({kind} *)({})", address(base, off))
}

/// LLVM's older CPUs have only addition without `fetch` in four bytes, and there too it names the register `r1`.
fn atomic(narrow: Narrow, op: AtomicOp, size: Size, base: Reg, off: i16, src: Reg) -> String {
    let old = op == AtomicOp::Add { fetch: false };
    let reg = narrow_register(if old { narrow } else { Narrow::W }, size, src);
    let zero = narrow_register(Narrow::W, size, Reg::R0);
    let place = pointer(symbols::unsigned(size), base, off);
    if let Some(sign) = symbols::plain_atomic(op) {
        return format!("lock *{place} {sign} {reg}");
    }
    let suffix = if size == Size::DW { "_64" } else { "32_32" };
    let (name, address) = (symbols::atomic(op), address(base, off));
    match op {
        AtomicOp::Cmpxchg => format!("{zero} = {name}{suffix}({address}, {zero}, {reg})"),
        AtomicOp::Xchg => format!("{reg} = {name}{suffix}({address}, {reg})"),
        AtomicOp::Add { .. } | AtomicOp::Or { .. } | AtomicOp::And { .. } | AtomicOp::Xor { .. } => {
            format!("{reg} = atomic_fetch_{name}({place}, {reg})")
        }
    }
}

/// LLVM knows the plain constant; the other kinds are its `ld_pseudo`, whose third operand is ours where it matters.
fn imm64(dst: Reg, value: Imm64) -> String {
    let (kind, imm, next) = match value {
        Imm64::Value(value) => return format!("{dst} = {} ll", hex(value as i64)),
        Imm64::MapFd(fd) => (1, fd, 0),
        Imm64::MapFdValue { fd, offset } => (2, fd, offset),
        Imm64::BtfId { id, fd } => (3, id, fd as u32),
        Imm64::Function(offset) => (4, offset, 0),
        Imm64::Map(map) => (5, map as i32, 0),
        Imm64::MapValue { map, offset } => (6, map as i32, offset),
    };
    let rest = if next == 0 { String::new() } else { format!(", {next:#x}") };
    format!("ld_pseudo\t{dst}, {kind:#x}, {}{rest}", hex(imm.into()))
}

fn packet(size: Size, index: Option<Reg>, imm: i32) -> String {
    let place = match index {
        None => hex(imm.into()),
        Some(reg) if imm == 0 => reg.to_string(),
        Some(reg) if imm < 0 => format!("{reg} - {:#x}", imm.unsigned_abs()),
        Some(reg) => format!("{reg} + {imm:#x}"),
    };
    format!("r0 = *({} *)skb[{place}]", symbols::unsigned(size))
}

/// `+0x2 <label+0x8>`: the distance, and the nearest label at or before the target.
fn target(slot: u32, off: i32, names: &Names) -> String {
    let sign = if off < 0 { '-' } else { '+' };
    let distance = format!("{sign}{:#x}", off.unsigned_abs());
    let goal = i64::from(slot) + 1 + i64::from(off);
    let nearest = match u32::try_from(goal) {
        Ok(goal) => names.labels.range(..=goal).next_back(),
        Err(_) => names.labels.first_key_value().filter(|&(&start, _)| start == 0),
    };
    let Some((&start, label)) = nearest else {
        return distance;
    };
    match (goal - i64::from(start)) * 8 {
        0 => format!("{distance} <{label}>"),
        bytes => format!("{distance} <{label}+{bytes:#x}>"),
    }
}

fn call(callee: Callee) -> String {
    match callee {
        Callee::Helper(id) => format!("call {}", hex((id as i32).into())),
        Callee::Kfunc { id: imm, .. } | Callee::Local(imm) => format!("call {}", hex(imm.into())),
        Callee::Register(reg) => format!("callx {reg}"),
    }
}
