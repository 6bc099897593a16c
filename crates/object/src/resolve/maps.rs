//! Maps: declared ones with their sizes made whole, and those that hold the object's data.
use super::externs::Externs;
use super::{Context, ResolveError, ResolveErrorKind, lacks};
use crate::{Data, DataKey, DataKind, FunctionKey, ImageMap, Linkage, Map, Object, Pinning, Symbol, Target};
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
    /// Programs by their functions.
    pub(super) programs: HashMap<FunctionKey, usize>,
}

impl Places {
    /// The map that holds a data section.
    pub(super) fn data(&self, key: DataKey) -> Option<usize> {
        self.data.get(&key).copied()
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
    let mut places = Places::default();
    let mut maps: Vec<ImageMap> = object.maps.values().map(|map| declared(map, target)).collect();
    if !lacks(target, Feature::GlobalData) {
        for (key, data) in object.data.iter().filter(|(_, data)| !data.bytes.is_empty()) {
            match unsupported(data) {
                Some(what) => errors.push(ResolveError::new(&data.name, ResolveErrorKind::Unsupported(what))),
                None => {
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

fn unsupported(data: &Data) -> Option<&'static str> {
    if data.name.trim_start_matches('?').starts_with(".struct_ops") {
        return Some("structures of functions (struct_ops)");
    }
    data.name.starts_with(".addr_space").then_some("global variables in an arena")
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
        inner: None,
        template: false,
        initial: Vec::new(),
        slots: Vec::new(),
        frozen: false,
        pin: (map.pinning == Pinning::ByName).then(|| map.name.clone()),
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
        numa_node: 0,
        extra: 0,
        key_type: TypeId::VOID,
        value_type,
        inner: None,
        template: false,
        // An array is zero from the start.
        initial: if bytes.iter().any(|&byte| byte != 0) { vec![(vec![0; 4], bytes)] } else { Vec::new() },
        slots: Vec::new(),
        frozen: constant,
        pin: None,
    }
}

/// The kernel's name of a data section's map, as libbpf makes it: the start of the object's name, then the section's.
/// Sections with a second dot stand for themselves.
fn internal_name(object: &str, section: &str) -> String {
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
