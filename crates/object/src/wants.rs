//! Which parts of a [`Target`](crate::Target) an object needs, so that only those are gathered.
use crate::Object;

/// What an object needs to know of its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The kernel's types: CO-RE, typed kernel symbols, or programs that attach by type.
    pub kernel_btf: bool,
    /// Kernel symbols whose addresses are needed, sorted.
    pub ksyms: Vec<String>,
    /// `CONFIG_*` values that are needed, sorted.
    pub kconfig: Vec<String>,
    /// Whether the number of processors is needed.
    pub cpus: bool,
}

/// What `object` needs.
pub fn wants(object: &Object) -> Wants {
    let _ = object;
    todo!()
}
