//! The kernel's symbols by their exact addresses.
use std::cmp::Ordering;
use std::fs;

/// The symbol that calls in loaded programs are counted from.
const CALL_BASE: &str = "__bpf_call_base";

/// All symbols of the kernel, as far as it tells their addresses.
#[derive(Debug, Default)]
pub(super) struct Symbols<'a> {
    /// The address of `__bpf_call_base`; 0 if it is hidden.
    pub(super) call_base: u64,
    by_address: Vec<(u64, &'a str, Option<&'a str>)>,
}

/// The text in which the running kernel lists its symbols.
pub(super) fn read() -> String {
    fs::read_to_string("/proc/kallsyms").unwrap_or_default()
}

impl<'a> Symbols<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let mut by_address: Vec<(u64, &str, Option<&str>)> = text.lines().filter_map(line).collect();
        let base = by_address.iter().find(|(_, name, _)| *name == CALL_BASE);
        let Some(&(call_base, ..)) = base else { return Self::default() };
        by_address.sort_by_key(|(address, ..)| *address);
        Self { call_base, by_address }
    }

    /// The symbol at an address. Of several the one that bpftool's search meets first.
    pub(super) fn at(&self, address: u64) -> Option<&'a str> {
        self.exactly(address).map(|(name, _)| name)
    }

    /// The same with the module it is in.
    pub(super) fn exactly(&self, address: u64) -> Option<(&'a str, Option<&'a str>)> {
        let (mut low, mut high) = (0, self.by_address.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let (found, name, module) = *self.by_address.get(middle)?;
            match address.cmp(&found) {
                Ordering::Less => high = middle,
                Ordering::Equal => return Some((name, module)),
                Ordering::Greater => low = middle + 1,
            }
        }
        None
    }
}

/// Address, name and module of a line; `None` where the address is hidden.
fn line(line: &str) -> Option<(u64, &str, Option<&str>)> {
    let mut words = line.split_ascii_whitespace();
    let address = u64::from_str_radix(words.next()?, 16).ok().filter(|address| *address != 0)?;
    let name = words.nth(1)?;
    Some((address, name, words.next().map(|module| module.trim_matches(['[', ']']))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_addresses_count() {
        let text = "ffff0010 T b\nffff0000 T __bpf_call_base\nffff0020 t c\t[mod]\n0000 A hidden\n";
        let symbols = Symbols::parse(text);
        assert_eq!(symbols.call_base, 0xffff_0000);
        assert_eq!(symbols.at(0xffff_0020), Some("c"));
        assert_eq!(symbols.at(0xffff_0018), None);
        assert!(Symbols::parse("0000000000000000 T __bpf_call_base\n").at(0).is_none());
    }
}
