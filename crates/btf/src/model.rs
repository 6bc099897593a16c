//! Types as values.
use std::fmt;

/// The number of a type in its BTF; 0 is `void`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

impl TypeId {
    /// `void`.
    pub const VOID: Self = Self(0);

    /// Whether this is `void`.
    pub const fn is_void(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0)
    }
}

/// A type, or another thing that BTF numbers like one: a function, a variable, a section, a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// Its name, or the empty string. For tags: the tag's text.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

impl Type {
    /// A type with a name.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }

    /// A type without one.
    pub const fn anonymous(kind: Kind) -> Self {
        Self { name: String::new(), kind }
    }
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `void`, always type 0.
    Void,
    /// An integer, possibly narrower than its storage.
    Int {
        /// Bytes of storage: 1, 2, 4, 8 or 16.
        size: u32,
        /// Signed, character, boolean.
        encoding: IntEncoding,
        /// First bit in the storage (only in bitfields of old compilers).
        offset: u8,
        /// Number of bits.
        bits: u8,
    },
    /// A pointer.
    Ptr(TypeId),
    /// An array; `len` 0 is a flexible one.
    Array {
        /// Type of the elements.
        element: TypeId,
        /// Type of the index.
        index: TypeId,
        /// Number of elements.
        len: u32,
    },
    /// `struct`.
    Struct(Composite),
    /// `union`.
    Union(Composite),
    /// `enum` whose values fit 32 bits.
    Enum(Enum),
    /// `enum` with 64-bit values.
    Enum64(Enum),
    /// A `struct` or `union` that is only declared.
    Fwd {
        /// Whether it is a `union`.
        union: bool,
    },
    /// `typedef`.
    Typedef(TypeId),
    /// `volatile`.
    Volatile(TypeId),
    /// `const`.
    Const(TypeId),
    /// `restrict`.
    Restrict(TypeId),
    /// A function.
    Func {
        /// Its [`Kind::FuncProto`].
        proto: TypeId,
        /// Who can see it.
        linkage: Linkage,
    },
    /// A function's type.
    FuncProto {
        /// What it returns.
        ret: TypeId,
        /// What it takes; a last one without name and type stands for `...`.
        params: Vec<Param>,
    },
    /// A global variable.
    Var {
        /// Its type.
        ty: TypeId,
        /// Who can see it.
        linkage: Linkage,
    },
    /// An object's data section and the variables in it.
    Datasec {
        /// Bytes.
        size: u32,
        /// What lies where.
        vars: Vec<VarSlot>,
    },
    /// A floating point number.
    Float {
        /// Bytes.
        size: u32,
    },
    /// `__attribute__((btf_decl_tag("…")))` on a type, member, function, parameter or variable.
    DeclTag {
        /// What is tagged.
        ty: TypeId,
        /// Which member or parameter of it, if not all of it.
        component: Option<u32>,
        /// Whether the name is any attribute's text instead of a tag (kernel 6.14).
        attribute: bool,
    },
    /// `__attribute__((btf_type_tag("…")))` on what a pointer points to.
    TypeTag {
        /// The tagged type.
        ty: TypeId,
        /// Whether the name is any attribute's text instead of a tag (kernel 6.14).
        attribute: bool,
    },
}

/// Body of a `struct` or `union`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Composite {
    /// Bytes.
    pub size: u32,
    /// Members in order.
    pub members: Vec<Member>,
}

/// A member of a `struct` or `union`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Where it begins, in bits.
    pub bit_offset: u32,
    /// Width of a bitfield.
    pub bit_size: Option<u8>,
}

impl Member {
    /// A member that is no bitfield, at a byte offset.
    pub fn at(name: impl Into<String>, ty: TypeId, byte_offset: u32) -> Self {
        Self { name: name.into(), ty, bit_offset: byte_offset.saturating_mul(8), bit_size: None }
    }
}

/// Body of an `enum`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Enum {
    /// Bytes: 1, 2, 4 or 8.
    pub size: u32,
    /// Whether values are to be read as signed.
    pub signed: bool,
    /// Names and values.
    pub values: Vec<Enumerator>,
}

/// One name of an `enum`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Enumerator {
    /// Its name.
    pub name: String,
    /// Its value; the bits of an unsigned 64-bit one are kept (`value as u64`).
    pub value: i64,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    /// Its name; often empty.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
}

/// A variable's place in its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VarSlot {
    /// A [`Kind::Var`] (in `.ksyms` also a [`Kind::Func`]).
    pub ty: TypeId,
    /// Offset in bytes.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
}

/// How to read an integer's bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct IntEncoding(pub(crate) u8);

impl IntEncoding {
    /// Unsigned (nothing set).
    pub const UNSIGNED: Self = Self(0);
    /// Signed.
    pub const SIGNED: Self = Self(1);
    /// A character.
    pub const CHAR: Self = Self(2);
    /// A boolean.
    pub const BOOL: Self = Self(4);

    /// The encoding of these bits.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 15)
    }

    /// The bits as BTF has them.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the signed bit is set.
    pub const fn is_signed(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether the character bit is set (compilers leave it out for `char`: look at the name too).
    pub const fn is_char(self) -> bool {
        self.0 & 2 != 0
    }

    /// Whether it is a boolean.
    pub const fn is_bool(self) -> bool {
        self.0 & 4 != 0
    }
}

/// Who can see a function or variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Linkage {
    /// Its file only.
    Static = 0,
    /// Everybody.
    Global = 1,
    /// It is somewhere else.
    Extern = 2,
}

/// The name of a [`Kind`], as BTF numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is explained at the variant of Kind with its name")]
pub enum KindTag {
    Void = 0,
    Int = 1,
    Ptr = 2,
    Array = 3,
    Struct = 4,
    Union = 5,
    Enum = 6,
    Fwd = 7,
    Typedef = 8,
    Volatile = 9,
    Const = 10,
    Restrict = 11,
    Func = 12,
    FuncProto = 13,
    Var = 14,
    Datasec = 15,
    Float = 16,
    DeclTag = 17,
    TypeTag = 18,
    Enum64 = 19,
}

impl KindTag {
    /// Every tag, in order of its number.
    pub const ALL: [Self; 20] = [
        Self::Void,
        Self::Int,
        Self::Ptr,
        Self::Array,
        Self::Struct,
        Self::Union,
        Self::Enum,
        Self::Fwd,
        Self::Typedef,
        Self::Volatile,
        Self::Const,
        Self::Restrict,
        Self::Func,
        Self::FuncProto,
        Self::Var,
        Self::Datasec,
        Self::Float,
        Self::DeclTag,
        Self::TypeTag,
        Self::Enum64,
    ];

    /// The tag with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }

    /// Whether it is `struct` or `union`.
    pub const fn is_composite(self) -> bool {
        matches!(self, Self::Struct | Self::Union)
    }

    /// Whether it is an `enum` of either width.
    pub const fn is_enum(self) -> bool {
        matches!(self, Self::Enum | Self::Enum64)
    }

    /// Whether it is `const`, `volatile`, `restrict` or a type tag.
    pub const fn is_modifier(self) -> bool {
        matches!(self, Self::Const | Self::Volatile | Self::Restrict | Self::TypeTag)
    }
}

impl Kind {
    /// Which kind it is.
    pub const fn tag(&self) -> KindTag {
        match self {
            Self::Void => KindTag::Void,
            Self::Int { .. } => KindTag::Int,
            Self::Ptr(_) => KindTag::Ptr,
            Self::Array { .. } => KindTag::Array,
            Self::Struct(_) => KindTag::Struct,
            Self::Union(_) => KindTag::Union,
            Self::Enum(_) => KindTag::Enum,
            Self::Enum64(_) => KindTag::Enum64,
            Self::Fwd { .. } => KindTag::Fwd,
            Self::Typedef(_) => KindTag::Typedef,
            Self::Volatile(_) => KindTag::Volatile,
            Self::Const(_) => KindTag::Const,
            Self::Restrict(_) => KindTag::Restrict,
            Self::Func { .. } => KindTag::Func,
            Self::FuncProto { .. } => KindTag::FuncProto,
            Self::Var { .. } => KindTag::Var,
            Self::Datasec { .. } => KindTag::Datasec,
            Self::Float { .. } => KindTag::Float,
            Self::DeclTag { .. } => KindTag::DeclTag,
            Self::TypeTag { .. } => KindTag::TypeTag,
        }
    }

    /// Members of a `struct` or `union`; of others none.
    pub fn members(&self) -> &[Member] {
        match self {
            Self::Struct(body) | Self::Union(body) => &body.members,
            _ => &[],
        }
    }

    /// Names and values of an `enum`; of others none.
    pub fn enumerators(&self) -> &[Enumerator] {
        match self {
            Self::Enum(body) | Self::Enum64(body) => &body.values,
            _ => &[],
        }
    }

    /// Changes every type id in it.
    pub fn map_ids(&mut self, mut map: impl FnMut(TypeId) -> TypeId) {
        match self {
            Self::Void
            | Self::Int { .. }
            | Self::Enum(_)
            | Self::Enum64(_)
            | Self::Fwd { .. }
            | Self::Float { .. } => {}
            Self::Ptr(ty)
            | Self::Typedef(ty)
            | Self::Volatile(ty)
            | Self::Const(ty)
            | Self::Restrict(ty)
            | Self::Func { proto: ty, .. }
            | Self::Var { ty, .. }
            | Self::DeclTag { ty, .. }
            | Self::TypeTag { ty, .. } => *ty = map(*ty),
            Self::Array { element, index, .. } => (*element, *index) = (map(*element), map(*index)),
            Self::Struct(body) | Self::Union(body) => {
                body.members.iter_mut().for_each(|member| member.ty = map(member.ty));
            }
            Self::FuncProto { ret, params } => {
                *ret = map(*ret);
                params.iter_mut().for_each(|param| param.ty = map(param.ty));
            }
            Self::Datasec { vars, .. } => vars.iter_mut().for_each(|slot| slot.ty = map(slot.ty)),
        }
    }
}
