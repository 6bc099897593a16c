//! `.bpf.o` files: from clang, gcc and osmia to an [`Object`](crate::Object), and back.
mod code;
mod data;
mod error;
mod ext;
mod links;
mod maps;
mod raw;
mod read;

use crate::Object;
pub use error::{ElfError, ElfErrorKind};
pub use read::read;

/// How large a section of zeros may be.
const MAX_BSS: usize = 64 << 20;

/// Writes an object file that libbpf, LLVM and [`read`] take.
pub fn write(object: &Object) -> Vec<u8> {
    let _ = object;
    todo!()
}
