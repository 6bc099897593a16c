//! `.BTF` and `.BTF.ext` of a file that is written. The object's own types stay as they are, byte for byte, unless
//! something has to be added.
use super::code::{self, Code};
use crate::{Function, Map, Object, Pinning};
use osmia_abi::MapType;
use osmia_btf::ext::{CoreRelo, Ext, ExtSection, FuncInfo, LineInfo};
use osmia_btf::{Btf, Builder, IntEncoding, Kind, KindTag, Linkage, Member, Type, TypeId, VarSlot};
use std::collections::HashMap;

/// The highest slot of `values` that room is made for.
const MAX_SLOT: u32 = 1 << 16;

/// The types and strings of the file.
pub(super) struct Types {
    /// The object's own.
    btf: Option<Btf>,
    builder: Option<Builder>,
    /// Whether the builder has something that the object's own types have not.
    changed: bool,
    /// The variables of `.maps`.
    maps: HashMap<String, MapPlace>,
}

/// Where a map stands in `.maps`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MapPlace {
    pub(super) offset: u64,
    pub(super) size: u64,
    /// Where its `values` begin in it.
    pub(super) values: u64,
}

impl Types {
    pub(super) fn new(object: &Object) -> Self {
        let builder = object.btf.as_ref().and_then(|btf| Builder::from(btf).ok());
        let mut types = Self { btf: object.btf.clone(), builder, changed: false, maps: HashMap::new() };
        types.place_maps();
        types
    }

    /// The types' bytes.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        match (self.btf, self.builder) {
            (Some(btf), None) => Some(btf.bytes().to_vec()),
            (Some(btf), Some(_)) if !self.changed => Some(btf.bytes().to_vec()),
            (_, builder) => builder.map(Builder::finish),
        }
    }

    fn builder(&mut self, object: &Object) -> &mut Builder {
        self.builder.get_or_insert_with(|| Builder::with_endian(object.endian))
    }

    /// The offset of a string, which is added if need be.
    fn string(&mut self, object: &Object, text: &str) -> u32 {
        let offset = self.builder(object).string(text);
        let known = self.btf.as_ref().is_some_and(|btf| btf.string(offset) == Ok(text));
        self.changed |= !known;
        offset
    }

    /// The variables of a section as BTF lists them.
    fn slots(&self, section: &str) -> Option<(TypeId, u32, Vec<VarSlot>)> {
        let builder = self.builder.as_ref()?;
        let all = builder.types().iter().zip(1u32..);
        let mut sections = all.filter_map(|(ty, id)| match &ty.kind {
            Kind::Datasec { size, vars } if ty.name == section => Some((TypeId(id), *size, vars.clone())),
            _ => None,
        });
        sections.next()
    }

    /// Whether BTF lists a section.
    pub(super) fn has_section(&self, name: &str) -> bool {
        self.btf.as_ref().is_some_and(|btf| btf.find_kind(name, KindTag::Datasec).is_some())
    }

    /// Names, offsets and sizes of a section's variables.
    pub(super) fn section_variables(&self, name: &str) -> Vec<(String, u64, u64)> {
        if !self.has_section(name) {
            return Vec::new();
        }
        let (_, size, vars) = self.slots(name).unwrap_or_default();
        let mut end = 0;
        let place = |slot: VarSlot| {
            let offset = if size == 0 { end } else { u64::from(slot.offset) };
            end = offset + u64::from(slot.size);
            Some((self.name(slot.ty)?.to_owned(), offset, slot.size.into()))
        };
        vars.into_iter().filter_map(place).collect()
    }

    fn name(&self, id: TypeId) -> Option<&str> {
        self.builder.as_ref()?.get(id).map(|ty| ty.name.as_str())
    }

    /// Whether this is a function that everybody sees.
    pub(super) fn is_global(&self, id: TypeId) -> bool {
        let ty = self.builder.as_ref().and_then(|builder| builder.get(id));
        matches!(ty, Some(Type { kind: Kind::Func { linkage: Linkage::Global, .. }, .. }))
    }

    /// Whether `.maps` has a variable of this name.
    pub(super) fn describes_map(&self, name: &str) -> bool {
        self.maps.contains_key(name)
    }

    /// Where a map stands in `.maps`.
    pub(super) fn map_place(&self, name: &str) -> Option<MapPlace> {
        self.maps.get(name).copied()
    }

    /// Gives each variable of `.maps` its place: as BTF says, or behind each other where it does not say.
    fn place_maps(&mut self) {
        let Some((_, size, vars)) = self.slots(".maps") else { return };
        let mut end = 0;
        for slot in vars {
            let offset = if size == 0 { end } else { u64::from(slot.offset) };
            end = (offset + u64::from(slot.size)).next_multiple_of(8);
            let place =
                MapPlace { offset, size: slot.size.into(), values: self.values(slot.ty).unwrap_or(0) };
            let name = self.name(slot.ty).unwrap_or_default().to_owned();
            self.maps.insert(name, place);
        }
    }

    fn values(&self, variable: TypeId) -> Option<u64> {
        let builder = self.builder.as_ref()?;
        let Kind::Var { mut ty, .. } = builder.get(variable)?.kind else { return None };
        for _ in 0..32 {
            match &builder.get(ty)?.kind {
                Kind::Typedef(to) | Kind::Const(to) | Kind::Volatile(to) => ty = *to,
                kind => {
                    let member = kind.members().iter().find(|member| member.name == "values")?;
                    return Some(u64::from(member.bit_offset / 8));
                }
            }
        }
        None
    }

    /// Describes maps as `bpf_helpers.h` does.
    pub(super) fn add_maps(&mut self, object: &Object, maps: &[&Map]) {
        if maps.is_empty() {
            return;
        }
        self.changed = true;
        let old = self.slots(".maps");
        let (id, size, mut slots) = old.clone().unwrap_or_default();
        let mut end = aligned(size);
        let builder = self.builder(object);
        let int = builder.add_int("int", 4, IntEncoding::SIGNED);
        for map in maps {
            let (ty, size) = describe(builder, map, int);
            let ty = builder.add_var(&map.name, ty, Linkage::Global);
            slots.push(VarSlot { ty, offset: end, size });
            end = aligned(end.saturating_add(size));
        }
        // Where the compiler left places to the linker, they stay so.
        let unplaced = old.is_some() && size == 0;
        let size = if unplaced { 0 } else { end };
        if unplaced {
            slots.iter_mut().for_each(|slot| slot.offset = 0);
        }
        match builder.get_mut(id) {
            Some(ty) => ty.kind = Kind::Datasec { size, vars: slots },
            None => {
                builder.add_datasec(".maps", size, slots);
            }
        }
        self.place_maps();
    }
}

/// The next multiple of 8; what cannot be represented stays as it is.
fn aligned(offset: u32) -> u32 {
    offset.checked_next_multiple_of(8).unwrap_or(offset)
}

/// A structure that says what a map is, and its size.
fn describe(builder: &mut Builder, map: &Map, int: TypeId) -> (TypeId, u32) {
    let pinned = match map.pinning {
        Pinning::None => 0,
        Pinning::ByName => 1,
        Pinning::Unknown(number) => number.into(),
    };
    let typed = |builder: &Builder, ty: TypeId| builder.get(ty).is_some();
    let numbers = [
        ("type", map.kind.raw().into()),
        ("max_entries", map.max_entries.into()),
        ("map_flags", map.flags.into()),
        ("numa_node", map.numa_node.into()),
        ("map_extra", map.extra),
        ("pinning", pinned),
        ("key_size", if typed(builder, map.key_type) { 0 } else { map.key_size.into() }),
        (
            "value_size",
            if typed(builder, map.value_type) || has_values(map) { 0 } else { map.value_size.into() },
        ),
    ];
    let mut members = Vec::new();
    let mut offset = 0;
    let mut add = |name: &str, ty: TypeId, size: u32| {
        members.push(Member::at(name, ty, offset));
        offset += size;
    };
    for (name, value) in numbers.into_iter().filter(|&(_, value)| value != 0) {
        let len = u32::try_from(value).unwrap_or(u32::MAX);
        let array = builder.add_array(int, int, len);
        let ty = builder.add_ptr(array);
        add(name, ty, 8);
    }
    for (name, ty) in [("key", map.key_type), ("value", map.value_type)] {
        if typed(builder, ty) {
            let ty = builder.add_ptr(ty);
            add(name, ty, 8);
        }
    }
    if has_values(map) {
        let len = map.slots.iter().map(|slot| slot.index.min(MAX_SLOT) + 1).max().unwrap_or(0);
        let element = element(builder, map, int);
        let ty = builder.add_array(element, int, len);
        add("values", ty, len * 8);
    }
    (builder.add_struct("", offset, members), offset)
}

/// Whether a map has `values`: what is in it is itself a map, or programs stand in it from the start.
fn has_values(map: &Map) -> bool {
    map.inner.is_some() || (map.kind == MapType::ProgArray && !map.slots.is_empty())
}

/// The type of an element of `values`.
fn element(builder: &mut Builder, map: &Map, int: TypeId) -> TypeId {
    let to = match &map.inner {
        Some(inner) => describe(builder, inner, int).0,
        None => builder.add_func_proto(int, Vec::new()),
    };
    builder.add_ptr(to)
}

/// The records of all functions; `None` where there is nothing to record.
pub(super) fn extension(object: &Object, code: &[Code], types: &mut Types) -> Option<Ext> {
    let mut ext = Ext::default();
    for section in code {
        let name = section.name.as_str();
        let functions: Vec<(&Function, Vec<u32>)> = section
            .functions
            .iter()
            .map(|&(key, slot)| {
                let function = &object.functions[key];
                (function, code::starts(function).into_iter().map(|start| (slot + start) * 8).collect())
            })
            .collect();
        let mut infos = Vec::new();
        let mut lines = Vec::new();
        let mut core = Vec::new();
        for (function, offsets) in &functions {
            let offset = |insn: u32| offsets.get(insn as usize).copied();
            if let (Some(insn_off), false) = (offset(0), function.type_id.is_void()) {
                infos.push(FuncInfo { insn_off, ty: function.type_id });
            }
            for line in &function.lines {
                let Some(insn_off) = offset(line.insn) else { continue };
                let (file, text) = (types.string(object, &line.file), types.string(object, &line.text));
                lines.push(LineInfo {
                    insn_off,
                    file,
                    text,
                    line_col: LineInfo::pack(line.line, line.column),
                });
            }
            for reloc in &function.core {
                let Some(insn_off) = offset(reloc.insn) else { continue };
                let access = types.string(object, &reloc.access);
                core.push(CoreRelo { insn_off, ty: reloc.type_id, access, kind: reloc.kind });
            }
        }
        push(&mut ext.func_info, infos, name, object, types);
        push(&mut ext.line_info, lines, name, object, types);
        push(&mut ext.core_relos, core, name, object, types);
    }
    let empty = ext.func_info.is_empty() && ext.line_info.is_empty() && ext.core_relos.is_empty();
    (!empty).then_some(ext)
}

fn push<T>(
    list: &mut Vec<ExtSection<T>>,
    records: Vec<T>,
    section: &str,
    object: &Object,
    types: &mut Types,
) {
    if !records.is_empty() {
        let name = types.string(object, section);
        list.push(ExtSection { name, records });
    }
}
