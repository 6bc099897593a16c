//! The tree of a unit: what was written, before anything is known of types.
use crate::Name;
use osmia_base::{Span, Spanned};

/// A translation unit.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// In order.
    pub items: Vec<Item>,
}

/// What stands outside of functions.
#[derive(Clone, Debug)]
pub enum Item {
    /// A function with its body.
    Function(Box<Function>),
    /// A declaration.
    Declaration(Declaration),
    /// `_Static_assert(condition, "text");`
    Assert(StaticAssert),
    /// From here on all types of the kernel are known.
    Kernel,
}

/// A function with its body.
#[derive(Clone, Debug)]
pub struct Function {
    /// What it returns, and its storage and attributes.
    pub specifiers: Specifiers,
    /// Its name and parameters; the first of its parts is [`Part::Function`].
    pub declarator: Declarator,
    /// Its body.
    pub body: Block,
    /// The whole of it.
    pub span: Span,
}

/// `specifiers declarator (= initializer)?, …;`
#[derive(Clone, Debug)]
pub struct Declaration {
    /// What all of them have.
    pub specifiers: Specifiers,
    /// What is declared; nothing in `struct x { … };`.
    pub declarators: Vec<InitDeclarator>,
    /// The whole of it.
    pub span: Span,
}

/// One of what a declaration declares.
#[derive(Clone, Debug)]
pub struct InitDeclarator {
    /// Its name and form.
    pub declarator: Declarator,
    /// `: bits`, in records.
    pub bits: Option<Box<Expr>>,
    /// `= …`
    pub initializer: Option<Initializer>,
}

/// `_Static_assert`.
#[derive(Clone, Debug)]
pub struct StaticAssert {
    /// What must not be zero.
    pub condition: Box<Expr>,
    /// What is said otherwise.
    pub text: Option<Vec<u8>>,
    /// The whole of it.
    pub span: Span,
}

/// Where a thing lives and who sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// Nothing is said (`auto` and `register` say nothing either).
    #[default]
    None,
    /// It is the name of a type.
    Typedef,
    /// It is elsewhere.
    Extern,
    /// It is this unit's, or lives as long as the program.
    Static,
}

/// `const` and `volatile`; the others mean nothing here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Qualifiers {
    /// It is not written.
    pub constant: bool,
    /// Each access that is written is made.
    pub volatile: bool,
}

/// What stands before declarators.
#[derive(Clone, Debug)]
pub struct Specifiers {
    /// Where it lives.
    pub storage: Storage,
    /// `inline`.
    pub inline: bool,
    /// Of the type.
    pub qualifiers: Qualifiers,
    /// The type.
    pub ty: TypeSpec,
    /// `__attribute__((…))`, those behind the `}` of a record or an enumeration too: they may be meant for what is declared.
    pub attributes: Vec<Attribute>,
    /// The whole of it.
    pub span: Span,
}

/// A type before pointers, arrays and functions are made of it.
#[derive(Clone, Debug)]
pub enum TypeSpec {
    /// Words such as `unsigned long`.
    Basic(Basic),
    /// `struct` or `union`.
    Record(Box<RecordSpec>),
    /// `enum`.
    Enum(Box<EnumSpec>),
    /// The name of a type.
    Named(Spanned<Name>),
    /// `typeof(expression)`
    TypeofExpr(Box<Expr>),
    /// `typeof(type)`
    TypeofType(Box<TypeName>),
    /// `typeof_unqual(…)`: one of the two before, without qualifiers.
    Unqualified(Box<TypeSpec>),
    /// `__auto_type`, and `auto` alone: that of the initializer.
    Auto,
}

/// The types that C has words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the type that it is named after")]
pub enum Basic {
    Void,
    Bool,
    Char,
    SignedChar,
    UnsignedChar,
    Short,
    UnsignedShort,
    Int,
    UnsignedInt,
    Long,
    UnsignedLong,
    LongLong,
    UnsignedLongLong,
    Int128,
    UnsignedInt128,
    Float,
    Double,
    LongDouble,
}

/// `struct` or `union`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// `struct`
    Struct,
    /// `union`
    Union,
}

/// `struct tag { members } attributes`
#[derive(Clone, Debug)]
pub struct RecordSpec {
    /// Which of the two.
    pub kind: RecordKind,
    /// Its tag.
    pub tag: Option<Spanned<Name>>,
    /// Its members; `None` where only the tag stands.
    pub members: Option<Vec<Member>>,
    /// Before the tag, and behind the `}`.
    pub attributes: Vec<Attribute>,
}

/// What stands in a record.
#[derive(Clone, Debug)]
pub enum Member {
    /// Members, or an unnamed record (no declarator), or unnamed bits.
    Declaration(Declaration),
    /// `_Static_assert`.
    Assert(StaticAssert),
}

/// `enum tag { names } attributes`
#[derive(Clone, Debug)]
pub struct EnumSpec {
    /// Its tag.
    pub tag: Option<Spanned<Name>>,
    /// `: type` (C23).
    pub underlying: Option<TypeName>,
    /// Its names; `None` where only the tag stands.
    pub names: Option<Vec<Enumerator>>,
    /// All of them.
    pub attributes: Vec<Attribute>,
}

/// One name of an enumeration.
#[derive(Clone, Debug)]
pub struct Enumerator {
    /// The name.
    pub name: Spanned<Name>,
    /// `= value`
    pub value: Option<Box<Expr>>,
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name without the underscores around it: `section` for `__section__`, too, and `packed` for `[[gnu::packed]]`.
    ///
    /// What C says with other words is an attribute, too: `_Alignas(…)` is `aligned`, `_Noreturn` is `noreturn`,
    /// `asm("name")` behind a declarator is `asm`. `#pragma pack(N)` is `pragma_pack` with one number ([`ExprKind::Int`]) on
    /// each record that is defined behind it: no member is aligned to more. What `#pragma clang attribute push` says is
    /// among the attributes of what is defined behind it.
    pub name: Name,
    /// Its arguments.
    pub args: Vec<AttributeArg>,
    /// The whole of it.
    pub span: Span,
}

/// An argument of an attribute.
#[derive(Clone, Debug)]
pub enum AttributeArg {
    /// A word alone; it may be the name of a value (`aligned(SIZE)`).
    Word(Name),
    /// A text: its bytes, without the NUL at the end.
    Text(Vec<u8>),
    /// Anything else.
    Expr(Expr),
}

/// A name, and what is made of the type before it.
#[derive(Clone, Debug)]
pub struct Declarator {
    /// The name; none in type names and of some parameters.
    pub name: Option<Spanned<Name>>,
    /// From the name outwards: `int *(*f[3])(char)` is array, pointer, function, pointer.
    pub parts: Vec<Part>,
    /// Those behind it.
    pub attributes: Vec<Attribute>,
    /// The whole of it; of one without anything the place where it would stand.
    pub span: Span,
}

/// One step from a type to another.
#[derive(Clone, Debug)]
pub enum Part {
    /// `*`
    Pointer {
        /// Of the pointer itself.
        qualifiers: Qualifiers,
        /// Of the pointer (`btf_type_tag`, `address_space`).
        attributes: Vec<Attribute>,
    },
    /// `[length]`
    Array {
        /// In elements.
        length: Option<Box<Expr>>,
    },
    /// `(parameters)`
    Function {
        /// The parameters; `(void)` has none.
        params: Vec<Param>,
        /// `…` at the end, and also `()`.
        variadic: bool,
    },
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its type and attributes.
    pub specifiers: Specifiers,
    /// Its name and form.
    pub declarator: Declarator,
}

/// A type where an expression may stand: in casts, `sizeof` and the like.
#[derive(Clone, Debug)]
pub struct TypeName {
    /// Its type and attributes.
    pub specifiers: Specifiers,
    /// Its form, without a name.
    pub declarator: Declarator,
    /// The whole of it.
    pub span: Span,
}

/// What a thing holds at first.
#[derive(Clone, Debug)]
pub enum Initializer {
    /// A value.
    Expr(Expr),
    /// `{ … }`
    List(Vec<Initial>, Span),
}

/// One of a braced list: `.a[3].b = …`.
#[derive(Clone, Debug)]
pub struct Initial {
    /// Where it goes; empty for the next one.
    pub designators: Vec<Designator>,
    /// What goes there.
    pub value: Initializer,
}

/// A step into what is initialized, and of `offsetof`.
#[derive(Clone, Debug)]
pub enum Designator {
    /// `.name`
    Member(Spanned<Name>),
    /// `[index]`
    Index(Box<Expr>),
    /// `[first ... last]`
    Range(Box<Expr>, Box<Expr>),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The whole of it.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A variable, a function, an enumerator.
    Name(Name),
    /// An integer constant, and the type that its form gives it (C11 6.4.4.1). Characters are of type `int`, those below zero
    /// sign-extended to 64 bits.
    Int(u64, Basic),
    /// A floating constant; nothing of BPF has such numbers.
    Float,
    /// A string: its bytes, without the NUL at the end; neighbours are one. `__func__` is the name of the function around it.
    Text(Vec<u8>),
    /// `op a`
    Unary(UnaryOp, Box<Expr>),
    /// `++a`, `a--` and the like.
    Step(Step, Box<Expr>),
    /// `a op b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a && b`
    And(Box<Expr>, Box<Expr>),
    /// `a || b`
    Or(Box<Expr>, Box<Expr>),
    /// `a = b`
    Assign(Box<Expr>, Box<Expr>),
    /// `a op= b`
    AssignOp(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a ? b : c`; `a ?: c` has no `b`.
    Conditional(Box<Expr>, Option<Box<Expr>>, Box<Expr>),
    /// `a, b`
    Comma(Box<Expr>, Box<Expr>),
    /// `f(args)`
    Call(Box<Expr>, Vec<Expr>),
    /// `a.name`
    Member(Box<Expr>, Spanned<Name>),
    /// `a->name`
    Arrow(Box<Expr>, Spanned<Name>),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// `(type)a`
    Cast(Box<TypeName>, Box<Expr>),
    /// `(type){ … }`
    Literal(Box<TypeName>, Box<Initializer>),
    /// `sizeof a`
    SizeofExpr(Box<Expr>),
    /// `sizeof(type)`
    SizeofType(Box<TypeName>),
    /// `_Alignof(type)`
    AlignofType(Box<TypeName>),
    /// `__alignof__ a`
    AlignofExpr(Box<Expr>),
    /// `({ … })`
    Block(Box<Block>),
    /// `_Generic(a, type: b, default: c)`
    Generic(Box<Expr>, Vec<(Option<TypeName>, Expr)>),
    /// `__builtin_offsetof(type, member.member[index])`
    Offsetof(Box<TypeName>, Vec<Designator>),
    /// `__builtin_types_compatible_p(type, type)`
    TypesCompatible(Box<TypeName>, Box<TypeName>),
    /// `__builtin_choose_expr(constant, a, b)`
    Choose(Box<Expr>, Box<Expr>, Box<Expr>),
    /// What could not be read; an error was told.
    Error,
}

/// Operators before an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `~`
    Complement,
    /// `!`
    Not,
    /// `*`
    Deref,
    /// `&`
    Address,
}

/// `++` and `--`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is what it is named after")]
pub enum Step {
    BeforeUp,
    BeforeDown,
    AfterUp,
    AfterDown,
}

/// Operators between operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the operator that it is named after")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Shl,
    Shr,
    BitAnd,
    BitOr,
    BitXor,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
}

/// `{ … }`
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// In order.
    pub stmts: Vec<Stmt>,
    /// The whole of it.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// The whole of it.
    pub span: Span,
}

/// What a statement is.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// `a;`
    Expr(Expr),
    /// `;`
    Empty,
    /// A declaration among statements.
    Declaration(Declaration),
    /// `_Static_assert`.
    Assert(StaticAssert),
    /// `{ … }`
    Block(Block),
    /// `if (a) b else c`
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    /// `while (a) b`
    While(Expr, Box<Stmt>, Unroll),
    /// `do a while (b);`
    Do(Box<Stmt>, Expr, Unroll),
    /// `for (a; b; c) d`; the first is a declaration, an expression or [`StmtKind::Empty`].
    For(Box<Stmt>, Option<Expr>, Option<Expr>, Box<Stmt>, Unroll),
    /// `switch (a) b`
    Switch(Expr, Box<Stmt>),
    /// `case a: s` and `case a ... b: s`. Of the statements of a block that begin with a label, here and in the next two, `s` is
    /// [`StmtKind::Empty`], and what the label stands before is the next of the block.
    Case(Expr, Option<Expr>, Box<Stmt>),
    /// `default: s`
    Default(Box<Stmt>),
    /// `name: s`
    Label(Spanned<Name>, Box<Stmt>),
    /// `goto name;`
    Goto(Spanned<Name>),
    /// `break;`
    Break,
    /// `continue;`
    Continue,
    /// `return a;`
    Return(Option<Expr>),
    /// `asm volatile ("…" : … : … : …);`
    Asm(Box<Asm>),
}

/// What `#pragma unroll` and the like before a loop ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unroll {
    /// Nothing is said.
    #[default]
    Free,
    /// As a whole.
    Full,
    /// Not at all.
    Never,
    /// So many turns at once.
    Count(u32),
}

/// Inline assembly.
#[derive(Clone, Debug)]
pub struct Asm {
    /// The text, with `%0` and the like.
    pub template: Vec<u8>,
    /// `[name] "constraint" (expression)`
    pub outputs: Vec<AsmOperand>,
    /// The same.
    pub inputs: Vec<AsmOperand>,
    /// Registers and `memory`.
    pub clobbers: Vec<Vec<u8>>,
}

/// An operand of inline assembly.
#[derive(Clone, Debug)]
pub struct AsmOperand {
    /// `[name]`
    pub name: Option<Name>,
    /// Such as `+r`.
    pub constraint: Vec<u8>,
    /// The expression.
    pub expr: Expr,
}
