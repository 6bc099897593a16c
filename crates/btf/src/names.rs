//! From names to types.
use crate::core::essential_name;
use crate::layout::EnumValue;
use crate::{Btf, KindTag, TypeId};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// So many look-ups go by searching; the next one pays for an index.
const SEARCHES_BEFORE_INDEX: u32 = 2;

/// The index by name of one BTF's own types, once it is worth having.
#[derive(Debug, Default)]
pub(crate) struct Names {
    searches: AtomicU32,
    index: OnceLock<Index>,
}

/// Chains of types whose names without flavour hash alike; numbers are `own index + 1`, 0 ends a chain.
#[derive(Debug)]
struct Index {
    heads: Vec<u32>,
    next: Vec<u32>,
}

impl Index {
    fn new(btf: &Btf) -> Self {
        let (strings, first) = btf.own_strings();
        let keys = Keys { strings, dashes: Dashes::new(strings) };
        let mut names: Vec<u32> = btf.own_names().map(|(_, name)| name).collect();
        let mut heads = vec![0; names.len().next_power_of_two()];
        let mask = heads.len() - 1;
        for (own, link) in names.iter_mut().enumerate().rev() {
            let name = std::mem::take(link);
            if name == 0 {
                continue;
            }
            let key = match name.checked_sub(first) {
                Some(place) => keys.at(place as usize),
                None => key(btf.string_bytes(name).unwrap_or(&[])),
            };
            if let Some(head) = heads.get_mut(bucket(key, mask)) {
                *link = std::mem::replace(head, own as u32 + 1);
            }
        }
        Self { heads, next: names }
    }

    /// Own indices that may have this name, in order.
    fn chain(&self, essential: &[u8]) -> impl Iterator<Item = u32> {
        let first = self.heads.get(bucket(key(essential), self.heads.len() - 1)).copied();
        let mut at = first.unwrap_or(0);
        std::iter::from_fn(move || {
            let own = at.checked_sub(1)?;
            at = self.next.get(own as usize).copied().unwrap_or(0);
            Some(own)
        })
    }
}

/// Where three underscores in a row are, in blocks of 64 bytes: only there a flavour may begin.
struct Dashes(Vec<u64>);

impl Dashes {
    fn new(strings: &[u8]) -> Self {
        let mut blocks = vec![0; strings.len() / 4096 + 1];
        for at in memchr::memmem::find_iter(strings, "___") {
            for at in [at, at + 2] {
                if let Some(block) = blocks.get_mut(at / 4096) {
                    *block |= 1_u64 << (at / 64 % 64);
                }
            }
        }
        Self(blocks)
    }

    fn between(&self, from: usize, to: usize) -> bool {
        let marked =
            |block: usize| self.0.get(block / 64).is_some_and(|blocks| blocks >> (block % 64) & 1 != 0);
        (from / 64..=to / 64).any(marked)
    }
}

/// Keys of the names in a string section.
struct Keys<'a> {
    strings: &'a [u8],
    dashes: Dashes,
}

impl Keys<'_> {
    /// What [`key`] says of the name at `place`, but quicker.
    fn at(&self, place: usize) -> u64 {
        const LOW: u64 = 0x0101_0101_0101_0101;
        let (mut hash, mut at) = (0, place);
        while let Some(chunk) = self.strings.get(at..).and_then(|rest| rest.first_chunk()) {
            let word = u64::from_le_bytes(*chunk);
            let zeros = word.wrapping_sub(LOW) & !word & (LOW << 7);
            if zeros != 0 {
                let bits = zeros.trailing_zeros() & !7;
                let last = word & ((1_u64 << bits) - 1);
                if !self.dashes.between(place, at + 8) {
                    return if bits == 0 { hash } else { mix(hash, last) };
                }
                break;
            }
            hash = mix(hash, word);
            at += 8;
        }
        let rest = self.strings.get(place..).unwrap_or(&[]);
        key(memchr::memchr(0, rest).and_then(|len| rest.get(..len)).unwrap_or(&[]))
    }
}

const fn mix(hash: u64, part: u64) -> u64 {
    (hash.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// A number that a name and all its flavours share: made of all before the first three underscores.
fn key(name: &[u8]) -> u64 {
    let end = memchr::memmem::find(name, b"___").unwrap_or(name.len());
    let stem = name.get(..end).unwrap_or(name);
    let mut chunks = stem.chunks_exact(8);
    let hash =
        chunks.by_ref().fold(0, |hash, chunk| mix(hash, chunk.try_into().map_or(0, u64::from_le_bytes)));
    match chunks.remainder() {
        [] => hash,
        rest => mix(hash, rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))),
    }
}

fn bucket(key: u64, mask: usize) -> usize {
    (key >> 32) as usize & mask
}

impl Btf {
    /// All types with this name, of whatever kind, in order of their ids.
    pub fn find(&self, name: &str) -> impl Iterator<Item = TypeId> + use<> {
        let mut found = self.find_flavours(essential_name(name));
        found.retain(|&id| self.name(id) == Some(name));
        found.into_iter()
    }

    /// The first type with this name and kind.
    pub fn find_kind(&self, name: &str, kind: KindTag) -> Option<TypeId> {
        self.find(name).find(|&id| self.tag(id) == Some(kind))
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
        self.find(name).find(|&id| self.tag(id).is_some_and(KindTag::is_enum))
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
        for (id, _) in self.own_names() {
            self.enumerators_of(id, &names, &mut found);
        }
        found
    }

    fn enumerators_of(&self, id: TypeId, names: &[u32], found: &mut Vec<EnumValue>) {
        let Some(raw) = self.raw(id).ok().filter(|raw| raw.info.tag.is_enum()) else { return };
        for (index, (name, value)) in (0..).zip(raw.enumerators()) {
            if names.binary_search(&name).is_ok() {
                found.push(EnumValue { ty: id, index, value, signed: raw.info.flag });
            }
        }
    }

    /// All types whose name without flavour is `essential`, in order of their ids.
    pub(crate) fn find_flavours(&self, essential: &str) -> Vec<TypeId> {
        let mut found = self.base().map_or_else(Vec::new, |base| base.find_flavours(essential));
        self.find_own_flavours(essential, &mut found);
        found
    }

    /// Like [`Btf::find_flavours`], but without the types of the base.
    pub(crate) fn find_own_flavours(&self, essential: &str, found: &mut Vec<TypeId>) {
        if essential.is_empty() {
            return;
        }
        if self.names().searches.fetch_add(1, Ordering::Relaxed) < SEARCHES_BEFORE_INDEX {
            return self.search(essential, found);
        }
        let first = self.first_id().0;
        let index = self.names().index.get_or_init(|| Index::new(self));
        let named = |&id: &TypeId| self.name(id).is_some_and(|name| essential_name(name) == essential);
        found.extend(index.chain(essential.as_bytes()).map(|own| TypeId(first + own)).filter(named));
    }

    /// Finds types without an index: first the places of the name among the strings, then who refers to them.
    fn search(&self, essential: &str, found: &mut Vec<TypeId>) {
        let names = self.string_offsets(essential, |rest| match rest.first() {
            Some(0) => true,
            _ => rest.starts_with(b"___"),
        });
        let [first, .., last] = names[..] else {
            let only = names.first().copied();
            found.extend(self.own_names().filter(|(_, name)| Some(*name) == only).map(|(id, _)| id));
            return found.retain(|&id| self.name(id).is_some_and(|name| essential_name(name) == essential));
        };
        let hit = |name: &u32| (first..=last).contains(name) && names.binary_search(name).is_ok();
        found.extend(self.own_names().filter(|(_, name)| hit(name)).map(|(id, _)| id));
        found.retain(|&id| self.name(id).is_some_and(|name| essential_name(name) == essential));
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
