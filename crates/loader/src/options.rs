//! How an image is to be loaded.
use osmia_abi::{MapType, ProgramType, flags};
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
    /// The interface that programs are bound to.
    pub device: Option<Device>,
}

/// A network interface that programs are bound to, by its index: they run there and nowhere else, and go when it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The interface runs the programs itself and keeps their maps (`prog_ifindex`, `map_ifindex`).
    Offload(u32),
    /// XDP programs run here, and may ask the interface's driver about a packet: time, hash, VLAN
    /// (`BPF_F_XDP_DEV_BOUND_ONLY`, Linux 6.3).
    Metadata(u32),
}

impl Device {
    /// The interface's index and the flags that a program of this kind is loaded with; 0 where it is not bound.
    pub(crate) fn of_program(self, kind: ProgramType) -> (u32, u32) {
        match self {
            Self::Offload(index) => (index, 0),
            Self::Metadata(index) if kind == ProgramType::Xdp => (index, flags::XDP_DEV_BOUND_ONLY),
            Self::Metadata(_) => (0, 0),
        }
    }

    /// The index of the interface that keeps a map of this kind; 0 where the kernel does.
    pub(crate) fn of_map(self, kind: MapType) -> u32 {
        match self {
            // Perf events are read from the kernel, whoever runs the program.
            Self::Offload(index) if kind != MapType::PerfEventArray => index,
            Self::Offload(_) | Self::Metadata(_) => 0,
        }
    }
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
            device: None,
        }
    }
}
