//! Small pieces of the typed tree.
use super::Checker;
use crate::ast::Basic;
use crate::typed::{Expr, ExprKind, FunctionId, Local, LocalId, Place, PlaceKind, Relocate, Stmt, StmtKind};
use crate::types::{RecordId, Ty, TypeKind};
use osmia_base::{Diagnostic, Span};

/// What an expression is before it is known what it is used for.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A number or pointer, or nothing (`void`).
    Scalar(Expr),
    /// What may be stored in, pointed at, or loaded.
    Place(Place),
    /// A function's name.
    Function(FunctionId, Span),
}

impl Value {
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Scalar(expr) => expr.span,
            Self::Place(place) => place.span,
            Self::Function(_, span) => *span,
        }
    }
}

/// A number of a type.
pub(super) fn number(value: i64, ty: Ty, span: Span) -> Expr {
    Expr { kind: ExprKind::Int(value), ty, span }
}

/// An expression as a statement.
pub(super) fn statement(expr: Expr) -> Stmt {
    Stmt { span: expr.span, kind: StmtKind::Expr(expr) }
}

/// Gives the place that a place is a part of a type.
pub(super) fn retype_root(place: &mut Place, ty: Ty) {
    match &mut place.kind {
        PlaceKind::Field { of, .. } | PlaceKind::Index { of, .. } => retype_root(of, ty),
        _ => place.ty = ty,
    }
}

/// Whether nothing happens when a place is found.
fn is_plain(place: &Place) -> bool {
    match &place.kind {
        PlaceKind::Local(_) | PlaceKind::Global(_) => true,
        PlaceKind::Field { of, .. } => is_plain(of),
        PlaceKind::Index { of, index, .. } => is_plain(of) && is_plain_value(index),
        PlaceKind::Deref(pointer) => is_plain_value(pointer),
        PlaceKind::After(..) | PlaceKind::Conditional(..) | PlaceKind::Call(..) => false,
    }
}

fn is_plain_value(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Int(_) => true,
        ExprKind::Load(place) | ExprKind::AddressOf(place) => is_plain(place),
        ExprKind::Convert(of) => is_plain_value(of),
        ExprKind::PointerAdd(pointer, steps, _) => is_plain_value(pointer) && is_plain_value(steps),
        _ => false,
    }
}

impl Checker<'_> {
    /// The text of a name.
    pub(super) fn text(&self, name: crate::Name) -> String {
        self.names.text(name).to_owned()
    }

    /// A type as C writes it.
    pub(super) fn spell(&self, ty: Ty) -> String {
        self.types.spell(ty, self.names)
    }

    pub(super) fn error(&mut self, span: Span, text: String) {
        self.diagnostics.push(Diagnostic::error(span, text));
    }

    pub(super) fn warn(&mut self, span: Span, text: String) {
        self.diagnostics.push(Diagnostic::warning(span, text));
    }

    /// A number of one of C's own types.
    pub(super) fn int(&mut self, value: i64, basic: Basic, span: Span) -> Expr {
        let ty = self.types.basic(basic);
        number(value, ty, span)
    }

    pub(super) fn void(&mut self) -> Ty {
        self.types.basic(Basic::Void)
    }

    /// An expression that has a type's value and nothing else.
    pub(super) fn of(&self, kind: ExprKind, ty: Ty, span: Span) -> Expr {
        Expr { kind, ty: self.types.unqualified(ty), span }
    }

    /// The type of a value; of a place with its qualifiers.
    pub(super) fn type_of(&self, value: &Value) -> Ty {
        match value {
            Value::Scalar(expr) => expr.ty,
            Value::Place(place) => place.ty,
            Value::Function(function, _) => self.functions[*function].ty,
        }
    }

    /// A variable that only the compiler knows.
    pub(super) fn temporary(&mut self, ty: Ty, span: Span) -> Option<LocalId> {
        let ty = self.types.unqualified(ty);
        let Some(frame) = &mut self.frame else {
            self.error(span, "this runs code, which only functions do".to_owned());
            return None;
        };
        Some(frame.locals.push(Local { name: None, ty, align: None, span }))
    }

    pub(super) fn local_place(&self, local: LocalId, span: Span) -> Option<Place> {
        let ty = self.frame.as_ref()?.locals.get(local)?.ty;
        Some(Place { kind: PlaceKind::Local(local), ty, span })
    }

    /// A variable that begins with a value, and the statement that begins it.
    pub(super) fn kept(&mut self, value: Expr) -> Option<(Place, Stmt)> {
        let span = value.span;
        let local = self.temporary(value.ty, span)?;
        let place = self.local_place(local, span)?;
        let ty = value.ty;
        let store = self.of(ExprKind::Assign(place.clone(), Box::new(value)), ty, span);
        let kind = StmtKind::Declare { local, zero: false, stores: vec![store] };
        Some((place, Stmt { kind, span }))
    }

    /// What a place holds.
    pub(super) fn load(&self, place: Place) -> Expr {
        let (ty, span) = (place.ty, place.span);
        self.of(ExprKind::Load(place), ty, span)
    }

    /// A pointer to a place.
    pub(super) fn address_of(&mut self, place: Place, span: Span) -> Expr {
        let ty = self.types.pointer(place.ty);
        match place.kind {
            PlaceKind::Deref(pointer) => Expr { ty, ..*pointer },
            _ => Expr { kind: ExprKind::AddressOf(place), ty, span },
        }
    }

    /// A pointer to the first element of an array.
    pub(super) fn decayed_array(&mut self, place: Place, element: Ty) -> Expr {
        let span = place.span;
        let qualifiers = self.types.qualifiers(place.ty);
        let element = self.types.qualified(qualifiers, element);
        let ty = self.types.pointer(element);
        match place.kind {
            PlaceKind::Deref(pointer) => {
                let pointer = *pointer;
                self.convert(pointer, ty)
            }
            _ => Expr { kind: ExprKind::AddressOf(place), ty, span },
        }
    }

    /// Where a pointer points; its type is a pointer's.
    pub(super) fn deref(&self, pointer: Expr, span: Span) -> Option<Place> {
        let ty = self.types.pointee(pointer.ty)?;
        if let ExprKind::AddressOf(place) = &pointer.kind
            && self.types.bare(place.ty) == self.types.bare(ty)
        {
            return Some(Place { ty, ..place.clone() });
        }
        Some(Place { kind: PlaceKind::Deref(Box::new(pointer)), ty, span })
    }

    /// A member, by its position.
    pub(super) fn field(
        &mut self,
        of: Place,
        record: RecordId,
        index: usize,
        relocate: Relocate,
    ) -> Option<Place> {
        let body = self.types.records[record].body.as_ref()?;
        let field = body.fields.get(index)?.ty;
        let (span, qualifiers) = (of.span, self.types.qualifiers(of.ty));
        let ty = self.types.qualified(qualifiers, field);
        Some(Place { kind: PlaceKind::Field { of: Box::new(of), record, index, relocate }, ty, span })
    }

    /// An element of an array.
    pub(super) fn element(
        &mut self,
        of: Place,
        index: Expr,
        relocate: Relocate,
        span: Span,
    ) -> Option<Place> {
        let TypeKind::Array(element, _) = self.types.bare_kind(of.ty) else { return None };
        let element = *element;
        let qualifiers = self.types.qualifiers(of.ty);
        let ty = self.types.qualified(qualifiers, element);
        let kind = PlaceKind::Index { of: Box::new(of), index: Box::new(index), relocate };
        Some(Place { kind, ty, span })
    }

    /// A place that may be named twice, and what is done before: where finding it does something, that is done once.
    pub(super) fn found_once(&mut self, place: Place) -> Option<(Place, Vec<Stmt>)> {
        if is_plain(&place) {
            return Some((place, Vec::new()));
        }
        let span = place.span;
        let address = self.address_of(place, span);
        let (pointer, begin) = self.kept(address)?;
        let place = self.deref(self.load(pointer), span)?;
        Some((place, vec![begin]))
    }

    /// The bits of a bit-field.
    pub(super) fn bits_of(&self, place: &Place) -> Option<u32> {
        match &place.kind {
            PlaceKind::Field { record, index, .. } => {
                self.types.records[*record].body.as_ref()?.fields.get(*index)?.bits
            }
            PlaceKind::After(_, place) => self.bits_of(place),
            _ => None,
        }
    }

    /// How long a type is; an error where nobody knows.
    pub(super) fn size_of(&mut self, ty: Ty, span: Span) -> Option<u64> {
        self.complete(ty);
        let size = self.types.size(ty);
        if size.is_none() {
            let text = self.spell(ty);
            let why = match self.types.bare_kind(ty) {
                TypeKind::Record(_) => "is only declared here: its members are not known",
                TypeKind::Array(..) => "has no length",
                _ => "has no size",
            };
            self.error(span, format!("`{text}` {why}"));
        }
        size
    }
}
