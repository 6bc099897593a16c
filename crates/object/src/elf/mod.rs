//! `.bpf.o` files: from clang, gcc and osmia to an [`Object`](crate::Object), and back.
mod error;

pub use error::{ElfError, ElfErrorKind};
use crate::Object;

/// Reads an object file.
pub fn read(bytes: &[u8]) -> Result<Object, ElfError> {
    let _ = bytes;
    todo!()
}

/// Writes an object file that libbpf, LLVM and [`read`] take.
pub fn write(object: &Object) -> Vec<u8> {
    let _ = object;
    todo!()
}
