//! Reading bytes that somebody else wrote.
use std::fmt;

/// Which end of a number comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Least significant byte first.
    #[default]
    Little,
    /// Most significant byte first.
    Big,
}

/// The input ended too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// Where reading began, in bytes from the start of the input.
    pub offset: usize,
    /// How many bytes were asked for.
    pub wanted: usize,
}

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes expected at offset {:#x}, but the data ends there", self.wanted, self.offset)
    }
}

impl std::error::Error for Truncated {}

/// A cursor over foreign bytes: every read is checked, none panics.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a> {
    data: &'a [u8],
    offset: usize,
    endian: Endian,
}

macro_rules! readers {
    ($($name:ident: $type:ty),*) => {$(
        /// Reads the next number in the cursor's byte order.
        pub fn $name(&mut self) -> Result<$type, Truncated> {
            let mut raw = [0; size_of::<$type>()];
            raw.copy_from_slice(self.take(size_of::<$type>())?);
            Ok(match self.endian {
                Endian::Little => <$type>::from_le_bytes(raw),
                Endian::Big => <$type>::from_be_bytes(raw),
            })
        }
    )*};
}

impl<'a> Bytes<'a> {
    /// A cursor at the start of `data`.
    pub const fn new(data: &'a [u8], endian: Endian) -> Self {
        Self { data, offset: 0, endian }
    }

    /// A cursor over the same data, `offset` bytes from its start.
    pub fn at(&self, offset: usize) -> Result<Self, Truncated> {
        if offset > self.data.len() {
            return Err(Truncated { offset, wanted: 0 });
        }
        Ok(Self { offset, ..*self })
    }

    /// Where the next read begins, in bytes from the start.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// How many bytes are left.
    pub const fn remaining(&self) -> usize {
        self.data.len() - self.offset
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let taken =
            self.data[self.offset..].get(..count).ok_or(Truncated { offset: self.offset, wanted: count })?;
        self.offset += count;
        Ok(taken)
    }

    /// Passes over `count` bytes.
    pub fn skip(&mut self, count: usize) -> Result<(), Truncated> {
        self.take(count).map(drop)
    }

    /// The bytes up to the next NUL, which is passed over.
    pub fn cstr(&mut self) -> Result<&'a [u8], Truncated> {
        let rest = &self.data[self.offset..];
        let len = rest
            .iter()
            .position(|&byte| byte == 0)
            .ok_or(Truncated { offset: self.offset, wanted: rest.len() + 1 })?;
        self.offset += len + 1;
        Ok(&rest[..len])
    }

    readers!(u8: u8, u16: u16, u32: u32, u64: u64, i16: i16, i32: i32, i64: i64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_both_orders_and_stops_at_the_end() {
        let data = [1, 2, 3, 4, b'a', 0, 9];
        let mut little = Bytes::new(&data, Endian::Little);
        assert_eq!(little.u32(), Ok(0x0403_0201));
        assert_eq!(little.cstr(), Ok(&b"a"[..]));
        assert_eq!(little.u16(), Err(Truncated { offset: 6, wanted: 2 }));
        assert_eq!(little.u8(), Ok(9));
        assert!(little.is_empty());
        assert_eq!(Bytes::new(&data, Endian::Big).u16(), Ok(0x0102));
        assert!(little.at(8).is_err());
    }
}
