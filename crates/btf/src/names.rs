//! From names to types.
use crate::{Btf, KindTag, TypeId};

impl Btf {
    /// All types with this name, of whatever kind, in order of their ids.
    pub fn find(&self, name: &str) -> impl Iterator<Item = TypeId> + use<> {
        let _ = name;
        Vec::new().into_iter()
    }

    /// The first type with this name and kind.
    pub fn find_kind(&self, name: &str, kind: KindTag) -> Option<TypeId> {
        self.find(name).find(|&id| self.tag(id) == Some(kind))
    }

    /// The `struct` with this name.
    pub fn find_struct(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Struct)
    }

    /// The `union` with this name.
    pub fn find_union(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Union)
    }

    /// The `enum` with this name, of either width.
    pub fn find_enum(&self, name: &str) -> Option<TypeId> {
        self.find(name).find(|&id| self.tag(id).is_some_and(KindTag::is_enum))
    }

    /// The typedef with this name.
    pub fn find_typedef(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Typedef)
    }

    /// The function with this name.
    pub fn find_func(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Func)
    }

    /// The variable with this name.
    pub fn find_var(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Var)
    }

    /// All functions with their names, in order of their ids, those of the base first.
    pub fn functions(&self) -> impl Iterator<Item = (TypeId, &str)> {
        self.ids()
            .filter(|&id| self.tag(id) == Some(KindTag::Func))
            .filter_map(|id| Some((id, self.name(id)?)))
    }
}
