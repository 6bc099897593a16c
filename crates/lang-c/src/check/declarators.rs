//! From declarators to types.
use super::Checker;
use super::attributes::Attributes;
use crate::ast::{Declarator, Expr, Param, Part};
use crate::types::{Signature, Ty, TypeKind};
use osmia_base::{Span, Spanned};

/// So many types may be made of each other.
const MAX_DEPTH: u32 = 200;

/// A parameter, understood.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: Option<Spanned<crate::Name>>,
    pub(super) ty: Ty,
    pub(super) attributes: Attributes,
    pub(super) span: Span,
}

impl Checker<'_> {
    /// The type of what is declared.
    pub(super) fn declarator(&mut self, base: Ty, declarator: &Declarator) -> Option<Ty> {
        self.parts(base, &declarator.parts, declarator.span)
    }

    fn parts(&mut self, base: Ty, parts: &[Part], span: Span) -> Option<Ty> {
        let mut ty = base;
        for part in parts.iter().rev() {
            ty = self.part(ty, part, span)?;
            if self.types.depth(ty) > MAX_DEPTH {
                self.error(
                    span,
                    format!("this type is made of more than {MAX_DEPTH} others, one in the other"),
                );
                return None;
            }
        }
        Some(ty)
    }

    fn part(&mut self, ty: Ty, part: &Part, span: Span) -> Option<Ty> {
        match part {
            Part::Pointer { qualifiers, attributes } => {
                let attributes = self.attributes(attributes);
                let pointer = self.types.pointer(ty);
                let pointer = self.types.qualified(*qualifiers, pointer);
                Some(self.tagged(pointer, &attributes.type_tags))
            }
            Part::Array { length } => self.array(ty, length.as_deref(), span),
            Part::Function { params, variadic } => {
                let params = self.params(params)?;
                self.function_type(ty, &params, *variadic, span)
            }
        }
    }

    fn array(&mut self, element: Ty, length: Option<&Expr>, span: Span) -> Option<Ty> {
        if matches!(self.types.bare_kind(element), TypeKind::Function(_)) {
            self.error(span, "functions are no elements of arrays: pointers to them may be".to_owned());
            return None;
        }
        self.size_of(element, span)?;
        let Some(length) = length else { return Some(self.types.add(TypeKind::Array(element, None))) };
        let (value, ty) = self.constant_or(length, "the length of an array is a constant number in BPF: its stack is laid out when the program is compiled")?;
        let signed = self.types.integer(ty).is_none_or(|integer| integer.signed);
        if signed && value < 0 {
            self.error(length.span, format!("this array would have {value} elements"));
            return None;
        }
        let array = self.types.add(TypeKind::Array(element, Some(value.cast_unsigned())));
        if self.types.size(array).is_none_or(|size| size > i64::MAX as u64 / 8) {
            self.error(length.span, "this array is longer than any memory".to_owned());
            return None;
        }
        Some(array)
    }

    pub(super) fn function_type(
        &mut self,
        result: Ty,
        params: &[Parameter],
        variadic: bool,
        span: Span,
    ) -> Option<Ty> {
        match self.types.bare_kind(result) {
            TypeKind::Function(_) => {
                self.error(span, "a function returns no function: a pointer to one".to_owned())
            }
            TypeKind::Array(..) => {
                self.error(span, "a function returns no array: a pointer, or a struct".to_owned())
            }
            _ => {
                let params =
                    params.iter().map(|param| (param.name.map(|name| name.node), param.ty)).collect();
                return Some(self.types.add(TypeKind::Function(Signature { result, params, variadic })));
            }
        }
        None
    }

    /// The types of parameters: arrays and functions are pointers.
    pub(super) fn params(&mut self, params: &[Param]) -> Option<Vec<Parameter>> {
        let all: Vec<Option<Parameter>> = params.iter().map(|param| self.param(param)).collect();
        all.into_iter().collect()
    }

    fn param(&mut self, param: &Param) -> Option<Parameter> {
        let base = self.base(&param.specifiers);
        let own = self.attributes(&param.declarator.attributes);
        let span = param.declarator.name.map_or(param.declarator.span, |name| name.span);
        if base.auto {
            self.error(param.specifiers.span, "`__auto_type` is no type of a parameter".to_owned());
        }
        let ty = base.ty?;
        let ty = match param.declarator.parts.split_first() {
            // The length of the first dimension means nothing.
            Some((Part::Array { .. }, rest)) => {
                let element = self.parts(ty, rest, param.declarator.span)?;
                self.types.pointer(element)
            }
            _ => self.declared_type(ty, &param.declarator, &own)?,
        };
        let ty = match self.types.bare_kind(ty) {
            TypeKind::Function(_) => self.types.pointer(ty),
            TypeKind::Array(element, _) => {
                let element = *element;
                self.types.pointer(element)
            }
            _ => ty,
        };
        if self.types.is_void(ty) {
            self.error(param.specifiers.span, "`void` is no type of a parameter".to_owned());
            return None;
        }
        Some(Parameter { name: param.declarator.name, ty, attributes: base.attributes.and(own), span })
    }
}
