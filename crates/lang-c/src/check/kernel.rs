//! Types out of the kernel's BTF: each is taken when it is first named, the members of a record when they are needed.
use super::Checker;
use super::scope::{Entity, Tag};
use crate::Name;
use crate::ast::{Basic, Qualifiers, RecordKind};
use crate::typed::{Function, Inline, Linkage, Symbol};
use crate::types::{EnumId, Enumeration, Field, Record, RecordBody, RecordId, Signature, Ty, TypeKind};
use osmia_base::Span;
use osmia_btf::{Btf, Composite, Enum, IntEncoding, Kind, Param, TypeId};
use std::collections::HashMap;

/// How many types may hang on each other.
const MAX_DEPTH: u32 = 64;

/// The kernel's types, and those of the unit that were made of them.
#[derive(Debug)]
pub(super) struct Kernel<'a> {
    btf: &'a Btf,
    types: HashMap<TypeId, Ty>,
    /// Where the members of records are, whose own have not been needed yet.
    records: HashMap<RecordId, TypeId>,
}

impl<'a> Kernel<'a> {
    pub(super) fn new(btf: &'a Btf) -> Self {
        Self { btf, types: HashMap::new(), records: HashMap::new() }
    }
}

const CONSTANT: Qualifiers = Qualifiers { constant: true, volatile: false };
const VOLATILE: Qualifiers = Qualifiers { constant: false, volatile: true };

impl Checker<'_> {
    fn btf(&self) -> Option<&Btf> {
        self.kernel.as_ref().map(|kernel| kernel.btf)
    }

    /// A type's or an enumerator's name of the kernel.
    pub(super) fn kernel_name(&mut self, name: Name) -> Option<Entity> {
        let btf = self.kernel.as_ref()?.btf;
        let text = self.text(name);
        if let Some(id) = btf.find_typedef(&text) {
            return Some(Entity::Typedef(self.kernel_type(id, 0)));
        }
        let Some(value) = btf.enumerator(&text) else { return self.kernel_callee(name, &text) };
        let ty = self.kernel_type(value.ty, 0);
        match self.types.bare_kind(ty) {
            TypeKind::Enum(number) => Some(Entity::Enumerator(*number, value.index as usize)),
            _ => None,
        }
    }

    /// A function of the kernel that programs may call (`BTF_KIND_DECL_TAG` "bpf_kfunc"): `vmlinux.h` declares them, too.
    fn kernel_callee(&mut self, name: Name, text: &str) -> Option<Entity> {
        let btf = self.kernel.as_ref()?.btf;
        let id = btf.find_func(text)?;
        let marks = |tag: TypeId| {
            btf.get(tag)
                .is_ok_and(|tag| matches!(tag.kind, Kind::DeclTag { ty, component: None, .. } if ty == id))
        };
        let Ok(Kind::Func { proto, .. }) = btf.get(id).map(|ty| ty.kind) else { return None };
        if !btf.find("bpf_kfunc").any(marks) {
            return None;
        }
        let ty = self.kernel_type(proto, 0);
        let TypeKind::Function(signature) = self.types.bare_kind(ty).clone() else { return None };
        let section = Some(".ksyms".to_owned());
        let symbol = Symbol { linkage: Linkage::Weak, section, span: Span::NOWHERE, ..Symbol::default() };
        let inline = Inline::Free;
        let function = Function { name, symbol, ty, signature, param_tags: Vec::new(), inline, body: None };
        Some(Entity::Function(self.functions.push(function)))
    }

    /// A tag of the kernel.
    pub(super) fn kernel_tag(&mut self, name: Name) -> Option<Tag> {
        let btf = self.kernel.as_ref()?.btf;
        let text = self.names.text(name);
        let found = btf.find_struct(text).or_else(|| btf.find_union(text)).or_else(|| btf.find_enum(text));
        let ty = self.kernel_type(found?, 0);
        match self.types.bare_kind(ty) {
            TypeKind::Record(record) => Some(Tag::Record(*record)),
            TypeKind::Enum(number) => Some(Tag::Enum(*number)),
            _ => None,
        }
    }

    /// Takes the members of a record that is the kernel's, and of those that lie in it.
    pub(super) fn complete_record(&mut self, record: RecordId) {
        let mut queue = vec![record];
        while let Some(record) = queue.pop() {
            let Some(kernel) = &mut self.kernel else { return };
            let Some(id) = kernel.records.remove(&record) else { continue };
            let btf = kernel.btf;
            let Ok(ty) = btf.get(id) else { continue };
            let (Kind::Struct(body) | Kind::Union(body)) = ty.kind else { continue };
            let align = btf.align_of(id).unwrap_or(1);
            let body = self.kernel_body(body, align);
            queue.extend(body.fields.iter().filter_map(|field| self.record_within(field.ty)));
            self.types.records[record].body = Some(body);
        }
    }

    fn kernel_body(&mut self, body: Composite, align: u64) -> RecordBody {
        let mut fields = Vec::with_capacity(body.members.len());
        for member in body.members {
            let ty = self.kernel_type(member.ty, 0);
            let name = (!member.name.is_empty()).then(|| self.names.add(&member.name));
            let bits = member.bit_size.filter(|bits| *bits > 0).map(u32::from);
            fields.push(Field { name, ty, bit_offset: member.bit_offset.into(), bits, tags: Vec::new() });
        }
        RecordBody { fields, size: body.size.into(), align }
    }

    /// The record that a type is, or an array of.
    fn record_within(&self, ty: Ty) -> Option<RecordId> {
        let mut ty = ty;
        loop {
            ty = match self.types.bare_kind(ty) {
                TypeKind::Array(element, _) => *element,
                TypeKind::Record(record) => return Some(*record),
                _ => return None,
            };
        }
    }

    /// Takes what must be known of a type for it to have a size.
    pub(super) fn complete(&mut self, ty: Ty) {
        if let Some(record) = self.record_within(ty) {
            self.complete_record(record);
        }
    }

    fn kernel_type(&mut self, id: TypeId, depth: u32) -> Ty {
        if let Some(ty) = self.kernel.as_ref().and_then(|kernel| kernel.types.get(&id)) {
            return *ty;
        }
        let found = self.btf().filter(|_| depth < MAX_DEPTH).and_then(|btf| btf.get(id).ok());
        let Some(found) = found else { return self.types.basic(Basic::Void) };
        let ty = self.convert_kernel_type(id, found, depth + 1);
        if let Some(kernel) = &mut self.kernel {
            kernel.types.insert(id, ty);
        }
        ty
    }

    fn convert_kernel_type(&mut self, id: TypeId, ty: osmia_btf::Type, depth: u32) -> Ty {
        match ty.kind {
            Kind::Int { size, encoding, .. } => self.types.basic(integer_of(&ty.name, size, encoding)),
            Kind::Float { size } => self.types.basic(if size == 4 { Basic::Float } else { Basic::Double }),
            Kind::Ptr(to) => {
                let to = self.kernel_type(to, depth);
                self.types.pointer(to)
            }
            Kind::Array { element, len, .. } => {
                let element = self.kernel_type(element, depth);
                self.types.add(TypeKind::Array(element, Some(len.into())))
            }
            Kind::Typedef(of) => {
                let (name, of) = (self.names.add(&ty.name), self.kernel_type(of, depth));
                self.types.add(TypeKind::Typedef(name, of))
            }
            Kind::Const(of) => {
                let of = self.kernel_type(of, depth);
                self.types.qualified(CONSTANT, of)
            }
            Kind::Volatile(of) => {
                let of = self.kernel_type(of, depth);
                self.types.qualified(VOLATILE, of)
            }
            Kind::Restrict(of) => self.kernel_type(of, depth),
            Kind::TypeTag { ty: of, attribute } => {
                let of = self.kernel_type(of, depth);
                if attribute { of } else { self.types.add(TypeKind::Tagged(ty.name.into(), of)) }
            }
            Kind::FuncProto { ret, params } => self.kernel_function(ret, &params, depth),
            Kind::Struct(_) => self.kernel_record(RecordKind::Struct, &ty.name, Some(id)),
            Kind::Union(_) => self.kernel_record(RecordKind::Union, &ty.name, Some(id)),
            Kind::Fwd { union } => self.kernel_forward(&ty.name, union, depth),
            Kind::Enum(body) | Kind::Enum64(body) => {
                let number = self.kernel_enum(&ty.name, body);
                self.types.add(TypeKind::Enum(number))
            }
            Kind::Void
            | Kind::Func { .. }
            | Kind::Var { .. }
            | Kind::Datasec { .. }
            | Kind::DeclTag { .. } => self.types.basic(Basic::Void),
        }
    }

    fn kernel_function(&mut self, ret: TypeId, params: &[Param], depth: u32) -> Ty {
        let result = self.kernel_type(ret, depth);
        let variadic = params.last().is_some_and(|last| last.ty.is_void());
        let count = params.len() - usize::from(variadic);
        let params = params
            .iter()
            .take(count)
            .map(|param| {
                let name = (!param.name.is_empty()).then(|| self.names.add(&param.name));
                (name, self.kernel_type(param.ty, depth))
            })
            .collect();
        self.types.add(TypeKind::Function(Signature { result, params, variadic }))
    }

    fn kernel_record(&mut self, kind: RecordKind, name: &str, id: Option<TypeId>) -> Ty {
        let tag = (!name.is_empty()).then(|| self.names.add(name));
        let record = Record { kind, tag, body: None, relocatable: true, span: Span::NOWHERE };
        let record = self.types.records.push(record);
        if let (Some(kernel), Some(id)) = (&mut self.kernel, id) {
            kernel.records.insert(record, id);
        }
        self.types.add(TypeKind::Record(record))
    }

    /// What one part of the kernel only declares, another may define.
    fn kernel_forward(&mut self, name: &str, union: bool, depth: u32) -> Ty {
        let whole =
            self.btf().and_then(|btf| if union { btf.find_union(name) } else { btf.find_struct(name) });
        match whole {
            Some(id) => self.kernel_type(id, depth),
            None if union => self.kernel_record(RecordKind::Union, name, None),
            None => self.kernel_record(RecordKind::Struct, name, None),
        }
    }

    fn kernel_enum(&mut self, name: &str, body: Enum) -> EnumId {
        let tag = (!name.is_empty()).then(|| self.names.add(name));
        let underlying = match (body.size, body.signed) {
            (1, true) => Basic::SignedChar,
            (1, false) => Basic::UnsignedChar,
            (2, true) => Basic::Short,
            (2, false) => Basic::UnsignedShort,
            (8, true) => Basic::Long,
            (8, false) => Basic::UnsignedLong,
            (_, true) => Basic::Int,
            (_, false) => Basic::UnsignedInt,
        };
        let names = body.values.into_iter().map(|one| (self.names.add(&one.name), one.value)).collect();
        self.types.enums.push(Enumeration { tag, names: Some(names), underlying, relocatable: false })
    }
}

/// The type that compilers call so, or one of that size.
fn integer_of(name: &str, size: u32, encoding: IntEncoding) -> Basic {
    match (size, encoding.is_signed()) {
        (1, _) if encoding.is_bool() => Basic::Bool,
        (1, _) if name == "char" => Basic::Char,
        (1, true) => Basic::SignedChar,
        (1, false) => Basic::UnsignedChar,
        (2, true) => Basic::Short,
        (2, false) => Basic::UnsignedShort,
        (8, true) if name.matches("long").count() == 2 => Basic::LongLong,
        (8, false) if name.matches("long").count() == 2 => Basic::UnsignedLongLong,
        (8, true) => Basic::Long,
        (8, false) => Basic::UnsignedLong,
        (16, true) => Basic::Int128,
        (16, false) => Basic::UnsignedInt128,
        (_, true) => Basic::Int,
        (_, false) => Basic::UnsignedInt,
    }
}
