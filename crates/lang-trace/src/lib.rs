//! The bpftrace language: text → tree → checked script → IR, schema and plan.
pub mod ast;
pub mod attach_point;
pub mod check;
mod lex;
pub mod literal;
mod parse;
pub mod probes;
pub mod typed;
mod wants;

pub use parse::{Parsed, parse};
pub use wants::{Wants, wants};
