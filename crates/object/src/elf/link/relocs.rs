//! References, carried over.
use super::output::Output;
use super::{LinkError, LinkErrorKind, Place, Source};
use crate::elf::raw::{Place as Where, Reloc};
use elf::elf::{SHF_EXECINSTR, STT_SECTION};
use osmia_base::Endian;

/// Bytes of an instruction.
const INSN: u64 = 8;

/// `call`.
const CALL: u8 = 0x85;

/// Adds the relocations of a file's sections; what counts from a section's start moves with it.
pub(super) fn append(output: &mut Output, source: &Source<'_>) -> Result<(), LinkError> {
    for (number, section) in source.file.sections.iter().enumerate() {
        let Some(place) = source.place(number) else { continue };
        for reloc in &section.relocs {
            let bad = || {
                let section = section.name.to_owned();
                source.error(LinkErrorKind::BadRelocation { section, offset: reloc.offset })
            };
            let symbol = source.symbols.get(reloc.symbol).copied().flatten().ok_or_else(bad)?;
            shift(output, source, place, reloc).ok_or_else(bad)?;
            let out = output.sections.get_mut(place.section).ok_or_else(bad)?;
            let offset = place.offset.checked_add(reloc.offset).ok_or_else(bad)?;
            out.relocs.push((offset, symbol, reloc.kind));
        }
    }
    Ok(())
}

/// What refers to a section itself says in its own bytes where in it.
fn shift(output: &mut Output, source: &Source<'_>, place: Place, reloc: &Reloc) -> Option<()> {
    let symbol = source.file.symbols.get(reloc.symbol)?;
    if symbol.kind != STT_SECTION.0 {
        return Some(());
    }
    let Where::Section(target) = symbol.place else { return None };
    let moved = source.place(target)?.offset;
    let endian = output.endian;
    let out = output.sections.get_mut(place.section)?;
    let at = usize::try_from(place.offset.checked_add(reloc.offset)?).ok()?;
    let bytes = out.bytes.get_mut(at..)?;
    if out.flags & SHF_EXECINSTR.0 == 0 {
        let word: &mut [u8; 8] = bytes.first_chunk_mut()?;
        let value = read(*word, endian).wrapping_add(moved);
        *word = if endian == Endian::Little { value.to_le_bytes() } else { value.to_be_bytes() };
        return Some(());
    }
    let insn: &mut [u8; 8] = bytes.first_chunk_mut()?;
    let by = if insn[0] == CALL { moved / INSN } else { moved };
    let imm: &mut [u8; 4] = insn.last_chunk_mut()?;
    let by = u32::try_from(by).ok()?;
    *imm = match endian {
        Endian::Little => u32::from_le_bytes(*imm).wrapping_add(by).to_le_bytes(),
        Endian::Big => u32::from_be_bytes(*imm).wrapping_add(by).to_be_bytes(),
    };
    Some(())
}

fn read(word: [u8; 8], endian: Endian) -> u64 {
    if endian == Endian::Little { u64::from_le_bytes(word) } else { u64::from_be_bytes(word) }
}
