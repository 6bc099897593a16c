//! From [`Object`] to [`Image`]: everything that depends on the machine.
mod error;

use crate::{Image, Object, Target};
pub use error::{ResolveError, ResolveErrorKind, ResolveErrors};

/// Makes `object` fit for `target`.
pub fn resolve(object: &Object, target: &Target) -> Result<Image, ResolveErrors> {
    resolve_named(object, target, "")
}

/// Like [`resolve`], for an object with a name: its global data gets names such as `NAME.rodata`.
pub fn resolve_named(object: &Object, target: &Target, name: &str) -> Result<Image, ResolveErrors> {
    let _ = (object, target, name);
    todo!()
}
