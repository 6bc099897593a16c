//! Code sections: functions behind each other, references as LLVM leaves them.
use super::layout::Section;
use super::symbols::Symbols;
use super::{Places, Rel};
use crate::{Function, FunctionKey, Linkage, Object, Symbol};
use osmia_isa::{Callee, Imm64, Insn, wire};
use std::collections::HashMap;

/// `R_BPF_64_64` and `R_BPF_64_32`.
const CONSTANT: u32 = 1;
const CALL: u32 = 10;

/// One code section.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) name: String,
    /// Its functions, with their slots from the section's start.
    pub(super) functions: Vec<(FunctionKey, u32)>,
}

/// The code sections, in the order in which functions name them.
pub(super) fn sections(object: &Object) -> Vec<Code> {
    let mut all: Vec<Code> = Vec::new();
    let mut known: HashMap<&str, (usize, u32)> = HashMap::new();
    for (key, function) in object.functions.iter() {
        let (index, slots) = known.entry(&function.section).or_insert_with(|| {
            all.push(Code { name: function.section.clone(), functions: Vec::new() });
            (all.len() - 1, 0)
        });
        all[*index].functions.push((key, *slots));
        *slots += size(function);
    }
    all
}

/// How many slots a function has.
pub(super) fn size(function: &Function) -> u32 {
    match &function.undecoded {
        Some(undecoded) => undecoded.bytes.len() as u32 / wire::SLOT_BYTES as u32,
        None => function.insns.iter().map(Insn::slots).sum(),
    }
}

/// The slot of each instruction from the function's start.
pub(super) fn starts(function: &Function) -> Vec<u32> {
    let mut next = 0;
    let slot = |insn: &Insn| {
        let here = next;
        next += insn.slots();
        here
    };
    function.insns.iter().map(slot).collect()
}

/// Where a function is: section and slot.
type Home = HashMap<FunctionKey, (usize, u32)>;

/// Fills the code sections and returns their relocations.
pub(super) fn relocations(
    object: &Object,
    code: &[Code],
    symbols: &Symbols,
    places: &Places,
    sections: &mut [Section],
) -> Vec<(usize, Vec<Rel>)> {
    let homes: Home = code
        .iter()
        .enumerate()
        .flat_map(|(index, code)| {
            code.functions.iter().map(move |&(key, slot)| (key, (places.code + index, slot)))
        })
        .collect();
    let mut all = Vec::new();
    for (index, code) in code.iter().enumerate() {
        let section = places.code + index;
        let mut bytes = Vec::new();
        let mut rels = Vec::new();
        for &(key, slot) in &code.functions {
            let insns = linked(object, &object.functions[key], (section, slot), &homes, symbols, &mut rels);
            bytes.extend(wire::encode_with(&insns, object.endian));
            bytes.extend(object.functions[key].undecoded.iter().flat_map(|undecoded| &undecoded.bytes));
        }
        sections[section].fill(bytes);
        all.push((section, rels));
    }
    all
}

/// A function's instructions with addends in them.
fn linked(
    object: &Object,
    function: &Function,
    (section, base): (usize, u32),
    homes: &Home,
    symbols: &Symbols,
    rels: &mut Vec<Rel>,
) -> Vec<Insn> {
    let mut insns = function.insns.clone();
    let starts = starts(function);
    for reloc in &function.relocs {
        let (Some(insn), Some(start)) = (insns.get_mut(reloc.insn as usize), starts.get(reloc.insn as usize))
        else {
            continue;
        };
        let slot = base + start;
        let found = match reloc.symbol {
            Symbol::Map(key) => symbols.maps.get(&key).map(|&symbol| (symbol, 0)),
            Symbol::Data { section, offset } => symbols.place(section, offset),
            Symbol::Extern(key) => symbols.externs.get(&key).map(|&symbol| (symbol, 0)),
            Symbol::Table(key) => symbols.tables.get(&key).map(|&symbol| (symbol, 0)),
            Symbol::Function(key) => {
                let Some(&(home, at)) = homes.get(&key) else { continue };
                if let Insn::Call(callee) = insn
                    && home == section
                {
                    *callee = Callee::Local(at as i32 - slot as i32 - 1);
                    continue;
                }
                match object.functions[key].linkage {
                    Linkage::Static => symbols.sections.get(&home).map(|&symbol| (symbol, at * 8)),
                    _ => symbols.functions.get(&key).map(|&symbol| (symbol, 0)),
                }
            }
        };
        let Some((symbol, addend)) = found else { continue };
        let kind = put(insn, addend);
        rels.push((u64::from(slot) * 8, symbol, kind));
    }
    insns
}

/// Puts an addend into an instruction and returns the relocation's type.
fn put(insn: &mut Insn, addend: u32) -> u32 {
    match insn {
        Insn::Call(callee) => {
            *callee = Callee::Local((addend / 8) as i32 - 1);
            CALL
        }
        Insn::LoadImm64 { value, .. } => {
            *value = Imm64::Value(addend.into());
            CONSTANT
        }
        _ => CONSTANT,
    }
}
