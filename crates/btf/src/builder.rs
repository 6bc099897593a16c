//! Writing BTF.
use crate::wire::{HEADER_LEN, Info, MAGIC, VERSION, unword};
use crate::{
    Btf, BtfError, Composite, Endian, Enum, IntEncoding, Kind, KindTag, Linkage, Member, Param, Type, TypeId,
    VarSlot,
};
use std::collections::{BTreeSet, HashMap};

/// Collects types and strings, then writes them. Equal strings are written once; [`crate::dedup()`] merges equal types.
#[derive(Clone, Debug)]
pub struct Builder {
    types: Vec<Type>,
    /// The id of the first of them.
    first_id: u32,
    strings: Strings,
    endian: Endian,
}

/// The string section as it grows.
#[derive(Clone, Debug)]
struct Strings {
    bytes: Vec<u8>,
    /// The offset of the first byte, where the strings of others come before.
    first: u32,
    offsets: HashMap<Box<str>, u32>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { bytes: vec![0], first: 0, offsets: HashMap::new() }
    }
}

impl Strings {
    fn add(&mut self, text: &str) -> u32 {
        let text = text.split('\0').next().unwrap_or_default();
        if text.is_empty() {
            return 0;
        }
        if let Some(&offset) = self.offsets.get(text) {
            return offset;
        }
        let offset = u32::try_from(self.bytes.len()).map_or(u32::MAX, |own| self.first.saturating_add(own));
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
        self.offsets.insert(text.into(), offset);
        offset
    }

    /// Takes over a string section, whose offsets stay.
    fn from_section(section: &[u8]) -> Self {
        let mut strings = Self { bytes: section.to_vec(), first: 0, offsets: HashMap::new() };
        let mut at = 0;
        for text in section.split(|&byte| byte == 0) {
            if let (Ok(text), Ok(offset)) = (std::str::from_utf8(text), u32::try_from(at)) {
                strings.offsets.entry(text.into()).or_insert(offset);
            }
            at += text.len() + 1;
        }
        strings
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`Builder::import`] copies of a `struct` or `union`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Import {
    /// Nothing: a forward declaration stands for it.
    Declaration,
    /// The whole of it.
    Whole,
}

impl Builder {
    /// An empty one, for little-endian BTF.
    pub fn new() -> Self {
        Self::with_endian(Endian::Little)
    }

    /// An empty one for a byte order.
    pub fn with_endian(endian: Endian) -> Self {
        Self { types: Vec::new(), first_id: 1, strings: Strings::default(), endian }
    }

    /// One that goes on where `base` ends: ids and strings of `base` keep their numbers. Split BTF is flattened.
    pub fn from(base: &Btf) -> Result<Self, BtfError> {
        let types = base.types().map(|(_, ty)| ty).collect::<Result<_, _>>()?;
        Ok(Self {
            types,
            first_id: 1,
            strings: Strings::from_section(&base.all_strings()),
            endian: base.endian(),
        })
    }

    /// One for split BTF of `base`: only what is added is written, with ids and strings after those of `base`.
    pub fn after(base: &Btf) -> Self {
        let strings = Strings { first: base.string_end(), ..Strings::default() };
        Self { types: Vec::new(), first_id: base.len(), strings, endian: base.endian() }
    }

    /// The offset of a string in the string section; adds it if it is not there. A string ends at its first NUL.
    pub fn string(&mut self, text: &str) -> u32 {
        self.strings.add(text)
    }

    /// Adds a type.
    pub fn add(&mut self, ty: Type) -> TypeId {
        let id = self.next_id();
        self.types.push(ty);
        id
    }

    /// The id that the next added type gets.
    pub fn next_id(&self) -> TypeId {
        TypeId(u32::try_from(self.types.len()).map_or(u32::MAX, |count| count.saturating_add(self.first_id)))
    }

    /// A type that was added.
    pub fn get(&self, id: TypeId) -> Option<&Type> {
        self.types.get(id.0.checked_sub(self.first_id)? as usize)
    }

    /// A type that was added, to fill in later what it refers to.
    pub fn get_mut(&mut self, id: TypeId) -> Option<&mut Type> {
        self.types.get_mut(id.0.checked_sub(self.first_id)? as usize)
    }

    /// The types that were added, in order of their ids.
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// Adds all own types of other BTF. Ids of its base, which must be this one's base, stay; its own go up by the result.
    pub fn append(&mut self, from: &Btf) -> Result<u32, BtfError> {
        let first = from.first_id();
        let shift = self.next_id().0.saturating_sub(first.0);
        for id in (first.0..from.len()).map(TypeId) {
            let mut ty = from.get(id)?;
            ty.kind.map_ids(|id| if id < first { id } else { TypeId(id.0.saturating_add(shift)) });
            self.add(ty);
        }
        Ok(shift)
    }

    /// Keeps some of the types, whose ids change in all of them.
    pub(crate) fn retain(&mut self, kept: &[bool], mut map: impl FnMut(TypeId) -> TypeId) {
        let mut kept = kept.iter();
        self.types.retain(|_| kept.next() == Some(&true));
        self.types.iter_mut().for_each(|ty| ty.kind.map_ids(&mut map));
    }

    /// Leaves out types that no other type refers to; the others get new ids. What each of the old ids is now, by its number: void
    /// where the type is gone.
    pub fn leave_out(&mut self, gone: &BTreeSet<TypeId>) -> Vec<TypeId> {
        let mut next = self.first_id;
        let mut ids: Vec<TypeId> = (0..self.first_id).map(TypeId).collect();
        let mut kept = Vec::new();
        for id in (self.first_id..self.next_id().0).map(TypeId) {
            let stays = !gone.contains(&id);
            ids.push(if stays { TypeId(next) } else { TypeId::VOID });
            kept.push(stays);
            next += u32::from(stays);
        }
        self.retain(&kept, |id| ids.get(id.0 as usize).copied().unwrap_or(id));
        ids
    }

    /// Adds an integer that fills its storage.
    pub fn add_int(&mut self, name: &str, size: u32, encoding: IntEncoding) -> TypeId {
        let bits = u8::try_from(size.saturating_mul(8)).unwrap_or(u8::MAX);
        self.add(Type::new(name, Kind::Int { size, encoding, offset: 0, bits }))
    }

    /// Adds a pointer.
    pub fn add_ptr(&mut self, to: TypeId) -> TypeId {
        self.add(Type::anonymous(Kind::Ptr(to)))
    }

    /// Adds an array.
    pub fn add_array(&mut self, element: TypeId, index: TypeId, len: u32) -> TypeId {
        self.add(Type::anonymous(Kind::Array { element, index, len }))
    }

    /// Adds a `struct`.
    pub fn add_struct(&mut self, name: &str, size: u32, members: Vec<Member>) -> TypeId {
        self.add(Type::new(name, Kind::Struct(Composite { size, members })))
    }

    /// Adds a `union`.
    pub fn add_union(&mut self, name: &str, size: u32, members: Vec<Member>) -> TypeId {
        self.add(Type::new(name, Kind::Union(Composite { size, members })))
    }

    /// Adds an `enum`, with 64-bit values if its size is 8.
    pub fn add_enum(&mut self, name: &str, body: Enum) -> TypeId {
        let kind = if body.size > 4 { Kind::Enum64(body) } else { Kind::Enum(body) };
        self.add(Type::new(name, kind))
    }

    /// Adds a forward declaration of a `struct`.
    pub fn add_fwd_struct(&mut self, name: &str) -> TypeId {
        self.add(Type::new(name, Kind::Fwd { union: false }))
    }

    /// Adds a typedef.
    pub fn add_typedef(&mut self, name: &str, ty: TypeId) -> TypeId {
        self.add(Type::new(name, Kind::Typedef(ty)))
    }

    /// Adds a function's type.
    pub fn add_func_proto(&mut self, ret: TypeId, params: Vec<Param>) -> TypeId {
        self.add(Type::anonymous(Kind::FuncProto { ret, params }))
    }

    /// Adds a function.
    pub fn add_func(&mut self, name: &str, proto: TypeId, linkage: Linkage) -> TypeId {
        self.add(Type::new(name, Kind::Func { proto, linkage }))
    }

    /// Adds a variable.
    pub fn add_var(&mut self, name: &str, ty: TypeId, linkage: Linkage) -> TypeId {
        self.add(Type::new(name, Kind::Var { ty, linkage }))
    }

    /// Adds a data section.
    pub fn add_datasec(&mut self, name: &str, size: u32, vars: Vec<VarSlot>) -> TypeId {
        self.add(Type::new(name, Kind::Datasec { size, vars }))
    }

    /// Copies a type of other BTF with all it refers to, once each over all calls with the same `seen`.
    ///
    /// `filter` says of every named `struct` and `union` that is reached (but not of `id` itself) whether it comes
    /// whole; without the rest of it, it comes as a declaration.
    pub fn import(
        &mut self,
        from: &Btf,
        id: TypeId,
        seen: &mut HashMap<TypeId, TypeId>,
        mut filter: impl FnMut(TypeId, &str) -> Import,
    ) -> Result<TypeId, BtfError> {
        let mut pending = Vec::new();
        let root = self.place(from, id, Import::Whole, seen, &mut pending)?;
        while let Some((old, new)) = pending.pop() {
            let mut kind = from.get(old)?.kind;
            let mut failed = None;
            kind.map_ids(|ty| {
                let part = match from.tag(ty).is_some_and(KindTag::is_composite).then(|| from.name(ty)) {
                    Some(Some(name)) if !name.is_empty() && !seen.contains_key(&ty) => filter(ty, name),
                    _ => Import::Whole,
                };
                self.place(from, ty, part, seen, &mut pending).unwrap_or_else(|error| {
                    failed = Some(error);
                    TypeId::VOID
                })
            });
            if let Some(error) = failed {
                return Err(error);
            }
            if let Some(ty) = self.get_mut(new) {
                ty.kind = kind;
            }
        }
        Ok(root)
    }

    /// Gives a type of other BTF its new id; its ids are mapped later, when it comes out of `pending`.
    fn place(
        &mut self,
        from: &Btf,
        old: TypeId,
        part: Import,
        seen: &mut HashMap<TypeId, TypeId>,
        pending: &mut Vec<(TypeId, TypeId)>,
    ) -> Result<TypeId, BtfError> {
        if old.is_void() {
            return Ok(old);
        }
        if let Some(&new) = seen.get(&old) {
            return Ok(new);
        }
        let mut ty = from.get(old)?;
        let whole = part == Import::Whole;
        if !whole {
            ty.kind = Kind::Fwd { union: ty.kind.tag() == KindTag::Union };
        }
        let new = self.add(ty);
        seen.insert(old, new);
        if whole {
            pending.push((old, new));
        }
        Ok(new)
    }

    /// Writes the `.BTF` data.
    pub fn finish(mut self) -> Vec<u8> {
        let mut types = Words { bytes: Vec::new(), endian: self.endian };
        for ty in &self.types {
            write_type(&mut types, &mut self.strings, ty);
        }
        let mut out =
            Words { bytes: Vec::with_capacity(HEADER_LEN + types.bytes.len()), endian: self.endian };
        let (types, strings) = (types.bytes, self.strings.bytes);
        out.half(MAGIC);
        out.bytes.extend([VERSION, 0]);
        out.word(HEADER_LEN as u32);
        out.word(0);
        out.len(&types);
        out.len(&types);
        out.len(&strings);
        out.bytes.extend(types);
        out.bytes.extend(strings);
        out.bytes
    }
}

/// Bytes of one order as they are written.
struct Words {
    bytes: Vec<u8>,
    endian: Endian,
}

impl Words {
    fn half(&mut self, value: u16) {
        self.bytes.extend(match self.endian {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        });
    }

    fn word(&mut self, value: u32) {
        self.bytes.extend(unword(value, self.endian));
    }

    fn len(&mut self, of: &[u8]) {
        self.word(u32::try_from(of.len()).unwrap_or(u32::MAX));
    }

    fn words<const N: usize>(&mut self, values: [u32; N]) {
        values.into_iter().for_each(|value| self.word(value));
    }
}

/// How many entries fit: the format counts them in 16 bits.
fn vlen<T>(entries: &[T]) -> u16 {
    u16::try_from(entries.len()).unwrap_or(u16::MAX)
}

fn write_type(out: &mut Words, strings: &mut Strings, ty: &Type) {
    let name = strings.add(&ty.name);
    let (vlen, flag, word) = summary(&ty.kind);
    out.words([name, Info { tag: ty.kind.tag(), vlen, flag }.write(), word]);
    let count = usize::from(vlen);
    match &ty.kind {
        Kind::Int { encoding, offset, bits, .. } => {
            out.word(u32::from(encoding.bits()) << 24 | u32::from(*offset) << 16 | u32::from(*bits));
        }
        Kind::Array { element, index, len } => out.words([element.0, index.0, *len]),
        Kind::Struct(body) | Kind::Union(body) => {
            body.members.iter().take(count).for_each(|member| write_member(out, strings, member, flag));
        }
        Kind::Enum(body) => {
            body.values.iter().take(count).for_each(|it| out.words([strings.add(&it.name), it.value as u32]));
        }
        Kind::Enum64(body) => body.values.iter().take(count).for_each(|it| {
            out.words([strings.add(&it.name), it.value as u32, (it.value >> 32) as u32]);
        }),
        Kind::FuncProto { params, .. } => {
            params.iter().take(count).for_each(|it| out.words([strings.add(&it.name), it.ty.0]));
        }
        Kind::Var { linkage, .. } => out.word(*linkage as u32),
        Kind::Datasec { vars, .. } => {
            vars.iter().take(count).for_each(|slot| out.words([slot.ty.0, slot.offset, slot.size]));
        }
        Kind::DeclTag { component, .. } => out.word(component.unwrap_or(u32::MAX)),
        _ => {}
    }
}

fn write_member(out: &mut Words, strings: &mut Strings, member: &Member, bitfields: bool) {
    let offset = match bitfields {
        true => member.bit_offset & 0xff_ffff | u32::from(member.bit_size.unwrap_or(0)) << 24,
        false => member.bit_offset,
    };
    out.words([strings.add(&member.name), member.ty.0, offset]);
}

/// Number of entries, flag, and size or type of a kind.
fn summary(kind: &Kind) -> (u16, bool, u32) {
    match kind {
        Kind::Void | Kind::Array { .. } => (0, false, 0),
        Kind::Int { size, .. } | Kind::Float { size } => (0, false, *size),
        Kind::Ptr(ty)
        | Kind::Typedef(ty)
        | Kind::Volatile(ty)
        | Kind::Const(ty)
        | Kind::Restrict(ty)
        | Kind::Var { ty, .. } => (0, false, ty.0),
        Kind::Struct(body) | Kind::Union(body) => {
            let bitfields = body.members.iter().any(|member| member.bit_size.is_some());
            (vlen(&body.members), bitfields, body.size)
        }
        Kind::Enum(body) | Kind::Enum64(body) => (vlen(&body.values), body.signed, body.size),
        Kind::Fwd { union } => (0, *union, 0),
        Kind::Func { proto, linkage } => (*linkage as u16, false, proto.0),
        Kind::FuncProto { ret, params } => (vlen(params), false, ret.0),
        Kind::Datasec { size, vars } => (vlen(vars), false, *size),
        Kind::DeclTag { ty, attribute, .. } | Kind::TypeTag { ty, attribute } => (0, *attribute, ty.0),
    }
}
