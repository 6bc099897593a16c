//! The bpftrace language: text → tree → checked script → IR, schema and plan.
pub mod ast;
pub mod attach_point;
pub mod check;
mod lex;
mod list;
pub mod literal;
pub mod lower;
mod parse;
pub mod plan;
pub mod probes;
pub mod typed;
mod wants;

pub use list::{Detail, list};
pub use parse::{Parsed, parse};
pub use wants::{Wants, wants};
