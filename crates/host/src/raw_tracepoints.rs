//! Raw tracepoints, with the modules that have them.
use crate::kallsyms::Entry;
use crate::modules;
use osmia_btf::{Btf, KindTag, TypeId};
use std::fs;

/// All raw tracepoints, each with its module (empty for the kernel itself), sorted: as types have them, those of the kernel and of each
/// module; where some are missing, as the kernel's symbols do, which take much longer to read. `btf`: types of a kernel, and whether it
/// is the one that runs.
pub(crate) fn all(btf: Option<(&Btf, bool)>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        btf.into_iter().flat_map(|(btf, _)| typed(btf)).map(|name| (name, String::new())).collect();
    let modules = btf.filter(|(_, runs)| *runs).and_then(|(btf, _)| of_modules(btf));
    all.extend(modules.unwrap_or_else(of_symbols));
    all.sort_unstable();
    all.dedup();
    all
}

/// There is a type `btf_trace_NAME` for each (include/trace/bpf_probe.h).
fn typed(btf: &Btf) -> Vec<String> {
    let typedef = |id: &TypeId| btf.tag(*id) == Some(KindTag::Typedef);
    let name = |id| btf.name(id)?.strip_prefix("btf_trace_").map(str::to_owned);
    (btf.first_id().0..btf.len()).map(TypeId).filter(typedef).filter_map(name).collect()
}

/// Those of all modules; `None` where one of them has no types.
fn of_modules(kernel: &Btf) -> Option<Vec<(String, String)>> {
    let mut all = Vec::new();
    for module in modules::loaded() {
        let names = typed(&modules::types(&module, kernel)?);
        all.extend(names.into_iter().map(|name| (name, module.clone())));
    }
    Some(all)
}

fn of_symbols() -> Vec<(String, String)> {
    let symbols = fs::read_to_string("/proc/kallsyms").unwrap_or_default();
    symbols.lines().filter_map(symbol).collect()
}

/// Each has a function that walks through those who listen (since 5.10).
fn symbol(line: &str) -> Option<(String, String)> {
    // Most lines have nothing to do with it.
    if !line.contains("__traceiter_") {
        return None;
    }
    let entry = Entry::parse(line)?;
    let name = entry.name.strip_prefix("__traceiter_")?;
    Some((name.to_owned(), entry.module.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::btf::{KERNEL_BTF, kernel_btf};
    use std::path::Path;

    /// What types say is what symbols say, but for the few tracepoints that programs cannot be put at
    /// (`sched_set_state_tp`: declared where include/trace/bpf_probe.h is not read).
    #[test]
    fn both_ways_find_the_same() {
        let kernel = kernel_btf(Path::new(KERNEL_BTF)).unwrap();
        let found = all(Some((&kernel, true)));
        assert!(of_modules(&kernel).is_some() && found.len() > 100);
        let mut symbols = of_symbols();
        symbols.sort_unstable();
        let missing: Vec<_> = symbols.iter().filter(|it| !found.contains(it)).collect();
        assert!(missing.len() <= 3, "{missing:?}");
        let more: Vec<_> = found.iter().filter(|it| !symbols.contains(it)).collect();
        assert!(more.len() * 20 < found.len(), "{more:?}");
    }
}
