//! Objects in the BPF file system.
use super::{MapFd, address};
use crate::fd::number;
use crate::mount::c_path;
use crate::syscall::{bpf, bpf_fd};
use crate::{Errno, LinkFd, ProgFd};
use osmia_abi::Command;
use osmia_abi::attr::ObjAttr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

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

/// `BPF_OBJ_PIN`: the object lives on under this path.
pub fn pin(object: &impl AsFd, path: &Path) -> Result<(), Errno> {
    let path = c_path(path)?;
    let mut attr =
        ObjAttr { pathname: address(path.as_bytes_with_nul()), bpf_fd: number(object), ..Default::default() };
    // SAFETY: the kernel reads the path, which ends in zero.
    unsafe { bpf(Command::ObjPin, &mut attr) }.map(drop)
}

/// `BPF_OBJ_GET`: what is pinned at this path.
pub fn get_pinned(path: &Path) -> Result<OwnedFd, Errno> {
    get_pinned_flags(path, 0)
}

/// The same, with `RDONLY` or `WRONLY`.
pub fn get_pinned_flags(path: &Path, file_flags: u32) -> Result<OwnedFd, Errno> {
    let path = c_path(path)?;
    let mut attr = ObjAttr { pathname: address(path.as_bytes_with_nul()), file_flags, ..Default::default() };
    // SAFETY: the kernel reads the path, which ends in zero, and returns a new descriptor.
    unsafe { bpf_fd(Command::ObjGet, &mut attr) }
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
