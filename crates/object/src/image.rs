//! The image: an object made fit for one machine, with nothing left to look up. Loader and VM take it as it is.
use crate::{Attach, ResolveError};
use osmia_abi::{AttachType, MapType, ProgramType};
use osmia_btf::{KindTag, TypeId};
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
    /// Modules whose functions and variables programs use: instructions name them by position, from 1
    /// (`Callee::Kfunc`, `Imm64::BtfId`); 0 is the kernel itself.
    pub modules: Vec<String>,
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
    /// Whether it is made unless somebody asks for it (`?` before its section's name says no).
    pub create: bool,
    /// For `struct_ops`: the kernel's structure that it fills.
    pub structure: Option<Box<Structure>>,
    /// Why it cannot be made on this target.
    pub unfit: Option<ResolveError>,
    /// For an arena: what its memory holds from the start, and where.
    pub arena: Option<ArenaData>,
    /// The program, by position, whose jump table it is: it is made where that is loaded.
    pub table_of: Option<usize>,
}

/// A structure of functions as the kernel has it (`struct_ops`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// Its name, such as `tcp_congestion_ops`.
    pub name: String,
    /// The map's value, `bpf_struct_ops_NAME`, among the types of the kernel, or of the module.
    pub value_type: TypeId,
    /// The module whose structure it is.
    pub module: Option<String>,
    /// The value, without the descriptors of programs.
    pub value: Vec<u8>,
    /// Where programs' descriptors (eight bytes each) stand in the value: offset and position of the program.
    pub functions: Vec<(u32, usize)>,
    /// Whether it is registered by a link (`.struct_ops.link`).
    pub link: bool,
}

/// What an arena's memory holds from the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArenaData {
    /// In bytes from the arena's start.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
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
    /// For `struct_ops`: which member of the structure it is; the kernel is told this in place of an attach type.
    pub member: Option<u32>,
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
    /// Why it cannot be loaded on this target; empty where it can.
    pub unfit: Vec<ResolveError>,
    /// What is left to whoever loads it; nothing but for [`crate::resolve_later`].
    pub later: Later,
}

/// What a program asks of the machine on which it will be loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Later {
    /// CO-RE relocations: the slot of the instruction, and the question.
    pub core: Vec<(u32, LaterCore)>,
    /// Kernel symbols that instructions hold.
    pub symbols: Vec<LaterSymbol>,
    /// The kernel's type that the program attaches to.
    pub attach: Option<(String, KindTag)>,
}

/// `struct bpf_core_relo` without its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaterCore {
    /// The type that it begins with, in [`Image::btf`].
    pub type_id: TypeId,
    /// The offset of the access in the string section of [`Image::btf`].
    pub access: u32,
    /// Its kind's number.
    pub kind: u32,
}

/// A kernel symbol that an instruction holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterSymbol {
    /// The slot of the instruction.
    pub slot: u32,
    /// Its name in the kernel.
    pub name: String,
    /// A function, which is called or whose address is taken, a variable, or an address of what has no type.
    pub tag: Option<KindTag>,
    /// Whether the instruction is a call.
    pub call: bool,
    /// Whether it may be missing.
    pub weak: bool,
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

impl Default for ImageMap {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: MapType::Unspec,
            key_size: 0,
            value_size: 0,
            max_entries: 0,
            flags: 0,
            numa_node: 0,
            extra: 0,
            key_type: TypeId::VOID,
            value_type: TypeId::VOID,
            inner: None,
            template: false,
            initial: Vec::new(),
            slots: Vec::new(),
            frozen: false,
            pin: None,
            create: true,
            structure: None,
            unfit: None,
            arena: None,
            table_of: None,
        }
    }
}

impl Default for ImageProgram {
    fn default() -> Self {
        Self {
            name: String::new(),
            section: String::new(),
            kind: ProgramType::Unspec,
            attach_type: None,
            member: None,
            attach_btf_id: TypeId::VOID,
            attach_types: AttachTypes::Kernel,
            flags: 0,
            attach: Attach::Nowhere,
            autoload: true,
            insns: Vec::new(),
            functions: Vec::new(),
            lines: Vec::new(),
            poisoned: Vec::new(),
            unfit: Vec::new(),
            later: Later::default(),
        }
    }
}

impl ImageProgram {
    /// Where its functions begin, as `BPF_PROG_LOAD` reads it; nothing where one has no type.
    pub fn function_records(&self) -> Vec<u8> {
        let typed = self.functions.iter().all(|function| function.type_id.0 != 0);
        let functions = self.functions.iter().filter(|_| typed);
        functions
            .flat_map(|function| [function.slot, function.type_id.0])
            .flat_map(u32::to_ne_bytes)
            .collect()
    }

    /// Where its lines begin, as `BPF_PROG_LOAD` reads it.
    pub fn line_records(&self) -> Vec<u8> {
        let place = |line: u32, column: u32| line << 10 | column.min(1023);
        let record =
            |line: &LineInfo| [line.slot, line.file_offset, line.text_offset, place(line.line, line.column)];
        self.lines.iter().flat_map(record).flat_map(u32::to_ne_bytes).collect()
    }
}

/// Bytes of a record of [`ImageProgram::function_records`].
pub const FUNCTION_RECORD: u32 = 8;

/// Bytes of a record of [`ImageProgram::line_records`].
pub const LINE_RECORD: u32 = 16;
