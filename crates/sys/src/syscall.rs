//! The raw calls.
use crate::Errno;
use osmia_abi::Command;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// What a system call answered, as a result.
pub(crate) fn answer(value: libc::c_long) -> Result<libc::c_long, Errno> {
    if value < 0 { Err(Errno::last()) } else { Ok(value) }
}

/// The same for calls of the C library, which return `int`.
pub(crate) fn done(value: libc::c_int) -> Result<libc::c_int, Errno> {
    if value < 0 { Err(Errno::last()) } else { Ok(value) }
}

/// Owns the descriptor that a call answered.
///
/// # Safety
/// `value` must be the answer of a call that returns a new descriptor, which nobody else owns.
pub(crate) unsafe fn owned(value: Result<libc::c_int, Errno>) -> Result<OwnedFd, Errno> {
    // SAFETY: the caller promises that the descriptor is new and has no other owner.
    value.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `bpf(2)` with one attribute structure.
///
/// # Safety
/// What the structure points to must live through the call, be at least as long as its length fields say, and be
/// writable where this command writes.
pub(crate) unsafe fn bpf<T>(command: Command, attr: &mut T) -> Result<libc::c_long, Errno> {
    let size = size_of::<T>();
    // SAFETY: `attr` is `size` bytes of plain data, all of them initialized; the caller answers for its pointers.
    answer(unsafe { libc::syscall(libc::SYS_bpf, command.raw(), std::ptr::from_mut(attr), size) })
}

/// `bpf(2)` for a command that returns a new descriptor.
///
/// # Safety
/// As for [`bpf`]; and the command must be one that returns a descriptor.
pub(crate) unsafe fn bpf_fd<T>(command: Command, attr: &mut T) -> Result<OwnedFd, Errno> {
    // SAFETY: the caller's promise is that of `bpf`.
    let fd = unsafe { bpf(command, attr) }?;
    // SAFETY: the kernel has just made this descriptor (with close-on-exec) for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}
