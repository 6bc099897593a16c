//! What processes have in their memory, and had when they are gone: so that their addresses have names even then.
mod debug;
mod decode;
mod files;
mod record;
mod timeline;

pub(crate) use record::{News, Record, mapped};
