//! What numbers in instructions are called, as far as somebody knows.
use std::collections::BTreeMap;

/// Tables of names that disassembly shows. The default knows none, and every number then stands for itself.
#[derive(Clone, Debug)]
pub struct Names {
    /// Helpers by number, without their prefix: `map_lookup_elem`.
    pub helper: fn(u32) -> Option<&'static str>,
    /// Other kernel functions by what `call` has in `imm`: a kfunc's BTF id, or, in a loaded program, the distance of
    /// the function from `__bpf_call_base`.
    pub kernel: BTreeMap<i32, String>,
    /// Functions of the program, by index (the kernel's dump of a loaded program).
    pub subprograms: BTreeMap<u32, String>,
    /// Labels by slot (LLVM's syntax): functions, and the section itself at 0.
    pub labels: BTreeMap<u32, String>,
    /// Maps by their index in the program's table.
    pub maps: BTreeMap<u32, String>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            helper: |_| None,
            kernel: BTreeMap::new(),
            subprograms: BTreeMap::new(),
            labels: BTreeMap::new(),
            maps: BTreeMap::new(),
        }
    }
}

impl Names {
    /// The names of the helpers that this program knows.
    pub fn of_helpers() -> Self {
        Self { helper: |id| osmia_abi::helper(id).map(|helper| helper.name), ..Self::default() }
    }
}
