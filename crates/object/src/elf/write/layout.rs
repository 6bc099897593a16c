//! Bytes of a file: header, sections, section headers.
use elf::elf::{
    ELFCLASS64, ELFDATA2LSB, ELFDATA2MSB, ELFMAG, ELFOSABI_NONE, EM_BPF, ET_REL, EV_CURRENT, FileHeader64,
    Ident, Rel64, SHT_NOBITS, SectionFlags, SectionHeader64, SectionType, SymbolSection,
};
use elf::endian::{Endianness, U16, U32, U64};
use elf::pod::bytes_of;
use osmia_base::Endian;

/// One section, before it has a place.
#[derive(Clone, Debug, Default)]
pub(in crate::elf) struct Section {
    pub(in crate::elf) name: String,
    pub(in crate::elf) kind: u32,
    pub(in crate::elf) flags: u64,
    pub(in crate::elf) align: u64,
    pub(in crate::elf) entry_size: u64,
    pub(in crate::elf) link: u32,
    pub(in crate::elf) info: u32,
    /// Bytes in memory.
    pub(in crate::elf) size: u64,
    /// Bytes in the file.
    pub(in crate::elf) bytes: Vec<u8>,
}

impl Section {
    /// A section with nothing special.
    pub(in crate::elf) fn table(name: &str, kind: SectionType, align: u64, bytes: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.0,
            align,
            size: bytes.len() as u64,
            bytes,
            ..Self::default()
        }
    }

    /// Replaces the bytes.
    pub(in crate::elf) fn fill(&mut self, bytes: Vec<u8>) {
        self.size = bytes.len() as u64;
        self.bytes = bytes;
    }
}

/// A string table.
#[derive(Debug)]
pub(in crate::elf) struct Strings(Vec<u8>);

impl Strings {
    pub(in crate::elf) fn new() -> Self {
        Self(vec![0])
    }

    /// Adds a name and returns its offset.
    pub(in crate::elf) fn add(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        let offset = self.0.len() as u32;
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(0);
        offset
    }
}

pub(in crate::elf) fn endianness(endian: Endian) -> Endianness {
    match endian {
        Endian::Little => Endianness::Little,
        Endian::Big => Endianness::Big,
    }
}

/// Relocations without addends.
pub(in crate::elf) fn relocations(endian: Endian, list: &[(u64, usize, u32)]) -> Vec<u8> {
    let e = endianness(endian);
    list.iter()
        .flat_map(|&(offset, symbol, kind)| {
            let r_info = U64::new(e, ((symbol as u64) << 32) | u64::from(kind));
            bytes_of(&Rel64 { r_offset: U64::new(e, offset), r_info }).to_vec()
        })
        .collect()
}

/// The whole file. The last section is the table of all names.
pub(in crate::elf) fn file(endian: Endian, mut sections: Vec<Section>, mut strings: Strings) -> Vec<u8> {
    let names: Vec<u32> = sections.iter().map(|section| strings.add(&section.name)).collect();
    if let Some(last) = sections.last_mut() {
        last.fill(strings.0);
    }
    let mut out = vec![0; size_of::<FileHeader64<Endianness>>()];
    let mut headers = Vec::new();
    for (section, name) in sections.iter().zip(names) {
        let align = usize::try_from(section.align.clamp(1, 4096)).unwrap_or(1);
        out.resize(out.len().next_multiple_of(align), 0);
        headers.extend_from_slice(bytes_of(&header(endian, section, name, out.len() as u64)));
        if section.kind != SHT_NOBITS.0 {
            out.extend_from_slice(&section.bytes);
        }
    }
    out.resize(out.len().next_multiple_of(8), 0);
    let table = file_header(endian, out.len() as u64, sections.len() as u16);
    out.extend_from_slice(&headers);
    out[..size_of::<FileHeader64<Endianness>>()].copy_from_slice(bytes_of(&table));
    out
}

fn header(endian: Endian, section: &Section, name: u32, offset: u64) -> SectionHeader64<Endianness> {
    let e = endianness(endian);
    let offset = if section.kind == 0 { 0 } else { offset };
    SectionHeader64 {
        sh_name: U32::new(e, name),
        sh_type: U32::new(e, SectionType(section.kind)),
        sh_flags: U64::new(e, SectionFlags(section.flags)),
        sh_addr: U64::new(e, 0),
        sh_offset: U64::new(e, offset),
        sh_size: U64::new(e, section.size),
        sh_link: U32::new(e, section.link),
        sh_info: U32::new(e, section.info),
        sh_addralign: U64::new(e, section.align),
        sh_entsize: U64::new(e, section.entry_size),
    }
}

fn file_header(endian: Endian, shoff: u64, shnum: u16) -> FileHeader64<Endianness> {
    let e = endianness(endian);
    FileHeader64 {
        e_ident: Ident {
            magic: ELFMAG,
            class: ELFCLASS64,
            data: if endian == Endian::Little { ELFDATA2LSB } else { ELFDATA2MSB },
            version: EV_CURRENT,
            os_abi: ELFOSABI_NONE,
            abi_version: 0,
            padding: [0; 7],
        },
        e_type: U16::new(e, ET_REL),
        e_machine: U16::new(e, EM_BPF),
        e_version: U32::new(e, 1),
        e_entry: U64::new(e, 0),
        e_phoff: U64::new(e, 0),
        e_shoff: U64::new(e, shoff),
        e_flags: U32::new(e, Default::default()),
        e_ehsize: U16::new(e, 64),
        e_phentsize: U16::new(e, 0),
        e_phnum: U16::new(e, 0),
        e_shentsize: U16::new(e, 64),
        e_shnum: U16::new(e, shnum),
        e_shstrndx: U16::new(e, SymbolSection(shnum.saturating_sub(1))),
    }
}
