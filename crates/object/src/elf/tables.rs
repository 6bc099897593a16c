//! Jump tables: symbols of `.jumptables`, 64-bit numbers each of which is an offset in the code section that uses the table.
use super::code::Span;
use super::error::ElfErrorKind as Kind;
use super::raw::Place;
use super::read::{Reader, Role, linkage};
use crate::{FunctionKey, JumpTable, Symbol};
use osmia_base::{Bytes, Key};

/// The section's name; LLVM gives it no flags.
pub(super) const SECTION: &str = ".jumptables";

/// Bytes of an entry.
pub(super) const ENTRY: u64 = 8;

/// The section of a symbol, if that is one of jump tables.
pub(super) fn place(reader: &Reader<'_>, symbol: usize) -> Option<usize> {
    let Place::Section(section) = reader.file.symbols.get(symbol)?.place else { return None };
    (reader.roles.get(section) == Some(&Role::JumpTables)).then_some(section)
}

/// The table that an instruction of a function names. Two functions never share one: what the numbers in it mean depends on who
/// uses them.
pub(super) fn table(
    reader: &mut Reader<'_>,
    function: FunctionKey,
    symbol: usize,
    section: usize,
    addend: i64,
) -> Result<Symbol, Kind> {
    let symbol = *reader.file.symbols.get(symbol).ok_or(Kind::NoSuchSymbol(symbol))?;
    if let Some(&known) = reader.tables.get(&(function, section, symbol.value)) {
        return Ok(Symbol::Table(known));
    }
    let bad = |why: &str| Kind::BadRelocation(format!("the jump table `{}` {why}", symbol.name));
    if addend != 0 {
        return Err(bad("is entered behind its start"));
    }
    if symbol.size == 0 || !symbol.size.is_multiple_of(ENTRY) || !symbol.value.is_multiple_of(ENTRY) {
        return Err(bad("is not made of whole entries of eight bytes"));
    }
    let span = reader.spans.get(function.index()).cloned().ok_or(Kind::MisplacedRelocation)?;
    let name = reader.file.own(symbol.name)?;
    let bytes = reader.file.sections.get(section).map_or(&[][..], |it| it.bytes);
    let range = usize::try_from(symbol.value).ok().zip(usize::try_from(symbol.size).ok());
    let bytes = range.and_then(|(start, size)| bytes.get(start..start.checked_add(size)?));
    let bytes = bytes.ok_or_else(|| bad("goes past the section's end"))?;
    reader.file.spend(bytes.len())?;
    let targets = targets(reader, bytes, (section, symbol.value), &span);
    let targets = targets.ok_or_else(|| bad("leads out of the function that uses it"))?;
    let linkage = linkage(symbol.binding, symbol.visibility);
    let key = reader.object.tables.push(JumpTable { name, linkage, function, targets });
    reader.tables.insert((function, section, symbol.value), key);
    Ok(Symbol::Table(key))
}

/// Offsets in a code section, as instructions of a function there. Where a relocation stands, the offset is behind its symbol: the
/// section itself, for LLVM.
fn targets(
    reader: &Reader<'_>,
    bytes: &[u8],
    (section, start): (usize, u64),
    span: &Span,
) -> Option<Vec<u32>> {
    let relocs = reader.file.sections.get(section).map_or(&[][..], |it| it.relocs.as_slice());
    let mut offsets = Bytes::new(bytes, reader.file.endian);
    let mut targets = Vec::new();
    while !offsets.is_empty() {
        let at = start + offsets.offset() as u64;
        let offset = offsets.u64().ok()?;
        let base = match relocs.binary_search_by_key(&at, |reloc| reloc.offset) {
            Err(_) => 0,
            Ok(found) => {
                let symbol = reader.file.symbols.get(relocs.get(found)?.symbol)?;
                (symbol.place == Place::Section(span.section)).then_some(symbol.value)?
            }
        };
        targets.push(span.insn_at(base.checked_add(offset)?)?);
    }
    Some(targets)
}
