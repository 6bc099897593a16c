//! What the kernel tells of a link.
use super::info::fill_info;
use super::{address_mut, length, text};
use crate::{Errno, LinkFd};
use osmia_abi::LinkType;
use osmia_abi::info::{
    CgroupLinkInfo, InterfaceLinkInfo, IterLinkInfo, KprobeMultiLinkInfo, LinkInfo, LinkInfoCommon,
    MapLinkInfo, NetfilterLinkInfo, NetnsLinkInfo, PerfKprobeInfo, PerfLinkInfo, PerfLinkInfoWith,
    PerfOtherInfo, PerfTracepointInfo, PerfUprobeInfo, RawTracepointLinkInfo, TracingLinkInfo,
    UprobeMultiLinkInfo,
};
use osmia_abi::perf::link_kind;

/// A link as the kernel tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFacts {
    /// Its id.
    pub id: u32,
    /// The number of its kind, which we may not know.
    pub kind: u32,
    /// The program.
    pub prog: u32,
    /// What is particular to its kind.
    pub detail: LinkDetail,
}

/// What is particular to a kind of link.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the kernel's own")]
pub enum LinkDetail {
    /// A kind that is not known here, or has nothing of its own.
    Other,
    /// A raw tracepoint.
    RawTracepoint { name: String, cookie: u64 },
    /// A function, tracepoint or LSM hook through BTF.
    Tracing { attach_type: u32, target_obj_id: u32, target_btf_id: u32, cookie: u64 },
    /// A cgroup.
    Cgroup { cgroup_id: u64, attach_type: u32 },
    /// An iterator over `target`; `selector` is a cgroup's id, or thread and process in its halves.
    Iter { target: String, map_id: u32, selector: u64, order: u32 },
    /// A network namespace.
    Netns { netns_ino: u32, attach_type: u32 },
    /// An interface.
    Xdp { ifindex: u32 },
    /// An interface with several programs.
    Tcx { ifindex: u32, attach_type: u32 },
    /// A netkit interface.
    Netkit { ifindex: u32, attach_type: u32 },
    /// A struct_ops map.
    StructOps { map_id: u32 },
    /// A socket map.
    Sockmap { map_id: u32, attach_type: u32 },
    /// A netfilter hook.
    Netfilter { family: u32, hook: u32, priority: i32, flags: u32 },
    /// Many kernel functions.
    KprobeMulti { addresses: Vec<u64>, cookies: Vec<u64>, flags: u32, missed: u64 },
    /// Many places of one file.
    UprobeMulti {
        path: String,
        offsets: Vec<u64>,
        semaphores: Vec<u64>,
        cookies: Vec<u64>,
        flags: u32,
        pid: u32,
    },
    /// A perf event.
    PerfEvent(PerfEventDetail),
}

/// What is particular to a kind of perf event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the kernel's own")]
pub enum PerfEventDetail {
    /// A kind that is not known here.
    Other { kind: u32 },
    /// A uprobe.
    Uprobe { is_return: bool, file: String, offset: u32, cookie: u64, semaphore: u64 },
    /// A kprobe.
    Kprobe { is_return: bool, function: String, offset: u32, address: u64, missed: u64, cookie: u64 },
    /// A tracepoint.
    Tracepoint { name: String, cookie: u64 },
    /// Any other event.
    Event { event_type: u32, config: u64, cookie: u64 },
}

/// Bytes of a name or path at most.
const NAME: usize = 4096;

/// What the kernel tells of a link.
pub fn link_info(link: &LinkFd) -> Result<LinkFacts, Errno> {
    let mut common = LinkInfoCommon::default();
    // SAFETY: the structure ends before any pointer.
    unsafe { fill_info(link, &mut common) }?;
    let detail =
        LinkType::from_raw(common.r#type).map_or(Ok(LinkDetail::Other), |kind| detail(link, kind))?;
    Ok(LinkFacts { id: common.id, kind: common.r#type, prog: common.prog_id, detail })
}

fn detail(link: &LinkFd, kind: LinkType) -> Result<LinkDetail, Errno> {
    use LinkType as Kind;
    match kind {
        Kind::Unspec | Kind::TracingMulti => Ok(LinkDetail::Other),
        Kind::RawTracepoint => raw_tracepoint(link),
        Kind::Tracing => plain(link, |it: TracingLinkInfo| LinkDetail::Tracing {
            attach_type: it.attach_type,
            target_obj_id: it.target_obj_id,
            target_btf_id: it.target_btf_id,
            cookie: it.cookie,
        }),
        Kind::Cgroup => plain(link, |it: CgroupLinkInfo| LinkDetail::Cgroup {
            cgroup_id: it.cgroup_id,
            attach_type: it.attach_type,
        }),
        Kind::Iter => iter(link),
        Kind::Netns => plain(link, |it: NetnsLinkInfo| LinkDetail::Netns {
            netns_ino: it.netns_ino,
            attach_type: it.attach_type,
        }),
        Kind::Xdp => plain(link, |it: InterfaceLinkInfo| LinkDetail::Xdp { ifindex: it.ifindex }),
        Kind::Tcx => plain(link, |it: InterfaceLinkInfo| LinkDetail::Tcx {
            ifindex: it.ifindex,
            attach_type: it.attach_type,
        }),
        Kind::Netkit => plain(link, |it: InterfaceLinkInfo| LinkDetail::Netkit {
            ifindex: it.ifindex,
            attach_type: it.attach_type,
        }),
        Kind::StructOps => plain(link, |it: MapLinkInfo| LinkDetail::StructOps { map_id: it.map_id }),
        Kind::Sockmap => plain(link, |it: MapLinkInfo| LinkDetail::Sockmap {
            map_id: it.map_id,
            attach_type: it.attach_type,
        }),
        Kind::Netfilter => plain(link, |it: NetfilterLinkInfo| LinkDetail::Netfilter {
            family: it.pf,
            hook: it.hooknum,
            priority: it.priority,
            flags: it.flags,
        }),
        Kind::KprobeMulti => kprobe_multi(link),
        Kind::UprobeMulti => uprobe_multi(link),
        Kind::PerfEvent => perf_event(link).map(LinkDetail::PerfEvent),
    }
}

/// Kinds without lists.
fn plain<T: Default>(link: &LinkFd, detail: impl FnOnce(T) -> LinkDetail) -> Result<LinkDetail, Errno> {
    let mut info = LinkInfo::<T>::default();
    // SAFETY: the structures that `detail` above asks for are all numbers; pointers that the kernel may see instead, had
    // the link another kind, are null.
    unsafe { fill_info(link, &mut info) }?;
    Ok(detail(info.more))
}

fn raw_tracepoint(link: &LinkFd) -> Result<LinkDetail, Errno> {
    let mut name = vec![0; NAME];
    let mut info = LinkInfo::<RawTracepointLinkInfo>::default();
    info.more.tp_name = address_mut(&mut name);
    info.more.tp_name_len = length(&name)?;
    // SAFETY: the pointer leads to a buffer of the length beside it.
    unsafe { fill_info(link, &mut info) }?;
    Ok(LinkDetail::RawTracepoint { name: text(&name), cookie: info.more.cookie })
}

fn iter(link: &LinkFd) -> Result<LinkDetail, Errno> {
    let mut name = vec![0; NAME];
    let mut info = LinkInfo::<IterLinkInfo>::default();
    info.more.target_name = address_mut(&mut name);
    info.more.target_name_len = length(&name)?;
    // SAFETY: the pointer leads to a buffer of the length beside it.
    unsafe { fill_info(link, &mut info) }?;
    let IterLinkInfo { map_id, cgroup_id, order, .. } = info.more;
    Ok(LinkDetail::Iter { target: text(&name), map_id, selector: cgroup_id, order })
}

fn kprobe_multi(link: &LinkFd) -> Result<LinkDetail, Errno> {
    let mut info = LinkInfo::<KprobeMultiLinkInfo>::default();
    // SAFETY: all pointers are null; the kernel tells how many functions there are.
    unsafe { fill_info(link, &mut info) }?;
    let count = info.more.count as usize;
    let (mut addresses, mut cookies) = (vec![0; count], vec![0; count]);
    info.more.addrs = address_mut(&mut addresses);
    info.more.cookies = address_mut(&mut cookies);
    // SAFETY: both pointers lead to lists of `count` numbers.
    unsafe { fill_info(link, &mut info) }?;
    Ok(LinkDetail::KprobeMulti { addresses, cookies, flags: info.more.flags, missed: info.more.missed })
}

fn uprobe_multi(link: &LinkFd) -> Result<LinkDetail, Errno> {
    let mut info = LinkInfo::<UprobeMultiLinkInfo>::default();
    // SAFETY: all pointers are null; the kernel tells how many places there are.
    unsafe { fill_info(link, &mut info) }?;
    let count = info.more.count as usize;
    let (mut path, mut offsets, mut semaphores, mut cookies) =
        (vec![0; NAME], vec![0; count], vec![0; count], vec![0; count]);
    info.more.path = address_mut(&mut path);
    info.more.path_size = length(&path)?;
    info.more.offsets = address_mut(&mut offsets);
    info.more.ref_ctr_offsets = address_mut(&mut semaphores);
    info.more.cookies = address_mut(&mut cookies);
    // SAFETY: the pointers lead to a buffer of the length beside it, and to lists of `count` numbers.
    unsafe { fill_info(link, &mut info) }?;
    let UprobeMultiLinkInfo { flags, pid, .. } = info.more;
    Ok(LinkDetail::UprobeMulti { path: text(&path), offsets, semaphores, cookies, flags, pid })
}

fn perf_event(link: &LinkFd) -> Result<PerfEventDetail, Errno> {
    let mut info = LinkInfo::<PerfLinkInfo>::default();
    // SAFETY: the structure ends before any pointer.
    unsafe { fill_info(link, &mut info) }?;
    match info.more.r#type {
        kind @ (link_kind::UPROBE | link_kind::URETPROBE) => perf_uprobe(link, kind == link_kind::URETPROBE),
        kind @ (link_kind::KPROBE | link_kind::KRETPROBE) => perf_kprobe(link, kind == link_kind::KRETPROBE),
        link_kind::TRACEPOINT => perf_tracepoint(link),
        link_kind::EVENT => perf_other(link),
        kind => Ok(PerfEventDetail::Other { kind }),
    }
}

type Perf<T> = LinkInfo<PerfLinkInfoWith<T>>;

fn perf_uprobe(link: &LinkFd, is_return: bool) -> Result<PerfEventDetail, Errno> {
    let mut file = vec![0; NAME];
    let mut info = Perf::<PerfUprobeInfo>::default();
    info.more.more.file_name = address_mut(&mut file);
    info.more.more.name_len = length(&file)?;
    // SAFETY: the pointer leads to a buffer of the length beside it.
    unsafe { fill_info(link, &mut info) }?;
    let PerfUprobeInfo { offset, cookie, ref_ctr_offset, .. } = info.more.more;
    Ok(PerfEventDetail::Uprobe { is_return, file: text(&file), offset, cookie, semaphore: ref_ctr_offset })
}

fn perf_kprobe(link: &LinkFd, is_return: bool) -> Result<PerfEventDetail, Errno> {
    let mut name = vec![0; NAME];
    let mut info = Perf::<PerfKprobeInfo>::default();
    info.more.more.func_name = address_mut(&mut name);
    info.more.more.name_len = length(&name)?;
    // SAFETY: the pointer leads to a buffer of the length beside it.
    unsafe { fill_info(link, &mut info) }?;
    let PerfKprobeInfo { offset, addr, missed, cookie, .. } = info.more.more;
    Ok(PerfEventDetail::Kprobe { is_return, function: text(&name), offset, address: addr, missed, cookie })
}

fn perf_tracepoint(link: &LinkFd) -> Result<PerfEventDetail, Errno> {
    let mut name = vec![0; NAME];
    let mut info = Perf::<PerfTracepointInfo>::default();
    info.more.more.tp_name = address_mut(&mut name);
    info.more.more.name_len = length(&name)?;
    // SAFETY: the pointer leads to a buffer of the length beside it.
    unsafe { fill_info(link, &mut info) }?;
    Ok(PerfEventDetail::Tracepoint { name: text(&name), cookie: info.more.more.cookie })
}

fn perf_other(link: &LinkFd) -> Result<PerfEventDetail, Errno> {
    let mut info = Perf::<PerfOtherInfo>::default();
    // SAFETY: the structure is all numbers, and no length is asked for.
    unsafe { fill_info(link, &mut info) }?;
    let PerfOtherInfo { config, r#type, cookie, .. } = info.more.more;
    Ok(PerfEventDetail::Event { event_type: r#type, config, cookie })
}
