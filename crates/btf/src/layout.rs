//! Sizes, alignments and places of members.
use crate::btf::MAX_DEPTH;
use crate::wire::RawMember;
use crate::{Btf, BtfError, BtfErrorKind, KindTag, TypeId};
use std::collections::{HashMap, HashSet};

/// Where a member of a composite type is, through anonymous members if need be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Index of the member, or of the anonymous member that holds it, and so on.
    pub path: Vec<u32>,
    /// From the start of the composite type, in bits.
    pub bit_offset: u32,
    /// Width, if it is a bitfield.
    pub bit_size: Option<u8>,
    /// Its type.
    pub ty: TypeId,
}

/// A name of some `enum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnumValue {
    /// The `enum`.
    pub ty: TypeId,
    /// Index of the name in it.
    pub index: u32,
    /// Its value; the bits of an unsigned 64-bit one are kept.
    pub value: i64,
    /// Whether the `enum` is signed.
    pub signed: bool,
}

/// How deep composite types may be nested in each other.
const MAX_NESTING: u32 = 256;

/// The names that compilers give `long`.
const LONG: [&str; 11] = [
    "long",
    "long int",
    "int long",
    "unsigned long",
    "long unsigned",
    "unsigned long int",
    "unsigned int long",
    "long unsigned int",
    "long int unsigned",
    "int unsigned long",
    "int long unsigned",
];

impl Btf {
    /// The type without typedefs, `const`, `volatile`, `restrict` and type tags around it
    /// (the last one reached if they lead nowhere).
    pub fn resolve(&self, mut id: TypeId) -> TypeId {
        for _ in 0..MAX_DEPTH {
            match self.raw(id) {
                Ok(raw) if raw.info.tag.is_modifier() || raw.info.tag == KindTag::Typedef => {
                    id = TypeId(raw.word)
                }
                _ => break,
            }
        }
        id
    }

    /// Bytes of a value of this type.
    pub fn size_of(&self, id: TypeId) -> Result<u64, BtfError> {
        let (mut at, mut count) = (id, 1_u64);
        for _ in 0..MAX_DEPTH {
            if at.is_void() {
                return Err(self.error_at(id, BtfErrorKind::NoSize(id)));
            }
            let raw = self.raw(at)?;
            let size = match raw.info.tag {
                KindTag::Ptr => self.pointer_size(),
                KindTag::Array => {
                    count = self.product(id, count, raw.tail(2))?;
                    at = TypeId(raw.tail(0));
                    continue;
                }
                KindTag::Fwd | KindTag::Func | KindTag::FuncProto | KindTag::Void => {
                    return Err(self.error_at(id, BtfErrorKind::NoSize(id)));
                }
                tag if refers(tag) => {
                    at = TypeId(raw.word);
                    continue;
                }
                _ => raw.word,
            };
            return self.product(id, count, size);
        }
        Err(self.error_at(id, BtfErrorKind::TooDeep(id)))
    }

    fn product(&self, id: TypeId, count: u64, size: u32) -> Result<u64, BtfError> {
        count
            .checked_mul(size.into())
            .filter(|&bytes| bytes <= u64::from(u32::MAX))
            .ok_or_else(|| self.error_at(id, BtfErrorKind::TooLarge(id)))
    }

    /// Alignment of a value of this type in bytes: as C has it, and 1 for packed types
    /// (what BTF does not tell: it is concluded from members that lie where they could not otherwise).
    pub fn align_of(&self, id: TypeId) -> Result<u64, BtfError> {
        Aligner::new(self).align(id, 0).map(u64::from)
    }

    /// Whether a `struct` or `union` must be packed for its members to lie where they lie.
    pub fn is_packed(&self, id: TypeId) -> Result<bool, BtfError> {
        Ok(Aligner::new(self).composite(id, 0)?.packed)
    }

    /// Finds a member by name, also inside of anonymous members. Typedefs and modifiers around `composite` are skipped.
    pub fn field(&self, composite: TypeId, name: &str) -> Option<Field> {
        let mut search = Search { btf: self, name, seen: HashSet::new(), path: Vec::new() };
        if name.is_empty() { None } else { search.within(composite, 0) }
    }

    /// A member as C sees it: old compilers hide a bitfield's place in its type.
    pub(crate) fn true_member(&self, member: RawMember) -> RawMember {
        let Ok(ty) = self.raw(self.resolve(TypeId(member.ty))) else { return member };
        let (bits, offset) = (ty.tail(0) & 0xff, ty.tail(0) >> 16 & 0xff);
        let narrow = ty.info.tag == KindTag::Int && (u64::from(bits) < u64::from(ty.word) * 8 || offset != 0);
        if member.bit_size.is_some() || !narrow {
            return member;
        }
        let bit_offset = member.bit_offset.saturating_add(offset);
        RawMember { bit_offset, bit_size: Some(bits as u8), ..member }
    }

    /// Bytes of a pointer: 8, or 4 where `long` has 4.
    pub fn pointer_size(&self) -> u32 {
        *self.pointer_size_cell().get_or_init(|| match self.base() {
            Some(base) => base.pointer_size(),
            None => self.size_of_long().unwrap_or(8),
        })
    }

    fn size_of_long(&self) -> Option<u32> {
        let ints = self.ids().filter_map(|id| self.raw(id).ok()).filter(|raw| raw.info.tag == KindTag::Int);
        ints.filter(|raw| matches!(raw.word, 4 | 8))
            .find(|raw| self.string(raw.name).is_ok_and(|name| LONG.contains(&name)))
            .map(|raw| raw.word)
    }
}

/// Whether a type of this kind stands for the one it refers to.
const fn refers(tag: KindTag) -> bool {
    tag.is_modifier() || matches!(tag, KindTag::Typedef | KindTag::Var | KindTag::DeclTag)
}

struct Search<'a> {
    btf: &'a Btf,
    name: &'a str,
    /// Anonymous types without the member: no need to look twice.
    seen: HashSet<TypeId>,
    path: Vec<u32>,
}

impl Search<'_> {
    fn within(&mut self, composite: TypeId, start: u32) -> Option<Field> {
        let id = self.btf.resolve(composite);
        let raw = self.btf.raw(id).ok().filter(|raw| raw.info.tag.is_composite())?;
        if self.path.len() >= MAX_DEPTH as usize || !self.seen.insert(id) {
            return None;
        }
        for (index, member) in (0..).zip(raw.members()) {
            self.path.push(index);
            let found = self.member(member, start);
            if found.is_some() {
                return found;
            }
            self.path.pop();
        }
        None
    }

    fn member(&mut self, member: RawMember, start: u32) -> Option<Field> {
        if self.btf.is_string(member.name, "").ok()? {
            return self.within(TypeId(member.ty), start.checked_add(member.bit_offset)?);
        }
        if !self.btf.is_string(member.name, self.name).ok()? {
            return None;
        }
        let RawMember { ty, bit_offset, bit_size, .. } = self.btf.true_member(member);
        let bit_offset = start.checked_add(bit_offset)?;
        Some(Field { path: self.path.clone(), bit_offset, bit_size, ty: TypeId(ty) })
    }
}

/// How a `struct` or `union` is laid out as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) packed: bool,
    /// Bytes; 1 if packed.
    pub(crate) align: u32,
}

/// Computes alignments, those of each composite type once.
#[derive(Debug)]
pub(crate) struct Aligner<'a> {
    btf: &'a Btf,
    shapes: HashMap<TypeId, Shape>,
}

impl<'a> Aligner<'a> {
    pub(crate) fn new(btf: &'a Btf) -> Self {
        Self { btf, shapes: HashMap::new() }
    }

    pub(crate) fn align(&mut self, id: TypeId, depth: u32) -> Result<u32, BtfError> {
        let mut at = id;
        for _ in depth..MAX_NESTING {
            if at.is_void() {
                return Err(self.btf.error_at(id, BtfErrorKind::NoSize(id)));
            }
            let raw = self.btf.raw(at)?;
            at = match raw.info.tag {
                KindTag::Array => TypeId(raw.tail(0)),
                tag if refers(tag) => TypeId(raw.word),
                KindTag::Ptr => return Ok(self.btf.pointer_size()),
                KindTag::Struct | KindTag::Union => return Ok(self.composite(at, depth + 1)?.align),
                KindTag::Int | KindTag::Enum | KindTag::Enum64 | KindTag::Float => {
                    return Ok(self.scalar_align(raw.word));
                }
                _ => return Err(self.btf.error_at(id, BtfErrorKind::NoSize(id))),
            };
        }
        Err(self.btf.error_at(id, BtfErrorKind::TooDeep(id)))
    }

    /// Integers of 16 bytes have an alignment of their own on all 64-bit machines.
    fn scalar_align(&self, size: u32) -> u32 {
        match size {
            16 if self.btf.pointer_size() == 8 => 16,
            0 => 1,
            _ => prev_power_of_two(size).min(self.btf.pointer_size()),
        }
    }

    pub(crate) fn composite(&mut self, id: TypeId, depth: u32) -> Result<Shape, BtfError> {
        if let Some(&shape) = self.shapes.get(&id) {
            return Ok(shape);
        }
        let raw = self.btf.raw(id)?;
        let (mut align, mut packed) = (1, false);
        for member in raw.members() {
            let member = self.btf.true_member(member);
            let own = self.align(TypeId(member.ty), depth)?;
            align = align.max(own);
            packed |= match member.bit_size {
                None => !member.bit_offset.is_multiple_of(own.saturating_mul(8)),
                Some(width) => self.crosses(member, width),
            };
        }
        packed |= !raw.word.is_multiple_of(align);
        let shape = Shape { packed, align: if packed { 1 } else { align } };
        self.shapes.insert(id, shape);
        Ok(shape)
    }

    /// Whether a bitfield lies across the border of two of its type's units.
    fn crosses(&self, member: RawMember, width: u8) -> bool {
        let unit = self.btf.size_of(TypeId(member.ty)).unwrap_or(0).saturating_mul(8);
        let first = u64::from(member.bit_offset);
        let last = (first + u64::from(width)).saturating_sub(1);
        unit != 0 && first / unit != last / unit
    }
}

const fn prev_power_of_two(value: u32) -> u32 {
    1 << value.ilog2()
}
