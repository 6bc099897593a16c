//! Objects as text, for `-d`.
use osmia_isa::text::llvm::Narrow;
use osmia_isa::text::{Names, llvm};
use osmia_object::{CoreReloc, Object, Symbol};
use std::collections::HashMap;
use std::fmt::Write;

/// All functions, in LLVM's syntax, with what their references reach.
pub(crate) fn bytecode(object: &Object) -> String {
    let (mut out, names) = (String::new(), Names::of_helpers());
    for function in object.functions.values() {
        let _ = writeln!(out, "{} ({}):", function.name, function.section);
        let relocs: HashMap<u32, Symbol> =
            function.relocs.iter().map(|reloc| (reloc.insn, reloc.symbol)).collect();
        let cores: HashMap<u32, &CoreReloc> = function.core.iter().map(|core| (core.insn, core)).collect();
        let mut slot = 0;
        for (index, insn) in (0..).zip(&function.insns) {
            let _ = write!(out, "{slot:6}: {}", llvm::instruction(insn, slot, &names, Narrow::W));
            if let Some(reloc) = relocs.get(&index) {
                let _ = write!(out, "  <{}>", symbol(object, *reloc));
            }
            if let Some(core) = cores.get(&index) {
                let _ = write!(out, "  <CO-RE {} {}>", name(object, core.type_id), core.access);
            }
            out.push('\n');
            slot += insn.slots();
        }
        out.push('\n');
    }
    out
}

fn name(object: &Object, id: osmia_btf::TypeId) -> String {
    object.btf.as_ref().map_or_else(|| id.to_string(), |btf| btf.type_name(id))
}

fn symbol(object: &Object, symbol: Symbol) -> String {
    match symbol {
        Symbol::Map(map) => format!("map {}", object.maps[map].name),
        Symbol::Data { section, offset } => format!("{}+{offset}", object.data[section].name),
        Symbol::Function(function) => object.functions[function].name.clone(),
        Symbol::Extern(external) => object.externs[external].name.clone(),
        Symbol::Table(table) => object.tables[table].name.clone(),
    }
}

/// Maps, data, programs and their sizes.
pub(crate) fn object(object: &Object) -> String {
    let mut out = format!("license {}\n", object.license);
    for map in object.maps.values() {
        let (kind, flags) = (map.kind.name(), map.flags);
        let _ = writeln!(
            out,
            "map {}: {kind}, key {} B, value {} B, {} entries, flags {flags:#x}",
            map.name, map.key_size, map.value_size, map.max_entries
        );
    }
    for data in object.data.values() {
        let _ = writeln!(out, "data {}: {} B", data.name, data.bytes.len());
        for variable in &data.variables {
            let _ = writeln!(out, "  {}: {} B at {}", variable.name, variable.size, variable.offset);
        }
    }
    for function in object.functions.values() {
        let slots: u32 = function.insns.iter().map(osmia_isa::Insn::slots).sum();
        let kind = function.program.as_ref().map_or("function", |program| program.kind.name());
        let _ = writeln!(
            out,
            "{kind} {} ({}): {slots} slots, {} references, {} CO-RE relocations",
            function.name,
            function.section,
            function.relocs.len(),
            function.core.len()
        );
    }
    out
}
