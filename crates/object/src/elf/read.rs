//! From a file to an [`Object`]: what each section is for, and in which order they are understood.
use super::error::ElfErrorKind as Kind;
use super::raw::{File, Place};
use super::{ElfError, code, data, ext, links, maps};
use crate::{DataKey, DataKind, ExternKey, Foreign, FunctionKey, Linkage, MapKey, Object, TableKey};
use elf::elf::{
    SHF_ALLOC, SHF_EXECINSTR, SHT_GROUP, SHT_NOBITS, SHT_NULL, SHT_PROGBITS, SHT_REL, SHT_RELA, SHT_STRTAB,
    SHT_SYMTAB, SHT_SYMTAB_SHNDX,
};
use osmia_base::{Bytes, Endian};
use osmia_btf::{Btf, KindTag, TypeId};
use std::collections::{BTreeMap, HashMap};

/// A table of symbols by number, of no use to anybody here.
const SHT_LLVM_ADDRSIG: u32 = 0x6fff_4c03;

/// What a section is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Tables of the file itself.
    Table,
    Code,
    License,
    Version,
    Btf,
    BtfExt,
    Maps,
    LegacyMaps,
    JumpTables,
    Data(DataKind),
    Foreign,
}

/// Section names and what they are for, where the name alone says it.
const NAMES: &[(&str, Role)] = &[
    ("license", Role::License),
    ("version", Role::Version),
    (".BTF", Role::Btf),
    (".BTF.ext", Role::BtfExt),
    (".maps", Role::Maps),
    ("maps", Role::LegacyMaps),
    (super::tables::SECTION, Role::JumpTables),
];

/// Prefixes of section names that hold data, followed by nothing or a dot.
const DATA: &[(&str, DataKind)] = &[
    (".data", DataKind::Data),
    (".rodata", DataKind::ReadOnly),
    (".bss", DataKind::Bss),
    (".kconfig", DataKind::Kconfig),
    (".struct_ops", DataKind::StructOps),
    ("?.struct_ops", DataKind::StructOps),
    (".addr_space", DataKind::Arena),
];

/// Everything that is known while reading.
pub(super) struct Reader<'a> {
    pub(super) file: File<'a>,
    /// By section.
    pub(super) roles: Vec<Role>,
    pub(super) btf: Option<Btf>,
    pub(super) object: Object,
    /// Functions by section and offset.
    pub(super) functions: BTreeMap<(usize, u64), FunctionKey>,
    /// For each function: its section, where it begins and ends there, and the slot of each instruction.
    pub(super) spans: Vec<code::Span>,
    /// Maps by section and offset.
    pub(super) maps: BTreeMap<(usize, u64), MapKey>,
    /// Data by section.
    pub(super) data: HashMap<usize, DataKey>,
    /// External symbols by symbol.
    pub(super) externs: HashMap<usize, ExternKey>,
    /// Jump tables by the function that uses them, section and offset.
    pub(super) tables: HashMap<(FunctionKey, usize, u64), TableKey>,
}

/// Reads an object file.
///
/// What is not carried over: relocations of sections that osmia does not understand (debugging information, where
/// their only news is the section), and the address-significance table.
pub fn read(bytes: &[u8]) -> Result<Object, ElfError> {
    let file = File::parse(bytes)?;
    let roles = roles(&file);
    let object = Object { endian: file.endian, ..Object::default() };
    let mut reader = Reader {
        file,
        roles,
        btf: None,
        object,
        functions: BTreeMap::new(),
        spans: Vec::new(),
        maps: BTreeMap::new(),
        data: HashMap::new(),
        externs: HashMap::new(),
        tables: HashMap::new(),
    };
    reader.small_sections()?;
    code::functions(&mut reader)?;
    data::sections(&mut reader)?;
    data::externs(&mut reader)?;
    maps::declared(&mut reader)?;
    links::relocations(&mut reader)?;
    ext::records(&mut reader)?;
    let mut object = reader.object;
    object.btf = reader.btf;
    Ok(object)
}

fn roles(file: &File<'_>) -> Vec<Role> {
    file.sections
        .iter()
        .map(|section| match section.kind {
            kind if is_table(kind) => Role::Table,
            _ if section.name == ".eh_frame" => Role::Table,
            kind if section.flags & SHF_EXECINSTR.0 != 0 && kind == SHT_PROGBITS.0 => Role::Code,
            _ => named_role(section.name, section.kind, section.flags),
        })
        .collect()
}

fn is_table(kind: u32) -> bool {
    let tables = [SHT_NULL, SHT_SYMTAB, SHT_STRTAB, SHT_REL, SHT_RELA, SHT_SYMTAB_SHNDX, SHT_GROUP];
    kind == SHT_LLVM_ADDRSIG || tables.iter().any(|table| table.0 == kind)
}

fn named_role(name: &str, kind: u32, flags: u64) -> Role {
    if let Some(&(_, role)) = NAMES.iter().find(|(known, _)| *known == name) {
        return role;
    }
    let holds = kind == SHT_PROGBITS.0 || kind == SHT_NOBITS.0;
    if !holds || flags & SHF_ALLOC.0 == 0 {
        return Role::Foreign;
    }
    data_kind(name).map_or(Role::Foreign, Role::Data)
}

/// What a data section of this name is for; nothing where libbpf sees no data in it.
pub fn data_kind(name: &str) -> Option<DataKind> {
    let fits =
        |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    DATA.iter().find(|(prefix, _)| fits(prefix)).map(|&(_, kind)| kind)
}

/// Who may see a symbol.
pub(super) fn linkage(binding: u8, visibility: u8) -> Linkage {
    match binding {
        0 => Linkage::Static,
        // Hidden and internal ones: the verifier is to check them as if they were static.
        _ if visibility == 1 || visibility == 2 => Linkage::Static,
        2 => Linkage::Weak,
        _ => Linkage::Global,
    }
}

impl<'a> Reader<'a> {
    /// Licence, version, types, and everything that is only carried along.
    fn small_sections(&mut self) -> Result<(), ElfError> {
        for index in 0..self.roles.len() {
            self.small_section(index).map_err(|kind| self.file.error(index, 0, kind))?;
        }
        Ok(())
    }

    fn small_section(&mut self, index: usize) -> Result<(), Kind> {
        let (name, bytes) = self.file.sections.get(index).map_or(("", &[][..]), |it| (it.name, it.bytes));
        match self.roles.get(index) {
            Some(Role::License) => self.object.license = license(bytes)?,
            Some(Role::Version) => self.object.version = Some(version(bytes, self.file.endian)?),
            Some(Role::Btf) => {
                let bytes = self.file.own_bytes(index)?;
                self.btf = Some(Btf::parse(bytes).map_err(Kind::Btf)?);
            }
            Some(Role::Foreign) => {
                let foreign = self.foreign(index, name)?;
                self.object.foreign.push(foreign);
            }
            _ => {}
        }
        Ok(())
    }

    fn foreign(&mut self, index: usize, name: &str) -> Result<Foreign, Kind> {
        let bytes = self.file.own_bytes(index)?;
        let name = self.file.own(name)?;
        let section = self.file.sections.get(index).ok_or(Kind::NoSuchSection(index))?;
        let (kind, flags, align, entry_size) =
            (section.kind, section.flags, section.align, section.entry_size);
        Ok(Foreign { name, kind, flags, align, entry_size, bytes })
    }

    /// The sections of a role, in order.
    pub(super) fn sections_of(&self, wanted: impl Fn(Role) -> bool) -> Vec<usize> {
        (0..self.roles.len()).filter(|&index| wanted(self.roles[index])).collect()
    }

    /// The symbols of each section.
    pub(super) fn symbols_by_section(&self) -> HashMap<usize, Vec<usize>> {
        let mut all: HashMap<usize, Vec<usize>> = HashMap::new();
        for (index, symbol) in self.file.symbols.iter().enumerate() {
            if let Place::Section(section) = symbol.place {
                all.entry(section).or_default().push(index);
            }
        }
        all
    }

    /// The type of this name and kind; void where there is none.
    pub(super) fn type_named(&self, name: &str, kind: KindTag) -> TypeId {
        self.btf.as_ref().and_then(|btf| btf.find_kind(name, kind)).unwrap_or_default()
    }
}

fn license(bytes: &[u8]) -> Result<String, Kind> {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8(text.to_vec()).map_err(|_| Kind::BadValue("licence"))
}

fn version(bytes: &[u8], endian: Endian) -> Result<u32, Kind> {
    Bytes::new(bytes, endian).u32().map_err(|_| Kind::BadValue("version"))
}
