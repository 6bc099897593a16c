//! What programs tell readers: how a record or a map is laid out, and the values it decodes to.
//!
//! Bytes become values ([`decode()`], [`Schema::decode`]), many processors' values become one table ([`table`]), and what
//! only the machine knows (names of addresses, users, times) is filled in by [`Value::resolve`] from a [`Lookup`].
mod aggregate;
mod arguments;
mod decode;
mod format;
pub mod kept;
mod layout;
mod order;
mod packet;
mod parse;
mod resolve;
mod schema;
mod series;
mod spill;
mod stack;
pub mod unwind;
mod value;

pub use aggregate::{Bucket, Cell, Entry, Histogram, Kind, Missing, RawEntry, Table, bucket_of, table};
pub use arguments::{Mismatch, Slot, accepts, check};
pub use decode::{DecodeError, Record, decode};
pub use format::{Conversion, Format, Length, Letter, Piece, Width};
pub use layout::{layout, round_up};
pub use order::compare;
pub use packet::{Packet, packet};
pub use parse::parse;
pub use resolve::{Depth, Lookup, plain_frame};
pub use schema::{
    Aggregation, Field, Location, MapSchema, Merge, Schema, StackMode, Storage, Stream, Trouble, TroubleKind,
    Type, Verb,
};
pub use series::{Point, Series};
pub use spill::{Spilled, spill_key, spill_value};
pub use value::{BuildId, Frame, Since, SourceLine, StackSource, Symbol, Value};
