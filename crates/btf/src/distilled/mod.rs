//! Split BTF that brings what it needs of its base along: a small base (`.BTF.base` of kernel modules, Linux 6.11) in which integers,
//! floats and declarations stand whole, and named structures, unions and enumerations by name and size alone. So it fits every kernel
//! that still has types of these names.
mod distill;
mod relocate;

pub use distill::{Distilled, distill};
pub use relocate::{RelocateError, relocate};
