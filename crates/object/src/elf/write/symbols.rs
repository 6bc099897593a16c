//! The symbol table: sections and what only this file sees first, then the rest.
use super::Places;
use super::code::{self, Code};
use super::layout::{Section, Strings, endianness};
use super::maps::Maps;
use super::tables;
use super::types::Types;
use crate::{DataKey, ExternKey, FunctionKey, Linkage, MapKey, Object, TableKey};
use elf::elf::{
    STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_FUNC, STT_NOTYPE, STT_OBJECT, STT_SECTION, STV_DEFAULT, STV_HIDDEN,
    Sym64, SymbolBind, SymbolInfo, SymbolOther, SymbolSection, SymbolType,
};
use elf::endian::{U16, U32, U64};
use elf::pod::bytes_of;
use osmia_base::{Endian, Key};
use std::collections::HashMap;

/// All symbols, and the numbers of those that something refers to.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    list: Vec<Sym>,
    /// How many are local, the empty first one included.
    pub(super) locals: usize,
    /// By number of the section.
    pub(super) sections: HashMap<usize, usize>,
    pub(super) functions: HashMap<FunctionKey, usize>,
    pub(super) maps: HashMap<MapKey, usize>,
    pub(super) data: HashMap<DataKey, usize>,
    /// Variables that everybody sees, by section and offset: references to them name them, as LLVM's do.
    pub(super) variables: HashMap<(DataKey, u32), usize>,
    pub(super) externs: HashMap<ExternKey, usize>,
    pub(super) tables: HashMap<TableKey, usize>,
}

#[derive(Clone, Debug)]
struct Sym {
    name: String,
    kind: SymbolType,
    linkage: Linkage,
    hidden: bool,
    section: usize,
    value: u64,
    size: u64,
    of: Of,
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug)]
enum Of {
    Nothing,
    Section,
    Function(FunctionKey),
    Map(MapKey),
    Variable(DataKey, u32),
    Extern(ExternKey),
    Table(TableKey),
}

impl Sym {
    /// Whether it must stand among the first.
    fn is_local(&self) -> bool {
        self.linkage == Linkage::Static && !self.hidden
    }

    fn bind(&self) -> SymbolBind {
        match self.linkage {
            _ if self.is_local() => STB_LOCAL,
            Linkage::Weak => STB_WEAK,
            _ => STB_GLOBAL,
        }
    }
}

/// Collects the symbols of everything.
pub(super) fn all(
    object: &Object,
    code: &[Code],
    maps: &Maps,
    sections: &[Section],
    places: &Places,
    types: &Types,
) -> Symbols {
    let mut list = vec![symbol("", STT_NOTYPE, Linkage::Static, (0, 0, 0), Of::Nothing)];
    let named = (places.code..places.small).chain(places.data..places.foreign);
    list.extend(named.map(|section| symbol("", STT_SECTION, Linkage::Static, (section, 0, 0), Of::Section)));
    functions(object, code, places, types, &mut list);
    for (key, &(section, offset, size)) in &maps.places {
        let name = &object.maps[*key].name;
        list.push(symbol(
            name,
            STT_OBJECT,
            Linkage::Global,
            (places.maps + section, offset, size),
            Of::Map(*key),
        ));
    }
    for (key, data) in object.data.iter() {
        list.extend(data.variables.iter().map(|it| {
            let place = (places.data + key.index(), u64::from(it.offset), u64::from(it.size));
            symbol(&it.name, STT_OBJECT, it.linkage, place, Of::Variable(key, it.offset))
        }));
    }
    for index in (places.small..places.maps).chain(places.foreign..sections.len()) {
        let name = sections.get(index).map_or("", |section| section.name.as_str());
        list.extend(types.section_variables(name).into_iter().map(|(name, offset, size)| {
            symbol(&name, STT_OBJECT, Linkage::Global, (index, offset, size), Of::Nothing)
        }));
    }
    for (key, table, offset) in tables::offsets(object) {
        let place = (places.tables, offset, tables::size(table));
        list.push(symbol(&table.name, STT_OBJECT, table.linkage, place, Of::Table(key)));
    }
    for (key, it) in object.externs.iter() {
        let linkage = if it.weak { Linkage::Weak } else { Linkage::Global };
        list.push(symbol(&it.name, STT_NOTYPE, linkage, (0, 0, 0), Of::Extern(key)));
    }
    number(list, object, places)
}

fn symbol(
    name: &str,
    kind: SymbolType,
    linkage: Linkage,
    (section, value, size): (usize, u64, u64),
    of: Of,
) -> Sym {
    Sym { name: name.to_owned(), kind, linkage, hidden: false, section, value, size, of }
}

fn functions(object: &Object, code: &[Code], places: &Places, types: &Types, list: &mut Vec<Sym>) {
    for (index, code) in code.iter().enumerate() {
        for &(key, slot) in &code.functions {
            let function = &object.functions[key];
            let place = (places.code + index, u64::from(slot) * 8, u64::from(code::size(function)) * 8);
            let mut sym = symbol(&function.name, STT_FUNC, function.linkage, place, Of::Function(key));
            // Hidden functions are static for the verifier, but global for BTF.
            sym.hidden = function.linkage == Linkage::Static && types.is_global(function.type_id);
            list.push(sym);
        }
    }
}

/// Puts local symbols first and notes the numbers.
fn number(mut list: Vec<Sym>, object: &Object, places: &Places) -> Symbols {
    list.sort_by_key(|sym| !sym.is_local());
    let mut all = Symbols { locals: list.iter().filter(|sym| sym.is_local()).count(), ..Symbols::default() };
    for (index, sym) in list.iter().enumerate() {
        match sym.of {
            Of::Nothing => {}
            Of::Section => {
                all.sections.insert(sym.section, index);
            }
            Of::Function(key) => {
                all.functions.insert(key, index);
            }
            Of::Map(key) => {
                all.maps.insert(key, index);
            }
            Of::Variable(key, offset) if !sym.is_local() => {
                all.variables.entry((key, offset)).or_insert(index);
            }
            Of::Variable(..) => {}
            Of::Extern(key) => {
                all.externs.insert(key, index);
            }
            Of::Table(key) => {
                all.tables.insert(key, index);
            }
        }
    }
    let data = object.data.keys().enumerate();
    all.data = data.filter_map(|(at, key)| Some((key, *all.sections.get(&(places.data + at))?))).collect();
    all.list = list;
    all
}

impl Symbols {
    /// A symbol and an addend for a place in data.
    pub(super) fn place(&self, section: DataKey, offset: u32) -> Option<(usize, u32)> {
        match self.variables.get(&(section, offset)) {
            Some(&symbol) => Some((symbol, 0)),
            None => self.data.get(&section).map(|&symbol| (symbol, offset)),
        }
    }

    /// The table's bytes.
    pub(super) fn write(&self, endian: Endian, strings: &mut Strings) -> Vec<u8> {
        self.list
            .iter()
            .flat_map(|sym| bytes_of(&raw(endian, sym, strings.add(&sym.name))).to_vec())
            .collect()
    }
}

fn raw(endian: Endian, sym: &Sym, name: u32) -> Sym64<elf::endian::Endianness> {
    let e = endianness(endian);
    let visibility = if sym.hidden { STV_HIDDEN } else { STV_DEFAULT };
    Sym64 {
        st_name: U32::new(e, name),
        st_info: SymbolInfo((sym.bind().0 << 4) | sym.kind.0),
        st_other: SymbolOther(visibility.0),
        st_shndx: U16::new(e, SymbolSection(sym.section as u16)),
        st_value: U64::new(e, sym.value),
        st_size: U64::new(e, sym.size),
    }
}
