//! Code sections: which function is where, and its instructions.
use super::ElfError;
use super::error::ElfErrorKind as Kind;
use super::read::{Reader, Role, linkage};
use crate::{Function, FunctionKey, Linkage, Undecoded, section};
use elf::elf::{STB_LOCAL, STT_FUNC, STT_NOTYPE};
use osmia_base::Key;
use osmia_btf::KindTag;
use osmia_isa::wire;
use std::collections::HashMap;

/// Bytes in a slot.
pub(super) const SLOT: u64 = wire::SLOT_BYTES as u64;

/// Where a function stands.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) section: usize,
    pub(super) start: u64,
    pub(super) end: u64,
    /// The slot of each instruction, from the function's start.
    pub(super) slots: Vec<u32>,
}

impl Span {
    /// The instruction that begins at an offset of the section.
    pub(super) fn insn_at(&self, offset: u64) -> Option<u32> {
        let bytes = offset.checked_sub(self.start)?;
        let slot = u32::try_from(bytes / SLOT).ok().filter(|_| bytes % SLOT == 0)?;
        self.slots.binary_search(&slot).ok().map(|index| index as u32)
    }

    /// Where an instruction begins in the section.
    pub(super) fn offset_of(&self, insn: usize) -> u64 {
        self.start + u64::from(self.slots.get(insn).copied().unwrap_or(0)) * SLOT
    }
}

/// A function's symbol.
struct Extent {
    name: String,
    start: u64,
    end: u64,
    linkage: Linkage,
}

/// Reads the functions of all code sections.
pub(super) fn functions(reader: &mut Reader<'_>) -> Result<(), ElfError> {
    let symbols = reader.symbols_by_section();
    for index in reader.sections_of(|role| role == Role::Code) {
        let extents = extents(reader, index, &symbols)?;
        for extent in covered(reader, index, extents)? {
            let start = extent.start;
            function(reader, index, extent)
                .map_err(|(offset, kind)| reader.file.error(index, start + offset, kind))?;
        }
    }
    Ok(())
}

/// The functions of a section, by offset: what its `FUNC` symbols say, or, where it has none, its other symbols.
fn extents(
    reader: &mut Reader<'_>,
    section: usize,
    symbols: &HashMap<usize, Vec<usize>>,
) -> Result<Vec<Extent>, ElfError> {
    let size = reader.file.sections.get(section).map_or(0, |it| it.bytes.len() as u64);
    let all: Vec<_> = symbols
        .get(&section)
        .into_iter()
        .flatten()
        .filter_map(|&index| reader.file.symbols.get(index).copied())
        .filter(|symbol| !symbol.name.is_empty())
        .collect();
    let mut named: Vec<_> = all.iter().filter(|symbol| symbol.kind == STT_FUNC.0).collect();
    if named.is_empty() {
        named = all.iter().filter(|it| it.kind == STT_NOTYPE.0 && it.binding != STB_LOCAL.0).collect();
    }
    named.sort_by_key(|symbol| symbol.value);
    let mut extents = Vec::with_capacity(named.len());
    for (index, symbol) in named.iter().enumerate() {
        let next = named.get(index + 1).map_or(size, |next| next.value);
        let end = if symbol.size == 0 { next } else { symbol.value.saturating_add(symbol.size) };
        let name =
            reader.file.own(symbol.name).map_err(|kind| reader.file.error(section, symbol.value, kind))?;
        if symbol.value >= end || end > size || (end - symbol.value) % SLOT != 0 || symbol.value % SLOT != 0 {
            return Err(reader.file.error(section, symbol.value, Kind::BadFunction(name)));
        }
        if end > next {
            let name = named.get(index + 1).map_or("", |next| next.name).to_owned();
            return Err(reader.file.error(section, next, Kind::Overlap(name)));
        }
        let linkage = linkage(symbol.binding, symbol.visibility);
        extents.push(Extent { name, start: symbol.value, end, linkage });
    }
    Ok(extents)
}

/// Code that no symbol covers, between functions, as a function without a name (zeros are padding): linkers leave the bodies of
/// weak functions that lost behind. A section without any function is wrong.
fn covered(reader: &Reader<'_>, section: usize, extents: Vec<Extent>) -> Result<Vec<Extent>, ElfError> {
    let bytes = reader.file.sections.get(section).map_or(&[][..], |it| it.bytes);
    let starts = extents.iter().map(|extent| extent.start).chain([bytes.len() as u64]);
    let ends = [0].into_iter().chain(extents.iter().map(|extent| extent.end));
    let mut dead = Vec::new();
    for (start, end) in ends.zip(starts) {
        let gap = bytes.get(start as usize..end as usize).unwrap_or_default();
        if gap.iter().all(|&byte| byte == 0) {
            continue;
        }
        if extents.is_empty() || !(gap.len() as u64).is_multiple_of(SLOT) {
            return Err(reader.file.error(section, start, Kind::NoFunction));
        }
        dead.push(Extent { name: String::new(), start, end, linkage: Linkage::Static });
    }
    let mut all = extents;
    all.extend(dead);
    all.sort_by_key(|extent| extent.start);
    Ok(all)
}

fn function(reader: &mut Reader<'_>, section: usize, extent: Extent) -> Result<(), (u64, Kind)> {
    let (name, bytes) = reader.file.sections.get(section).map_or(("", &[][..]), |it| (it.name, it.bytes));
    let code = bytes.get(extent.start as usize..extent.end as usize).ok_or((0, Kind::Outside))?;
    reader.file.spend(code.len()).map_err(|kind| (0, kind))?;
    let (insns, undecoded) = match wire::decode_with(code, reader.file.endian) {
        Ok(insns) => (insns, None),
        Err(error) => {
            let reason = format!("slot {}: {}", error.slot, error.kind);
            (Vec::new(), Some(Box::new(Undecoded { bytes: code.to_vec(), reason })))
        }
    };
    let slots = slots(&insns);
    let key = reader.object.functions.push(Function {
        section: reader.file.own(name).map_err(|kind| (0, kind))?,
        linkage: extent.linkage,
        program: section::program(name).filter(|_| !extent.name.is_empty()),
        insns,
        type_id: reader.type_named(&extent.name, KindTag::Func),
        name: extent.name,
        undecoded,
        ..Function::default()
    });
    reader.functions.insert((section, extent.start), key);
    reader.spans.push(Span { section, start: extent.start, end: extent.end, slots });
    Ok(())
}

fn slots(insns: &[osmia_isa::Insn]) -> Vec<u32> {
    insns
        .iter()
        .scan(0, |slot, insn| {
            let here = *slot;
            *slot += insn.slots();
            Some(here)
        })
        .collect()
}

/// What is at a place in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Located {
    /// An instruction of a function.
    Insn(FunctionKey, u32),
    /// Something in a function whose instructions cannot be told apart.
    Undecoded,
    /// No instruction begins there.
    Nothing,
}

impl Reader<'_> {
    /// What begins at an offset of a section.
    pub(super) fn locate(&self, section: usize, offset: u64) -> Located {
        let before = self.functions.range((section, 0)..=(section, offset)).next_back();
        let inside = before.and_then(|(_, &key)| {
            let span = self.spans.get(key.index())?;
            (span.section == section && offset < span.end).then_some((key, span))
        });
        match inside {
            Some((key, _)) if self.object.functions[key].undecoded.is_some() => Located::Undecoded,
            Some((key, span)) => {
                span.insn_at(offset).map_or(Located::Nothing, |insn| Located::Insn(key, insn))
            }
            None => Located::Nothing,
        }
    }
}
