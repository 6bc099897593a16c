//! Why an image could not be loaded.
use crate::rejection::Rejection;
use crate::signed::SignedError;
use osmia_object::ResolveErrors;
use osmia_sys::Errno;
use osmia_sys::bpf::BtfLoadError;
use std::fmt;
use std::path::PathBuf;

/// Why an image could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The types, where they are required.
    Btf(BtfLoadError),
    /// A map.
    Map(MapError),
    /// A program.
    Program(Box<Rejection>),
    /// Memory is counted in a limit that could not be raised.
    Memlock {
        /// The limit, in bytes.
        limit: u64,
    },
    /// No token can be had.
    Token {
        /// The mount that was to give it.
        path: PathBuf,
        /// Why not.
        errno: Errno,
    },
    /// A program, or a map, does not fit this machine.
    Unfit(ResolveErrors),
    /// The image contradicts itself.
    Image(String),
    /// The program that was to load it.
    Loader {
        /// Why it did not, as a number.
        errno: Errno,
        /// What the verifier told.
        log: String,
    },
    /// That program, as it is signed.
    Signed(SignedError),
}

/// Why a map could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapError {
    /// The map's name in the object.
    pub map: String,
    /// What was tried.
    pub step: MapStep,
    /// Why not, as a number.
    pub errno: Errno,
    /// Why not, where we know better.
    pub reason: Option<String>,
}

/// What is done with a map while it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapStep {
    /// Make it.
    Create,
    /// Put its first contents in.
    Fill,
    /// Freeze it.
    Freeze,
    /// Pin it.
    Pin,
    /// Take the one that is pinned already.
    Reuse,
}

impl fmt::Display for MapStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "created",
            Self::Fill => "filled",
            Self::Freeze => "frozen",
            Self::Pin => "pinned",
            Self::Reuse => "taken from its pin",
        })
    }
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the map `{}` cannot be {}: ", self.map, self.step)?;
        match &self.reason {
            Some(reason) => f.write_str(reason),
            None => self.errno.fmt(f),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Btf(error) => write!(f, "the kernel refuses the object's types: {error}"),
            Self::Map(error) => error.fmt(f),
            Self::Program(rejection) => rejection.fmt(f),
            Self::Memlock { limit } => write!(
                f,
                "this kernel counts BPF memory in the limit on locked memory, which is {} KiB and cannot be raised; \
                 raise it (`ulimit -l unlimited`, LimitMEMLOCK=infinity in a systemd unit), or give CAP_SYS_RESOURCE",
                limit / 1024
            ),
            Self::Token { path, errno } => write!(
                f,
                "{} gives no BPF token: {errno}; it must be a BPF file system that was mounted with `delegate_cmds` and its like, \
                 in the user namespace of this process",
                path.display()
            ),
            Self::Unfit(errors) => errors.fmt(f),
            Self::Image(why) => write!(f, "the image is broken: {why}"),
            Self::Signed(error) => error.fmt(f),
            Self::Loader { errno, log } if log.is_empty() => {
                write!(f, "the program that loads it ends with: {errno}")
            }
            Self::Loader { errno, log } => {
                write!(
                    f,
                    "the program that loads it ends with: {errno}\nthe verifier says:\n{}",
                    log.trim_end()
                )
            }
        }
    }
}

impl std::error::Error for LoadError {}
impl std::error::Error for MapError {}

impl From<SignedError> for LoadError {
    fn from(error: SignedError) -> Self {
        Self::Signed(error)
    }
}

impl From<MapError> for LoadError {
    fn from(error: MapError) -> Self {
        Self::Map(error)
    }
}
