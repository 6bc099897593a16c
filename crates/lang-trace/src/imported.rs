//! Objects that a script imports: what it may call of them.
use osmia_btf::{Btf, TypeId};
use std::collections::BTreeMap;

/// A compiled object (`import "x.bpf.o"`) as far as scripts know it. The code joins the script's own when both are linked.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What messages call it.
    pub name: String,
    /// Its types.
    pub types: Btf,
    /// Its functions that are no programs and that everybody may call: name and type (`BTF_KIND_FUNC_PROTO`).
    pub functions: BTreeMap<String, TypeId>,
}
