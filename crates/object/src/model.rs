//! The blueprint: programs, maps, data, types, lines and relocations, the same on every machine.
use crate::Attach;
use osmia_abi::{AttachType, MapType, ProgramType};
use osmia_base::{Arena, Endian, key};
use osmia_btf::{Btf, TypeId};
use osmia_isa::Insn;

key!(
    /// A function of an [`Object`].
    pub struct FunctionKey, "fn"
);
key!(
    /// A map of an [`Object`].
    pub struct MapKey, "map"
);
key!(
    /// A data section of an [`Object`].
    pub struct DataKey, "data"
);
key!(
    /// An external symbol of an [`Object`].
    pub struct ExternKey, "extern"
);
key!(
    /// A jump table of an [`Object`].
    pub struct TableKey, "table"
);

/// Everything that a `.bpf.o` says; what the ELF reader yields and what the compiler emits, field for field.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// The `license` section, without its NUL.
    pub license: String,
    /// The `version` section: the kernel version that old kernels wanted of kprobe programs.
    pub version: Option<u32>,
    /// The byte order of the file, and of the machine it is for.
    pub endian: Endian,
    /// Programs and subprograms.
    pub functions: Arena<FunctionKey, Function>,
    /// Maps that were declared; data sections become maps only in the [`crate::Image`].
    pub maps: Arena<MapKey, Map>,
    /// `.data`, `.rodata`, `.bss`, `.kconfig` and their named kin.
    pub data: Arena<DataKey, Data>,
    /// Symbols that the kernel or the configuration is to provide.
    pub externs: Arena<ExternKey, Extern>,
    /// Tables of the places that `gotox` jumps to.
    pub tables: Arena<TableKey, JumpTable>,
    /// The types; all type ids in this object are ids of these.
    pub btf: Option<Btf>,
    /// Sections that are none of the above, kept as they are so that writing loses nothing.
    pub foreign: Vec<Foreign>,
}

/// Who may see a symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Linkage {
    /// This object only; the verifier checks such a subprogram at each call.
    Static,
    /// Everybody; the verifier checks such a subprogram once, on its own.
    #[default]
    Global,
    /// Everybody, unless another object has one too.
    Weak,
}

/// A program, or a function that programs call.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// Its symbol.
    pub name: String,
    /// The ELF section it stands in; says what a program is for (`tracepoint/sched/sched_switch`). Subprograms
    /// stand in `.text`.
    pub section: String,
    /// Who may call it.
    pub linkage: Linkage,
    /// What it is loaded as; `None` for a subprogram.
    pub program: Option<Program>,
    /// Its instructions, as they stand in the file: references are zero and named by `relocs`.
    pub insns: Vec<Insn>,
    /// What is to be put into instructions at link time, sorted by `insn`.
    pub relocs: Vec<Reloc>,
    /// What depends on the kernel's types, sorted by `insn`.
    pub core: Vec<CoreReloc>,
    /// Which instruction came from which line, sorted by `insn`.
    pub lines: Vec<Line>,
    /// Its BTF `FUNC`; void where there is none.
    pub type_id: TypeId,
    /// What stands in the file where that is no code that a machine could run; `insns` is empty then, and whatever reaches the
    /// function cannot be loaded. The rest of the object can.
    pub undecoded: Option<Box<Undecoded>>,
}

impl Function {
    /// The line that an instruction came from: the last one that begins at or before it.
    pub fn line_at(&self, insn: u32) -> Option<&Line> {
        let behind = self.lines.partition_point(|line| line.insn <= insn);
        self.lines.get(behind.checked_sub(1)?)
    }
}

/// Bytes in the place of instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecoded {
    /// The bytes, as they stand in the file.
    pub bytes: Vec<u8>,
    /// What is wrong with them, and where.
    pub reason: String,
}

/// What a program is loaded as and where it wants to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The kernel's program type.
    pub kind: ProgramType,
    /// The attach type that loading wants to know.
    pub attach_type: Option<AttachType>,
    /// Where it is attached, as far as the object says.
    pub attach: Attach,
    /// `BPF_F_SLEEPABLE`.
    pub sleepable: bool,
    /// `BPF_F_XDP_HAS_FRAGS`.
    pub frags: bool,
    /// Whether it is loaded unless somebody asks for it (`?` before the section's name says no).
    pub autoload: bool,
}

/// A reference from an instruction to a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloc {
    /// The instruction, by its index in [`Function::insns`].
    pub insn: u32,
    /// What it refers to.
    pub symbol: Symbol,
}

/// What a reference reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// `ld_imm64` of a map.
    Map(MapKey),
    /// `ld_imm64` of an address in a data section.
    Data {
        /// The section.
        section: DataKey,
        /// Bytes from its start.
        offset: u32,
    },
    /// A call of a function, or `ld_imm64` of its address.
    Function(FunctionKey),
    /// A call of a kernel function, or `ld_imm64` of a kernel variable or of a configuration value.
    Extern(ExternKey),
    /// `ld_imm64` of a jump table.
    Table(TableKey),
}

/// A jump table (`.jumptables`): where a `gotox` of a function may lead. The kernel has it as a map of its own for each program
/// (`BPF_MAP_TYPE_INSN_ARRAY`, 6.19).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JumpTable {
    /// Its symbol, such as `BPF.JT.0.1`.
    pub name: String,
    /// Who may see the symbol.
    pub linkage: Linkage,
    /// The function that jumps by it, and into which all of it leads.
    pub function: FunctionKey,
    /// Instructions of that function, by their index in [`Function::insns`].
    pub targets: Vec<u32>,
}

/// One CO-RE relocation (`struct bpf_core_relo`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreReloc {
    /// The instruction, by its index in [`Function::insns`].
    pub insn: u32,
    /// The root type, in the object's BTF.
    pub type_id: TypeId,
    /// The path from it, such as `0:1:2`.
    pub access: String,
    /// What is asked about it (`enum bpf_core_relo_kind`).
    pub kind: u32,
}

/// Where instructions from here on came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The first instruction, by its index in [`Function::insns`].
    pub insn: u32,
    /// The file's name.
    pub file: String,
    /// The line's text.
    pub text: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1; at most 1023.
    pub column: u32,
}

/// How a map was declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MapDecl {
    /// As a BTF-described structure in `.maps`.
    #[default]
    Btf,
    /// As `struct bpf_map_def` in `maps`.
    Legacy,
}

/// Whether a map is pinned by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pinning {
    /// No (`LIBBPF_PIN_NONE`).
    #[default]
    None,
    /// Under its name, in the BPF file system (`LIBBPF_PIN_BY_NAME`).
    ByName,
    /// In a way that nobody knows, by its number: the map cannot be made.
    Unknown(u32),
}

/// One map.
#[derive(Clone, Debug)]
pub struct Map {
    /// Its symbol.
    pub name: String,
    /// How it was declared.
    pub decl: MapDecl,
    /// The kernel's map type.
    pub kind: MapType,
    /// Bytes in a key.
    pub key_size: u32,
    /// Bytes in a value.
    pub value_size: u32,
    /// How many entries at most; 0 for "as the kernel or the loader thinks fit" (per-CPU event arrays: one per CPU).
    pub max_entries: u32,
    /// `BPF_F_*` for `MAP_CREATE`.
    pub flags: u32,
    /// The NUMA node, with `BPF_F_NUMA_NODE`.
    pub numa_node: u32,
    /// `map_extra` of `MAP_CREATE`.
    pub extra: u64,
    /// Whether it is pinned.
    pub pinning: Pinning,
    /// The key's type; void where unknown.
    pub key_type: TypeId,
    /// The value's type; void where unknown.
    pub value_type: TypeId,
    /// What the maps in this map look like.
    pub inner: Option<Box<Map>>,
    /// What its slots hold from the start: maps of a map of maps, programs of a `PROG_ARRAY`.
    pub slots: Vec<MapSlot>,
}

/// One initial element of a map of maps or of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapSlot {
    /// The key.
    pub index: u32,
    /// A map or a function.
    pub symbol: Symbol,
}

/// What a data section is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// `.data*`: written by both sides.
    Data,
    /// `.rodata*`: frozen before programs are loaded, so that the verifier knows its values.
    ReadOnly,
    /// `.bss*`: as `.data`, all zero at first.
    Bss,
    /// `.kconfig`: filled from the kernel's configuration.
    Kconfig,
    /// `.struct_ops*`: structures of functions that the kernel calls, each a map of its own.
    StructOps,
    /// `.addr_space.1`: put into the object's arena, at its end.
    Arena,
}

/// One section of global data.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its name, such as `.rodata.str1.1`.
    pub name: String,
    /// What it is for.
    pub kind: DataKind,
    /// Its bytes; all zero for `.bss`.
    pub bytes: Vec<u8>,
    /// Its BTF `DATASEC`; void where there is none.
    pub type_id: TypeId,
    /// Its variables, by offset.
    pub variables: Vec<Variable>,
    /// Addresses in it that the linker fills in: offset and target.
    pub relocs: Vec<(u32, Symbol)>,
}

/// One variable of a data section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its symbol.
    pub name: String,
    /// Bytes from the section's start.
    pub offset: u32,
    /// In bytes.
    pub size: u32,
    /// Who may see it.
    pub linkage: Linkage,
}

/// A symbol that is to be found when the object is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extern {
    /// Its name: a kernel function or variable, `CONFIG_…`, or `LINUX_KERNEL_VERSION`.
    pub name: String,
    /// Its BTF type (`VAR` or `FUNC`); void where it has none.
    pub type_id: TypeId,
    /// Whether it may be missing (it is 0 then).
    pub weak: bool,
    /// The section that declares it: `.ksyms` or `.kconfig`; none for what another object has that is to be linked with this one.
    pub section: String,
}

/// A section that osmia only carries along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Its name.
    pub name: String,
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`.
    pub flags: u64,
    /// `sh_addralign`.
    pub align: u64,
    /// `sh_entsize`.
    pub entry_size: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_came_from_the_last_line_that_begins_at_or_before_it() {
        let line = |insn, line| Line { insn, line, ..Line::default() };
        let function = Function { lines: vec![line(1, 10), line(1, 11), line(4, 12)], ..Function::default() };
        let at = |insn| function.line_at(insn).map(|line| line.line);
        assert_eq!([0, 1, 3, 4, 9].map(at), [None, Some(11), Some(11), Some(12), Some(12)]);
        assert_eq!(Function::default().line_at(0), None);
    }
}
