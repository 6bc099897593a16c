//! Programs at perf events: those of descriptors, and those of links that nobody but a pin holds.
use super::{Handle, Json, Link, links};
use osmia_sys::Errno;
use osmia_sys::bpf::{FdQuery, LinkDetail, PerfEventDetail, task_fd_query};
use std::collections::HashSet;
use std::fs;

/// A program at a perf event or raw tracepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerfProgram {
    /// Who holds it.
    pub holder: PerfHolder,
    /// What it is.
    pub query: FdQuery,
}

/// Who keeps a program at its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerfHolder {
    /// A descriptor of a process.
    Descriptor {
        /// The process.
        pid: u32,
        /// The descriptor.
        fd: u32,
    },
    /// A link that no process holds.
    Link(u32),
}

/// Kinds in the kernel's order (`enum bpf_task_fd_type`).
const KINDS: [&str; 6] = ["raw_tracepoint", "tracepoint", "kprobe", "kretprobe", "uprobe", "uretprobe"];

/// All programs at perf events.
pub fn perf_programs() -> Result<Vec<PerfProgram>, Errno> {
    // A folder is no event: a kernel that knows the question says so (ENOTSUPP, which is no error of user space's).
    let folder = fs::File::open("/").map_err(|error| Errno(error.raw_os_error().unwrap_or(0)))?;
    let own = std::process::id();
    let number = std::os::fd::AsRawFd::as_raw_fd(&folder).cast_unsigned();
    match task_fd_query(own, number) {
        Ok(_) | Err(Errno(524)) => {}
        Err(errno) => return Err(errno),
    }
    let mut found = Vec::new();
    for pid in numbers("/proc") {
        for fd in numbers(&format!("/proc/{pid}/fd")) {
            if let Ok(query) = task_fd_query(pid, fd) {
                found.push(PerfProgram { holder: PerfHolder::Descriptor { pid, fd }, query });
            }
        }
    }
    let known: HashSet<u32> = found.iter().map(|program| program.query.prog).collect();
    let links = links(&Handle::All).unwrap_or_default();
    let missing = links.iter().filter(|link| !known.contains(&link.program));
    found.extend(missing.filter_map(of_link));
    Ok(found)
}

/// The names of a folder that are numbers, in their order.
fn numbers(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut numbers: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

fn of_link(link: &Link) -> Option<PerfProgram> {
    let (kind, name, offset, address) = match &link.detail {
        LinkDetail::RawTracepoint { name, .. } => (0, name.clone(), 0, 0),
        LinkDetail::PerfEvent(PerfEventDetail::Tracepoint { name, .. }) => (1, name.clone(), 0, 0),
        LinkDetail::PerfEvent(PerfEventDetail::Kprobe { is_return, function, offset, address, .. }) => {
            (if *is_return { 3 } else { 2 }, function.clone(), u64::from(*offset), *address)
        }
        LinkDetail::PerfEvent(PerfEventDetail::Uprobe { is_return, file, offset, .. }) => {
            (if *is_return { 5 } else { 4 }, file.clone(), u64::from(*offset), 0)
        }
        _ => return None,
    };
    let query = FdQuery { prog: link.program, kind, name, offset, address };
    Some(PerfProgram { holder: PerfHolder::Link(link.id), query })
}

/// Programs as bpftool lists them for people.
pub fn perf_text(programs: &[PerfProgram], out: &mut Vec<u8>) {
    for PerfProgram { holder, query } in programs {
        let holder = match holder {
            PerfHolder::Descriptor { pid, fd } => format!("pid {pid}  fd {fd}"),
            PerfHolder::Link(id) => format!("link {id}"),
        };
        let kind = KINDS.get(query.kind as usize).copied().unwrap_or("unknown");
        let place = match query.kind {
            0 | 1 => query.name.clone(),
            2 | 3 if query.name.is_empty() => format!("addr {}", query.address),
            2 | 3 => format!("func {}  offset {}", query.name, query.offset),
            _ => format!("filename {}  offset {}", query.name, query.offset),
        };
        out.extend(format!("{holder}: prog_id {}  {kind}  {place}\n", query.prog).into_bytes());
    }
}

/// Programs as JSON.
pub fn perf_json(programs: &[PerfProgram], json: &mut Json) {
    json.array(|json| {
        for PerfProgram { holder, query } in programs {
            json.object(|json| {
                match holder {
                    PerfHolder::Descriptor { pid, fd } => {
                        json.field("pid", pid);
                        json.field("fd", fd);
                    }
                    PerfHolder::Link(id) => json.field("link_id", id),
                }
                json.field("prog_id", query.prog);
                if let Some(kind) = KINDS.get(query.kind as usize) {
                    json.text_field("fd_type", kind);
                }
                match query.kind {
                    0 | 1 => json.text_field("tracepoint", &query.name),
                    2 | 3 if query.name.is_empty() => json.field("addr", query.address),
                    2 | 3 => {
                        json.text_field("func", &query.name);
                        json.field("offset", query.offset);
                    }
                    _ => {
                        json.text_field("filename", &query.name);
                        json.field("offset", query.offset);
                    }
                }
            });
        }
    });
}
