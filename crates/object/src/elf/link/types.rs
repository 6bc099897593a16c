//! Types of several files, and what they say of instructions.
use super::output::Output;
use super::symbols::is_shared;
use super::{LinkError, LinkErrorKind, Place, Source};
use crate::elf::raw::Place as Where;
use osmia_btf::ext::{CoreRelo, ExtSection, FuncInfo, LineInfo};
use osmia_btf::{BtfError, Kind, Linkage, Type, TypeId, VarSlot};
use std::collections::HashMap;

/// Adds a file's types; what is one symbol is one type.
pub(super) fn append(output: &mut Output, source: &mut Source<'_>) -> Result<(), LinkError> {
    let broken = |error| LinkError { file: source.name.to_owned(), kind: LinkErrorKind::Btf(error) };
    let mut types = Vec::new();
    for (id, ty) in source.btf.types() {
        types.push((id, ty.map_err(broken)?));
    }
    let first = output.types.next_id();
    let mut retyped = Vec::new();
    for (id, ty) in &types {
        let new = match &ty.kind {
            Kind::Datasec { .. } => None,
            kind if is_shared(kind) => shared(output, ty, &mut retyped),
            _ => Some(output.types.add(ty.clone())),
        };
        if let Some(slot) = source.types.get_mut(id.0 as usize) {
            *slot = new;
        }
    }
    if let Some(void) = source.types.first_mut() {
        *void = Some(TypeId::VOID);
    }
    let new_id = |id: TypeId| source.types.get(id.0 as usize).copied().flatten().unwrap_or(TypeId::VOID);
    for id in (first.0..output.types.next_id().0).map(TypeId) {
        if let Some(ty) = output.types.get_mut(id) {
            ty.kind.map_ids(new_id);
        }
    }
    for (id, mut kind) in retyped {
        kind.map_ids(new_id);
        if let Some(ty) = output.types.get_mut(id) {
            ty.kind = kind;
        }
    }
    append_sections(output, source, &types)?;
    append_records(output, source).map_err(broken)
}

/// The type of a symbol that all files share: a new one, or the one it has, to be replaced if this file defines it.
fn shared(output: &mut Output, ty: &Type, retyped: &mut Vec<(TypeId, Kind)>) -> Option<TypeId> {
    let global = output.globals.get(&ty.name).copied()?;
    let Some(known) = global.ty else {
        let new = output.types.add(ty.clone());
        if let Some(global) = output.globals.get_mut(&ty.name) {
            global.ty = Some(new);
        }
        return Some(new);
    };
    if global.retype {
        retyped.push((known, ty.kind.clone()));
        if let Some(global) = output.globals.get_mut(&ty.name) {
            global.retype = false;
        }
    }
    Some(known)
}

/// Where variables are, by name, as far as the file's symbols say.
fn symbol_values<'a>(source: &Source<'a>) -> HashMap<(usize, &'a str), u64> {
    let symbols = source.file.symbols.iter();
    symbols
        .filter_map(|symbol| match symbol.place {
            Where::Section(section) => Some(((section, symbol.name), symbol.value)),
            Where::Undefined | Where::Elsewhere => None,
        })
        .collect()
}

/// Adds the variables of a file's sections behind those that are there.
fn append_sections(
    output: &mut Output,
    source: &Source<'_>,
    types: &[(TypeId, Type)],
) -> Result<(), LinkError> {
    let values = symbol_values(source);
    for (_, ty) in types {
        let Kind::Datasec { vars, .. } = &ty.kind else { continue };
        let number = source.section(&ty.name);
        let place = match number {
            _ if ty.name == ".extern" => continue,
            Some(number) => match source.place(number) {
                Some(place) => place,
                None => continue,
            },
            None => Place { section: output.declared_section(&ty.name), offset: 0 },
        };
        if let Some(section) = output.sections.get_mut(place.section) {
            section.described = true;
        }
        for slot in vars {
            let Some(new) = source.types.get(slot.ty.0 as usize).copied().flatten() else { continue };
            let global = number.and_then(|number| {
                let name = source.btf.name(slot.ty)?;
                let kind = source.btf.get(slot.ty).ok()?.kind;
                let defined = matches!(kind, Kind::Var { linkage: Linkage::Global, .. });
                values.get(&(number, name)).copied().filter(|_| defined)
            });
            let own = global.unwrap_or_else(|| slot.offset.into());
            let offset = u32::try_from(place.offset.saturating_add(own)).unwrap_or(u32::MAX);
            append_slot(output, source, place.section, VarSlot { ty: new, offset, size: slot.size })?;
        }
    }
    Ok(())
}

fn append_slot(
    output: &mut Output,
    source: &Source<'_>,
    into: usize,
    slot: VarSlot,
) -> Result<(), LinkError> {
    let shared = output.types.get(slot.ty).filter(|ty| is_shared(&ty.kind)).map(|ty| ty.name.clone());
    let Some(section) = output.sections.get_mut(into) else { return Ok(()) };
    let global = shared.as_ref().and_then(|name| output.globals.get_mut(name));
    let Some(global) = global else {
        section.slots.push(slot);
        return Ok(());
    };
    if global.section != Some(into) {
        // A weak definition that lost: another file's is the variable.
        if !global.external && global.slot.is_some() {
            return Ok(());
        }
        return Err(source.error(LinkErrorKind::SectionsDiffer(shared.unwrap_or_default())));
    }
    match global.slot.and_then(|place| section.slots.get_mut(place)) {
        Some(known) => {
            let symbol = output.symbols.get(global.symbol);
            if let Some(symbol) = symbol.filter(|symbol| symbol.section == Some(into) && symbol.size > 0) {
                known.offset = u32::try_from(symbol.value).unwrap_or(u32::MAX);
                known.size = u32::try_from(symbol.size).unwrap_or(u32::MAX);
            }
        }
        None => {
            global.slot = Some(section.slots.len());
            section.slots.push(slot);
        }
    }
    Ok(())
}

/// Adds what a file's extension says of functions, lines and relocations.
fn append_records(output: &mut Output, source: &Source<'_>) -> Result<(), BtfError> {
    let new_id = |id: TypeId| source.types.get(id.0 as usize).copied().flatten().unwrap_or(TypeId::VOID);
    for (place, record) in records(source, &source.ext.func_info) {
        let record = FuncInfo { insn_off: moved(record.insn_off, place), ty: new_id(record.ty) };
        if let Some(section) = output.sections.get_mut(place.section) {
            section.functions.push(record);
        }
    }
    for (place, record) in records(source, &source.ext.line_info) {
        let file = output.types.string(source.btf.string(record.file)?);
        let text = output.types.string(source.btf.string(record.text)?);
        let record = LineInfo { insn_off: moved(record.insn_off, place), file, text, ..record };
        if let Some(section) = output.sections.get_mut(place.section) {
            section.lines.push(record);
        }
    }
    for (place, record) in records(source, &source.ext.core_relos) {
        let access = output.types.string(source.btf.string(record.access)?);
        let insn_off = moved(record.insn_off, place);
        let record = CoreRelo { insn_off, ty: new_id(record.ty), access, kind: record.kind };
        if let Some(section) = output.sections.get_mut(place.section) {
            section.core.push(record);
        }
    }
    Ok(())
}

fn moved(offset: u32, place: Place) -> u32 {
    offset.saturating_add(u32::try_from(place.offset).unwrap_or(u32::MAX))
}

fn records<T: Copy>(source: &Source<'_>, sections: &[ExtSection<T>]) -> Vec<(Place, T)> {
    let place = |section: &ExtSection<T>| {
        let name = source.btf.string(section.name).ok()?;
        source.place(source.section(name)?)
    };
    let placed = sections.iter().filter_map(|section| Some((place(section)?, section)));
    placed.flat_map(|(place, section)| section.records.iter().map(move |&record| (place, record))).collect()
}
