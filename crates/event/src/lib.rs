//! What programs tell readers: how a record or a map is laid out, and the values it decodes to.
mod format;
mod schema;

pub use format::{Conversion, Format, Length, Letter, Piece, Width};
pub use schema::{Aggregation, Field, Location, MapSchema, Schema, StackMode, Storage, Stream, Type, Verb};
