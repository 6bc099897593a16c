//! The file as sections, symbols and relocations; knows nothing of BPF but the machine's number.
use super::error::ElfErrorKind::{self as Kind, NotElf};
use super::{ElfError, MAX_BSS};
use elf::elf::{EM_BPF, ET_REL, FileHeader64, Rel64, SHT_NOBITS, SHT_SYMTAB};
use elf::endian::Endianness;
use elf::read::elf::{FileHeader, SectionHeader, SectionTable, Sym, SymbolTable};
use osmia_base::Endian;

/// One file.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub(super) endian: Endian,
    /// By number; the first is empty.
    pub(super) sections: Vec<Section<'a>>,
    /// By number; the first is empty.
    pub(super) symbols: Vec<Symbol<'a>>,
    /// What else may be copied out of the file.
    budget: u64,
    /// How many zeros may still be made for sections that have no bytes in the file.
    zeros: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    pub(super) kind: u32,
    pub(super) flags: u64,
    pub(super) align: u64,
    pub(super) entry_size: u64,
    pub(super) size: u64,
    /// Nothing for `SHT_NOBITS`.
    pub(super) bytes: &'a [u8],
    /// By offset.
    pub(super) relocs: Vec<Reloc>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol<'a> {
    pub(super) name: &'a str,
    pub(super) place: Place,
    pub(super) value: u64,
    pub(super) size: u64,
    /// `STT_*`.
    pub(super) kind: u8,
    /// `STB_*`.
    pub(super) binding: u8,
    /// `STV_*`.
    pub(super) visibility: u8,
}

/// Where a symbol is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Undefined,
    Section(usize),
    Elsewhere,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Reloc {
    pub(super) offset: u64,
    pub(super) symbol: usize,
    /// `R_BPF_*`.
    pub(super) kind: u32,
    /// Only in `SHT_RELA`; elsewhere it stands in the section's bytes.
    pub(super) addend: Option<i64>,
}

type Header = FileHeader64<Endianness>;

fn broken(section: &str, reason: impl ToString) -> ElfError {
    ElfError::new(section, 0, NotElf(reason.to_string()))
}

impl<'a> File<'a> {
    /// Reads the tables of an object file for BPF.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, ElfError> {
        let header = Header::parse(bytes).map_err(|error| broken("", error))?;
        let endian = header.endian().map_err(|error| broken("", error))?;
        check(header, endian)?;
        let table = header.sections(endian, bytes).map_err(|error| broken("", error))?;
        let mut sections = sections(&table, endian, bytes)?;
        let symbols = table.symbols(endian, bytes, SHT_SYMTAB).map_err(|error| broken("", error))?;
        for header in table.iter() {
            relocations(header, endian, bytes, &mut sections)?;
        }
        sections.iter_mut().for_each(|section| section.relocs.sort_by_key(|reloc| reloc.offset));
        Ok(Self {
            endian: if endian == Endianness::Little { Endian::Little } else { Endian::Big },
            sections,
            symbols: collect_symbols(&symbols, endian)?,
            budget: bytes.len() as u64 * 16 + (1 << 20),
            zeros: MAX_BSS,
        })
    }

    /// Notes that `count` bytes are copied out of the file: overlapping parts must not multiply it.
    pub(super) fn spend(&mut self, count: usize) -> Result<(), Kind> {
        self.budget = self.budget.checked_sub(count as u64).ok_or(Kind::TooLarge)?;
        Ok(())
    }

    /// A copy of `text`.
    pub(super) fn own(&mut self, text: &str) -> Result<String, Kind> {
        self.spend(text.len() + 1)?;
        Ok(text.to_owned())
    }

    /// A copy of a section's bytes; zeros for one that has none in the file.
    pub(super) fn own_bytes(&mut self, section: usize) -> Result<Vec<u8>, Kind> {
        let (bytes, kind, size) =
            self.sections.get(section).map_or((&[][..], 0, 0), |it| (it.bytes, it.kind, it.size));
        if kind == SHT_NOBITS.0 {
            let size = usize::try_from(size).map_err(|_| Kind::TooLarge)?;
            self.zeros = self.zeros.checked_sub(size).ok_or(Kind::TooLarge)?;
            return Ok(vec![0; size]);
        }
        self.spend(bytes.len())?;
        Ok(bytes.to_vec())
    }

    /// The name of a section; empty where there is none of that number.
    pub(super) fn section_name(&self, section: usize) -> &'a str {
        self.sections.get(section).map_or("", |section| section.name)
    }

    /// An error in a section.
    pub(super) fn error(&self, section: usize, offset: u64, kind: Kind) -> ElfError {
        ElfError::new(self.section_name(section), offset, kind)
    }
}

fn check(header: &Header, endian: Endianness) -> Result<(), ElfError> {
    if header.e_machine(endian) != EM_BPF && header.e_machine(endian).0 != 0 {
        return Err(ElfError::new("", 18, Kind::NotBpf(header.e_machine(endian).0)));
    }
    if header.e_type(endian) != ET_REL {
        return Err(ElfError::new("", 16, Kind::NotRelocatable(header.e_type(endian).0)));
    }
    Ok(())
}

fn sections<'a>(
    table: &SectionTable<'a, Header>,
    endian: Endianness,
    bytes: &'a [u8],
) -> Result<Vec<Section<'a>>, ElfError> {
    let mut all = vec![Section::default()];
    for header in table.iter().skip(1) {
        let name = table.section_name(endian, header).map_err(|error| broken("", error))?;
        let name = str::from_utf8(name).map_err(|_| ElfError::new("", 0, Kind::BadName))?;
        let data = header.data(endian, bytes).map_err(|_| ElfError::new(name, 0, Kind::Outside))?;
        all.push(Section {
            name,
            kind: header.sh_type(endian).0,
            flags: header.sh_flags(endian).0,
            align: header.sh_addralign(endian),
            entry_size: header.sh_entsize(endian),
            size: header.sh_size(endian),
            bytes: data,
            relocs: Vec::new(),
        });
    }
    Ok(all)
}

fn collect_symbols<'a>(
    table: &SymbolTable<'a, Header>,
    endian: Endianness,
) -> Result<Vec<Symbol<'a>>, ElfError> {
    let bad = || ElfError::new(".symtab", 0, Kind::BadName);
    let mut all = Vec::with_capacity(table.len());
    for (index, symbol) in table.enumerate() {
        let name = table.symbol_name(endian, symbol).map_err(|_| bad())?;
        let section =
            table.symbol_section(endian, symbol, index).map_err(|error| broken(".symtab", error))?;
        let place = match section {
            Some(section) => Place::Section(section.0),
            None if symbol.is_undefined(endian) => Place::Undefined,
            None => Place::Elsewhere,
        };
        all.push(Symbol {
            name: str::from_utf8(name).map_err(|_| bad())?,
            place,
            value: symbol.st_value(endian),
            size: symbol.st_size(endian),
            kind: symbol.st_type().0,
            binding: symbol.st_bind().0,
            visibility: symbol.st_visibility().0,
        });
    }
    Ok(all)
}

/// Adds the relocations that a section holds to the section they are for.
fn relocations(
    header: &<Header as FileHeader>::SectionHeader,
    endian: Endianness,
    bytes: &[u8],
    sections: &mut [Section<'_>],
) -> Result<(), ElfError> {
    let target = header.sh_info(endian) as usize;
    let mut found = Vec::new();
    if let Some((rels, _)) = header.rel(endian, bytes).map_err(|error| broken("", error))? {
        found.extend(rels.iter().map(|rel| Reloc {
            offset: rel.r_offset.get(endian),
            symbol: rel.r_sym(endian) as usize,
            kind: rel.r_type(endian).0,
            addend: None,
        }));
    }
    if let Some((relas, _)) = header.rela(endian, bytes).map_err(|error| broken("", error))? {
        found.extend(relas.iter().map(|rela| Reloc {
            offset: rela.r_offset.get(endian),
            symbol: rela.r_sym(endian, false) as usize,
            kind: rela.r_type(endian, false).0,
            addend: Some(rela.r_addend.get(endian)),
        }));
    }
    if found.is_empty() {
        return Ok(());
    }
    let known: usize = sections.iter().map(|section| section.relocs.len()).sum();
    // Tables that overlap must not multiply what they say.
    if known + found.len() > bytes.len() / size_of::<Rel64<Endianness>>() {
        return Err(ElfError::new("", 0, Kind::TooLarge));
    }
    let missing = || ElfError::new("", 0, Kind::NoSuchSection(target));
    sections.get_mut(target).ok_or_else(missing)?.relocs.append(&mut found);
    Ok(())
}
