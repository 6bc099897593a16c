//! What can be wrong with debug information.
use std::fmt;

/// Why debug information could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It is no ELF file, or a broken one.
    NotElf(String),
    /// There is none.
    Missing,
    /// It is broken, or of a form that is not known.
    Broken(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf(why) => write!(f, "it is not an ELF file: {why}"),
            Self::Missing => f.write_str("it has no debug information"),
            Self::Broken(why) => write!(f, "its debug information cannot be read: {why}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<gimli::Error> for Error {
    fn from(error: gimli::Error) -> Self {
        Self::Broken(error.to_string())
    }
}
