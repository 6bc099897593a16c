//! From split BTF on a small base to the same on a kernel's whole base.
use crate::btf::MAX_DEPTH;
use crate::{Btf, BtfError, Builder, Kind, KindTag, TypeId};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Why split BTF does not fit a base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelocateError {
    /// The types cannot be read.
    Btf(BtfError),
    /// It does not go on from a base.
    NoBase,
    /// The small base has a type that none may have.
    Unexpected {
        /// The type.
        id: TypeId,
    },
    /// The base has no such type.
    Missing {
        /// Its name.
        name: String,
        /// What it must be.
        what: String,
    },
    /// The base has several, and nothing says which.
    Ambiguous {
        /// Their name.
        name: String,
        /// Two of them.
        ids: [TypeId; 2],
    },
}

impl fmt::Display for RelocateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Btf(error) => error.fmt(f),
            Self::NoBase => f.write_str("these types do not go on from others"),
            Self::Unexpected { id } => write!(
                f,
                "type {id} of the small base is neither a named number, structure, union or enumeration, nor a declaration"
            ),
            Self::Missing { name, what } => write!(
                f,
                "these types use {what} `{name}`, and the base has none; they were made for another kernel"
            ),
            Self::Ambiguous { name, ids: [one, other] } => write!(
                f,
                "these types use `{name}`, and the base has several of the same size (types {one} and {other})"
            ),
        }
    }
}

impl std::error::Error for RelocateError {}

impl From<BtfError> for RelocateError {
    fn from(error: BtfError) -> Self {
        Self::Btf(error)
    }
}

/// Puts split BTF with a small base onto another base, by names, sizes and kinds (libbpf's `btf__relocate`).
///
/// Numbers and enumerations must have the same size; structures and unions where split ones hold them whole, and where the base
/// has several of the name.
pub fn relocate(split: &Btf, base: &Btf) -> Result<Btf, RelocateError> {
    let small = split.base().ok_or(RelocateError::NoBase)?;
    let wanted = wanted(small)?;
    let found = search(small, &wanted, &held(split)?, base)?;
    let (first, shift) = (split.first_id().0, base.len());
    let moved = |id: TypeId| match id.0.checked_sub(first) {
        Some(own) => TypeId(shift.saturating_add(own)),
        None => found.get(&id).copied().unwrap_or(TypeId::VOID),
    };
    let mut out = Builder::after(base);
    for id in (first..split.len()).map(TypeId) {
        let mut ty = split.get(id)?;
        ty.kind.map_ids(moved);
        out.add(ty);
    }
    Ok(Btf::parse_split(out.finish(), base)?)
}

/// The types of the small base, by name.
fn wanted(small: &Btf) -> Result<HashMap<&str, Vec<TypeId>>, RelocateError> {
    use KindTag as K;
    let mut all: HashMap<&str, Vec<TypeId>> = HashMap::new();
    for id in small.ids() {
        let name = small.name(id).unwrap_or_default();
        let known =
            matches!(small.tag(id), Some(K::Int | K::Float | K::Enum | K::Struct | K::Union | K::Fwd));
        if !known || name.is_empty() {
            return Err(RelocateError::Unexpected { id });
        }
        all.entry(name).or_default().push(id);
    }
    Ok(all)
}

/// Structures and unions of the small base that split ones hold whole: their size matters.
fn held(split: &Btf) -> Result<HashSet<TypeId>, RelocateError> {
    let first = split.first_id();
    let mut all = HashSet::new();
    for id in (first.0..split.len()).map(TypeId) {
        if let Kind::Struct(body) | Kind::Union(body) = split.get(id)?.kind {
            all.extend(body.members.iter().map(|member| behind(split, member.ty)).filter(|&ty| ty < first));
        }
    }
    Ok(all)
}

/// The type that a member is made of, behind names, qualifiers and arrays.
fn behind(btf: &Btf, mut id: TypeId) -> TypeId {
    for _ in 0..MAX_DEPTH {
        let next = match btf.get(id).map(|ty| ty.kind) {
            Ok(Kind::Array { element, .. }) => element,
            _ => btf.resolve(id),
        };
        if next == id {
            break;
        }
        id = next;
    }
    id
}

/// For each type of the small base, the one that stands for it.
fn search(
    small: &Btf,
    wanted: &HashMap<&str, Vec<TypeId>>,
    held: &HashSet<TypeId>,
    base: &Btf,
) -> Result<HashMap<TypeId, TypeId>, RelocateError> {
    let composite = |id: &TypeId| base.tag(*id).is_some_and(KindTag::is_composite);
    let mut count: HashMap<&str, u32> = HashMap::new();
    for id in base.ids().filter(composite) {
        // Of all names, those that somebody wants.
        if let Some((&name, _)) = base.name(id).and_then(|name| wanted.get_key_value(name)) {
            *count.entry(name).or_default() += 1;
        }
    }
    let mut found: HashMap<TypeId, TypeId> = HashMap::new();
    for id in base.ids() {
        let Some((&name, candidates)) = base.name(id).and_then(|name| wanted.get_key_value(name)) else {
            continue;
        };
        let alone = count.get(name).is_none_or(|count| *count < 2);
        for &candidate in candidates {
            let exact = !alone || held.contains(&candidate);
            if !stands_for(base, id, small, candidate, exact)? {
                continue;
            }
            if let Some(other) = found.insert(candidate, id) {
                return Err(RelocateError::Ambiguous { name: name.to_owned(), ids: [other, id] });
            }
        }
    }
    match small.ids().find(|id| !found.contains_key(id)) {
        None => Ok(found),
        Some(id) => Err(missing(small, id, held)),
    }
}

/// Whether a type of the base is what one of the small base was made of; `exact`: also in size, if it is a structure or union.
fn stands_for(
    base: &Btf,
    id: TypeId,
    small: &Btf,
    candidate: TypeId,
    exact: bool,
) -> Result<bool, RelocateError> {
    Ok(match (small.get(candidate)?.kind, base.get(id)?.kind) {
        (Kind::Int { size, encoding, .. }, Kind::Int { size: other, encoding: as_other, .. }) => {
            (size, encoding) == (other, as_other)
        }
        (Kind::Float { size }, Kind::Float { size: other }) => size == other,
        (Kind::Enum(body), Kind::Enum(other) | Kind::Enum64(other)) => body.size == other.size,
        (Kind::Struct(body), Kind::Struct(other)) | (Kind::Union(body), Kind::Union(other)) => {
            !exact || body.size == other.size
        }
        (Kind::Fwd { union }, Kind::Fwd { union: other }) => union == other,
        (Kind::Fwd { union }, Kind::Struct(_)) => !union,
        (Kind::Fwd { union }, Kind::Union(_)) => union,
        _ => false,
    })
}

fn missing(small: &Btf, id: TypeId, held: &HashSet<TypeId>) -> RelocateError {
    let bytes = |size: u32| format!(" of {size} bytes");
    let what = match small.get(id).map(|ty| ty.kind) {
        Ok(Kind::Int { size, .. }) => format!("an integer{}", bytes(size)),
        Ok(Kind::Float { size }) => format!("a float{}", bytes(size)),
        Ok(Kind::Enum(body)) => format!("an enum{}", bytes(body.size)),
        Ok(Kind::Struct(body)) if held.contains(&id) => format!("a struct{}", bytes(body.size)),
        Ok(Kind::Union(body)) if held.contains(&id) => format!("a union{}", bytes(body.size)),
        Ok(Kind::Union(_) | Kind::Fwd { union: true }) => "a union".to_owned(),
        _ => "a struct".to_owned(),
    };
    RelocateError::Missing { name: small.name(id).unwrap_or_default().to_owned(), what }
}
