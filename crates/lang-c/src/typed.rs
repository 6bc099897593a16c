//! The tree after checking: every name is resolved, every type known, every conversion written out. Values are scalars (numbers and
//! pointers); records and arrays are places, which are copied, pointed at and stepped into.
mod dump;

use crate::Name;
use crate::ast::{BinaryOp, Unroll};
use crate::types::{RecordId, Signature, Ty, Types};
pub use dump::{dump, dump_record};
use osmia_base::{Arena, Span, key};

key!(
    /// A variable that lives while its function runs.
    pub struct LocalId, "l"
);
key!(
    /// A variable that lives as long as the program, a map, or an external symbol.
    pub struct GlobalId, "g"
);
key!(
    /// A function of the unit, or an external one.
    pub struct FunctionId, "f"
);

/// A unit, understood.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// All types.
    pub types: Types,
    /// All functions that are defined or called, in the order in which they were declared.
    pub functions: Arena<FunctionId, Function>,
    /// All variables outside of functions, those that are `static` in them, and strings.
    pub globals: Arena<GlobalId, Global>,
}

/// Who sees a symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Linkage {
    /// This unit.
    Static,
    /// Everybody.
    #[default]
    Global,
    /// Everybody, unless another unit has one; an external one may be missing.
    Weak,
}

/// What stands beside a symbol.
#[derive(Clone, Debug, Default)]
pub struct Symbol {
    /// Who sees it.
    pub linkage: Linkage,
    /// `visibility("hidden")`: linked like a global one, checked by the verifier like a static one.
    pub hidden: bool,
    /// `section("…")`
    pub section: Option<String>,
    /// `btf_decl_tag("…")`
    pub tags: Vec<Box<str>>,
    /// `aligned(…)`, in bytes.
    pub align: Option<u64>,
    /// Where it was declared.
    pub span: Span,
}

/// How a function is to be inlined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inline {
    /// As the compiler likes.
    #[default]
    Free,
    /// `always_inline`
    Always,
    /// `noinline`
    Never,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// What stands beside it.
    pub symbol: Symbol,
    /// Its type, as it is written: [`crate::types::TypeKind::Function`] below names.
    pub ty: Ty,
    /// What it takes and returns.
    pub signature: Signature,
    /// `btf_decl_tag` of its parameters: position and text.
    pub param_tags: Vec<(usize, Box<str>)>,
    /// How it is inlined.
    pub inline: Inline,
    /// Its code; none of an external one.
    pub body: Option<Body>,
}

/// The code of a function.
#[derive(Clone, Debug)]
pub struct Body {
    /// All its variables; the parameters are the first.
    pub locals: Arena<LocalId, Local>,
    /// Its statements.
    pub stmts: Vec<Stmt>,
    /// Its end.
    pub end: Span,
}

/// A variable that lives while its function runs.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name; none of what only the compiler knows.
    pub name: Option<Name>,
    /// Its type, with a size.
    pub ty: Ty,
    /// `aligned(…)`, in bytes.
    pub align: Option<u64>,
    /// Where it was declared.
    pub span: Span,
}

/// A variable that lives as long as the program.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its name; of a string literal none. One that is `static` in a function has that function's name, a dot and its own.
    pub name: Option<String>,
    /// What stands beside it.
    pub symbol: Symbol,
    /// Its type, as it is written.
    pub ty: Ty,
    /// Its bytes and the addresses in them; none of an external one.
    pub data: Option<GlobalData>,
}

/// What a variable holds at first.
#[derive(Clone, Debug, Default)]
pub struct GlobalData {
    /// As many as its type has; addresses are zero (or what is added to them).
    pub bytes: Vec<u8>,
    /// Addresses: offset in `bytes`, and what is there.
    pub addresses: Vec<(u64, GlobalAddress)>,
}

/// What an address in data points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GlobalAddress {
    /// A variable or map, and bytes from its begin.
    Global(GlobalId, i64),
    /// A function.
    Function(FunctionId),
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it does.
    pub kind: StmtKind,
    /// Where it was written.
    pub span: Span,
}

/// What a statement does.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// For its effects.
    Expr(Expr),
    /// A variable begins here: zero bytes first where `zero`, then what is stored.
    Declare {
        /// Which.
        local: LocalId,
        /// Whether all of it is zero before the stores.
        zero: bool,
        /// Assignments, in order.
        stores: Vec<Expr>,
    },
    /// In order.
    Block(Vec<Stmt>),
    /// A condition is a scalar of any type, compared with zero.
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    /// Before each turn the condition is asked, after each turn the step is made.
    Loop {
        /// Whether the first turn is made without asking (`do`).
        enter: Enter,
        /// No condition holds always.
        condition: Option<Expr>,
        /// For its effects.
        step: Option<Expr>,
        /// The turn.
        body: Box<Stmt>,
        /// What is asked of the compiler.
        unroll: Unroll,
    },
    /// The value is of an integer type of at least 32 bits, and so are the cases.
    Switch {
        /// What is asked.
        value: Expr,
        /// Its statements, among which [`StmtKind::Case`] stand at any depth.
        body: Box<Stmt>,
        /// Values (first and last) and the number of the [`StmtKind::Case`] they lead to.
        cases: Vec<(i64, i64, u32)>,
        /// The number of that for all others.
        default: Option<u32>,
    },
    /// A place that the switch around it leads to.
    Case(u32),
    /// A place that `goto` leads to, by its number in the function.
    Label(u32),
    /// There.
    Goto(u32),
    /// Out of the innermost loop or switch.
    Break,
    /// To the next turn of the innermost loop.
    Continue,
    /// Out of the function; of records, from the place.
    Return(Option<Returned>),
    /// Nothing that the compiler knows of values may be taken for true behind it: all memory (`asm volatile("" ::: "memory")`).
    MemoryBarrier,
    /// The place holds what nobody knows (`asm volatile("" : "+r"(x))`), though it is what it was.
    Opaque(Place),
}

/// How a loop begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enter {
    /// By its condition.
    Asked,
    /// With a turn.
    Always,
}

/// What a function returns.
#[derive(Clone, Debug)]
pub enum Returned {
    /// A number or pointer of the function's type.
    Scalar(Expr),
    /// A record.
    Record(Place),
}

/// A scalar, or (where its type is void) an effect.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type, as it is written.
    pub ty: Ty,
    /// Where it was written.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A number of the type, sign-extended to 64 bits where the type has a sign; pointers too.
    Int(i64),
    /// What a place holds.
    Load(Place),
    /// Where a place is: a pointer to its type, or to the elements of an array.
    AddressOf(Place),
    /// Where a function is.
    FunctionAddress(FunctionId),
    /// `-a`, in the type.
    Negate(Box<Expr>),
    /// `~a`, in the type.
    Complement(Box<Expr>),
    /// 1 where `a` is zero (or null), else 0: `int`.
    Not(Box<Expr>),
    /// Numbers of one type (shifts: the type is that of the first); comparisons are of `int`, and of pointers too.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// Pointer, number of 64 bits, and by how many bytes a step of one goes.
    PointerAdd(Box<Expr>, Box<Expr>, i64),
    /// Two pointers, and the size of what they point to.
    PointerDiff(Box<Expr>, Box<Expr>, i64),
    /// The value in this expression's type: C's conversions between numbers and pointers; to `_Bool` by comparing with zero.
    Convert(Box<Expr>),
    /// Stores, and is what was stored.
    Assign(Place, Box<Expr>),
    /// `place op= value`, the place found once: it is converted to `Ty`, the operation made there, and the result converted back.
    /// Pointers: `Add` and `Sub` of a number of bytes.
    AssignOp {
        /// Which.
        place: Place,
        /// Between.
        op: BinaryOp,
        /// In this type.
        in_type: Ty,
        /// The second operand.
        value: Box<Expr>,
        /// What the expression is.
        yields: Yields,
    },
    /// Copies a record or array to a place of the same type, which is not read; the expression is `void`. What is copied may be a
    /// text that a local array begins with.
    Copy(Place, Place),
    /// 1 or 0: `int`.
    And(Box<Expr>, Box<Expr>),
    /// 1 or 0: `int`.
    Or(Box<Expr>, Box<Expr>),
    /// Both of the expression's type.
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a ?: b`: `a` is found once.
    Elvis(Box<Expr>, Box<Expr>),
    /// The first for its effects.
    Comma(Box<Expr>, Box<Expr>),
    /// A call.
    Call(Callee, Vec<Arg>),
    /// `({ … })`: statements, and the value of the last.
    Block(Vec<Stmt>, Option<Box<Expr>>),
    /// What the compiler itself does.
    Builtin(Builtin),
}

/// What an assignment is as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yields {
    /// What was there before (`a++`).
    Before,
    /// What is there now.
    After,
}

/// Who is called.
#[derive(Clone, Debug)]
pub enum Callee {
    /// A function of the unit, or an external one (a kernel function, or one of another object).
    Function(FunctionId),
    /// A helper, by number.
    Helper(u32),
    /// Wherever a pointer leads. The kernel has no such calls.
    Pointer(Box<Expr>),
}

/// An argument.
#[derive(Clone, Debug)]
pub enum Arg {
    /// A number or pointer, of the parameter's type.
    Scalar(Expr),
    /// A record, by value.
    Record(Place),
}

/// What the compiler itself does.
#[derive(Clone, Debug)]
pub enum Builtin {
    /// `__builtin_memset(place, byte, size)`
    Fill(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `__builtin_memcpy(to, from, size)`: the two do not overlap.
    Copy(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `__builtin_memmove(to, from, size)`: the two may overlap.
    Move(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `__builtin_memcmp(a, b, size)`
    Compare(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `__builtin_bswap16`, `32`, `64`: bytes.
    Swap(u32, Box<Expr>),
    /// `__builtin_popcount` and its kin: of a number of 32 or 64 bits.
    Count(Count, Box<Expr>),
    /// `__builtin_add_overflow(a, b, pointer)` and its kin: the result is written, and whether it is not what is written.
    Overflow(BinaryOp, Box<Expr>, Box<Expr>, Box<Expr>),
    /// `__sync_fetch_and_add` and its kin: old value.
    Atomic(AtomicOp, Box<Expr>, Box<Expr>),
    /// `__sync_val_compare_and_swap(pointer, old, new)`: old value.
    CompareExchange(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A CO-RE question (`enum bpf_core_relo_kind`) about a type, or a place in it.
    Core(CoreQuestion),
    /// `__builtin_btf_type_id(type, kind)`, kind 0: the type's number in the object's own types, 1: in the kernel's.
    TypeId(Ty, u64),
    /// `__builtin_trap()` and `__builtin_unreachable()`.
    Unreachable,
}

/// What `__builtin_preserve_*_info` asks.
#[derive(Clone, Debug)]
pub enum CoreQuestion {
    /// `BPF_CORE_FIELD_*`: of the last field of a place.
    Field(Place, u32),
    /// `BPF_CORE_TYPE_*`.
    Type(Ty, u32),
    /// `BPF_CORE_ENUMVAL_*`: of the enumeration, the name at this position.
    Enumerator(Ty, usize, u32),
}

/// What is counted in the bits of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Those that are set.
    Ones,
    /// Whether the number of those is odd.
    Parity,
    /// Zeros below the lowest one.
    TrailingZeros,
    /// Zeros above the highest one.
    LeadingZeros,
    /// The place of the lowest one, from 1; 0 where there is none.
    FirstOne,
}

/// Atomic changes of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the operation that it is named after")]
pub enum AtomicOp {
    Add,
    Sub,
    And,
    Or,
    Xor,
    Exchange,
}

/// A place in memory.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which.
    pub kind: PlaceKind,
    /// The type of what is there, with its qualifiers.
    pub ty: Ty,
    /// Where it was written.
    pub span: Span,
}

/// Which place.
#[derive(Clone, Debug)]
pub enum PlaceKind {
    /// A variable of the function; a compound literal is one, too.
    Local(LocalId),
    /// A variable of the program, a map, a string.
    Global(GlobalId),
    /// Where a pointer points.
    Deref(Box<Expr>),
    /// A member; steps into unnamed records stand one by one.
    Field {
        /// What it is in.
        of: Box<Place>,
        /// The record.
        record: RecordId,
        /// Its position in [`crate::types::RecordBody::fields`].
        index: usize,
        /// Whether its offset is the running kernel's (CO-RE).
        relocate: Relocate,
    },
    /// An element of an array; the index is a number of 64 bits.
    Index {
        /// The array.
        of: Box<Place>,
        /// Which element.
        index: Box<Expr>,
        /// Whether its offset is the running kernel's (CO-RE).
        relocate: Relocate,
    },
    /// The place that a statement expression, a conditional or a comma ends with.
    After(Vec<Stmt>, Box<Place>),
    /// One of two places of one type.
    Conditional(Box<Expr>, Box<Place>, Box<Place>),
    /// A record that a call returns, and the variable that holds it.
    Call(Box<Expr>, LocalId),
}

/// Whether the running kernel says where something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relocate {
    /// It lies where the unit's types have it.
    #[default]
    No,
    /// CO-RE: `preserve_access_index`, as attribute of the record or around the expression.
    Yes,
}
