//! Files that a script names: what it imports, and what its C part includes.
use std::fmt;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file that is to be part of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFile {
    /// What messages call it.
    pub name: String,
    /// Where it is, links followed: the same file is read once.
    pub path: PathBuf,
    /// What it is.
    pub kind: ScriptKind,
    /// What is in it, where that is text.
    pub text: String,
    /// What is in it, where that is a compiled object.
    pub bytes: Vec<u8>,
}

/// What a file is, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptKind {
    /// `.bt`
    Script,
    /// `.h`
    Header,
    /// `.bpf.c`
    CSource,
    /// `.bpf.o`
    Object,
}

/// The ends of names that mean something.
const KINDS: &[(&str, ScriptKind)] = &[
    (".bt", ScriptKind::Script),
    (".h", ScriptKind::Header),
    (".bpf.c", ScriptKind::CSource),
    (".bpf.o", ScriptKind::Object),
];

/// Why a file cannot be part of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// There is none; this was looked at.
    NotFound(Vec<PathBuf>),
    /// Anybody may write to it, or to the directory that it is in.
    Writable(PathBuf),
    /// The end of its name says nothing.
    Unknown(String),
    /// It cannot be read.
    Unreadable(PathBuf, String),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(_) => f.write_str("Unable to find suitable path for import"),
            Self::Writable(path) => write!(
                f,
                "cowardly refusing to import from a directory with global write permissions: {path:?}"
            ),
            Self::Unknown(name) => write!(f, "unknown import type: {name:?}"),
            Self::Unreadable(path, why) => write!(f, "error reading import {path:?}: {why}"),
        }
    }
}

impl std::error::Error for ImportError {}

/// No script and no object is longer.
const MAX_SIZE: u64 = 16 << 20;

/// The files that `import "name"` means, in the first of the directories that has them: one, or all of a directory.
pub fn read_import(name: &str, dirs: &[&Path]) -> Result<Vec<ScriptFile>, ImportError> {
    let places: Vec<PathBuf> = dirs.iter().map(|dir| dir.join(name)).collect();
    let Some(path) = places.iter().find(|path| path.exists()).cloned() else {
        return Err(ImportError::NotFound(places));
    };
    guard(&path)?;
    if !path.is_dir() {
        return Ok(vec![read(&path, kind(&path).ok_or_else(|| ImportError::Unknown(file_name(&path)))?)?]);
    }
    let error = |error: std::io::Error| ImportError::Unreadable(path.clone(), describe(&error));
    let mut inside: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(&path).map_err(error)? {
        inside.push(entry.map_err(error)?.path());
    }
    inside.sort();
    let files = inside.iter().filter(|file| !file.is_dir()).filter_map(|file| Some((file, kind(file)?)));
    files.map(|(file, kind)| guard(file).and_then(|()| read(file, kind))).collect()
}

/// The first file of this name in one of the directories.
pub fn read_include(name: &str, dirs: &[PathBuf]) -> Option<Result<ScriptFile, ImportError>> {
    let path = dirs.iter().map(|dir| dir.join(name)).find(|path| path.is_file())?;
    Some(read(&path, ScriptKind::Header))
}

fn kind(path: &Path) -> Option<ScriptKind> {
    let name = file_name(path);
    KINDS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, kind)| *kind)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Refuses what anybody may change: scripts run with all rights.
fn guard(path: &Path) -> Result<(), ImportError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for place in [path, parent] {
        let open = fs::metadata(place).is_ok_and(|facts| facts.permissions().mode() & 0o002 != 0);
        if open {
            return Err(ImportError::Writable(path.to_owned()));
        }
    }
    Ok(())
}

fn read(path: &Path, kind: ScriptKind) -> Result<ScriptFile, ImportError> {
    let unreadable = |why: String| ImportError::Unreadable(path.to_owned(), why);
    let error = |error: std::io::Error| unreadable(describe(&error));
    if !fs::metadata(path).map_err(error)?.is_file() {
        return Err(unreadable("it is no regular file".into()));
    }
    let mut bytes = Vec::new();
    fs::File::open(path).map_err(error)?.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(error)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(unreadable(format!("it is longer than {MAX_SIZE} bytes")));
    }
    let (text, bytes) = match kind {
        ScriptKind::Object => (Vec::new(), bytes),
        _ => (bytes, Vec::new()),
    };
    let text = match kind {
        // Comments in C are in whatever bytes their author had.
        ScriptKind::CSource => String::from_utf8_lossy(&text).into_owned(),
        _ => String::from_utf8(text).map_err(|_| unreadable("it is no text".into()))?,
    };
    let own = fs::canonicalize(path).map_err(error)?;
    Ok(ScriptFile { name: path.to_string_lossy().into_owned(), path: own, kind, text, bytes })
}

/// What the system says, without the number.
fn describe(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch(PathBuf);

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn scratch(name: &str) -> Scratch {
        let dir = std::env::temp_dir().join(format!("osmia-imports-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        Scratch(dir)
    }

    #[test]
    fn a_directory_is_all_its_files() {
        let dir = scratch("all");
        let files = dir.0.join("files");
        fs::create_dir(&files).unwrap();
        fs::set_permissions(&files, fs::Permissions::from_mode(0o755)).unwrap();
        for (name, text) in [("b.bt", "b"), ("a.bt", "a"), ("c.h", "c"), ("d.bpf.c", "d"), ("e.txt", "e")] {
            fs::write(files.join(name), text).unwrap();
        }
        let files = read_import("files", &[&dir.0]).unwrap();
        let seen: Vec<_> = files.iter().map(|file| (file.kind, file.text.as_str())).collect();
        let expected = [
            (ScriptKind::Script, "a"),
            (ScriptKind::Script, "b"),
            (ScriptKind::Header, "c"),
            (ScriptKind::CSource, "d"),
        ];
        assert_eq!(seen, expected);
        assert_eq!(read_import("files/e.txt", &[&dir.0]), Err(ImportError::Unknown("e.txt".into())));
        assert!(matches!(read_import("x.bt", &[&dir.0]), Err(ImportError::NotFound(_))));
    }

    #[test]
    fn what_anybody_may_change_is_refused() {
        let dir = scratch("open");
        let file = dir.0.join("a.bt");
        fs::write(&file, "a").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o646)).unwrap();
        assert_eq!(read_import("a.bt", &[&dir.0]), Err(ImportError::Writable(file.clone())));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(&dir.0, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(read_import("a.bt", &[&dir.0]), Err(ImportError::Writable(file)));
    }
}
