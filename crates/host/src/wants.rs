//! What somebody wants to know of this machine: of scripts and of objects alike, as plain data.
use osmia_abi::Feature;

/// Which parts of a [`Target`](osmia_object::Target) are wanted. Nothing is read that nobody names here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The kernel's types.
    pub kernel_btf: bool,
    /// Tracepoints, `(category, name)`, both perhaps patterns.
    pub tracepoints: Vec<(String, String)>,
    /// The names of all raw tracepoints.
    pub raw_tracepoints: bool,
    /// Kernel functions that can be probed.
    pub functions: Vec<FunctionPattern>,
    /// Functions of user files.
    pub binaries: Vec<BinaryWants>,
    /// Kernel symbols whose addresses are needed.
    pub ksyms: Vec<String>,
    /// `CONFIG_*` values that are needed.
    pub kconfig: Vec<String>,
    /// How many processors there can be.
    pub cpus: bool,
    /// What is asked of the kernel by trying.
    pub features: Vec<Feature>,
}

/// Kernel functions by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionPattern {
    /// The module, perhaps a pattern; `vmlinux` is the kernel itself; `None` for all.
    pub module: Option<String>,
    /// The function, perhaps a pattern.
    pub name: String,
}

/// Functions of one user file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinaryWants {
    /// The file as the script writes it: a path, the name of a command, or that of a library (`libc`).
    pub path: String,
    /// Functions, perhaps patterns; none asks for where the file is alone.
    pub symbols: Vec<String>,
}
