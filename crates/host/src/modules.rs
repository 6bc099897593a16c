//! Kernel modules, and their types.
use crate::wants::FunctionPattern;
use osmia_btf::Btf;
use osmia_object::ModuleTypes;
use std::fs;
use std::path::Path;

/// The modules that are loaded, sorted.
pub fn loaded() -> Vec<String> {
    let text = fs::read_to_string("/proc/modules").unwrap_or_default();
    let mut names: Vec<String> =
        text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    names.sort();
    names
}

/// The modules of functions whose types are wanted.
pub(crate) fn typed<'a>(wanted: &[FunctionPattern], found: &'a [(String, String)]) -> Vec<&'a str> {
    let typed: Vec<&FunctionPattern> = wanted.iter().filter(|wanted| wanted.types).collect();
    let fits = |(name, module): &&(String, String)| {
        !module.is_empty() && typed.iter().any(|wanted| wanted.covers(name, module))
    };
    let mut modules: Vec<&str> = found.iter().filter(fits).map(|(_, module)| module.as_str()).collect();
    modules.sort_unstable();
    modules.dedup();
    modules
}

/// The kernel's types with those of modules behind them. A module whose types cannot be read is left out: its functions
/// are then as unknown as those of a kernel without types.
pub(crate) fn with_types(kernel: Btf, modules: &[&str]) -> (Btf, Vec<ModuleTypes>) {
    with_types_where(kernel, modules, |_, _| true)
}

/// All modules that have types, sorted.
pub(crate) fn all_typed() -> Vec<String> {
    let entries = fs::read_dir(TYPES).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != "vmlinux")
        .collect();
    names.sort();
    names
}

/// Where the kernel and its modules have their types.
const TYPES: &str = "/sys/kernel/btf";

/// A module's types, which go on from the kernel's.
pub(crate) fn types(module: &str, kernel: &Btf) -> Option<Btf> {
    let bytes = fs::read(Path::new(TYPES).join(module)).ok()?;
    Btf::parse_split(bytes, kernel).ok()
}

/// Like [`with_types`], of modules that are wanted, by their names and their types.
pub(crate) fn with_types_where(
    kernel: Btf,
    modules: &[impl AsRef<str>],
    wanted: impl Fn(&str, &Btf) -> bool,
) -> (Btf, Vec<ModuleTypes>) {
    let (mut all, mut places) = (kernel.clone(), Vec::new());
    for module in modules.iter().map(AsRef::as_ref) {
        let own = types(module, &kernel).filter(|own| wanted(module, own));
        let Some((own, stacked)) =
            own.and_then(|own| Some((own.clone(), Btf::stack(&all, &kernel, &own).ok()?)))
        else {
            continue;
        };
        let own_first = own.first_id().0;
        places.push(ModuleTypes {
            module: module.to_owned(),
            first: stacked.first_id().0,
            count: own.len() - own_first,
            own_first,
        });
        all = stacked;
    }
    (all, places)
}
