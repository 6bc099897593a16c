//! Raw tracepoints, with the modules that have them.
use crate::kallsyms::Entry;
use osmia_btf::{Btf, KindTag};
use std::fs;

/// All raw tracepoints, each with its module (empty for the kernel itself), sorted: as the kernel's types have them where
/// these are at hand, and as its symbols do, which tell of modules too.
pub(crate) fn all(btf: Option<&Btf>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        btf.into_iter().flat_map(typed).map(|name| (name, String::new())).collect();
    let symbols = fs::read_to_string("/proc/kallsyms").unwrap_or_default();
    all.extend(symbols.lines().filter_map(symbol));
    all.sort_unstable();
    all.dedup();
    all
}

/// The kernel has a type `btf_trace_NAME` for each.
fn typed(btf: &Btf) -> Vec<String> {
    let typedef = |id: &osmia_btf::TypeId| btf.tag(*id) == Some(KindTag::Typedef);
    let name = |id| btf.name(id)?.strip_prefix("btf_trace_").map(str::to_owned);
    btf.ids().filter(typedef).filter_map(name).collect()
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
