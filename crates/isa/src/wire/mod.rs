//! Instructions as bytes: eight to a slot, as the kernel and RFC 9669 have them. Opcode numbers exist only here.
mod codes;
mod decode;
mod encode;
mod slot;
mod xlated;

pub use decode::{DecodeError, DecodeErrorKind, decode, decode_slot, decode_with};
pub use encode::{encode, encode_slots, encode_with, opcode};
pub use slot::{Field, SLOT_BYTES, Slot, slots};
pub use xlated::{Xlated, decode_xlated};
