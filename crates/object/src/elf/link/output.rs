//! The file that is being made.
use super::super::raw;
use super::super::write::layout::{self, Section, Strings};
use super::{LinkError, LinkErrorKind};
use elf::elf::{SHT_PROGBITS, SHT_REL, SHT_STRTAB, SHT_SYMTAB, STB_LOCAL};
use osmia_base::Endian;
use osmia_btf::ext::{CoreRelo, Ext, ExtSection, FuncInfo, LineInfo};
use osmia_btf::{Builder, Kind, Type, TypeId, VarSlot, dedup};
use std::collections::HashMap;

/// All that was linked so far.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) endian: Endian,
    pub(super) sections: Vec<OutSection>,
    pub(super) symbols: Vec<OutSymbol>,
    pub(super) globals: HashMap<String, Global>,
    pub(super) types: Builder,
}

/// A section; declared ones (`.ksyms`, `.kconfig`) have types but no bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct OutSection {
    pub(super) name: String,
    pub(super) kind: u32,
    pub(super) flags: u64,
    pub(super) align: u64,
    pub(super) entry_size: u64,
    pub(super) size: u64,
    pub(super) bytes: Vec<u8>,
    /// Whether it stands in the file.
    pub(super) stored: bool,
    /// Whether types describe it, and the variables they know.
    pub(super) described: bool,
    pub(super) slots: Vec<VarSlot>,
    /// The symbol that stands for the section itself.
    pub(super) symbol: Option<usize>,
    pub(super) relocs: Vec<(u64, usize, u32)>,
    pub(super) functions: Vec<FuncInfo>,
    pub(super) lines: Vec<LineInfo>,
    pub(super) core: Vec<CoreRelo>,
}

#[derive(Clone, Debug)]
pub(super) struct OutSymbol {
    pub(super) name: String,
    pub(super) kind: u8,
    pub(super) binding: u8,
    pub(super) visibility: u8,
    /// The section; none for what is defined elsewhere.
    pub(super) section: Option<usize>,
    pub(super) value: u64,
    pub(super) size: u64,
}

/// A symbol that all files share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Global {
    pub(super) symbol: usize,
    /// The section, also of what is only declared in one.
    pub(super) section: Option<usize>,
    pub(super) ty: Option<TypeId>,
    pub(super) external: bool,
    pub(super) weak: bool,
    /// Whether its type is to be taken from the file that is being added.
    pub(super) retype: bool,
    /// Its place among the variables of its section.
    pub(super) slot: Option<usize>,
}

impl Output {
    pub(super) fn new(endian: Endian) -> Self {
        Self {
            endian,
            sections: Vec::new(),
            symbols: Vec::new(),
            globals: HashMap::new(),
            types: Builder::with_endian(endian),
        }
    }

    /// The section of this name, a new one like `section` if there is none.
    pub(super) fn section(&mut self, name: &str, section: &raw::Section<'_>) -> usize {
        let found = self.sections.iter().position(|it| it.name == name && it.stored);
        found.unwrap_or_else(|| {
            self.sections.push(OutSection {
                name: name.to_owned(),
                kind: section.kind,
                flags: section.flags,
                align: 1,
                entry_size: section.entry_size,
                stored: true,
                ..OutSection::default()
            });
            self.sections.len() - 1
        })
    }

    /// The section of this name that has only declarations.
    pub(super) fn declared_section(&mut self, name: &str) -> usize {
        let found = self.sections.iter().position(|it| it.name == name);
        found.unwrap_or_else(|| {
            self.sections.push(OutSection { name: name.to_owned(), ..OutSection::default() });
            self.sections.len() - 1
        })
    }

    /// Writes the file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, LinkError> {
        self.add_sections_types();
        let endian = self.endian;
        let names: Vec<u32> = self.sections.iter().map(|it| self.types.string(&it.name)).collect();
        let fail = |error| LinkError { file: String::new(), kind: LinkErrorKind::Btf(error) };
        let merged = dedup(std::mem::take(&mut self.types), None).map_err(fail)?;
        let mut ext = Ext::default();
        for (section, &name) in self.sections.iter_mut().zip(&names) {
            section.functions.iter_mut().for_each(|it| it.ty = merged.id(it.ty));
            section.core.iter_mut().for_each(|it| it.ty = merged.id(it.ty));
            push_records(&mut ext.func_info, name, &mut section.functions);
            push_records(&mut ext.line_info, name, &mut section.lines);
            push_records(&mut ext.core_relos, name, &mut section.core);
        }
        let mut out = vec![Section::default()];
        let stored: Vec<Option<usize>> = number(self.sections.iter().map(|it| it.stored));
        out.extend(self.sections.iter().filter(|it| it.stored).map(stored_section));
        out.push(Section::table(".BTF", SHT_PROGBITS, 4, merged.types.finish()));
        if !(ext.func_info.is_empty() && ext.line_info.is_empty() && ext.core_relos.is_empty()) {
            out.push(Section::table(".BTF.ext", SHT_PROGBITS, 4, ext.write(endian)));
        }
        let relocated = self.sections.iter().filter(|it| !it.relocs.is_empty()).count();
        let symtab = out.len() + relocated;
        let (order, locals) = self.symbol_order();
        for (section, number) in self.sections.iter().zip(&stored) {
            let Some(number) = number.filter(|_| !section.relocs.is_empty()) else { continue };
            let moved = section
                .relocs
                .iter()
                .map(|&(offset, symbol, kind)| (offset, order.get(symbol).copied().unwrap_or(0), kind));
            let bytes = layout::relocations(endian, &moved.collect::<Vec<_>>());
            let mut table = Section::table(&format!(".rel{}", section.name), SHT_REL, 8, bytes);
            (table.link, table.info, table.entry_size) = (symtab as u32, number as u32, 16);
            out.push(table);
        }
        let mut strings = Strings::new();
        let bytes = self.symbol_table(&order, &stored, &mut strings);
        let mut table = Section::table(".symtab", SHT_SYMTAB, 8, bytes);
        (table.link, table.info, table.entry_size) = (symtab as u32 + 1, locals as u32, 24);
        out.push(table);
        out.push(Section::table(".strtab", SHT_STRTAB, 1, Vec::new()));
        Ok(layout::file(endian, out, strings))
    }

    /// Describes each section that any file described.
    fn add_sections_types(&mut self) {
        for section in self.sections.iter_mut().filter(|it| it.described) {
            section.slots.sort_by_key(|slot| slot.offset);
            let size = u32::try_from(section.size).unwrap_or(u32::MAX);
            let vars = std::mem::take(&mut section.slots);
            self.types.add(Type::new(&section.name, Kind::Datasec { size, vars }));
        }
        // Variables that no file defined: whoever links further, or reads the error, finds them here.
        let mut open: Vec<TypeId> = (self.globals.values())
            .filter(|it| it.external && it.section.is_none())
            .filter_map(|it| it.ty)
            .filter(|&ty| matches!(self.types.get(ty), Some(Type { kind: Kind::Var { .. }, .. })))
            .collect();
        open.sort_unstable();
        if !open.is_empty() {
            let vars = open.into_iter().map(|ty| VarSlot { ty, offset: 0, size: 0 }).collect();
            self.types.add(Type::new(".extern", Kind::Datasec { size: 0, vars }));
        }
    }

    /// The number of each symbol in the file, where local ones come first, and how many these are.
    fn symbol_order(&self) -> (Vec<usize>, usize) {
        let local = |symbol: &OutSymbol| symbol.binding == STB_LOCAL.0;
        let locals = 1 + self.symbols.iter().filter(|it| local(it)).count();
        let (mut next_local, mut next_global) = (1, locals);
        let order = self.symbols.iter().map(|symbol| {
            let next = if local(symbol) { &mut next_local } else { &mut next_global };
            *next += 1;
            *next - 1
        });
        (order.collect(), locals)
    }

    fn symbol_table(&self, order: &[usize], stored: &[Option<usize>], strings: &mut Strings) -> Vec<u8> {
        let mut places: Vec<(usize, &OutSymbol)> = order.iter().copied().zip(&self.symbols).collect();
        places.sort_by_key(|&(place, _)| place);
        let mut bytes = vec![0; 24];
        for (_, symbol) in places {
            let section = symbol.section.and_then(|it| stored.get(it).copied().flatten()).unwrap_or(0);
            self.word(&mut bytes, u64::from(strings.add(&symbol.name)), 4);
            bytes.extend([symbol.binding << 4 | symbol.kind, symbol.visibility]);
            self.word(&mut bytes, section as u64, 2);
            self.word(&mut bytes, symbol.value, 8);
            self.word(&mut bytes, symbol.size, 8);
        }
        bytes
    }

    /// Appends a number of `width` bytes.
    fn word(&self, bytes: &mut Vec<u8>, value: u64, width: usize) {
        match self.endian {
            Endian::Little => bytes.extend(value.to_le_bytes().iter().take(width)),
            Endian::Big => bytes.extend(value.to_be_bytes().iter().skip(8 - width)),
        }
    }
}

fn push_records<T>(sections: &mut Vec<ExtSection<T>>, name: u32, records: &mut Vec<T>) {
    if !records.is_empty() {
        sections.push(ExtSection { name, records: std::mem::take(records) });
    }
}

/// Numbers from 1 for those that count.
fn number(counts: impl Iterator<Item = bool>) -> Vec<Option<usize>> {
    let mut next = 0;
    let mut number = |counts: bool| {
        next += usize::from(counts);
        counts.then_some(next)
    };
    counts.map(&mut number).collect()
}

fn stored_section(section: &OutSection) -> Section {
    Section {
        name: section.name.clone(),
        kind: section.kind,
        flags: section.flags,
        align: section.align,
        entry_size: section.entry_size,
        size: section.size,
        bytes: section.bytes.clone(),
        ..Section::default()
    }
}
