//! One instruction, decoded into a type that cannot lie.
use std::fmt;

/// A register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the registers' own")]
pub enum Reg {
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
    R6,
    R7,
    R8,
    R9,
    R10,
}

impl Reg {
    /// All of them, `r10` (the read-only frame pointer) last.
    pub const ALL: [Self; 11] = [
        Self::R0,
        Self::R1,
        Self::R2,
        Self::R3,
        Self::R4,
        Self::R5,
        Self::R6,
        Self::R7,
        Self::R8,
        Self::R9,
        Self::R10,
    ];

    /// The register with this number, if there is one.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 11 { Some(Self::ALL[number as usize]) } else { None }
    }

    /// Its number, 0 to 10.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.number())
    }
}

impl fmt::Debug for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How much of a register an operation works on. A 32-bit result is zero-extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Width {
    /// The low half; the classes `ALU` and `JMP32`.
    W32,
    /// All of it; the classes `ALU64` and `JMP`.
    W64,
}

/// How many bytes a memory access covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Size {
    /// One byte, `u8`.
    B,
    /// Two bytes, `u16`.
    H,
    /// Four bytes, `u32`.
    W,
    /// Eight bytes, `u64`.
    DW,
}

impl Size {
    /// All of them, smallest first.
    pub const ALL: [Self; 4] = [Self::B, Self::H, Self::W, Self::DW];
}

impl Size {
    /// In bytes.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::B => 1,
            Self::H => 2,
            Self::W => 4,
            Self::DW => 8,
        }
    }

    /// The size of so many bytes, if there is one.
    pub const fn from_bytes(bytes: u32) -> Option<Self> {
        match bytes {
            1 => Some(Self::B),
            2 => Some(Self::H),
            4 => Some(Self::W),
            8 => Some(Self::DW),
            _ => None,
        }
    }
}

/// Arithmetic with two operands; `Mov` ignores the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are RFC 9669's own")]
pub enum AluOp {
    Add,
    Sub,
    Mul,
    Div,
    SDiv,
    Or,
    And,
    Lsh,
    Rsh,
    Mod,
    SMod,
    Xor,
    Mov,
    Arsh,
}

impl AluOp {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::SDiv,
        Self::Or,
        Self::And,
        Self::Lsh,
        Self::Rsh,
        Self::Mod,
        Self::SMod,
        Self::Xor,
        Self::Mov,
        Self::Arsh,
    ];
}

/// The second operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A register.
    Reg(Reg),
    /// A constant, sign-extended to the operation's width.
    Imm(i32),
}

/// What a conditional jump asks; `S…` compares signed, `Set` asks for `lhs & rhs != 0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are RFC 9669's own")]
pub enum Cond {
    Eq,
    Gt,
    Ge,
    Set,
    Ne,
    Sgt,
    Sge,
    Lt,
    Le,
    Slt,
    Sle,
}

impl Cond {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Eq,
        Self::Gt,
        Self::Ge,
        Self::Set,
        Self::Ne,
        Self::Sgt,
        Self::Sge,
        Self::Lt,
        Self::Le,
        Self::Slt,
        Self::Sle,
    ];
}

/// What a byte-order instruction does with the low 16, 32 or 64 bits; the rest becomes zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Swap {
    /// To little-endian, from the machine's order.
    ToLittle,
    /// To big-endian, from the machine's order.
    ToBig,
    /// Always (`bswap`, ISA v4).
    Always,
}

impl Swap {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ToLittle, Self::ToBig, Self::Always];
}

/// An atomic read-modify-write. `fetch` forms load the old value into the source register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtomicOp {
    /// `lock *p += src`, with or without the old value.
    Add {
        /// Whether `src` receives the old value.
        fetch: bool,
    },
    /// `lock *p |= src`.
    Or {
        /// Whether `src` receives the old value.
        fetch: bool,
    },
    /// `lock *p &= src`.
    And {
        /// Whether `src` receives the old value.
        fetch: bool,
    },
    /// `lock *p ^= src`.
    Xor {
        /// Whether `src` receives the old value.
        fetch: bool,
    },
    /// `src = xchg(p, src)`.
    Xchg,
    /// `r0 = cmpxchg(p, r0, src)`.
    Cmpxchg,
}

impl AtomicOp {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Add { fetch: false },
        Self::Add { fetch: true },
        Self::Or { fetch: false },
        Self::Or { fetch: true },
        Self::And { fetch: false },
        Self::And { fetch: true },
        Self::Xor { fetch: false },
        Self::Xor { fetch: true },
        Self::Xchg,
        Self::Cmpxchg,
    ];
}

/// What the 64-bit constant of `ld_imm64` stands for (its `src_reg` field).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Imm64 {
    /// Itself.
    Value(u64),
    /// A map, by descriptor (`BPF_PSEUDO_MAP_FD`).
    MapFd(i32),
    /// An address in the first value of a map, by descriptor (`BPF_PSEUDO_MAP_VALUE`).
    MapFdValue {
        /// The map.
        fd: i32,
        /// Bytes from the value's start.
        offset: u32,
    },
    /// A kernel variable (`BPF_PSEUDO_BTF_ID`).
    BtfId {
        /// The variable's BTF type id.
        id: i32,
        /// The descriptor of the module's BTF; 0 for the kernel's own.
        fd: i32,
    },
    /// The address of a function, in instruction slots from the next one (`BPF_PSEUDO_FUNC`).
    Function(i32),
    /// A map, by its index in the program's table of maps (`BPF_PSEUDO_MAP_IDX`). An image uses this form.
    Map(u32),
    /// An address in the first value of a map, by index (`BPF_PSEUDO_MAP_IDX_VALUE`). An image uses this form.
    MapValue {
        /// The map.
        map: u32,
        /// Bytes from the value's start.
        offset: u32,
    },
}

/// Whom a call reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Callee {
    /// A helper, by its number.
    Helper(u32),
    /// A helper, by the BTF id of its prototype (`src_reg` 2 is a kfunc; helpers by BTF id are RFC 9669's form 2).
    Kfunc {
        /// The function's BTF type id.
        id: i32,
        /// The index in the program's table of BTF descriptors; 0 for the kernel's own.
        module: i16,
    },
    /// A function of the same program, in instruction slots from the next one.
    Local(i32),
    /// The function whose address the register holds (`callx`; no kernel has it).
    Register(Reg),
}

/// One instruction. Jumps count in slots of eight bytes from the slot after the instruction;
/// `LoadImm64` fills two slots, all others one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Insn {
    /// `dst = dst op src`.
    Alu {
        /// The operation.
        op: AluOp,
        /// How much of the registers.
        width: Width,
        /// Both first operand and result.
        dst: Reg,
        /// The second operand.
        src: Operand,
    },
    /// `dst = -dst`.
    Neg {
        /// How much of the register.
        width: Width,
        /// The register.
        dst: Reg,
    },
    /// `dst = (sN)src`: a sign-extending move of the low 8, 16 or 32 bits (ISA v4).
    MovSx {
        /// How much of `dst` is written (the rest becomes zero).
        width: Width,
        /// How much of `src` is read.
        from: Size,
        /// The result.
        dst: Reg,
        /// The source.
        src: Reg,
    },
    /// `dst = addr_space_cast(src, to, from)` (arenas; `mov` with offset 1).
    AddrSpaceCast {
        /// The result.
        dst: Reg,
        /// The source.
        src: Reg,
        /// Destination space in the high half, source space in the low half.
        spaces: u32,
    },
    /// A change of byte order.
    Swap {
        /// Which.
        kind: Swap,
        /// How much of the register: `H`, `W` or `DW`.
        size: Size,
        /// The register.
        dst: Reg,
    },
    /// `dst = constant ll`.
    LoadImm64 {
        /// The result.
        dst: Reg,
        /// The constant and its kind.
        value: Imm64,
    },
    /// `dst = *(size *)(base + off)`, zero-extended.
    Load {
        /// How much.
        size: Size,
        /// The result.
        dst: Reg,
        /// The address.
        base: Reg,
        /// Added to it, in bytes.
        off: i16,
    },
    /// `dst = *(signed size *)(base + off)` (ISA v4); not with `DW`.
    LoadSx {
        /// How much.
        size: Size,
        /// The result.
        dst: Reg,
        /// The address.
        base: Reg,
        /// Added to it, in bytes.
        off: i16,
    },
    /// `*(size *)(base + off) = src`.
    Store {
        /// How much.
        size: Size,
        /// The address.
        base: Reg,
        /// Added to it, in bytes.
        off: i16,
        /// The value.
        src: Operand,
    },
    /// An atomic read-modify-write at `base + off`; `W` or `DW`.
    Atomic {
        /// What it does.
        op: AtomicOp,
        /// How much.
        size: Size,
        /// The address.
        base: Reg,
        /// Added to it, in bytes.
        off: i16,
        /// The operand.
        src: Reg,
    },
    /// `dst = load_acquire((size *)(base + off))`.
    LoadAcquire {
        /// How much.
        size: Size,
        /// The result.
        dst: Reg,
        /// The address.
        base: Reg,
        /// Added to it, in bytes.
        off: i16,
    },
    /// `store_release((size *)(base + off), src)`.
    StoreRelease {
        /// How much.
        size: Size,
        /// The address.
        base: Reg,
        /// Added to it, in bytes.
        off: i16,
        /// The value.
        src: Reg,
    },
    /// A load from the packet, as classic BPF had it: `r0 = ntoh(*(size *)(packet + imm + src))`.
    LoadPacket {
        /// How much; not `DW`.
        size: Size,
        /// The register of the `ind` form.
        index: Option<Reg>,
        /// The constant offset, in bytes.
        imm: i32,
    },
    /// `if lhs cond rhs goto off`.
    Jump {
        /// What it asks.
        cond: Cond,
        /// How much of the registers.
        width: Width,
        /// The first operand.
        lhs: Reg,
        /// The second operand.
        rhs: Operand,
        /// In slots from the next instruction.
        off: i16,
    },
    /// `goto off`.
    Goto {
        /// In slots from the next instruction.
        off: i16,
    },
    /// `gotol off`: the long form (ISA v4).
    GotoLong {
        /// In slots from the next instruction.
        off: i32,
    },
    /// `may_goto off`: leaves a loop once the kernel's budget is spent.
    MayGoto {
        /// In slots from the next instruction.
        off: i16,
    },
    /// `gotox dst`: to the address that a register holds (jump tables, since 6.19).
    GotoRegister {
        /// The register.
        dst: Reg,
    },
    /// `call`.
    Call(Callee),
    /// `exit`.
    Exit,
}

impl Insn {
    /// How many slots of eight bytes it fills.
    pub const fn slots(&self) -> u32 {
        if matches!(self, Self::LoadImm64 { .. }) { 2 } else { 1 }
    }
}
