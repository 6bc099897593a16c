//! Control groups by their id, which is their directory's inode number.
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the hierarchy of version 2 is called, wherever it is mounted.
const UNIFIED: &str = "unified";

/// Paths of cgroups, walked when the first id is asked for, and again when one is unknown; what is known of groups that are gone
/// since stays.
#[derive(Debug, Default)]
pub struct Cgroups {
    /// For each id the hierarchies that have it, with the path there. Hierarchies of version 1 number theirs each for itself.
    paths: Paths,
}

type Paths = HashMap<u64, Vec<(String, String)>>;

impl Cgroups {
    /// The paths of a cgroup in the hierarchies whose names are like the pattern, each with its hierarchy and commas between
    /// them: `unified:/user.slice`, `cpu,cpuacct:/`. That of version 2 is the first, the others are in order of their names.
    pub fn path(&mut self, id: u64, hierarchies: &str) -> Option<String> {
        if !self.paths.contains_key(&id) {
            self.walk();
        }
        let paths =
            self.paths.get(&id)?.iter().filter(|(name, _)| crate::pattern::matches(hierarchies, name));
        Some(paths.map(|(name, path)| format!("{name}:{path}")).collect::<Vec<_>>().join(","))
    }

    fn walk(&mut self) {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let mut roots: Vec<_> = mounts.lines().filter_map(hierarchy).collect();
        roots.sort_by_key(|(name, _)| (name != UNIFIED, name.clone()));
        let mut found = Paths::new();
        for (name, root) in roots {
            add(&mut found, &name, &root, &root);
        }
        self.paths.extend(found);
    }
}

fn add(found: &mut Paths, hierarchy: &str, root: &Path, dir: &Path) {
    let Ok(facts) = fs::metadata(dir) else { return };
    let inside = dir.strip_prefix(root).unwrap_or(dir);
    let path = (hierarchy.to_owned(), format!("/{}", inside.display()));
    let known = found.entry(facts.ino()).or_default();
    if !known.contains(&path) {
        known.push(path);
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            add(found, hierarchy, root, &entry.path());
        }
    }
}

/// The hierarchy that a line of `mountinfo` mounts, and where.
fn hierarchy(line: &str) -> Option<(String, PathBuf)> {
    let (before, after) = line.split_once(" - ")?;
    let point = PathBuf::from(unescape(before.split(' ').nth(4)?));
    let mut facts = after.split(' ');
    match facts.next()? {
        "cgroup2" => Some((UNIFIED.to_owned(), point)),
        "cgroup" => Some((point.file_name()?.to_string_lossy().into_owned(), point)),
        _ => None,
    }
}

/// Blanks of a path are written as `\040` there.
fn unescape(path: &str) -> String {
    path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

/// The id of the cgroup of version 2 that this process is in; `None` where its directory cannot be seen from here.
pub fn own_cgroup() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let dir = mounts.lines().find_map(|line| directory(line, &groups))?;
    fs::metadata(dir).ok().map(|facts| facts.ino())
}

/// Where a line of `mountinfo` has the group of version 2 that a process is in, by its `/proc/PID/cgroup`.
fn directory(line: &str, groups: &str) -> Option<PathBuf> {
    let (before, _) = line.split_once(" - cgroup2 ")?;
    let mut facts = before.split(' ').skip(3);
    let (root, point) = (unescape(facts.next()?), unescape(facts.next()?));
    let group = Path::new(groups.lines().find_map(|line| line.strip_prefix("0::"))?);
    let inside = group.strip_prefix(root).ok()?;
    let above = inside.components().any(|part| part == std::path::Component::ParentDir);
    (!above).then(|| Path::new(&point).join(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_groups() {
        let groups = "4:memory:/other\n0::/user.slice/a b\n";
        let of = |root: &str| {
            let line = format!("30 23 0:26 {root} /sys/fs/cg rw,nosuid shared:9 - cgroup2 cgroup2 rw");
            directory(&line, groups)
        };
        assert_eq!(of("/"), Some("/sys/fs/cg/user.slice/a b".into()));
        assert_eq!(of("/user.slice"), Some("/sys/fs/cg/a b".into()), "a part of it is mounted");
        assert_eq!(of("/system.slice"), None);
        let line = "30 23 0:26 / /sys/fs/cg rw - cgroup2 cgroup2 rw";
        assert_eq!(directory(line, "0::/../..\n"), None, "it is outside of what this process sees");
        assert_eq!(directory("31 23 0:27 / /cpu rw - cgroup cgroup rw,cpu", groups), None);
    }

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
            let path = Cgroups::default().path(id, "*").unwrap();
            assert!(format!("{path},").contains(&format!("{name}:/,")), "{name}: {path}");
            assert_eq!(Cgroups::default().path(id, &name), Some(format!("{name}:/")));
        }
        assert_eq!(Cgroups::default().path(u64::MAX, "*"), None);
    }

    /// What is gone is known by what was seen before.
    #[test]
    fn groups_that_are_gone_keep_their_paths() {
        let gone = (u64::MAX, vec![("unified".to_owned(), "/gone".to_owned())]);
        let mut cgroups = Cgroups { paths: HashMap::from([gone]) };
        assert_eq!(cgroups.path(u64::MAX - 1, "*"), None);
        assert_eq!(cgroups.path(u64::MAX, "*").as_deref(), Some("unified:/gone"));
    }

    /// Roots of several hierarchies may have one number.
    #[test]
    fn one_id_in_several_hierarchies() {
        let of = |name: &str, path: &str| (name.to_owned(), path.to_owned());
        let paths = vec![of("unified", "/"), of("blkio", "/"), of("cpu", "/a")];
        let mut cgroups = Cgroups { paths: HashMap::from([(1, paths)]) };
        for (pattern, want) in [
            ("*", "unified:/,blkio:/,cpu:/a"),
            ("unified", "unified:/"),
            ("*u*", "unified:/,cpu:/a"),
            ("zz", ""),
        ] {
            assert_eq!(cgroups.path(1, pattern).as_deref(), Some(want), "{pattern}");
        }
    }
}
