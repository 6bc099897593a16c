//! The kernel's syntax, as the verifier's log and `bpftool prog dump xlated` show it.
use super::{Names, symbols};
use crate::wire::{self, Slot, Xlated};
use crate::{AluOp, AtomicOp, Callee, Imm64, Insn, Operand, Reg, Size, Width};

/// All instructions, one to a line, each after its slot: `   0: (b7) r0 = 1`.
pub fn disassemble(insns: &[Insn], names: &Names) -> String {
    let mut slot = 0;
    let mut out = String::new();
    for insn in insns {
        out.push_str(&format!("{slot:4}: {}\n", instruction(insn, names)));
        slot += insn.slots();
    }
    out
}

/// The instructions of a loaded program, as the kernel hands them out; what is unknown shows as `BUG_`.
pub fn disassemble_xlated(insns: &[Xlated], names: &Names) -> String {
    let mut slot = 0;
    let mut out = String::new();
    for insn in insns {
        out.push_str(&format!("{slot:4}: {}\n", xlated(insn, names)));
        slot += insn.slots();
    }
    out
}

/// One instruction with its opcode: `(b7) r0 = 1`.
pub fn instruction(insn: &Insn, names: &Names) -> String {
    format!("({:02x}) {}", wire::opcode(insn), body(insn, names))
}

/// One instruction of a loaded program with its opcode.
pub fn xlated(insn: &Xlated, names: &Names) -> String {
    match *insn {
        Xlated::Insn(ref insn) => instruction(insn, names),
        Xlated::CallLocal { off, subprogram } => match names.subprograms.get(&subprogram) {
            Some(name) => format!("(85) call pc{off:+}#{name}"),
            None => format!("(85) call pc{off:+}"),
        },
        Xlated::LoadFunction { dst, offset, .. } => format!("(18) {dst} = subprog[{offset:+}]"),
        Xlated::PerCpuAddress { dst, src } => format!("(bf) {dst} = &(void __percpu *)({src})"),
        Xlated::SpeculationBarrier => "(c2) nospec".to_owned(),
        Xlated::Unknown(slot) => unknown(slot),
    }
}

fn unknown(slot: Slot) -> String {
    const CLASSES: [&str; 8] = ["ld_", "ldx_", "st_", "", "", "", "", ""];
    format!("BUG_{}{:02x}", CLASSES[usize::from(slot.opcode & 7)], slot.opcode)
}

/// One instruction without its opcode: `r0 = 1`.
pub fn body(insn: &Insn, names: &Names) -> String {
    match *insn {
        Insn::Alu { op, width, dst, src } => alu(op, width, dst, src),
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
            format!("{dst} = addr_space_cast({src}, {}, {})", spaces >> 16, spaces & 0xffff)
        }
        Insn::Swap { kind, size, dst } => {
            format!("{dst} = {}{} {dst}", symbols::swap(kind), size.bytes() * 8)
        }
        Insn::LoadImm64 { dst, value } => format!("{dst} = {}", imm64(value, names)),
        Insn::Load { size, dst, base, off } => {
            format!("{dst} = {}", memory(symbols::unsigned(size), base, off))
        }
        Insn::LoadSx { size, dst, base, off } => {
            format!("{dst} = {}", memory(symbols::signed(size), base, off))
        }
        Insn::Store { size, base, off, src } => {
            format!("{} = {}", memory(symbols::unsigned(size), base, off), operand(Width::W64, src))
        }
        Insn::Atomic { op, size, base, off, src } => atomic(op, size, base, off, src),
        Insn::LoadAcquire { size, dst, base, off } => {
            format!("{dst} = load_acquire({})", pointer(size, base, off))
        }
        Insn::StoreRelease { size, base, off, src } => {
            format!("store_release({}, {src})", pointer(size, base, off))
        }
        Insn::LoadPacket { size, index, imm } => match index {
            Some(reg) => format!("r0 = *({} *)skb[{reg} + {imm}]", symbols::unsigned(size)),
            None => format!("r0 = *({} *)skb[{imm}]", symbols::unsigned(size)),
        },
        Insn::Jump { cond, width, lhs, rhs, off } => {
            let (lhs, sign) = (symbols::register(width, lhs), symbols::cond(cond));
            format!("if {lhs} {sign} {} goto pc{off:+}", compared(width, rhs))
        }
        Insn::Goto { off } => format!("goto pc{off:+}"),
        Insn::GotoLong { off } => format!("gotol pc{off:+}"),
        Insn::MayGoto { off } => format!("may_goto pc{off:+}"),
        Insn::GotoRegister { dst } => format!("gotox {dst}"),
        Insn::Call(callee) => call(callee, names),
        Insn::Exit => "exit".to_owned(),
    }
}

fn alu(op: AluOp, width: Width, dst: Reg, src: Operand) -> String {
    format!("{} {} {}", symbols::register(width, dst), symbols::alu(op), operand(width, src))
}

fn operand(width: Width, operand: Operand) -> String {
    match operand {
        Operand::Reg(reg) => symbols::register(width, reg),
        Operand::Imm(imm) => imm.to_string(),
    }
}

/// The second operand of a comparison, whose constants are in hexadecimal.
fn compared(width: Width, operand: Operand) -> String {
    match operand {
        Operand::Reg(reg) => symbols::register(width, reg),
        Operand::Imm(imm) => format!("{imm:#x}"),
    }
}

fn memory(kind: &str, base: Reg, off: i16) -> String {
    format!("*({kind} *)({base} {off:+})")
}

fn pointer(size: Size, base: Reg, off: i16) -> String {
    format!("({} *)({base} {off:+})", symbols::unsigned(size))
}

fn atomic(op: AtomicOp, size: Size, base: Reg, off: i16, src: Reg) -> String {
    if let Some(sign) = symbols::plain_atomic(op) {
        return format!("lock {} {sign} {src}", memory(symbols::unsigned(size), base, off));
    }
    let bits = if size == Size::DW { "64" } else { "" };
    let (name, place) = (symbols::atomic(op), pointer(size, base, off));
    match op {
        AtomicOp::Cmpxchg => format!("r0 = atomic{bits}_{name}({place}, r0, {src})"),
        AtomicOp::Xchg => format!("{src} = atomic{bits}_{name}({place}, {src})"),
        AtomicOp::Add { .. } | AtomicOp::Or { .. } | AtomicOp::And { .. } | AtomicOp::Xor { .. } => {
            format!("{src} = atomic{bits}_fetch_{name}({place}, {src})")
        }
    }
}

fn imm64(value: Imm64, names: &Names) -> String {
    match value {
        Imm64::Value(value) => format!("{value:#x}"),
        Imm64::MapFd(id) => format!("map[id:{}]", id as u32),
        Imm64::MapFdValue { fd, offset } => format!("map[id:{}][0]+{offset}", fd as u32),
        Imm64::BtfId { id, fd } => format!("{:#x}", u64::from(fd as u32) << 32 | u64::from(id as u32)),
        Imm64::Function(offset) => format!("subprog[{offset:+}]"),
        Imm64::Map(map) => format!("map[{}]", map_name(map, names)),
        Imm64::MapValue { map, offset } => format!("map[{}]+{offset}", map_name(map, names)),
    }
}

fn map_name(map: u32, names: &Names) -> String {
    names.maps.get(&map).cloned().unwrap_or_else(|| format!("idx:{map}"))
}

fn call(callee: Callee, names: &Names) -> String {
    match callee {
        Callee::Helper(id) => {
            let imm = id as i32;
            match (names.helper)(id) {
                Some(name) => format!("call bpf_{name}#{imm}"),
                None => format!("call {}#{imm}", kernel_name(imm, names)),
            }
        }
        Callee::Kfunc { id, .. } => format!("call {}#{id}", kernel_name(id, names)),
        Callee::Local(offset) => format!("call pc{offset:+}"),
        Callee::Register(reg) => format!("callx {reg}"),
    }
}

fn kernel_name(imm: i32, names: &Names) -> &str {
    names.kernel.get(&imm).map_or("unknown", String::as_str)
}
