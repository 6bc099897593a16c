//! Types as C that compiles.
use crate::{Btf, BtfError, TypeId};

/// The whole BTF as one header (`vmlinux.h`).
pub fn header(btf: &Btf) -> Result<String, BtfError> {
    let _ = btf;
    todo!()
}

/// Definitions of these types and all they need, in an order that compiles, without header guard and pragmas.
pub fn definitions(btf: &Btf, ids: &[TypeId]) -> Result<String, BtfError> {
    let _ = (btf, ids);
    todo!()
}

/// The definition of one type alone, without what it needs.
pub fn definition(btf: &Btf, id: TypeId) -> Result<String, BtfError> {
    let _ = (btf, id);
    todo!()
}
