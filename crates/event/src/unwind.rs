//! Tables by which programs unwind user stacks without frame pointers, as readers fill them.
//!
//! A table is an array of rows, sorted by their first number; the first row's is zero. What holds for a number is in the
//! last row that is not above it. The table of a process ([`PROCESSES`], by its number) has its memory: where each mapping
//! begins, what to take off an address for the one that the file's table knows, and the number of that table. Tables of files
//! ([`FILES`]) have how to find the caller of each piece of code.
use crate::round_up;

/// The map of tables of processes.
pub const PROCESSES: &str = "unwind_procs";
/// The map of tables of files. Number 0 is none.
pub const FILES: &str = "unwind_files";
/// Bytes of a row: three numbers of 64 bits.
pub const ROW: u32 = 24;
/// As many rows of a table can be found: two to this power, less one.
pub const ROWS_BITS: u32 = 22;
/// The same of a table of a process.
pub const MAPPINGS_BITS: u32 = 13;

/// A register that callers' frames are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// `rsp`
    Stack = 0,
    /// `rbp`
    Frame = 1,
    /// `rbx`
    Rbx = 2,
}

/// How the caller's stack pointer is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// `base + offset`
    At(Base, i32),
    /// What is in memory at `base + offset`.
    In(Base, i32),
    /// In a stub of the dynamic linker: eight more behind so many bytes of each sixteen.
    Stub(i32),
    /// As the kernel left it when it delivered a signal: all registers of the code that was interrupted are in memory.
    Signal,
}

/// Where the caller's value of a register is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Saved {
    /// Still in the register.
    Same = 0,
    /// In memory, so far from the caller's stack pointer.
    FromCaller = 1,
    /// In memory, so far from `rbp`.
    FromFrame = 2,
    /// In memory, so far from `rsp`.
    FromStack = 3,
}

/// How to find the caller of a piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Nobody knows.
    Unknown,
    /// There is none: this is where threads begin.
    Outermost,
    /// By the stack.
    Frame {
        /// The caller's stack pointer.
        caller: Caller,
        /// Its `rbp`.
        rbp: (Saved, i32),
        /// Its `rbx`.
        rbx: (Saved, i32),
    },
}

/// What is in the lowest byte of a rule.
pub mod kind {
    /// Nobody knows.
    pub const UNKNOWN: i64 = 0;
    /// There is no caller.
    pub const OUTERMOST: i64 = 1;
    /// The caller's stack pointer is an address.
    pub const AT: i64 = 2;
    /// It is in memory.
    pub const IN: i64 = 3;
    /// As in stubs of the dynamic linker.
    pub const STUB: i64 = 4;
    /// As signals leave it.
    pub const SIGNAL: i64 = 5;
}

/// Where in a rule's first number its parts are: bits.
pub mod shift {
    /// The register that the caller's stack pointer is found by.
    pub const BASE: i64 = 8;
    /// Where `rbp` is.
    pub const RBP: i64 = 16;
    /// Where `rbx` is.
    pub const RBX: i64 = 24;
    /// The offset of the caller's stack pointer. In the second number: the offset of `rbx`; that of `rbp` is below it.
    pub const OFFSET: i64 = 32;
}

/// Where a signal's frame keeps registers, from the stack pointer on: `struct ucontext` of x86-64.
pub mod signal {
    /// `rbp`
    pub const RBP: i32 = 120;
    /// `rbx`
    pub const RBX: i32 = 128;
    /// `rsp`
    pub const STACK: i32 = 160;
    /// `rip`
    pub const CODE: i32 = 168;
}

impl Rule {
    /// The row for what begins at `address`.
    pub fn row(self, address: u64) -> [u64; 3] {
        let Self::Frame { caller, rbp, rbx } = self else {
            let kind = if self == Self::Outermost { kind::OUTERMOST } else { kind::UNKNOWN };
            return [address, kind.cast_unsigned(), 0];
        };
        let (kind, base, offset) = match caller {
            Caller::At(base, offset) => (kind::AT, base, offset),
            Caller::In(base, offset) => (kind::IN, base, offset),
            Caller::Stub(after) => (kind::STUB, Base::Stack, after),
            Caller::Signal => (kind::SIGNAL, Base::Stack, 0),
        };
        let high = |offset: i32| i64::from(offset) << shift::OFFSET;
        let first = kind
            | (base as i64) << shift::BASE
            | (rbp.0 as i64) << shift::RBP
            | (rbx.0 as i64) << shift::RBX
            | high(offset);
        let second = i64::from(rbp.1.cast_unsigned()) | high(rbx.1);
        [address, first.cast_unsigned(), second.cast_unsigned()]
    }
}

/// Where what a program needs for unwinding is in its memory.
pub mod state {
    /// The address of the frame's code.
    pub const CODE: u32 = 0;
    /// `rsp`, and after it `rbp` and `rbx`.
    pub const STACK: u32 = 8;
    /// `rbp`
    pub const FRAME: u32 = 16;
    /// `rbx`
    pub const RBX: u32 = 24;
    /// An address in the call, which is before the address that it returns to.
    pub const ASKED: u32 = 32;
    /// How many frames there are.
    pub const COUNT: u32 = 40;
    /// A number made of all of them.
    pub const HASH: u32 = 48;
    /// The process, and 4 bytes that are zero.
    pub const PROCESS: u32 = 56;
    /// For what is read.
    pub const READ: u32 = 64;
    /// The number of a row.
    pub const KEY: u32 = 72;
    /// The process's registers.
    pub const REGISTERS: u32 = 80;
    /// Bytes of these, `struct pt_regs`.
    pub const REGISTERS_SIZE: u32 = 168;
    /// The frames.
    pub const FRAMES: u32 = REGISTERS + REGISTERS_SIZE;
}

/// Bytes that a program needs to unwind so many frames, with the zero after them.
pub const fn state_size(limit: u32) -> u32 {
    state::FRAMES + round_up(limit.saturating_add(1).saturating_mul(8), 8)
}
