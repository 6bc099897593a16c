//! Control groups by their id, which is their directory's inode number.
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Paths of cgroups, walked when the first id is asked for, and again when one is unknown.
#[derive(Debug, Default)]
pub struct Cgroups {
    paths: HashMap<u64, String>,
}

impl Cgroups {
    /// The path of a cgroup, with its hierarchy: `unified:/user.slice`, `cpu,cpuacct:/`.
    pub fn path(&mut self, id: u64) -> Option<&str> {
        if !self.paths.contains_key(&id) {
            self.walk();
        }
        self.paths.get(&id).map(String::as_str)
    }

    fn walk(&mut self) {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        for (name, root) in mounts.lines().filter_map(hierarchy) {
            self.add(&name, &root, &root);
        }
    }

    fn add(&mut self, hierarchy: &str, root: &Path, dir: &Path) {
        let Ok(facts) = fs::metadata(dir) else { return };
        let inside = dir.strip_prefix(root).unwrap_or(dir);
        self.paths.insert(facts.ino(), format!("{hierarchy}:/{}", inside.display()));
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.add(hierarchy, root, &entry.path());
            }
        }
    }
}

/// The hierarchy that a line of `mountinfo` mounts, and where.
fn hierarchy(line: &str) -> Option<(String, PathBuf)> {
    let (before, after) = line.split_once(" - ")?;
    let point = PathBuf::from(unescape(before.split(' ').nth(4)?));
    let mut facts = after.split(' ');
    match facts.next()? {
        "cgroup2" => Some(("unified".to_owned(), point)),
        "cgroup" => Some((point.file_name()?.to_string_lossy().into_owned(), point)),
        _ => None,
    }
}

/// Blanks of a path are written as `\040` there.
fn unescape(path: &str) -> String {
    path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_both_versions() {
        let v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw";
        assert_eq!(hierarchy(v2), Some(("unified".to_owned(), PathBuf::from("/sys/fs/cgroup"))));
        let v1 = "31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct";
        assert_eq!(hierarchy(v1).unwrap().0, "cpu,cpuacct");
        assert_eq!(hierarchy("1 2 0:1 / / rw - ext4 /dev/vda rw"), None);
    }

    #[test]
    fn the_root_of_each_hierarchy_is_found() {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        for (name, root) in mounts.lines().filter_map(hierarchy) {
            let id = fs::metadata(&root).unwrap().ino();
            let path = Cgroups::default().path(id).unwrap().to_owned();
            assert!(path.ends_with(":/"), "{name}: {path}");
        }
        assert_eq!(Cgroups::default().path(u64::MAX), None);
    }
}
