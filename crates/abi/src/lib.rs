//! Kernel facts as tables.
mod kinds;

pub use kinds::{AttachType, Command, LinkType, MapType, ProgramType};
