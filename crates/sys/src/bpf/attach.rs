//! Attachments without links.
use super::{Order, Relative};
use crate::fd::number;
use crate::syscall::{bpf, bpf_fd};
use crate::{Errno, LinkFd, ProgFd};
use osmia_abi::attr::{ProgAttachAttr, RawTracepointAttr};
use osmia_abi::{AttachType, Command, flags};
use std::ffi::CStr;
use std::os::fd::BorrowedFd;

/// Where a program is attached.
#[derive(Clone, Copy, Debug)]
pub enum AttachPoint<'a> {
    /// A cgroup, socket map, network namespace or device.
    Fd(BorrowedFd<'a>),
    /// An interface.
    Interface(u32),
    /// What is attached nowhere in particular.
    Nothing,
}

impl AttachPoint<'_> {
    pub(super) fn raw(self) -> u32 {
        match self {
            Self::Fd(fd) => number(&fd),
            Self::Interface(index) => index,
            Self::Nothing => 0,
        }
    }
}

/// Asks for a program to be attached.
#[derive(Clone, Copy, Debug)]
pub struct ProgAttach<'a> {
    /// Where.
    pub target: AttachPoint<'a>,
    /// The program.
    pub prog: BorrowedFd<'a>,
    /// How.
    pub attach: AttachType,
    /// `ALLOW_OVERRIDE`, `ALLOW_MULTI`, `BEFORE`, `AFTER`; the flag to replace is set where a program is given for it.
    pub flags: u32,
    /// In place of this one.
    pub replace: Option<BorrowedFd<'a>>,
    /// Where in the order.
    pub order: Order<'a>,
}

impl ProgAttach<'_> {
    /// `BPF_PROG_ATTACH`.
    pub fn call(&self) -> Result<(), Errno> {
        let mut attr = attributes(self.target, Some(self.prog), self.attach, self.flags, self.order);
        if let Some(replace) = self.replace {
            attr.replace_bpf_fd = number(&replace);
            attr.attach_flags |= flags::REPLACE;
        }
        // SAFETY: the attributes hold no pointer.
        unsafe { bpf(Command::ProgAttach, &mut attr) }.map(drop)
    }
}

/// Asks for a program to be detached.
#[derive(Clone, Copy, Debug)]
pub struct ProgDetach<'a> {
    /// Where.
    pub target: AttachPoint<'a>,
    /// The program, where there may be several.
    pub prog: Option<BorrowedFd<'a>>,
    /// How it is attached.
    pub attach: AttachType,
    /// `BEFORE`, `AFTER`.
    pub flags: u32,
    /// Where in the order.
    pub order: Order<'a>,
}

impl ProgDetach<'_> {
    /// `BPF_PROG_DETACH`.
    pub fn call(&self) -> Result<(), Errno> {
        let mut attr = attributes(self.target, self.prog, self.attach, self.flags, self.order);
        // SAFETY: the attributes hold no pointer.
        unsafe { bpf(Command::ProgDetach, &mut attr) }.map(drop)
    }
}

fn attributes(
    target: AttachPoint<'_>,
    prog: Option<BorrowedFd<'_>>,
    attach: AttachType,
    attach_flags: u32,
    order: Order<'_>,
) -> ProgAttachAttr {
    let (relative_fd, id) = match order.relative {
        None => (0, 0),
        Some(Relative::Fd(fd)) => (number(&fd), 0),
        Some(Relative::Id(id)) => (id, flags::ID),
    };
    ProgAttachAttr {
        target_fd: target.raw(),
        attach_bpf_fd: crate::fd::number_or_zero(prog),
        attach_type: attach.raw(),
        attach_flags: attach_flags | id,
        relative_fd,
        expected_revision: order.revision,
        ..Default::default()
    }
}

/// `BPF_RAW_TRACEPOINT_OPEN`: by name, or with none what the program says itself (fentry, LSM, `tp_btf`).
pub fn raw_tracepoint_open(name: Option<&CStr>, prog: &ProgFd, cookie: u64) -> Result<LinkFd, Errno> {
    let name = name.map_or(0, |name| super::address(name.to_bytes_with_nul()));
    let mut attr = RawTracepointAttr { name, prog_fd: number(prog), cookie, ..Default::default() };
    // SAFETY: the kernel reads the name, which ends in zero, and returns a new descriptor.
    unsafe { bpf_fd(Command::RawTracepointOpen, &mut attr) }.map(LinkFd)
}
