//! Dynamic events that processes left behind when they were killed: ours, and those of other loaders that write their process's
//! number into the event's name.
use osmia_host::tracefs;
use osmia_sys::Errno;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Where dynamic events are listed and removed.
const FILES: [&str; 2] = ["kprobe_events", "uprobe_events"];

/// A dynamic event whose process is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleEvent {
    /// `kprobe_events` or `uprobe_events`.
    pub file: &'static str,
    /// Group and name.
    pub name: String,
    /// Where it is: a function, or a file and an offset.
    pub place: String,
    /// The process that made it.
    pub pid: u32,
}

/// Dynamic events of processes that are gone.
pub fn stale_events() -> Vec<StaleEvent> {
    let Ok(root) = tracefs::root() else { return Vec::new() };
    let of = |file: &'static str| {
        let text = fs::read_to_string(root.join(file)).unwrap_or_default();
        text.lines().filter_map(|line| event(file, line)).collect::<Vec<_>>()
    };
    let dead = |event: &StaleEvent| !Path::new(&format!("/proc/{}", event.pid)).exists();
    FILES.into_iter().flat_map(of).filter(dead).collect()
}

impl StaleEvent {
    /// The group, which says what kind of loader made it.
    pub fn group(&self) -> &str {
        self.name.split_once('/').map_or("", |(group, _)| group)
    }

    /// Removes it. Events that are in use stay, with `EBUSY`.
    pub fn remove(&self) -> Result<(), Errno> {
        let root = tracefs::root().map_err(|_| Errno::ENOENT)?;
        // Without `O_APPEND` all events would go.
        let mut file = OpenOptions::new().append(true).open(root.join(self.file))?;
        file.write_all(format!("-:{}", self.name).as_bytes()).map_err(Errno::from)
    }
}

/// Reads `p:osmia/p12_0 vfs_read+0`, if a loader made it that says which process it was.
fn event(file: &'static str, line: &str) -> Option<StaleEvent> {
    let (_, rest) = line.split_once(':')?;
    let (name, place) = rest.split_once(' ').unwrap_or((rest, ""));
    let (group, own) = name.split_once('/')?;
    let pid = maker(group, own)?;
    Some(StaleEvent { file, name: name.to_owned(), place: place.trim().to_owned(), pid })
}

/// The process in an event's name: `osmia/p12_0` (ours), `kprobes/libbpf_12_…` (libbpf), `kprobes/p_read_bcc_12` (bcc).
fn maker(group: &str, name: &str) -> Option<u32> {
    let digits = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok();
    if group == "osmia" {
        return digits(name.strip_prefix('p')?);
    }
    match name.strip_prefix("libbpf_") {
        Some(rest) => digits(rest),
        None => digits(name.rsplit_once("_bcc_")?.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_whose_events_they_are() {
        let pid = |line| event("kprobe_events", line).map(|event| event.pid);
        assert_eq!(pid("p:osmia/p12_0 vfs_read+0"), Some(12));
        assert_eq!(pid("r8:kprobes/libbpf_34_0_vfs_read_0x0 vfs_read"), Some(34));
        assert_eq!(pid("p:kprobes/p_vfs_read_bcc_56 vfs_read"), Some(56));
        assert_eq!(pid("p:kprobes/mine vfs_read"), None);
    }
}
