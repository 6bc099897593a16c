//! The section of jump tables: offsets in code sections, and a relocation for each that says in which.
use super::super::tables::{ENTRY, SECTION};
use super::code::{self, Code};
use super::layout::Section;
use super::symbols::Symbols;
use super::{Places, Rel};
use crate::{JumpTable, Object, TableKey};
use elf::elf::SHT_PROGBITS;
use osmia_base::Endian;

/// `R_BPF_64_ABS64`.
const POINTER: u32 = 2;

/// Bytes of a table.
pub(super) fn size(table: &JumpTable) -> u64 {
    table.targets.len() as u64 * ENTRY
}

/// The tables, and where in the section each begins.
pub(super) fn offsets(object: &Object) -> impl Iterator<Item = (TableKey, &JumpTable, u64)> {
    object.tables.iter().scan(0, |end, (key, table)| {
        let start = *end;
        *end += size(table);
        Some((key, table, start))
    })
}

/// The section, where there are tables.
pub(super) fn section(object: &Object, code: &[Code]) -> Option<Section> {
    let numbers = object.tables.values().flat_map(|table| entries(object, code, table)).map(|(_, at)| at);
    let bytes: Vec<u8> = numbers
        .flat_map(|at| match object.endian {
            Endian::Little => at.to_le_bytes(),
            Endian::Big => at.to_be_bytes(),
        })
        .collect();
    (!object.tables.is_empty()).then(|| Section::table(SECTION, SHT_PROGBITS, ENTRY, bytes))
}

/// One for each entry.
pub(super) fn relocations(object: &Object, code: &[Code], symbols: &Symbols, places: &Places) -> Vec<Rel> {
    let all = object.tables.values().flat_map(|table| entries(object, code, table));
    all.enumerate()
        .filter_map(|(index, (section, _))| {
            let symbol = symbols.sections.get(&(places.code + section))?;
            Some((index as u64 * ENTRY, *symbol, POINTER))
        })
        .collect()
}

/// Which code section each entry leads into, counted from the first, and how many bytes behind its start.
fn entries(object: &Object, code: &[Code], table: &JumpTable) -> Vec<(usize, u64)> {
    let home = code.iter().enumerate().find_map(|(section, code)| {
        let (_, slot) = code.functions.iter().find(|(key, _)| *key == table.function)?;
        Some((section, *slot))
    });
    let (section, base) = home.unwrap_or_default();
    let starts = object.functions.get(table.function).map(code::starts).unwrap_or_default();
    let slot = |target: &u32| base + starts.get(*target as usize).copied().unwrap_or(0);
    table.targets.iter().map(|target| (section, u64::from(slot(target)) * 8)).collect()
}
