//! The bpftrace language: text → tree → checked script → IR, schema and plan.
pub mod ast;
pub mod attach_point;
pub mod probes;
