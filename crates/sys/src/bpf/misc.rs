//! Commands that stand alone.
use super::{MapFd, address_mut, length, text};
use crate::fd::number;
use crate::syscall::{bpf, bpf_fd};
use crate::{Errno, LinkFd, ProgFd, TokenFd};
use osmia_abi::attr::{
    EnableStatsAttr, IterCreateAttr, ProgBindMapAttr, ProgStreamReadAttr, TaskFdQueryAttr, TokenCreateAttr,
};
use osmia_abi::{Command, flags};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

/// `BPF_ENABLE_STATS`: the kernel counts runs and their time as long as the descriptor is open.
pub fn enable_run_time_stats() -> Result<OwnedFd, Errno> {
    // SAFETY: the attributes hold no pointer; the kernel returns a new descriptor.
    unsafe { bpf_fd(Command::EnableStats, &mut EnableStatsAttr { r#type: flags::STATS_RUN_TIME }) }
}

/// `BPF_ITER_CREATE`: a walk over what the iterator's link names; reading the file runs the program.
pub fn iter_create(link: &LinkFd) -> Result<File, Errno> {
    let mut attr = IterCreateAttr { link_fd: number(link), flags: 0 };
    // SAFETY: the attributes hold no pointer; the kernel returns a new descriptor.
    unsafe { bpf_fd(Command::IterCreate, &mut attr) }.map(File::from)
}

/// `BPF_PROG_BIND_MAP`: the map lives as long as the program, though no instruction names it.
pub fn prog_bind_map(prog: &ProgFd, map: &MapFd) -> Result<(), Errno> {
    let mut attr = ProgBindMapAttr { prog_fd: number(prog), map_fd: number(map), flags: 0 };
    // SAFETY: the attributes hold no pointer.
    unsafe { bpf(Command::ProgBindMap, &mut attr) }.map(drop)
}

/// `BPF_TOKEN_CREATE`: the permissions that a mount of the BPF file system delegates.
pub fn token_create(mount: &impl AsFd) -> Result<TokenFd, Errno> {
    let mut attr = TokenCreateAttr { flags: 0, bpffs_fd: number(mount) };
    // SAFETY: the attributes hold no pointer; the kernel returns a new descriptor.
    unsafe { bpf_fd(Command::TokenCreate, &mut attr) }.map(TokenFd)
}

/// `BPF_PROG_STREAM_READ_BY_FD`: what the program wrote to its stream (1 output, 2 errors); zero at the end.
pub fn prog_stream_read(prog: &ProgFd, stream: u32, buffer: &mut [u8]) -> Result<usize, Errno> {
    let mut attr = ProgStreamReadAttr {
        stream_buf: address_mut(buffer),
        stream_buf_len: length(buffer)?,
        stream_id: stream,
        prog_fd: number(prog),
        ..Default::default()
    };
    // SAFETY: the kernel writes to the buffer, at most as much as it holds.
    let read = unsafe { bpf(Command::ProgStreamReadByFd, &mut attr) }?;
    Ok(usize::try_from(read).unwrap_or(0).min(buffer.len()))
}

/// What a descriptor of a process is, where it is a perf event or raw tracepoint with a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FdQuery {
    /// The program.
    pub prog: u32,
    /// 0 raw tracepoint, 1 tracepoint, 2 kprobe, 3 kretprobe, 4 uprobe, 5 uretprobe (`enum bpf_task_fd_type`).
    pub kind: u32,
    /// The tracepoint, function or file; empty for a kprobe at an address.
    pub name: String,
    /// Where in the function or file.
    pub offset: u64,
    /// The kernel address.
    pub address: u64,
}

/// `BPF_TASK_FD_QUERY`.
pub fn task_fd_query(pid: u32, fd: u32) -> Result<FdQuery, Errno> {
    let mut room = 256;
    loop {
        let mut name = vec![0_u8; room];
        let mut attr = TaskFdQueryAttr {
            pid,
            fd,
            buf: address_mut(&mut name),
            buf_len: length(&name)?,
            ..Default::default()
        };
        // SAFETY: the kernel writes to the buffer, at most as much as it holds.
        match unsafe { bpf(Command::TaskFdQuery, &mut attr) } {
            Err(Errno::ENOSPC) if attr.buf_len as usize >= room => room = attr.buf_len as usize + 1,
            Err(errno) => return Err(errno),
            Ok(_) => {
                let (prog, kind) = (attr.prog_id, attr.fd_type);
                return Ok(FdQuery {
                    prog,
                    kind,
                    name: text(&name),
                    offset: attr.probe_offset,
                    address: attr.probe_addr,
                });
            }
        }
    }
}
