//! From split BTF and its whole base to split BTF and a small base.
use crate::{Btf, BtfError, BtfErrorKind, Builder, Composite, Enum, Kind, KindTag, Section, Type, TypeId};
use std::collections::BTreeMap;

/// Split BTF and the small base that it goes on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distilled {
    /// The small base, for a section `.BTF.base`.
    pub base: Vec<u8>,
    /// The types that go on from it, for a section `.BTF`: the split types in their order, then what of the base cannot stand there.
    pub split: Vec<u8>,
}

/// Where a type of the base goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Base,
    Split,
}

/// Makes a small base of what split BTF uses of its whole one (libbpf's `btf__distill_base`).
pub fn distill(split: &Btf) -> Result<Distilled, BtfError> {
    let whole = split.base().ok_or_else(|| split.error_at(split.first_id(), no_base()))?;
    let used = used(split)?;
    let mut base = Builder::with_endian(split.endian());
    let mut map: BTreeMap<TypeId, TypeId> = BTreeMap::new();
    for (&id, _) in used.iter().filter(|(_, place)| **place == Place::Base) {
        map.insert(id, base.add(short(whole.get(id)?)));
    }
    let bytes = base.finish();
    let base = Btf::parse(bytes.clone())?;
    let mut out = Builder::after(&base);
    let own = (split.first_id().0..split.len()).map(TypeId);
    let moved: Vec<TypeId> =
        used.iter().filter(|(_, place)| **place == Place::Split).map(|(id, _)| *id).collect();
    for (id, new) in own.clone().chain(moved.iter().copied()).zip(base.len()..) {
        map.insert(id, TypeId(new));
    }
    for id in own.chain(moved) {
        let mut ty = split.get(id)?;
        ty.kind.map_ids(|id| map.get(&id).copied().unwrap_or(TypeId::VOID));
        out.add(ty);
    }
    Ok(Distilled { base: bytes, split: out.finish() })
}

fn no_base() -> BtfErrorKind {
    BtfErrorKind::WrongKind { id: TypeId::VOID, wanted: "part of BTF that goes on from a base" }
}

/// Types of the base that split types use, themselves or by others. What named structures and unions are made of is not asked.
fn used(split: &Btf) -> Result<BTreeMap<TypeId, Place>, BtfError> {
    let first = split.first_id();
    let mut found = BTreeMap::new();
    let mut open: Vec<TypeId> = (first.0..split.len()).map(TypeId).collect();
    while let Some(id) = open.pop() {
        let mut kind = split.get(id)?.kind;
        if id < first && is_named_composite(split, id) {
            continue;
        }
        let mut failed = None;
        kind.map_ids(|next| {
            if !next.is_void() && next < first && !found.contains_key(&next) {
                match place(split, next) {
                    Ok(place) => {
                        found.insert(next, place);
                        open.push(next);
                    }
                    Err(error) => failed = Some(error),
                }
            }
            next
        });
        failed.map_or(Ok(()), Err)?;
    }
    Ok(found)
}

fn is_named_composite(btf: &Btf, id: TypeId) -> bool {
    btf.tag(id).is_some_and(KindTag::is_composite) && btf.name(id).is_some_and(|name| !name.is_empty())
}

fn place(split: &Btf, id: TypeId) -> Result<Place, BtfError> {
    use KindTag as K;
    let named = split.name(id).is_some_and(|name| !name.is_empty());
    Ok(match split.raw(id)?.info.tag {
        K::Int | K::Float | K::Fwd => Place::Base,
        K::Struct | K::Union | K::Enum | K::Enum64 if named => Place::Base,
        K::Void | K::Func | K::Var | K::Datasec | K::DeclTag => {
            let kind =
                BtfErrorKind::WrongKind { id, wanted: "a type that split types may use of their base" };
            return Err(BtfError::new(Section::Types, split.raw(id)?.at, kind));
        }
        _ => Place::Split,
    })
}

/// A type as it stands in the small base.
fn short(ty: Type) -> Type {
    let kind = match ty.kind {
        Kind::Struct(body) => Kind::Struct(Composite { size: body.size, members: Vec::new() }),
        Kind::Union(body) => Kind::Union(Composite { size: body.size, members: Vec::new() }),
        // Of 64-bit values, too, only the size of the enumeration is left.
        Kind::Enum(body) | Kind::Enum64(body) => {
            Kind::Enum(Enum { size: body.size, signed: false, values: Vec::new() })
        }
        kind => kind,
    };
    Type { name: ty.name, kind }
}
