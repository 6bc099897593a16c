//! Dynamic events by tracefs, for kernels without the perf events of kprobes and uprobes (before 4.17). They stay in the
//! kernel when a process dies, so their names tell whose they are.
use osmia_host::tracefs;
use osmia_sys::Errno;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// The group of all our events.
const GROUP: &str = "osmia";

/// Which kind of dynamic event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// `kprobe_events`.
    Kprobe,
    /// `uprobe_events`.
    Uprobe,
}

impl Control {
    const ALL: [Self; 2] = [Self::Kprobe, Self::Uprobe];

    const fn file(self) -> &'static str {
        match self {
            Self::Kprobe => "kprobe_events",
            Self::Uprobe => "uprobe_events",
        }
    }

    /// Whether the kernel has it.
    pub(super) fn is_there(self) -> bool {
        tracefs::root().is_ok_and(|root| root.join(self.file()).exists())
    }
}

/// A dynamic event; it is taken away when this value is dropped.
#[derive(Debug)]
pub(super) struct DynamicEvent {
    control: Control,
    name: String,
}

impl DynamicEvent {
    /// Makes the event: `p:GROUP/NAME PLACE` or `r:…`. Returns it and its number.
    pub(super) fn make(control: Control, letter: char, place: &str) -> Result<(Self, u64), Errno> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let root = tracefs::root().map_err(|_| Errno::ENOENT)?;
        let name = event_name(std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        write_line(&root.join(control.file()), &format!("{letter}:{GROUP}/{name} {place}"))?;
        let event = Self { control, name };
        let id = tracefs::event_id(root, GROUP, &event.name)?;
        Ok((event, id))
    }
}

impl Drop for DynamicEvent {
    fn drop(&mut self) {
        if let Ok(root) = tracefs::root() {
            let _ = remove(root, self.control, &self.name); // what stays is cleaned up by the next start
        }
    }
}

/// `p123_0`: the process, and a number in it.
fn event_name(pid: u32, number: u32) -> String {
    format!("p{pid}_{number}")
}

fn owner(name: &str) -> Option<u32> {
    name.strip_prefix('p')?.split_once('_')?.0.parse().ok()
}

fn remove(root: &Path, control: Control, name: &str) -> Result<(), Errno> {
    write_line(&root.join(control.file()), &format!("-:{GROUP}/{name}"))
}

/// The kernel reads each line as one command; a file opened without `O_APPEND` would delete all events.
fn write_line(path: &Path, line: &str) -> Result<(), Errno> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(line.as_bytes()).map_err(Errno::from)
}

/// Takes away the dynamic events that processes of ours left when they were killed; how many there were. Events in use
/// are kept by the kernel itself.
pub fn clean_stale_events() -> usize {
    // The directory is there only while there are events; looking costs one call, mounting nothing.
    let Ok(root) = tracefs::root() else { return 0 };
    if !root.join("events").join(GROUP).exists() {
        return 0;
    }
    Control::ALL.into_iter().map(|control| clean(root, control)).sum()
}

fn clean(root: &Path, control: Control) -> usize {
    let text = fs::read_to_string(root.join(control.file())).unwrap_or_default();
    let ours = text.lines().filter_map(our_event);
    let dead =
        ours.filter(|name| owner(name).is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()));
    dead.filter(|name| remove(root, control, name).is_ok()).count()
}

/// The name in `p:osmia/p123_0 place`.
fn our_event(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(':')?;
    rest.split_whitespace().next()?.strip_prefix(GROUP)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dead_processes_left_is_taken_away() {
        let root = tracefs::root().unwrap();
        assert!(Control::Uprobe.is_there(), "no uprobe_events");
        let name = event_name(4_190_001, 0);
        let _ = remove(root, Control::Uprobe, &name);
        write_line(&root.join("uprobe_events"), &format!("p:{GROUP}/{name} /proc/self/exe:0x1000")).unwrap();
        let ours = DynamicEvent::make(Control::Uprobe, 'p', "/proc/self/exe:0x1000").unwrap().0;
        assert!(clean_stale_events() >= 1);
        let left = fs::read_to_string(root.join("uprobe_events")).unwrap();
        assert!(!left.contains(&name), "{left}");
        assert!(left.contains(&ours.name), "an event of a living process is gone: {left}");
        let name = ours.name.clone();
        drop(ours);
        assert!(!fs::read_to_string(root.join("uprobe_events")).unwrap().contains(&name));
    }

    #[test]
    fn names_tell_whose_they_are() {
        assert_eq!(owner(&event_name(4711, 3)), Some(4711));
        assert_eq!(owner("pxy_1"), None);
        assert_eq!(our_event("p:osmia/p12_0 vfs_read+0"), Some("p12_0"));
        assert_eq!(our_event("r8:osmia/p12_1 vfs_read"), Some("p12_1"));
        assert_eq!(our_event("p:kprobes/mine vfs_read"), None);
    }
}
