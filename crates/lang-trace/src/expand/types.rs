//! Types in a copy of a macro's body: a parameter may stand for one, or for a part of one.
use super::tree::move_span;
use super::{Argument, Expander, Frame};
use crate::ast::{Expr, ExprKind, TypeName, TypeNameKind, TypeOrExpr};

/// What a parameter means where a type stands.
enum Meaning {
    /// This type.
    Type(TypeName),
    /// A word that names a type.
    Word(String),
    /// No type.
    Other,
}

impl<'a> Expander<'a> {
    pub(super) fn type_name(&mut self, ty: &mut TypeName, around: Option<&Frame<'a>>) {
        move_span(&mut ty.span, around);
        if !self.fits(1, 1, ty.span) {
            ty.kind = TypeNameKind::Named(String::new());
            return;
        }
        self.height += 1;
        self.type_parts(ty, around);
        self.height -= 1;
    }

    fn type_parts(&mut self, ty: &mut TypeName, around: Option<&Frame<'a>>) {
        match &mut ty.kind {
            TypeNameKind::Named(_) | TypeNameKind::Tagged(..) => self.parameter(ty, around),
            TypeNameKind::Pointer(inner) => self.type_name(inner, around),
            TypeNameKind::Array(inner, length) => {
                self.type_name(inner, around);
                length.iter_mut().for_each(|length| self.expr(length, around));
            }
            TypeNameKind::Tuple(types) => types.iter_mut().for_each(|ty| self.type_name(ty, around)),
            TypeNameKind::Record(parts) => {
                for (name, ty) in parts {
                    move_span(&mut name.span, around);
                    self.type_name(ty, around);
                }
            }
            TypeNameKind::Typeof(of) => self.type_or_expr(of, around),
            // C definitions do not stand in macros.
            TypeNameKind::Defined(_) | TypeNameKind::Function => (),
        }
    }

    /// `T`, `struct T`, where `T` may be a parameter.
    fn parameter(&mut self, ty: &mut TypeName, around: Option<&Frame<'a>>) {
        let (TypeNameKind::Named(name) | TypeNameKind::Tagged(_, name)) = &ty.kind else { return };
        let Some(frame) = around else { return };
        let Some(arg) = frame.args.get(name.as_str()) else { return };
        let meaning = meaning(arg);
        match (&mut ty.kind, meaning) {
            (TypeNameKind::Named(_), Meaning::Type(given)) => ty.kind = given.kind,
            (
                TypeNameKind::Named(name) | TypeNameKind::Tagged(_, name),
                Meaning::Word(word) | Meaning::Type(TypeName { kind: TypeNameKind::Named(word), .. }),
            ) => *name = word,
            (TypeNameKind::Named(_), Meaning::Other) => {
                // A value: what is meant is its type.
                let of = TypeOrExpr::Expr(arg.value.clone());
                ty.kind = TypeNameKind::Typeof(Box::new(of));
            }
            (TypeNameKind::Tagged(tag, name), _) => {
                let text = format!(
                    "Invalid replacement for macro '{}' type parameter '{name}' which makes up the type '{} {name}'",
                    frame.definition.name.node,
                    tag.word(),
                );
                self.error(arg.value.span, text);
            }
            _ => (),
        }
    }

    /// The type that an expression of words is, if its first word is a parameter that stands for one: `T`, `T[4]`.
    pub(super) fn type_of_words(&mut self, expr: &Expr, around: Option<&Frame<'a>>) -> Option<TypeName> {
        let frame = around?;
        match &expr.kind {
            ExprKind::Ident(word) => match meaning(frame.args.get(word.as_str())?) {
                Meaning::Type(ty) => Some(ty),
                Meaning::Word(_) | Meaning::Other => None,
            },
            ExprKind::Index(base, length) => {
                let element = self.type_of_words(base, around)?;
                let mut length = length.clone();
                self.expr(&mut length, around);
                let kind = TypeNameKind::Array(Box::new(element), Some(length));
                Some(TypeName { kind, span: frame.moved(expr.span) })
            }
            _ => None,
        }
    }
}

/// `typeof(T)` is taken as `T`.
fn meaning(arg: &Argument) -> Meaning {
    match &arg.value.kind {
        ExprKind::Ident(word) => Meaning::Word(word.clone()),
        ExprKind::Type(ty) => plain(ty),
        _ => Meaning::Other,
    }
}

fn plain(ty: &TypeName) -> Meaning {
    match &ty.kind {
        TypeNameKind::Typeof(of) => match &**of {
            TypeOrExpr::Type(inner) => plain(inner),
            TypeOrExpr::Expr(Expr { kind: ExprKind::Ident(word), .. }) => Meaning::Word(word.clone()),
            TypeOrExpr::Expr(_) => Meaning::Type(ty.clone()),
        },
        _ => Meaning::Type(ty.clone()),
    }
}
