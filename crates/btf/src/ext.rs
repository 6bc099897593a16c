//! `.BTF.ext`: which function and source line an instruction belongs to, and what is to be relocated.
use crate::core::{CoreError, CoreReloc};
use crate::{Btf, BtfError, Endian, TypeId};

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
        let _ = local;
        todo!()
    }
}

impl Ext {
    /// Reads `.BTF.ext`.
    pub fn parse(bytes: &[u8]) -> Result<Self, BtfError> {
        let _ = bytes;
        todo!()
    }

    /// Writes `.BTF.ext`.
    pub fn write(&self, endian: Endian) -> Vec<u8> {
        let _ = endian;
        todo!()
    }
}
