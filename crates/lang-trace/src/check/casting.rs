//! Casts: what may be taken for what.
use super::arithmetic::{integer_parts, literal_value};
use super::body::Body;
use super::convert::{cast, convert};
use super::expr::place_space;
use super::types::moved;
use crate::ast;
use crate::typed::{Expr, ExprKind, Space, Type};
use osmia_base::{Diagnostic, Span};

impl Body<'_, '_> {
    pub(super) fn cast_expr(&mut self, ty: &ast::TypeName, operand: &ast::Expr, span: Span) -> Option<Expr> {
        let operand = self.expr(operand);
        // Messages are about the type in its parentheses.
        let place = Span::new(span.start, ty.span.end + 1);
        let ty = self.cast_type(ty, place)?;
        Some(Expr { span, ..self.cast_to(operand?, ty, place)? })
    }

    fn cast_type(&mut self, ty: &ast::TypeName, place: Span) -> Option<Type> {
        if let ast::TypeNameKind::Tagged(ast::CTag::Enum, name) = &ty.kind
            && self.types().named(&format!("enum {name}")).is_none()
        {
            self.error(place, format!("Unknown enum: {name}"));
            return None;
        }
        self.type_name(ty)
    }

    pub(super) fn cast_to(&mut self, operand: Expr, ty: Type, span: Span) -> Option<Expr> {
        if operand.ty == Type::None {
            if !self.session.last_reading {
                return Some(Expr { ty, ..operand });
            }
            self.error(span, "Cannot cast from \"void\" type");
            return None;
        }
        if let (ExprKind::MapNumber(..), Some(_)) = (&operand.kind, integer_parts(&ty)) {
            let made = convert(operand, &ty)?;
            // It is a number from here on, even where its type stays what it was.
            let made = if matches!(made.kind, ExprKind::MapNumber(..)) { cast(made, ty) } else { made };
            return Some(Expr { span, ..made });
        }
        let ty = located(&operand, self.sized(&operand, ty, span)?);
        if is_same(&operand.ty, &ty) {
            self.warn_of_no_cast(&operand, span);
            // What was written down has a type now.
            return if literal_value(&operand).is_some() {
                Some(cast(operand, ty))
            } else {
                Some(Expr { ty, span, ..operand })
            };
        }
        let made = match (&operand.ty, &ty) {
            (Type::Str { capacity }, Type::Str { capacity: room }) if capacity > room => None,
            (Type::Int { .. } | Type::Enum { .. }, Type::Username) => {
                let number = convert(operand.clone(), &Type::UINT32)?;
                Some(Expr { kind: ExprKind::Tagged(Box::new(number)), ty: ty.clone(), span })
            }
            (_, Type::Array { .. }) => self.as_array(&operand, &ty),
            (Type::Array { .. }, Type::Int { .. }) if self.size_of(&operand.ty) == self.size_of(&ty) => {
                Some(cast(operand.clone(), ty.clone()))
            }
            (_, Type::Enum { .. }) => return self.as_enum(operand, ty, span),
            (Type::Str { .. }, Type::Bool) => Some(self.is_text(&operand, span)),
            (Type::Str { .. }, Type::Pointer { .. }) => Some(cast(operand.clone(), ty.clone())),
            // The bits of the number are the address, with no more of its sign than it has.
            (Type::Int { size, .. }, Type::Pointer { .. }) => {
                let bits = convert(operand.clone(), &Type::int(*size, false))?;
                Self::spelled(bits, &ty)
            }
            (from, Type::Int { .. } | Type::Bool | Type::Pointer { .. } | Type::Str { .. }) => {
                let apart =
                    matches!((from, &ty), (Type::Array { .. } | Type::Composite { .. }, Type::Int { .. }));
                if apart { None } else { Self::spelled(operand.clone(), &ty) }
            }
            _ => None,
        };
        if made.is_none() {
            let [from, to] = [&operand.ty, &ty].map(|ty| self.type_text(ty));
            let message = match operand.ty {
                Type::Composite { .. } => format!("Cannot cast from C type \"{from}\""),
                _ => format!("Cannot cast from \"{from}\" to \"{to}\""),
            };
            self.error(span, message);
        }
        made.map(|made| Expr { span, ..made })
    }

    /// Text is true where there is any.
    fn is_text(&self, operand: &Expr, span: Span) -> Expr {
        if let ExprKind::Text(text) = &operand.kind {
            return super::expr::truth_literal(!text.is_empty(), span);
        }
        let (lhs, rhs) = (Box::new(operand.clone()), Box::new(super::expr::text_literal(Vec::new(), span)));
        let empty = Expr { kind: ExprKind::TextEqual { lhs, rhs, limit: None }, ty: Type::Bool, span };
        Expr { kind: ExprKind::Not(Box::new(empty)), ty: Type::Bool, span }
    }

    /// An array whose size is left out has that of what is cast.
    fn sized(&mut self, operand: &Expr, ty: Type, span: Span) -> Option<Type> {
        let Type::Array { element, count: 0, space } = ty else { return Some(ty) };
        let (whole, one) = (self.size_of(&operand.ty), self.size_of(&element));
        if one == 0 {
            self.error(span, "Could not determine size of the array");
            return None;
        }
        if whole % one != 0 {
            self.error(
                span,
                "Cannot determine array size: the element size is incompatible with the cast integer size",
            );
            return None;
        }
        Some(Type::Array { element, count: whole / one, space })
    }

    /// The bytes of a number, truth value or text as an array.
    fn as_array(&mut self, operand: &Expr, ty: &Type) -> Option<Expr> {
        let Type::Array { element, .. } = ty else { return None };
        if !matches!(**element, Type::Int { .. } | Type::Bool) {
            return None;
        }
        let (had, wanted) = (self.size_of(&operand.ty), self.size_of(ty));
        let wide = wanted <= 8 && wanted > had;
        match &operand.ty {
            Type::Int { signed, .. } if wide || wanted == had => {
                let size = [1, 2, 4, 8].into_iter().find(|size| u32::from(*size) >= wanted)?;
                let number = convert(operand.clone(), &Type::int(size, *signed))?;
                Some(cast(number, ty.clone()))
            }
            Type::Bool | Type::Str { .. } if wanted == had => Some(cast(operand.clone(), ty.clone())),
            _ => None,
        }
    }

    fn as_enum(&mut self, operand: Expr, ty: Type, span: Span) -> Option<Expr> {
        let Type::Enum { names, .. } = &ty else { return None };
        if let Some(known) = literal_value(&operand) {
            let values = self.types().enumerators(*names);
            if !values.iter().any(|(value, _)| i128::from(*value) == known) {
                let text = self.types().spell(*names);
                let text = text.strip_prefix("enum ").unwrap_or(&text);
                let hint = values.iter().map(|(value, name)| format!("{name} ({value})"));
                let hint = format!("there are: {}", hint.take(20).collect::<Vec<_>>().join(", "));
                let message = format!("Enum: {text} doesn't contain a variant value of {known}");
                self.report(Diagnostic::error(span, message).hint(hint));
                return None;
            }
        }
        match operand.ty {
            Type::Int { .. } | Type::Enum { .. } | Type::Bool | Type::Pointer { .. } => {
                convert(operand, &ty).map(|made| Expr { span, ..made })
            }
            _ => {
                let [from, to] = [&operand.ty, &ty].map(|ty| self.type_text(ty));
                self.error(span, format!("Cannot cast from \"{from}\" to \"{to}\""));
                None
            }
        }
    }
}

/// The type, lying where what is cast lies.
fn located(operand: &Expr, ty: Type) -> Type {
    match (&operand.ty, ty) {
        // A pointer says better than the probe where it points to, but the verifier knows nothing of the new type.
        (Type::Pointer { space, .. }, Type::Pointer { to, .. }) => {
            let space = if *space == Space::Trusted { Space::Kernel } else { *space };
            Type::Pointer { to: Box::new(moved(&to, space)), space }
        }
        (Type::Array { .. } | Type::Composite { .. }, Type::Pointer { to, .. }) => {
            let space = place_space(&operand.ty);
            Type::Pointer { to: Box::new(moved(&to, space)), space }
        }
        (Type::Int { .. } | Type::Bool | Type::Str { .. }, ty @ Type::Array { .. }) => moved(&ty, Space::Bpf),
        (Type::Str { .. }, Type::Pointer { to, .. }) => {
            let space = super::expr::space_of(operand);
            Type::Pointer { to: Box::new(moved(&to, space)), space }
        }
        (_, ty) => ty,
    }
}

/// Whether a cast changes nothing that a reader sees.
fn is_same(have: &Type, want: &Type) -> bool {
    match (have, want) {
        (Type::Int { .. }, Type::Int { .. }) => {
            integer_parts(have).map(|(size, signed, _)| (size, signed))
                == integer_parts(want).map(|(size, signed, _)| (size, signed))
        }
        (Type::Pointer { to: a, .. }, Type::Pointer { to: b, .. }) => {
            moved(a, Space::Unknown) == moved(b, Space::Unknown)
        }
        (a, b) => moved(a, Space::Unknown) == moved(b, Space::Unknown),
    }
}
