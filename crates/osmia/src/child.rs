//! The command of `-c`: there from the start, so that probes can name it, and held until they are attached.
use osmia_sys::process::{HeldChild, Orphan};
use std::ffi::CString;
use std::path::Path;

/// `SIGTERM`.
const TERMINATE: i32 = 15;

/// A child that waits for its release.
#[derive(Debug)]
pub struct Child(pub(crate) HeldChild);

impl Child {
    /// Makes the process; the words of `command` are taken apart as a shell does it, without what a shell expands.
    pub fn hold(command: &str) -> Result<Self, String> {
        let words = shlex::split(command).ok_or_else(|| format!("-c '{command}': a quote is not closed"))?;
        let words: Result<Vec<CString>, _> = words.into_iter().map(CString::new).collect();
        let words = words.map_err(|_| "-c: the command has a zero byte in it".to_owned())?;
        if words.is_empty() {
            return Err("-c: there is no command".into());
        }
        if !words.first().is_some_and(can_be_started) {
            return Err(format!("-c '{command}': there is no such program, or it may not be started"));
        }
        HeldChild::spawn(&words, Orphan::Signalled(TERMINATE))
            .map(Self)
            .map_err(|error| format!("-c '{command}': {error}"))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.pid()
    }
}

/// Whether there is such a program, found as `execvp` finds it.
fn can_be_started(name: &CString) -> bool {
    use std::os::unix::ffi::OsStrExt;
    let name = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    if name.components().count() > 1 || name.is_absolute() {
        return is_program(name);
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    std::env::split_paths(&path).any(|dir| is_program(&dir.join(name)))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}
