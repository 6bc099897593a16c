//! How an image is to be loaded.
use std::path::PathBuf;

/// How an image is to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Whether the kernel is told of types.
    pub btf: BtfUse,
    /// Which programs are loaded.
    pub programs: Choice,
    /// The directory of pins by name.
    pub pins: PathBuf,
    /// A mount of the BPF file system that gives a token; the environment (`LIBBPF_BPF_TOKEN_PATH`) may name one too, and an
    /// empty path here says that none is to be used.
    pub token: Option<PathBuf>,
    /// How much the verifier is to tell of programs that it takes: `osmia_abi::flags::LOG_LEVEL1` and so on.
    pub log_level: u32,
    /// Maps of the object that are there already.
    pub reuse: Vec<Reuse>,
    /// Maps that one program alone may use.
    pub exclusive: Vec<Exclusive>,
}

/// A map that one program alone may use: the kernel (6.18) refuses all others that name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusive {
    /// The map's name in the object.
    pub map: String,
    /// The program's.
    pub program: String,
}

/// A map of the object in whose place another one is used, as it is: the verifier sees that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reuse {
    /// Its name in the object.
    pub name: String,
    /// The id of the map that is used.
    pub id: u32,
}

/// Whether the kernel is told of types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BtfUse {
    /// Where it takes them: else programs are loaded without.
    #[default]
    Optional,
    /// Always: what it refuses is an error.
    Required,
}

/// Which programs are loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Those that are not marked to be left out.
    #[default]
    Autoload,
    /// All.
    All,
    /// These.
    Named(Vec<String>),
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            btf: BtfUse::default(),
            programs: Choice::default(),
            pins: PathBuf::from("/sys/fs/bpf"),
            token: None,
            log_level: 0,
            reuse: Vec::new(),
            exclusive: Vec::new(),
        }
    }
}
