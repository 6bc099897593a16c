//! What is loaded: programs, maps, and what is in them, as bpftool tells it.
//!
//! Asking yields plain values ([`programs`], [`open_maps`], [`OpenMap::walk`], [`xlated()`]); printing them is pure
//! ([`programs_text`], [`maps_json`], [`DumpPrinter`], [`xlated_text`], …) and says the same as bpftool 7.1, byte for
//! byte, but for what would not be JSON, and for what 7.8 tells otherwise: the ids of maps in maps, and quotes around pointers.
//!
//! The elements of a map go a way of their own, as there may be millions: threads read them, thousands with one call and
//! each its parts of the map, into batches that come back to be used again; this thread takes the batches in the kernel's
//! order, prints them ([`DumpPrinter`]) and writes what was printed in chunks. `batches/mod.rs` says how a map is divided,
//! and why nothing is lost or comes twice where parts meet.
mod batches;
mod cgroup;
pub mod command;
mod declaration;
mod dump;
mod dump_print;
mod error;
mod facts;
mod features;
mod features_print;
mod graph;
mod handle;
mod hex;
pub mod input;
mod jited;
mod jited_print;
mod json;
mod link;
mod link_names;
mod link_print;
mod map;
mod map_print;
mod net;
mod open;
mod perf;
mod profile;
mod profile_print;
mod program;
mod program_print;
mod refs;
mod structures;
mod symbols;
mod ties;
mod type_print;
mod types;
mod value;
mod xlated;
mod xlated_print;

pub use cgroup::{CgroupProgram, Effective, cgroup_json, cgroup_programs, cgroup_text};
pub use declaration::declaration;
pub use dump::{MapTypes, Visit, Walked};
pub use dump_print::{DumpPrinter, print_element};
pub use error::{InspectError, error_text};
pub use facts::{Device, Kind};
pub use features::{Item, ProbeScope, Section, missing_capabilities, probe_features};
pub use features_print::{features_json, features_macros, features_text};
pub use graph::graph_text;
pub use handle::{Handle, Subject};
pub use jited::{Coded, Jited, JitedInsn, jited};
pub use jited_print::{jited_json, jited_text};
pub use json::{Form, Json};
pub use link::{Function, Link, OpenLink, links, open_link};
pub use link_print::{links_json, links_text};
pub use map::{Map, OpenMap, Owner, maps, open_map, open_maps};
pub use map_print::{maps_json, maps_text};
pub use net::{Listed, NetPrograms, TcProgram, XdpPrograms, net_json, net_programs, net_text};
pub use osmia_skeleton::rust::type_name as skeleton_type;
pub use perf::{PerfHolder, PerfProgram, perf_json, perf_programs, perf_text};
pub use profile::{METRICS, Metric, NoCounter, Profile, Reading, metrics, profiler};
pub use profile_print::{profile_json, profile_text};
pub use program::{
    Metadatum, OpenProgram, Program, declared_function, open_program, open_programs, programs,
};
pub use program_print::{programs_json, programs_text};
pub use refs::{Holder, Known, Pins, Refs, bpf_mounts, pinned_below};
pub use structures::{Structure, StructureTypes};
pub use ties::{Facts, Graph, Node, Tie, ties_dot, ties_json, ties_text};
pub use value::{EncodeError, Layout, Value};
pub use xlated::{Flow, SourceLine, Step, Xlated, xlated};
pub use xlated_print::{Extras, xlated_json, xlated_text};
