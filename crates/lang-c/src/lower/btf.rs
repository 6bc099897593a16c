//! C's types as BTF, as clang writes them: what is reached through a pointer in a record alone is only declared.
use crate::Names;
use crate::ast::{Basic, RecordKind};
use crate::types::{EnumId, RecordId, Signature, Ty, TypeKind, Types};
use osmia_btf::{Builder, Composite, Enum, Enumerator, IntEncoding, Kind, Member, Param, Type, TypeId};
use std::collections::HashMap;

/// What is looked up while types are written.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) types: &'a Types,
    pub(super) names: &'a Names,
}

/// How much of a record is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// All of it, also behind pointers.
    Whole,
    /// All of it where it is a member; behind pointers its name.
    Member,
    /// Its name.
    Pointed,
}

impl Reach {
    const fn behind_pointer(self) -> Self {
        match self {
            Self::Whole => Self::Whole,
            Self::Member | Self::Pointed => Self::Pointed,
        }
    }
}

/// The types that were written so far.
#[derive(Debug, Default)]
pub(super) struct Describe {
    builder: Builder,
    known: HashMap<Ty, TypeId>,
    records: HashMap<RecordId, TypeId>,
    enums: HashMap<EnumId, TypeId>,
    /// Types that refer to a record that nobody wanted all of yet.
    open: Vec<(TypeId, RecordId)>,
    /// Records whose members are still to be written.
    work: Vec<(RecordId, TypeId)>,
    /// The type of indices.
    index: Option<TypeId>,
    /// Names of records that are only declared, in the order of `open`.
    declarations: HashMap<RecordId, (String, RecordKind)>,
}

impl Describe {
    /// The number of a type, all of which is described.
    pub(super) fn whole(&mut self, facts: Facts<'_>, ty: Ty) -> TypeId {
        let id = self.add(facts, ty, Reach::Whole);
        self.members(facts);
        id
    }

    /// The number of the type of a variable that is a map: what its members point to is described, too.
    pub(super) fn map(&mut self, facts: Facts<'_>, ty: Ty) -> TypeId {
        let mut at = Some(ty);
        while let Some(record) = at.take().and_then(|ty| facts.types.record(ty)) {
            let fields = facts.types.records[record].body.iter().flat_map(|body| &body.fields);
            for field in fields {
                let (element, inner) = match facts.types.bare_kind(field.ty) {
                    TypeKind::Array(element, _) => (*element, true),
                    _ => (field.ty, false),
                };
                if let TypeKind::Pointer(to) = facts.types.bare_kind(element) {
                    self.whole(facts, *to);
                    at = at.or(inner.then_some(*to));
                }
            }
        }
        self.whole(facts, ty)
    }

    /// The number of a function's type.
    pub(super) fn prototype(&mut self, facts: Facts<'_>, signature: &Signature) -> TypeId {
        let id = self.signature(facts, signature, Reach::Whole);
        self.members(facts);
        id
    }

    /// To add what is no type.
    pub(super) const fn builder(&mut self) -> &mut Builder {
        &mut self.builder
    }

    /// A note beside a type, a function or a variable, or a part of it.
    pub(super) fn tag(&mut self, ty: TypeId, component: Option<u32>, text: &str) {
        self.builder.add(Type::new(text, Kind::DeclTag { ty, component, attribute: false }));
    }

    /// All types.
    pub(super) fn finish(mut self) -> Builder {
        for (holder, record) in std::mem::take(&mut self.open) {
            let id = match self.records.get(&record) {
                Some(&id) => id,
                None => self.declaration(record),
            };
            if let Some(ty) = self.builder.get_mut(holder) {
                ty.kind.map_ids(|_| id);
            }
        }
        self.builder
    }

    fn declaration(&mut self, record: RecordId) -> TypeId {
        let (name, kind) =
            self.declarations.get(&record).cloned().unwrap_or((String::new(), RecordKind::Struct));
        let id = self.builder.add(Type::new(name, Kind::Fwd { union: kind == RecordKind::Union }));
        self.records.insert(record, id);
        id
    }

    fn add(&mut self, facts: Facts<'_>, ty: Ty, reach: Reach) -> TypeId {
        if let Some(&id) = self.known.get(&ty) {
            if reach == Reach::Whole {
                self.complete(facts, ty);
            }
            return id;
        }
        let id = match facts.types.kind(ty) {
            TypeKind::Basic(basic) => self.basic(*basic),
            TypeKind::Pointer(to) => {
                let id = self.builder.add(Type::anonymous(Kind::Ptr(TypeId::VOID)));
                self.known.insert(ty, id);
                self.refer(facts, id, *to, reach.behind_pointer())
            }
            TypeKind::Array(element, length) => self.array(facts, *element, *length, reach),
            TypeKind::Function(signature) => self.signature(facts, signature, reach),
            TypeKind::Record(record) => return self.record(facts, *record),
            TypeKind::Enum(number) => self.enumeration(facts, *number),
            TypeKind::Typedef(name, of) => {
                let name = facts.names.text(*name);
                let id = self.builder.add(Type::new(name, Kind::Typedef(TypeId::VOID)));
                self.known.insert(ty, id);
                self.refer(facts, id, *of, reach)
            }
            TypeKind::Qualified(qualifiers, of) => {
                let inner = if qualifiers.volatile { Kind::Volatile } else { Kind::Const };
                let id = self.builder.add(Type::anonymous(inner(TypeId::VOID)));
                let id = self.refer(facts, id, *of, reach);
                match qualifiers.constant && qualifiers.volatile {
                    true => self.builder.add(Type::anonymous(Kind::Const(id))),
                    false => id,
                }
            }
            TypeKind::Tagged(text, of) => {
                let kind = Kind::TypeTag { ty: TypeId::VOID, attribute: false };
                let id = self.builder.add(Type::new(&**text, kind));
                self.refer(facts, id, *of, reach)
            }
        };
        self.known.insert(ty, id);
        id
    }

    /// Lets a type refer to another, or to a record that may stay a name.
    fn refer(&mut self, facts: Facts<'_>, holder: TypeId, to: Ty, reach: Reach) -> TypeId {
        if let (TypeKind::Record(record), Reach::Pointed) = (facts.types.kind(to), reach)
            && !self.records.contains_key(record)
            && let Some(tag) = facts.types.records[*record].tag
        {
            let kind = facts.types.records[*record].kind;
            self.declarations.entry(*record).or_insert_with(|| (facts.names.text(tag).to_owned(), kind));
            self.open.push((holder, *record));
            return holder;
        }
        let to = self.add(facts, to, reach);
        if let Some(ty) = self.builder.get_mut(holder) {
            ty.kind.map_ids(|_| to);
        }
        holder
    }

    /// Describes all of the record that a known type leads to.
    fn complete(&mut self, facts: Facts<'_>, mut ty: Ty) {
        loop {
            ty = match facts.types.kind(ty) {
                TypeKind::Pointer(of)
                | TypeKind::Array(of, _)
                | TypeKind::Typedef(_, of)
                | TypeKind::Qualified(_, of)
                | TypeKind::Tagged(_, of) => *of,
                TypeKind::Record(record) => {
                    self.record(facts, *record);
                    return;
                }
                TypeKind::Basic(_) | TypeKind::Function(_) | TypeKind::Enum(_) => return,
            };
        }
    }

    fn basic(&mut self, basic: Basic) -> TypeId {
        let (name, encoding) = match basic {
            Basic::Void => return TypeId::VOID,
            Basic::Bool => ("_Bool", IntEncoding::BOOL),
            Basic::Char => ("char", IntEncoding::SIGNED),
            Basic::SignedChar => ("signed char", IntEncoding::SIGNED),
            Basic::UnsignedChar => ("unsigned char", IntEncoding::UNSIGNED),
            Basic::Short => ("short", IntEncoding::SIGNED),
            Basic::UnsignedShort => ("unsigned short", IntEncoding::UNSIGNED),
            Basic::Int => ("int", IntEncoding::SIGNED),
            Basic::UnsignedInt => ("unsigned int", IntEncoding::UNSIGNED),
            Basic::Long => ("long", IntEncoding::SIGNED),
            Basic::UnsignedLong => ("unsigned long", IntEncoding::UNSIGNED),
            Basic::LongLong => ("long long", IntEncoding::SIGNED),
            Basic::UnsignedLongLong => ("unsigned long long", IntEncoding::UNSIGNED),
            Basic::Int128 => ("__int128", IntEncoding::SIGNED),
            Basic::UnsignedInt128 => ("unsigned __int128", IntEncoding::UNSIGNED),
            Basic::Float => return self.builder.add(Type::new("float", Kind::Float { size: 4 })),
            Basic::Double => return self.builder.add(Type::new("double", Kind::Float { size: 8 })),
            Basic::LongDouble => return self.builder.add(Type::new("long double", Kind::Float { size: 8 })),
        };
        let size = basic.size().unwrap_or(0);
        self.builder.add_int(name, size as u32, encoding)
    }

    fn array(&mut self, facts: Facts<'_>, element: Ty, length: Option<u64>, reach: Reach) -> TypeId {
        let element = self.add(facts, element, reach);
        let index = match self.index {
            Some(index) => index,
            None => self.builder.add_int("__ARRAY_SIZE_TYPE__", 4, IntEncoding::UNSIGNED),
        };
        self.index = Some(index);
        self.builder.add_array(element, index, small(length.unwrap_or(0)))
    }

    fn signature(&mut self, facts: Facts<'_>, signature: &Signature, reach: Reach) -> TypeId {
        let reach = reach.behind_pointer();
        let ret = self.add(facts, signature.result, reach);
        let mut params = Vec::new();
        for (name, ty) in &signature.params {
            let name = name.map_or(String::new(), |name| facts.names.text(name).to_owned());
            params.push(Param { name, ty: self.add(facts, *ty, reach) });
        }
        if signature.variadic {
            params.push(Param { name: String::new(), ty: TypeId::VOID });
        }
        self.builder.add_func_proto(ret, params)
    }

    fn enumeration(&mut self, facts: Facts<'_>, number: EnumId) -> TypeId {
        if let Some(&id) = self.enums.get(&number) {
            return id;
        }
        let it = &facts.types.enums[number];
        let integer = it.underlying.integer();
        let values = it.names.iter().flatten();
        let values =
            values.map(|&(name, value)| Enumerator { name: facts.names.text(name).to_owned(), value });
        let body = Enum {
            size: integer.map_or(4, |integer| integer.size as u32),
            signed: integer.is_some_and(|integer| integer.signed),
            values: values.collect(),
        };
        let name = it.tag.map_or("", |tag| facts.names.text(tag));
        let id = self.builder.add_enum(name, body);
        self.enums.insert(number, id);
        id
    }

    /// The number of a record; its members are written later, as it may lead to itself.
    fn record(&mut self, facts: Facts<'_>, record: RecordId) -> TypeId {
        if let Some(&id) = self.records.get(&record) {
            return id;
        }
        let it = &facts.types.records[record];
        let name = it.tag.map_or("", |tag| facts.names.text(tag)).to_owned();
        // The kernel's own records are more than declared, though nobody looks into them.
        let size = match &it.body {
            Some(body) => body.size,
            None if it.relocatable => 0,
            None => {
                self.declarations.insert(record, (name, it.kind));
                return self.declaration(record);
            }
        };
        let body = Composite { size: small(size), members: Vec::new() };
        let kind = match it.kind {
            RecordKind::Struct => Kind::Struct(body),
            RecordKind::Union => Kind::Union(body),
        };
        let id = self.builder.add(Type::new(name, kind));
        self.records.insert(record, id);
        self.work.push((record, id));
        id
    }

    /// Writes the members of all records that were named.
    fn members(&mut self, facts: Facts<'_>) {
        while let Some((record, id)) = self.work.pop() {
            let Some(body) = &facts.types.records[record].body else { continue };
            let mut members = Vec::new();
            for field in body.fields.iter().filter(|field| field.is_described(facts.types)) {
                let name = field.name.map_or("", |name| facts.names.text(name)).to_owned();
                let ty = self.add(facts, field.ty, Reach::Member);
                for tag in &field.tags {
                    self.tag(id, Some(members.len() as u32), tag);
                }
                let bit_size = field.bits.and_then(|bits| u8::try_from(bits).ok());
                members.push(Member { name, ty, bit_offset: small(field.bit_offset), bit_size });
            }
            if let Some(Kind::Struct(body) | Kind::Union(body)) =
                self.builder.get_mut(id).map(|ty| &mut ty.kind)
            {
                body.members = members;
            }
        }
    }
}

/// What BTF counts in 32 bits.
fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl crate::types::Field {
    /// Whether BTF lists it: what has no name is there only if it has members.
    pub(super) fn is_described(&self, types: &Types) -> bool {
        self.name.is_some() || (self.bits.is_none() && types.record(self.ty).is_some())
    }
}
