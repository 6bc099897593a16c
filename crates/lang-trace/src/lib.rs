//! The bpftrace language: text → tree → checked script → IR, schema and plan.
pub mod ast;
pub mod attach_point;
pub mod check;
mod expand;
mod fmt;
mod imported;
mod lex;
mod list;
pub mod literal;
mod lower;
mod params;
mod parse;
mod plan;
pub mod probes;
pub mod typed;
mod wants;

pub use check::is_kernel_header;
pub use expand::expand;
pub use fmt::{FormatError, format};
pub use imported::Imported;
pub use list::{Detail, list};
pub use lower::{LowerOptions, Lowered, Transport, lower};
pub use params::{NamedParam, ParamValue, named_params, param_values};
pub use parse::{Parsed, parse, parse_part};
pub use plan::{Plan, PlannedProbe};
pub use probes::Provider;
pub use wants::{DebugWants, FileWants, WantedFunction, Wants, wants};
