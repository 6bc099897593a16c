//! `.bpf.o` files: from clang, gcc and osmia to an [`Object`](crate::Object), and back.
mod code;
mod data;
mod error;
mod ext;
mod link;
mod links;
mod maps;
mod raw;
mod read;
mod tables;
mod write;

pub use error::{ElfError, ElfErrorKind};
pub use link::{Input, LinkError, LinkErrorKind, link};
pub use maps::{MapDefinition, legacy_map_definition, map_definition};
pub use read::{data_kind, read};
pub use write::write;

/// How large all sections of zeros together may be.
const MAX_BSS: usize = 64 << 20;
