//! Things with no BPF word in them: places in text, messages about them, byte cursors, typed arenas.
mod arena;
mod bytes;
mod diagnostic;
mod nearest;
mod source;
mod span;

pub use arena::{Arena, Key};
pub use bytes::{Bytes, Endian, Truncated};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Severity};
pub use nearest::nearest;
pub use source::{Full, Place, Source};
pub use span::{Span, Spanned};
