//! Which user files a script means: a path, a pattern of paths, a command, a library, what a process has mapped.
use crate::archive;
use crate::libraries::{find_library, is_called, is_ours};
use crate::pattern::{is_pattern, matches};
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// Where user files are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// In the root of this process; a name that says nothing means its program, and `*` all that it has mapped.
    pub pid: Option<u32>,
    /// The program that a name means that says nothing, where no process is named: that of a command which is to run.
    pub program: Option<PathBuf>,
    /// Files that are no ELF files are meant too.
    pub any_kind: bool,
}

/// The file that a script means: a path; or a command's name, as the shell finds it; or a library's (`libc`), as the
/// dynamic linker does. `None` where there is none.
pub fn find_binary(name: &str) -> Option<PathBuf> {
    find_files(name, &Search::default()).into_iter().next()
}

/// The files that `name` means, each once: several for a pattern, and none where there are none.
///
/// Paths stay as they were written, also relative ones, as they are part of probes' names.
pub fn find_files(name: &str, search: &Search) -> Vec<PathBuf> {
    match (name, search.pid) {
        ("", Some(pid)) => program_of(pid).into_iter().collect(),
        ("", None) => search.program.iter().cloned().collect(),
        ("*", Some(pid)) => mapped(pid, &mut HashSet::new()),
        ("*", None) => mapped_by_all(),
        _ if is_glob(name) => by_pattern(name, search),
        _ => one(name, search).into_iter().collect(),
    }
}

/// Whether the name of a file is a pattern; brackets alone are names of files, too.
fn is_glob(name: &str) -> bool {
    is_pattern(name) && !Path::new(name).exists()
}

fn one(name: &str, search: &Search) -> Option<PathBuf> {
    let root = search.pid.and_then(other_root);
    if name.contains('/') {
        let path = in_root(root.as_deref(), Path::new(name));
        return (path.exists() || archive::split(&path).is_some()).then_some(path);
    }
    let library = || in_process(name, search.pid).or_else(|| find_library(name));
    let command = || find_command(name, root.as_deref());
    let found = if name.starts_with("lib") { library().or_else(command) } else { command().or_else(library) };
    found.or_else(|| Some(PathBuf::from(name)).filter(|path| path.is_file()))
}

/// The library of that name that a process has mapped.
fn in_process(name: &str, pid: Option<u32>) -> Option<PathBuf> {
    let files = mapped(pid?, &mut HashSet::new());
    files.into_iter().find(|path| {
        path.file_name().and_then(|file| file.to_str()).is_some_and(|file| is_called(file, name))
    })
}

fn find_command(name: &str, root: Option<&Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let runs = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&path).map(|dir| in_root(root, &dir.join(name))).find(runs)
}

/// The root of a process that has other file systems than this one.
fn other_root(pid: u32) -> Option<PathBuf> {
    let namespace = |who: &str| fs::read_link(format!("/proc/{who}/ns/mnt")).ok();
    let theirs = namespace(&pid.to_string())?;
    (Some(theirs) != namespace("self")).then(|| PathBuf::from(format!("/proc/{pid}/root")))
}

/// A path as seen from a root. One that begins with it already stays as it is.
fn in_root(root: Option<&Path>, path: &Path) -> PathBuf {
    match root {
        Some(root) if !path.starts_with(root) => {
            let parts = path.components().filter(|part| !matches!(part, Component::RootDir));
            root.join(parts.collect::<PathBuf>())
        }
        _ => path.to_owned(),
    }
}

/// The program that a process runs; by its link where the file was removed.
fn program_of(pid: u32) -> Option<PathBuf> {
    let link = PathBuf::from(format!("/proc/{pid}/exe"));
    let path = in_root(other_root(pid).as_deref(), &fs::read_link(&link).ok()?);
    Some(if path.exists() { path } else { link })
}

/// Files that a process has mapped to run them, each once, unless they are in `seen`.
fn mapped(pid: u32, seen: &mut HashSet<(String, String)>) -> Vec<PathBuf> {
    let root = other_root(pid);
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let mut paths = Vec::new();
    for line in maps.lines() {
        let Some((device, inode, path)) = mapping(line) else { continue };
        if seen.insert((device.to_owned(), inode.to_owned())) {
            paths.push(in_root(root.as_deref(), Path::new(path)));
        }
    }
    paths.sort();
    paths
}

/// Device, inode and path of a line of `/proc/PID/maps` that is code of a file: `address permissions offset device inode path`.
fn mapping(line: &str) -> Option<(&str, &str, &str)> {
    let mut rest = line;
    let mut word = || {
        let (word, after) = rest.split_once(' ')?;
        rest = after.trim_start();
        Some(word)
    };
    let [_, permissions, _, device, inode] = [word()?, word()?, word()?, word()?, word()?];
    let fits = permissions.contains('x') && rest.starts_with('/') && !rest.ends_with(" (deleted)");
    fits.then_some((device, inode, rest))
}

fn mapped_by_all() -> Vec<PathBuf> {
    let mut pids: Vec<u32> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    let mut seen = HashSet::new();
    let mut paths: Vec<PathBuf> = pids.into_iter().flat_map(|pid| mapped(pid, &mut seen)).collect();
    paths.sort();
    paths
}

/// ELF files by a pattern of paths; one without `/` is also looked for where commands are.
fn by_pattern(pattern: &str, search: &Search) -> Vec<PathBuf> {
    let root = search.pid.and_then(other_root);
    let mut patterns = vec![in_root(root.as_deref(), Path::new(pattern))];
    if !pattern.contains('/') {
        let path = std::env::var_os("PATH").unwrap_or_default();
        patterns.extend(std::env::split_paths(&path).map(|dir| in_root(root.as_deref(), &dir.join(pattern))));
    }
    let mut seen = HashSet::new();
    let found = patterns.iter().flat_map(|pattern| expand(pattern));
    found.filter(|path| can_be_mapped(path) && seen.insert(path.clone())).collect()
}

/// The paths that a pattern describes, sorted, part by part.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::new()];
    for part in pattern.components() {
        let text = part.as_os_str().to_string_lossy();
        paths = match part {
            Component::Normal(_) if is_pattern(&text) => {
                paths.iter().flat_map(|dir| entries(dir, &text)).collect()
            }
            part => paths.into_iter().map(|dir| dir.join(part)).filter(|path| path.exists()).collect(),
        };
    }
    paths
}

fn entries(dir: &Path, pattern: &str) -> Vec<PathBuf> {
    let place = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let names = fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let fits = |name: &std::ffi::OsString| {
        let name = name.to_string_lossy();
        matches(pattern, &name) && (pattern.starts_with('.') || !name.starts_with('.'))
    };
    let mut paths: Vec<PathBuf> = names.filter(fits).map(|name| dir.join(name)).collect();
    paths.sort();
    paths
}

/// Whether a file is a library, or a program that may be run, of this machine's kind.
fn can_be_mapped(path: &Path) -> bool {
    const PROGRAM: u16 = 2;
    const SHARED: u16 = 3;
    if !path.is_file() || !is_ours(path) {
        return false;
    }
    match crate::libraries::file_type(path) {
        Some(SHARED) => true,
        Some(PROGRAM) => fs::metadata(path).is_ok_and(|facts| facts.permissions().mode() & 0o111 != 0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_other_roots() {
        let root = Path::new("/proc/7/root");
        for (path, want) in [
            ("/bin/sh", "/proc/7/root/bin/sh"),
            ("bin/sh", "/proc/7/root/bin/sh"),
            ("/proc/7/root/bin/sh", "/proc/7/root/bin/sh"),
        ] {
            assert_eq!(in_root(Some(root), Path::new(path)), Path::new(want));
        }
        assert_eq!(in_root(None, Path::new("./x")), Path::new("./x"));
    }

    #[test]
    fn mappings_that_are_code() {
        let line = "7f00-7f10 r-xp 00026000 08:01 1234                       /usr/lib/a b.so";
        assert_eq!(mapping(line), Some(("08:01", "1234", "/usr/lib/a b.so")));
        for line in [
            "7f00-7f10 r--p 00026000 08:01 1234   /usr/lib/a.so",
            "7f00-7f10 r-xp 00000000 00:00 0   [vdso]",
            "7f00-7f10 r-xp 00000000 00:00 0",
            "7f00-7f10 r-xp 00026000 08:01 1234   /tmp/x (deleted)",
            "",
        ] {
            assert_eq!(mapping(line), None, "{line}");
        }
    }

    #[test]
    fn this_process_and_its_files() {
        let search = Search { pid: Some(std::process::id()), ..Search::default() };
        let own = std::env::current_exe().unwrap();
        assert_eq!(find_files("", &search), std::slice::from_ref(&own));
        assert!(find_files("*", &search).contains(&own));
        assert!(find_files("*", &Search::default()).contains(&own));
        assert_eq!(find_files("", &Search::default()), Vec::<PathBuf>::new());
        let found = find_files("/usr/bin/[ab]a*sh", &Search::default());
        assert!(found.contains(&PathBuf::from("/usr/bin/bash")), "{found:?}");
        assert!(!find_files("/etc/pass*", &Search::default()).contains(&PathBuf::from("/etc/passwd")));
    }
}
