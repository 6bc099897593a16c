//! Dynamic events by tracefs, for kernels without the perf events of kprobes and uprobes (before 4.17). They stay in the
//! kernel when a process dies, so their names tell whose they are.
use super::stale::stale_events;
use osmia_host::tracefs;
use osmia_sys::Errno;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Once;
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
        static CLEANED: Once = Once::new();
        CLEANED.call_once(clean);
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
            let _ = remove(root, self.control, &self.name); // what stays is cleaned up by the next process that makes one
        }
    }
}

/// `p123_0`: the process, and a number in it.
fn event_name(pid: u32, number: u32) -> String {
    format!("p{pid}_{number}")
}

fn remove(root: &Path, control: Control, name: &str) -> Result<(), Errno> {
    write_line(&root.join(control.file()), &format!("-:{GROUP}/{name}"))
}

/// The kernel reads each line as one command; a file opened without `O_APPEND` would delete all events.
fn write_line(path: &Path, line: &str) -> Result<(), Errno> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(line.as_bytes()).map_err(Errno::from)
}

/// Takes away what processes of ours left that were killed. Events in use are kept by the kernel itself.
fn clean() {
    for event in stale_events().iter().filter(|event| event.group() == GROUP) {
        let _ = event.remove(); // in use, or another process was faster
    }
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
        let left = std::fs::read_to_string(root.join("uprobe_events")).unwrap();
        assert!(!left.contains(&name), "{left}");
        assert!(left.contains(&ours.name), "an event of a living process is gone: {left}");
        let name = ours.name.clone();
        drop(ours);
        assert!(!std::fs::read_to_string(root.join("uprobe_events")).unwrap().contains(&name));
    }
}
