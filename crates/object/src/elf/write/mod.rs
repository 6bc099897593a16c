//! From an [`Object`] to a file.
mod code;
pub(super) mod layout;
mod maps;
mod symbols;
mod tables;
mod types;

use crate::{DataKind, Object};
use elf::elf::{
    SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS, SHT_PROGBITS, SHT_REL, SHT_STRTAB, SHT_SYMTAB,
    SectionFlags,
};
use layout::{Section, Strings};
use osmia_base::Endian;
use symbols::Symbols;
use types::Types;

/// Writes an object file that libbpf, LLVM and [`super::read()`] take.
///
/// Maps that BTF does not describe get a description, because libbpf takes none without one. More than 65 279
/// sections are not possible.
pub fn write(object: &Object) -> Vec<u8> {
    let mut types = Types::new(object);
    let code = code::sections(object);
    let maps = maps::lay_out(object, &mut types);
    let ext = types::extension(object, &code, &mut types);
    let mut sections = vec![Section::default()];
    let places = Places {
        code: append(&mut sections, code.iter().map(|it| code_section(&it.name))),
        small: append(&mut sections, small_sections(object, &types).into_iter()),
        maps: append(&mut sections, maps.sections.iter().cloned()),
        data: append(&mut sections, object.data.values().map(data_section)),
        foreign: append(&mut sections, object.foreign.iter().map(foreign_section)),
        tables: append(&mut sections, tables::section(object, &code).into_iter()),
    };
    let symbols = symbols::all(object, &code, &maps, &sections, &places, &types);
    let mut rels = code::relocations(object, &code, &symbols, &places, &mut sections);
    rels.extend(maps::relocations(object, &maps, &symbols, &places, &mut sections));
    rels.push((places.tables, tables::relocations(object, &code, &symbols, &places)));
    if let Some(btf) = types.finish() {
        sections.push(Section::table(".BTF", SHT_PROGBITS, 4, btf));
        if let Some(ext) = ext {
            sections.push(Section::table(".BTF.ext", SHT_PROGBITS, 4, ext.write(object.endian)));
        }
    }
    finish(object.endian, sections, &symbols, rels)
}

/// The first section of each sort.
#[derive(Clone, Copy, Debug)]
struct Places {
    code: usize,
    small: usize,
    maps: usize,
    data: usize,
    foreign: usize,
    /// The section of jump tables, if there are any.
    tables: usize,
}

/// Adds sections and returns the number of the first.
fn append(sections: &mut Vec<Section>, more: impl Iterator<Item = Section>) -> usize {
    let first = sections.len();
    sections.extend(more);
    first
}

/// Flags of a section, as a number.
fn flags(list: &[SectionFlags]) -> u64 {
    list.iter().fold(0, |all, flag| all | flag.0)
}

fn code_section(name: &str) -> Section {
    Section { flags: flags(&[SHF_ALLOC, SHF_EXECINSTR]), ..Section::table(name, SHT_PROGBITS, 8, Vec::new()) }
}

/// Licence and version.
fn small_sections(object: &Object, types: &Types) -> Vec<Section> {
    let mut all = Vec::new();
    let flags = flags(&[SHF_ALLOC, SHF_WRITE]);
    if !object.license.is_empty() || types.has_section("license") {
        let mut bytes = object.license.clone().into_bytes();
        bytes.push(0);
        all.push(Section { flags, ..Section::table("license", SHT_PROGBITS, 1, bytes) });
    }
    if let Some(version) = object.version {
        let bytes = match object.endian {
            Endian::Little => version.to_le_bytes(),
            Endian::Big => version.to_be_bytes(),
        };
        all.push(Section { flags, ..Section::table("version", SHT_PROGBITS, 4, bytes.to_vec()) });
    }
    all
}

fn data_section(data: &crate::Data) -> Section {
    let constant = data.kind == DataKind::ReadOnly;
    let flags = if constant { flags(&[SHF_ALLOC]) } else { flags(&[SHF_ALLOC, SHF_WRITE]) };
    if data.kind == DataKind::Bss && data.bytes.iter().all(|&byte| byte == 0) {
        let size = data.bytes.len() as u64;
        return Section { flags, size, ..Section::table(&data.name, SHT_NOBITS, 8, Vec::new()) };
    }
    Section { flags, ..Section::table(&data.name, SHT_PROGBITS, 8, data.bytes.clone()) }
}

fn foreign_section(foreign: &crate::Foreign) -> Section {
    let size = foreign.bytes.len() as u64;
    let stored = foreign.kind != SHT_NOBITS.0;
    Section {
        name: foreign.name.clone(),
        kind: foreign.kind,
        flags: foreign.flags,
        align: foreign.align,
        entry_size: foreign.entry_size,
        size,
        bytes: if stored { foreign.bytes.clone() } else { Vec::new() },
        ..Section::default()
    }
}

/// A relocation: offset, symbol, type.
type Rel = (u64, usize, u32);

/// Adds the file's own tables and puts all together.
fn finish(
    endian: Endian,
    mut sections: Vec<Section>,
    symbols: &Symbols,
    rels: Vec<(usize, Vec<Rel>)>,
) -> Vec<u8> {
    let rels: Vec<_> = rels.into_iter().filter(|(_, list)| !list.is_empty()).collect();
    let symtab = sections.len() + rels.len();
    for (target, list) in rels {
        let name = format!(".rel{}", sections.get(target).map_or("", |it| it.name.as_str()));
        let bytes = layout::relocations(endian, &list);
        let mut section = Section::table(&name, SHT_REL, 8, bytes);
        (section.link, section.info, section.entry_size) = (symtab as u32, target as u32, 16);
        sections.push(section);
    }
    let mut strings = Strings::new();
    let mut table = Section::table(".symtab", SHT_SYMTAB, 8, symbols.write(endian, &mut strings));
    (table.link, table.info, table.entry_size) = (symtab as u32 + 1, symbols.locals as u32, 24);
    sections.push(table);
    sections.push(Section::table(".strtab", SHT_STRTAB, 1, Vec::new()));
    layout::file(endian, sections, strings)
}
