//! Writing BTF.
use crate::{
    Btf, BtfError, Composite, Endian, Enum, IntEncoding, Kind, Linkage, Member, Param, Type, TypeId, VarSlot,
};
use std::collections::HashMap;

/// Collects types and strings, then writes them. Equal strings are written once; equal types are not merged.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    types: Vec<Type>,
    endian: Endian,
}

/// What [`Builder::import`] copies of a `struct` or `union`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Import {
    /// Nothing: a forward declaration stands for it.
    Declaration,
    /// The whole of it.
    Whole,
}

impl Builder {
    /// An empty one, for little-endian BTF.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one for a byte order.
    pub fn with_endian(endian: Endian) -> Self {
        Self { endian, ..Self::default() }
    }

    /// One that goes on where `base` ends: ids and strings of `base` keep their numbers. Split BTF is flattened.
    pub fn from(base: &Btf) -> Result<Self, BtfError> {
        let _ = base;
        todo!()
    }

    /// The offset of a string in the string section; adds it if it is not there.
    pub fn string(&mut self, text: &str) -> u32 {
        let _ = text;
        todo!()
    }

    /// Adds a type.
    pub fn add(&mut self, ty: Type) -> TypeId {
        let _ = ty;
        todo!()
    }

    /// The id that the next added type gets.
    pub fn next_id(&self) -> TypeId {
        todo!()
    }

    /// A type that was added.
    pub fn get(&self, id: TypeId) -> Option<&Type> {
        let _ = id;
        todo!()
    }

    /// A type that was added, to fill in later what it refers to.
    pub fn get_mut(&mut self, id: TypeId) -> Option<&mut Type> {
        let _ = id;
        todo!()
    }

    /// Adds an integer that fills its storage.
    pub fn add_int(&mut self, name: &str, size: u32, encoding: IntEncoding) -> TypeId {
        let bits = u8::try_from(size.saturating_mul(8)).unwrap_or(u8::MAX);
        self.add(Type::new(name, Kind::Int { size, encoding, offset: 0, bits }))
    }

    /// Adds a pointer.
    pub fn add_ptr(&mut self, to: TypeId) -> TypeId {
        self.add(Type::anonymous(Kind::Ptr(to)))
    }

    /// Adds an array.
    pub fn add_array(&mut self, element: TypeId, index: TypeId, len: u32) -> TypeId {
        self.add(Type::anonymous(Kind::Array { element, index, len }))
    }

    /// Adds a `struct`.
    pub fn add_struct(&mut self, name: &str, size: u32, members: Vec<Member>) -> TypeId {
        self.add(Type::new(name, Kind::Struct(Composite { size, members })))
    }

    /// Adds a `union`.
    pub fn add_union(&mut self, name: &str, size: u32, members: Vec<Member>) -> TypeId {
        self.add(Type::new(name, Kind::Union(Composite { size, members })))
    }

    /// Adds an `enum`, with 64-bit values if its size is 8.
    pub fn add_enum(&mut self, name: &str, body: Enum) -> TypeId {
        let kind = if body.size > 4 { Kind::Enum64(body) } else { Kind::Enum(body) };
        self.add(Type::new(name, kind))
    }

    /// Adds a forward declaration of a `struct`.
    pub fn add_fwd_struct(&mut self, name: &str) -> TypeId {
        self.add(Type::new(name, Kind::Fwd { union: false }))
    }

    /// Adds a typedef.
    pub fn add_typedef(&mut self, name: &str, ty: TypeId) -> TypeId {
        self.add(Type::new(name, Kind::Typedef(ty)))
    }

    /// Adds a function's type.
    pub fn add_func_proto(&mut self, ret: TypeId, params: Vec<Param>) -> TypeId {
        self.add(Type::anonymous(Kind::FuncProto { ret, params }))
    }

    /// Adds a function.
    pub fn add_func(&mut self, name: &str, proto: TypeId, linkage: Linkage) -> TypeId {
        self.add(Type::new(name, Kind::Func { proto, linkage }))
    }

    /// Adds a variable.
    pub fn add_var(&mut self, name: &str, ty: TypeId, linkage: Linkage) -> TypeId {
        self.add(Type::new(name, Kind::Var { ty, linkage }))
    }

    /// Adds a data section.
    pub fn add_datasec(&mut self, name: &str, size: u32, vars: Vec<VarSlot>) -> TypeId {
        self.add(Type::new(name, Kind::Datasec { size, vars }))
    }

    /// Copies a type of other BTF with all it refers to, once each over all calls for the same `seen`.
    ///
    /// `filter` says of every named `struct` and `union` that is reached (but not of `id` itself) whether it comes whole.
    pub fn import(
        &mut self,
        from: &Btf,
        id: TypeId,
        seen: &mut HashMap<TypeId, TypeId>,
        filter: impl FnMut(TypeId, &str) -> Import,
    ) -> Result<TypeId, BtfError> {
        let _ = (from, id, seen, filter);
        todo!()
    }

    /// Writes the `.BTF` data.
    pub fn finish(self) -> Vec<u8> {
        todo!()
    }
}
