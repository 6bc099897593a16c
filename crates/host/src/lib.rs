//! This machine as values.
pub mod features;
