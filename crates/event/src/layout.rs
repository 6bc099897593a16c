//! Where values lie: sizes, alignments, offsets, all as a C compiler would choose them.
use crate::schema::{Aggregation, Field, MapSchema, Storage, Type};

/// `offset` or the next multiple of `align` after it.
pub const fn round_up(offset: u32, align: u32) -> u32 {
    match offset.checked_next_multiple_of(align) {
        Some(rounded) => rounded,
        None => u32::MAX,
    }
}

/// Lays fields out one after the other, each naturally aligned, and gives the size of the whole, rounded up to the
/// largest alignment.
pub fn layout(fields: impl IntoIterator<Item = (Option<String>, Type)>) -> (Vec<Field>, u32) {
    let (mut end, mut largest) = (0, 1);
    let mut laid_out = Vec::new();
    for (name, kind) in fields {
        let offset = round_up(end, kind.align());
        end = offset.saturating_add(kind.size());
        largest = largest.max(kind.align());
        laid_out.push(Field { name, offset, kind });
    }
    (laid_out, round_up(end, largest))
}

impl Type {
    /// How many bytes a value takes.
    pub fn size(&self) -> u32 {
        match self {
            Self::None => 0,
            Self::Bool => 1,
            Self::Int { size, .. } | Self::Bits { size, .. } | Self::Enum { size, .. } => u32::from(*size),
            Self::Pointer | Self::KernelSymbol | Self::CgroupPath | Self::CgroupPathIn { .. } => 8,
            Self::KernelStack { .. } | Self::Timestamp { .. } | Self::WallTime { .. } => 8,
            Self::Str { capacity } | Self::Chars { capacity } => *capacity,
            Self::Buffer { capacity } => capacity.saturating_add(4),
            Self::Array { element, count } => element.size().saturating_mul(*count),
            Self::Tuple { size, .. } | Self::Record { size, .. } => *size,
            Self::UserSymbol | Self::UserStack { .. } => 16,
            Self::Inet => 20,
            Self::Mac => 6,
            Self::Username => 4,
        }
    }

    /// At which multiples of bytes a value begins.
    pub fn align(&self) -> u32 {
        match self {
            Self::None | Self::Bool | Self::Str { .. } | Self::Chars { .. } | Self::Mac => 1,
            Self::Int { size, .. } | Self::Bits { size, .. } | Self::Enum { size, .. } => {
                u32::from(*size).max(1)
            }
            Self::Buffer { .. } | Self::Inet | Self::Username => 4,
            Self::Array { element, .. } => element.align(),
            Self::Tuple { fields, .. } | Self::Record { fields, .. } => {
                fields.iter().map(|field| field.kind.align()).max().unwrap_or(1)
            }
            Self::Pointer | Self::KernelSymbol | Self::UserSymbol => 8,
            Self::CgroupPath | Self::CgroupPathIn { .. } => 8,
            Self::KernelStack { .. } | Self::UserStack { .. } => 8,
            Self::Timestamp { .. } | Self::WallTime { .. } => 8,
        }
    }
}

impl Aggregation {
    /// How many bytes one processor's value takes (one bucket's, where values are buckets).
    pub fn size(&self) -> u32 {
        match self {
            Self::Value(kind) => kind.size(),
            Self::Count | Self::Hist { .. } | Self::Lhist { .. } => 8,
            Self::Sum { .. } | Self::Min { .. } | Self::Max { .. } => 16,
            Self::Avg { .. } | Self::Stats { .. } => 16,
            Self::TimeSeries { .. } => 24,
        }
    }

    /// At which multiples of bytes a value begins.
    pub fn align(&self) -> u32 {
        if let Self::Value(kind) = self { kind.align() } else { 8 }
    }

    /// How many buckets there are at most; `None` where values are not buckets.
    pub fn buckets(&self) -> Option<u32> {
        match *self {
            Self::Hist { bits } => {
                let bits = u32::from(bits.min(5));
                Some(((64 - bits + 1) << bits) + 1)
            }
            Self::Lhist { min, max, step } => {
                let steps = (i128::from(max) - i128::from(min)) / i128::from(step.max(1));
                Some(u32::try_from(steps.max(0)).unwrap_or(u32::MAX - 2) + 2)
            }
            Self::TimeSeries { intervals, .. } => Some(intervals),
            _ => None,
        }
    }
}

impl MapSchema {
    /// The script's key in bytes; 0 for a map without one.
    pub fn key_size(&self) -> u32 {
        self.key.as_ref().map_or(0, Type::size)
    }

    /// The key in bytes as the object's map has it ([`Storage`] tells how it is made up).
    pub fn stored_key_size(&self) -> u32 {
        match self.storage {
            Storage::Array { .. } | Storage::Global { .. } => 4,
            Storage::Hash { .. } => {
                let key = self.key.as_ref().map_or(8, Type::size);
                if self.value.buckets().is_some() { round_up(key, 8).saturating_add(8) } else { key }
            }
        }
    }

    /// Where in a stored key the bucket's number is.
    pub fn bucket_offset(&self) -> u32 {
        round_up(self.key.as_ref().map_or(8, Type::size), 8)
    }

    /// How many elements the object's map must have room for where it is an array.
    pub fn array_elements(&self) -> u32 {
        self.value.buckets().unwrap_or(1)
    }
}
