//! Runs images in this process: memory with bounds, an interpreter, maps and helpers. It never reads the machine: what
//! time it is and who runs is told by a [`World`], so the same image, world and contexts give the same results.
#![warn(clippy::wildcard_enum_match_arm)]
mod code;
mod context;
mod errno;
mod fault;
mod helpers;
mod interpreter;
mod machine;
mod maps;
mod memory;
#[doc(hidden)]
pub mod property;
mod world;

pub use errno::Errno;
pub use fault::{Access, Error, ErrorKind, Fault, FaultKind, Place};
pub use machine::{Entry, Input, Machine, MapId, Options, Record};
pub use world::{Window, World};
