//! Programs and what the kernel tells of them.
use super::facts::{Device, FdInfo, Kind};
use super::open::{candidates, no_match, only};
use super::refs::Known;
use super::types::Types;
use super::{Handle, InspectError, Layout, Subject, Value};
use osmia_abi::flags::{OBJ_NAME_LEN, TAG_SIZE};
use osmia_abi::info::ProgInfo;
use osmia_abi::{MapType, ProgramType};
use osmia_btf::{Btf, Kind as TypeKind, TypeId};
use osmia_sys::bpf::{ProgDetail, ProgFacts, map_by_id, map_info, name_of, prog_detail};
use osmia_sys::{Clock, Errno, ProgFd, now};

/// What the names of variables begin with that are there to be read by people.
const METADATA: &str = "bpf_metadata_";

/// What the kernel tells of a program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its id.
    pub id: u32,
    /// Its kind.
    pub kind: Kind,
    /// Its name: that of its function where the kernel had to cut it.
    pub name: String,
    /// A hash of its instructions.
    pub tag: [u8; TAG_SIZE],
    /// Whether its license lets it call all helpers.
    pub gpl_compatible: bool,
    /// Nanoseconds that it ran, while that was counted.
    pub run_time_ns: u64,
    /// How often it ran, while that was counted.
    pub run_count: u64,
    /// How often it did not run because it was running already.
    pub recursion_misses: u64,
    /// The interface it is offloaded to.
    pub device: Option<Device>,
    /// When it was loaded, in seconds since 1970.
    pub loaded_at: Option<i64>,
    /// The user who loaded it.
    pub user: u32,
    /// Bytes of its instructions.
    pub xlated_len: u32,
    /// Bytes of its machine code; 0 if it is interpreted.
    pub jited_len: u32,
    /// Bytes of memory.
    pub memlock: Option<u64>,
    /// The maps that it uses.
    pub map_ids: Vec<u32>,
    /// The BTF of its functions and lines; 0 for none.
    pub btf_id: u32,
    /// Whether the interface it was offloaded to is gone.
    pub orphaned: bool,
    /// For programs at functions: the BTF with the function's type, and that type; zeros for others.
    pub hook: (u32, u32),
    /// What its author wrote into it for readers.
    pub metadata: Vec<Metadatum>,
    /// Where it is pinned and who holds it, where that was asked.
    pub known: Known,
}

/// A constant in a program that is there to be read by people: `bpf_metadata_NAME`.
#[derive(Clone, Debug)]
pub struct Metadatum {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// A program with its descriptor.
#[derive(Debug)]
pub struct OpenProgram {
    /// The descriptor.
    pub fd: ProgFd,
    /// What the kernel tells of it.
    pub facts: Program,
    /// All of it as the kernel tells it.
    pub(super) raw: ProgFacts,
}

/// The programs with this handle; an error if a name or tag is no program's.
pub fn programs(handle: &Handle) -> Result<Vec<Program>, InspectError> {
    select(handle, |program| program.facts)
}

/// The same, with their descriptors.
pub fn open_programs(handle: &Handle) -> Result<Vec<OpenProgram>, InspectError> {
    select(handle, |program| program)
}

/// The one program with this handle.
pub fn open_program(handle: &Handle) -> Result<OpenProgram, InspectError> {
    only(Subject::Program, open_programs(handle)?)
}

/// There can be more programs than descriptors: only what is kept of a program stays.
fn select<T>(handle: &Handle, keep: impl Fn(OpenProgram) -> T) -> Result<Vec<T>, InspectError> {
    let (mut found, mut types) = (Vec::new(), Types::default());
    for fd in candidates::<ProgFd>(handle) {
        let fd = fd?;
        let raw = match prog_detail(&fd) {
            // Its interface is gone: the kernel tells nothing of it any more.
            Err(Errno::ENODEV) => ProgFacts::default(),
            told => told.map_err(|errno| InspectError::NoFacts(Subject::Program, errno))?,
        };
        let name = full_name(&raw, &mut types);
        let wanted = match handle {
            Handle::Name(wanted) => name == *wanted,
            Handle::Tag(tag) => raw.raw.tag == *tag,
            Handle::All | Handle::Id(_) | Handle::Pinned(_) => true,
        };
        if wanted {
            found.push(keep(OpenProgram { facts: facts(&fd, &raw, name, &mut types), fd, raw }));
        }
    }
    match no_match(Subject::Program, handle) {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

/// The name of the function that a program is, as its types have it.
pub(super) fn function_name(id: u32, types: &mut Types) -> Option<String> {
    let facts = prog_detail(&osmia_sys::bpf::prog_by_id(id).ok()?).ok()?;
    first_function(&facts, types)
}

/// The same of a program that is open: the whole name, by which others attach to it.
pub fn declared_function(program: &OpenProgram) -> Option<String> {
    first_function(&program.raw, &mut Types::default())
}

fn first_function(program: &ProgFacts, types: &mut Types) -> Option<String> {
    let (_, ty) = functions(&program.raw, &program.detail).next()?;
    let btf = types.get(program.raw.btf_id)?;
    let found = btf.get(ty).ok()?;
    matches!(found.kind, TypeKind::Func { .. }).then_some(found.name)
}

/// The kernel keeps fifteen bytes of a name; the program's first function has all of it.
fn full_name(program: &ProgFacts, types: &mut Types) -> String {
    if program.name.len() < OBJ_NAME_LEN - 1 {
        return program.name.clone();
    }
    first_function(program, types).unwrap_or_else(|| program.name.clone())
}

/// Where each function begins, in slots, and its type.
pub(super) fn functions(info: &ProgInfo, detail: &ProgDetail) -> impl Iterator<Item = (u32, TypeId)> {
    let size = info.func_info_rec_size.max(8) as usize;
    detail.func_info.chunks_exact(size).map(|record| (word(record, 0), TypeId(word(record, 1))))
}

/// A number of four bytes in a record of the kernel's.
pub(super) fn word(record: &[u8], place: usize) -> u32 {
    let bytes = record.get(4 * place..).and_then(|rest| rest.first_chunk::<4>());
    bytes.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

fn facts(fd: &ProgFd, program: &ProgFacts, name: String, types: &mut Types) -> Program {
    let info = &program.raw;
    Program {
        id: info.id,
        kind: Kind { number: info.r#type, name: ProgramType::from_raw(info.r#type).map(ProgramType::name) },
        name,
        tag: info.tag,
        gpl_compatible: info.flags & 1 != 0,
        run_time_ns: info.run_time_ns,
        run_count: info.run_cnt,
        recursion_misses: info.recursion_misses,
        device: Device::of(info.ifindex, info.netns_dev, info.netns_ino),
        loaded_at: (info.load_time != 0).then(|| wall_seconds(info.load_time)),
        user: info.created_by_uid,
        xlated_len: info.xlated_prog_len,
        jited_len: info.jited_prog_len,
        memlock: FdInfo::of(fd).number("memlock"),
        map_ids: program.detail.map_ids.clone(),
        btf_id: info.btf_id,
        orphaned: info.id == 0,
        hook: (info.attach_btf_obj_id, info.attach_btf_id),
        metadata: metadata(&program.detail.map_ids, types),
        known: Known::default(),
    }
}

/// Seconds since 1970 of nanoseconds since boot.
fn wall_seconds(boot: u64) -> i64 {
    let (wall, since_boot) = (now(Clock::Realtime), now(Clock::Boottime));
    let nanoseconds = |time: std::time::Duration| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
    let at = nanoseconds(wall) - nanoseconds(since_boot) + i128::from(boot);
    i64::try_from(at.div_euclid(1_000_000_000)).unwrap_or(i64::MAX)
}

/// The constants for readers in the first of the maps that holds constants.
fn metadata(map_ids: &[u32], types: &mut Types) -> Vec<Metadatum> {
    let constants = map_ids.iter().find_map(|id| constants(*id, types));
    let Some((btf, section, bytes)) = constants else { return Vec::new() };
    let Ok(TypeKind::Datasec { vars, .. }) = btf.get(section).map(|found| found.kind) else {
        return Vec::new();
    };
    let read = |slot: &osmia_btf::VarSlot| {
        let variable = btf.get(slot.ty).ok()?;
        let TypeKind::Var { ty, .. } = variable.kind else { return None };
        let name = variable.name.strip_prefix(METADATA)?.to_owned();
        let bytes = bytes.get(slot.offset as usize..)?.to_vec();
        Some(Metadatum { name, value: Value { layout: Layout::of(&btf, ty), bytes } })
    };
    vars.iter().filter_map(read).collect()
}

/// A map's types and bytes, if it is a section of constants.
fn constants(id: u32, types: &mut Types) -> Option<(Btf, TypeId, Vec<u8>)> {
    let map = map_by_id(id, 0).ok()?;
    let info = map_info(&map).ok()?;
    let fits = info.r#type == MapType::Array.raw()
        && info.key_size == 4
        && info.max_entries == 1
        && info.btf_value_type_id != 0
        && name_of(&info.name).contains(".rodata");
    let bytes = if fits { map.get(&[0; 4]).ok()?? } else { return None };
    Some((types.get(info.btf_id)?, TypeId(info.btf_value_type_id), bytes))
}
