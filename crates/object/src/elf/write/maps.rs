//! Map sections and pointers in data.
use super::super::MAX_BSS;
use super::layout::Section;
use super::symbols::Symbols;
use super::types::Types;
use super::{Places, Rel, flags};
use crate::{Data, Map, MapDecl, MapKey, Object, Symbol};
use elf::elf::{SHF_ALLOC, SHF_WRITE, SHT_PROGBITS};
use osmia_base::Endian;
use std::collections::{BTreeMap, HashMap};

/// `R_BPF_64_ABS64`.
const POINTER: u32 = 2;
/// Bytes of `struct bpf_map_def`.
const LEGACY: u64 = 20;

/// The sections of maps, and each map's place.
#[derive(Debug, Default)]
pub(super) struct Maps {
    pub(super) sections: Vec<Section>,
    /// Section (counted from the first of maps), offset, size.
    pub(super) places: BTreeMap<MapKey, (usize, u64, u64)>,
    /// Where `values` begin in a map.
    values: HashMap<MapKey, u64>,
}

/// Gives each map its place, and describes it in BTF where nobody did.
pub(super) fn lay_out(object: &Object, types: &mut Types) -> Maps {
    let mut maps = Maps::default();
    let described: Vec<(MapKey, &Map)> =
        object.maps.iter().filter(|(_, map)| map.decl == MapDecl::Btf).collect();
    if !described.is_empty() {
        let missing: Vec<&Map> =
            described.iter().map(|&(_, map)| map).filter(|map| !types.describes_map(&map.name)).collect();
        types.add_maps(object, &missing);
        let mut end = 0;
        for &(key, map) in &described {
            let Some(place) = types.map_place(&map.name) else { continue };
            end = place.offset.saturating_add(place.size).max(end);
            maps.places.insert(key, (maps.sections.len(), place.offset, place.size));
            maps.values.insert(key, place.values);
        }
        // No linker makes more; broken types may say anything.
        let size = usize::try_from(end).map_or(MAX_BSS, |size| size.min(MAX_BSS));
        maps.sections.push(section(".maps", vec![0; size]));
    }
    let legacy: Vec<(MapKey, &Map)> =
        object.maps.iter().filter(|(_, map)| map.decl == MapDecl::Legacy).collect();
    if !legacy.is_empty() {
        let mut bytes = Vec::new();
        for (key, map) in legacy {
            maps.places.insert(key, (maps.sections.len(), bytes.len() as u64, LEGACY));
            for number in [map.kind.raw(), map.key_size, map.value_size, map.max_entries, map.flags] {
                bytes.extend(match object.endian {
                    Endian::Little => number.to_le_bytes(),
                    Endian::Big => number.to_be_bytes(),
                });
            }
        }
        maps.sections.push(section("maps", bytes));
    }
    maps
}

fn section(name: &str, bytes: Vec<u8>) -> Section {
    Section { flags: flags(&[SHF_ALLOC, SHF_WRITE]), ..Section::table(name, SHT_PROGBITS, 8, bytes) }
}

/// The relocations of maps and of data; addends are put into the sections.
pub(super) fn relocations(
    object: &Object,
    maps: &Maps,
    symbols: &Symbols,
    places: &Places,
    sections: &mut [Section],
) -> Vec<(usize, Vec<Rel>)> {
    let mut all = Vec::new();
    let mut slots = Vec::new();
    for (key, map) in object.maps.iter() {
        let (Some(&(section, offset, _)), Some(&values)) = (maps.places.get(&key), maps.values.get(&key))
        else {
            continue;
        };
        for slot in &map.slots {
            let at = offset + values + u64::from(slot.index) * 8;
            if let Some((symbol, addend)) = pointee(symbols, slot.symbol) {
                put(&mut sections[places.maps + section], at, addend, object.endian);
                slots.push((at, symbol, POINTER));
            }
        }
    }
    slots.sort_unstable();
    all.push((places.maps, slots));
    for (index, data) in object.data.values().enumerate() {
        let rels = pointers(object, data, symbols, &mut sections[places.data + index]);
        all.push((places.data + index, rels));
    }
    all
}

fn pointers(object: &Object, data: &Data, symbols: &Symbols, section: &mut Section) -> Vec<Rel> {
    let mut rels = Vec::new();
    for &(at, symbol) in &data.relocs {
        if let Some((symbol, addend)) = pointee(symbols, symbol) {
            put(section, at.into(), addend, object.endian);
            rels.push((at.into(), symbol, POINTER));
        }
    }
    rels
}

/// A symbol and an addend for a pointer to something.
fn pointee(symbols: &Symbols, symbol: Symbol) -> Option<(usize, u64)> {
    match symbol {
        Symbol::Map(key) => Some((*symbols.maps.get(&key)?, 0)),
        Symbol::Data { section, offset } => {
            symbols.place(section, offset).map(|(symbol, addend)| (symbol, addend.into()))
        }
        Symbol::Extern(key) => Some((*symbols.externs.get(&key)?, 0)),
        Symbol::Function(key) => Some((*symbols.functions.get(&key)?, 0)),
        Symbol::Table(key) => Some((*symbols.tables.get(&key)?, 0)),
    }
}

fn put(section: &mut Section, at: u64, addend: u64, endian: Endian) {
    let raw = match endian {
        Endian::Little => addend.to_le_bytes(),
        Endian::Big => addend.to_be_bytes(),
    };
    let place = usize::try_from(at).ok().and_then(|at| section.bytes.get_mut(at..)).unwrap_or_default();
    place.iter_mut().zip(raw).for_each(|(place, byte)| *place = byte);
}
