//! A compilation unit.
use crate::Function;
use osmia_base::{Arena, Source, key};
use osmia_object::{Data, DataKey, Extern, ExternKey, Foreign, Map, MapKey};

key!(
    /// A function of a [`Module`].
    pub struct FunctionId, "f"
);

/// Everything that becomes one object.
#[derive(Debug, Default)]
pub struct Module {
    /// The licence that programs are loaded under.
    pub license: String,
    /// The kernel version that old kernels wanted of kprobe programs.
    pub version: Option<u32>,
    /// Programs and subprograms.
    pub functions: Arena<FunctionId, Function>,
    /// Maps, passed on to the object.
    pub maps: Arena<MapKey, Map>,
    /// Global data, passed on to the object.
    pub data: Arena<DataKey, Data>,
    /// Sections that no program sees, passed on to the object.
    pub foreign: Vec<Foreign>,
    /// External symbols, passed on to the object.
    pub externs: Arena<ExternKey, Extern>,
    /// The types that functions, maps, data and relocations name.
    pub btf: osmia_btf::Builder,
    /// The texts that [`crate::Loc::file`] counts.
    pub files: Vec<Source>,
}
