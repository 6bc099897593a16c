//! Data sections and external symbols.
use super::ElfError;
use super::error::ElfErrorKind as Kind;
use super::raw::Place;
use super::read::{Reader, Role, linkage};
use crate::{Data, DataKind, Extern, Variable};
use elf::elf::{STB_LOCAL, STB_WEAK, STT_NOTYPE, STT_OBJECT, STT_TLS};
use osmia_btf::{Kind as TypeKind, KindTag, Linkage as TypeLinkage, TypeId};
use std::collections::HashMap;

/// Reads `.data`, `.rodata`, `.bss` and their kin.
pub(super) fn sections(reader: &mut Reader<'_>) -> Result<(), ElfError> {
    let symbols = reader.symbols_by_section();
    for index in reader.sections_of(|role| matches!(role, Role::Data(_))) {
        let Some(&Role::Data(kind)) = reader.roles.get(index) else { continue };
        let data = section(reader, index, kind, symbols.get(&index).map_or(&[][..], Vec::as_slice))
            .map_err(|kind| reader.file.error(index, 0, kind))?;
        let key = reader.object.data.push(data);
        reader.data.insert(index, key);
    }
    Ok(())
}

fn section(reader: &mut Reader<'_>, index: usize, kind: DataKind, symbols: &[usize]) -> Result<Data, Kind> {
    let name = reader.file.section_name(index);
    Ok(Data {
        name: reader.file.own(name)?,
        kind,
        bytes: reader.file.own_bytes(index)?,
        type_id: reader.type_named(name, KindTag::Datasec),
        variables: variables(reader, symbols)?,
        relocs: Vec::new(),
    })
}

fn variables(reader: &mut Reader<'_>, symbols: &[usize]) -> Result<Vec<Variable>, Kind> {
    let mut all = Vec::new();
    for &index in symbols {
        let Some(symbol) = reader.file.symbols.get(index).copied() else { continue };
        let object = [STT_OBJECT.0, STT_TLS.0].contains(&symbol.kind);
        let global = symbol.kind == STT_NOTYPE.0 && symbol.binding != STB_LOCAL.0;
        if symbol.name.is_empty() || !(object || global) {
            continue;
        }
        let too_large = |_| Kind::TooLarge;
        all.push(Variable {
            name: reader.file.own(symbol.name)?,
            offset: u32::try_from(symbol.value).map_err(too_large)?,
            size: u32::try_from(symbol.size).map_err(too_large)?,
            linkage: linkage(symbol.binding, symbol.visibility),
        });
    }
    all.sort_by(|a, b| (a.offset, a.size, &a.name).cmp(&(b.offset, b.size, &b.name)));
    Ok(all)
}

/// What BTF says about external symbols.
#[derive(Default)]
struct Declared {
    /// By name: the type, and the section that lists it.
    symbols: HashMap<String, (TypeId, &'static str)>,
}

/// Reads the undefined symbols.
pub(super) fn externs(reader: &mut Reader<'_>) -> Result<(), ElfError> {
    let undefined: Vec<usize> = (1..reader.file.symbols.len())
        .filter(|&index| {
            reader
                .file
                .symbols
                .get(index)
                .is_some_and(|it| it.place == Place::Undefined && !it.name.is_empty())
        })
        .collect();
    if undefined.is_empty() {
        return Ok(());
    }
    let declared = declared(reader).map_err(|kind| ElfError::new(".BTF", 0, kind))?;
    for index in undefined {
        let Some(symbol) = reader.file.symbols.get(index).copied() else { continue };
        let (type_id, section) = declared.symbols.get(symbol.name).copied().unwrap_or((TypeId::VOID, ""));
        let name = reader.file.own(symbol.name).map_err(|kind| ElfError::new(".symtab", 0, kind))?;
        let weak = symbol.binding == STB_WEAK.0;
        let key = reader.object.externs.push(Extern { name, type_id, weak, section: section.to_owned() });
        reader.externs.insert(index, key);
    }
    Ok(())
}

fn declared(reader: &mut Reader<'_>) -> Result<Declared, Kind> {
    let mut declared = Declared::default();
    let Some(btf) = reader.btf.clone() else { return Ok(declared) };
    let is = |id, tags: &[KindTag]| btf.tag(id).is_some_and(|tag| tags.contains(&tag));
    for id in btf.ids().filter(|&id| is(id, &[KindTag::Func, KindTag::Var])) {
        extern_symbol(reader, &btf, id, &mut declared)?;
    }
    for id in btf.ids().filter(|&id| is(id, &[KindTag::Datasec])) {
        extern_section(&btf, id, &mut declared)?;
    }
    Ok(declared)
}

fn extern_symbol(
    reader: &mut Reader<'_>,
    btf: &osmia_btf::Btf,
    id: TypeId,
    declared: &mut Declared,
) -> Result<(), Kind> {
    let ty = btf.get(id).map_err(Kind::Btf)?;
    if !matches!(
        ty.kind,
        TypeKind::Func { linkage: TypeLinkage::Extern, .. }
            | TypeKind::Var { linkage: TypeLinkage::Extern, .. }
    ) {
        return Ok(());
    }
    reader.file.spend(ty.name.len())?;
    // What no section of declarations lists is another object's.
    declared.symbols.entry(ty.name).or_insert((id, ""));
    Ok(())
}

fn extern_section(btf: &osmia_btf::Btf, id: TypeId, declared: &mut Declared) -> Result<(), Kind> {
    let ty = btf.get(id).map_err(Kind::Btf)?;
    let Some(section) = [".ksyms", ".kconfig"].into_iter().find(|name| *name == ty.name) else {
        return Ok(());
    };
    let TypeKind::Datasec { vars, .. } = ty.kind else { return Ok(()) };
    for slot in vars {
        if let Some(entry) = btf.name(slot.ty).and_then(|name| declared.symbols.get_mut(name)) {
            entry.1 = section;
        }
    }
    Ok(())
}
