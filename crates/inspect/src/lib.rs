//! What is loaded: programs, maps, and what is in them, as bpftool tells it.
//!
//! Asking yields plain values ([`programs`], [`open_maps`], [`OpenMap::walk`], [`xlated()`]); printing them is pure
//! ([`programs_text`], [`maps_json`], [`DumpPrinter`], [`xlated_text`], …) and says the same as bpftool 7.1, byte for
//! byte, but for what would not be JSON.
pub mod command;
mod declaration;
mod dump;
mod dump_print;
mod error;
mod facts;
mod handle;
mod hex;
mod json;
mod map;
mod map_print;
mod open;
mod program;
mod program_print;
mod symbols;
mod types;
mod value;
mod xlated;
mod xlated_print;

pub use declaration::declaration;
pub use dump::{MapTypes, Visit, Walked};
pub use dump_print::DumpPrinter;
pub use error::{InspectError, error_text};
pub use facts::{Device, Kind};
pub use handle::{Handle, Subject};
pub use json::{Form, Json};
pub use map::{Map, OpenMap, Owner, maps, open_maps};
pub use map_print::{maps_json, maps_text};
pub use program::{Metadatum, OpenProgram, Program, open_programs, programs};
pub use program_print::{programs_json, programs_text};
pub use value::{Layout, Value};
pub use xlated::{SourceLine, Step, Xlated, xlated};
pub use xlated_print::{Extras, xlated_json, xlated_text};
