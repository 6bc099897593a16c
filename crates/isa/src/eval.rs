//! What instructions compute: the one meaning that the interpreter, the folder and the verifier ask for.
use osmia_base::Endian;

use crate::{AluOp, AtomicOp, Cond, Reg, Size, Swap, Width};

impl Width {
    /// How many bits.
    pub const fn bits(self) -> u32 {
        match self {
            Self::W32 => 32,
            Self::W64 => 64,
        }
    }

    /// The low bits of `value`, zero-extended.
    pub const fn truncate(self, value: u64) -> u64 {
        match self {
            Self::W32 => value as u32 as u64,
            Self::W64 => value,
        }
    }

    /// The low bits of `value`, sign-extended.
    pub const fn signed(self, value: u64) -> i64 {
        match self {
            Self::W32 => value as u32 as i32 as i64,
            Self::W64 => value as i64,
        }
    }
}

impl Size {
    /// The low bytes of `value`, zero-extended.
    pub const fn truncate(self, value: u64) -> u64 {
        match self {
            Self::B => value as u8 as u64,
            Self::H => value as u16 as u64,
            Self::W => value as u32 as u64,
            Self::DW => value,
        }
    }

    /// The low bytes of `value`, sign-extended.
    pub const fn signed(self, value: u64) -> i64 {
        match self {
            Self::B => value as u8 as i8 as i64,
            Self::H => value as u16 as i16 as i64,
            Self::W => value as u32 as i32 as i64,
            Self::DW => value as i64,
        }
    }
}

/// A constant operand as a register would hold it: sign-extended.
pub const fn immediate(imm: i32) -> u64 {
    imm as i64 as u64
}

/// What `dst op src` leaves in `dst`.
///
/// A division by zero yields 0, a remainder by zero `dst`; the lowest number divided by -1 yields itself, with remainder
/// 0; shifts count modulo the width.
pub const fn alu(op: AluOp, width: Width, dst: u64, src: u64) -> u64 {
    let (dst, src) = (width.truncate(dst), width.truncate(src));
    let count = (src & (width.bits() as u64 - 1)) as u32;
    width.truncate(match op {
        AluOp::Add => dst.wrapping_add(src),
        AluOp::Sub => dst.wrapping_sub(src),
        AluOp::Mul => dst.wrapping_mul(src),
        AluOp::Div => match dst.checked_div(src) {
            Some(quotient) => quotient,
            None => 0,
        },
        AluOp::SDiv => match src {
            0 => 0,
            _ => width.signed(dst).wrapping_div(width.signed(src)) as u64,
        },
        AluOp::Or => dst | src,
        AluOp::And => dst & src,
        AluOp::Lsh => dst << count,
        AluOp::Rsh => dst >> count,
        AluOp::Mod => match dst.checked_rem(src) {
            Some(rest) => rest,
            None => dst,
        },
        AluOp::SMod => match src {
            0 => dst,
            _ => width.signed(dst).wrapping_rem(width.signed(src)) as u64,
        },
        AluOp::Xor => dst ^ src,
        AluOp::Mov => src,
        AluOp::Arsh => (width.signed(dst) >> count) as u64,
    })
}

/// What `dst = -dst` leaves.
pub const fn neg(width: Width, dst: u64) -> u64 {
    width.truncate(dst.wrapping_neg())
}

/// What a sign-extending move of the low `from` bytes leaves.
pub const fn movsx(width: Width, from: Size, src: u64) -> u64 {
    width.truncate(from.signed(src) as u64)
}

/// What a change of byte order leaves of `value` on a machine with this order.
pub const fn swap(kind: Swap, size: Size, machine: Endian, value: u64) -> u64 {
    let reverse = match (kind, machine) {
        (Swap::Always, _) | (Swap::ToLittle, Endian::Big) | (Swap::ToBig, Endian::Little) => true,
        (Swap::ToLittle, Endian::Little) | (Swap::ToBig, Endian::Big) => false,
    };
    if !reverse {
        return size.truncate(value);
    }
    match size {
        Size::B => value as u8 as u64,
        Size::H => (value as u16).swap_bytes() as u64,
        Size::W => (value as u32).swap_bytes() as u64,
        Size::DW => value.swap_bytes(),
    }
}

/// What `lhs cond rhs` answers.
pub const fn compare(cond: Cond, width: Width, lhs: u64, rhs: u64) -> bool {
    let (signed_lhs, signed_rhs) = (width.signed(lhs), width.signed(rhs));
    let (lhs, rhs) = (width.truncate(lhs), width.truncate(rhs));
    match cond {
        Cond::Eq => lhs == rhs,
        Cond::Gt => lhs > rhs,
        Cond::Ge => lhs >= rhs,
        Cond::Set => lhs & rhs != 0,
        Cond::Ne => lhs != rhs,
        Cond::Sgt => signed_lhs > signed_rhs,
        Cond::Sge => signed_lhs >= signed_rhs,
        Cond::Lt => lhs < rhs,
        Cond::Le => lhs <= rhs,
        Cond::Slt => signed_lhs < signed_rhs,
        Cond::Sle => signed_lhs <= signed_rhs,
    }
}

/// What an atomic operation leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Atomic {
    /// In memory.
    pub memory: u64,
    /// In the register that [`AtomicOp::result`] names, if it names one: the old value, zero-extended.
    pub loaded: Option<u64>,
}

/// What an atomic operation does with memory that holds `old`; `r0` counts for `Cmpxchg` only.
pub const fn atomic(op: AtomicOp, size: Size, old: u64, src: u64, r0: u64) -> Atomic {
    let old = size.truncate(old);
    let memory = match op {
        AtomicOp::Add { .. } => old.wrapping_add(src),
        AtomicOp::Or { .. } => old | src,
        AtomicOp::And { .. } => old & src,
        AtomicOp::Xor { .. } => old ^ src,
        AtomicOp::Xchg => src,
        AtomicOp::Cmpxchg if old == size.truncate(r0) => src,
        AtomicOp::Cmpxchg => old,
    };
    let loaded = if op.result(Reg::R0).is_some() { Some(old) } else { None };
    Atomic { memory: size.truncate(memory), loaded }
}

impl AtomicOp {
    /// The register that receives the old value: `src`, `r0`, or none.
    pub const fn result(self, src: Reg) -> Option<Reg> {
        match self {
            Self::Add { fetch } | Self::Or { fetch } | Self::And { fetch } | Self::Xor { fetch } => {
                if fetch {
                    Some(src)
                } else {
                    None
                }
            }
            Self::Xchg => Some(src),
            Self::Cmpxchg => Some(Reg::R0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Width::{W32, W64};

    const MIN32: u64 = 0x8000_0000;
    const MIN64: u64 = 0x8000_0000_0000_0000;

    #[test]
    fn division_never_fails() {
        assert_eq!(alu(AluOp::Div, W64, 7, 0), 0);
        assert_eq!(alu(AluOp::SDiv, W32, 7, 1 << 32), 0);
        assert_eq!(alu(AluOp::Mod, W64, u64::MAX, 0), u64::MAX);
        assert_eq!(alu(AluOp::Mod, W32, u64::MAX, 0), 0xffff_ffff);
        assert_eq!(alu(AluOp::SMod, W32, u64::MAX, 0), 0xffff_ffff);
        assert_eq!(alu(AluOp::SDiv, W64, MIN64, u64::MAX), MIN64);
        assert_eq!(alu(AluOp::SDiv, W32, MIN32, 0xffff_ffff), MIN32);
        assert_eq!(alu(AluOp::SMod, W64, MIN64, u64::MAX), 0);
        assert_eq!(alu(AluOp::SMod, W32, MIN32, 0xffff_ffff), 0);
        assert_eq!(alu(AluOp::SMod, W64, immediate(-7), 3), immediate(-1));
    }

    #[test]
    fn shifts_count_modulo_the_width() {
        assert_eq!(alu(AluOp::Lsh, W32, 1, 33), 2);
        assert_eq!(alu(AluOp::Lsh, W64, 1, 33), 1 << 33);
        assert_eq!(alu(AluOp::Rsh, W64, 8, immediate(-62)), 2);
        assert_eq!(alu(AluOp::Arsh, W32, MIN32, 31), 0xffff_ffff);
        assert_eq!(alu(AluOp::Arsh, W64, MIN64, 63), u64::MAX);
    }

    #[test]
    fn compares_the_width_asked_for() {
        assert!(compare(Cond::Sgt, W32, 1, 0xffff_ffff));
        assert!(compare(Cond::Lt, W32, 1 << 32, 1));
        assert!(!compare(Cond::Lt, W64, 1 << 32, 1));
        assert!(!compare(Cond::Set, W32, 1 << 32, u64::MAX));
    }

    #[test]
    fn changes_byte_order() {
        let value = 0x1122_3344_5566_7788;
        assert_eq!(swap(Swap::ToBig, Size::H, Endian::Little, value), 0x8877);
        assert_eq!(swap(Swap::ToBig, Size::H, Endian::Big, value), 0x7788);
        assert_eq!(swap(Swap::Always, Size::W, Endian::Big, value), 0x8877_6655);
        assert_eq!(swap(Swap::ToLittle, Size::DW, Endian::Little, value), value);
    }

    #[test]
    fn atomics_return_the_old_value() {
        let done = atomic(AtomicOp::Cmpxchg, Size::W, u64::MAX, 5, 0xdead_0000_ffff_ffff);
        assert_eq!(done, Atomic { memory: 5, loaded: Some(0xffff_ffff) });
        let kept = atomic(AtomicOp::Cmpxchg, Size::DW, 1, 5, 2);
        assert_eq!(kept, Atomic { memory: 1, loaded: Some(1) });
        let plain = atomic(AtomicOp::Add { fetch: false }, Size::W, 0xffff_ffff, 1, 0);
        assert_eq!(plain, Atomic { memory: 0, loaded: None });
    }
}
