//! Why a skeleton cannot do what it was asked to.
use std::fmt;

/// Why an object is not opened, loaded or attached, in words that say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    pub(super) fn new(words: impl ToString) -> Self {
        Self(words.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
