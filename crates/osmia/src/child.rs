//! The command of `-c`: there from the start, so that probes can name it, and held until they are attached.
use osmia_sys::process::{HeldChild, Orphan, PidFd};
use std::ffi::CString;
use std::path::{Path, PathBuf};

/// `SIGTERM`.
const TERMINATE: i32 = 15;

/// Whether there is a process of this number that can be watched.
pub fn find_process(pid: u32) -> Result<(), String> {
    PidFd::open(pid).map(drop).map_err(|error| format!("{pid}: {error}"))
}

/// A child that waits for its release.
#[derive(Debug)]
pub struct Child(pub(crate) HeldChild, PathBuf);

impl Child {
    /// Makes the process; the words of `command` are taken apart as a shell does it, without what a shell expands.
    pub fn hold(command: &str) -> Result<Self, String> {
        let words = shlex::split(command).ok_or_else(|| format!("-c '{command}': a quote is not closed"))?;
        let words: Result<Vec<CString>, _> = words.into_iter().map(CString::new).collect();
        let words = words.map_err(|_| "-c: the command has a zero byte in it".to_owned())?;
        if words.is_empty() {
            return Err("-c: there is no command".into());
        }
        let Some(program) = words.first().and_then(program_of) else {
            return Err(format!("-c '{command}': there is no such program, or it may not be started"));
        };
        HeldChild::spawn(&words, Orphan::Signalled(TERMINATE))
            .map(|child| Self(child, program))
            .map_err(|error| format!("-c '{command}': {error}"))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.pid()
    }

    /// The program that it will run.
    pub fn program(&self) -> &Path {
        &self.1
    }
}

/// The processes that a run ends with: the command of `-c`, the process of `-p`.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// The command.
    pub(crate) child: Option<Child>,
    target: Option<PidFd>,
}

impl Watched {
    /// Finds the process of `-p`.
    pub(crate) fn new(child: Option<Child>, pid: Option<u32>) -> Result<Self, String> {
        let find = |pid| PidFd::open(pid).map_err(|error| format!("-p {pid}: {error}"));
        Ok(Self { child, target: pid.map(find).transpose()? })
    }

    /// Whether there is a command.
    pub(crate) const fn is_commanded(&self) -> bool {
        self.child.is_some()
    }

    /// Whether there is one.
    pub(crate) const fn is_any(&self) -> bool {
        self.child.is_some() || self.target.is_some()
    }

    /// Readable once a process is gone.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = &PidFd> {
        self.child.iter().map(|child| child.0.pidfd()).chain(&self.target)
    }
}

/// The program of this name that can be started, found as `execvp` finds it.
fn program_of(name: &CString) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let name = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    if name.components().count() > 1 || name.is_absolute() {
        return is_program(name).then(|| name.to_owned());
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}
