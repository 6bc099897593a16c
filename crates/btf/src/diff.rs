//! What is different between the types of two kernels, or of two versions of anything.
use crate::{Btf, Kind, KindTag, Type, TypeId};
use std::collections::{BTreeMap, HashSet};

/// How deep members without a name are looked into.
const MAX_DEPTH: u32 = 16;

/// How many members of one type are compared.
const MAX_FIELDS: usize = 1 << 14;

/// What sort of thing a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// `struct`.
    Struct,
    /// `union`.
    Union,
    /// `enum`.
    Enum,
    /// `typedef`.
    Typedef,
    /// A function.
    Function,
}

impl Sort {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] = [Self::Struct, Self::Union, Self::Enum, Self::Typedef, Self::Function];

    const fn of(tag: KindTag) -> Option<Self> {
        Some(match tag {
            KindTag::Struct => Self::Struct,
            KindTag::Union => Self::Union,
            KindTag::Enum | KindTag::Enum64 => Self::Enum,
            KindTag::Typedef => Self::Typedef,
            KindTag::Func => Self::Function,
            _ => return None,
        })
    }

    /// The word before the name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Union => "union",
            Self::Enum => "enum",
            Self::Typedef => "typedef",
            Self::Function => "func",
        }
    }
}

/// Something with a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    /// What sort of thing it is.
    pub sort: Sort,
    /// Its name.
    pub name: String,
}

/// One difference in a thing that both have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Its size in bytes.
    Size {
        /// In the old one.
        old: u64,
        /// In the new one.
        new: u64,
    },
    /// The type of a typedef, or the prototype of a function.
    Declaration {
        /// In the old one.
        old: String,
        /// In the new one.
        new: String,
    },
    /// A member, or a name of an `enum`, that is new.
    Added(Part),
    /// A member, or a name of an `enum`, that is gone.
    Removed(Part),
    /// A member that lies elsewhere, or is of another type; a name of an `enum` with another value.
    Changed {
        /// In the old one.
        old: Part,
        /// In the new one.
        new: Part,
    },
}

/// A member or a name of an `enum`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name, with those of the members it lies in before it.
    pub name: String,
    /// Its type; empty for names of an `enum`.
    pub ty: String,
    /// Where it begins, in bits; for names of an `enum` their value.
    pub at: i64,
    /// Bits, if it is a bitfield.
    pub bits: Option<u8>,
}

/// All differences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// What only the new one has.
    pub added: Vec<Item>,
    /// What only the old one has.
    pub removed: Vec<Item>,
    /// What both have, but not the same.
    pub changed: Vec<(Item, Vec<Detail>)>,
}

/// Compares by name: structures, unions, enumerations, typedefs and functions.
///
/// Where several types have a name, those that are equal in both are left out, and the others are compared in order. `only` says
/// which names are looked at.
pub fn diff(old: &Btf, new: &Btf, only: impl Fn(Sort, &str) -> bool) -> Diff {
    let (left, right) = (index(old, &only), index(new, &only));
    let mut found = Diff::default();
    for (&(sort, name), ids) in &left {
        let item = || Item { sort, name: name.to_owned() };
        match right.get(&(sort, name)) {
            None => found.removed.push(item()),
            Some(others) => {
                if let Some(details) = compare(old, new, sort, ids, others) {
                    found.changed.push((item(), details));
                }
            }
        }
    }
    let missing = right.keys().filter(|key| !left.contains_key(*key));
    found.added.extend(missing.map(|&(sort, name)| Item { sort, name: name.to_owned() }));
    found
}

type Index<'a> = BTreeMap<(Sort, &'a str), Vec<TypeId>>;

fn index<'a>(btf: &'a Btf, only: &impl Fn(Sort, &str) -> bool) -> Index<'a> {
    let mut index = Index::new();
    for id in btf.ids() {
        let Some(sort) = btf.tag(id).and_then(Sort::of) else { continue };
        if let Some(name) = btf.name(id).filter(|name| !name.is_empty() && only(sort, name)) {
            index.entry((sort, name)).or_default().push(id);
        }
    }
    index
}

/// The differences between types of one name, if there are any.
fn compare(old: &Btf, new: &Btf, sort: Sort, left: &[TypeId], right: &[TypeId]) -> Option<Vec<Detail>> {
    let pair = |a: TypeId, b: TypeId| details(old, new, sort, a, b);
    if let ([a], [b]) = (left, right) {
        return Some(pair(*a, *b)).filter(|details| !details.is_empty());
    }
    let mut taken = HashSet::new();
    let alone: Vec<TypeId> = (left.iter().copied().take(64))
        .filter(|&a| {
            let same = right.iter().take(64).find(|&&b| !taken.contains(&b) && pair(a, b).is_empty());
            same.is_none_or(|&b| !taken.insert(b))
        })
        .collect();
    let others = right.iter().copied().take(64).filter(|b| !taken.contains(b));
    let all: Vec<Detail> = alone.into_iter().zip(others).flat_map(|(a, b)| pair(a, b)).collect();
    Some(all).filter(|details| !details.is_empty())
}

fn details(old: &Btf, new: &Btf, sort: Sort, a: TypeId, b: TypeId) -> Vec<Detail> {
    let (Ok(left), Ok(right)) = (old.get(a), new.get(b)) else { return Vec::new() };
    if matches!(sort, Sort::Typedef | Sort::Function) {
        let declaration = |btf: &Btf, id, ty: &Type| match ty.kind {
            Kind::Typedef(to) => btf.type_name(to),
            _ => btf.declaration(id, ""),
        };
        let (old, new) = (declaration(old, a, &left), declaration(new, b, &right));
        return if old == new { Vec::new() } else { vec![Detail::Declaration { old, new }] };
    }
    let mut found = Vec::new();
    let size = |btf: &Btf, id| btf.size_of(id).unwrap_or(0);
    if size(old, a) != size(new, b) {
        found.push(Detail::Size { old: size(old, a), new: size(new, b) });
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    parts(old, &left, "", 0, 0, &mut before);
    parts(new, &right, "", 0, 0, &mut after);
    parts_differ(before, after, &mut found);
    found
}

fn parts_differ(before: Vec<Part>, after: Vec<Part>, found: &mut Vec<Detail>) {
    let mut news: BTreeMap<String, Part> = BTreeMap::new();
    let order: Vec<String> = after.iter().map(|part| part.name.clone()).collect();
    for part in after {
        news.entry(part.name.clone()).or_insert(part);
    }
    let mut seen = HashSet::new();
    for part in before {
        if !seen.insert(part.name.clone()) {
            continue;
        }
        match news.remove(&part.name) {
            None => found.push(Detail::Removed(part)),
            Some(new) if new != part => found.push(Detail::Changed { old: part, new }),
            Some(_) => {}
        }
    }
    found.extend(order.iter().filter_map(|name| news.remove(name)).map(Detail::Added));
}

/// Members, those of members without a type name in their place; names of an `enum`.
fn parts(btf: &Btf, ty: &Type, before: &str, start: i64, depth: u32, out: &mut Vec<Part>) {
    for it in ty.kind.enumerators() {
        out.push(Part { name: it.name.clone(), ty: String::new(), at: it.value, bits: None });
    }
    for member in ty.kind.members() {
        if out.len() >= MAX_FIELDS || depth >= MAX_DEPTH {
            return;
        }
        let inside = btf.resolve(member.ty);
        let at = start.saturating_add(member.bit_offset.into());
        let name = match (before, member.name.as_str()) {
            ("", name) => name.to_owned(),
            (before, "") => before.to_owned(),
            (before, name) => format!("{before}.{name}"),
        };
        let nameless =
            btf.tag(member.ty).is_some_and(KindTag::is_composite) && btf.name(member.ty) == Some("");
        match btf.get(inside) {
            Ok(ty) if nameless => parts(btf, &ty, &name, at, depth + 1, out),
            _ => out.push(Part { name, ty: btf.type_name(member.ty), at, bits: member.bit_size }),
        }
    }
}
