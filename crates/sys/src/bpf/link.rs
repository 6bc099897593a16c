//! Links: attachments that end with their last descriptor or pin.
use super::{address, length};
use crate::fd::{number, number_or_zero};
use crate::syscall::{bpf, bpf_fd};
use crate::{Errno, LinkFd};
use osmia_abi::attr::{
    LinkCreateAttr, LinkCreateWith, LinkDetachAttr, LinkIterAttr, LinkKprobeMultiAttr, LinkNetfilterAttr,
    LinkOrderedAttr, LinkPerfEventAttr, LinkTracingAttr, LinkUpdateAttr, LinkUprobeMultiAttr,
};
use osmia_abi::{AttachType, Command, flags};
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};

/// Asks for a link.
#[derive(Clone, Copy, Debug)]
pub struct LinkCreate<'a> {
    /// The program; for struct_ops, the map.
    pub prog: BorrowedFd<'a>,
    /// How it is attached.
    pub attach: AttachType,
    /// Flags of the kind of link: for XDP those of the interface, for ordered ones `BEFORE` and `AFTER`.
    pub flags: u32,
    /// To what.
    pub target: LinkTarget<'a>,
}

/// What a program is linked to.
#[derive(Clone, Copy, Debug)]
pub enum LinkTarget<'a> {
    /// What it says itself: struct_ops, LSM, fentry (with a cookie), raw tracepoints through BTF.
    Own {
        /// What the program can ask for.
        cookie: u64,
    },
    /// Another program's function, for an extension or for tracing it.
    Function {
        /// The program.
        prog: BorrowedFd<'a>,
        /// The function's type in the BTF of the program.
        btf_id: u32,
        /// What the program can ask for.
        cookie: u64,
    },
    /// A descriptor: network namespace, socket map.
    Descriptor(BorrowedFd<'a>),
    /// An interface: XDP.
    Interface(u32),
    /// A cgroup; its order counts from 6.17 on.
    Cgroup(BorrowedFd<'a>, Order<'a>),
    /// An interface with several programs in an order: tcx, netkit.
    Ordered(u32, Order<'a>),
    /// A perf event.
    PerfEvent {
        /// The event.
        event: BorrowedFd<'a>,
        /// What the program can ask for.
        cookie: u64,
    },
    /// Many kernel functions.
    KprobeMulti(KprobeMulti<'a>),
    /// Many places of one file.
    UprobeMulti(UprobeMulti<'a>),
    /// An iterator.
    Iter(IterTarget<'a>),
    /// A netfilter hook.
    Netfilter {
        /// The protocol family.
        family: u32,
        /// The hook.
        hook: u32,
        /// Where among the others.
        priority: i32,
        /// Flags.
        flags: u32,
    },
}

/// Where in an ordered list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order<'a> {
    /// Next to which; `BEFORE` or `AFTER` among the flags says on which side.
    pub relative: Option<Relative<'a>>,
    /// Only if the list is at this revision; zero for any.
    pub revision: u64,
}

/// A program or link in an ordered list.
#[derive(Clone, Copy, Debug)]
pub enum Relative<'a> {
    /// By its descriptor.
    Fd(BorrowedFd<'a>),
    /// By its id.
    Id(u32),
}

/// Many kernel functions: by name or by address, with a cookie each or none.
#[derive(Clone, Copy, Debug, Default)]
pub struct KprobeMulti<'a> {
    /// By name.
    pub symbols: &'a [&'a CStr],
    /// By address.
    pub addresses: &'a [u64],
    /// What the program can ask for, for each.
    pub cookies: &'a [u64],
    /// `KPROBE_MULTI_RETURN` to run at the return.
    pub flags: u32,
}

/// Many places of one file, with a semaphore and a cookie each or none.
#[derive(Clone, Copy, Debug, Default)]
pub struct UprobeMulti<'a> {
    /// The file.
    pub path: &'a CStr,
    /// Offsets in the file.
    pub offsets: &'a [u64],
    /// Offsets of the semaphores, for USDT.
    pub semaphores: &'a [u64],
    /// What the program can ask for, for each.
    pub cookies: &'a [u64],
    /// `UPROBE_MULTI_RETURN` to run at the return.
    pub flags: u32,
    /// Only in this process; zero for all.
    pub pid: u32,
}

/// What an iterator walks over.
#[derive(Clone, Copy, Debug, Default)]
pub enum IterTarget<'a> {
    /// All there are.
    #[default]
    All,
    /// The elements of a map.
    Map(BorrowedFd<'a>),
    /// One thread.
    Thread(u32),
    /// One process.
    Process(u32),
    /// A cgroup, and which of its relatives: `enum bpf_cgroup_iter_order`.
    Cgroup(BorrowedFd<'a>, u32),
}

impl LinkCreate<'_> {
    /// `BPF_LINK_CREATE`.
    pub fn call(&self) -> Result<LinkFd, Errno> {
        match self.target {
            LinkTarget::Own { cookie } => self.with(0, tracing(0, cookie)),
            LinkTarget::Function { prog, btf_id, cookie } => {
                self.with(number(&prog), tracing(btf_id, cookie))
            }
            LinkTarget::Descriptor(fd) => self.with(number(&fd), [0_u64; 0]),
            LinkTarget::Interface(index) => self.with(index, [0_u64; 0]),
            LinkTarget::Cgroup(fd, order) => self.ordered(number(&fd), order),
            LinkTarget::Ordered(index, order) => self.ordered(index, order),
            LinkTarget::PerfEvent { event, cookie } => {
                self.with(number(&event), LinkPerfEventAttr { bpf_cookie: cookie })
            }
            LinkTarget::KprobeMulti(many) => self.kprobe_multi(&many),
            LinkTarget::UprobeMulti(many) => self.uprobe_multi(&many),
            LinkTarget::Iter(target) => self.iter(target),
            LinkTarget::Netfilter { family, hook, priority, flags } => {
                self.with(0, LinkNetfilterAttr { pf: family, hooknum: hook, priority, flags })
            }
        }
    }

    fn with<T>(&self, target_fd: u32, more: T) -> Result<LinkFd, Errno> {
        let common = LinkCreateAttr {
            prog_fd: number(&self.prog),
            target_fd,
            attach_type: self.attach.raw(),
            flags: self.flags,
        };
        self.create(LinkCreateWith { common, more })
    }

    fn create<T>(&self, mut attr: LinkCreateWith<T>) -> Result<LinkFd, Errno> {
        // SAFETY: the callers below own or borrow all that the attributes point to, with the lengths that stand beside
        // the pointers; the kernel only reads them, and returns a new descriptor.
        unsafe { bpf_fd(Command::LinkCreate, &mut attr) }.map(LinkFd)
    }

    fn ordered(&self, target: u32, order: Order<'_>) -> Result<LinkFd, Errno> {
        let (relative_fd, id) = match order.relative {
            None => (0, 0),
            Some(Relative::Fd(fd)) => (number(&fd), 0),
            Some(Relative::Id(id)) => (id, flags::ID),
        };
        let more = LinkOrderedAttr { relative_fd, expected_revision: order.revision, ..Default::default() };
        Self { flags: self.flags | id, ..*self }.with(target, more)
    }

    fn kprobe_multi(&self, many: &KprobeMulti<'_>) -> Result<LinkFd, Errno> {
        let symbols: Vec<u64> = many.symbols.iter().map(|name| address(name.to_bytes_with_nul())).collect();
        let cnt = length(&symbols)?.max(length(many.addresses)?);
        check_companion(many.cookies, cnt)?;
        if !symbols.is_empty() && !many.addresses.is_empty() {
            return Err(Errno::EINVAL);
        }
        let (syms, addrs, cookies) = (address(&symbols), address(many.addresses), address(many.cookies));
        self.with(0, LinkKprobeMultiAttr { flags: many.flags, cnt, syms, addrs, cookies })
    }

    fn uprobe_multi(&self, many: &UprobeMulti<'_>) -> Result<LinkFd, Errno> {
        let cnt = length(many.offsets)?;
        check_companion(many.semaphores, cnt)?;
        check_companion(many.cookies, cnt)?;
        let more = LinkUprobeMultiAttr {
            path: address(many.path.to_bytes_with_nul()),
            offsets: address(many.offsets),
            ref_ctr_offsets: address(many.semaphores),
            cookies: address(many.cookies),
            cnt,
            flags: many.flags,
            pid: many.pid,
            ..Default::default()
        };
        self.with(0, more)
    }

    fn iter(&self, target: IterTarget<'_>) -> Result<LinkFd, Errno> {
        // union bpf_iter_link_info: the map's descriptor; or cgroup: order, descriptor, id; or task: thread, process, pidfd.
        let info: [u32; 4] = match target {
            IterTarget::All => return self.with(0, [0_u64; 0]),
            IterTarget::Map(map) => [number(&map), 0, 0, 0],
            IterTarget::Thread(id) => [id, 0, 0, 0],
            IterTarget::Process(id) => [0, id, 0, 0],
            IterTarget::Cgroup(fd, order) => [order, number(&fd), 0, 0],
        };
        let used = if matches!(target, IterTarget::Map(_)) { 4 } else { 16 };
        self.with(0, LinkIterAttr { iter_info: address(&info), iter_info_len: used, ..Default::default() })
    }
}

fn tracing(target_btf_id: u32, cookie: u64) -> LinkTracingAttr {
    LinkTracingAttr { target_btf_id, cookie, ..Default::default() }
}

/// A list that goes along with another of `count` elements is as long, or missing.
fn check_companion(list: &[u64], count: u32) -> Result<(), Errno> {
    if list.is_empty() || length(list)? == count { Ok(()) } else { Err(Errno::EINVAL) }
}

/// `BPF_LINK_UPDATE`: another program, if given only in place of `old`.
pub fn link_update(link: &LinkFd, new: &impl AsFd, old: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    let flags = if old.is_some() { flags::REPLACE } else { 0 };
    let mut attr = LinkUpdateAttr {
        link_fd: number(link),
        new_prog_fd: number(new),
        flags,
        old_prog_fd: number_or_zero(old),
    };
    // SAFETY: the attributes hold no pointer.
    unsafe { bpf(Command::LinkUpdate, &mut attr) }.map(drop)
}

/// `BPF_LINK_DETACH`: the link stays, but is attached to nothing.
pub fn link_detach(link: &LinkFd) -> Result<(), Errno> {
    // SAFETY: the attributes hold no pointer.
    unsafe { bpf(Command::LinkDetach, &mut LinkDetachAttr { link_fd: number(link) }) }.map(drop)
}

/// Whether the kernel knows this kind of link at many kernel functions (`TraceKprobeMulti`, `TraceKprobeSession`): asked
/// with a list of addresses that is not there, so that nothing is attached. A kernel that knows it wants to read the
/// list, and answers [`Errno::EFAULT`].
pub fn knows_kprobe_multi(prog: &impl AsFd, attach: AttachType) -> Result<bool, Errno> {
    let common = LinkCreateAttr { prog_fd: number(prog), attach_type: attach.raw(), ..Default::default() };
    let more = LinkKprobeMultiAttr { cnt: 1, addrs: 1, ..Default::default() };
    let mut attr = LinkCreateWith { common, more };
    // SAFETY: the kernel only reads at the address, which is checked there and mapped nowhere.
    match unsafe { bpf_fd(Command::LinkCreate, &mut attr) } {
        Err(Errno::EFAULT) => Ok(true),
        Err(Errno::EINVAL | Errno::EOPNOTSUPP | Errno::ENOTSUPP) => Ok(false),
        answer => answer.map(|_| true),
    }
}
