//! A script as it was written: a plain tree with places, nothing looked up yet.
//!
//! Every node has its span. Old and new spellings of one thing (`args->x` and `args.x`, `BEGIN` and `begin`) are one
//! node; nothing else is interpreted: `pid` is an [`ExprKind::Ident`], whether it is a builtin, a constant or an error.
mod dump;
mod visit;

use osmia_base::{Span, Spanned};

pub use dump::dump;
pub use visit::{Visit, visit_block, visit_definitions, visit_expr};

/// A name and where it was written. Variables keep their `$`, maps their `@`.
pub type Name = Spanned<String>;

/// A whole script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// The C definitions in front.
    pub preamble: Preamble,
    /// All entries of all `config = { … }` blocks.
    pub config: Vec<Setting>,
    /// `import "…";`
    pub imports: Vec<Import>,
    /// `macro f($v, e, @m) { … }`
    pub macros: Vec<Macro>,
    /// `let @m = hash(10);`
    pub map_decls: Vec<MapDecl>,
    /// `fn f($x : int64) : int64 { … }`
    pub functions: Vec<Function>,
    /// All probes, in source order.
    pub probes: Vec<Probe>,
}

/// The C part of a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preamble {
    /// From the first item to the last; empty where there is none.
    pub span: Span,
    /// Its text, as it is.
    pub text: String,
    /// What it defines, in order; without what `#if` leaves out.
    pub items: Vec<CItem>,
    /// Where its structures, unions, enumerations and typedefs stand.
    pub definitions: Vec<Span>,
    /// Where lines that begin with `#` stand, each with what it leaves out.
    pub directives: Vec<Span>,
}

/// One definition in the C part.
#[derive(Clone, Debug, PartialEq)]
pub enum CItem {
    /// `#include <path>` or `#include "path"`.
    Include {
        /// The path between the quotes or angle brackets.
        path: Name,
        /// Whether there are quotes: it is looked for beside the script first.
        quoted: bool,
    },
    /// `#define NAME value`, `#define NAME(a, b) value`.
    Define {
        /// The name.
        name: Name,
        /// What it takes, where it takes something.
        params: Option<Vec<Name>>,
        /// The rest of the line.
        text: String,
        /// The value, where the rest of the line is an expression of this language.
        value: Option<Expr>,
    },
    /// `struct`, `union` or `enum`, with a body.
    Type(CDefinition),
    /// `typedef type name;`
    Typedef {
        /// The new name.
        name: Name,
        /// What it stands for.
        ty: TypeName,
        /// What its attributes say.
        attributes: CAttributes,
    },
}

/// `struct`, `union` or `enum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CTag {
    /// Members one after the other.
    Struct,
    /// Members over each other.
    Union,
    /// Named numbers.
    Enum,
}

impl CTag {
    /// The keyword.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Union => "union",
            Self::Enum => "enum",
        }
    }
}

/// The definition of a C type with a body.
#[derive(Clone, Debug, PartialEq)]
pub struct CDefinition {
    /// What kind.
    pub tag: CTag,
    /// Its name, unless it is anonymous.
    pub name: Option<Name>,
    /// Members of a structure or union.
    pub fields: Vec<CField>,
    /// Names of an enumeration.
    pub names: Vec<CEnumerator>,
    /// The type whose room an enumeration takes, where it says so.
    pub base: Option<TypeName>,
    /// What its attributes say.
    pub attributes: CAttributes,
    /// All of it.
    pub span: Span,
}

/// What attributes say about where a type or a member lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CAttributes {
    /// `packed`: there is no room between it and what comes before.
    pub packed: bool,
    /// `aligned(n)`, `_Alignas(n)`: at least to so many bytes.
    pub aligned: Vec<Expr>,
}

/// A member of a structure or union.
#[derive(Clone, Debug, PartialEq)]
pub struct CField {
    /// Its name; an anonymous structure or union has none.
    pub name: Option<Name>,
    /// Its type.
    pub ty: TypeName,
    /// Its width where it is a bit-field.
    pub bits: Option<Expr>,
    /// What its attributes say.
    pub attributes: CAttributes,
    /// All of it.
    pub span: Span,
}

/// A name of an enumeration.
#[derive(Clone, Debug, PartialEq)]
pub struct CEnumerator {
    /// The name.
    pub name: Name,
    /// Its value; one more than the one before where none is given.
    pub value: Option<Expr>,
}

/// An entry of `config = { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// As written.
    pub name: Name,
    /// A number, truth value, string, or bare word ([`ExprKind::Ident`]).
    pub value: Expr,
    /// All of it.
    pub span: Span,
}

/// `import "path";`
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// What is between the quotes.
    pub path: Name,
    /// All of it.
    pub span: Span,
}

/// A macro of the script.
#[derive(Clone, Debug, PartialEq)]
pub struct Macro {
    /// Its name.
    pub name: Name,
    /// What it takes.
    pub params: Vec<MacroParam>,
    /// What a call becomes.
    pub body: Block,
    /// All of it.
    pub span: Span,
}

impl Macro {
    /// `macro NAME`: where messages say it is defined.
    pub fn header(&self) -> Span {
        Span::new(self.span.start, self.name.span.end)
    }
}

/// A parameter of a macro.
#[derive(Clone, Debug, PartialEq)]
pub struct MacroParam {
    /// What it accepts.
    pub kind: MacroParamKind,
    /// Its name, with `$` or `@` where it has one.
    pub name: Name,
}

/// What a macro's parameter accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MacroParamKind {
    /// A variable, by reference: `$x`.
    Variable,
    /// A map, by reference: `@m`.
    Map,
    /// Any expression: `x`.
    Expr,
    /// A type: `typeof(T)`.
    Type,
}

/// `let @m = kind(size);`
#[derive(Clone, Debug, PartialEq)]
pub struct MapDecl {
    /// The map, with its `@`.
    pub name: Name,
    /// `hash`, `lruhash`, `percpuhash`, `percpulruhash`, or something wrong.
    pub kind: Name,
    /// How many entries.
    pub size: Expr,
    /// All of it.
    pub span: Span,
}

/// A subprogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters: name (with `$`) and type.
    pub params: Vec<(Name, TypeName)>,
    /// What it returns.
    pub result: Option<TypeName>,
    /// What it does.
    pub body: Block,
    /// All of it.
    pub span: Span,
}

/// `points /predicate/ { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// `name=` in front of the points.
    pub name: Option<Name>,
    /// Where it is attached, at least one unless there was an error.
    pub points: Vec<AttachPointText>,
    /// What must be true for it to run.
    pub predicate: Option<Expr>,
    /// What it does.
    pub body: Block,
    /// All of it.
    pub span: Span,
}

/// An attach point as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachPointText {
    /// The text without space around it, quotes and `$1` still in it.
    pub text: String,
    /// Where it is.
    pub span: Span,
}

/// Statements between braces, and perhaps a value at their end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// The value: the last expression, where no `;` follows it. Only blocks that can have one (block expressions, macro
    /// bodies, branches of an `if` in those) have it; in a probe's body (`{ exit() }`) it is the last of `stmts`.
    pub tail: Option<Box<Expr>>,
    /// With its braces.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it was written, without the `;`.
    pub span: Span,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `e;`
    Expr(Expr),
    /// `target = value;` or `target op= value;`. The target is a [`ExprKind::Var`] or an [`ExprKind::Map`]; anything else
    /// has been reported.
    Assign {
        /// What is changed.
        target: Expr,
        /// The operation of a compound assignment.
        op: Option<BinaryOp>,
        /// The value.
        value: Expr,
    },
    /// `let $x : type = value;`
    Let {
        /// The variable, with its `$`.
        name: Name,
        /// Its type.
        ty: Option<TypeName>,
        /// Its value.
        value: Option<Expr>,
    },
    /// `if`, with or without `else`.
    If(Box<If>),
    /// `unroll (count) { … }`
    Unroll {
        /// How often.
        count: Expr,
        /// What.
        body: Block,
    },
    /// `while (condition) { … }`
    While {
        /// As long as this is true.
        condition: Expr,
        /// What.
        body: Block,
    },
    /// `for ($kv : @map) { … }`
    ForEach {
        /// The variable, with its `$`.
        var: Name,
        /// An [`ExprKind::Map`] without keys, or something wrong.
        over: Expr,
        /// What.
        body: Block,
    },
    /// `for $i : from..to { … }`
    ForRange {
        /// The variable, with its `$`.
        var: Name,
        /// The first value.
        from: Expr,
        /// The value after the last.
        to: Expr,
        /// What.
        body: Block,
    },
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return` or `return e`
    Return(Option<Expr>),
    /// `_ = e`
    Discard(Expr),
    /// `{ … }`, without a value.
    Block(Block),
    /// `import "…";` inside a macro.
    Import(Import),
    /// `comptime if …`: the compiler decides.
    Comptime(Box<Stmt>),
}

/// `if (condition) { … } else { … }`; `else if` is an `else` with nothing but an `if`.
#[derive(Clone, Debug, PartialEq)]
pub struct If {
    /// The condition; `comptime e` where it is to be decided by the compiler.
    pub condition: Expr,
    /// If so.
    pub then: Block,
    /// If not.
    pub otherwise: Option<Block>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it was written; parentheses around it do not belong to it.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number; durations are nanoseconds.
    Integer(u64),
    /// `true` or `false`.
    Bool(bool),
    /// A string, escapes resolved, without a NUL at its end.
    Str(Vec<u8>),
    /// `$1`: the number, from 1 (`$0` is an error of the checker).
    Positional(u32),
    /// `$#`
    PositionalCount,
    /// A bare word: builtin, constant of an enumeration, `#define`, macro without arguments, macro parameter.
    Ident(String),
    /// `$x`, with its `$`.
    Var(String),
    /// `@`, `@m`, `@m[k]`, `@m[k1, k2]`.
    Map {
        /// With its `@`.
        name: String,
        /// What is between the brackets; empty without brackets.
        keys: Vec<Expr>,
    },
    /// `f(a, b)`
    Call {
        /// What is called.
        name: Name,
        /// Its arguments. Where only a type can stand (`typeinfo(struct x)`), [`ExprKind::Type`].
        args: Vec<Expr>,
    },
    /// A type where a value is expected: argument of `typeinfo`, `container_of`, or of a macro with a type parameter.
    Type(Box<TypeName>),
    /// `sizeof(type)` or `sizeof(e)`
    Sizeof(Box<TypeOrExpr>),
    /// `offsetof(type, a.b)` or `offsetof(e, a.b)`
    Offsetof(Box<TypeOrExpr>, Vec<Name>),
    /// `-a`, `!a`, `~a`, `*a`, `&a`, `+a`
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `c ? a : b`
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a ?: b`
    Elvis(Box<Expr>, Box<Expr>),
    /// `++` and `--`, of a variable or map, or of something wrong.
    Step {
        /// What is changed.
        target: Box<Expr>,
        /// By how much: 1 or -1.
        by: i64,
        /// Before or after; says which value the expression has.
        position: Position,
    },
    /// `(type) e`
    Cast(Box<TypeName>, Box<Expr>),
    /// `a.b` and `a->b`
    Field(Box<Expr>, Name),
    /// `a.0`
    Part(Box<Expr>, u32),
    /// `a[i]` of something that is not a map.
    Index(Box<Expr>, Box<Expr>),
    /// `()`, `(a,)`, `(a, b)`
    Tuple(Vec<Expr>),
    /// `(x = 1, y = 2)`
    Record(Vec<(Name, Expr)>),
    /// `{ …; e }`
    Block(Box<Block>),
    /// `if c { a } else { b }`
    If(Box<If>),
    /// `comptime e`
    Comptime(Box<Expr>),
    /// Something that could not be read; an error has been reported.
    Error,
}

/// Before or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// `++$x`
    Prefix,
    /// `$x++`
    Postfix,
}

/// An operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-a`
    Negate,
    /// `+a`
    Plus,
    /// `!a`
    Not,
    /// `~a`
    Complement,
    /// `*a`
    Deref,
    /// `&a`
    AddressOf,
}

impl UnaryOp {
    /// As written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Negate => "-",
            Self::Plus => "+",
            Self::Not => "!",
            Self::Complement => "~",
            Self::Deref => "*",
            Self::AddressOf => "&",
        }
    }
}

/// An operator with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BinaryOp {
    Mul,
    Div,
    Mod,
    Add,
    Sub,
    Shl,
    Shr,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    BitAnd,
    BitXor,
    BitOr,
    And,
    Or,
}

impl BinaryOp {
    /// As written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Shl => "<<",
            Self::Shr => ">>",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::BitAnd => "&",
            Self::BitXor => "^",
            Self::BitOr => "|",
            Self::And => "&&",
            Self::Or => "||",
        }
    }
}

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// What it is.
    pub kind: TypeNameKind,
    /// Where it was written.
    pub span: Span,
}

/// What a type is.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeNameKind {
    /// `int32`, `uint64_t`, `string`, `void`, `unsigned long`: words joined by one space, without `const` and the like.
    Named(String),
    /// `struct foo`
    Tagged(CTag, String),
    /// A definition in place, inside another C definition.
    Defined(Box<CDefinition>),
    /// `T *`
    Pointer(Box<TypeName>),
    /// `T[n]`; also `string[n]`, `buffer[n]`, `inet[n]`.
    Array(Box<TypeName>, Option<Box<Expr>>),
    /// A C function, always behind a pointer.
    Function,
    /// `(T, U)`
    Tuple(Vec<TypeName>),
    /// `(x = T, y = U)`
    Record(Vec<(Name, TypeName)>),
    /// `typeof(e)`, `typeof(T)`
    Typeof(Box<TypeOrExpr>),
}

/// What may stand between the parentheses of `sizeof`. A bare word that is not the name of a basic type is an
/// expression (it may be a typedef all the same).
#[derive(Clone, Debug, PartialEq)]
pub enum TypeOrExpr {
    /// A type.
    Type(TypeName),
    /// An expression.
    Expr(Expr),
}
