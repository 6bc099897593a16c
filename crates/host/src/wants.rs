//! What somebody wants to know of this machine: of scripts and of objects alike, as plain data.
use crate::files::Search;
use crate::pattern::{is_pattern, matches};
use osmia_abi::Feature;
use osmia_btf::KindTag;
use osmia_object::Wants as ObjectWants;
use std::collections::BTreeSet;

/// Which parts of a [`Target`](osmia_object::Target) are wanted. Nothing is read that nobody names here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The kernel's types.
    pub kernel_btf: bool,
    /// Types by name (without flavour) and kind: where the kernel itself lacks one, all modules that have it are read.
    pub types: BTreeSet<(String, KindTag)>,
    /// Modules whose types are needed.
    pub typed_modules: BTreeSet<String>,
    /// Tracepoints, `(category, name)`, both perhaps patterns.
    pub tracepoints: Vec<(String, String)>,
    /// Fields of theirs, perhaps patterns: if one is an enumeration, the kernel's types are read for the names of its values.
    pub fields: Vec<String>,
    /// The names of all raw tracepoints.
    pub raw_tracepoints: bool,
    /// Kernel functions that can be probed.
    pub functions: Vec<FunctionPattern>,
    /// Kernel modules that are loaded.
    pub modules: bool,
    /// BPF programs that are loaded.
    pub bpf_programs: bool,
    /// Functions, variables and probes of user files.
    pub binaries: Vec<BinaryWants>,
    /// What the debug information of user files is asked.
    pub debug: Vec<DebugWants>,
    /// Where user files are looked for.
    pub search: Search,
    /// Kernel symbols whose addresses are needed.
    pub ksyms: Vec<String>,
    /// Kernel functions of which is to be known which programs may call them.
    pub kfuncs: Vec<String>,
    /// `CONFIG_*` values that are needed.
    pub kconfig: Vec<String>,
    /// How many processors there can be.
    pub cpus: bool,
    /// What is asked of the kernel by trying.
    pub features: Vec<Feature>,
}

impl From<ObjectWants> for Wants {
    fn from(wants: ObjectWants) -> Self {
        Self {
            kernel_btf: wants.kernel_btf,
            types: wants.types,
            typed_modules: wants.modules,
            ksyms: wants.ksyms,
            kconfig: wants.kconfig,
            cpus: wants.cpus,
            features: wants.features,
            ..Self::default()
        }
    }
}

/// Kernel functions by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionPattern {
    /// The module, perhaps a pattern; `vmlinux` is the kernel itself; `None` for all.
    pub module: Option<String>,
    /// The function, perhaps a pattern.
    pub name: String,
    /// Whether its types are wanted, which modules have files of their own for.
    pub types: bool,
}

impl FunctionPattern {
    /// Whether it describes a function of a module (empty for the kernel itself).
    pub fn covers(&self, name: &str, module: &str) -> bool {
        let module = if module.is_empty() { "vmlinux" } else { module };
        matches(&self.name, name) && self.module.as_deref().is_none_or(|pattern| matches(pattern, module))
    }

    /// Whether it names one function of the kernel itself, which the kernel's types may have.
    pub(crate) fn is_plain(&self) -> bool {
        !is_pattern(&self.name) && self.module.as_deref().is_none_or(|module| module == "vmlinux")
    }
}

/// What is wanted of the user files that one name in a script means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinaryWants {
    /// The name as the script writes it: a path, the name of a command, or that of a library (`libc`); or a pattern of
    /// paths, or `*` for all files that run; or nothing for the program of the process.
    pub path: String,
    /// Functions, perhaps patterns; none asks for where the file is alone.
    pub symbols: Vec<String>,
    /// Functions by patterns of their names as C++ and Rust have them.
    pub demangled: Vec<String>,
    /// Variables.
    pub variables: Vec<String>,
    /// The probes that its author put in.
    pub probes: bool,
    /// What is at virtual addresses.
    pub addresses: Vec<u64>,
    /// What is so many bytes behind functions' starts.
    pub offsets: Vec<(String, u64)>,
}

/// What the debug information of one user file is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DebugWants {
    /// The file as the script writes it, perhaps a pattern; it is among [`Wants::binaries`] too.
    pub path: String,
    /// Functions whose parameters are needed, perhaps patterns.
    pub functions: Vec<String>,
    /// Types: `struct NAME`, `union NAME`, `enum NAME`, or the name of a type definition.
    pub types: Vec<String>,
    /// Lines of its source whose addresses are needed.
    pub lines: Vec<osmia_object::SourcePlace>,
}
