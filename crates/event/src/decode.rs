//! Bytes to values. The bytes may be anything: what does not fit is an error, never a panic.
use crate::kept::kernel_number;
use crate::schema::{Field, Schema, StackMode, Stream, Type};
use crate::value::{Since, StackSource, Value};
use osmia_base::{Bytes, Endian, Truncated};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The byte order of the machine that programs and reader run on.
pub(crate) const NATIVE: Endian = if cfg!(target_endian = "big") { Endian::Big } else { Endian::Little };

/// Elements of no bytes could be as many as a schema pleases; so many are believed.
const MAX_EMPTY: u32 = 4096;

/// Why bytes cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// There are too few of them.
    Truncated(Truncated),
    /// A record of a stream that the schema does not have.
    Stream(u32),
    /// The schema asks for an integer of so many bytes.
    IntSize(u8),
    /// The schema asks for so many elements without any bytes.
    Empty(u32),
    /// A bucket with a number that no histogram has.
    Bucket,
}

impl From<Truncated> for DecodeError {
    fn from(error: Truncated) -> Self {
        Self::Truncated(error)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated(error) => error.fmt(f),
            Self::Stream(number) => write!(f, "a record of unknown stream {number}"),
            Self::IntSize(size) => write!(f, "an integer of {size} bytes"),
            Self::Bucket => f.write_str("a bucket with an impossible number"),
            Self::Empty(count) => write!(f, "{count} elements of no bytes"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// A decoded record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Position in [`Schema::streams`].
    pub stream: usize,
    /// One value for each of the stream's fields.
    pub values: Vec<Value>,
}

impl Schema {
    /// The kind of record that these bytes are; `None` where they are none.
    pub fn stream_of(&self, bytes: &[u8]) -> Option<&Stream> {
        let number = Bytes::new(bytes, NATIVE).u32().ok()?;
        self.streams.get(to_usize(number))
    }

    /// Decodes a record of the ring buffer. Bytes after the stream's last field are passed over.
    pub fn decode(&self, bytes: &[u8]) -> Result<Record, DecodeError> {
        let number = Bytes::new(bytes, NATIVE).u32()?;
        let stream = usize::try_from(number).unwrap_or(usize::MAX);
        let fields = self.streams.get(stream).ok_or(DecodeError::Stream(number))?;
        Ok(Record { stream, values: fields.decode(bytes)? })
    }
}

impl Stream {
    /// Decodes the fields of a record of this stream.
    pub fn decode(&self, bytes: &[u8]) -> Result<Vec<Value>, DecodeError> {
        self.fields.iter().map(|field| decode_field(field, bytes)).collect()
    }
}

/// Decodes the value at the start of `bytes`.
pub fn decode(kind: &Type, bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut cursor = Bytes::new(bytes, NATIVE);
    let whole = cursor.take(to_usize(kind.size()))?;
    let mut cursor = Bytes::new(whole, NATIVE);
    Ok(match kind {
        Type::None => Value::None,
        Type::Bool => Value::Bool(cursor.u8()? != 0),
        Type::Int { size: 16, signed } => Value::Wide { bits: wide(cursor)?, signed: *signed },
        Type::Int { size, signed } => integer(read_uint(whole, *size)?, u32::from(*size) * 8, *size, *signed),
        Type::Bits { size, signed, shift, bits } => {
            let raw = read_uint(whole, *size)?.checked_shr(u32::from(*shift)).unwrap_or(0);
            integer(raw, u32::from(*bits), *size, *signed)
        }
        Type::Enum { size, signed, names } => {
            named(integer(read_uint(whole, *size)?, u32::from(*size) * 8, *size, *signed), names)
        }
        Type::Pointer => Value::Pointer(cursor.u64()?),
        Type::Str { .. } => string(whole),
        Type::Chars { .. } => Value::text(before_nul(whole)),
        Type::Buffer { capacity } => {
            let length = cursor.u32()?.min(*capacity);
            Value::Bytes(cursor.take(to_usize(length))?.to_vec())
        }
        Type::Array { element, count } => Value::Array(elements(element, *count, whole)?),
        Type::Tuple { fields, .. } => {
            Value::Tuple(fields.iter().map(|field| decode_field(field, whole)).collect::<Result<_, _>>()?)
        }
        Type::Record { fields, .. } => {
            Value::Record(fields.iter().map(|field| named_field(field, whole)).collect::<Result<_, _>>()?)
        }
        Type::KernelSymbol => Value::KernelSymbol(cursor.u64()?),
        Type::UserSymbol => Value::UserSymbol { address: cursor.u64()?, pid: cursor.u32()? },
        Type::KernelStack { map, mode, limit } => {
            let number = kernel_number(cursor.i32()?, cursor.u32()?);
            stack(map, number, *mode, *limit, StackSource::Kernel)
        }
        Type::UserStack { map, mode, limit } => {
            let id = cursor.i64()?;
            stack(map, id, *mode, *limit, StackSource::User(cursor.u32()?))
        }
        Type::Inet => inet(cursor)?,
        Type::Mac => Value::Mac(array(cursor.take(6)?)),
        Type::Username => Value::Username(cursor.u32()?),
        Type::CgroupPath => Value::CgroupPath { id: cursor.u64()?, hierarchies: "*".to_owned() },
        Type::CgroupPathIn { hierarchies } => {
            Value::CgroupPath { id: cursor.u64()?, hierarchies: hierarchies.clone() }
        }
        Type::Timestamp { format } => timestamp(format, Since::Boot, cursor.u64()?),
        Type::WallTime { format } => timestamp(format, Since::Epoch, cursor.u64()?),
    })
}

fn timestamp(format: &str, since: Since, nanoseconds: u64) -> Value {
    Value::Timestamp { format: format.to_owned(), since, nanoseconds }
}

/// A length in bytes of something in memory.
pub(crate) fn to_usize(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

fn read_uint(bytes: &[u8], size: u8) -> Result<u64, DecodeError> {
    let mut cursor = Bytes::new(bytes, NATIVE);
    Ok(match size {
        1 => u64::from(cursor.u8()?),
        2 => u64::from(cursor.u16()?),
        4 => u64::from(cursor.u32()?),
        8 => cursor.u64()?,
        _ => return Err(DecodeError::IntSize(size)),
    })
}

/// The lowest `bits` of `raw` as an integer of `size` bytes.
fn integer(raw: u64, bits: u32, size: u8, signed: bool) -> Value {
    let unused = 64 - bits.clamp(1, 64);
    let raw = if bits == 0 { 0 } else { raw << unused };
    if signed {
        Value::Int { value: raw.cast_signed() >> unused, size }
    } else {
        Value::Uint { value: raw >> unused, size }
    }
}

fn named(number: Value, names: &[(i64, String)]) -> Value {
    let Some(value) = number.bits().map(u64::cast_signed) else { return number };
    match names.iter().find(|(of, _)| *of == value) {
        Some((_, name)) => Value::Enum { value, name: name.clone() },
        None => number,
    }
}

fn string(bytes: &[u8]) -> Value {
    let text = before_nul(bytes);
    Value::Str { bytes: text.to_vec(), truncated: text.len() == bytes.len() && !text.is_empty() }
}

fn before_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or(bytes)
}

fn wide(mut bytes: Bytes<'_>) -> Result<u128, DecodeError> {
    Ok(u128::from_ne_bytes(array(bytes.take(16)?)))
}

fn elements(element: &Type, count: u32, bytes: &[u8]) -> Result<Vec<Value>, DecodeError> {
    let size = to_usize(element.size());
    if size == 0 && count > MAX_EMPTY {
        return Err(DecodeError::Empty(count));
    }
    let mut cursor = Bytes::new(bytes, NATIVE);
    (0..count).map(|_| decode(element, cursor.take(size)?)).collect()
}

fn decode_field(field: &Field, bytes: &[u8]) -> Result<Value, DecodeError> {
    let offset = to_usize(field.offset);
    let missing = Truncated { offset, wanted: to_usize(field.kind.size()) };
    decode(&field.kind, bytes.get(offset..).ok_or(missing)?)
}

fn named_field(field: &Field, bytes: &[u8]) -> Result<(String, Value), DecodeError> {
    Ok((field.name.clone().unwrap_or_default(), decode_field(field, bytes)?))
}

fn stack(map: &str, id: i64, mode: StackMode, limit: u32, source: StackSource) -> Value {
    Value::StackId { map: map.to_owned(), id, mode, limit, source }
}

/// `AF_INET6`; every other family is taken for `AF_INET`, as in `ntop`.
const AF_INET6: u32 = 10;

fn inet(mut cursor: Bytes<'_>) -> Result<Value, DecodeError> {
    let family = cursor.u32()?;
    let bytes = cursor.take(16)?;
    Ok(Value::Inet(if family == AF_INET6 {
        Ipv6Addr::from(array::<16>(bytes)).into()
    } else {
        Ipv4Addr::from(array::<4>(bytes)).into()
    }))
}

/// The first `N` bytes; zeros for those that are missing.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    taken.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    taken
}
