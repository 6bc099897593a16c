//! From specifiers to types.
use super::Checker;
use super::attributes::{Attributes, Mode};
use super::scope::Entity;
use crate::Name;
use crate::ast::{Basic, Declarator, Specifiers, TypeName, TypeSpec};
use crate::types::{Ty, TypeKind};
use osmia_base::Span;

/// What stands before declarators, understood.
#[derive(Debug)]
pub(super) struct Base {
    /// The type; none where an error was told, or where it is that of the initializer.
    pub(super) ty: Option<Ty>,
    /// `__auto_type`
    pub(super) auto: bool,
    pub(super) attributes: Attributes,
}

impl Checker<'_> {
    /// The type that specifiers name.
    pub(super) fn base(&mut self, specifiers: &Specifiers) -> Base {
        let attributes = self.attributes(&specifiers.attributes);
        let ty = self.spec(&specifiers.ty, specifiers.span, &attributes);
        let auto = matches!(specifiers.ty, TypeSpec::Auto);
        let Some(mut ty) = ty else { return Base { ty: None, auto, attributes } };
        if let Some(mode) = attributes.mode {
            ty = self.of_mode(ty, mode);
        }
        ty = self.types.qualified(specifiers.qualifiers, ty);
        ty = self.tagged(ty, &attributes.type_tags);
        Base { ty: Some(ty), auto, attributes }
    }

    /// A type with `btf_type_tag`s around it.
    pub(super) fn tagged(&mut self, ty: Ty, tags: &[Box<str>]) -> Ty {
        tags.iter().fold(ty, |ty, tag| self.types.add(TypeKind::Tagged(tag.clone(), ty)))
    }

    /// The type of what a declarator declares, with what the attributes behind it say.
    pub(super) fn declared_type(
        &mut self,
        base: Ty,
        declarator: &Declarator,
        own: &Attributes,
    ) -> Option<Ty> {
        let ty = self.declarator(base, declarator)?;
        Some(own.mode.map_or(ty, |mode| self.of_mode(ty, mode)))
    }

    /// The whole number of another size that `mode(…)` makes of one.
    fn of_mode(&mut self, ty: Ty, mode: Mode) -> Ty {
        let Some(integer) = self.types.integer(ty) else {
            let text = self.spell(ty);
            self.error(mode.span, format!("`mode` changes the size of whole numbers, not of `{text}`"));
            return ty;
        };
        let basic = match (mode.bytes, integer.signed) {
            (1, true) => Basic::SignedChar,
            (1, false) => Basic::UnsignedChar,
            (2, true) => Basic::Short,
            (2, false) => Basic::UnsignedShort,
            (4, true) => Basic::Int,
            (4, false) => Basic::UnsignedInt,
            (8, true) => Basic::Long,
            (8, false) => Basic::UnsignedLong,
            (_, true) => Basic::Int128,
            (_, false) => Basic::UnsignedInt128,
        };
        let basic = self.types.basic(basic);
        self.types.qualified(self.types.qualifiers(ty), basic)
    }

    fn spec(&mut self, spec: &TypeSpec, span: Span, attributes: &Attributes) -> Option<Ty> {
        match spec {
            TypeSpec::Basic(basic) => Some(self.types.basic(*basic)),
            TypeSpec::Record(spec) => self.record_type(spec, span),
            TypeSpec::Enum(spec) => self.enum_type(spec, attributes, span),
            TypeSpec::Named(name) => self.named_type(name.node, name.span),
            TypeSpec::TypeofExpr(expr) => {
                let value = self.unevaluated(|checker| checker.value(expr))?;
                Some(self.type_of(&value))
            }
            TypeSpec::TypeofType(name) => self.type_name(name),
            TypeSpec::Unqualified(inner) => {
                self.spec(inner, span, attributes).map(|ty| self.types.unqualified(ty))
            }
            TypeSpec::Auto => None,
        }
    }

    fn named_type(&mut self, name: Name, span: Span) -> Option<Ty> {
        match self.look_up(name) {
            Some(Entity::Typedef(ty)) => Some(ty),
            Some(Entity::Unknown) => None,
            Some(_) => {
                let text = self.text(name);
                self.error(span, format!("`{text}` is not a type"));
                None
            }
            None => {
                self.undeclared(name, span, "type");
                None
            }
        }
    }

    /// The type that stands where an expression may stand.
    pub(super) fn type_name(&mut self, name: &TypeName) -> Option<Ty> {
        let base = self.base(&name.specifiers);
        if base.auto {
            self.error(name.span, "`__auto_type` needs an initializer".to_owned());
        }
        self.declarator(base.ty?, &name.declarator)
    }
}
