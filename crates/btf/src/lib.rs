//! BPF type format: model, reading, writing, layout, CO-RE, and types printed as C.
//!
//! [`Btf`] reads lazily: parsing makes one pass over the type headers, and a type is decoded when it is asked for.
//! [`Builder`] writes.
mod btf;
mod builder;
pub mod c;
pub mod core;
mod dedup;
pub mod diff;
pub mod distilled;
pub mod dump;
mod error;
pub mod ext;
mod headers;
mod layout;
mod model;
mod names;
#[doc(hidden)]
pub mod property;
pub mod rust;
mod spell;
mod stack;
mod wire;

pub use btf::Btf;
pub use builder::{Builder, Import};
pub use dedup::{Deduplicated, dedup, merge};
pub use error::{BtfError, BtfErrorKind, Section};
pub use layout::{EnumValue, Field};
pub use model::{
    Composite, Enum, Enumerator, IntEncoding, Kind, KindTag, Linkage, Member, Param, Type, TypeId, VarSlot,
};
pub use osmia_base::Endian;
