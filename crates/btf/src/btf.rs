//! Reading BTF.
use crate::{BtfError, Endian, KindTag, Type, TypeId};
use std::sync::Arc;

/// BTF data, indexed but not decoded. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Btf(pub(crate) Arc<()>);

impl Btf {
    /// Checks the header and indexes the types; nothing else is decoded yet.
    ///
    /// The bytes may be a `Vec<u8>`, an `Arc<[u8]>`, a `&'static [u8]`, or a memory map.
    pub fn parse(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Result<Self, BtfError> {
        let _ = bytes;
        todo!()
    }

    /// Like [`Btf::parse`], for BTF whose types and strings go on where those of `base` end (kernel modules).
    pub fn parse_split(
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        base: &Self,
    ) -> Result<Self, BtfError> {
        let _ = (bytes, base);
        todo!()
    }

    /// The BTF that this one goes on from.
    pub fn base(&self) -> Option<&Self> {
        todo!()
    }

    /// One more than the highest type id; `void` and the types of the base are counted.
    pub fn len(&self) -> u32 {
        todo!()
    }

    /// Whether there is no type but `void`.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// The id of the first type that is not in the base.
    pub fn first_id(&self) -> TypeId {
        todo!()
    }

    /// Byte order of the data.
    pub fn endian(&self) -> Endian {
        todo!()
    }

    /// Whole data as it was given.
    pub fn bytes(&self) -> &[u8] {
        todo!()
    }

    /// All ids but `void`'s, those of the base first.
    pub fn ids(&self) -> impl Iterator<Item = TypeId> + use<> {
        (1..self.len()).map(TypeId)
    }

    /// All types with their ids, decoded one by one, those of the base first.
    pub fn types(&self) -> impl Iterator<Item = (TypeId, Result<Type, BtfError>)> {
        self.ids().map(|id| (id, self.get(id)))
    }

    /// Decodes one type.
    pub fn get(&self, id: TypeId) -> Result<Type, BtfError> {
        let _ = id;
        todo!()
    }

    /// The name of a type, if there is such a type; anonymous ones have the empty name.
    pub fn name(&self, id: TypeId) -> Option<&str> {
        let _ = id;
        todo!()
    }

    /// What kind a type is, without decoding it.
    pub fn tag(&self, id: TypeId) -> Option<KindTag> {
        let _ = id;
        todo!()
    }

    /// The string at an offset of the string section (`.BTF.ext` refers to strings so).
    pub fn string(&self, offset: u32) -> Result<&str, BtfError> {
        let _ = offset;
        todo!()
    }
}
