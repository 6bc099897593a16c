//! Maps: BTF-described variables in `.maps`, and `struct bpf_map_def` in `maps`.
use super::ElfError;
use super::error::ElfErrorKind as Kind;
use super::links;
use super::raw::Place;
use super::read::{Reader, Role};
use crate::{Map, MapDecl, MapKey, MapSlot, Pinning, Symbol};
use elf::elf::{STT_FILE, STT_SECTION};
use osmia_abi::MapType;
use osmia_base::Bytes;
use osmia_btf::{Btf, Kind as TypeKind, KindTag, Member, TypeId};
use std::collections::{BTreeMap, HashMap};

/// Bytes in a slot of `values`, and in an element of a map of maps or programs.
const POINTER: u32 = 8;

/// Where the `values` of a map begin, by the map.
type Values = BTreeMap<u64, (MapKey, u64)>;

/// Reads all declared maps.
pub(super) fn declared(reader: &mut Reader<'_>) -> Result<(), ElfError> {
    for index in reader.sections_of(|role| role == Role::Maps) {
        let mut values = Values::new();
        btf_maps(reader, index, &mut values).map_err(|(at, kind)| reader.file.error(index, at, kind))?;
        slots(reader, index, &values)?;
    }
    for index in reader.sections_of(|role| role == Role::LegacyMaps) {
        legacy_maps(reader, index).map_err(|(at, kind)| reader.file.error(index, at, kind))?;
    }
    Ok(())
}

type Failed = (u64, Kind);

fn bad(map: &str, reason: impl Into<String>) -> Kind {
    Kind::BadMap { map: map.to_owned(), reason: reason.into() }
}

/// A map of which nothing is known yet.
fn empty(name: String, decl: MapDecl) -> Map {
    Map {
        name,
        decl,
        kind: MapType::Unspec,
        key_size: 0,
        value_size: 0,
        max_entries: 0,
        flags: 0,
        numa_node: 0,
        extra: 0,
        pinning: Pinning::None,
        key_type: TypeId::VOID,
        value_type: TypeId::VOID,
        inner: None,
        slots: Vec::new(),
    }
}

fn btf_maps(reader: &mut Reader<'_>, section: usize, values: &mut Values) -> Result<(), Failed> {
    let missing = |reason: &str| (0, bad(".maps", reason));
    let btf = reader.btf.clone().ok_or_else(|| missing("its maps need BTF, and there is none"))?;
    let datasec =
        btf.find_kind(".maps", KindTag::Datasec).ok_or_else(|| missing("BTF does not list its maps"))?;
    let offsets = offsets(reader, section);
    let TypeKind::Datasec { vars, .. } = btf.get(datasec).map_err(|error| (0, Kind::Btf(error)))?.kind else {
        return Ok(());
    };
    for slot in vars {
        let variable = btf.get(slot.ty).map_err(|error| (0, Kind::Btf(error)))?;
        let name = reader.file.own(&variable.name).map_err(|kind| (0, kind))?;
        let offset = offsets.get(name.as_str()).copied().unwrap_or(slot.offset.into());
        let TypeKind::Var { ty, .. } = variable.kind else {
            return Err((offset, bad(&name, "it is not a variable")));
        };
        let (map, at) = definition(&btf, name, ty, Depth::Outer).map_err(|kind| (offset, kind))?;
        let key = reader.object.maps.push(map);
        reader.maps.insert((section, offset), key);
        values.insert(offset, (key, at.unwrap_or(u64::MAX)));
    }
    Ok(())
}

/// Where the symbols of a section are.
fn offsets<'a>(reader: &Reader<'a>, section: usize) -> HashMap<&'a str, u64> {
    reader
        .file
        .symbols
        .iter()
        .filter(|symbol| symbol.place == Place::Section(section) && !symbol.name.is_empty())
        .map(|symbol| (symbol.name, symbol.value))
        .collect()
}

/// Whether maps may hold maps here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Outer,
    Inner,
}

/// A map as a structure describes it.
#[derive(Clone, Debug)]
pub struct MapDefinition {
    /// The map, with nothing in it.
    pub map: Map,
    /// Where the pointers to what is in it begin in the structure, in bytes.
    pub values: Option<u64>,
}

/// The map of that name that a structure describes; otherwise why it describes none.
pub fn map_definition(btf: &Btf, name: &str, ty: TypeId) -> Result<MapDefinition, String> {
    let described = definition(btf, name.to_owned(), ty, Depth::Outer);
    described.map(|(map, values)| MapDefinition { map, values }).map_err(|kind| match kind {
        Kind::BadMap { reason, .. } => reason,
        other => other.to_string(),
    })
}

/// A map as `struct bpf_map_def` describes it.
pub fn legacy_map_definition(bytes: &[u8], name: &str) -> Result<Map, String> {
    legacy_map(Bytes::new(bytes, osmia_base::Endian::Little), name.to_owned()).map_err(|kind| match kind {
        Kind::BadMap { reason, .. } => reason,
        other => other.to_string(),
    })
}

/// The map that a structure describes, and where its `values` begin.
fn definition(btf: &Btf, name: String, ty: TypeId, depth: Depth) -> Result<(Map, Option<u64>), Kind> {
    let body = btf.get(btf.resolve(ty)).map_err(Kind::Btf)?.kind;
    let TypeKind::Struct(body) = body else { return Err(bad(&name, "it is not declared as a structure")) };
    let mut map = empty(name, MapDecl::Btf);
    let mut values = None;
    for member in &body.members {
        if member.name == "values" {
            values = Some(u64::from(member.bit_offset / 8));
            contents(btf, &mut map, member, depth)?;
            continue;
        }
        attribute(btf, &mut map, member)?;
    }
    if map.kind == MapType::Unspec {
        return Err(bad(&map.name, "it has no `type`"));
    }
    Ok((map, values))
}

fn attribute(btf: &Btf, map: &mut Map, member: &Member) -> Result<(), Kind> {
    let small = |map: &Map| {
        let wide = number(btf, member)
            .ok_or_else(|| bad(&map.name, format!("`{}` is not a number", member.name)))?;
        u32::try_from(wide).map_err(|_| bad(&map.name, format!("`{}` is too large: {wide}", member.name)))
    };
    match member.name.as_str() {
        "type" => {
            let kind = small(map)?;
            map.kind =
                MapType::from_raw(kind).ok_or_else(|| bad(&map.name, format!("type {kind} is unknown")))?;
        }
        "max_entries" => map.max_entries = small(map)?,
        "map_flags" => map.flags = small(map)?,
        "numa_node" => map.numa_node = small(map)?,
        "key_size" => map.key_size = agreed(map, map.key_size, small(map)?, "key")?,
        "value_size" => map.value_size = agreed(map, map.value_size, small(map)?, "value")?,
        "map_extra" => {
            map.extra = number(btf, member).ok_or_else(|| bad(&map.name, "`map_extra` is not a number"))?;
        }
        "pinning" => map.pinning = pinning(small(map)?),
        "key" => {
            let (ty, size) = pointee(btf, map, member)?;
            (map.key_type, map.key_size) = (ty, agreed(map, map.key_size, size, "key")?);
        }
        "value" => {
            let (ty, size) = pointee(btf, map, member)?;
            (map.value_type, map.value_size) = (ty, agreed(map, map.value_size, size, "value")?);
        }
        other => return Err(bad(&map.name, format!("nobody knows an attribute `{other}`"))),
    }
    Ok(())
}

/// A size that may be said twice, but not differently.
fn agreed(map: &Map, before: u32, now: u32, what: &str) -> Result<u32, Kind> {
    match before {
        0 => Ok(now),
        before if before == now => Ok(now),
        before => Err(bad(&map.name, format!("its {what} has {before} and {now} bytes at once"))),
    }
}

fn pinning(number: u32) -> Pinning {
    match number {
        0 => Pinning::None,
        1 => Pinning::ByName,
        other => Pinning::Unknown(other),
    }
}

/// A number hidden in a type: the length of the array that a pointer points to, or the one value of an enum.
fn number(btf: &Btf, member: &Member) -> Option<u64> {
    match btf.get(btf.resolve(member.ty)).ok()?.kind {
        TypeKind::Ptr(to) => match btf.get(btf.resolve(to)).ok()?.kind {
            TypeKind::Array { len, .. } => Some(len.into()),
            _ => None,
        },
        TypeKind::Enum(body) | TypeKind::Enum64(body) => body.values.first().map(|value| value.value as u64),
        _ => None,
    }
}

/// The type that a member points to, and its size.
fn pointee(btf: &Btf, map: &Map, member: &Member) -> Result<(TypeId, u32), Kind> {
    let TypeKind::Ptr(to) = btf.get(btf.resolve(member.ty)).map_err(Kind::Btf)?.kind else {
        return Err(bad(&map.name, format!("`{}` is not a pointer to its type", member.name)));
    };
    let size = btf.size_of(to).map_err(Kind::Btf)?;
    let size =
        u32::try_from(size).map_err(|_| bad(&map.name, format!("its {} is too large", member.name)))?;
    Ok((to, size))
}

/// The `values` of a map of maps (which give the inner map) or of programs.
fn contents(btf: &Btf, map: &mut Map, member: &Member, depth: Depth) -> Result<(), Kind> {
    if depth == Depth::Inner {
        return Err(bad(&map.name, "maps in maps in maps are not possible"));
    }
    let what = |map: &Map| bad(&map.name, "`values` is not an array of pointers");
    let TypeKind::Array { element, .. } = btf.get(btf.resolve(member.ty)).map_err(Kind::Btf)?.kind else {
        return Err(what(map));
    };
    let TypeKind::Ptr(to) = btf.get(btf.resolve(element)).map_err(Kind::Btf)?.kind else {
        return Err(what(map));
    };
    map.value_size = agreed(map, map.value_size, 4, "value")?;
    if map.kind == MapType::ProgArray {
        return Ok(());
    }
    let (inner, _) = definition(btf, format!("{}.inner", map.name), to, Depth::Inner)?;
    map.inner = Some(Box::new(inner));
    Ok(())
}

/// What the slots of maps hold from the start: relocations of `.maps`.
fn slots(reader: &mut Reader<'_>, section: usize, values: &Values) -> Result<(), ElfError> {
    let relocs = reader.file.sections.get(section).map(|it| it.relocs.clone()).unwrap_or_default();
    for reloc in relocs {
        let found = values.range(..=reloc.offset).next_back();
        let slot = found.and_then(|(start, &(key, at))| {
            let bytes = reloc.offset.checked_sub(start.checked_add(at)?)?;
            let index = u32::try_from(bytes / u64::from(POINTER)).ok()?;
            (bytes % u64::from(POINTER) == 0).then_some((key, index))
        });
        let (key, index) =
            slot.ok_or_else(|| reader.file.error(section, reloc.offset, Kind::MisplacedRelocation))?;
        let symbol = links::symbol(reader, reloc.symbol, reloc.addend.unwrap_or(0))
            .map_err(|kind| reader.file.error(section, reloc.offset, kind))?;
        if !matches!(symbol, Symbol::Map(_) | Symbol::Function(_)) {
            let kind = Kind::BadRelocation("`values` holds something that is neither map nor program".into());
            return Err(reader.file.error(section, reloc.offset, kind));
        }
        reader.object.maps[key].slots.push(MapSlot { index, symbol });
    }
    Ok(())
}

/// Reads a `maps` section: a structure of at least five numbers per symbol.
fn legacy_maps(reader: &mut Reader<'_>, section: usize) -> Result<(), Failed> {
    let bytes = reader.file.sections.get(section).map_or(&[][..], |it| it.bytes);
    let mut symbols: Vec<_> = reader
        .file
        .symbols
        .iter()
        .filter(|symbol| symbol.place == Place::Section(section) && !symbol.name.is_empty())
        .filter(|symbol| symbol.kind != STT_SECTION.0 && symbol.kind != STT_FILE.0)
        .map(|symbol| (symbol.value, symbol.name))
        .collect();
    symbols.sort_unstable();
    for (offset, name) in symbols {
        let name = reader.file.own(name).map_err(|kind| (offset, kind))?;
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let short = |_| (offset, bad(&name, "its declaration goes past the section's end"));
        let cursor = Bytes::new(bytes, reader.file.endian).at(at).map_err(short)?;
        let map = legacy_map(cursor, name).map_err(|kind| (offset, kind))?;
        let key = reader.object.maps.push(map);
        reader.maps.insert((section, offset), key);
    }
    Ok(())
}

fn legacy_map(mut bytes: Bytes<'_>, name: String) -> Result<Map, Kind> {
    let mut next = || bytes.u32().map_err(|_| bad(&name, "its declaration goes past the section's end"));
    let [kind, key_size, value_size, max_entries, flags] = [next()?, next()?, next()?, next()?, next()?];
    let kind = MapType::from_raw(kind).ok_or_else(|| bad(&name, format!("type {kind} is unknown")))?;
    Ok(Map { kind, key_size, value_size, max_entries, flags, ..empty(name, MapDecl::Legacy) })
}
