//! What processes have in their memory, and had when they are gone: so that their addresses have names even then.
mod debug;
mod decode;
mod files;
mod record;
mod timeline;

pub use record::{CodeMapping, News, code_mappings};
pub(crate) use record::{Record, mapped};
