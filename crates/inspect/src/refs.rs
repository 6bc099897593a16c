//! Where things are pinned, and which processes hold them.
use osmia_sys::bpf::{ObjectKind, Pinned, link_info, map_info, prog_info};

use std::collections::HashMap;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// A process with a descriptor of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Its name.
    pub comm: String,
}

/// What is known of one thing besides what the kernel tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Where it is pinned; `None` where nobody asked, or nothing of its kind is.
    pub pins: Option<Vec<String>>,
    /// The processes that hold it.
    pub holders: Vec<Holder>,
}

/// Whether to look for pins: that opens all there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pins {
    /// Yes.
    Sought,
    /// No.
    Ignored,
}

/// Pins and holders of all things.
#[derive(Debug, Default)]
pub struct Refs {
    pins: HashMap<(ObjectKind, u32), Vec<String>>,
    holders: HashMap<(ObjectKind, u32), Vec<Holder>>,
}

impl Refs {
    /// Looks through all processes that may be looked at, and through all mounted BPF file systems if that is wanted.
    pub fn gather(pins: Pins) -> Self {
        let mut refs = Self::default();
        if pins == Pins::Sought {
            for mount in bpf_mounts() {
                pinned_below(&mount, &mut |id, path| {
                    refs.pins.entry(id).or_default().push(path.display().to_string());
                });
            }
        }
        refs.holders();
        refs
    }

    /// What is known of one thing.
    pub fn of(&self, kind: ObjectKind, id: u32) -> Known {
        let any = self.pins.keys().any(|(other, _)| *other == kind);
        let pins = || self.pins.get(&(kind, id)).cloned().unwrap_or_default();
        Known { pins: any.then(pins), holders: self.holders.get(&(kind, id)).cloned().unwrap_or_default() }
    }

    fn holders(&mut self) {
        let own = std::process::id();
        let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
        let mut pids: Vec<u32> =
            entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        pids.sort_unstable();
        for pid in pids.into_iter().filter(|pid| *pid != own) {
            self.holds(pid);
        }
    }

    fn holds(&mut self, pid: u32) {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return };
        let mut comm = None;
        for descriptor in descriptors.filter_map(Result::ok) {
            let Ok(target) = fs::read_link(descriptor.path()) else { continue };
            let Some((kind, key)) = target.to_str().and_then(held_kind) else { continue };
            let Some(number) = descriptor.file_name().to_str().map(str::to_owned) else { continue };
            let facts = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).unwrap_or_default();
            let Some(id) = fact(&facts, key) else { continue };
            let name =
                || fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned();
            let holders = self.holders.entry((kind, id)).or_default();
            if holders.last().is_none_or(|last| last.pid != pid) {
                holders.push(Holder { pid, comm: comm.get_or_insert_with(name).clone() });
            }
        }
    }
}

/// What a descriptor's file is, and the key of its id in `/proc/PID/fdinfo`.
fn held_kind(target: &str) -> Option<(ObjectKind, &'static str)> {
    match target.strip_prefix("anon_inode:")? {
        "bpf-prog" => Some((ObjectKind::Prog, "prog_id")),
        "bpf-map" => Some((ObjectKind::Map, "map_id")),
        "bpf_link" | "bpf-link" | "[bpf_link]" => Some((ObjectKind::Link, "link_id")),
        "btf" => Some((ObjectKind::Btf, "btf_id")),
        _ => None,
    }
}

fn fact(facts: &str, key: &str) -> Option<u32> {
    let line = facts.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    line.trim().parse().ok()
}

/// Where BPF file systems are mounted.
pub fn bpf_mounts() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mut places = Vec::new();
    for line in mounts.lines() {
        let mut words = line.split(' ').skip(1);
        if let (Some(place), Some("bpf")) = (words.next(), words.next()) {
            let place = unescaped(place);
            // The same place may be mounted over and over.
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places
}

/// A path in `/proc/mounts`: spaces and the like are octal there.
pub(crate) fn unescaped(word: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits =
            after.get(..3).filter(|_| first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    std::ffi::OsString::from_vec(bytes).into()
}

/// Tells of all pins below a folder, in the order of their names.
pub fn pinned_below(folder: &Path, tell: &mut dyn FnMut((ObjectKind, u32), &Path)) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => pinned_below(&entry.path(), tell),
            Ok(kind) if kind.is_file() => {
                if let Some(id) = Pinned::get(&entry.path()).ok().and_then(|pinned| id_of(&pinned)) {
                    tell(id, &entry.path());
                }
            }
            _ => {}
        }
    }
}

/// What a pin is of.
fn id_of(pinned: &Pinned) -> Option<(ObjectKind, u32)> {
    match pinned {
        Pinned::Prog(prog) => prog_info(prog).ok().map(|info| (ObjectKind::Prog, info.id)),
        Pinned::Map(map) => map_info(map).ok().map(|info| (ObjectKind::Map, info.id)),
        Pinned::Link(link) => link_info(link).ok().map(|info| (ObjectKind::Link, info.id)),
    }
}

impl Known {
    /// `pinned PATH` on a line of its own for each pin.
    pub(crate) fn pins_text(&self, out: &mut Vec<u8>) {
        for path in self.pins.iter().flatten() {
            out.extend(format!("\n\tpinned {path}").into_bytes());
        }
    }

    /// `pids comm(1), …` on a line of its own.
    pub(crate) fn holders_text(&self, out: &mut Vec<u8>) {
        if self.holders.is_empty() {
            return;
        }
        let each = self.holders.iter().map(|holder| format!("{}({})", holder.comm, holder.pid));
        out.extend(format!("\n\tpids {}", each.collect::<Vec<_>>().join(", ")).into_bytes());
    }

    pub(crate) fn json(&self, json: &mut crate::Json) {
        if let Some(pins) = &self.pins {
            json.name("pinned");
            json.array(|json| pins.iter().for_each(|path| json.string(path)));
        }
        if self.holders.is_empty() {
            return;
        }
        json.name("pids");
        json.array(|json| {
            for holder in &self.holders {
                json.object(|json| {
                    json.field("pid", holder.pid);
                    json.text_field("comm", &holder.comm);
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_may_have_spaces() {
        assert_eq!(unescaped("/a\\040b\\134c"), Path::new("/a b\\c"));
        assert_eq!(unescaped("/a\\9"), Path::new("/a\\9"));
    }

    #[test]
    fn facts_have_keys() {
        assert_eq!(fact("pos:\t0\nmap_id:\t7\n", "map_id"), Some(7));
        assert_eq!(fact("map_idx:\t7\n", "map_id"), None);
        assert!(matches!(held_kind("anon_inode:bpf-map"), Some((ObjectKind::Map, _))));
        assert_eq!(held_kind("/dev/null"), None);
    }
}
