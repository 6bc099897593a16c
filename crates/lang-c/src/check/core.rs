//! CO-RE: what is asked of the running kernel's types.
use super::Checker;
use super::builtins::Called;
use super::make::Value;
use super::scope::Entity;
use crate::ast::{self, Basic, UnaryOp};
use crate::typed::{Builtin, CoreQuestion, Expr, Place, PlaceKind, Relocate};
use crate::types::{Ty, TypeKind};
use osmia_base::Span;

impl Checker<'_> {
    /// Whatever is checked in between lies where the running kernel says.
    fn relocated<T>(&mut self, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.relocate, Relocate::Yes);
        let found = check(self);
        self.relocate = before;
        found
    }

    /// `__builtin_preserve_access_index(expression)`
    pub(super) fn access_index(&mut self, call: Called<'_>) -> Option<Value> {
        let [expr] = self.exactly(call)?;
        let value = self.relocated(|checker| checker.value(expr))?;
        // It is a value, as of any function.
        self.decay(value)
    }

    fn kind_of_question(&mut self, expr: &ast::Expr) -> Option<u32> {
        let (kind, _) = self.constant(expr)?;
        let kind = u32::try_from(kind).ok();
        if kind.is_none() {
            self.error(expr.span, "there is no such question about types".to_owned());
        }
        kind
    }

    /// `__builtin_preserve_field_info(place, kind)`
    pub(super) fn field_info(&mut self, call: Called<'_>) -> Option<Expr> {
        let [field, kind] = self.exactly(call)?;
        let (place, kind) = (self.asked_field(field), self.kind_of_question(kind));
        let question = CoreQuestion::Field(place?, kind?);
        Some(self.built(Builtin::Core(question), Basic::UnsignedInt, call.span))
    }

    fn asked_field(&mut self, field: &ast::Expr) -> Option<Place> {
        let place = match self.relocated(|checker| checker.value(field))? {
            Value::Place(place) => place,
            _ => return self.no_field(field.span),
        };
        match place.kind {
            PlaceKind::Field { .. } | PlaceKind::Index { .. } => Some(place),
            _ => self.no_field(field.span),
        }
    }

    fn no_field(&mut self, span: Span) -> Option<Place> {
        self.error(span, "this asks about a member, such as `task->pid`".to_owned());
        None
    }

    /// The type that `*(type *)0` stands for.
    fn asked_type(&mut self, expr: &ast::Expr) -> Option<Ty> {
        let value = self.unevaluated(|checker| checker.value(expr))?;
        Some(match value {
            Value::Place(place) => place.ty,
            other => self.type_of(&other),
        })
    }

    /// `__builtin_preserve_type_info(*(type *)0, kind)`
    pub(super) fn type_info(&mut self, call: Called<'_>) -> Option<Expr> {
        let [ty, kind] = self.exactly(call)?;
        let (ty, kind) = (self.asked_type(ty), self.kind_of_question(kind));
        // A record that is only declared is none that the kernel could have.
        ty.iter().for_each(|&ty| self.complete(ty));
        let question = CoreQuestion::Type(ty?, kind?);
        Some(self.built(Builtin::Core(question), Basic::UnsignedInt, call.span))
    }

    /// `__builtin_btf_type_id(*(type *)0, kind)`
    pub(super) fn type_id(&mut self, call: Called<'_>) -> Option<Expr> {
        let [ty, kind] = self.exactly(call)?;
        let (ty, kind) = (self.asked_type(ty), self.kind_of_question(kind));
        // A record that is only declared is none that the kernel could have.
        ty.iter().for_each(|&ty| self.complete(ty));
        let builtin = Builtin::TypeId(ty?, kind?.into());
        Some(self.built(builtin, Basic::UnsignedLong, call.span))
    }

    /// `__builtin_preserve_enum_value(*(type *)name, kind)`
    pub(super) fn enum_value(&mut self, call: Called<'_>) -> Option<Expr> {
        let [asked, kind] = self.exactly(call)?;
        let (asked, kind) = (self.asked_enumerator(asked), self.kind_of_question(kind));
        let (ty, index) = asked?;
        let question = CoreQuestion::Enumerator(ty, index, kind?);
        Some(self.built(Builtin::Core(question), Basic::UnsignedLong, call.span))
    }

    fn asked_enumerator(&mut self, asked: &ast::Expr) -> Option<(Ty, usize)> {
        if let ast::ExprKind::Unary(UnaryOp::Deref, inner) = &asked.kind
            && let ast::ExprKind::Cast(ty, of) = &inner.kind
            && let ast::ExprKind::Name(name) = &of.kind
        {
            let ty = self.type_name(ty).and_then(|ty| self.types.pointee(ty))?;
            let value = match self.look_up(*name) {
                Some(Entity::Enumerator(number, index)) => Some((number, index)),
                None => {
                    self.undeclared(*name, of.span, "constant");
                    return None;
                }
                _ => None,
            };
            if let (TypeKind::Enum(number), Some((of, index))) = (self.types.bare_kind(ty), value)
                && *number == of
            {
                return Some((ty, index));
            }
        }
        self.error(
            asked.span,
            "this asks about a name of an enumeration, as `*(enum type *)NAME`".to_owned(),
        );
        None
    }
}
