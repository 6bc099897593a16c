//! Kernel functions that can be probed.
use crate::kallsyms::Entry;
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
    Ok(List::of_kernel()?.functions(|_, _| true))
}

/// Those functions of this kernel that one of the patterns describes, in the same way.
pub fn matching_functions(wanted: &[FunctionPattern]) -> Result<Vec<(String, String)>, FunctionError> {
    Ok(List::of_kernel()?.functions(|name, module| wanted.iter().any(|it| it.covers(name, module))))
}

/// The same, of a file with a function in each line as ftrace writes it: `name` or `name [module]`.
pub fn listed_functions(
    file: &Path,
    wanted: &[FunctionPattern],
) -> Result<Vec<(String, String)>, FunctionError> {
    Ok(List::of_file(file)?.functions(|name, module| wanted.iter().any(|it| it.covers(name, module))))
}

/// A text with a function in each line, and how to read a line: name and module.
struct List {
    lines: String,
    read: fn(&str) -> Option<(&str, &str)>,
}

impl List {
    fn of_kernel() -> Result<Self, FunctionError> {
        ftrace_list().or_else(symbol_list).ok_or(FunctionError::Unreadable)
    }

    fn of_file(file: &Path) -> Result<Self, FunctionError> {
        let lines = fs::read_to_string(file)
            .map_err(|error| FunctionError::File { path: file.to_owned(), errno: error.into() })?;
        Ok(Self { lines, read: ftrace_line })
    }

    /// What can be probed of what is wanted. Few are, as a rule, of the kernel's fifty thousand: only these are copied.
    fn functions(&self, wanted: impl Fn(&str, &str) -> bool) -> Vec<(String, String)> {
        let blocked = fs::read_to_string(BLOCKED).unwrap_or_default();
        let blocked: HashSet<&str> = blocked.lines().filter_map(blocked_line).collect();
        let lines = self.lines.lines().filter_map(self.read);
        let mut found: Vec<_> = lines
            .filter(|(name, module)| wanted(name, module) && probable(name) && !blocked.contains(name))
            .map(|(name, module)| (name.to_owned(), module.to_owned()))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn ftrace_list() -> Option<List> {
    let lines = fs::read_to_string(tracefs::root().ok()?.join("available_filter_functions")).ok()?;
    Some(List { lines, read: ftrace_line })
}

/// Reads `name` or `name [module]`.
fn ftrace_line(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_ascii();
    let end = line.bytes().position(|byte| byte.is_ascii_whitespace()).unwrap_or(line.len());
    let (name, module) = line.split_at_checked(end)?;
    let brackets = |char: char| char.is_ascii_whitespace() || matches!(char, '[' | ']');
    (!name.is_empty()).then(|| (name, module.trim_matches(brackets)))
}

fn symbol_list() -> Option<List> {
    Some(List { lines: fs::read_to_string("/proc/kallsyms").ok()?, read: symbol_line })
}

fn symbol_line(line: &str) -> Option<(&str, &str)> {
    let entry = Entry::parse(line)?;
    matches!(entry.kind, 't' | 'T' | 'w' | 'W').then_some((entry.name, entry.module))
}

/// What the kernel does not let anybody probe: addresses, a tab, a name.
const BLOCKED: &str = "/sys/kernel/debug/kprobes/blacklist";

fn blocked_line(line: &str) -> Option<&str> {
    line.split_whitespace().nth(1)
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
        assert_eq!(ftrace_line("\te1000_open\t[e1000] "), Some(("e1000_open", "e1000")));
        assert_eq!(ftrace_line(" "), None);
        assert_eq!(symbol_line("ffffffff81000000 t vfs_read"), Some(("vfs_read", "")));
        assert_eq!(symbol_line("ffffffff81000000 d data"), None);
    }

    #[test]
    fn patterns_name_functions_and_modules() {
        let list = List { lines: "open\ne1000_open [e1000]\nopen\n".to_owned(), read: ftrace_line };
        let count = |module: Option<&str>, name: &str| {
            let wanted =
                FunctionPattern { module: module.map(str::to_owned), name: name.to_owned(), types: false };
            list.functions(|name, module| wanted.covers(name, module)).len()
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
        let wanted = FunctionPattern { name: "vfs_*".to_owned(), ..FunctionPattern::default() };
        let some = matching_functions(&[wanted]).unwrap();
        let fitting = all.into_iter().filter(|(name, _)| name.starts_with("vfs_"));
        assert!(some.len() > 10 && fitting.eq(some));
    }
}
