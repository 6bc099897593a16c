//! Parts of values: members, elements, bytes.
use super::arithmetic::{integer_parts, literal, literal_value};
use super::body::Body;
use super::comptime::known;
use super::convert::convert;
use super::expr::number;
use super::system_calls;
use crate::ast::{self, BinaryOp};
use crate::attach_point::ITERATOR;
use crate::probes::Provider;
use crate::typed::{Expr, ExprKind, Type};
use osmia_base::{Diagnostic, Span};

impl Body<'_, '_> {
    pub(super) fn field(&mut self, base: &ast::Expr, name: &ast::Name, span: Span) -> Option<Expr> {
        let of_probe = match &base.kind {
            ast::ExprKind::Ident(word) => word == "args" || (word == "ctx" && self.facts.context.is_some()),
            _ => false,
        };
        if of_probe {
            return self.argument(name, span);
        }
        let base = self.expr(base)?;
        self.field_of(base, name, span)
    }

    fn argument(&mut self, name: &ast::Name, span: Span) -> Option<Expr> {
        self.depends_on_point |= !system_calls::alike(self.facts, self.points, &name.node);
        let found = self.facts.argument(&self.types(), &name.node, span);
        if found.is_some() {
            return found;
        }
        let names = self.facts.argument_names(&self.types());
        let message = if names.is_empty() {
            Diagnostic::error(span, self.facts.no_arguments())
                .hint("args is known where types are: for tracepoints, for what the kernel's BTF describes, and for functions with parameters in files with debug information; arg0, arg1, … are known everywhere else")
        } else {
            let text = match self.facts.provider {
                Provider::Tracepoint => format!(
                    "Struct/union of type 'struct {}_args' does not contain a field named '{}'",
                    self.facts.name, name.node
                ),
                Provider::Iter => format!(
                    "Struct/union of type 'struct {}' does not contain a field named '{}'",
                    self.facts.name.replacen("iter:", ITERATOR, 1),
                    name.node
                ),
                _ => format!("Can't find function parameter {}", name.node),
            };
            Diagnostic::error(span, text)
                .suggest(&name.node, names.iter().map(String::as_str))
                .hint(format!("there are: {}", names.join(", ")))
        };
        self.report(message);
        None
    }

    fn field_of(&mut self, base: Expr, name: &ast::Name, span: Span) -> Option<Expr> {
        let mut base = base;
        while matches!(&base.ty, Type::Pointer { to, .. } if **to != Type::None) {
            let base_span = base.span;
            base = self.deref(base, base_span)?;
        }
        if let (ExprKind::Tuple(parts), Type::Record(names)) = (&base.kind, &base.ty)
            && let Some(index) = names.iter().position(|(known, _)| *known == name.node)
            && parts.iter().all(|part| known(part).is_some())
        {
            return parts.get(index).map(|part| Expr { span, ..part.clone() });
        }
        match &base.ty {
            Type::Composite { of, space, .. } => {
                let of = *of;
                match self.types().member(of, &name.node, *space) {
                    Some((member, ty)) => {
                        Some(Expr { kind: ExprKind::Field { base: Box::new(base), member }, ty, span })
                    }
                    None => {
                        let spelled = self.types().spell(of);
                        let names = self.types().members(of);
                        let message = format!(
                            "Struct/union of type '{spelled}' does not contain a field named '{}'",
                            name.node
                        );
                        self.report(
                            Diagnostic::error(span, message)
                                .suggest(&name.node, names.iter().map(String::as_str)),
                        );
                        None
                    }
                }
            }
            Type::Record(parts) => match parts.iter().position(|(known, _)| *known == name.node) {
                Some(index) => {
                    let ty = parts[index].1.clone();
                    Some(Expr { kind: ExprKind::Part(Box::new(base), index), ty, span })
                }
                None => {
                    let names: Vec<String> = parts.iter().map(|(known, _)| known.clone()).collect();
                    let message = format!("Record does not contain a field named '{}'", name.node);
                    self.report(
                        Diagnostic::error(span, message)
                            .suggest(&name.node, names.iter().map(String::as_str)),
                    );
                    None
                }
            },
            Type::None if !self.session.last_reading => Some(Expr { span, ..base }),
            other => {
                let text = self.type_text(other);
                self.error(
                    span,
                    format!("Can not access field '{}' on expression of type '{text}'", name.node),
                );
                None
            }
        }
    }

    pub(super) fn part(&mut self, base: &ast::Expr, index: u32, span: Span) -> Option<Expr> {
        let base = self.expr(base)?;
        self.part_of(base, index, span)
    }

    fn part_of(&mut self, base: Expr, index: u32, span: Span) -> Option<Expr> {
        match &base.ty {
            Type::Tuple(parts) => match parts.get(index as usize) {
                Some(ty) => {
                    let ty = ty.clone();
                    Some(Expr { kind: ExprKind::Part(Box::new(base), index as usize), ty, span })
                }
                None => {
                    let count = parts.len();
                    self.error(
                        span,
                        format!("Invalid tuple index: {index}. Found {count} elements in tuple."),
                    );
                    None
                }
            },
            Type::None if !self.session.last_reading => Some(Expr { span, ..base }),
            other => {
                let text = self.type_text(other);
                self.error(span, format!("Can not access index '{index}' on expression of type '{text}'"));
                None
            }
        }
    }

    pub(super) fn index(&mut self, base: &ast::Expr, index: &ast::Expr, span: Span) -> Option<Expr> {
        let base = self.expr(base)?;
        let index = self.expr(index)?;
        match &base.ty {
            Type::Tuple(_) => match literal_value(&index).and_then(|known| u32::try_from(known).ok()) {
                Some(known) => self.part_of(base, known, span),
                None => {
                    self.error(span, "Array-style access for tuples only valid for integer literals");
                    None
                }
            },
            Type::Array { element, count, .. } => {
                let (ty, count) = ((**element).clone(), *count);
                self.element(base, index, ty, count, span)
            }
            Type::Str { capacity } => {
                let count = *capacity;
                self.element(base, index, Type::int(1, true), count, span)
            }
            Type::Pointer { to, .. } if **to == Type::None => {
                self.error(
                    span,
                    "The array index operator [] cannot be used on a pointer to an unsized type (void *).",
                );
                None
            }
            Type::Pointer { .. } => {
                let index = self.position(index, span)?;
                let element = self.pointer_sum(BinaryOp::Add, base, index, span)?;
                self.deref(element, span)
            }
            Type::None if !self.session.last_reading => Some(base),
            other => {
                let text = self.type_text(other);
                self.error(
                    span,
                    format!("The array index operator [] can only be used on arrays, pointers, and tuples, found {text}."),
                );
                None
            }
        }
    }

    /// Element `index` of so many; 0 for not known how many.
    fn element(&mut self, base: Expr, index: Expr, ty: Type, count: u32, span: Span) -> Option<Expr> {
        let index = self.position(index, span)?;
        if let Some(known) = literal_value(&index)
            && count > 0
            && known >= i128::from(count)
        {
            self.error(span, format!("the index {known} is out of bounds for array of size {count}"));
            return None;
        }
        let index = Box::new(convert(index, &Type::INT64)?);
        Some(Expr { kind: ExprKind::Index { base: Box::new(base), index }, ty, span })
    }

    /// An index: never negative.
    fn position(&mut self, index: Expr, span: Span) -> Option<Expr> {
        match integer_parts(&index.ty) {
            Some((_, signed, flexible)) if !signed || flexible => Some(index),
            None if index.ty == Type::None && !self.session.last_reading => Some(number(0, index.span)),
            _ => {
                let text = self.type_text(&index.ty);
                self.error(
                    span,
                    format!(
                        "The array index operator [] only accepts non-negative integer indices. Got: {text}"
                    ),
                );
                None
            }
        }
    }

    pub(super) fn offset_of(&mut self, of: &ast::TypeOrExpr, path: &[ast::Name], span: Span) -> Option<Expr> {
        let mut ty = self.type_or_expr(of, "offsetof")?;
        let mut bits = 0;
        for name in path {
            let Type::Composite { of, space, .. } = &ty else {
                let text = self.type_text(&ty);
                self.error(span, format!("'{text}' is not a C type."));
                return None;
            };
            let Some((member, next)) = self.types().member(*of, &name.node, *space) else {
                let spelled = self.types().spell(*of);
                let names = self.types().members(*of);
                let message =
                    Diagnostic::error(span, format!("'{spelled}' has no field named '{}'", name.node));
                self.report(message.suggest(&name.node, names.iter().map(String::as_str)));
                return None;
            };
            bits += member.bit_offset;
            ty = next;
        }
        Some(literal(i128::from(bits / 8), span))
    }
}
