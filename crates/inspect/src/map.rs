//! Maps and what the kernel tells of them.
use super::facts::{Device, FdInfo, Kind};
use super::open::{candidates, no_match, only};
use super::refs::Known;
use super::{Handle, InspectError, Subject};
use osmia_abi::info::MapInfo;
use osmia_abi::{MapType, ProgramType};
use osmia_sys::bpf::{MapFd, map_info, name_of};

/// What the kernel tells of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// Its id.
    pub id: u32,
    /// Its kind.
    pub kind: Kind,
    /// Its name; often empty.
    pub name: String,
    /// The flags it was made with.
    pub flags: u32,
    /// The interface it is offloaded to.
    pub device: Option<Device>,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value, for one CPU.
    pub value_size: u32,
    /// How many elements at most.
    pub max_entries: u32,
    /// Bytes of memory.
    pub memlock: Option<u64>,
    /// For maps of programs: what kind of programs it holds.
    pub owner: Owner,
    /// Whether user space can no longer write to it.
    pub frozen: bool,
    /// The BTF of its types; 0 for none.
    pub btf_id: u32,
    /// The type of its keys in that BTF; 0 for none.
    pub key_type: u32,
    /// The type of its values in that BTF; 0 for none.
    pub value_type: u32,
    /// The type of its values in the kernel's own BTF; 0 for none.
    pub kernel_value_type: u32,
    /// Where it is pinned and who holds it, where that was asked.
    pub known: Known,
}

/// What kind of programs a map of programs holds, once it holds one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// Their kind.
    pub kind: Option<Kind>,
    /// Whether they are machine code.
    pub jited: Option<bool>,
}

/// A map with its descriptor.
#[derive(Debug)]
pub struct OpenMap {
    /// The descriptor.
    pub fd: MapFd,
    /// What the kernel tells of it.
    pub facts: Map,
}

/// The maps with this handle; an error if a name is no map's.
pub fn maps(handle: &Handle) -> Result<Vec<Map>, InspectError> {
    select(handle, |map| map.facts)
}

/// The same, with their descriptors.
pub fn open_maps(handle: &Handle) -> Result<Vec<OpenMap>, InspectError> {
    select(handle, |map| map)
}

/// The one map with this handle.
pub fn open_map(handle: &Handle) -> Result<OpenMap, InspectError> {
    only(Subject::Map, open_maps(handle)?)
}

/// There can be more maps than descriptors: only what is kept of a map stays.
fn select<T>(handle: &Handle, keep: impl Fn(OpenMap) -> T) -> Result<Vec<T>, InspectError> {
    let mut found = Vec::new();
    for fd in candidates::<MapFd>(handle) {
        let fd = fd?;
        let info = map_info(&fd).map_err(|errno| InspectError::NoFacts(Subject::Map, errno))?;
        let wanted = match handle {
            Handle::Name(name) => name_of(&info.name) == *name,
            Handle::All | Handle::Id(_) | Handle::Tag(_) | Handle::Pinned(_) => true,
        };
        if wanted {
            found.push(keep(OpenMap { facts: facts(&fd, &info), fd }));
        }
    }
    match no_match(Subject::Map, handle) {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

fn facts(fd: &MapFd, info: &MapInfo) -> Map {
    let more = FdInfo::of(fd);
    let kind = MapType::from_raw(info.r#type);
    Map {
        id: info.id,
        kind: Kind { number: info.r#type, name: kind.map(MapType::name) },
        name: name_of(&info.name),
        flags: info.map_flags,
        device: Device::of(info.ifindex, info.netns_dev, info.netns_ino),
        key_size: info.key_size,
        value_size: info.value_size,
        max_entries: info.max_entries,
        memlock: more.number("memlock"),
        owner: if kind == Some(MapType::ProgArray) { owner(&more) } else { Owner::default() },
        frozen: more.number("frozen").is_some_and(|frozen| frozen != 0),
        btf_id: info.btf_id,
        key_type: info.btf_key_type_id,
        value_type: info.btf_value_type_id,
        kernel_value_type: info.btf_vmlinux_value_type_id,
        known: Known::default(),
    }
}

fn owner(more: &FdInfo) -> Owner {
    let number = more.number("owner_prog_type").and_then(|number| u32::try_from(number).ok());
    Owner {
        kind: number
            .map(|number| Kind { number, name: ProgramType::from_raw(number).map(ProgramType::name) }),
        jited: more.number("owner_jited").map(|jited| jited != 0),
    }
}
