//! Programs at single sockets, and network namespaces.
use crate::fd::number;
use crate::syscall::done;
use crate::{Errno, ProgFd};
use std::os::fd::{AsFd, AsRawFd};

/// What a program does at a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketProgram {
    /// Filters what the socket gets.
    Filter,
    /// Chooses among the sockets of its port.
    Reuseport,
}

impl SocketProgram {
    const fn attach(self) -> libc::c_int {
        match self {
            Self::Filter => libc::SO_ATTACH_BPF,
            Self::Reuseport => libc::SO_ATTACH_REUSEPORT_EBPF,
        }
    }

    /// `SO_DETACH_FILTER`, `SO_DETACH_REUSEPORT_BPF` (5.3).
    const fn detach(self) -> libc::c_int {
        match self {
            Self::Filter => libc::SO_DETACH_FILTER,
            Self::Reuseport => 68,
        }
    }
}

/// Puts a program at a socket; it stays as long as the socket lives or until it is detached.
pub fn attach_to_socket(socket: &impl AsFd, program: &ProgFd, role: SocketProgram) -> Result<(), Errno> {
    set(socket, role.attach(), number(program))
}

/// Takes the program away from a socket.
pub fn detach_from_socket(socket: &impl AsFd, role: SocketProgram) -> Result<(), Errno> {
    set(socket, role.detach(), 0)
}

fn set(socket: &impl AsFd, option: libc::c_int, value: u32) -> Result<(), Errno> {
    let size = size_of::<u32>() as libc::socklen_t;
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: the option's value is a number that lives through the call, and `size` is its size.
    done(unsafe { libc::setsockopt(fd, libc::SOL_SOCKET, option, (&raw const value).cast(), size) }).map(drop)
}

/// Gives the calling thread a network of its own, with nothing in it but a loopback that is down. Other threads stay where
/// they are; threads that this one starts later go with it.
pub fn enter_new_network() -> Result<(), Errno> {
    // SAFETY: a call with a number; it changes what this thread sees of the network, and no memory.
    done(unsafe { libc::unshare(libc::CLONE_NEWNET) }).map(drop)
}
