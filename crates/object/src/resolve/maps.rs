//! Maps: declared ones with their sizes made whole, and those that hold the object's data.
use super::externs::Externs;
use super::struct_ops::{self, Members};
use super::{Context, ResolveError, ResolveErrorKind, lacks};
use crate::{
    ArenaData, Data, DataKey, DataKind, FunctionKey, ImageMap, Linkage, Map, Object, Pinning, Symbol, Target,
};
use osmia_abi::flags::{MMAPABLE, RDONLY_PROG};
use osmia_abi::{Feature, MapType};
use osmia_base::Key;
use osmia_btf::{KindTag, TypeId};
use std::collections::HashMap;

/// A page, which sizes of ring buffers are multiples of.
const PAGE: u32 = 4096;
/// How many characters of a name the kernel takes.
const NAME_LEN: usize = 15;

/// Kinds of maps that take no types of keys and values.
const UNTYPED: &[MapType] = &[
    MapType::PerfEventArray,
    MapType::CgroupArray,
    MapType::StackTrace,
    MapType::ArrayOfMaps,
    MapType::HashOfMaps,
    MapType::Devmap,
    MapType::DevmapHash,
    MapType::Cpumap,
    MapType::Xskmap,
    MapType::Sockmap,
    MapType::Sockhash,
    MapType::Queue,
    MapType::Stack,
    MapType::Arena,
];

/// Where the maps are that the object does not declare. Declared maps come first, at their own positions.
#[derive(Debug, Default)]
pub(super) struct Places {
    data: HashMap<DataKey, usize>,
    /// The map of configuration values.
    pub(super) kconfig: Option<usize>,
    /// How far behind the map's start the data of an arena begin.
    shifts: HashMap<DataKey, u32>,
    /// Programs by their functions.
    pub(super) programs: HashMap<FunctionKey, usize>,
    /// Programs that are members of structures of functions.
    pub(super) members: Members,
}

impl Places {
    /// The map that holds a data section.
    pub(super) fn data(&self, key: DataKey) -> Option<usize> {
        self.data.get(&key).copied()
    }

    /// How far behind that map's start the section begins.
    pub(super) fn shift(&self, key: DataKey) -> u32 {
        self.shifts.get(&key).copied().unwrap_or(0)
    }
}

/// All maps: declared ones, data, configuration, then patterns for inner maps.
pub(super) fn all(
    object: &Object,
    target: &Target,
    name: &str,
    externs: &Externs,
    errors: &mut Vec<ResolveError>,
) -> (Vec<ImageMap>, Places) {
    let mut places = Places { programs: programs(object), ..Places::default() };
    let mut maps: Vec<ImageMap> = object.maps.values().map(|map| declared(map, target)).collect();
    if !lacks(target, Feature::GlobalData) {
        for (key, data) in object.data.iter().filter(|(_, data)| !data.bytes.is_empty()) {
            match data.kind {
                DataKind::StructOps => {}
                DataKind::Arena => {
                    if let Err(kind) = arena(key, data, target, &mut maps, &mut places) {
                        errors.push(ResolveError::new(&data.name, kind));
                    }
                }
                DataKind::Data | DataKind::ReadOnly | DataKind::Bss | DataKind::Kconfig => {
                    places.data.insert(key, maps.len());
                    maps.push(global(data, target, name));
                }
            }
        }
        if !externs.kconfig.is_empty() {
            places.kconfig = Some(maps.len());
            maps.push(kconfig(object, externs, target, name));
        }
    }
    places.members = struct_ops::add(object, target, &places.programs, &mut maps);
    for (at, map) in object.maps.values().enumerate() {
        if let Some(inner) = &map.inner {
            maps[at].inner = Some(maps.len());
            maps.push(ImageMap { template: true, ..declared(inner, target) });
        }
    }
    if lacks(target, Feature::Btf) || object.btf.is_none() {
        maps.iter_mut().for_each(|map| (map.key_type, map.value_type) = (TypeId::VOID, TypeId::VOID));
    }
    (maps, places)
}

/// Each map that is declared in a way that nobody understands.
pub(super) fn not_understood(object: &Object) -> impl Iterator<Item = ResolveError> {
    object.maps.values().filter_map(|map| Some(ResolveError::new(&map.name, refused(map)?)))
}

/// Why a map cannot be made on any machine.
pub(super) fn refused(map: &Map) -> Option<ResolveErrorKind> {
    match map.pinning {
        Pinning::Unknown(number) => Some(ResolveErrorKind::Pinning { map: map.name.clone(), number }),
        Pinning::None | Pinning::ByName => None,
    }
}

/// The position of each program.
fn programs(object: &Object) -> HashMap<FunctionKey, usize> {
    let mains = object.functions.iter().filter(|(_, function)| function.program.is_some());
    mains.enumerate().map(|(index, (key, _))| (key, index)).collect()
}

/// Puts data into the object's arena: at its end where programs can name addresses there, else at its start.
fn arena(
    key: DataKey,
    data: &Data,
    target: &Target,
    maps: &mut [ImageMap],
    places: &mut Places,
) -> Result<(), ResolveErrorKind> {
    let bad = |what: &str| ResolveErrorKind::Structure(what.to_owned());
    let mut arenas = maps.iter_mut().enumerate().filter(|(_, map)| map.kind == MapType::Arena);
    let (at, map) = arenas.next().ok_or_else(|| bad("variables of an arena, and no map that is one"))?;
    if arenas.next().is_some() {
        return Err(bad("variables of an arena, and several maps that are one"));
    }
    let size = u64::from(map.max_entries) * u64::from(PAGE);
    let pages = (data.bytes.len() as u64).next_multiple_of(PAGE.into());
    let end = size.checked_sub(pages).ok_or_else(|| bad("the arena is too small for its variables"))?;
    let offset = if lacks(target, Feature::FarMapValue) { 0 } else { end };
    map.arena = Some(ArenaData { offset, bytes: data.bytes.clone() });
    places.data.insert(key, at);
    places.shifts.insert(key, u32::try_from(offset).map_err(|_| bad("the arena is too large"))?);
    Ok(())
}

fn declared(map: &Map, target: &Target) -> ImageMap {
    let untyped = UNTYPED.contains(&map.kind) || map.value_type.is_void();
    let typed = |ty| if untyped { TypeId::VOID } else { ty };
    ImageMap {
        name: map.name.clone(),
        kind: map.kind,
        key_size: map.key_size,
        value_size: map.value_size,
        max_entries: entries(map, target),
        flags: map.flags,
        numa_node: map.numa_node,
        extra: map.extra,
        key_type: typed(map.key_type),
        value_type: typed(map.value_type),
        pin: (map.pinning == Pinning::ByName).then(|| map.name.clone()),
        unfit: refused(map).map(|kind| ResolveError::new(&map.name, kind)),
        ..ImageMap::default()
    }
}

/// One per processor for perf buffers; pages, a power of two of them, for ring buffers.
fn entries(map: &Map, target: &Target) -> u32 {
    match map.kind {
        MapType::PerfEventArray if map.max_entries == 0 => target.cpus.max(1),
        MapType::Ringbuf | MapType::UserRingbuf if map.max_entries != 0 => {
            let pages = map.max_entries.div_ceil(PAGE);
            pages
                .checked_next_power_of_two()
                .and_then(|pages| pages.checked_mul(PAGE))
                .unwrap_or(map.max_entries)
        }
        _ => map.max_entries,
    }
}

/// The map that holds a data section.
fn global(data: &Data, target: &Target, name: &str) -> ImageMap {
    let shared = data.variables.iter().any(|it| it.linkage != Linkage::Static);
    let constant = matches!(data.kind, DataKind::ReadOnly | DataKind::Kconfig);
    let value_type = if lacks(target, Feature::BtfDatasec) { TypeId::VOID } else { data.type_id };
    array(internal_name(name, &data.name), value(data), value_type, constant, shared, target)
}

/// The section's bytes. Pointers in it become the offsets they point to, as libbpf leaves them.
fn value(data: &Data) -> Vec<u8> {
    let mut bytes = data.bytes.clone();
    for (at, symbol) in &data.relocs {
        let Symbol::Data { offset, .. } = symbol else { continue };
        let place = bytes.get_mut(*at as usize..).unwrap_or_default();
        let raw = u64::from(*offset).to_le_bytes();
        place.iter_mut().zip(raw).for_each(|(place, byte)| *place = byte);
    }
    bytes
}

fn kconfig(object: &Object, externs: &Externs, target: &Target, name: &str) -> ImageMap {
    let datasec = object.btf.as_ref().and_then(|btf| btf.find_kind(".kconfig", KindTag::Datasec));
    let value_type = if lacks(target, Feature::BtfDatasec) { None } else { datasec };
    let bytes = externs.kconfig.clone();
    array(internal_name(name, ".kconfig"), bytes, value_type.unwrap_or_default(), true, true, target)
}

fn array(
    name: String,
    bytes: Vec<u8>,
    value_type: TypeId,
    constant: bool,
    shared: bool,
    target: &Target,
) -> ImageMap {
    let shared = shared && !lacks(target, Feature::MmapableArray);
    let flags = if constant { RDONLY_PROG } else { 0 } | if shared { MMAPABLE } else { 0 };
    ImageMap {
        name,
        kind: MapType::Array,
        key_size: 4,
        value_size: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        max_entries: 1,
        flags,
        value_type,
        // An array is zero from the start.
        initial: if bytes.iter().any(|&byte| byte != 0) { vec![(vec![0; 4], bytes)] } else { Vec::new() },
        frozen: constant,
        ..ImageMap::default()
    }
}

/// The kernel's name of a data section's map, as libbpf makes it: the start of the object's name, then the section's.
/// Sections with a second dot stand for themselves.
pub fn internal_name(object: &str, section: &str) -> String {
    let own = section.get(1..).is_some_and(|rest| rest.contains('.'));
    let room = if own { 0 } else { NAME_LEN.saturating_sub(section.len().max(7)) };
    let prefix: String = object.chars().take(room).collect();
    let known = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '.' { c } else { '_' };
    format!("{prefix}{section}").chars().map(known).take(NAME_LEN).collect()
}

/// Puts maps and programs into the maps that hold them.
pub(super) fn fill_slots(context: &mut Context<'_>, maps: &mut [ImageMap]) {
    for (at, map) in context.object.maps.values().enumerate() {
        for slot in &map.slots {
            let target = match slot.symbol {
                Symbol::Map(key) => Some(key.index()).filter(|&index| index < context.object.maps.len()),
                Symbol::Function(key) => context.maps.programs.get(&key).copied(),
                _ => None,
            };
            match target {
                Some(target) => maps[at].slots.push((slot.index, target)),
                None => {
                    let kind = ResolveErrorKind::Broken("a slot that holds neither a map nor a program");
                    context.errors.push(ResolveError::new(&map.name, kind));
                }
            }
        }
    }
}
