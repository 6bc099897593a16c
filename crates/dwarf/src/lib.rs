//! Debug information of programs (DWARF): types and parameters as BTF, lines of source as addresses, and how to find the
//! caller of a function. Sections are read when they are needed, and of them only what was asked for; nothing here panics
//! on what it reads.
mod code;
mod die;
mod error;
mod files;
mod functions;
mod image;
mod lines;
mod passing;
mod types;
mod units;
mod unwind;

pub use code::{Code, Spot};
pub use error::Error;
pub use files::Files;
pub use functions::{Found, Wanted, find};
pub use image::{DebugLink, Image};
pub use lines::{LineError, SourceLine, address_of_line};
pub use unwind::{CallFrame, CallerRule, Place, Pointer, StackFrame, call_frames};
