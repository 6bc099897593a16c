//! BTF as text, in the form of `bpftool btf dump … format raw`.
use crate::{Btf, BtfError, TypeId};

/// All types that are not in the base.
pub fn raw(btf: &Btf) -> Result<String, BtfError> {
    let _ = btf;
    todo!()
}

/// One type.
pub fn raw_type(btf: &Btf, id: TypeId) -> Result<String, BtfError> {
    let _ = (btf, id);
    todo!()
}
