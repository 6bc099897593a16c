//! Maps: variables whose types say what they are.
use super::cx::Cx;
use super::data::{self, LEGACY_MAPS, MAPS};
use crate::typed::GlobalId;
use osmia_btf::{Btf, TypeId, VarSlot};
use osmia_object::elf::{MapDefinition, legacy_map_definition, map_definition};
use osmia_object::{Map, MapSlot, Symbol};

/// Bytes in a slot of `values`.
const POINTER: u64 = 8;

/// Describes the variables that are maps; the type of each.
pub(super) fn describe(cx: &mut Cx<'_>) -> Vec<TypeId> {
    let mut slots = Vec::new();
    let mut offset = 0;
    let mut types = Vec::new();
    for id in cx.maps.clone() {
        let global = &cx.unit.globals[id];
        let facts = cx.facts();
        types.push(cx.types.map(facts, global.ty));
        if global.symbol.section.as_deref() == Some(LEGACY_MAPS) {
            continue;
        }
        // What a flexible array holds at first is behind the type's own bytes.
        let held =
            global.data.iter().flat_map(|data| data.addresses.iter().map(|(at, _)| at + POINTER)).max();
        let size = cx.unit.types.size(global.ty).unwrap_or(0).max(held.unwrap_or(0));
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        slots.push(VarSlot { ty: data::variable(cx, id), offset, size });
        offset = offset.saturating_add(size).next_multiple_of(POINTER as u32);
    }
    if !slots.is_empty() {
        cx.types.builder().add_datasec(MAPS, offset, slots);
    }
    types
}

/// Reads what the variables say of the maps.
pub(super) fn read(cx: &mut Cx<'_>, btf: &Btf, types: &[TypeId]) {
    for (id, &ty) in cx.maps.clone().into_iter().zip(types) {
        match one(cx, btf, id, ty) {
            Ok(map) => {
                cx.module.maps.push(map);
            }
            Err(reason) => {
                let global = &cx.unit.globals[id];
                let name = global.name.clone().unwrap_or_default();
                cx.error(global.symbol.span, format!("the map `{name}` cannot be made: {reason}"));
            }
        }
    }
}

fn one(cx: &Cx<'_>, btf: &Btf, id: GlobalId, ty: TypeId) -> Result<Map, String> {
    let global = &cx.unit.globals[id];
    let name = global.name.as_deref().unwrap_or("");
    let Some(data) = &global.data else { return Err("it is not here".into()) };
    if global.symbol.section.as_deref() == Some(LEGACY_MAPS) {
        return legacy_map_definition(&data.bytes, name);
    }
    let MapDefinition { mut map, values } = map_definition(btf, name, ty)?;
    for &(at, address) in &data.addresses {
        let index = at.checked_sub(values.unwrap_or(u64::MAX)).map(|bytes| bytes / POINTER);
        let index = index.and_then(|index| u32::try_from(index).ok());
        let symbol = data::symbol(cx, address);
        match (index, symbol) {
            (Some(index), Some(symbol @ (Symbol::Map(_) | Symbol::Function(_)))) => {
                map.slots.push(MapSlot { index, symbol });
            }
            _ => return Err("only `values` may hold something: maps or programs".into()),
        }
    }
    Ok(map)
}
