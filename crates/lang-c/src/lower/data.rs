//! Variables of the program: where they lie, what they hold at first, and their types.
use super::cx::{Cx, FunctionPlace, GlobalPlace};
use super::section::{Held, Home, empty_data, empty_foreign};
use crate::typed::{Global, GlobalAddress, GlobalId, Linkage};
use osmia_base::Key;
use osmia_btf::{Linkage as TypeLinkage, TypeId, VarSlot};
use osmia_object::{Extern, FunctionKey, Symbol, Variable};

/// Sections whose variables are maps.
pub(super) const MAPS: &str = ".maps";
pub(super) const LEGACY_MAPS: &str = "maps";
/// The largest section, as large as those of zeros that the reader of objects takes.
const LARGEST: u64 = 64 << 20;

/// Gives all variables a place.
pub(super) fn place(cx: &mut Cx<'_>) {
    for (id, global) in cx.unit.globals.iter() {
        let place = match (&global.data, global.symbol.section.as_deref()) {
            (None, _) => external(cx, global),
            (Some(_), Some(MAPS | LEGACY_MAPS)) => {
                cx.maps.push(id);
                GlobalPlace::Map(osmia_object::MapKey::from_index(cx.maps.len() - 1))
            }
            (Some(data), section) => {
                let name = section.map_or_else(|| default_section(cx, global, &data.bytes), str::to_owned);
                held(cx, id, global, &name)
            }
        };
        cx.globals[id.index()] = place;
    }
}

/// What somebody else has.
fn external(cx: &mut Cx<'_>, global: &Global) -> GlobalPlace {
    let name = global.name.clone().unwrap_or_default();
    let facts = cx.facts();
    let ty = cx.types.whole(facts, global.ty);
    let type_id = cx.types.builder().add_var(&name, ty, TypeLinkage::Extern);
    let section = global.symbol.section.clone().unwrap_or_default();
    let weak = global.symbol.linkage == Linkage::Weak;
    GlobalPlace::Extern(cx.module.externs.push(Extern { name, type_id, weak, section }))
}

/// Where a variable goes of which nothing is said.
fn default_section(cx: &Cx<'_>, global: &Global, bytes: &[u8]) -> String {
    let constant = cx.unit.types.qualifiers(global.ty).constant;
    let is_text = global.name.is_none() && global.data.as_ref().is_some_and(|data| data.addresses.is_empty());
    let zero = bytes.iter().all(|&byte| byte == 0)
        && global.data.as_ref().is_some_and(|data| data.addresses.is_empty());
    match () {
        () if is_text => ".rodata.str1.1",
        () if constant => ".rodata",
        () if zero => ".bss",
        () => ".data",
    }
    .to_owned()
}

/// Puts a variable into a section.
fn held(cx: &mut Cx<'_>, id: GlobalId, global: &Global, name: &str) -> GlobalPlace {
    let Some(data) = &global.data else { return GlobalPlace::Unneeded };
    match name {
        "license" => cx.module.license = text(&data.bytes),
        "version" => {
            let number = data.bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
            cx.module.version = number;
        }
        _ => {}
    }
    let is_text = global.name.is_none() && data.addresses.is_empty();
    let text_key = is_text.then(|| (name.to_owned(), data.bytes.clone()));
    let module = &mut cx.module;
    let section = cx.sections.named(name, || match name {
        "license" | "version" => Home::Nowhere,
        _ => match osmia_object::elf::data_kind(name) {
            Some(kind) => Home::Data(module.data.push(empty_data(name, kind))),
            None => {
                module.foreign.push(empty_foreign(name));
                Home::Foreign(module.foreign.len() - 1)
            }
        },
    });
    let home = section.home;
    let known = text_key.as_ref().and_then(|key| cx.sections.texts.get(key).copied());
    let offset = known.or_else(|| append(cx, id, global, name));
    let (Some(offset), Home::Data(key)) = (offset, home) else { return GlobalPlace::Hidden };
    if let Some(text) = text_key {
        cx.sections.texts.insert(text, offset);
    }
    GlobalPlace::Data(key, offset)
}

/// Writes a variable's bytes at the end of its section.
fn append(cx: &mut Cx<'_>, id: GlobalId, global: &Global, name: &str) -> Option<u32> {
    let data = global.data.as_ref()?;
    let align = cx.unit.types.align(global.ty).max(global.symbol.align.unwrap_or(1)).clamp(1, 4096);
    let align = if global.name.is_none() { 1 } else { align };
    let section = cx.sections.named(name, || Home::Nowhere);
    let start = u64::from(section.size).next_multiple_of(align);
    let end = start + data.bytes.len() as u64;
    if end > LARGEST {
        cx.error(global.symbol.span, format!("the section `{name}` is larger than {LARGEST} bytes"));
        return None;
    }
    let (offset, size) = (start as u32, data.bytes.len() as u32);
    section.size = end as u32;
    if global.name.is_some() {
        section.variables.push(Held { global: id, offset, size });
    }
    let home = section.home;
    let bytes = match home {
        Home::Data(key) => &mut cx.module.data[key].bytes,
        Home::Foreign(at) => &mut cx.module.foreign.get_mut(at)?.bytes,
        Home::Nowhere => return Some(offset),
    };
    bytes.resize(start as usize, 0);
    bytes.extend_from_slice(&data.bytes);
    Some(offset)
}

fn text(bytes: &[u8]) -> String {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// Fills in the addresses that variables hold, once all has its place.
pub(super) fn link(cx: &mut Cx<'_>) {
    for section in cx.sections.list.clone() {
        let Home::Data(key) = section.home else { continue };
        // Strings have no addresses in them.
        for held in &section.variables {
            let unit = cx.unit;
            let addresses = unit.globals[held.global].data.iter().flat_map(|data| &data.addresses);
            for &(at, address) in addresses {
                let Some(symbol) = symbol(cx, address) else { continue };
                let at = held.offset.saturating_add(at as u32);
                let data = &mut cx.module.data[key];
                // The addend is in the symbol.
                if let Some(place) = data.bytes.get_mut(at as usize..(at as usize).saturating_add(8)) {
                    place.fill(0);
                }
                data.relocs.push((at, symbol));
            }
        }
        cx.module.data[key].relocs.sort_by_key(|reloc| reloc.0);
    }
}

/// What an address in data points at.
pub(super) fn symbol(cx: &Cx<'_>, address: GlobalAddress) -> Option<Symbol> {
    match address {
        GlobalAddress::Global(id, bytes) => match cx.global(id) {
            GlobalPlace::Data(section, offset) => {
                let offset = u32::try_from(i64::from(offset).checked_add(bytes)?).ok()?;
                Some(Symbol::Data { section, offset })
            }
            GlobalPlace::Map(map) => Some(Symbol::Map(map)),
            GlobalPlace::Extern(key) => Some(Symbol::Extern(key)),
            GlobalPlace::Unneeded | GlobalPlace::Hidden => None,
        },
        GlobalAddress::Function(id) => match cx.function(id) {
            FunctionPlace::Own(id) => Some(Symbol::Function(FunctionKey::from_index(id.index()))),
            FunctionPlace::Extern(key) => Some(Symbol::Extern(key)),
            FunctionPlace::Unneeded => None,
        },
    }
}

/// Writes the types of all variables.
pub(super) fn describe(cx: &mut Cx<'_>) {
    for section in std::mem::take(&mut cx.sections.list) {
        if section.variables.is_empty() {
            continue;
        }
        let slots = section.variables.iter().map(|held| {
            let ty = variable(cx, held.global);
            VarSlot { ty, offset: held.offset, size: held.size }
        });
        let slots = slots.collect();
        let type_id = cx.types.builder().add_datasec(&section.name, section.size, slots);
        if let Home::Data(key) = section.home {
            let variables = section.variables.iter().map(|held| symbol_of(cx, held)).collect();
            let data = &mut cx.module.data[key];
            (data.type_id, data.variables) = (type_id, variables);
        }
    }
    externs(cx);
}

fn symbol_of(cx: &Cx<'_>, held: &Held) -> Variable {
    let global = &cx.unit.globals[held.global];
    let linkage = match (global.symbol.linkage, global.symbol.hidden) {
        (Linkage::Static, _) | (_, true) => osmia_object::Linkage::Static,
        (Linkage::Global, false) => osmia_object::Linkage::Global,
        (Linkage::Weak, false) => osmia_object::Linkage::Weak,
    };
    Variable { name: global.name.clone().unwrap_or_default(), offset: held.offset, size: held.size, linkage }
}

/// The type of a variable itself.
pub(super) fn variable(cx: &mut Cx<'_>, id: GlobalId) -> TypeId {
    let global = &cx.unit.globals[id];
    let facts = cx.facts();
    let ty = cx.types.whole(facts, global.ty);
    let linkage = match global.symbol.linkage {
        Linkage::Static => TypeLinkage::Static,
        Linkage::Global | Linkage::Weak => TypeLinkage::Global,
    };
    let id = cx.types.builder().add_var(global.name.as_deref().unwrap_or(""), ty, linkage);
    global.symbol.tags.iter().for_each(|tag| cx.types.tag(id, None, tag));
    id
}

/// External symbols by the sections that declare them.
fn externs(cx: &mut Cx<'_>) {
    for name in [".kconfig", ".ksyms"] {
        let listed = cx.module.externs.values().filter(|symbol| symbol.section == name);
        let slots: Vec<VarSlot> =
            listed.map(|symbol| VarSlot { ty: symbol.type_id, offset: 0, size: 0 }).collect();
        if !slots.is_empty() {
            cx.types.builder().add_datasec(name, 0, slots);
        }
    }
}
