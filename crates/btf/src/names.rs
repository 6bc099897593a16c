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
        let named: Vec<(u32, u32)> = (1..).zip(btf.own_names().map(|(_, name)| name)).collect();
        let mut heads = vec![0; named.len().next_power_of_two()];
        let mut next = vec![0; named.len()];
        for &(number, name) in named.iter().rev().filter(|(_, name)| *name != 0) {
            let name = essential(btf.string_bytes(name).unwrap_or(&[]));
            let slot = bucket(name, heads.len());
            if let (Some(head), Some(link)) = (heads.get_mut(slot), next.get_mut(number as usize - 1)) {
                *link = std::mem::replace(head, number);
            }
        }
        Self { heads, next }
    }

    /// Own indices that may have this name, in order.
    fn chain(&self, essential: &[u8]) -> impl Iterator<Item = u32> {
        let first = self.heads.get(bucket(essential, self.heads.len())).copied();
        let mut at = first.unwrap_or(0);
        std::iter::from_fn(move || {
            let own = at.checked_sub(1)?;
            at = self.next.get(own as usize).copied().unwrap_or(0);
            Some(own)
        })
    }
}

fn bucket(name: &[u8], buckets: usize) -> usize {
    const SEED: u64 = 0x517c_c1b7_2722_0a95;
    let mix = |hash: u64, part: u64| (hash.rotate_left(5) ^ part).wrapping_mul(SEED);
    let mut chunks = name.chunks_exact(8);
    let mut hash =
        chunks.by_ref().fold(0, |hash, chunk| mix(hash, chunk.try_into().map_or(0, u64::from_le_bytes)));
    hash = chunks.remainder().iter().fold(hash, |hash, &byte| mix(hash, byte.into()));
    (hash >> 32) as usize & (buckets - 1)
}

fn essential(name: &[u8]) -> &[u8] {
    // Names with three underscores in a row are rare.
    if memchr::memchr(b'_', name).is_none() {
        return name;
    }
    name.get(..crate::core::essential_len(name)).unwrap_or(name)
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
