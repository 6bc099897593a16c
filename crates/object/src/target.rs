//! The machine as a plain value: all that compiling and linking may know of it. Tests make one by hand; only `host`
//! reads a real one, and only those parts that somebody wants.
use crate::UserFile;
use osmia_abi::{Features, ProgramType};
use osmia_btf::{Btf, Kind, KindTag, TypeId};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Kernel symbols by name: addresses of functions and variables; the first where several have the name.
    pub ksyms: BTreeMap<String, u64>,
    /// Those of `ksyms` that there are several of, at different addresses.
    pub ambiguous_ksyms: BTreeSet<String>,
    /// Kernel functions that programs may call, as far as was asked, with the kinds of programs that may.
    pub kfuncs: BTreeMap<String, Vec<ProgramType>>,
    /// `CONFIG_*` values as the kernel's configuration file writes them.
    pub kconfig: BTreeMap<String, String>,
    /// Tracepoints by `(category, name)`.
    pub tracepoints: BTreeMap<(String, String), TraceEvent>,
    /// Raw tracepoints, with the module they are in (empty for the kernel itself); `None` where nobody asked.
    pub raw_tracepoints: Option<Vec<(String, String)>>,
    /// Kernel functions that can be probed, with the module they are in (empty for the kernel itself); `None` where
    /// nobody asked.
    pub functions: Option<Vec<(String, String)>>,
    /// Kernel modules that are loaded; `None` where nobody asked.
    pub modules: Option<Vec<String>>,
    /// Modules whose types stand in `btf` behind the kernel's own, each with the id of its first.
    pub module_types: Vec<ModuleTypes>,
    /// BPF programs that are loaded, with their ids; `None` where nobody asked.
    pub bpf_programs: Option<Vec<(u32, String)>>,
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

    /// The type of a kernel function: of that module, or of the kernel itself (`vmlinux`), where one is named.
    pub fn function(&self, module: Option<&str>, name: &str) -> Option<TypeId> {
        let btf = self.btf.as_ref()?;
        let Some(module) = module else { return btf.find_func(name) };
        if module == "vmlinux" && self.module_types.is_empty() {
            return btf.find_func(name);
        }
        let functions = btf.find(name).filter(|id| btf.tag(*id) == Some(KindTag::Func));
        functions.into_iter().find(|id| self.module_of(*id).map_or("vmlinux", |own| &own.module) == module)
    }

    /// The prototype of a kernel function.
    pub fn prototype(&self, module: Option<&str>, name: &str) -> Option<TypeId> {
        match self.btf.as_ref()?.get(self.function(module, name)?).ok()?.kind {
            Kind::Func { proto, .. } => Some(proto),
            _ => None,
        }
    }

    /// The id of a type of [`Target::btf`] in its owner's own numbering.
    pub fn own_id(&self, id: TypeId) -> TypeId {
        match self.module_of(id) {
            Some(of) => TypeId((id.0 - of.first).saturating_add(of.own_first)),
            None => id,
        }
    }

    /// The module that a type of [`Target::btf`] is of; `None` for the kernel itself.
    pub fn module_of(&self, id: TypeId) -> Option<&ModuleTypes> {
        self.module_types.iter().find(|own| (own.first..own.first.saturating_add(own.count)).contains(&id.0))
    }
}

/// Where the types of a module stand among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleTypes {
    /// The module.
    pub module: String,
    /// The id of its first type in [`Target::btf`].
    pub first: u32,
    /// How many types it has.
    pub count: u32,
    /// The id of its first type in its own numbering, which goes on from the kernel's.
    pub own_first: u32,
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
