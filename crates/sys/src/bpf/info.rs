//! What the kernel tells of its objects, and how to find them.
use super::{MapFd, address_mut, map::found, text};
use crate::fd::number;
use crate::syscall::{bpf, bpf_fd};
use crate::{BtfFd, Errno, LinkFd, ProgFd};
use osmia_abi::Command;
use osmia_abi::attr::{IdAttr, InfoAttr};
use osmia_abi::info::{BtfInfo, MapInfo, ProgInfo};
use std::os::fd::{AsFd, OwnedFd};

/// What has ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// Programs.
    Prog,
    /// Maps.
    Map,
    /// BTF.
    Btf,
    /// Links.
    Link,
}

impl ObjectKind {
    const fn next(self) -> Command {
        match self {
            Self::Prog => Command::ProgGetNextId,
            Self::Map => Command::MapGetNextId,
            Self::Btf => Command::BtfGetNextId,
            Self::Link => Command::LinkGetNextId,
        }
    }
}

/// `BPF_*_GET_NEXT_ID`: the lowest id above `after`.
pub fn next_id(kind: ObjectKind, after: u32) -> Result<Option<u32>, Errno> {
    let mut attr = IdAttr { start_id: after, ..Default::default() };
    // SAFETY: the attributes hold no pointer.
    let there = found(unsafe { bpf(kind.next(), &mut attr) }.map(drop))?;
    Ok(there.then_some(attr.next_id))
}

/// The ids of all objects of a kind; ends after an error.
pub fn ids(kind: ObjectKind) -> impl Iterator<Item = Result<u32, Errno>> {
    let mut after = Some(0);
    std::iter::from_fn(move || match next_id(kind, after?) {
        Ok(next) => {
            after = next;
            next.map(Ok)
        }
        Err(errno) => {
            after = None;
            Some(Err(errno))
        }
    })
}

/// `BPF_PROG_GET_FD_BY_ID`.
pub fn prog_by_id(id: u32) -> Result<ProgFd, Errno> {
    by_id(Command::ProgGetFdById, id, 0).map(ProgFd)
}

/// `BPF_MAP_GET_FD_BY_ID`, with `RDONLY` or `WRONLY`.
pub fn map_by_id(id: u32, flags: u32) -> Result<MapFd, Errno> {
    MapFd::from_fd(by_id(Command::MapGetFdById, id, flags)?)
}

/// `BPF_BTF_GET_FD_BY_ID`.
pub fn btf_by_id(id: u32) -> Result<BtfFd, Errno> {
    by_id(Command::BtfGetFdById, id, 0).map(BtfFd)
}

/// `BPF_LINK_GET_FD_BY_ID`.
pub fn link_by_id(id: u32) -> Result<LinkFd, Errno> {
    by_id(Command::LinkGetFdById, id, 0).map(LinkFd)
}

fn by_id(command: Command, id: u32, open_flags: u32) -> Result<OwnedFd, Errno> {
    let mut attr = IdAttr { start_id: id, open_flags, ..Default::default() };
    // SAFETY: the attributes hold no pointer; these commands return new descriptors.
    unsafe { bpf_fd(command, &mut attr) }
}

/// `BPF_OBJ_GET_INFO_BY_FD`; what an older kernel does not know stays as it is.
///
/// # Safety
/// `T` must be the structure for what the descriptor is of, all numbers; its pointers must lead to memory that may be
/// written, as long as its length fields say.
pub(super) unsafe fn fill_info<T>(fd: &impl AsFd, info: &mut T) -> Result<(), Errno> {
    let info_len = u32::try_from(size_of::<T>()).map_err(|_| Errno::E2BIG)?;
    let pointer = std::ptr::from_mut(info).expose_provenance() as u64;
    let mut attr = InfoAttr { bpf_fd: number(fd), info_len, info: pointer };
    // SAFETY: the kernel writes at most `info_len` bytes of numbers to `info`; the caller answers for its pointers.
    unsafe { bpf(Command::ObjGetInfoByFd, &mut attr) }.map(drop)
}

/// What the kernel tells of a map.
pub fn map_info(map: &impl AsFd) -> Result<MapInfo, Errno> {
    let mut info = MapInfo::default();
    // SAFETY: all pointers in `info` are null. Were it no map, the kernel would write a structure of its kind, cut at
    // the length of ours: numbers too.
    unsafe { fill_info(map, &mut info) }?;
    Ok(info)
}

/// The same as bytes, `length` of them at most: for a structure as long as this kernel has it. What the kernel does not
/// fill is zero.
pub fn map_info_bytes(map: &MapFd, length: usize) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0_u8; length];
    let info_len = super::length(&bytes)?;
    let mut attr = InfoAttr { bpf_fd: number(map), info_len, info: address_mut(&mut bytes) };
    // SAFETY: the kernel writes at most `info_len` bytes to `bytes`, which has as many; of a map, all pointers in it are
    // null and stay so.
    unsafe { bpf(Command::ObjGetInfoByFd, &mut attr) }?;
    Ok(bytes)
}

/// SHA-256 of what a frozen array holds (6.18); the kernel keeps it with the map, where programs see it.
pub fn map_hash(map: &MapFd) -> Result<[u8; 32], Errno> {
    let mut hash = [0; 32];
    let mut info =
        MapInfo { hash: address_mut(&mut hash), hash_size: super::length(&hash)?, ..MapInfo::default() };
    // SAFETY: the kernel writes as many bytes to `hash` as it has, as `info` says; all other pointers in it are null.
    unsafe { fill_info(map, &mut info) }?;
    Ok(hash)
}

/// A map's or program's name in an info.
pub fn name_of(raw: &[u8]) -> String {
    text(raw)
}

/// What the kernel tells of a program: only the numbers; its lists are counted, not copied.
pub fn prog_info(prog: &ProgFd) -> Result<ProgInfo, Errno> {
    let mut info = ProgInfo::default();
    // SAFETY: all pointers in `info` are null and all counts zero, so the kernel writes numbers alone.
    unsafe { fill_info(prog, &mut info) }?;
    Ok(info)
}

/// A program as the kernel tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgFacts {
    /// The numbers; pointers in it mean nothing.
    pub raw: ProgInfo,
    /// Its name.
    pub name: String,
    /// The lists that were asked for; all others are empty.
    pub detail: ProgDetail,
}

/// Lists that belong to a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgDetail {
    /// The maps it uses.
    pub map_ids: Vec<u32>,
    /// Its instructions after the verifier.
    pub xlated: Vec<u8>,
    /// Its machine code.
    pub jited: Vec<u8>,
    /// The kernel address of each function.
    pub jited_ksyms: Vec<u64>,
    /// The length of each function's machine code.
    pub jited_func_lens: Vec<u32>,
    /// The functions' types: records of `raw.func_info_rec_size` bytes.
    pub func_info: Vec<u8>,
    /// The instructions' lines: records of `raw.line_info_rec_size` bytes.
    pub line_info: Vec<u8>,
    /// The machine addresses of these lines, eight bytes each.
    pub jited_line_info: Vec<u64>,
    /// The tag of each function.
    pub tags: Vec<[u8; osmia_abi::flags::TAG_SIZE]>,
}

/// What the kernel tells of a program, with all its lists: asked once for their lengths, and once for them.
pub fn prog_detail(prog: &ProgFd) -> Result<ProgFacts, Errno> {
    let counts = prog_info(prog)?;
    let mut lists = room_for(&counts);
    let mut info = asking_for(&counts, &mut lists);
    // SAFETY: each pointer in `info` leads to a list in `lists` of which the length stands beside it.
    unsafe { fill_info(prog, &mut info) }?;
    shorten(&mut lists, &info);
    Ok(ProgFacts { name: text(&info.name), raw: info, detail: lists })
}

fn room_for(counts: &ProgInfo) -> ProgDetail {
    let records = |count: u32, size: u32| vec![0; count as usize * size as usize];
    ProgDetail {
        map_ids: vec![0; counts.nr_map_ids as usize],
        xlated: vec![0; counts.xlated_prog_len as usize],
        jited: vec![0; counts.jited_prog_len as usize],
        jited_ksyms: vec![0; counts.nr_jited_ksyms as usize],
        jited_func_lens: vec![0; counts.nr_jited_func_lens as usize],
        func_info: records(counts.nr_func_info, counts.func_info_rec_size),
        line_info: records(counts.nr_line_info, counts.line_info_rec_size),
        jited_line_info: vec![0; counts.nr_jited_line_info as usize],
        tags: vec![[0; osmia_abi::flags::TAG_SIZE]; counts.nr_prog_tags as usize],
    }
}

fn asking_for(counts: &ProgInfo, lists: &mut ProgDetail) -> ProgInfo {
    ProgInfo {
        map_ids: address_mut(&mut lists.map_ids),
        nr_map_ids: counts.nr_map_ids,
        xlated_prog_insns: address_mut(&mut lists.xlated),
        xlated_prog_len: counts.xlated_prog_len,
        jited_prog_insns: address_mut(&mut lists.jited),
        jited_prog_len: counts.jited_prog_len,
        jited_ksyms: address_mut(&mut lists.jited_ksyms),
        nr_jited_ksyms: counts.nr_jited_ksyms,
        jited_func_lens: address_mut(&mut lists.jited_func_lens),
        nr_jited_func_lens: counts.nr_jited_func_lens,
        func_info: address_mut(&mut lists.func_info),
        nr_func_info: counts.nr_func_info,
        func_info_rec_size: counts.func_info_rec_size,
        line_info: address_mut(&mut lists.line_info),
        nr_line_info: counts.nr_line_info,
        line_info_rec_size: counts.line_info_rec_size,
        jited_line_info: address_mut(&mut lists.jited_line_info),
        nr_jited_line_info: counts.nr_jited_line_info,
        jited_line_info_rec_size: counts.jited_line_info_rec_size,
        prog_tags: address_mut(&mut lists.tags),
        nr_prog_tags: counts.nr_prog_tags,
        ..Default::default()
    }
}

/// Cuts the lists to what the kernel says it has; a pointer that it set to null means that it gave nothing.
fn shorten(lists: &mut ProgDetail, info: &ProgInfo) {
    lists.map_ids.truncate(info.nr_map_ids as usize);
    let kept = |pointer: u64, length: u32| if pointer == 0 { 0 } else { length as usize };
    lists.xlated.truncate(kept(info.xlated_prog_insns, info.xlated_prog_len));
    lists.jited.truncate(kept(info.jited_prog_insns, info.jited_prog_len));
    lists.jited_ksyms.truncate(kept(info.jited_ksyms, info.nr_jited_ksyms));
    lists.jited_func_lens.truncate(kept(info.jited_func_lens, info.nr_jited_func_lens));
    lists.jited_line_info.truncate(kept(info.jited_line_info, info.nr_jited_line_info));
    lists.func_info.truncate(info.nr_func_info as usize * info.func_info_rec_size as usize);
    lists.line_info.truncate(info.nr_line_info as usize * info.line_info_rec_size as usize);
    lists.tags.truncate(info.nr_prog_tags as usize);
}

/// BTF as the kernel tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BtfFacts {
    /// Its id.
    pub id: u32,
    /// `vmlinux`, a module, or empty for what a person loaded.
    pub name: String,
    /// Whether it is the kernel's own or a module's.
    pub kernel: bool,
    /// How long it is.
    pub size: usize,
    /// The BTF itself, where it was asked for.
    pub data: Vec<u8>,
}

/// Whether to copy what can be long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copying {
    /// Only the numbers.
    Facts,
    /// All of it.
    Data,
}

/// What the kernel tells of BTF, with the BTF itself where that is wanted.
pub fn btf_info(btf: &BtfFd, want: Copying) -> Result<BtfFacts, Errno> {
    let mut name = [0_u8; 256];
    let mut info = btf_with(btf, &mut name, &mut [])?;
    let size = info.btf_size as usize;
    let mut data = Vec::new();
    if want == Copying::Data {
        data.resize(size, 0);
        info = btf_with(btf, &mut name, &mut data)?;
    }
    Ok(BtfFacts { id: info.id, name: text(&name), kernel: info.kernel_btf != 0, size, data })
}

fn btf_with(btf: &BtfFd, name: &mut [u8], data: &mut [u8]) -> Result<BtfInfo, Errno> {
    let mut info = BtfInfo {
        btf: address_mut(data),
        btf_size: super::length(data)?,
        name: address_mut(name),
        name_len: super::length(name)?,
        ..Default::default()
    };
    // SAFETY: both pointers lead to slices of the lengths that stand beside them.
    unsafe { fill_info(btf, &mut info) }?;
    Ok(info)
}
