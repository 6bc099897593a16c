//! The types of a unit. Equal types have one number, but for records and enumerations, each of which is itself.
mod measure;
mod spell;

use crate::Name;
use crate::ast::{Basic, Qualifiers, RecordKind};
pub use measure::Integer;
use osmia_base::{Arena, Key, Span, key};
use std::collections::HashMap;

key!(
    /// A type.
    pub struct Ty, "t"
);
key!(
    /// A `struct` or `union`.
    pub struct RecordId, "r"
);
key!(
    /// An enumeration.
    pub struct EnumId, "e"
);

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// Nothing, `_Bool`, numbers.
    Basic(Basic),
    /// An address.
    Pointer(Ty),
    /// Elements in a row; without a length where none is given yet.
    Array(Ty, Option<u64>),
    /// A function.
    Function(Signature),
    /// A `struct` or `union`.
    Record(RecordId),
    /// An enumeration.
    Enum(EnumId),
    /// Another name of a type.
    Typedef(Name, Ty),
    /// `const` and `volatile`.
    Qualified(Qualifiers, Ty),
    /// `__attribute__((btf_type_tag("…")))` of what a pointer points to.
    Tagged(Box<str>, Ty),
}

/// What a function takes and returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// What it returns.
    pub result: Ty,
    /// Its parameters, arrays and functions as pointers.
    pub params: Vec<(Option<Name>, Ty)>,
    /// Whether more may follow.
    pub variadic: bool,
}

/// A `struct` or `union`.
#[derive(Clone, Debug)]
pub struct Record {
    /// Which of the two.
    pub kind: RecordKind,
    /// Its tag.
    pub tag: Option<Name>,
    /// What is in it; none while it is only declared.
    pub body: Option<RecordBody>,
    /// `__attribute__((preserve_access_index))`: accesses are CO-RE relocations.
    pub relocatable: bool,
    /// Where it was defined, or named first.
    pub span: Span,
}

/// What is in a record, and where.
#[derive(Clone, Debug, Default)]
pub struct RecordBody {
    /// In order, unnamed ones too.
    pub fields: Vec<Field>,
    /// In bytes.
    pub size: u64,
    /// In bytes, a power of two.
    pub align: u64,
}

/// A member.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name; none of an unnamed record, whose members belong to the outer one too, and of unnamed bits.
    pub name: Option<Name>,
    /// Its type.
    pub ty: Ty,
    /// Bits from the record's begin.
    pub bit_offset: u64,
    /// How many bits, of a bit-field.
    pub bits: Option<u32>,
    /// `__attribute__((btf_decl_tag("…")))`
    pub tags: Vec<Box<str>>,
}

/// An enumeration.
#[derive(Clone, Debug)]
pub struct Enumeration {
    /// Its tag.
    pub tag: Option<Name>,
    /// Its names; none while it is only declared.
    pub names: Option<Vec<(Name, i64)>>,
    /// The type of numbers that holds it.
    pub underlying: Basic,
    /// `__attribute__((preserve_access_index))`.
    pub relocatable: bool,
}

/// All types of a unit.
#[derive(Clone, Debug, Default)]
pub struct Types {
    kinds: Arena<Ty, TypeKind>,
    numbers: HashMap<TypeKind, Ty>,
    /// How many types each is made of, one in the other.
    depths: Vec<u32>,
    /// Names of types with an alignment of their own (`typedef … __attribute__((aligned(…)))`).
    aligns: HashMap<Ty, u64>,
    /// All `struct` and `union`.
    pub records: Arena<RecordId, Record>,
    /// All enumerations.
    pub enums: Arena<EnumId, Enumeration>,
}

impl Types {
    /// The number of a type.
    pub fn add(&mut self, kind: TypeKind) -> Ty {
        if let Some(&ty) = self.numbers.get(&kind) {
            return ty;
        }
        self.depths.push(self.depth_of(&kind));
        let ty = self.kinds.push(kind.clone());
        self.numbers.insert(kind, ty);
        ty
    }

    /// How many types it is made of, one in the other; records and enumerations are one.
    pub fn depth(&self, ty: Ty) -> u32 {
        self.depths.get(ty.index()).copied().unwrap_or(0)
    }

    fn depth_of(&self, kind: &TypeKind) -> u32 {
        let inner = match kind {
            TypeKind::Basic(_) | TypeKind::Record(_) | TypeKind::Enum(_) => 0,
            TypeKind::Pointer(inner)
            | TypeKind::Array(inner, _)
            | TypeKind::Typedef(_, inner)
            | TypeKind::Qualified(_, inner)
            | TypeKind::Tagged(_, inner) => self.depth(*inner),
            TypeKind::Function(signature) => {
                let params = signature.params.iter().map(|(_, ty)| self.depth(*ty));
                params.max().unwrap_or(0).max(self.depth(signature.result))
            }
        };
        inner.saturating_add(1)
    }

    /// One of the types that C has words for.
    pub fn basic(&mut self, basic: Basic) -> Ty {
        self.add(TypeKind::Basic(basic))
    }

    /// A pointer to a type.
    pub fn pointer(&mut self, to: Ty) -> Ty {
        self.add(TypeKind::Pointer(to))
    }

    /// A type with qualifiers added; those of an array are its elements'.
    pub fn qualified(&mut self, qualifiers: Qualifiers, ty: Ty) -> Ty {
        if qualifiers == Qualifiers::default() {
            return ty;
        }
        match self.kinds[ty] {
            TypeKind::Array(element, length) => {
                let element = self.qualified(qualifiers, element);
                self.add(TypeKind::Array(element, length))
            }
            TypeKind::Qualified(old, inner) => {
                let constant = old.constant || qualifiers.constant;
                let volatile = old.volatile || qualifiers.volatile;
                self.add(TypeKind::Qualified(Qualifiers { constant, volatile }, inner))
            }
            _ => self.add(TypeKind::Qualified(qualifiers, ty)),
        }
    }

    /// What a type is, as it is written.
    pub fn kind(&self, ty: Ty) -> &TypeKind {
        &self.kinds[ty]
    }

    /// A type without names, qualifiers and tags around it.
    pub fn bare(&self, mut ty: Ty) -> Ty {
        while let TypeKind::Typedef(_, inner) | TypeKind::Qualified(_, inner) | TypeKind::Tagged(_, inner) =
            &self.kinds[ty]
        {
            ty = *inner;
        }
        ty
    }

    /// What a type is, without names, qualifiers and tags around it.
    pub fn bare_kind(&self, ty: Ty) -> &TypeKind {
        &self.kinds[self.bare(ty)]
    }

    /// `const` and `volatile` of a type, those that its names have too; of an array, those of its elements.
    pub fn qualifiers(&self, mut ty: Ty) -> Qualifiers {
        let mut all = Qualifiers::default();
        loop {
            ty = match &self.kinds[ty] {
                TypeKind::Typedef(_, inner) | TypeKind::Tagged(_, inner) | TypeKind::Array(inner, _) => {
                    *inner
                }
                TypeKind::Qualified(own, inner) => {
                    all.constant |= own.constant;
                    all.volatile |= own.volatile;
                    *inner
                }
                _ => return all,
            };
        }
    }

    /// A type without qualifiers around it; its name stays unless it has some itself.
    pub fn unqualified(&self, ty: Ty) -> Ty {
        let (mut plain, mut at) = (ty, ty);
        loop {
            at = match &self.kinds[at] {
                TypeKind::Typedef(_, inner) => *inner,
                TypeKind::Qualified(_, inner) | TypeKind::Tagged(_, inner) => {
                    plain = *inner;
                    *inner
                }
                _ => return plain,
            };
        }
    }

    /// What a pointer points to.
    pub fn pointee(&self, ty: Ty) -> Option<Ty> {
        match self.bare_kind(ty) {
            TypeKind::Pointer(to) => Some(*to),
            _ => None,
        }
    }

    /// The record that a type is.
    pub fn record(&self, ty: Ty) -> Option<RecordId> {
        match self.bare_kind(ty) {
            TypeKind::Record(record) => Some(*record),
            _ => None,
        }
    }

    /// Whether it is `void`.
    pub fn is_void(&self, ty: Ty) -> bool {
        *self.bare_kind(ty) == TypeKind::Basic(Basic::Void)
    }

    /// Gives the name of a type an alignment of its own, in bytes.
    pub fn set_align(&mut self, typedef: Ty, align: u64) {
        self.aligns.insert(typedef, align);
    }

    /// How many types there are.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// All of them, in the order in which they were first met.
    pub fn keys(&self) -> impl Iterator<Item = Ty> {
        (0..self.kinds.len()).map(Ty::from_index)
    }
}
