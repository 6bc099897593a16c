//! `.BTF.ext`: which function and source line an instruction belongs to, and what is to be relocated.
use crate::core::{CoreError, CoreReloc, RelocKind};
use crate::wire::{MAGIC, VERSION, preamble, unword};
use crate::{Btf, BtfError, BtfErrorKind, Endian, Section, TypeId};
use osmia_base::{Bytes, Truncated};

/// The records of one object file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ext {
    /// Functions, per program section.
    pub func_info: Vec<ExtSection<FuncInfo>>,
    /// Source lines, per program section.
    pub line_info: Vec<ExtSection<LineInfo>>,
    /// CO-RE relocations, per program section.
    pub core_relos: Vec<ExtSection<CoreRelo>>,
}

/// Records of one program section of the ELF file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtSection<T> {
    /// String offset (in `.BTF`) of the section's name.
    pub name: u32,
    /// Its records, in order of instructions.
    pub records: Vec<T>,
}

/// A function begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FuncInfo {
    /// Byte offset of the instruction in the section (in `bpf(2)`: index of the instruction).
    pub insn_off: u32,
    /// Its [`crate::Kind::Func`].
    pub ty: TypeId,
}

/// A source line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineInfo {
    /// Byte offset of the instruction in the section (in `bpf(2)`: index of the instruction).
    pub insn_off: u32,
    /// String offset of the file's name.
    pub file: u32,
    /// String offset of the line's text.
    pub text: u32,
    /// Line in the upper 22 bits, column in the lower 10.
    pub line_col: u32,
}

impl LineInfo {
    /// Packs line and column.
    pub const fn pack(line: u32, column: u32) -> u32 {
        (line << 10) | if column > 0x3ff { 0x3ff } else { column }
    }

    /// The line, from 1.
    pub const fn line(&self) -> u32 {
        self.line_col >> 10
    }

    /// The column, from 1.
    pub const fn column(&self) -> u32 {
        self.line_col & 0x3ff
    }
}

/// An instruction to be relocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreRelo {
    /// Byte offset of the instruction in the section.
    pub insn_off: u32,
    /// The local type.
    pub ty: TypeId,
    /// String offset of the access specification.
    pub access: u32,
    /// Number of the relocation's kind.
    pub kind: u32,
}

impl CoreRelo {
    /// The relocation in words.
    pub fn decode(&self, local: &Btf) -> Result<CoreReloc, CoreError> {
        let kind = RelocKind::from_number(self.kind).ok_or(CoreError::UnknownKind(self.kind))?;
        Ok(CoreReloc { ty: self.ty, access: local.string(self.access)?.parse()?, kind })
    }
}

/// A record as words.
trait Record: Sized {
    const WORDS: usize;
    fn read(words: [u32; 4]) -> Self;
    fn words(&self) -> [u32; 4];
}

impl Record for FuncInfo {
    const WORDS: usize = 2;

    fn read([insn_off, ty, ..]: [u32; 4]) -> Self {
        Self { insn_off, ty: TypeId(ty) }
    }

    fn words(&self) -> [u32; 4] {
        [self.insn_off, self.ty.0, 0, 0]
    }
}

impl Record for LineInfo {
    const WORDS: usize = 4;

    fn read([insn_off, file, text, line_col]: [u32; 4]) -> Self {
        Self { insn_off, file, text, line_col }
    }

    fn words(&self) -> [u32; 4] {
        [self.insn_off, self.file, self.text, self.line_col]
    }
}

impl Record for CoreRelo {
    const WORDS: usize = 4;

    fn read([insn_off, ty, access, kind]: [u32; 4]) -> Self {
        Self { insn_off, ty: TypeId(ty), access, kind }
    }

    fn words(&self) -> [u32; 4] {
        [self.insn_off, self.ty.0, self.access, self.kind]
    }
}

/// Length of the header with the place of the CO-RE records.
const HEADER_LEN: u32 = 32;

fn error(offset: usize, kind: BtfErrorKind) -> BtfError {
    BtfError::new(Section::Ext, offset, kind)
}

fn truncated(at: Truncated) -> BtfError {
    error(at.offset, BtfErrorKind::Truncated { wanted: at.wanted })
}

impl Ext {
    /// Reads `.BTF.ext`.
    pub fn parse(bytes: &[u8]) -> Result<Self, BtfError> {
        let mut header = Header::read(bytes)?;
        Ok(Self {
            func_info: sections(header.part()?)?,
            line_info: sections(header.part()?)?,
            core_relos: sections(header.part()?)?,
        })
    }

    /// Writes `.BTF.ext`.
    pub fn write(&self, endian: Endian) -> Vec<u8> {
        let parts = [
            part_bytes(&self.func_info, endian),
            part_bytes(&self.line_info, endian),
            part_bytes(&self.core_relos, endian),
        ];
        let mut out = match endian {
            Endian::Little => MAGIC.to_le_bytes().to_vec(),
            Endian::Big => MAGIC.to_be_bytes().to_vec(),
        };
        out.extend([VERSION, 0]);
        out.extend(unword(HEADER_LEN, endian));
        let mut start = 0;
        for part in &parts {
            out.extend(unword(start, endian));
            out.extend(unword(length(part), endian));
            start += length(part);
        }
        out.extend(parts.concat());
        out
    }
}

/// The header, with the cursor at the place of the next part.
struct Header<'a> {
    bytes: Bytes<'a>,
    len: u32,
}

impl<'a> Header<'a> {
    fn read(data: &'a [u8]) -> Result<Self, BtfError> {
        let (bytes, _, len) = preamble(data).map_err(|(offset, kind)| error(offset, kind))?;
        let enough = len >= HEADER_LEN - 8 && len as usize <= data.len();
        if enough { Ok(Self { bytes, len }) } else { Err(error(4, BtfErrorKind::BadHeaderLength(len))) }
    }

    /// The next part, with the cursor at its beginning and nothing behind its end. Old headers have only two.
    fn part(&mut self) -> Result<(Bytes<'a>, usize), BtfError> {
        let at = self.bytes.offset();
        if at + 8 > self.len as usize {
            return Ok((self.bytes, at));
        }
        let (start, len) = (self.bytes.u32().map_err(truncated)?, self.bytes.u32().map_err(truncated)?);
        let (start, len) = (u64::from(start) + u64::from(self.len), u64::from(len));
        let available = self.bytes.offset() + self.bytes.remaining();
        let outside =
            || error(at, BtfErrorKind::SectionOutside { section: Section::Ext, start, len, available });
        let first = usize::try_from(start).map_err(|_| outside())?;
        let end = usize::try_from(start + len).map_err(|_| outside())?;
        if end > available {
            return Err(outside());
        }
        Ok((self.bytes.at(first).map_err(truncated)?, end))
    }
}

fn sections<T: Record>((mut bytes, end): (Bytes<'_>, usize)) -> Result<Vec<ExtSection<T>>, BtfError> {
    let mut found = Vec::new();
    if bytes.offset() >= end {
        return Ok(found);
    }
    let at = bytes.offset();
    let size = bytes.u32().map_err(truncated)?;
    if (size as usize) < 4 * T::WORDS || !size.is_multiple_of(4) {
        return Err(error(at, BtfErrorKind::BadRecordSize(size)));
    }
    while bytes.offset() < end {
        found.push(section(&mut bytes, end, size as usize)?);
    }
    Ok(found)
}

fn section<T: Record>(bytes: &mut Bytes<'_>, end: usize, size: usize) -> Result<ExtSection<T>, BtfError> {
    let at = bytes.offset();
    let (name, count) = (bytes.u32().map_err(truncated)?, bytes.u32().map_err(truncated)?);
    let wanted = size.saturating_mul(count as usize);
    if wanted > end.saturating_sub(bytes.offset()) {
        return Err(error(at, BtfErrorKind::Truncated { wanted }));
    }
    let records = (0..count).map(|_| record(bytes, size)).collect::<Result<_, _>>().map_err(truncated)?;
    Ok(ExtSection { name, records })
}

fn record<T: Record>(bytes: &mut Bytes<'_>, size: usize) -> Result<T, Truncated> {
    let mut words = [0; 4];
    for word in words.iter_mut().take(T::WORDS) {
        *word = bytes.u32()?;
    }
    // Newer compilers may append to a record.
    bytes.skip(size - 4 * T::WORDS)?;
    Ok(T::read(words))
}

fn part_bytes<T: Record>(sections: &[ExtSection<T>], endian: Endian) -> Vec<u8> {
    if sections.is_empty() {
        return Vec::new();
    }
    let mut out = unword(4 * T::WORDS as u32, endian).to_vec();
    for section in sections {
        out.extend(unword(section.name, endian));
        out.extend(unword(length(&section.records), endian));
        let words = section.records.iter().flat_map(|record| record.words().into_iter().take(T::WORDS));
        out.extend(words.flat_map(|word| unword(word, endian)));
    }
    out
}

fn length<T>(of: &[T]) -> u32 {
    u32::try_from(of.len()).unwrap_or(u32::MAX)
}
