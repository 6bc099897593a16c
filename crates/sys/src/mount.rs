//! File systems of the kernel's: where they are mounted, and mounting them.
use crate::Errno;
use crate::syscall::done;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A file system of the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileSystem {
    /// Pinned BPF objects.
    Bpf,
    /// Tracepoints, dynamic events and the trace pipe.
    Trace,
    /// Debugging files.
    Debug,
    /// The kernel's devices, modules and types.
    Sys,
}

impl FileSystem {
    const fn row(self) -> (&'static CStr, i64) {
        match self {
            Self::Bpf => (c"bpf", 0xcafe_4a11),
            Self::Trace => (c"tracefs", 0x7472_6163),
            Self::Debug => (c"debugfs", 0x6462_6720),
            Self::Sys => (c"sysfs", 0x6265_6572),
        }
    }
}

/// Mounts the file system at `path`, which must be a directory.
pub fn mount(kind: FileSystem, path: &Path) -> Result<(), Errno> {
    let (name, _) = kind.row();
    let path = c_path(path)?;
    // SAFETY: all strings end in zero and live through the call; there are no further data.
    done(unsafe { libc::mount(name.as_ptr(), path.as_ptr(), name.as_ptr(), 0, std::ptr::null()) }).map(drop)
}

/// Whether `path` lies in a file system of this kind; [`Errno::ENOENT`] where there is no such path.
pub fn file_system_at(kind: FileSystem, path: &Path) -> Result<bool, Errno> {
    let path = c_path(path)?;
    let mut facts = std::mem::MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: the path ends in zero, and `statfs` fills the structure.
    done(unsafe { libc::statfs(path.as_ptr(), facts.as_mut_ptr()) })?;
    // SAFETY: the call succeeded; and a structure of zeros would be a valid one too.
    let facts = unsafe { facts.assume_init() };
    Ok(facts.f_type == kind.row().1)
}

/// A path for the kernel.
pub(crate) fn c_path(path: &Path) -> Result<CString, Errno> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bpf_file_system_can_be_mounted_where_it_is_missing() {
        let path = Path::new("/sys/fs/bpf");
        if !file_system_at(FileSystem::Bpf, path).unwrap() {
            mount(FileSystem::Bpf, path).unwrap();
        }
        assert_eq!(file_system_at(FileSystem::Bpf, path), Ok(true));
        assert_eq!(file_system_at(FileSystem::Trace, path), Ok(false));
        assert_eq!(file_system_at(FileSystem::Bpf, Path::new("/nowhere")), Err(Errno::ENOENT));
    }
}
