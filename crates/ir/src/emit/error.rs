//! Why a module cannot become an object.
use crate::{Loc, ValidateError};
use osmia_btf::BtfError;
use std::fmt;

/// Why a module cannot become an object.
#[derive(Clone, Debug)]
pub enum CompileError {
    /// The module breaks a rule of the IR: a mistake of the front end or of a pass.
    Invalid(ValidateError),
    /// A function, or a chain of calls, needs more stack than the kernel gives.
    StackTooDeep {
        /// The function, or the functions of the chain, outermost first.
        functions: Vec<String>,
        /// Bytes that it needs.
        used: u32,
        /// Bytes that there are.
        limit: u32,
        /// The biggest pieces: bytes, and where they are first used.
        biggest: Vec<(u32, Loc)>,
    },
    /// Something that the chosen instruction set has no instruction for.
    Unsupported {
        /// What it is.
        what: &'static str,
        /// Where it was written.
        loc: Loc,
    },
    /// A call through a pointer of which no pass found out where it leads.
    UnknownCallee {
        /// Where it was written.
        loc: Loc,
    },
    /// A function so long that a jump cannot reach its target.
    TooLong {
        /// The function.
        function: String,
    },
    /// A function that calls itself.
    Recursive {
        /// The function.
        function: String,
    },
    /// The module's types cannot be written.
    Btf(BtfError),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => write!(f, "invalid IR: {error}"),
            Self::StackTooDeep { functions, used, limit, .. } => {
                write!(f, "{} needs {used} bytes of stack; there are {limit}", functions.join(" -> "))
            }
            Self::Unsupported { what, .. } => write!(f, "{what} needs a newer instruction set"),
            Self::UnknownCallee { .. } => {
                write!(f, "nobody knows where this call leads, and the kernel has no calls through pointers")
            }
            Self::TooLong { function } => write!(f, "{function} is too long"),
            Self::Recursive { function } => write!(f, "{function} calls itself"),
            Self::Btf(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for CompileError {}
