//! The command of `-c`: there from the start, so that probes can name it, and held until they are attached.
use osmia_sys::process::{HeldChild, Orphan};
use std::ffi::CString;

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
        HeldChild::spawn(&words, Orphan::Signalled(TERMINATE))
            .map(Self)
            .map_err(|error| format!("-c '{command}': {error}"))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.pid()
    }
}
