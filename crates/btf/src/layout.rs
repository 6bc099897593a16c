//! Sizes, alignments and places of members.
use crate::{Btf, BtfError, TypeId};

/// Where a member of a composite type is, through anonymous members if need be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Index of the member, or of the anonymous member that holds it, and so on.
    pub path: Vec<u32>,
    /// From the start of the composite type, in bits.
    pub bit_offset: u32,
    /// Width, if it is a bitfield.
    pub bit_size: Option<u8>,
    /// Its type.
    pub ty: TypeId,
}

/// A name of some `enum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnumValue {
    /// The `enum`.
    pub ty: TypeId,
    /// Index of the name in it.
    pub index: u32,
    /// Its value; the bits of an unsigned 64-bit one are kept.
    pub value: i64,
    /// Whether the `enum` is signed.
    pub signed: bool,
}

impl Btf {
    /// The type without typedefs, `const`, `volatile`, `restrict` and type tags around it
    /// (the last one reached if they lead nowhere).
    pub fn resolve(&self, id: TypeId) -> TypeId {
        let _ = id;
        todo!()
    }

    /// Bytes of a value of this type.
    pub fn size_of(&self, id: TypeId) -> Result<u64, BtfError> {
        let _ = id;
        todo!()
    }

    /// Alignment of a value of this type in bytes, as C has it when nothing is packed.
    pub fn align_of(&self, id: TypeId) -> Result<u64, BtfError> {
        let _ = id;
        todo!()
    }

    /// Finds a member by name, also inside of anonymous members. Typedefs and modifiers around `composite` are skipped.
    pub fn field(&self, composite: TypeId, name: &str) -> Option<Field> {
        let _ = (composite, name);
        todo!()
    }

    /// Finds a name among the values of all enumerations.
    pub fn enumerator(&self, name: &str) -> Option<EnumValue> {
        let _ = name;
        todo!()
    }

    /// Bytes of a pointer: 8, or 4 where `long` has 4.
    pub fn pointer_size(&self) -> u32 {
        8
    }
}
