//! A checked script: every name resolved, every type known, every conversion written out. `check` makes it, `lower`
//! turns it into IR; neither looks anything up in between.
use crate::probes::Provider;
use osmia_base::{Arena, Span, key};
use osmia_btf::TypeId;
use osmia_event::{Aggregation, Since, StackMode, Verb};
use osmia_isa::{AluOp, Cond};
use osmia_object::{Attach, TraceField};
use serde::{Deserialize, Serialize};

key!(
    /// A map of a script.
    pub struct MapId, "@"
);
key!(
    /// A variable of one probe; two blocks' variables of one name are two variables.
    pub struct VarId, "$"
);

/// A whole checked script.
#[derive(Debug, Default)]
pub struct Program {
    /// In source order; a block with several attach points that need code of their own stands here once for each.
    pub probes: Vec<Probe>,
    /// All maps, in byte order of their names.
    pub maps: Arena<MapId, MapInfo>,
    /// Types that the script itself defines (C preamble), as BTF; `None` where it defines none.
    pub types: Option<osmia_btf::Btf>,
    /// Compiled objects whose functions it may call.
    pub imports: Vec<crate::Imported>,
    /// Settings, with the environment's and the script's own values.
    pub config: Config,
}

/// Settings that matter to the compiler (bpftrace.md section 1.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are bpftrace's own")]
pub struct Config {
    pub max_strlen: u32,
    pub max_map_keys: u32,
    pub on_stack_limit: u32,
    pub max_probes: u32,
    pub max_bpf_progs: u32,
    /// At most so many bytes of a file for `cat()`.
    pub max_cat_bytes: u32,
    pub print_maps_on_exit: bool,
    pub str_trunc_trailer: String,
    pub license: String,
    pub missing_probes: MissingProbes,
    pub stack_mode: StackMode,
    /// Ring-buffer size in pages; 0 for automatic.
    pub perf_rb_pages: u32,
    pub cpp_demangle: bool,
    pub lazy_symbolication: bool,
    /// Whether user stacks show lines of source and inlined functions.
    pub show_debug_info: bool,
    /// bpftrace's word for a symbolizer that reads debug information; without it no lines are shown.
    pub use_blazesym: bool,
    /// Bytes for the verifier's log. It is told to `config()`; the log is as long as it has to be.
    pub log_size: u32,
    /// Whether `dw_ustack()` may be used.
    pub unstable_dw_ustack: Unstable,
    /// Whether `tseries()` may be used.
    pub unstable_tseries: Unstable,
    pub unstable_typeinfo: Unstable,
    pub unstable_import_statement: Unstable,
}

/// What using something means that may still change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unstable {
    /// The script has said that it knows.
    Enable,
    /// It works, and a warning says so.
    #[default]
    Warn,
    /// It is an error.
    Error,
}

/// What a probe that does not exist means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MissingProbes {
    /// The script does not run.
    #[default]
    Error,
    /// It runs, and says so.
    Warn,
    /// It runs.
    Ignore,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_strlen: 1024,
            max_map_keys: 4096,
            on_stack_limit: 32,
            max_probes: 1024,
            max_bpf_progs: 1024,
            max_cat_bytes: 10_240,
            print_maps_on_exit: true,
            str_trunc_trailer: "..".into(),
            license: "GPL".into(),
            missing_probes: MissingProbes::default(),
            stack_mode: StackMode::Bpftrace,
            perf_rb_pages: 0,
            cpp_demangle: true,
            lazy_symbolication: true,
            show_debug_info: true,
            use_blazesym: true,
            log_size: 1_000_000,
            unstable_dw_ustack: Unstable::Warn,
            unstable_tseries: Unstable::Warn,
            unstable_typeinfo: Unstable::Error,
            unstable_import_statement: Unstable::Error,
        }
    }
}

/// One program to be: a body and where it is attached.
#[derive(Debug)]
pub struct Probe {
    /// What kind of probe.
    pub provider: Provider,
    /// The canonical name, the value of `probe`: `tracepoint:sched:sched_switch`.
    pub name: String,
    /// All places that run this code; more than one only where the body does not depend on which.
    pub attach: Vec<Attach>,
    /// Whether one multi-link is wanted for them (wildcards of kprobe and uprobe).
    pub multi: bool,
    /// What [`Builtin::ProbeName`] is at each of them, in their order; empty where nobody asks.
    pub names: Vec<String>,
    /// At many system calls, if it does not matter how it gets there: whether the current call is one of 32 bits, whose
    /// numbers mean other calls.
    pub foreign_call: Option<Expr>,
    /// Its variables.
    pub vars: Arena<VarId, VarInfo>,
    /// What it does; a predicate is an `if` with a `return` in front.
    pub body: Vec<Stmt>,
    /// The functions that it calls; their variables are among its own.
    pub functions: Vec<Function>,
    /// The attach points in the script.
    pub span: Span,
}

/// A function of the script as it is in one probe: code of its own that the probe calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What it does, where it returns nothing.
    pub body: Vec<Stmt>,
    /// What it returns.
    pub value: Option<Expr>,
}

/// A variable.
#[derive(Clone, Debug, PartialEq)]
pub struct VarInfo {
    /// As written: `$x`.
    pub name: String,
    /// Its type: wide enough for all that is assigned to it.
    pub kind: Type,
}

/// A map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapInfo {
    /// As written: `@`, `@start`.
    pub name: String,
    /// Its key; `None` for a map without one. Several keys are a tuple.
    pub key: Option<Type>,
    /// What it holds.
    pub value: MapValue,
    /// Which of the kernel's kinds the script declares it to be; `None` for what its values want. Where the script also
    /// says how many entries there are, what finds no room is lost, and counted; else the reader keeps it.
    pub kind: Option<MapKind>,
    /// At most so many entries.
    pub max_entries: u32,
    /// Where it was first used.
    pub span: Span,
}

/// A kind of map that a script can declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// `hash(N)`
    Hash,
    /// `lruhash(N)`: what was used least makes room.
    LruHash,
    /// `percpuhash(N)`
    PercpuHash,
    /// `percpulruhash(N)`
    PercpuLruHash,
}

impl MapKind {
    /// All kinds, by their names.
    pub const ALL: [(&'static str, Self); 4] = [
        ("hash", Self::Hash),
        ("lruhash", Self::LruHash),
        ("percpuhash", Self::PercpuHash),
        ("percpulruhash", Self::PercpuLruHash),
    ];

    /// Whether each processor has values of its own.
    pub const fn is_per_cpu(self) -> bool {
        matches!(self, Self::PercpuHash | Self::PercpuLruHash)
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// What a map holds.
#[derive(Clone, Debug, PartialEq)]
pub enum MapValue {
    /// What was last assigned.
    Plain(Type),
    /// An aggregation (never [`Aggregation::Value`]).
    Aggregate(Aggregation),
}

/// Where a pointer's memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Space {
    /// Not known: told by the address (user addresses have the sign bit clear on x86-64 and arm64).
    #[default]
    Unknown,
    /// Kernel memory, read by `probe_read_kernel`.
    Kernel,
    /// User memory, read by `probe_read_user`.
    User,
    /// The program's context, read directly.
    Context,
    /// The program's own memory (map values, `&$x`), read directly.
    Bpf,
    /// A kernel object whose BTF type the verifier knows (`curtask`, arguments of fentry and raw tracepoints),
    /// readable directly where the kernel can (`bpf_get_current_task_btf`, since 5.11), else by `probe_read_kernel`.
    Trusted,
}

/// Which set of types an id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeSet {
    /// The kernel's BTF, `Target::btf`.
    Kernel,
    /// The script's own, [`Program::types`].
    Script,
    /// Those of a user file: the so-manieth of `Target::debug`.
    File(u16),
    /// Those of an object that the script imports: the so-manieth of [`Program::imports`].
    Import(u16),
}

/// A type by its BTF id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeRef {
    /// Which set.
    pub set: TypeSet,
    /// The id in it; typedefs and qualifiers already taken off.
    pub id: TypeId,
}

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// No value.
    None,
    /// True or false; one byte.
    Bool,
    /// An integer of 1, 2, 4 or 8 bytes.
    Int {
        /// In bytes.
        size: u8,
        /// Two's complement or plain.
        signed: bool,
        /// Whether it comes from numbers that are written down and not negative, and from nothing else: it is signed,
        /// and takes the sign of whatever it meets.
        flexible: bool,
    },
    /// An integer that BTF has names for.
    Enum {
        /// Its names.
        names: TypeRef,
        /// In bytes.
        size: u8,
        /// Two's complement or plain.
        signed: bool,
    },
    /// An address.
    Pointer {
        /// Of what; `None` for `void`.
        to: Box<Type>,
        /// Where.
        space: Space,
    },
    /// A structure or union, in memory; its value is its address.
    Composite {
        /// Which.
        of: TypeRef,
        /// In bytes.
        size: u32,
        /// Where it lies.
        space: Space,
    },
    /// An array in memory.
    Array {
        /// One element.
        element: Box<Type>,
        /// How many.
        count: u32,
        /// Where it lies.
        space: Space,
    },
    /// Text in so many bytes, NUL-terminated and filled up with NULs.
    Str {
        /// In bytes, the NUL included.
        capacity: u32,
    },
    /// Bytes with a length.
    Buffer {
        /// In bytes.
        capacity: u32,
    },
    /// Several values.
    Tuple(Vec<Type>),
    /// Several named values.
    Record(Vec<(String, Type)>),
    /// A kernel address to be named.
    KernelSymbol,
    /// A user address to be named.
    UserSymbol,
    /// A kernel stack.
    KernelStack {
        /// How to print it.
        mode: StackMode,
        /// At most so many frames.
        limit: u32,
    },
    /// A user stack.
    UserStack {
        /// How to print it.
        mode: StackMode,
        /// At most so many frames.
        limit: u32,
    },
    /// An IP address.
    Inet,
    /// An Ethernet address.
    Mac,
    /// A user id to be named.
    Username,
    /// A cgroup id to be turned into a path.
    CgroupPath {
        /// Which hierarchies are looked through, by their names; `*` stands for anything.
        hierarchies: String,
    },
    /// A time to be printed.
    Timestamp {
        /// `strftime`'s format.
        format: String,
        /// Since when it is counted.
        since: Since,
    },
}

impl Type {
    /// `int64`.
    pub const INT64: Self = Self::int(8, true);
    /// `uint64`.
    pub const UINT64: Self = Self::int(8, false);
    /// `uint32`.
    pub const UINT32: Self = Self::int(4, false);

    /// An integer of so many bytes.
    pub const fn int(size: u8, signed: bool) -> Self {
        Self::Int { size, signed, flexible: false }
    }

    /// Whether it fits a register: numbers, truth values, addresses.
    pub const fn is_scalar(&self) -> bool {
        matches!(self, Self::Bool | Self::Int { .. } | Self::Enum { .. } | Self::Pointer { .. })
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Where it was written.
    pub span: Span,
}

/// What an expression is. Operands already have the types that the operation wants: conversions are [`ExprKind::Cast`]s.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number, truth value or address known now.
    Number(i64),
    /// Text known now, without its NUL.
    Text(Vec<u8>),
    /// Bytes known now; of type [`Type::Array`].
    Bytes(Vec<u8>),
    /// What the command line is to say when the object is loaded.
    Param(Param),
    /// A variable.
    Var(VarId),
    /// Where a variable is, as a pointer.
    VarAddress(VarId),
    /// Where a plain map's value is, as a pointer; a place with zeros where there is none.
    MapAddress(MapId, Option<Box<Expr>>),
    /// A map with keys itself, as functions of the kernel are given it.
    MapItself(MapId),
    /// A plain map's value, zero where there is none. The key has exactly the map's key type.
    MapValue(MapId, Option<Box<Expr>>),
    /// An aggregation read as a number: `count` and `sum` added up, `min`, `max`, `avg` reduced over the processors.
    MapNumber(MapId, Option<Box<Expr>>),
    /// Something that the machine tells.
    Builtin(Builtin),
    /// Arithmetic on two integers of the result's type; signedness already chosen the operation
    /// (`SDiv`, `SMod`, `Arsh`). The result of a division by zero is what the machine says (0).
    Arithmetic(AluOp, Box<Expr>, Box<Expr>),
    /// Pointer plus so many bytes (a number already multiplied by the element's size).
    PointerAdd(Box<Expr>, Box<Expr>),
    /// `-a`.
    Negate(Box<Expr>),
    /// `~a`.
    Complement(Box<Expr>),
    /// `!a`.
    Not(Box<Expr>),
    /// A comparison of two scalars of one type; signedness already chosen the condition.
    Compare(Cond, Box<Expr>, Box<Expr>),
    /// A comparison of two texts over at most so many bytes (`strncmp`'s n; capacity where none): true if equal.
    TextEqual {
        /// The first.
        lhs: Box<Expr>,
        /// The second.
        rhs: Box<Expr>,
        /// How many bytes count; `None` for all.
        limit: Option<u32>,
    },
    /// `a && b`, the second only if needed.
    And(Box<Expr>, Box<Expr>),
    /// `a || b`, the second only if needed.
    Or(Box<Expr>, Box<Expr>),
    /// `c ? a : b`; both of the result's type.
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    /// The same value as another type: integer to integer (sign by the source's), integer to pointer and back, scalar to
    /// `Bool` (not zero), text to text of another capacity, pointer to pointer. A composite or array place cast to a
    /// pointer is its address; a place of an integer array cast to [`Type::Str`] is its text.
    Cast(Box<Expr>),
    /// What a pointer points to. Of a composite or array type it reads nothing yet: it is a place.
    Deref(Box<Expr>),
    /// A member of a place.
    Field {
        /// The place; of type [`Type::Composite`].
        base: Box<Expr>,
        /// Which.
        member: Member,
    },
    /// An element of an array place; out of bounds is 0.
    Index {
        /// The place; of type [`Type::Array`].
        base: Box<Expr>,
        /// Which.
        index: Box<Expr>,
    },
    /// Several values; of type [`Type::Tuple`] or [`Type::Record`].
    Tuple(Vec<Expr>),
    /// Part of a tuple or record.
    Part(Box<Expr>, usize),
    /// `++` and `--` on a variable.
    StepVar {
        /// Which.
        var: VarId,
        /// 1 or -1.
        by: i64,
        /// Whether the expression is the value after (`++$x`).
        prefix: bool,
    },
    /// `++` and `--` on a plain map of integers; lossless.
    StepMap {
        /// Which.
        map: MapId,
        /// Its key.
        key: Option<Box<Expr>>,
        /// 1 or -1.
        by: i64,
        /// Whether the expression is the value after.
        prefix: bool,
    },
    /// `delete(@m, key)`: whether there was one.
    Delete(MapId, Option<Box<Expr>>),
    /// `has_key(@m, key)`.
    HasKey(MapId, Box<Expr>),
    /// `len(@m)`.
    Len(MapId),
    /// A field of a tracepoint's record, and the member of the kernel's structure that it is, where there is one.
    TracepointField(TraceField, Option<Member>),
    /// Argument number n of a traced function or event: `arg0`…, `args.x` of fentry and raw tracepoints.
    Argument(u16),
    /// A structure that a function is given in registers, a word of eight bytes each; the last one may be cut.
    Words(Vec<Expr>),
    /// The traced function's result.
    Retval,
    /// `reg("name")`: bytes from the start of `struct pt_regs`.
    Register(u16),
    /// `str(pointer, length)`: text read from memory; of type [`Type::Str`].
    Str {
        /// Where.
        pointer: Box<Expr>,
        /// At most so many bytes, NUL included, where given.
        length: Option<Box<Expr>>,
    },
    /// `buf(pointer, length)`; of type [`Type::Buffer`].
    Buf {
        /// Where.
        pointer: Box<Expr>,
        /// How many bytes.
        length: Box<Expr>,
    },
    /// `ksym(a)`, `usym(a)`, `username(uid)`, `cgroup_path(id)`, `strftime(f, ns)`: the number, to be turned into words by
    /// the reader; the type says which.
    Tagged(Box<Expr>),
    /// `ntop(af, number or bytes)`: the family (0: by the size of the address), and the address.
    Ntop(Option<Box<Expr>>, Box<Expr>),
    /// `macaddr(bytes)`: a place of six bytes.
    Macaddr(Box<Expr>),
    /// `kstack`, `ustack`; the type says how.
    Stack,
    /// `dw_ustack`: a user stack without frame pointers.
    Unwound,
    /// How many frames a stack has.
    Frames(Box<Expr>),
    /// `kaddr("name")`: resolved when loaded.
    Kaddr(String),
    /// `uaddr("name")`: a virtual address in this probe's file.
    Uaddr(String),
    /// `bswap(n)`.
    Bswap(Box<Expr>),
    /// `signal(n)`, `signal_thread(n)`: a signal to the current process, or to the current thread.
    Signal(Box<Expr>, Receiver),
    /// `override(n)`: the traced function returns n instead of running.
    Override(Box<Expr>),
    /// `strlen(s)`.
    Strlen(Box<Expr>),
    /// `strcontains(hay, needle)`: the needle's position or -1 (`strstr`); a truth value is made of it by a comparison.
    Strstr(Box<Expr>, Box<Expr>),
    /// `strerror(n)` and its kin: what a number is called; of type [`Type::Str`] with capacity 64.
    NameOf(NameTable, Box<Expr>),
    /// `str_concat(a, b)`: two texts, one after the other.
    Concat(Box<Expr>, Box<Expr>),
    /// `memcmp(a, b, n)`: 0, or the difference of the first two bytes that differ.
    Memcmp {
        /// In memory, at least so many bytes.
        lhs: Box<Expr>,
        /// The same.
        rhs: Box<Expr>,
        /// How many bytes count.
        count: u32,
    },
    /// `socket_cookie(sk)`.
    SocketCookie(Box<Expr>),
    /// `path(p)`: the name of what a `struct path *` is; of type [`Type::Str`].
    Path(Box<Expr>),
    /// `comm(pid)`: the name of another process; of type [`Type::Str`].
    CommOf {
        /// Which.
        pid: Box<Expr>,
        /// Where a task has its name.
        name: Member,
    },
    /// `skboutput(file, skb, length, offset)`: 0 where the packet was sent to the reader.
    SkbOutput {
        /// The file that the reader writes.
        file: String,
        /// A `struct sk_buff *`.
        skb: Box<Expr>,
        /// So many bytes of the packet,
        length: Box<Expr>,
        /// of which so many are left out in front.
        offset: Box<Expr>,
    },
    /// `write_user(to, from, length)`: 0 where it was written.
    WriteUser {
        /// A user address.
        to: Box<Expr>,
        /// A text.
        from: Box<Expr>,
        /// How many bytes; no more than the text has are written.
        length: Box<Expr>,
    },
    /// `{ statements; value }`.
    Block(Vec<Stmt>, Box<Expr>),
    /// What the function was given, by position.
    Given(u16),
    /// A call of one of the probe's functions.
    Invoke {
        /// Its position among them.
        function: usize,
        /// What it is given: numbers, at most four.
        args: Vec<Expr>,
    },
    /// A call of a function of an imported object.
    External {
        /// The object: its position in [`Program::imports`].
        import: u16,
        /// The function's name.
        function: String,
        /// What it is given: numbers and pointers, at most five.
        args: Vec<Expr>,
    },
}

/// Whom a signal goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// All of the process: any of its threads takes it.
    Process,
    /// The thread itself.
    Thread,
}

/// Names of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameTable {
    /// Errors, positive or negative.
    Error,
    /// Signals.
    Signal,
    /// System calls.
    Syscall,
}

impl NameTable {
    /// The rows, and what all other numbers are called.
    pub const fn rows(self) -> (&'static [osmia_abi::names::NamedNumber], &'static str) {
        match self {
            Self::Error => (osmia_abi::names::ERROR_TEXTS, "Unknown error"),
            Self::Signal => (osmia_abi::names::SIGNAL_TEXTS, "N/A"),
            Self::Syscall => (osmia_abi::names::SYSCALL_NAMES, "Unknown syscall"),
        }
    }

    /// What a number is called.
    pub fn name(self, number: i64) -> &'static str {
        let (rows, other) = self.rows();
        let number = if self == Self::Error { number.saturating_abs() } else { number };
        match (self, number) {
            (Self::Error, 0) => "Success",
            (Self::Signal, 0) => "Unknown signal 0",
            _ => u16::try_from(number).ok().and_then(|n| osmia_abi::names::name_of(rows, n)).unwrap_or(other),
        }
    }
}

/// A parameter that is left open in an object: a read-only variable, filled when the object is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The variable's name.
    pub variable: String,
    /// What it is where nobody says: the bytes that the value has in memory.
    pub initial: Vec<u8>,
}

/// A member of a structure or union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The structure.
    pub of: TypeRef,
    /// Member indices, through anonymous members, as a CO-RE access string has them after its first number.
    pub path: Vec<u32>,
    /// Bits from the structure's start, in the types that were checked against.
    pub bit_offset: u32,
    /// How many bits, for a bit-field.
    pub bit_size: Option<u8>,
}

/// What the machine tells without being given anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// The process (thread group) id, in the reader's pid namespace.
    Pid,
    /// The thread id, in the reader's pid namespace.
    Tid,
    /// The process (thread group) id, in the initial pid namespace.
    InitPid,
    /// The thread id, in the initial pid namespace.
    InitTid,
    /// The user id.
    Uid,
    /// The group id.
    Gid,
    /// The current task's name; of type [`Type::Str`] with capacity 16.
    Comm,
    /// The processor.
    Cpu,
    /// How many processors there can be.
    Ncpus,
    /// The NUMA node.
    Numaid,
    /// The current `struct task_struct`; a [`Space::Trusted`] pointer.
    Curtask,
    /// The cgroup v2 id.
    Cgroup,
    /// A random `uint32`.
    Rand,
    /// Nanoseconds of `CLOCK_BOOTTIME`.
    Nsecs,
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    NsecsMonotonic,
    /// Nanoseconds of `CLOCK_TAI`.
    NsecsTai,
    /// Nanoseconds since the script began.
    Elapsed,
    /// Ticks since boot.
    Jiffies,
    /// The context, a pointer.
    Ctx,
    /// The address of the traced function.
    FuncAddress,
    /// Whether user code was interrupted.
    Usermode,
    /// The child that `-c` started.
    Cpid,
    /// Which of [`Probe::names`] it is; of type [`Type::Str`].
    ProbeName,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it was written.
    pub span: Span,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// Evaluated for what it does.
    Expr(Expr),
    /// `$x = value`; the value has exactly the variable's type.
    SetVar(VarId, Expr),
    /// `@m[key] = value` of a plain map; both have exactly the map's types.
    SetMap(MapId, Option<Expr>, Expr),
    /// `@m[key] op= value` of a plain map of integers; `Add` and `Sub` are lossless.
    UpdateMap(AluOp, MapId, Option<Expr>, Expr),
    /// `@m[key] = count()` and its kin: the map says which aggregation; the value is `None` for `count()` only, and an
    /// 8-byte integer otherwise.
    Aggregate(MapId, Option<Expr>, Option<Expr>),
    /// `if`.
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// `while`.
    While(Expr, Vec<Stmt>),
    /// `unroll (n)`: the body so many times.
    Unroll(u32, Vec<Stmt>),
    /// `for ($kv : @m)`: the variable is a tuple of the key's and the value's type.
    ForMap(VarId, MapId, Vec<Stmt>),
    /// `for ($i : a..b)`.
    ForRange(VarId, Expr, Expr, Vec<Stmt>),
    /// `debugf`: to the kernel's trace pipe.
    Debug(String, Vec<Expr>),
    /// Out of the innermost loop.
    Break,
    /// To the next turn of the innermost loop.
    Continue,
    /// Out of the probe. What it returns is a truth value, and there only where somebody asks for it: a `test` that
    /// returns true has failed.
    Return(Option<Expr>),
    /// A record to the reader: `printf`, `print`, `clear`, `exit`, …. `exit` is followed by [`StmtKind::Return`].
    Send(Verb, Vec<Expr>),
    /// `join(argv, separator)`: the pointer to the pointers; the verb is [`Verb::Join`].
    Join(Expr, String),
}
