//! Tracepoints as the trace file system tells of them.
use osmia_object::{TraceEvent, TraceField};
use osmia_sys::{Errno, FileSystem, file_system_at, mount};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the trace file system may be, in the order of preference.
const ROOTS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// Why there is no trace file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TracefsError {
    /// It is not mounted, and mounting it failed.
    NotMounted(Errno),
    /// It is there, but may not be read.
    Unreadable(Errno),
    /// The kernel has none: it is built without tracing.
    Absent,
}

impl std::fmt::Display for TracefsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotMounted(errno) => write!(
                f,
                "the trace file system is not mounted and cannot be ({errno}); \
                 as root: mount -t tracefs tracefs {}",
                ROOTS[0]
            ),
            Self::Unreadable(errno) => write!(
                f,
                "the trace file system may not be read ({errno}); run as root, or with CAP_DAC_READ_SEARCH"
            ),
            Self::Absent => f.write_str("this kernel is built without tracepoints (CONFIG_TRACING)"),
        }
    }
}

impl std::error::Error for TracefsError {}

/// The root of the trace file system; mounts it where it is missing and that is permitted.
pub fn root() -> Result<&'static Path, TracefsError> {
    let mounted =
        ROOTS.iter().map(Path::new).find(|path| file_system_at(FileSystem::Trace, path) == Ok(true));
    let root = match mounted {
        Some(root) => root,
        None => mount_it()?,
    };
    match fs::read_dir(root) {
        Ok(_) => Ok(root),
        Err(error) => Err(TracefsError::Unreadable(error.into())),
    }
}

fn mount_it() -> Result<&'static Path, TracefsError> {
    let root = Path::new(ROOTS[0]);
    match mount(FileSystem::Trace, root) {
        Ok(()) => Ok(root),
        Err(Errno::ENOENT | Errno::ENODEV) => Err(TracefsError::Absent),
        Err(Errno::EBUSY) if file_system_at(FileSystem::Trace, root) == Ok(true) => Ok(root),
        Err(errno) => Err(TracefsError::NotMounted(errno)),
    }
}

/// Categories that hold no tracepoints but the kernel's own machinery.
const NO_CATEGORIES: [&str; 1] = ["ftrace"];

/// All tracepoints, `(category, name)`, sorted.
pub fn event_names(root: &Path) -> Result<Vec<(String, String)>, Errno> {
    let mut all = Vec::new();
    for category in directories(&root.join("events"))? {
        if NO_CATEGORIES.contains(&category.as_str()) {
            continue;
        }
        let names = directories(&root.join("events").join(&category))?;
        all.extend(names.into_iter().map(|name| (category.clone(), name)));
    }
    all.sort();
    Ok(all)
}

fn directories(path: &Path) -> Result<Vec<String>, Errno> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

/// The directory of a tracepoint; `None` where the names cannot be names.
pub fn event_dir(root: &Path, category: &str, name: &str) -> Option<PathBuf> {
    let plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('/');
    (plain(category) && plain(name)).then(|| root.join("events").join(category).join(name))
}

/// The number of a tracepoint for perf events.
pub fn event_id(root: &Path, category: &str, name: &str) -> Result<u64, Errno> {
    let dir = event_dir(root, category, name).ok_or(Errno::ENOENT)?;
    fs::read_to_string(dir.join("id"))?.trim().parse().map_err(|_| Errno::EINVAL)
}

/// A tracepoint with its fields.
pub fn event(root: &Path, category: &str, name: &str) -> Result<TraceEvent, Errno> {
    let dir = event_dir(root, category, name).ok_or(Errno::ENOENT)?;
    parse_format(&fs::read_to_string(dir.join("format"))?).ok_or(Errno::EINVAL)
}

/// The tracepoint that is called most like this one, as `category:name`.
pub fn nearest(root: &Path, category: &str, name: &str) -> Option<String> {
    let all = event_names(root).ok()?;
    let (same, other): (Vec<_>, Vec<_>) = all.iter().partition(|row| row.0 == category);
    let join = |rows: Vec<&(String, String)>| -> Vec<String> {
        rows.into_iter().map(|(category, name)| format!("{category}:{name}")).collect()
    };
    let wanted = format!("{category}:{name}");
    [join(same), join(other)]
        .iter()
        .find_map(|names| osmia_base::nearest(&wanted, names.iter().map(String::as_str)))
        .map(str::to_owned)
}

/// Reads the text of a `format` file.
pub fn parse_format(text: &str) -> Option<TraceEvent> {
    let id = text.lines().find_map(|line| line.strip_prefix("ID:"))?.trim().parse().ok()?;
    let fields = text.lines().filter_map(|line| line.trim_start().strip_prefix("field:"));
    Some(TraceEvent { id, fields: fields.map(parse_field).collect::<Option<_>>()? })
}

/// Reads `unsigned short common_type; offset:0; size:2; signed:0;` (with tabs).
fn parse_field(line: &str) -> Option<TraceField> {
    let (declaration, facts) = line.split_once(';')?;
    let fact = |key: &str| {
        let found = facts.split(';').find_map(|part| part.trim().strip_prefix(key)?.strip_prefix(':'));
        found.and_then(|text| text.trim().parse::<u32>().ok())
    };
    let (kind, name, array) = split_declaration(declaration.trim())?;
    let signed = fact("signed").unwrap_or(0) != 0;
    Some(TraceField { name, kind, array, offset: fact("offset")?, size: fact("size")?, signed })
}

/// Takes `char comm[16]` apart: type, name, number of elements. `__data_loc char[] name` keeps its brackets in the
/// type; a number that is a name (`[MAX_LEN]`) is not known here.
fn split_declaration(text: &str) -> Option<(String, String, Option<u32>)> {
    let (text, array) = match text.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((rest, count)) => (rest.trim_end(), count.trim().parse().ok()),
        None => (text, None),
    };
    let start = text.rfind(|c: char| c.is_whitespace() || c == '*').map_or(0, |at| at + 1);
    let (kind, name) = text.split_at_checked(start)?;
    let kind = kind.trim_end();
    (!name.is_empty() && !kind.is_empty()).then(|| (kind.to_owned(), name.to_owned(), array))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations() {
        let split = |text: &str| {
            split_declaration(text).map(|(kind, name, array)| format!("{kind}|{name}|{array:?}"))
        };
        for (text, want) in [
            ("unsigned short common_type", "unsigned short|common_type|None"),
            ("char comm[16]", "char|comm|Some(16)"),
            ("const char * filename", "const char *|filename|None"),
            ("const char *filename", "const char *|filename|None"),
            ("__data_loc char[] name", "__data_loc char[]|name|None"),
            ("__rel_loc u8[] data", "__rel_loc u8[]|data|None"),
            ("struct sockaddr * addr", "struct sockaddr *|addr|None"),
            ("unsigned long args[6]", "unsigned long|args|Some(6)"),
            ("char name[IFNAMSIZ]", "char|name|None"),
            ("__u8 saddr_v6[16]", "__u8|saddr_v6|Some(16)"),
        ] {
            assert_eq!(split(text).as_deref(), Some(want), "{text}");
        }
        assert_eq!(split("alone"), None);
    }

    #[test]
    fn broken_formats_are_refused() {
        assert_eq!(parse_format(""), None);
        assert_eq!(parse_format("ID: x\n"), None);
        assert_eq!(parse_format("ID: 1\n\tfield:int a\n"), None);
    }

    #[test]
    fn names_do_not_leave_the_directory() {
        assert_eq!(event_dir(Path::new("/t"), "..", "x"), None);
        assert_eq!(event_dir(Path::new("/t"), "a/b", "x"), None);
        assert_eq!(event_dir(Path::new("/t"), "a", ""), None);
    }

    #[test]
    fn every_tracepoint_of_this_kernel_is_read() {
        let root = root().unwrap();
        let names = event_names(root).unwrap();
        assert!(names.len() > 100, "{}", names.len());
        for (category, name) in &names {
            let event =
                event(root, category, name).unwrap_or_else(|errno| panic!("{category}:{name}: {errno}"));
            assert_eq!(u64::from(event.id), event_id(root, category, name).unwrap());
            assert_eq!(event.fields.first().map(|field| field.name.as_str()), Some("common_type"));
        }
    }
}
