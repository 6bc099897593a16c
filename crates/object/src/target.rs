//! The machine as a plain value: all that compiling and linking may know of it. Tests make one by hand; only `host`
//! reads a real one, and only those parts that somebody wants.
use crate::UserFile;
use osmia_abi::Features;
use osmia_btf::Btf;
use std::collections::BTreeMap;

/// The machine that code is made for. Parts that nobody asked for are empty.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The kernel's types.
    pub btf: Option<Btf>,
    /// The kernel's version, as `LINUX_VERSION_CODE` packs it.
    pub version: u32,
    /// What the kernel can do.
    pub features: Features,
    /// How many processors there can be.
    pub cpus: u32,
    /// Kernel symbols by name: addresses of functions and variables.
    pub ksyms: BTreeMap<String, u64>,
    /// `CONFIG_*` values as the kernel's configuration file writes them.
    pub kconfig: BTreeMap<String, String>,
    /// Tracepoints by `(category, name)`.
    pub tracepoints: BTreeMap<(String, String), TraceEvent>,
    /// Names of raw tracepoints.
    pub raw_tracepoints: Vec<String>,
    /// Kernel functions that can be probed, with the module they are in (empty for the kernel itself).
    pub functions: Vec<(String, String)>,
    /// User files by the name that the script writes: several where that is a pattern. The empty name is the program of
    /// the process that `-p` names.
    pub binaries: BTreeMap<String, Vec<UserFile>>,
    /// What the debug information of user files says, by the paths that [`UserFile::path`] has.
    pub debug: BTreeMap<String, DebugFacts>,
}

/// What a user file's debug information says of what was asked.
#[derive(Clone, Debug, Default)]
pub struct DebugFacts {
    /// The functions that were asked for, with prototypes; the types that were named; and all that these are made of.
    pub types: Option<Btf>,
    /// The virtual addresses of lines of its source, or why one has none.
    pub lines: BTreeMap<SourcePlace, Result<u64, String>>,
    /// Why there is no debug information; `None` where there is.
    pub missing: Option<String>,
    /// Whether the file's symbols are in another file, which only who asked for them knows of.
    pub symbols_elsewhere: bool,
}

/// A place in the source of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePlace {
    /// The file, or the last parts of its path.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, where only that will do.
    pub column: Option<u32>,
}

impl Target {
    /// The user file of that path.
    pub fn user_file(&self, path: &str) -> Option<&UserFile> {
        self.binaries.values().flatten().find(|file| file.path == path)
    }
}

/// One tracepoint, as tracefs' `format` file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceEvent {
    /// `ID`.
    pub id: u32,
    /// Its fields, the common ones too, in order.
    pub fields: Vec<TraceField>,
}

/// One field of a tracepoint's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceField {
    /// Its name.
    pub name: String,
    /// Its type as the format file writes it: `const char *`, `__data_loc char[]`, `unsigned long`.
    pub kind: String,
    /// Number of elements where the declaration has brackets (`char comm[16]`: 16).
    pub array: Option<u32>,
    /// In bytes from the record's start.
    pub offset: u32,
    /// In bytes.
    pub size: u32,
    /// Whether it is signed.
    pub signed: bool,
}
