//! Places: what may be stored in, pointed at, and stepped into.
use super::Checker;
use super::make::{Value, number};
use crate::Name;
use crate::ast::{self, Basic, Designator};
use crate::typed::{Expr, ExprKind, Place, PlaceKind, Relocate};
use crate::types::{Ty, TypeKind};
use osmia_base::{Diagnostic, Span, Spanned};

impl Checker<'_> {
    /// `a.name`
    pub(super) fn member(&mut self, of: &ast::Expr, name: Spanned<Name>) -> Option<Place> {
        let value = self.value(of)?;
        match value {
            Value::Place(place) => self.step_into(place, name),
            other => {
                let ty = self.type_of(&other);
                let diagnostic = self.no_record(ty, name);
                let pointer = self.types.pointee(ty).is_some_and(|to| self.types.record(to).is_some());
                let text = self.text(name.node);
                let hint = format!("it is a pointer: write `->{text}`");
                self.diagnostics.push(if pointer { diagnostic.hint(hint) } else { diagnostic });
                None
            }
        }
    }

    fn no_record(&self, ty: Ty, name: Spanned<Name>) -> Diagnostic {
        let (member, ty) = (self.text(name.node), self.spell(ty));
        Diagnostic::error(name.span, format!("`{ty}` has no members, and so no `{member}`"))
    }

    /// `a->name`
    pub(super) fn arrow(&mut self, of: &ast::Expr, name: Spanned<Name>) -> Option<Place> {
        let value = self.value(of)?;
        let value = self.decay(value)?;
        let ty = self.type_of(&value);
        match value {
            Value::Scalar(pointer) if self.is_pointer(ty) => {
                let place = self.deref(pointer, of.span)?;
                self.step_into(place, name)
            }
            _ => {
                let diagnostic = self.no_record(ty, name);
                let hint = format!("it is no pointer: write `.{}`", self.text(name.node));
                let record = self.types.record(ty).is_some();
                self.diagnostics.push(if record { diagnostic.hint(hint) } else { diagnostic });
                None
            }
        }
    }

    /// A member of a record, through the unnamed ones in it.
    pub(super) fn step_into(&mut self, place: Place, name: Spanned<Name>) -> Option<Place> {
        let Some(record) = self.types.record(place.ty) else {
            let mut diagnostic = self.no_record(place.ty, name);
            if self.types.pointee(place.ty).is_some_and(|to| self.types.record(to).is_some()) {
                diagnostic = diagnostic.hint(format!("it is a pointer: write `->{}`", self.text(name.node)));
            }
            self.diagnostics.push(diagnostic);
            return None;
        };
        self.complete_record(record);
        if self.types.records[record].body.is_none() {
            let text = self.types.spell_record(record, self.names);
            let span = self.types.records[record].span;
            let text = format!("`{text}` is only declared here: its members are not known");
            let mut diagnostic = Diagnostic::error(name.span, text);
            if span != Span::NOWHERE {
                diagnostic = diagnostic.label(span, "declared here");
            }
            self.diagnostics.push(diagnostic);
            return None;
        }
        let Some(path) = self.find_member(record, name.node) else {
            self.no_member(record, name);
            return None;
        };
        self.walk(place, &path)
    }

    fn no_member(&mut self, record: crate::types::RecordId, name: Spanned<Name>) {
        let (text, of) = (self.text(name.node), self.types.spell_record(record, self.names));
        let known = self.member_names(record);
        let known: Vec<&str> = known.into_iter().map(|name| self.names.text(name)).collect();
        let diagnostic =
            Diagnostic::error(name.span, format!("`{of}` has no member `{text}`")).suggest(&text, known);
        self.diagnostics.push(diagnostic);
    }

    /// Step by step.
    fn walk(&mut self, mut place: Place, path: &[usize]) -> Option<Place> {
        for &index in path {
            let record = self.types.record(place.ty)?;
            let moved = self.types.records[record].relocatable;
            let relocate = if moved { Relocate::Yes } else { self.relocate };
            place = self.field(place, record, index, relocate)?;
        }
        Some(place)
    }

    /// `a[b]`
    pub(super) fn index(&mut self, of: &ast::Expr, index: &ast::Expr, span: Span) -> Option<Place> {
        let (a, b) = (self.value(of), self.value(index));
        let (a, b) = (a?, b?);
        let (ty_a, ty_b) = (self.type_of(&a), self.type_of(&b));
        let steps = |checker: &Self, ty| {
            matches!(checker.types.bare_kind(ty), TypeKind::Array(..) | TypeKind::Pointer(_))
        };
        let (base, number) = if !steps(self, ty_a) && steps(self, ty_b) { (b, a) } else { (a, b) };
        let number = self.scalar_of(number)?;
        let number = self.index_number(number)?;
        let base_ty = self.type_of(&base);
        match base {
            Value::Place(place) if matches!(self.types.bare_kind(place.ty), TypeKind::Array(..)) => {
                let relocate = if moved(&place) { Relocate::Yes } else { self.relocate };
                self.size_of_element(place.ty, span)?;
                self.element(place, number, relocate, span)
            }
            base if self.is_pointer(base_ty) => {
                let pointer = self.scalar_of(base)?;
                if self.is_moved_step(base_ty, &number) {
                    return self.moved_element(pointer, number, span);
                }
                let pointer = self.pointer_plus(pointer, number, span)?;
                self.deref(pointer, span)
            }
            _ => {
                let text = self.spell(base_ty);
                self.error(span, format!("`{text}` has no elements"));
                None
            }
        }
    }

    /// Whether the running kernel says how far `pointer[index]` is from `pointer[0]`.
    fn is_moved_step(&self, pointer: Ty, index: &Expr) -> bool {
        let record = self.types.pointee(pointer).and_then(|to| self.types.record(to));
        let moved = |record| self.types.records[record].relocatable || self.relocate == Relocate::Yes;
        matches!(index.kind, ExprKind::Int(1..)) && record.is_some_and(moved)
    }

    /// `pointer[index]` as an element of an array whose length nobody knows.
    fn moved_element(&mut self, pointer: Expr, index: Expr, span: Span) -> Option<Place> {
        let to = self.types.pointee(pointer.ty)?;
        self.size_of(to, span)?;
        let array = self.types.add(TypeKind::Array(to, None));
        let begin = Place { kind: PlaceKind::Deref(Box::new(pointer)), ty: array, span };
        self.element(begin, index, Relocate::Yes, span)
    }

    fn size_of_element(&mut self, array: Ty, span: Span) -> Option<u64> {
        match self.types.bare_kind(array) {
            TypeKind::Array(element, _) => {
                let element = *element;
                self.size_of(element, span)
            }
            _ => None,
        }
    }

    /// A number of steps: 64 bits, by its own sign.
    pub(super) fn index_number(&mut self, index: Expr) -> Option<Expr> {
        let Some(integer) = self.types.integer(index.ty) else {
            let text = self.spell(index.ty);
            self.error(index.span, format!("an index is a whole number, and this is of type `{text}`"));
            return None;
        };
        let index = self.promote(index);
        let signed = self.types.integer(index.ty).map_or(integer.signed, |integer| integer.signed);
        Some(self.convert_basic(index, if signed { Basic::Long } else { Basic::UnsignedLong }))
    }

    /// How many bytes a pointer's step has: of `void` and functions one.
    pub(super) fn step_size(&mut self, pointer: Ty, span: Span) -> Option<i64> {
        let to = self.types.pointee(pointer)?;
        let size = match self.types.bare_kind(to) {
            TypeKind::Basic(Basic::Void) | TypeKind::Function(_) => 1,
            _ => self.size_of(to, span)?,
        };
        i64::try_from(size).ok()
    }

    /// A pointer and a number of steps (64 bits).
    pub(super) fn pointer_plus(&mut self, pointer: Expr, steps: Expr, span: Span) -> Option<Expr> {
        let size = self.step_size(pointer.ty, span)?;
        if matches!(steps.kind, ExprKind::Int(0)) {
            return Some(pointer);
        }
        let ty = pointer.ty;
        Some(self.of(ExprKind::PointerAdd(Box::new(pointer), Box::new(steps), size), ty, span))
    }

    /// `*a`
    pub(super) fn indirection(&mut self, of: &ast::Expr, span: Span) -> Option<Value> {
        let value = self.value(of)?;
        if matches!(value, Value::Function(..)) {
            return Some(value);
        }
        let pointer = self.scalar_of(value)?;
        let ty = pointer.ty;
        let place = self.deref(pointer, span);
        if place.is_none() {
            let text = self.spell(ty);
            self.error(span, format!("only pointers point somewhere, and this is of type `{text}`"));
        }
        place.map(Value::Place)
    }

    /// `&a`
    pub(super) fn address(&mut self, of: &ast::Expr, span: Span) -> Option<Expr> {
        match self.value(of)? {
            Value::Place(place) if self.bits_of(&place).is_some() => {
                self.error(span, "bits have no address".to_owned());
                None
            }
            Value::Place(place) => Some(self.address_of(place, span)),
            function @ Value::Function(..) => self.scalar_of(function),
            Value::Scalar(expr) => {
                let text = self.spell(expr.ty);
                self.error(
                    span,
                    format!("this `{text}` is a value that lies nowhere, so that it has no address"),
                );
                None
            }
        }
    }

    /// A place that may be stored in.
    pub(super) fn target(&mut self, expr: &ast::Expr) -> Option<Place> {
        let place = match self.value(expr)? {
            Value::Place(place) => place,
            other => {
                let text = self.spell(self.type_of(&other));
                self.error(expr.span, format!("this `{text}` is a value, and nothing is stored in values"));
                return None;
            }
        };
        if let PlaceKind::Call(..) = place.kind {
            self.error(expr.span, "what a function returns is not to be changed".to_owned());
            return None;
        }
        if matches!(self.types.bare_kind(place.ty), TypeKind::Array(..) | TypeKind::Function(_)) {
            let text = self.spell(place.ty);
            self.error(expr.span, format!("`{text}` is not assigned to as a whole"));
            return None;
        }
        if self.types.qualifiers(place.ty).constant {
            let diagnostic = Diagnostic::error(expr.span, "this is `const`, and not to be changed");
            self.diagnostics.push(diagnostic);
            return None;
        }
        Some(place)
    }

    /// `offsetof(type, member.member[index])`
    pub(super) fn offsetof(
        &mut self,
        ty: &ast::TypeName,
        designators: &[Designator],
        span: Span,
    ) -> Option<Expr> {
        let of = self.type_name(ty)?;
        let pointer = self.types.pointer(of);
        let mut place = Place { kind: PlaceKind::Deref(Box::new(number(0, pointer, span))), ty: of, span };
        for designator in designators {
            place = match designator {
                Designator::Member(name) => self.step_into(place, *name)?,
                Designator::Index(index) => {
                    let index = self.scalar(index)?;
                    let index = self.index_number(index)?;
                    let text = self.spell(place.ty);
                    let element = self.element(place, index, Relocate::No, span);
                    if element.is_none() {
                        self.error(span, format!("`{text}` has no elements"));
                    }
                    element?
                }
                Designator::Range(first, _) => {
                    self.error(first.span, "one element has an offset, not several".to_owned());
                    return None;
                }
            };
        }
        if self.bits_of(&place).is_some() {
            self.error(span, "bits have no offset in bytes".to_owned());
            return None;
        }
        let mut unmoved = place;
        stay(&mut unmoved);
        let Some(address) = self.known_place(&unmoved) else {
            self.error(span, "this offset is not known when the program is compiled".to_owned());
            return None;
        };
        Some(self.int(address.offset, Basic::UnsignedLong, span))
    }
}

/// Whether the kernel's types move a place that is a member, or an element of one.
fn moved(place: &Place) -> bool {
    matches!(
        &place.kind,
        PlaceKind::Field { relocate: Relocate::Yes, .. } | PlaceKind::Index { relocate: Relocate::Yes, .. }
    )
}

/// Takes all steps to lie where the unit's types have them.
fn stay(place: &mut Place) {
    let mut at = place;
    while let PlaceKind::Field { of, relocate, .. } | PlaceKind::Index { of, relocate, .. } = &mut at.kind {
        *relocate = Relocate::No;
        at = of;
    }
}
