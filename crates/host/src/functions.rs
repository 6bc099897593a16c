//! Kernel functions that can be probed.
use crate::kallsyms::Entry;
use crate::pattern::matches;
use crate::tracefs;
use crate::wants::FunctionPattern;
use osmia_sys::Errno;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Why there is no list of functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionError {
    /// Neither tracefs nor `/proc/kallsyms` could be read.
    Unreadable,
    /// The file that was to list them could not be read.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        errno: Errno,
    },
}

impl std::fmt::Display for FunctionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable => f.write_str("the kernel's functions cannot be listed: neither available_filter_functions nor /proc/kallsyms can be read; run as root"),
            Self::File { path, errno } => write!(f, "Could not read functions from {}. {errno}", path.display()),
        }
    }
}

impl std::error::Error for FunctionError {}

/// All kernel functions that can be probed, each with the module it is in (empty for the kernel itself), sorted, each once.
///
/// The list is ftrace's own, or without that all text symbols; what the kernel keeps from kprobes is left out.
pub fn kernel_functions() -> Result<Vec<(String, String)>, FunctionError> {
    functions_of(ftrace_list().or_else(symbol_list).ok_or(FunctionError::Unreadable)?)
}

/// The same, of a file with a function in each line as ftrace writes it: `name` or `name [module]`.
pub fn listed_functions(file: &Path) -> Result<Vec<(String, String)>, FunctionError> {
    let lines = fs::read_to_string(file)
        .map_err(|error| FunctionError::File { path: file.to_owned(), errno: error.into() })?;
    functions_of(List { lines, read: ftrace_line })
}

fn functions_of(list: List) -> Result<Vec<(String, String)>, FunctionError> {
    let blocked = blocklist();
    let mut all: Vec<_> = list
        .lines
        .lines()
        .filter_map(list.read)
        .filter(|(name, _)| !blocked.contains(*name) && probable(name))
        .map(|(name, module)| (name.to_owned(), module.to_owned()))
        .collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// Those functions of `all` that a pattern describes.
pub fn matching_functions<'a>(
    all: &'a [(String, String)],
    wanted: &'a FunctionPattern,
) -> impl Iterator<Item = &'a (String, String)> {
    all.iter().filter(|(name, module)| {
        let module = if module.is_empty() { "vmlinux" } else { module };
        matches(&wanted.name, name) && wanted.module.as_deref().is_none_or(|pattern| matches(pattern, module))
    })
}

/// A text with a function in each line, and how to read a line: name and module.
struct List {
    lines: String,
    read: fn(&str) -> Option<(&str, &str)>,
}

fn ftrace_list() -> Option<List> {
    let lines = fs::read_to_string(tracefs::root().ok()?.join("available_filter_functions")).ok()?;
    Some(List { lines, read: ftrace_line })
}

/// Reads `name` or `name [module]`.
fn ftrace_line(line: &str) -> Option<(&str, &str)> {
    let mut parts = line.split_whitespace();
    Some((parts.next()?, parts.next().map_or("", |module| module.trim_matches(['[', ']']))))
}

fn symbol_list() -> Option<List> {
    Some(List { lines: fs::read_to_string("/proc/kallsyms").ok()?, read: symbol_line })
}

fn symbol_line(line: &str) -> Option<(&str, &str)> {
    let entry = Entry::parse(line)?;
    matches!(entry.kind, 't' | 'T' | 'w' | 'W').then_some((entry.name, entry.module))
}

/// What the kernel does not let anybody probe.
fn blocklist() -> HashSet<String> {
    let text = fs::read_to_string("/sys/kernel/debug/kprobes/blacklist").unwrap_or_default();
    text.lines().filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned).collect()
}

/// Whether a name is that of a function that stays: no marks of the linker, no code for booting.
fn probable(name: &str) -> bool {
    // Functions of RCU are called where programs run: probes there can stop the machine.
    const MARKS: [&str; 5] = ["__ftrace_invalid_address___", "__pfx_", "__cfi_", "__SCT__", "rcu_"];
    !MARKS.iter().any(|mark| name.starts_with(mark)) && name != "_text" && name != "_stext"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_lists() {
        assert_eq!(ftrace_line("vfs_read"), Some(("vfs_read", "")));
        assert_eq!(ftrace_line("e1000_open [e1000]"), Some(("e1000_open", "e1000")));
        assert_eq!(symbol_line("ffffffff81000000 t vfs_read"), Some(("vfs_read", "")));
        assert_eq!(symbol_line("ffffffff81000000 d data"), None);
    }

    #[test]
    fn patterns_name_functions_and_modules() {
        let all = [("open", ""), ("e1000_open", "e1000")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let count = |module: Option<&str>, name: &str| {
            let wanted =
                FunctionPattern { module: module.map(str::to_owned), name: name.to_owned(), types: false };
            matching_functions(&all, &wanted).count()
        };
        assert_eq!(count(None, "*open"), 2);
        assert_eq!(count(Some("vmlinux"), "*open"), 1);
        assert_eq!(count(Some("e1*"), "*"), 1);
        assert_eq!(count(None, "close"), 0);
    }

    #[test]
    fn this_kernel_has_functions() {
        let all = kernel_functions().unwrap();
        assert!(all.len() > 10_000, "{}", all.len());
        assert!(all.binary_search(&("ksys_read".to_owned(), String::new())).is_ok());
    }
}
