//! Eight bytes, taken apart into fields whose meaning is not judged yet.
use std::fmt;

use osmia_base::{Bytes, Endian, Truncated};

/// How many bytes a slot has.
pub const SLOT_BYTES: usize = 8;

/// One slot of eight bytes (`struct bpf_insn`), its fields as they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Class, operation and the rest of the opcode.
    pub opcode: u8,
    /// Four bits.
    pub dst: u8,
    /// Four bits.
    pub src: u8,
    /// The short constant.
    pub off: i16,
    /// The long constant.
    pub imm: i32,
}

/// A field of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The first byte.
    Opcode,
    /// `dst_reg`.
    Dst,
    /// `src_reg`.
    Src,
    /// `off`.
    Off,
    /// `imm`.
    Imm,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opcode => "opcode",
            Self::Dst => "dst_reg",
            Self::Src => "src_reg",
            Self::Off => "off",
            Self::Imm => "imm",
        })
    }
}

impl Slot {
    /// The next slot under the cursor.
    pub fn read(bytes: &mut Bytes<'_>, endian: Endian) -> Result<Self, Truncated> {
        let opcode = bytes.u8()?;
        let registers = bytes.u8()?;
        let (low, high) = (registers & 0x0f, registers >> 4);
        let (dst, src) = match endian {
            Endian::Little => (low, high),
            Endian::Big => (high, low),
        };
        Ok(Self { opcode, dst, src, off: bytes.i16()?, imm: bytes.i32()? })
    }

    /// Its bytes. Of `dst` and `src`, the low four bits count.
    pub fn bytes(self, endian: Endian) -> [u8; SLOT_BYTES] {
        let (dst, src) = (self.dst & 0x0f, self.src & 0x0f);
        let (registers, off, imm) = match endian {
            Endian::Little => (src << 4 | dst, self.off.to_le_bytes(), self.imm.to_le_bytes()),
            Endian::Big => (dst << 4 | src, self.off.to_be_bytes(), self.imm.to_be_bytes()),
        };
        [self.opcode, registers, off[0], off[1], imm[0], imm[1], imm[2], imm[3]]
    }
}

/// All slots of `bytes`, unjudged. A length that is no multiple of eight is an error at its last, partial slot.
pub fn slots(bytes: &[u8], endian: Endian) -> Result<Vec<Slot>, Truncated> {
    let mut cursor = Bytes::new(bytes, endian);
    let mut found = Vec::with_capacity(bytes.len() / SLOT_BYTES);
    while !cursor.is_empty() {
        let offset = cursor.offset();
        let partial = |_| Truncated { offset, wanted: SLOT_BYTES };
        found.push(Slot::read(&mut cursor, endian).map_err(partial)?);
    }
    Ok(found)
}
