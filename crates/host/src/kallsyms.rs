//! Kernel symbols.
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::sync::Arc;

/// Where the kernel lists its symbols.
const PATH: &str = "/proc/kallsyms";

/// A kernel symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelSymbol {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: u64,
    /// The module it is in; empty for the kernel itself.
    pub module: String,
}

/// Text symbols of the kernel, sorted by address.
#[derive(Debug, Default)]
pub struct Kallsyms {
    text: Arc<str>,
    rows: Vec<Row>,
}

/// One symbol: its address, and where its name and module are in the text.
#[derive(Clone, Copy, Debug)]
struct Row {
    address: u64,
    name: (u32, u32),
    module: (u32, u32),
}

impl Kallsyms {
    /// The running kernel's symbols; `None` where it does not tell, or hides addresses (`kernel.kptr_restrict`).
    pub fn read() -> Option<Self> {
        let all = Self::parse(fs::read_to_string(PATH).ok()?);
        (!all.rows.is_empty()).then_some(all)
    }

    /// Reads the text of `/proc/kallsyms`.
    pub fn parse(text: String) -> Self {
        let text: Arc<str> = text.into();
        let mut rows: Vec<Row> = text.lines().filter_map(|line| row(&text, line)).collect();
        rows.sort_by_key(|row| row.address);
        Self { text, rows }
    }

    /// The symbol at or before an address.
    pub fn at(&self, address: u64) -> Option<KernelSymbol> {
        let after = self.rows.partition_point(|row| row.address <= address);
        let found = self.rows.get(after.checked_sub(1)?)?;
        // Of several names for one address the first is taken, as the kernel does.
        let first = self.rows.partition_point(|row| row.address < found.address);
        self.rows.get(first).map(|row| self.symbol(row))
    }

    /// How many symbols there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn symbol(&self, row: &Row) -> KernelSymbol {
        let cut = |(start, end): (u32, u32)| {
            self.text.get(start as usize..end as usize).unwrap_or_default().to_owned()
        };
        KernelSymbol { name: cut(row.name), address: row.address, module: cut(row.module) }
    }
}

fn row(text: &str, line: &str) -> Option<Row> {
    let entry = Entry::parse(line)?;
    let keep = entry.address != 0 && matches!(entry.kind, 't' | 'T' | 'w' | 'W');
    let place = |part: &str| {
        let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        Some((u32::try_from(start).ok()?, u32::try_from(start + part.len()).ok()?))
    };
    let module = if entry.module.is_empty() { (0, 0) } else { place(entry.module)? };
    keep.then_some(Row { address: entry.address, name: place(entry.name)?, module })
}

/// One line of `/proc/kallsyms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) address: u64,
    pub(crate) kind: char,
    pub(crate) name: &'a str,
    /// Empty for the kernel itself.
    pub(crate) module: &'a str,
}

impl<'a> Entry<'a> {
    /// Reads `ffffffff81000000 T _stext` or `… t name [module]` (with a tab).
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let mut parts = line.split_whitespace();
        let address = u64::from_str_radix(parts.next()?, 16).ok()?;
        let kind = parts.next()?.chars().next()?;
        let name = parts.next()?;
        let module = parts.next().map_or("", |module| module.trim_matches(['[', ']']));
        Some(Self { address, kind, name, module })
    }
}

/// The addresses of these symbols, as far as the kernel tells them: functions and variables.
pub fn addresses_of(names: &[String]) -> BTreeMap<String, u64> {
    ambiguous_addresses_of(names).0
}

/// The same; and those names that several
/// symbols at different addresses have, of which the first stands among the addresses. What compilers add to a name that
/// they made unique (`.llvm.123`) is no part of it.
pub(crate) fn ambiguous_addresses_of(names: &[String]) -> (BTreeMap<String, u64>, BTreeSet<String>) {
    addresses_in(&fs::read_to_string(PATH).unwrap_or_default(), names)
}

/// A symbol may stand at address 0 (`__per_cpu_start`); a list in which all do hides its addresses (`kptr_restrict`).
fn addresses_in(text: &str, names: &[String]) -> (BTreeMap<String, u64>, BTreeSet<String>) {
    let names: HashSet<&str> = names.iter().map(String::as_str).collect();
    let (mut found, mut ambiguous) = (BTreeMap::new(), BTreeSet::new());
    if text.lines().filter_map(Entry::parse).all(|entry| entry.address == 0) {
        return (found, ambiguous);
    }
    for entry in text.lines().filter_map(Entry::parse) {
        let plain = entry.name.split_once(".llvm.").map_or(entry.name, |(plain, _)| plain);
        let Some(name) = [entry.name, plain].into_iter().find(|name| names.contains(name)) else { continue };
        if *found.entry(name.to_owned()).or_insert(entry.address) != entry.address {
            ambiguous.insert(name.to_owned());
        }
    }
    (found, ambiguous)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0000000000000000 A zero\n\
        ffffffff81000000 T _text\n\
        ffffffff81000000 T _stext\n\
        ffffffff81000100 t helper\n\
        ffffffff81000200 D data\n\
        ffffffffc0000000 t inner\t[mod]\n\
        broken\n";

    #[test]
    fn symbols_cover_what_follows_them() {
        let all = Kallsyms::parse(TEXT.to_owned());
        let name = |address| all.at(address).map(|symbol| symbol.name);
        assert_eq!(all.len(), 4);
        assert_eq!(name(0xffff_ffff_8100_0000).as_deref(), Some("_text"));
        assert_eq!(name(0xffff_ffff_8100_0101).as_deref(), Some("helper"));
        assert_eq!(name(0xffff_ffff_8100_0300).as_deref(), Some("helper"));
        assert_eq!(name(1), None);
        assert_eq!(all.at(0xffff_ffff_c000_0001).unwrap().module, "mod");
    }

    #[test]
    fn addresses_may_be_zero_or_hidden() {
        let names = ["zero", "helper", "absent"].map(str::to_owned);
        let (found, ambiguous) = addresses_in(TEXT, &names);
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("helper".to_owned(), 0xffff_ffff_8100_0100), ("zero".to_owned(), 0)]
        );
        assert!(ambiguous.is_empty());
        let hidden = "0000000000000000 T _text\n0000000000000000 t helper\n";
        assert!(addresses_in(hidden, &names).0.is_empty());
    }

    #[test]
    fn this_kernel_tells_its_symbols() {
        let all = Kallsyms::read().expect("we are root");
        let name = "ksys_read".to_owned();
        let (found, ambiguous) = ambiguous_addresses_of(std::slice::from_ref(&name));
        assert!(ambiguous.is_empty());
        let address = found[&name];
        assert_eq!(all.at(address + 1).unwrap().name, name);
    }
}
