//! Relocations: which instruction, or which pointer in data, refers to what.
use super::ElfError;
use super::code::{Located, SLOT};
use super::error::ElfErrorKind as Kind;
use super::raw::{Place, Reloc as RawReloc};
use super::read::{Reader, Role};
use super::tables;
use crate::{DataKey, FunctionKey, Reloc, Symbol};
use elf::elf::R_BPF_NONE;
use osmia_base::{Endian, Key};
use osmia_isa::{Callee, Imm64, Insn};

/// `R_BPF_64_64` and `R_BPF_64_32`: instructions. (`elf.h` and LLVM have the others: 64 and 32 bits of data.)
const INSN: [u32; 2] = [1, 10];
/// `R_BPF_64_64`, which old compilers used in data too, and `R_BPF_64_ABS64`.
const POINTER: [u32; 2] = [1, 2];

/// Links everything.
pub(super) fn relocations(reader: &mut Reader<'_>) -> Result<(), ElfError> {
    for index in 0..reader.roles.len() {
        let role = reader.roles.get(index).copied();
        let wanted = matches!(role, Some(Role::Code | Role::Data(_)));
        let Some(section) = reader.file.sections.get_mut(index).filter(|_| wanted) else { continue };
        for reloc in std::mem::take(&mut section.relocs) {
            if reloc.kind == R_BPF_NONE.0 {
                continue;
            }
            let done = match reader.data.get(&index) {
                Some(&data) => pointer(reader, data, reloc),
                None => instruction(reader, index, reloc),
            };
            done.map_err(|kind| reader.file.error(index, reloc.offset, kind))?;
        }
    }
    direct_calls(reader)
}

/// What a symbol plus an addend is.
pub(super) fn symbol(reader: &Reader<'_>, index: usize, addend: i64) -> Result<Symbol, Kind> {
    let symbol = reader.file.symbols.get(index).ok_or(Kind::NoSuchSymbol(index))?;
    let section = match symbol.place {
        Place::Undefined => {
            let key =
                reader.externs.get(&index).ok_or_else(|| Kind::UndefinedSymbol(symbol.name.to_owned()))?;
            return Ok(Symbol::Extern(*key));
        }
        Place::Section(section) => section,
        Place::Elsewhere => return Err(Kind::BadRelocation(format!("`{}` has no section", symbol.name))),
    };
    let offset = symbol.value.wrapping_add_signed(addend);
    let name = reader.file.section_name(section);
    let nothing = || Kind::BadRelocation(format!("nothing known is at offset {offset:#x} of `{name}`"));
    match reader.roles.get(section) {
        Some(Role::Code) => reader.functions.get(&(section, offset)).map(|&key| Symbol::Function(key)),
        Some(Role::Maps | Role::LegacyMaps) => {
            reader.maps.get(&(section, offset)).map(|&key| Symbol::Map(key))
        }
        Some(Role::Data(_)) => {
            reader.data.get(&section).map(|&section| Symbol::Data { section, offset: offset as u32 })
        }
        _ => None,
    }
    .ok_or_else(nothing)
}

/// Links one instruction.
fn instruction(reader: &mut Reader<'_>, section: usize, reloc: RawReloc) -> Result<(), Kind> {
    if !INSN.contains(&reloc.kind) {
        return Err(Kind::RelocationType(reloc.kind));
    }
    let (key, at) = match reader.locate(section, reloc.offset) {
        Located::Insn(key, at) => (key, at),
        Located::Undecoded => return Ok(()),
        Located::Nothing => return Err(Kind::MisplacedRelocation),
    };
    let insn =
        reader.object.functions[key].insns.get(at as usize).copied().ok_or(Kind::MisplacedRelocation)?;
    let (addend, cleared) = match insn {
        Insn::LoadImm64 { dst, value } => (constant(value), Insn::LoadImm64 { dst, value: Imm64::Value(0) }),
        Insn::Call(Callee::Local(next)) => (call_addend(next), Insn::Call(Callee::Local(0))),
        Insn::Call(Callee::Helper(next)) => (call_addend(next as i32), Insn::Call(Callee::Local(0))),
        _ => return Err(Kind::BadRelocation("the instruction cannot hold an address".into())),
    };
    let addend = reloc.addend.unwrap_or(addend);
    let symbol = match tables::place(reader, reloc.symbol) {
        Some(place) => tables::table(reader, key, reloc.symbol, place, addend)?,
        None => symbol(reader, reloc.symbol, addend)?,
    };
    if matches!(cleared, Insn::Call(_)) && !matches!(symbol, Symbol::Function(_) | Symbol::Extern(_)) {
        return Err(Kind::BadRelocation("a call of something that is no function".into()));
    }
    let function = &mut reader.object.functions[key];
    if function.relocs.last().is_some_and(|last| last.insn == at) {
        return Err(Kind::BadRelocation("two relocations of one instruction".into()));
    }
    if let Some(place) = function.insns.get_mut(at as usize) {
        *place = cleared;
    }
    function.relocs.push(Reloc { insn: at, symbol });
    Ok(())
}

/// The addend that stands in a 64-bit constant; as for libbpf, its low half.
fn constant(value: Imm64) -> i64 {
    match value {
        Imm64::Value(value) => i64::from(value as u32 as i32),
        Imm64::MapFdValue { offset, .. } | Imm64::MapValue { offset, .. } => i64::from(offset as i32),
        Imm64::Function(offset) => offset.into(),
        Imm64::MapFd(_) | Imm64::BtfId { .. } | Imm64::Map(_) => 0,
    }
}

/// The addend that stands in a call: slots from the next instruction, as if the call were the first of its section.
fn call_addend(next: i32) -> i64 {
    (i64::from(next) + 1) * SLOT as i64
}

/// Links one pointer in data. What leads into code's middle or to unknown sections stays as it is in the file, as it
/// does for libbpf, which links no data at all.
fn pointer(reader: &mut Reader<'_>, key: DataKey, reloc: RawReloc) -> Result<(), Kind> {
    if !POINTER.contains(&reloc.kind) {
        return Ok(());
    }
    let endian = reader.file.endian;
    let data = &reader.object.data[key];
    let offset = u32::try_from(reloc.offset).map_err(|_| Kind::MisplacedRelocation)?;
    let at = offset as usize;
    let place = at.checked_add(8).and_then(|end| data.bytes.get(at..end)).ok_or(Kind::MisplacedRelocation)?;
    let raw: [u8; 8] = place.try_into().map_err(|_| Kind::MisplacedRelocation)?;
    let addend = match endian {
        Endian::Little => i64::from_le_bytes(raw),
        Endian::Big => i64::from_be_bytes(raw),
    };
    let Ok(symbol) = symbol(reader, reloc.symbol, reloc.addend.unwrap_or(addend)) else { return Ok(()) };
    let data = &mut reader.object.data[key];
    if let Some(place) = data.bytes.get_mut(at..at + 8) {
        place.fill(0);
    }
    data.relocs.push((offset, symbol));
    Ok(())
}

/// Names the functions that calls reach without a relocation: those of the same section.
fn direct_calls(reader: &mut Reader<'_>) -> Result<(), ElfError> {
    let keys: Vec<FunctionKey> = reader.object.functions.keys().collect();
    for key in keys {
        let Some(span) = reader.spans.get(key.index()).cloned() else { continue };
        let linked = reader.object.functions[key].relocs.len();
        for insn in 0..span.slots.len() {
            let at = span.offset_of(insn);
            direct_call(reader, key, insn, (span.section, at), linked)
                .map_err(|kind| reader.file.error(span.section, at, kind))?;
        }
        reader.object.functions[key].relocs.sort_by_key(|reloc| reloc.insn);
    }
    Ok(())
}

fn direct_call(
    reader: &mut Reader<'_>,
    key: FunctionKey,
    insn: usize,
    (section, at): (usize, u64),
    linked: usize,
) -> Result<(), Kind> {
    let function = &mut reader.object.functions[key];
    let relocs = function.relocs.get(..linked).unwrap_or_default();
    let Some(place) = function.insns.get_mut(insn) else { return Ok(()) };
    let (next, cleared) = match *place {
        Insn::Call(Callee::Local(next)) => (next, Insn::Call(Callee::Local(0))),
        Insn::LoadImm64 { dst, value: Imm64::Function(next) } => {
            (next, Insn::LoadImm64 { dst, value: Imm64::Value(0) })
        }
        _ => return Ok(()),
    };
    let index = insn as u32;
    if relocs.binary_search_by_key(&index, |reloc| reloc.insn).is_ok() {
        return Ok(());
    }
    let target = at.wrapping_add_signed(call_addend(next));
    let nothing = || Kind::BadRelocation(format!("a call of offset {target:#x}, where no function begins"));
    let callee = *reader.functions.get(&(section, target)).ok_or_else(nothing)?;
    *place = cleared;
    function.relocs.push(Reloc { insn: index, symbol: Symbol::Function(callee) });
    Ok(())
}
