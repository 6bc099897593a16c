//! Source text of typed handles for an object: its maps, programs, links and global variables by name.
//!
//! [`c`] writes a C header with the functions and fields that users of bpftool's skeletons know; it stands on libbpf. [`light`]
//! writes one that stands on a header of libbpf's alone: a program brings the object into the kernel. [`rust`] writes a Rust
//! module that stands on the crate `osmia`; [`Builder`] makes one when a package is built.
mod build;
pub mod c;
mod globals;
mod library;
pub mod light;
mod names;
pub mod rust;
mod shadow;
mod template;

pub use build::{BuildError, Builder};
pub use names::object_name;

use osmia_btf::BtfError;
use std::fmt;

/// Why there is no skeleton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkeletonError {
    /// The object has no types.
    NoTypes,
    /// Its types are broken.
    Btf(BtfError),
    /// Two variables lie on one another.
    Overlap {
        /// Their section.
        section: String,
        /// The second of them.
        variable: String,
    },
}

impl From<BtfError> for SkeletonError {
    fn from(error: BtfError) -> Self {
        Self::Btf(error)
    }
}

impl fmt::Display for SkeletonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTypes => f.write_str("the object has no types (.BTF): compile it with -g"),
            Self::Btf(error) => error.fmt(f),
            Self::Overlap { section, variable } => {
                write!(f, "the variable {variable} of {section} begins before the one before it ends")
            }
        }
    }
}

impl std::error::Error for SkeletonError {}
