//! One function in SSA form: blocks with parameters, values typed by width and by what a pointer points to.
use crate::FunctionId;
use osmia_base::{Arena, key};
use osmia_btf::TypeId;
use osmia_isa::{AluOp, AtomicOp, Cond, Size, Swap};
use osmia_object::{DataKey, ExternKey, Linkage, MapKey, Program};

key!(
    /// A value: the result of an instruction or a parameter of a block.
    pub struct Value, "v"
);
key!(
    /// A basic block.
    pub struct Block, "b"
);
key!(
    /// A piece of the stack.
    pub struct Slot, "s"
);

/// What a value is. Memory holds 8 and 16 bits too; values do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// 32 bits. What the upper half of its register holds is nobody's business.
    I32,
    /// 64 bits.
    I64,
    /// An address.
    Ptr(Pointee),
}

/// What an address points to, as far as the verifier cares. A pass never turns one kind into another, but for
/// [`Pointee::Memory`], in whose place may be what is known better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pointee {
    /// This function's stack.
    Stack,
    /// The program's context.
    Context,
    /// A map (the handle, not its contents).
    Map,
    /// Memory that the verifier knows the bounds of: a map's value, global data, a ring buffer's record. Where the language
    /// says no more of a pointer, it is this: it may be one of the others, the stack too.
    Memory,
    /// A kernel object that may be read directly, by its BTF type.
    Kernel,
    /// A packet.
    Packet,
    /// A function, for helpers that call back.
    Function,
}

/// Where an instruction was written; line 0 for nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Loc {
    /// Position in [`crate::Module::files`].
    pub file: u32,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its symbol.
    pub name: String,
    /// The ELF section it goes to; `.text` for subprograms.
    pub section: String,
    /// Who may call it.
    pub linkage: Linkage,
    /// What it is loaded as; `None` for a subprogram.
    pub program: Option<Program>,
    /// Its BTF `FUNC`; void where there is none.
    pub type_id: TypeId,
    /// Its blocks.
    pub blocks: Arena<Block, BlockData>,
    /// Its values.
    pub values: Arena<Value, ValueData>,
    /// Its stack slots.
    pub slots: Arena<Slot, SlotData>,
    /// Where it begins; this block's parameters are the function's (at most five where it is called), and nobody jumps to
    /// it.
    pub entry: Block,
    /// What it returns; `None` for nothing (`r0` is then not read by callers).
    pub result: Option<Type>,
    /// How it is put where it is called.
    pub inline: Inline,
    /// The loops that are to be unrolled: those that begin with one of these blocks.
    pub unroll: Vec<Block>,
}

/// How a function is put where it is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inline {
    /// As [`crate::optimize`] thinks fit, if nobody else sees it.
    #[default]
    Free,
    /// If it is not big, as compilers of C do; who else sees it calls the function itself.
    Liberal,
    /// Wherever it is called, whatever it costs. Only such a function may have more than five parameters.
    Always,
    /// Nowhere.
    Never,
}

/// A straight run of instructions.
#[derive(Clone, Debug, Default)]
pub struct BlockData {
    /// What each jump here passes.
    pub params: Vec<Value>,
    /// In order.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub end: Terminator,
    /// Where its end was written.
    pub end_loc: Loc,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueData {
    /// Its type.
    pub kind: Type,
}

/// A piece of the stack. Its address escapes through [`Op::SlotAddr`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotData {
    /// In bytes.
    pub size: u32,
    /// A power of two, at most 8.
    pub align: u32,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inst {
    /// What it defines.
    pub result: Option<Value>,
    /// What it does.
    pub op: Op,
    /// Where it was written.
    pub loc: Loc,
}

/// What an instruction does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A number of the result's type.
    Const(i64),
    /// A number that is known when the object is loaded: a CO-RE relocation (`enum bpf_core_relo_kind`).
    Core(Core),
    /// `a op b`, in the width of `a`'s type; pointer plus or minus number is a pointer. Never `Mov`.
    Alu(AluOp, Value, Value),
    /// `-a`.
    Neg(Value),
    /// The low `Size` bits of a number, zero-extended to the result's type.
    ZeroExtend(Size, Value),
    /// The low `Size` bits of a number, sign-extended to the result's type.
    SignExtend(Size, Value),
    /// The low half of an `I64`, as `I32`.
    Truncate(Value),
    /// The same bits as another type of the same width (address as number).
    Cast(Value),
    /// The value as it is, though no pass and no verifier may know anything of it.
    Opaque(Value),
    /// Nothing; what memory held before it is not known behind it.
    Barrier,
    /// A change of byte order of the low `Size` bits; the rest becomes zero.
    Swap(Swap, Size, Value),
    /// 1 if the condition holds, else 0.
    Compare(Cond, Value, Value),
    /// `condition != 0 ? a : b`.
    Select(Value, Value, Value),
    /// Reads memory; narrow numbers are zero-extended to the result's type.
    Load(Size, Address),
    /// Reads memory; narrow numbers are sign-extended to the result's type.
    LoadSigned(Size, Address),
    /// Writes the low bits of a number, or a pointer.
    Store(Size, Address, Value),
    /// Sets so many bytes to zero.
    Zero(Address, u32),
    /// Copies so many bytes; the two places do not overlap.
    Copy {
        /// To here.
        to: Address,
        /// From here.
        from: Address,
        /// In bytes.
        size: u32,
    },
    /// An atomic change of memory. A `fetch` form or `Xchg` has the old value as its result.
    Atomic(AtomicOp, Size, Address, Value),
    /// Writes `new` if memory holds `expected`; the result is the old value.
    CompareExchange {
        /// `W` or `DW`.
        size: Size,
        /// The memory.
        at: Address,
        /// What it should hold.
        expected: Value,
        /// What it is to hold then.
        new: Value,
    },
    /// The address of a stack slot.
    SlotAddr(Slot),
    /// A map's handle.
    MapAddr(MapKey),
    /// An address in global data.
    DataAddr(DataKey, u32),
    /// The address of an external symbol.
    ExternAddr(ExternKey),
    /// The address of a subprogram.
    FunctionAddr(FunctionId),
    /// A call, with at most five arguments.
    Call(Callee, Vec<Value>),
    /// A load from the packet as classic BPF had it: size, index, constant offset. The result is in host order.
    LoadPacket(Size, Option<Value>, i32),
}

/// A CO-RE question whose answer is a number: see [`osmia_object::CoreReloc`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Core {
    /// The root type, in [`crate::Module::btf`].
    pub type_id: TypeId,
    /// The path from it.
    pub access: String,
    /// `enum bpf_core_relo_kind`.
    pub kind: u32,
    /// The answer for the types as the module has them: what the instruction holds before it is relocated.
    pub local: i64,
}

/// A place in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// A pointer.
    pub base: Value,
    /// Added to it.
    pub offset: Offset,
}

/// A distance from a pointer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Offset {
    /// In bytes.
    Bytes(i32),
    /// Known when the object is loaded: a CO-RE byte offset, put into the access itself.
    Core(Core),
}

/// Whom a call reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Callee {
    /// A helper, by number.
    Helper(u32),
    /// A kernel function.
    Kfunc(ExternKey),
    /// A function of this module.
    Function(FunctionId),
    /// Wherever the first argument leads. There is no instruction for that: passes must find out.
    Pointer,
}

/// A jump with the arguments for its block's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Where to.
    pub block: Block,
    /// One per parameter.
    pub args: Vec<Value>,
}

/// How a block ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Terminator {
    /// Not written yet; not valid.
    #[default]
    Missing,
    /// To one block.
    Jump(Jump),
    /// To one of two.
    Branch {
        /// What is asked.
        cond: Cond,
        /// The first operand; its type says the width.
        lhs: Value,
        /// The second operand.
        rhs: Value,
        /// If it holds.
        then: Jump,
        /// If not.
        other: Jump,
    },
    /// Out of the function.
    Return(Option<Value>),
    /// Never reached.
    Unreachable,
}
