//! What is known of types before any is decoded.
use crate::wire::{TYPE_LEN, type_len};
use crate::{BtfError, BtfErrorKind, Endian, KindTag, Section, TypeId};

/// So many names are looked at together.
const STRIDE: usize = 64;

/// So many names are looked for one by one.
const FEW: usize = 8;

/// Where types begin, what they are called and what they are, in order: a column for each, so that a search reads no more
/// than what it asks for.
#[derive(Debug)]
pub(crate) struct Headers {
    offsets: Vec<u32>,
    names: Vec<u32>,
    tags: Vec<KindTag>,
}

impl Headers {
    /// Walks over a type section.
    pub(crate) fn read(types: &[u8], endian: Endian) -> Result<Self, BtfError> {
        match endian {
            Endian::Little => Self::walk(types, u32::from_le_bytes),
            Endian::Big => Self::walk(types, u32::from_be_bytes),
        }
    }

    /// All columns at once: each type waits for the one before to say where it begins, and the rest is done in that time.
    fn walk(types: &[u8], word: impl Fn([u8; 4]) -> u32) -> Result<Self, BtfError> {
        let about = types.len() / 24;
        let [mut offsets, mut names] = [Vec::with_capacity(about), Vec::with_capacity(about)];
        let mut tags = Vec::with_capacity(about);
        let mut at = 0;
        while let Some(rest) = types.get(at..).filter(|rest| !rest.is_empty()) {
            let error = |kind| BtfError::new(Section::Types, at, kind);
            let Some([name, info, _]) = words(rest) else {
                return Err(error(BtfErrorKind::Truncated { wanted: TYPE_LEN }));
            };
            let info = word(info);
            let len = type_len(info).map_err(|kind| error(BtfErrorKind::UnknownKind(kind)))?;
            if len > rest.len() {
                return Err(error(BtfErrorKind::Truncated { wanted: len }));
            }
            offsets.push(u32::try_from(at).map_err(|_| error(BtfErrorKind::TooManyTypes))?);
            names.push(word(name));
            tags.push(KindTag::from_number(info >> 24 & 0x1f).unwrap_or(KindTag::Void));
            at += len;
        }
        Ok(Self { offsets, names, tags })
    }

    /// How many types there are.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Where a type begins.
    pub(crate) fn offset(&self, index: usize) -> Option<usize> {
        self.offsets.get(index).map(|&at| at as usize)
    }

    /// The types of a kind, by their places.
    pub(crate) fn of_kind(&self, kind: impl Fn(KindTag) -> bool) -> impl Iterator<Item = usize> {
        self.tags.iter().enumerate().filter(move |(_, tag)| kind(**tag)).map(|(index, _)| index)
    }

    /// The places of names in the string section, and the kinds.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (u32, KindTag)> + ExactSizeIterator {
        self.names.iter().copied().zip(self.tags.iter().copied())
    }

    /// The types that have one of these names, in order, with their kinds. The names are in order too.
    pub(crate) fn named(&self, names: &[u32]) -> impl Iterator<Item = (usize, KindTag)> {
        positions(&self.names, names).filter_map(|index| Some((index, *self.tags.get(index)?)))
    }
}

/// The three words that every type begins with.
fn words(bytes: &[u8]) -> Option<[[u8; 4]; 3]> {
    let header: &[u8; TYPE_LEN] = bytes.first_chunk()?;
    let (words, _) = header.as_chunks();
    words.try_into().ok()
}

/// The values of all enumerations, by their names, and the enumerations with the place where each begins.
#[derive(Debug, Default)]
pub(crate) struct Enumerators {
    names: Vec<u32>,
    enums: Vec<(usize, TypeId)>,
}

impl Enumerators {
    /// Takes the next enumeration.
    pub(crate) fn push(&mut self, id: TypeId, names: impl Iterator<Item = u32>) {
        self.enums.push((self.names.len(), id));
        self.names.extend(names);
    }

    /// The values that have one of these names, in order: each by its enumeration and its number there.
    pub(crate) fn named(&self, names: &[u32]) -> impl Iterator<Item = (TypeId, u32)> {
        positions(&self.names, names).filter_map(|position| {
            let next = self.enums.partition_point(|(first, _)| *first <= position);
            let (first, id) = self.enums.get(next.checked_sub(1)?)?;
            Some((*id, u32::try_from(position - first).ok()?))
        })
    }
}

/// Where one of these names, which are in order, stands in a column.
fn positions(column: &[u32], names: &[u32]) -> impl Iterator<Item = usize> {
    let near = names.first().copied().unwrap_or(0)..names.last().map_or(0, |last| last.saturating_add(1));
    // Without a branch for each name of the column, the compiler compares several at a time.
    let any = move |stride: &[u32]| match names.len() <= FEW {
        true => names.iter().any(|name| stride.iter().fold(false, |any, it| any | (it == name))),
        false => stride.iter().fold(false, |any, it| any | near.contains(it)),
    };
    let strides = column.chunks(STRIDE).enumerate().filter(move |(_, stride)| any(stride));
    let all = strides.flat_map(|(number, stride)| (number * STRIDE..).zip(stride.iter()));
    all.filter(move |(_, name)| names.binary_search(name).is_ok()).map(|(position, _)| position)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names are found behind the first stride, among others, and in either byte order.
    #[test]
    fn types_are_found_by_their_names() {
        for endian in [Endian::Little, Endian::Big] {
            let types: Vec<u8> = (0..200)
                .flat_map(|name| [name / 2, 7 << 24, 0])
                .flat_map(|number| crate::wire::unword(number, endian))
                .collect();
            let headers = Headers::read(&types, endian).expect("forward declarations");
            let found: Vec<_> = headers.named(&[3, 70, 500]).collect();
            assert_eq!(found, [6, 7, 140, 141].map(|index| (index, KindTag::Fwd)));
            assert_eq!(headers.named(&[]).count(), 0);
        }
    }

    #[test]
    fn values_are_told_by_enumeration_and_number() {
        let mut all = Enumerators::default();
        all.push(TypeId(5), [1, 2].into_iter());
        all.push(TypeId(6), std::iter::empty());
        all.push(TypeId(9), [2, 3].into_iter());
        assert_eq!(all.named(&[2, 3]).collect::<Vec<_>>(), [(TypeId(5), 1), (TypeId(9), 0), (TypeId(9), 1)]);
    }
}
