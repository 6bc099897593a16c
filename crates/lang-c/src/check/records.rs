//! `struct` and `union`.
use super::Checker;
use super::layout::{Rules, Wish, lay_out};
use super::scope::Tag;
use crate::Name;
use crate::ast::{Declaration, InitDeclarator, Member, RecordKind, RecordSpec, TypeSpec};
use crate::types::{Field, Record, RecordBody, RecordId, Ty, TypeKind};
use osmia_base::{Diagnostic, Span, Spanned};
use std::collections::HashMap;

/// How many unnamed records may lie in each other.
const MAX_NESTING: usize = 64;

/// Members, while a record is read.
#[derive(Debug, Default)]
struct Members {
    fields: Vec<Field>,
    wishes: Vec<Wish>,
    /// Where each name was declared.
    names: HashMap<Name, Span>,
    /// The flexible array, behind which nothing may stand.
    flexible: Option<Span>,
}

impl Checker<'_> {
    /// The type that `struct tag { … }` or `struct tag` names.
    pub(super) fn record_type(&mut self, spec: &RecordSpec, span: Span) -> Option<Ty> {
        let record = match &spec.members {
            None => self.named_record(spec, span)?,
            Some(members) => {
                let record = self.begin_record(spec, span)?;
                self.define_record(record, spec, members);
                record
            }
        };
        Some(self.types.add(TypeKind::Record(record)))
    }

    fn named_record(&mut self, spec: &RecordSpec, span: Span) -> Option<RecordId> {
        let Some(tag) = spec.tag else {
            self.error(span, "a record has a tag, members, or both".to_owned());
            return None;
        };
        if let Some((found, at)) = self.scopes.tag(tag.node) {
            return self.record_of_tag(found, spec.kind, tag, at);
        }
        if let Some(found) = self.kernel_tag(tag.node) {
            self.scopes.declare_kernel_tag(tag.node, found);
            return self.record_of_tag(found, spec.kind, tag, Span::NOWHERE);
        }
        Some(self.new_record(spec, tag.span))
    }

    fn record_of_tag(
        &mut self,
        found: Tag,
        kind: RecordKind,
        tag: Spanned<Name>,
        at: Span,
    ) -> Option<RecordId> {
        if let Tag::Record(record) = found
            && self.types.records[record].kind == kind
        {
            return Some(record);
        }
        let text = self.text(tag.node);
        let mut diagnostic =
            Diagnostic::error(tag.span, format!("the tag `{text}` is that of another kind of type"));
        if at != Span::NOWHERE {
            diagnostic = diagnostic.label(at, "declared here");
        }
        self.diagnostics.push(diagnostic);
        None
    }

    fn new_record(&mut self, spec: &RecordSpec, span: Span) -> RecordId {
        let tag = spec.tag.map(|tag| tag.node);
        let record = Record { kind: spec.kind, tag, body: None, relocatable: false, span };
        let record = self.types.records.push(record);
        if let Some(tag) = spec.tag {
            self.scopes.declare_tag(tag.node, Tag::Record(record), tag.span);
        }
        record
    }

    /// The record that members are about to be given to: one that was only declared so far, or a new one.
    fn begin_record(&mut self, spec: &RecordSpec, span: Span) -> Option<RecordId> {
        let Some(tag) = spec.tag else { return Some(self.new_record(spec, span)) };
        let Some((found, at)) = self.scopes.tag_here(tag.node) else {
            return Some(self.new_record(spec, tag.span));
        };
        let record = self.record_of_tag(found, spec.kind, tag, at)?;
        if self.types.records[record].body.is_some() || self.open_records.contains(&record) {
            let text = self.text(tag.node);
            let diagnostic = Diagnostic::error(tag.span, format!("`{text}` has its members already"));
            self.diagnostics.push(diagnostic.label(self.types.records[record].span, "they are here"));
            return None;
        }
        self.types.records[record].span = tag.span;
        Some(record)
    }

    fn define_record(&mut self, record: RecordId, spec: &RecordSpec, members: &[Member]) {
        let attributes = self.attributes(&spec.attributes);
        // What lies in a record that the kernel moves is moved, too.
        let relocatable = attributes.relocatable
            || self.open_records.last().is_some_and(|&outer| self.types.records[outer].relocatable);
        self.types.records[record].relocatable = relocatable;
        self.open_records.push(record);
        let mut read = Members::default();
        for member in members {
            match member {
                Member::Declaration(declaration) => self.members(declaration, spec.kind, &mut read),
                Member::Assert(assert) => self.static_assert(assert),
            }
        }
        self.open_records.pop();
        let rules = Rules { packed: attributes.packed, pack: attributes.pack, aligned: attributes.aligned };
        let Some(layout) = lay_out(spec.kind, &read.wishes, rules) else {
            let span = self.types.records[record].span;
            self.error(span, "this record is longer than any memory".to_owned());
            return;
        };
        for (field, offset) in read.fields.iter_mut().zip(&layout.offsets) {
            field.bit_offset = *offset;
        }
        let body = RecordBody { fields: read.fields, size: layout.size, align: layout.align };
        self.types.records[record].body = Some(body);
    }

    fn members(&mut self, declaration: &Declaration, kind: RecordKind, read: &mut Members) {
        let base = self.base(&declaration.specifiers);
        let Some(ty) = base.ty else { return };
        if declaration.declarators.is_empty() {
            match &declaration.specifiers.ty {
                TypeSpec::Record(spec) if spec.tag.is_none() => {
                    let member = MemberType { name: None, ty, bits: None, span: declaration.span };
                    self.add_member(member, &base.attributes, kind, read);
                }
                TypeSpec::Record(spec) if spec.members.is_some() => {}
                TypeSpec::Enum(spec) if spec.names.is_some() => {}
                _ => self.warn(declaration.span, "this declares no member".to_owned()),
            }
        }
        for declarator in &declaration.declarators {
            self.declared_member(ty, &base.attributes, declarator, kind, read);
        }
    }

    fn declared_member(
        &mut self,
        base: Ty,
        attributes: &super::attributes::Attributes,
        declarator: &InitDeclarator,
        kind: RecordKind,
        read: &mut Members,
    ) {
        let own = self.attributes(&declarator.declarator.attributes);
        let name = declarator.declarator.name;
        let span = name.map_or(declarator.declarator.span, |name| name.span);
        let Some(ty) = self.declared_type(base, &declarator.declarator, &own) else { return };
        let attributes = attributes.clone().and(own);
        let bits = match &declarator.bits {
            None => None,
            Some(bits) => match self.bit_width(bits, ty, name.is_some()) {
                Some(bits) => Some(bits),
                None => return,
            },
        };
        self.add_member(MemberType { name, ty, bits, span }, &attributes, kind, read);
    }

    fn add_member(
        &mut self,
        member: MemberType,
        attributes: &super::attributes::Attributes,
        kind: RecordKind,
        read: &mut Members,
    ) {
        let MemberType { name, ty, bits, span } = member;
        self.name_member(name, ty, read, span);
        if let Some(flexible) = read.flexible.filter(|_| kind == RecordKind::Struct) {
            let text = "a member without a length is the last one";
            self.diagnostics.push(Diagnostic::error(flexible, text).label(span, "this one stands behind it"));
            read.flexible = None;
        }
        let size = if self.is_flexible(ty) {
            read.flexible = Some(span);
            0
        } else {
            match self.size_of(ty, span) {
                Some(size) => size,
                None => return,
            }
        };
        let wish = Wish {
            size,
            align: self.types.align(ty),
            bits: bits.map(u64::from),
            named: name.is_some() || bits.is_none(),
            packed: attributes.packed,
            aligned: attributes.aligned,
        };
        read.wishes.push(wish);
        let tags = attributes.decl_tags.clone();
        read.fields.push(Field { name: name.map(|name| name.node), ty, bit_offset: 0, bits, tags });
    }

    /// Whether it is an array without a length.
    fn is_flexible(&self, ty: Ty) -> bool {
        matches!(self.types.bare_kind(ty), TypeKind::Array(_, None))
    }

    /// Notes the names that a member brings.
    fn name_member(&mut self, name: Option<Spanned<Name>>, ty: Ty, read: &mut Members, span: Span) {
        let mut brought = Vec::new();
        match name {
            Some(name) => brought.push(name.node),
            None => self.names_within(ty, MAX_NESTING, &mut brought),
        }
        for name in brought {
            if let Some(&first) = read.names.get(&name) {
                let text = self.text(name);
                let text = format!("there is a member `{text}` already");
                self.diagnostics.push(Diagnostic::error(span, text).label(first, "here"));
            }
            read.names.entry(name).or_insert(span);
        }
    }

    fn names_within(&self, ty: Ty, depth: usize, names: &mut Vec<Name>) {
        let Some(record) = self.types.record(ty) else { return };
        let Some(body) = self.types.records[record].body.as_ref().filter(|_| depth > 0) else { return };
        for field in &body.fields {
            match field.name {
                Some(name) => names.push(name),
                None => self.names_within(field.ty, depth - 1, names),
            }
        }
    }

    fn bit_width(&mut self, expr: &crate::ast::Expr, ty: Ty, named: bool) -> Option<u32> {
        let (value, _) = self.constant(expr)?;
        let Some(integer) = self.types.integer(ty) else {
            let text = self.spell(ty);
            self.error(expr.span, format!("bits are of a type of whole numbers, not of `{text}`"));
            return None;
        };
        let bool_ = *self.types.bare_kind(ty) == TypeKind::Basic(crate::ast::Basic::Bool);
        let most = if bool_ { 1 } else { i64::from(integer.bits()) };
        let least = i64::from(named);
        if integer.size > 8 || value < least || value > most {
            let text = self.spell(ty);
            self.error(
                expr.span,
                format!("`{text}` has no field of {value} bits: {least} to {most} are possible"),
            );
            return None;
        }
        u32::try_from(value).ok()
    }

    /// The way to a member: positions in the record, and in the unnamed records in it.
    pub(super) fn find_member(&mut self, record: RecordId, name: Name) -> Option<Vec<usize>> {
        self.complete_record(record);
        self.types.records[record].body.as_ref()?;
        if !self.member_paths.contains_key(&record) {
            let mut paths = HashMap::new();
            self.paths_within(record, &mut Vec::new(), &mut paths);
            self.member_paths.insert(record, paths);
        }
        self.member_paths.get(&record)?.get(&name).cloned()
    }

    /// The ways to all members: a record's own go before those of unnamed records in it.
    fn paths_within(&self, record: RecordId, path: &mut Vec<usize>, paths: &mut HashMap<Name, Vec<usize>>) {
        let Some(body) = &self.types.records[record].body else { return };
        for (index, field) in body.fields.iter().enumerate() {
            if let Some(name) = field.name {
                paths.entry(name).or_insert_with(|| [path.as_slice(), &[index]].concat());
            }
        }
        for (index, field) in body.fields.iter().enumerate() {
            let inner = self.types.record(field.ty).filter(|_| field.name.is_none());
            if let Some(inner) = inner.filter(|_| path.len() < MAX_NESTING) {
                path.push(index);
                self.paths_within(inner, path, paths);
                path.pop();
            }
        }
    }

    /// All names of members, also those of unnamed records in it.
    pub(super) fn member_names(&self, record: RecordId) -> Vec<Name> {
        let Some(body) = &self.types.records[record].body else { return Vec::new() };
        let mut names = Vec::new();
        for field in &body.fields {
            match field.name {
                Some(name) => names.push(name),
                None => self.names_within(field.ty, MAX_NESTING, &mut names),
            }
        }
        names
    }
}

/// A member's name and type.
struct MemberType {
    name: Option<Spanned<Name>>,
    ty: Ty,
    bits: Option<u32>,
    span: Span,
}
