//! From names to types.
use crate::core::essential_name;
use crate::headers::Enumerators;
use crate::layout::EnumValue;
use crate::{Btf, KindTag, TypeId};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// So many look-ups of a symbol go by searching; the next one pays for an index.
const SEARCHES_BEFORE_INDEX: u32 = 2;

/// What a name may stand for. A kernel has many more symbols than types, and few programs ask for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// What variables can be of.
    Types,
    /// Functions, variables, sections and tags.
    Symbols,
}

impl Group {
    pub(crate) const fn of(tag: KindTag) -> Self {
        match tag {
            KindTag::Func | KindTag::Var | KindTag::Datasec | KindTag::DeclTag | KindTag::TypeTag => {
                Self::Symbols
            }
            _ => Self::Types,
        }
    }
}

/// The indices by name of one BTF's own types, once they are worth having.
#[derive(Debug, Default)]
pub(crate) struct Names {
    types: OnceLock<Index>,
    symbols: OnceLock<Index>,
    enumerators: OnceLock<Enumerators>,
    searches: AtomicU32,
}

/// Chains of types whose names without flavour hash alike; a link is the place of an entry plus 1, 0 ends a chain.
#[derive(Debug)]
struct Index {
    heads: Vec<u32>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: TypeId,
    next: u32,
}

impl Index {
    fn new(btf: &Btf, group: Group) -> Self {
        let mut heads = vec![0; (btf.own_len() / 4 + 1).next_power_of_two()];
        let mask = heads.len() - 1;
        let mut entries = Vec::with_capacity(btf.own_len() / 4);
        // The first of a chain is the last to come.
        for (id, name, tag) in btf.own_headers().rev() {
            if name == 0 || Group::of(tag) != group {
                continue;
            }
            let key = key(btf.strings_from(name).unwrap_or(&[]));
            if let Some(head) = heads.get_mut(bucket(key, mask)) {
                entries.push(Entry { id, next: *head });
                *head = entries.len() as u32;
            }
        }
        Self { heads, entries }
    }

    /// Types that may have this name, in order.
    fn chain(&self, essential: &str) -> impl Iterator<Item = TypeId> {
        let first = self.heads.get(bucket(key(essential.as_bytes()), self.heads.len() - 1)).copied();
        let mut at = first.unwrap_or(0);
        std::iter::from_fn(move || {
            let entry = self.entries.get(at.checked_sub(1)? as usize)?;
            at = entry.next;
            Some(entry.id)
        })
    }
}

const fn mix(hash: u64, part: u64) -> u64 {
    (hash.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// A number that a name and all its flavours share: made of all before the first three underscores. The name ends with
/// the bytes, or at a zero.
fn key(bytes: &[u8]) -> u64 {
    let (mut hash, mut rest) = (0, bytes);
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        let dashes = zeros(word ^ DASHES);
        // Three in a row have two in one word.
        if dashes & dashes >> 8 != 0 {
            return key_of_stem(bytes);
        }
        let ends = zeros(word);
        if ends != 0 {
            let last = word & ((1 << (ends.trailing_zeros() & !7)) - 1);
            return if last == 0 { hash } else { mix(hash, last) };
        }
        (hash, rest) = (mix(hash, word), after);
    }
    key_of_stem(bytes)
}

const ONES: u64 = 0x0101_0101_0101_0101;
const DASHES: u64 = ONES * b'_' as u64;

/// The high bit of each byte that is zero; of others perhaps too, but only above one that is.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES << 7)
}

/// What [`key`] says, byte by byte.
fn key_of_stem(bytes: &[u8]) -> u64 {
    let len = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    let name = bytes.get(..len).unwrap_or(bytes);
    let end = memchr::memmem::find(name, b"___").unwrap_or(name.len());
    let stem = name.get(..end).unwrap_or(name);
    stem.chunks(8).fold(0, |hash, chunk| {
        mix(hash, chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)))
    })
}

fn bucket(key: u64, mask: usize) -> usize {
    (key >> 32) as usize & mask
}

impl Btf {
    /// All types with this name, of whatever kind, in order of their ids.
    pub fn find(&self, name: &str) -> impl Iterator<Item = TypeId> + use<> {
        let mut found = self.find_in(name, Group::Types);
        found.extend(self.find_in(name, Group::Symbols));
        found.sort_unstable();
        found.into_iter()
    }

    fn find_in(&self, name: &str, group: Group) -> Vec<TypeId> {
        let mut found = self.base().map_or_else(Vec::new, |base| base.find_in(name, group));
        let from = found.len();
        self.find_own_flavours(essential_name(name), group, &mut found);
        let mut at = 0;
        found.retain(|&id| {
            at += 1;
            at <= from || self.name(id) == Some(name)
        });
        found
    }

    /// The first type with this name and kind.
    pub fn find_kind(&self, name: &str, kind: KindTag) -> Option<TypeId> {
        self.find_in(name, Group::of(kind)).into_iter().find(|&id| self.tag(id) == Some(kind))
    }

    /// Whether there is a type of this kind with this name, or with a flavour of it (`task_struct___old`), the base left out.
    pub fn has_own_flavour(&self, essential: &str, kind: KindTag) -> bool {
        let mut found = Vec::new();
        self.find_own_flavours(essential, Group::of(kind), &mut found);
        let same = |tag: KindTag| tag == kind || tag.is_enum() && kind.is_enum();
        found.into_iter().any(|id| self.tag(id).is_some_and(same))
    }

    /// The `struct` with this name.
    pub fn find_struct(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Struct)
    }

    /// The `union` with this name.
    pub fn find_union(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Union)
    }

    /// The `enum` with this name, of either width.
    pub fn find_enum(&self, name: &str) -> Option<TypeId> {
        let found = self.find_in(name, Group::Types);
        found.into_iter().find(|&id| self.tag(id).is_some_and(KindTag::is_enum))
    }

    /// The typedef with this name.
    pub fn find_typedef(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Typedef)
    }

    /// The function with this name.
    pub fn find_func(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Func)
    }

    /// The variable with this name.
    pub fn find_var(&self, name: &str) -> Option<TypeId> {
        self.find_kind(name, KindTag::Var)
    }

    /// All functions with their names, in order of their ids, those of the base first.
    pub fn functions(&self) -> impl Iterator<Item = (TypeId, &str)> {
        self.ids()
            .filter(|&id| self.tag(id) == Some(KindTag::Func))
            .filter_map(|id| Some((id, self.name(id)?)))
    }

    /// Finds a name among the values of all enumerations: the first one.
    pub fn enumerator(&self, name: &str) -> Option<EnumValue> {
        self.enumerators(name).into_iter().next()
    }

    /// Finds a name among the values of all enumerations: every one, in order of their ids.
    pub fn enumerators(&self, name: &str) -> Vec<EnumValue> {
        let mut found = self.base().map_or_else(Vec::new, |base| base.enumerators(name));
        let names = self.string_offsets(name, |rest| rest.first() == Some(&0));
        if !names.is_empty() {
            found.extend(self.own_enumerators().named(&names).filter_map(|(ty, index)| {
                let raw = self.raw(ty).ok()?;
                let (_, value) = raw.enumerator(index)?;
                Some(EnumValue { ty, index, value, signed: raw.info.flag })
            }));
        }
        found
    }

    fn own_enumerators(&self) -> &Enumerators {
        self.names().enumerators.get_or_init(|| {
            let mut all = Enumerators::default();
            for id in self.own_of_kind(KindTag::is_enum) {
                if let Ok(raw) = self.raw(id) {
                    all.push(id, raw.enumerator_names());
                }
            }
            all
        })
    }

    /// Own types whose name without flavour is `essential`, in order of their ids.
    pub(crate) fn find_own_flavours(&self, essential: &str, group: Group, found: &mut Vec<TypeId>) {
        if essential.is_empty() {
            return;
        }
        let named = |&id: &TypeId| self.name(id).is_some_and(|name| essential_name(name) == essential);
        match self.index_of(group) {
            Some(index) => found.extend(index.chain(essential).filter(named)),
            None => found.extend(self.search(essential, group).into_iter().filter(named)),
        }
    }

    fn index_of(&self, group: Group) -> Option<&Index> {
        let Names { types, symbols, searches, .. } = self.names();
        match group {
            Group::Types => Some(types.get_or_init(|| Index::new(self, group))),
            Group::Symbols if searches.fetch_add(1, Ordering::Relaxed) < SEARCHES_BEFORE_INDEX => None,
            Group::Symbols => Some(symbols.get_or_init(|| Index::new(self, group))),
        }
    }

    /// Finds types without an index: first the places of the name among the strings, then who refers to them.
    fn search(&self, essential: &str, group: Group) -> Vec<TypeId> {
        let names = self.string_offsets(essential, |rest| match rest.first() {
            Some(0) => true,
            _ => rest.starts_with(b"___"),
        });
        if names.is_empty() {
            return Vec::new();
        }
        self.own_named(&names).filter(|(_, tag)| Group::of(*tag) == group).map(|(id, _)| id).collect()
    }

    /// String offsets, in order, where `text` stands and `follows` holds of the bytes after it. Those of the base too.
    fn string_offsets(&self, text: &str, follows: fn(&[u8]) -> bool) -> Vec<u32> {
        let mut found = self.base().map_or_else(Vec::new, |base| base.string_offsets(text, follows));
        let (strings, first) = self.own_strings();
        let finder = memchr::memmem::Finder::new(text);
        let mut from = 0;
        while let Some(hit) = strings.get(from..).and_then(|rest| finder.find(rest)) {
            let at = from + hit;
            if strings.get(at + text.len()..).is_some_and(follows) {
                found.extend(u32::try_from(at).ok().map(|at| first.saturating_add(at)));
            }
            from = at + 1;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quick way and the slow way to a key agree, wherever the name lies and whatever it is made of.
    #[test]
    fn flavours_share_the_key_of_their_name() {
        let stems = ["a", "_", "__x", "task_struct", "a__b", "exactly8", "exactly8exactly8", "x_________"];
        for stem in stems {
            for flavour in ["", "___", "___v1", "____", "___a___b"] {
                let named = format!("{stem}{flavour}");
                let inside = format!("{named}\0___after\0and_more_bytes\0");
                let alike = [key(named.as_bytes()), key(inside.as_bytes()), key_of_stem(inside.as_bytes())];
                let essential = key(essential_name(&named).as_bytes());
                assert_eq!(alike, [essential; 3], "{named}");
            }
        }
    }
}
