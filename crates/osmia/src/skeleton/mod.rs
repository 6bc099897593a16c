//! What generated Rust skeletons stand on (`osmia gen skeleton --lang rust`, `osmia_skeleton::Builder`).
//!
//! A skeleton is made for one object: its maps, programs, links and global variables by name and type. It goes through two
//! values: one that is open, in which variables, sizes of maps and the choice of programs can be set; and one that is loaded,
//! whose variables are the memory that its programs see. Everything here can be used without a generated skeleton too.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use osmia::skeleton::{Link, Map, Open};
//! let loaded = Open::new(&std::fs::read("count.bpf.o")?, "count")?.load()?;
//! let counts: Map<u32, u64> = loaded.map("counts")?;
//! let link: Link = loaded.program("count").attach()?;
//! println!("{:?}", counts.get(&1)?);
//! # Ok(())
//! # }
//! ```
mod error;
mod handles;
mod loaded;
mod map;
mod open;
mod records;

pub use bytemuck::{Pod, Zeroable};
pub use error::Error;
pub use handles::{Link, Program, Structure, detach};
pub use loaded::Loaded;
pub use map::{AnyMap, Map, PerCpuMap, Queue, Records};
pub use open::{Open, OpenMap, OpenProgram};
pub use osmia_sys::{
    Access, Bool, ReadOnly, ReadWrite, Section, Shared, Values, Variables, bytemuck, variables,
};
pub use records::{Arrived, Reader};

/// The first value in a record, such as a program sends through a ring buffer; `None` where the record is shorter.
pub fn read<T: Pod>(record: &[u8]) -> Option<T> {
    record.get(..size_of::<T>()).map(bytemuck::pod_read_unaligned)
}

/// The text in an array of C's `char`, up to its first zero; what is no UTF-8 is replaced.
pub fn text<T: Pod>(characters: &[T]) -> String {
    let bytes: &[u8] = bytemuck::cast_slice(characters);
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
