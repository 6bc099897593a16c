//! Objects in the BPF file system.
use super::{MapFd, address};
use crate::fd::number;
use crate::mount::c_path;
use crate::syscall::{answer, bpf, bpf_fd, owned};
use crate::{Errno, LinkFd, ProgFd};
use osmia_abi::Command;
use osmia_abi::attr::ObjAttr;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What a pin holds.
#[derive(Debug)]
pub enum Pinned {
    /// A map.
    Map(MapFd),
    /// A program.
    Prog(ProgFd),
    /// A link.
    Link(LinkFd),
}

/// `BPF_OBJ_PIN`: the object lives on under this path. Links are followed as [`get_pinned`] does.
pub fn pin(object: &impl AsFd, path: &Path) -> Result<(), Errno> {
    let (parent, name) = (parent_of(path), path.file_name().ok_or(Errno::EINVAL)?);
    let parent = open_path(parent)?;
    let path = c_path(&through(&parent).join(name))?;
    let mut attr =
        ObjAttr { pathname: address(path.as_bytes_with_nul()), bpf_fd: number(object), ..Default::default() };
    // SAFETY: the kernel reads the path, which ends in zero.
    unsafe { bpf(Command::ObjPin, &mut attr) }.map(drop)
}

/// `BPF_OBJ_GET`: what is pinned at this path.
///
/// Symbolic links are followed only where the directory that holds each of them belongs to root or to us and nobody else
/// can write it: elsewhere somebody could make us take another object than we were told of. [`Errno::ELOOP`] says that
/// there is such a link.
pub fn get_pinned(path: &Path) -> Result<OwnedFd, Errno> {
    get_pinned_flags(path, 0)
}

/// The same, with `RDONLY` or `WRONLY`.
pub fn get_pinned_flags(path: &Path, file_flags: u32) -> Result<OwnedFd, Errno> {
    let file = open_path(path)?;
    let path = c_path(&through(&file))?;
    let mut attr = ObjAttr { pathname: address(path.as_bytes_with_nul()), file_flags, ..Default::default() };
    // SAFETY: the kernel reads the path, which ends in zero, and returns a new descriptor.
    unsafe { bpf_fd(Command::ObjGet, &mut attr) }
}

/// The directory of a path.
fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A path that leads to just what is open, however its own path changes.
fn through(file: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", number(file)))
}

/// Opens a file or directory as a place only, following no link that somebody else may have put there.
fn open_path(path: &Path) -> Result<OwnedFd, Errno> {
    match open_at(path, libc::RESOLVE_NO_SYMLINKS | libc::RESOLVE_NO_MAGICLINKS) {
        Err(Errno::ELOOP) if links_are_trusted(path) => open_at(path, 0),
        // Before 5.6 there is no such call: who has such a kernel takes what the path says.
        Err(Errno::ENOSYS) => {
            let file = File::options().read(true).custom_flags(libc::O_PATH).open(path)?;
            Ok(file.into())
        }
        answer => answer,
    }
}

/// `struct open_how`.
#[repr(C)]
struct OpenHow {
    flags: u64,
    mode: u64,
    resolve: u64,
}

fn open_at(path: &Path, resolve: u64) -> Result<OwnedFd, Errno> {
    let path = c_path(path)?;
    let how = OpenHow { flags: (libc::O_PATH | libc::O_CLOEXEC) as u64, mode: 0, resolve };
    let (at, size) = (libc::AT_FDCWD, size_of::<OpenHow>());
    // SAFETY: the path ends in zero, `how` is `size` bytes that are only read.
    let fd = answer(unsafe { libc::syscall(libc::SYS_openat2, at, path.as_ptr(), &raw const how, size) });
    // SAFETY: the call returns a new descriptor.
    unsafe { owned(fd.map(|fd| fd as RawFd)) }
}

/// Whether each link on the path stands in a directory that only root or we can write. A link's own target is looked at in
/// the same way.
fn links_are_trusted(path: &Path) -> bool {
    const LINKS: usize = 40; // as many as the kernel follows
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Some((link, target)) = first_link(&path) else { return true };
        let dir = parent_of(&link).to_owned();
        if !only_ours(&dir) {
            return false;
        }
        let rest = path.strip_prefix(&link).unwrap_or(Path::new("")).to_owned();
        path = dir.join(target).join(rest);
    }
    false
}

/// The first part of the path that is a link, and what it says.
fn first_link(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut so_far = PathBuf::new();
    path.components().find_map(|part| {
        so_far.push(part);
        std::fs::read_link(&so_far).ok().map(|target| (so_far.clone(), target))
    })
}

fn only_ours(dir: &Path) -> bool {
    const OTHERS_WRITE: u32 = 0o022;
    let Ok(facts) = std::fs::metadata(dir) else { return false };
    // SAFETY: a call without arguments that cannot fail.
    let me = unsafe { libc::geteuid() };
    facts.mode() & OTHERS_WRITE == 0 && (facts.uid() == 0 || facts.uid() == me)
}

impl Pinned {
    /// What is pinned at this path, told apart.
    pub fn get(path: &Path) -> Result<Self, Errno> {
        Self::of(get_pinned(path)?)
    }

    /// What this descriptor is of: the name of its anonymous inode says.
    pub fn of(fd: OwnedFd) -> Result<Self, Errno> {
        match crate::process::descriptor_name(&fd)?.as_str() {
            "anon_inode:bpf-map" => MapFd::from_fd(fd).map(Self::Map),
            "anon_inode:bpf-prog" => Ok(Self::Prog(ProgFd(fd))),
            // What is a link was spelled in two ways.
            "anon_inode:bpf_link" | "anon_inode:bpf-link" => Ok(Self::Link(LinkFd(fd))),
            _ => Err(Errno::EINVAL),
        }
    }
}
