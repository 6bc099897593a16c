//! The image: an object made fit for one machine, with nothing left to look up. Loader and VM take it as it is.
use crate::Attach;
use osmia_abi::{AttachType, MapType, ProgramType};
use osmia_btf::TypeId;
use osmia_isa::Insn;

/// What is loaded: maps to create, programs to load, types to tell the kernel of.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// The licence.
    pub license: String,
    /// The kernel version that old kernels want of kprobe programs.
    pub version: u32,
    /// All maps; instructions name them by position (`Imm64::Map`, `Imm64::MapValue`).
    pub maps: Vec<ImageMap>,
    /// All programs, whole: each holds the subprograms it calls.
    pub programs: Vec<ImageProgram>,
    /// The types as bytes for `BPF_BTF_LOAD`, without what the target cannot read; `None` where nothing is to be told.
    pub btf: Option<Vec<u8>>,
}

/// One map to create.
#[derive(Clone, Debug)]
pub struct ImageMap {
    /// Its name in the object; the kernel gets its first 15 characters.
    pub name: String,
    /// The kernel's map type.
    pub kind: MapType,
    /// Bytes in a key.
    pub key_size: u32,
    /// Bytes in a value.
    pub value_size: u32,
    /// How many entries at most.
    pub max_entries: u32,
    /// `BPF_F_*`.
    pub flags: u32,
    /// The NUMA node, with `BPF_F_NUMA_NODE`.
    pub numa_node: u32,
    /// `map_extra`.
    pub extra: u64,
    /// The key's type in [`Image::btf`].
    pub key_type: TypeId,
    /// The value's type in [`Image::btf`].
    pub value_type: TypeId,
    /// The map, by position, that the maps in this map look like.
    pub inner: Option<usize>,
    /// Whether it only serves as a pattern for `inner` and is not created for itself.
    pub template: bool,
    /// Elements it holds from the start: key and bytes of the value (global data: key 0).
    pub initial: Vec<(Vec<u8>, Vec<u8>)>,
    /// Maps of maps and of programs: key, and the position of the map or program.
    pub slots: Vec<(u32, usize)>,
    /// Whether it is frozen once filled (`.rodata`).
    pub frozen: bool,
    /// Where it is pinned: the last part of the path.
    pub pin: Option<String>,
}

/// One program to load.
#[derive(Clone, Debug)]
pub struct ImageProgram {
    /// Its name in the object; the kernel gets its first 15 characters.
    pub name: String,
    /// The section it came from.
    pub section: String,
    /// The kernel's program type.
    pub kind: ProgramType,
    /// The attach type that loading wants to know.
    pub attach_type: Option<AttachType>,
    /// The kernel type (function, raw tracepoint, iterator, hook) it attaches to.
    pub attach_btf_id: TypeId,
    /// Whose type that is.
    pub attach_types: AttachTypes,
    /// `BPF_F_SLEEPABLE`, `BPF_F_XDP_HAS_FRAGS`.
    pub flags: u32,
    /// Where it is attached.
    pub attach: Attach,
    /// Whether it is loaded unless somebody asks for it.
    pub autoload: bool,
    /// All instructions, subprograms after the program itself, calls resolved.
    pub insns: Vec<Insn>,
    /// Where each function begins.
    pub functions: Vec<FunctionInfo>,
    /// Which instruction came from which line.
    pub lines: Vec<LineInfo>,
    /// Instructions that have no meaning on this target and fail when they are reached.
    pub poisoned: Vec<Poison>,
}

/// Whose types a program attaches by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AttachTypes {
    /// The kernel's own.
    #[default]
    Kernel,
    /// A module's, by its name.
    Module(String),
    /// A loaded program's, by its id; whoever loads looks the function up.
    Program(u32),
}

/// An instruction that was replaced by a call that no kernel has, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// In slots from the program's start.
    pub slot: u32,
    /// The number of the helper that the instruction calls now; the verifier's log names it.
    pub helper: u32,
    /// What is missing, in words: the CO-RE relocation or the kernel function that has no answer.
    pub reason: String,
}

/// `struct bpf_func_info`: where a function begins and what its type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// In slots from the program's start.
    pub slot: u32,
    /// Its BTF `FUNC` in [`Image::btf`].
    pub type_id: TypeId,
}

/// `struct bpf_line_info`, with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineInfo {
    /// In slots from the program's start.
    pub slot: u32,
    /// The file's name.
    pub file: String,
    /// The line's text.
    pub text: String,
    /// The offset of `file` in the string section of [`Image::btf`].
    pub file_offset: u32,
    /// The offset of `text` in the string section of [`Image::btf`].
    pub text_offset: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}
