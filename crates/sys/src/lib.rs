//! System calls, descriptors and rings: typed, without policy. The only room with `unsafe`; every block says why.
#![allow(unsafe_code, reason = "this is the room for it")]
pub mod bpf;
mod capabilities;
mod clock;
mod errno;
mod fd;
mod keys;
mod mapping;
mod mount;
pub mod netlink;
pub mod perf;
mod poll;
pub mod process;
mod ptrace;
mod ringbuf;
mod shared;
mod sockets;
mod syscall;
mod system;

pub use bytemuck;
pub use capabilities::{has_capability, lay_down_capabilities};
pub use clock::{Clock, now, tick};
pub use errno::Errno;
pub use fd::{BtfFd, LinkFd, ProgFd, TokenFd};
pub use keys::{Key, Keyring, add_certificate, unlink_key};
pub use mapping::{MappedArray, MappedBtf};
pub use mount::{FileSystem, file_system_at, mount};
pub use poll::{EventFd, Interest, Poller, Ready, SignalFd, TimerFd};
pub use ringbuf::RingBuffer;
pub use shared::{Access, Bool, Memory, ReadOnly, ReadWrite, Section, Shared, Values, Variables};
pub use sockets::{SocketProgram, attach_to_socket, detach_from_socket, enter_new_network};
pub use system::{
    Resource, online_cpus, page_size, possible_cpus, raise_limit, resource_limit, set_resource_limit,
};
