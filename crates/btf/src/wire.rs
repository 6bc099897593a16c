//! The format's numbers, and types as they lie in the bytes.
use crate::{BtfError, BtfErrorKind, Endian, KindTag, Section};
use osmia_base::{Bytes, Truncated};

pub(crate) const MAGIC: u16 = 0xeb9f;
pub(crate) const VERSION: u8 = 1;
pub(crate) const HEADER_LEN: usize = 24;
/// Name, info, and size or type.
pub(crate) const TYPE_LEN: usize = 12;

/// The 32-bit number at `at`.
pub(crate) fn word(bytes: &[u8], at: usize, endian: Endian) -> Option<u32> {
    let raw = *bytes.get(at..)?.first_chunk()?;
    Some(match endian {
        Endian::Little => u32::from_le_bytes(raw),
        Endian::Big => u32::from_be_bytes(raw),
    })
}

/// The bytes of a number in this order.
pub(crate) fn unword(value: u32, endian: Endian) -> [u8; 4] {
    match endian {
        Endian::Little => value.to_le_bytes(),
        Endian::Big => value.to_be_bytes(),
    }
}

/// Kind, number of entries, and flag of an info word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info {
    pub(crate) tag: KindTag,
    pub(crate) vlen: u16,
    pub(crate) flag: bool,
}

impl Info {
    /// Reads an info word; fails with the number of the unknown kind.
    pub(crate) fn read(word: u32) -> Result<Self, u32> {
        let number = (word >> 24) & 0x1f;
        match KindTag::from_number(number) {
            None | Some(KindTag::Void) => Err(number),
            Some(tag) => Ok(Self { tag, vlen: (word & 0xffff) as u16, flag: word >> 31 != 0 }),
        }
    }

    pub(crate) fn write(self) -> u32 {
        u32::from(self.vlen) | (self.tag as u32) << 24 | u32::from(self.flag) << 31
    }

    /// How many bytes follow the header of the type.
    pub(crate) fn tail_len(self) -> usize {
        type_len(self.write()).map_or(0, |len| len - TYPE_LEN)
    }
}

/// For each kind, bytes without and per entry; `void` is not there.
const LENGTHS: [(u8, u8); 20] = [
    (0, 0),
    (16, 0),  // Int
    (12, 0),  // Ptr
    (24, 0),  // Array
    (12, 12), // Struct
    (12, 12), // Union
    (12, 8),  // Enum
    (12, 0),  // Fwd
    (12, 0),  // Typedef
    (12, 0),  // Volatile
    (12, 0),  // Const
    (12, 0),  // Restrict
    (12, 0),  // Func
    (12, 8),  // FuncProto
    (16, 0),  // Var
    (12, 12), // Datasec
    (12, 0),  // Float
    (16, 0),  // DeclTag
    (12, 0),  // TypeTag
    (12, 12), // Enum64
];

/// Bytes of a type with this info word; fails with the number of the unknown kind. Every type waits for the one before to
/// say where it begins: no detour by [`KindTag`].
pub(crate) fn type_len(info: u32) -> Result<usize, u32> {
    let number = (info >> 24) & 0x1f;
    match LENGTHS.get(number as usize) {
        None | Some((0, _)) => Err(number),
        Some(&(fixed, each)) => Ok(usize::from(fixed) + usize::from(each) * (info & 0xffff) as usize),
    }
}

/// A type as it lies in the bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) name: u32,
    pub(crate) info: Info,
    /// Size, or the type it refers to.
    pub(crate) word: u32,
    tail: &'a [u8],
    endian: Endian,
    /// Where it begins in the type section.
    pub(crate) at: usize,
}

/// A member as it lies in the bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawMember {
    pub(crate) name: u32,
    pub(crate) ty: u32,
    pub(crate) bit_offset: u32,
    pub(crate) bit_size: Option<u8>,
}

impl<'a> Raw<'a> {
    /// Reads the type at `at` of a type section.
    pub(crate) fn read(types: &'a [u8], at: usize, endian: Endian) -> Result<Self, BtfError> {
        let truncated = |wanted| BtfError::new(Section::Types, at, BtfErrorKind::Truncated { wanted });
        let header = |place| word(types, at + place, endian).ok_or_else(|| truncated(TYPE_LEN));
        let info = Info::read(header(4)?)
            .map_err(|kind| BtfError::new(Section::Types, at, BtfErrorKind::UnknownKind(kind)))?;
        let tail = types.get(at + TYPE_LEN..).and_then(|rest| rest.get(..info.tail_len()));
        let tail = tail.ok_or_else(|| truncated(TYPE_LEN + info.tail_len()))?;
        Ok(Self { name: header(0)?, info, word: header(8)?, tail, endian, at })
    }

    /// The same type without its name.
    pub(crate) const fn without_name(self) -> Self {
        Self { name: 0, ..self }
    }

    /// The same type without what it has `vlen` of.
    pub(crate) fn without_entries(self) -> Self {
        let fixed = LENGTHS.get(self.info.tag as usize).map_or(0, |&(fixed, _)| usize::from(fixed));
        Self { tail: self.tail.get(..fixed.saturating_sub(TYPE_LEN)).unwrap_or(&[]), ..self }
    }

    /// The `index`th word after the header; 0 where there is none.
    pub(crate) fn tail(&self, index: usize) -> u32 {
        word(self.tail, index * 4, self.endian).unwrap_or(0)
    }

    fn rows<const N: usize>(self) -> impl Iterator<Item = [u32; N]> + use<'a, N> {
        let endian = self.endian;
        self.tail
            .chunks_exact(4 * N)
            .map(move |row| std::array::from_fn(|place| word(row, 4 * place, endian).unwrap_or(0)))
    }

    /// Pairs of words: parameters, 32-bit enumerators.
    pub(crate) fn pairs(self) -> impl Iterator<Item = [u32; 2]> + use<'a> {
        self.rows()
    }

    /// Triples of words: section entries, 64-bit enumerators.
    pub(crate) fn triples(self) -> impl Iterator<Item = [u32; 3]> + use<'a> {
        self.rows()
    }

    fn member_of(&self, [name, ty, offset]: [u32; 3]) -> RawMember {
        let (bit_offset, bit_size) = match self.info.flag {
            true => (offset & 0xff_ffff, Some((offset >> 24) as u8).filter(|&size| size != 0)),
            false => (offset, None),
        };
        RawMember { name, ty, bit_offset, bit_size }
    }

    /// Members of a `struct` or `union`.
    pub(crate) fn members(self) -> impl Iterator<Item = RawMember> + use<'a> {
        self.rows().map(move |row| self.member_of(row))
    }

    /// One member.
    pub(crate) fn member(&self, index: u32) -> Option<RawMember> {
        let index = usize::try_from(index).ok().filter(|&index| index < usize::from(self.info.vlen))?;
        let row = std::array::from_fn(|place| self.tail(index * 3 + place));
        Some(self.member_of(row))
    }

    fn enumerator_rows(self) -> std::slice::ChunksExact<'a, u8> {
        self.tail.chunks_exact(if self.info.tag == KindTag::Enum64 { 12 } else { 8 })
    }

    /// Names of the values of an `enum` of either width.
    pub(crate) fn enumerator_names(self) -> impl Iterator<Item = u32> + use<'a> {
        self.enumerator_rows().map(move |row| word(row, 0, self.endian).unwrap_or(0))
    }

    /// Names and values of an `enum` of either width.
    pub(crate) fn enumerators(self) -> impl Iterator<Item = (u32, i64)> + use<'a> {
        self.enumerator_rows().map(move |row| self.enumerator_of(row))
    }

    /// One name and value.
    pub(crate) fn enumerator(self, index: u32) -> Option<(u32, i64)> {
        let row = self.enumerator_rows().nth(usize::try_from(index).ok()?)?;
        Some(self.enumerator_of(row))
    }

    fn enumerator_of(self, row: &[u8]) -> (u32, i64) {
        let at = |place| word(row, place, self.endian).unwrap_or(0);
        let wide = self.info.tag == KindTag::Enum64;
        (at(0), enumerator_value(at(4), wide.then(|| at(8)), self.info.flag))
    }
}

fn enumerator_value(low: u32, high: Option<u32>, signed: bool) -> i64 {
    match high {
        Some(high) => (u64::from(high) << 32 | u64::from(low)).cast_signed(),
        None if signed => i64::from(low.cast_signed()),
        None => i64::from(low),
    }
}

/// What `.BTF` and `.BTF.ext` begin with: magic, version, flags and the header's length. The cursor stands behind it.
pub(crate) fn preamble(data: &[u8]) -> Result<(Bytes<'_>, Endian, u32), (usize, BtfErrorKind)> {
    let truncated = |at: Truncated| (at.offset, BtfErrorKind::Truncated { wanted: at.wanted });
    let endian = match Bytes::new(data, Endian::Little).u16().map_err(truncated)? {
        MAGIC => Endian::Little,
        swapped if swapped.swap_bytes() == MAGIC => Endian::Big,
        other => return Err((0, BtfErrorKind::BadMagic(other))),
    };
    let mut bytes = Bytes::new(data, endian);
    bytes.skip(2).map_err(truncated)?;
    let version = bytes.u8().map_err(truncated)?;
    if version != VERSION {
        return Err((2, BtfErrorKind::BadVersion(version)));
    }
    bytes.skip(1).map_err(truncated)?;
    let len = bytes.u32().map_err(truncated)?;
    Ok((bytes, endian, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind is known to both or to none.
    #[test]
    fn lengths_are_known_for_every_kind() {
        for number in 0..32 {
            let read = Info::read(number << 24 | 3);
            assert_eq!(read.is_ok(), type_len(number << 24 | 3).is_ok(), "kind {number}");
        }
    }
}
