//! The order in which bpftool's headers have their types.
use crate::wire::Raw;
use crate::{Btf, KindTag, TypeId};
use std::cmp::Ordering;

/// How many types may hang on each other before the rest of a chain is taken for nameless.
const MAX_CHAIN: u32 = 64;

/// What comes last: types without a name of their own, and whatever is no type.
const LAST: u8 = 10;

/// What types are ordered by, before a hash of what they are made of.
struct Key<'a> {
    rank: u8,
    /// The first letters of `sort_name`, as a number that compares like them.
    prefix: u64,
    sort_name: &'a [u8],
    own_name: &'a [u8],
    id: TypeId,
}

impl Key<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        let first = (self.rank, self.prefix).cmp(&(other.rank, other.prefix));
        first.then_with(|| (self.sort_name, self.own_name).cmp(&(other.sort_name, other.own_name)))
    }
}

/// All types that have a definition: by rank, by the name of what they lead to, by their own, by what they are made of.
///
/// bpftool 7.8 forgets the first one: it comes only if others need it. Here it comes last then, and is never lost.
pub(super) fn sorted(btf: &Btf) -> Vec<TypeId> {
    let mut keys: Vec<Key<'_>> = btf.ids().filter_map(|id| key(btf, id)).collect();
    keys.sort_unstable_by(|a, b| a.compare(b).then(a.id.cmp(&b.id)));
    for same in keys.chunk_by_mut(|a, b| a.compare(b).is_eq()) {
        if same.len() > 1 {
            same.sort_by_cached_key(|key| (hash_of(btf, key.id, true, 0), key.id));
        }
    }
    let mut ids: Vec<TypeId> = keys.into_iter().map(|key| key.id).collect();
    if !ids.is_empty() {
        ids.rotate_left(1);
    }
    ids
}

fn key(btf: &Btf, id: TypeId) -> Option<Key<'_>> {
    let raw = btf.raw(id).ok()?;
    if matches!(raw.info.tag, KindTag::Func | KindTag::Var | KindTag::Datasec | KindTag::DeclTag) {
        return None;
    }
    let (rank, sort_name) = (rank(btf, raw), sort_name(btf, raw));
    Some(Key { rank, prefix: prefix(sort_name), sort_name, own_name: name(btf, raw.name), id })
}

fn name(btf: &Btf, offset: u32) -> &[u8] {
    btf.string_bytes(offset).unwrap_or_default()
}

fn prefix(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(name).for_each(|(to, &from)| *to = from);
    u64::from_be_bytes(bytes)
}

/// What a pointer, array, qualifier, typedef or tag is made of.
fn inner(raw: Raw<'_>) -> Option<TypeId> {
    match raw.info.tag {
        KindTag::Array => Some(TypeId(raw.tail(0))),
        KindTag::Ptr | KindTag::Typedef | KindTag::DeclTag => Some(TypeId(raw.word)),
        tag if tag.is_modifier() => Some(TypeId(raw.word)),
        _ => None,
    }
}

/// Constants, enumerations, numbers, structures, functions, then all else. A typedef is what it leads to.
fn rank(btf: &Btf, raw: Raw<'_>) -> u8 {
    let (mut raw, mut named) = (raw, raw.name != 0);
    for _ in 0..MAX_CHAIN {
        named |= raw.name != 0;
        let rank = match raw.info.tag {
            KindTag::Enum | KindTag::Enum64 => return u8::from(named),
            KindTag::Int | KindTag::Float => return 2,
            KindTag::Struct | KindTag::Union => 3,
            KindTag::FuncProto => 4,
            _ => LAST,
        };
        match inner(raw).filter(|_| named).map(|id| btf.raw(id)) {
            Some(Ok(next)) => raw = next,
            _ => return if named { rank } else { LAST },
        }
    }
    LAST
}

/// The name at the end of the chain; constants without one go by the first of them.
fn sort_name<'a>(btf: &'a Btf, raw: Raw<'a>) -> &'a [u8] {
    if raw.info.tag.is_enum() && raw.name == 0 {
        return raw.enumerators().next().map_or(&[], |(first, _)| name(btf, first));
    }
    let mut raw = raw;
    for _ in 0..MAX_CHAIN {
        match inner(raw).map(|id| btf.raw(id)) {
            Some(Ok(next)) => raw = next,
            Some(Err(_)) => return &[],
            None => return name(btf, raw.name),
        }
    }
    &[]
}

fn mix(hash: u64, value: u64) -> u64 {
    hash.wrapping_mul(31).wrapping_add(value)
}

fn mix_name(hash: u64, btf: &Btf, offset: u32) -> u64 {
    if offset == 0 {
        return hash;
    }
    // Letters are signed there.
    let letters = name(btf, offset).iter().map(|&byte| i64::from(byte.cast_signed()).cast_unsigned());
    mix(hash, letters.fold(0, mix))
}

/// A number for what a type is made of: it orders types that have all names in common, as bpftool orders them.
fn hash_of(btf: &Btf, id: TypeId, members: bool, depth: u32) -> u64 {
    let Ok(raw) = btf.raw(id) else { return 0 };
    let hash = mix_name(0, btf, raw.name);
    match raw.info.tag {
        _ if depth >= MAX_CHAIN => hash,
        KindTag::Enum | KindTag::Enum64 => {
            raw.enumerators().fold(hash, |hash, (name, _)| mix_name(hash, btf, name))
        }
        KindTag::Struct | KindTag::Union if members => raw.members().fold(hash, |hash, member| {
            let hash = mix_name(hash, btf, member.name);
            mix(hash, hash_of(btf, TypeId(member.ty), false, depth + 1))
        }),
        KindTag::Array => {
            let element = hash_of(btf, TypeId(raw.tail(0)), members, depth + 1);
            mix(mix(hash, raw.tail(2).into()), element)
        }
        _ => inner(raw).map_or(hash, |id| mix(hash, hash_of(btf, id, members, depth + 1))),
    }
}
