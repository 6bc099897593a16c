//! Why a command has no answer.
use crate::{InspectError, Subject};
use osmia_sys::Errno;
use std::io;

/// The status of failures that are no kernel error.
const FAILED: u8 = 255;

/// What a command ends with.
pub type Done = Result<(), Failure>;

/// Why a command has no answer, and what its exit status is.
#[derive(Debug)]
pub enum Failure {
    /// In words.
    Told {
        /// What went wrong; in text `Error: ` stands before it.
        words: String,
        /// How commands are written, where that is what went wrong.
        usage: Option<String>,
        /// The exit status.
        status: u8,
    },
    /// The reader of our output went away, or its disk is full.
    Output(io::Error),
    /// It was told already.
    Silent(u8),
}

impl Failure {
    /// A failure with the status 255.
    pub fn words(words: impl Into<String>) -> Self {
        Self::Told { words: words.into(), usage: None, status: FAILED }
    }

    /// A failure of the kernel's: its words come after ours, its number is the status.
    pub fn errno(words: impl std::fmt::Display, errno: Errno) -> Self {
        Self::with(format!("{words}: {}", errno.text()), errno)
    }

    /// A failure in words of ours, with a kernel's number for the status.
    pub fn with(words: impl Into<String>, errno: Errno) -> Self {
        Self::Told { words: words.into(), usage: None, status: status_of(errno) }
    }

    /// Words that make no command.
    pub fn usage(words: impl Into<String>, usage: String) -> Self {
        Self::Told { words: words.into(), usage: Some(usage), status: FAILED }
    }

    /// An answer that there is nothing: `null` in JSON, with a kernel's number for the status.
    pub fn none(errno: Errno) -> Self {
        Self::Silent(status_of(errno))
    }

    /// The same with the status 255, where bpftool does not give the kernel's number.
    #[must_use]
    pub fn plain(self) -> Self {
        match self {
            Self::Told { words, usage, .. } => Self::Told { words, usage, status: FAILED },
            other => other,
        }
    }

    /// The same with the status 1, which bpftool gives where a link is not detached.
    #[must_use]
    pub fn one(self) -> Self {
        match self {
            Self::Told { words, usage, .. } => Self::Told { words, usage, status: 1 },
            other => other,
        }
    }

    /// The same with the words of a system call's error, and the status 255.
    pub fn io(words: impl std::fmt::Display, error: &io::Error) -> Self {
        let told = error.raw_os_error().map_or_else(|| error.to_string(), |number| Errno(number).text());
        Self::words(format!("{words}: {told}"))
    }

    /// The same with the number of the system call's error for the status.
    pub fn io_status(words: impl std::fmt::Display, error: &io::Error) -> Self {
        let told = Self::io(words, error);
        match (told, error.raw_os_error()) {
            (Self::Told { words, .. }, Some(number)) => Self::with(words, Errno(number)),
            (told, _) => told,
        }
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Self::Told { status, .. } | Self::Silent(status) => *status,
            Self::Output(_) => FAILED,
        }
    }
}

/// The status of a kernel's error: what is left of its negative in a byte.
fn status_of(errno: Errno) -> u8 {
    errno.0.wrapping_neg() as u8
}

impl From<InspectError> for Failure {
    fn from(error: InspectError) -> Self {
        match &error {
            // bpftool gives the number of the kernel's error for links alone.
            InspectError::NoSuchId(Subject::Link, _, errno) => Self::with(error.to_string(), *errno),
            _ => Self::words(error.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
