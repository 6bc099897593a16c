//! `.BTF.ext`: types of functions, lines, and CO-RE relocations.
use super::ElfError;
use super::code::Located;
use super::error::ElfErrorKind as Kind;
use super::read::{Reader, Role};
use crate::{CoreReloc, FunctionKey, Line};
use osmia_btf::Btf;
use osmia_btf::ext::{Ext, ExtSection};
use std::collections::HashMap;

/// The longest path of a CO-RE relocation: 64 numbers.
const MAX_ACCESS: usize = 64 * 11;

/// Reads all records.
pub(super) fn records(reader: &mut Reader<'_>) -> Result<(), ElfError> {
    let Some(btf) = reader.btf.clone() else { return Ok(()) };
    for index in reader.sections_of(|role| role == Role::BtfExt) {
        let bytes = reader.file.sections.get(index).map_or(&[][..], |it| it.bytes);
        let ext = Ext::parse(bytes).map_err(|error| reader.file.error(index, 0, Kind::Btf(error)))?;
        apply(reader, &btf, &ext).map_err(|(section, at, kind)| reader.file.error(section, at, kind))?;
    }
    for (_, function) in reader.object.functions.iter_mut() {
        function.lines.sort_by_key(|line| line.insn);
        function.core.sort_by_key(|reloc| reloc.insn);
    }
    Ok(())
}

type Failed = (usize, u64, Kind);

fn apply(reader: &mut Reader<'_>, btf: &Btf, ext: &Ext) -> Result<(), Failed> {
    let mut sections: HashMap<&str, usize> = HashMap::new();
    for index in reader.sections_of(|role| role == Role::Code) {
        sections.entry(reader.file.section_name(index)).or_insert(index);
    }
    for (section, record) in of_known(btf, &sections, &ext.func_info) {
        let at = u64::from(record.insn_off);
        let Some((key, insn)) = place(reader, section, at)? else { continue };
        if insn == 0 {
            reader.object.functions[key].type_id = record.ty;
        }
    }
    for (section, record) in of_known(btf, &sections, &ext.line_info) {
        let at = u64::from(record.insn_off);
        let Some((key, insn)) = place(reader, section, at)? else { continue };
        let mut own = |offset| string(reader, btf, offset).map_err(|kind| (section, at, kind));
        let (file, text) = (own(record.file)?, own(record.text)?);
        let (line, column) = (record.line(), record.column());
        reader.object.functions[key].lines.push(Line { insn, file, text, line, column });
    }
    for (section, record) in of_known(btf, &sections, &ext.core_relos) {
        let at = u64::from(record.insn_off);
        let Some((key, insn)) = place(reader, section, at)? else { continue };
        let access = string(reader, btf, record.access).map_err(|kind| (section, at, kind))?;
        if access.len() > MAX_ACCESS {
            return Err((section, at, Kind::BadValue("CO-RE relocation")));
        }
        let reloc = CoreReloc { insn, type_id: record.ty, access, kind: record.kind };
        reader.object.functions[key].core.push(reloc);
    }
    Ok(())
}

/// The instruction that a record is about; none in a function that has none.
fn place(reader: &Reader<'_>, section: usize, at: u64) -> Result<Option<(FunctionKey, u32)>, Failed> {
    match reader.locate(section, at) {
        Located::Insn(key, insn) => Ok(Some((key, insn))),
        Located::Undecoded => Ok(None),
        Located::Nothing => Err((section, at, Kind::MisplacedRelocation)),
    }
}

/// The records of sections that hold code, with the section.
fn of_known<'a, T>(
    btf: &'a Btf,
    sections: &'a HashMap<&str, usize>,
    all: &'a [ExtSection<T>],
) -> impl Iterator<Item = (usize, &'a T)> {
    all.iter().flat_map(move |section| {
        let index = btf.string(section.name).ok().and_then(|name| sections.get(name).copied());
        index.into_iter().flat_map(move |index| section.records.iter().map(move |record| (index, record)))
    })
}

fn string(reader: &mut Reader<'_>, btf: &Btf, offset: u32) -> Result<String, Kind> {
    let text = btf.string(offset).map_err(Kind::Btf)?;
    reader.file.own(text)
}
