//! Calls of functions of imported objects, by the types that the objects have for them.
use super::body::Body;
use super::calls::Made;
use super::convert::{cast, kept};
use crate::ast;
use crate::typed::{Expr, ExprKind, Space, StmtKind, Type, TypeSet};
use osmia_base::{Diagnostic, Span};
use osmia_btf::{Btf, Kind, Param, TypeId};

/// So many registers hold arguments (RFC 9669, section 2.1).
const MAX_ARGS: usize = 5;

/// Whether a pointer leads to numbers of another size than `want`, which would be read wrongly.
fn other_numbers(want: &Type, given: &Type) -> bool {
    let Type::Pointer { to: given, .. } = given else { return false };
    matches!((want, &**given), (Type::Int { size: want, .. }, Type::Int { size: given, .. }) if want != given)
}

/// A function of an imported object.
#[derive(Clone, Copy, Debug)]
pub(super) struct External {
    /// Which object.
    import: u16,
    proto: TypeId,
}

impl Body<'_, '_> {
    /// The function of this name; the first object that has one.
    pub(super) fn external(&self, name: &str) -> Option<External> {
        let mut imports = (0..).zip(&self.options().imports);
        imports.find_map(|(import, it)| Some(External { import, proto: *it.functions.get(name)? }))
    }

    /// A call of it.
    pub(super) fn call_external(
        &mut self,
        External { import, proto }: External,
        name: &str,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Made> {
        let btf = self.types().set(TypeSet::Import(import))?;
        let Ok(Kind::FuncProto { ret, params }) = btf.get(proto).map(|ty| ty.kind) else { return None };
        if params.len() > MAX_ARGS {
            let text = format!("{name}() takes {} arguments; BPF passes {MAX_ARGS} at most", params.len());
            self.error(span, text);
            return None;
        }
        if params.len() != args.len() {
            let (wants, got) = (params.len(), args.len());
            self.error(span, format!("Function `{name}` requires {wants} arguments, got only {got}"));
            return None;
        }
        let given: Vec<Option<Expr>> = args
            .iter()
            .zip(&params)
            .map(|(arg, param)| self.given_to_external(name, import, arg, param))
            .collect();
        let args = given.into_iter().collect::<Option<Vec<Expr>>>()?;
        let kind = ExprKind::External { import, function: name.to_owned(), args };
        if btf.resolve(ret).is_void() {
            return Some(Made::Stmts(vec![StmtKind::Expr(Expr { kind, ty: Type::None, span })]));
        }
        let ty = self.external_type(btf, import, ret);
        if !ty.is_scalar() {
            self.error(
                span,
                format!("what {name}() returns ({}) is no number and no pointer", btf.type_name(ret)),
            );
            return None;
        }
        Some(Made::Value(Expr { kind, ty, span }))
    }

    /// An argument as the parameter wants it. Pointers to structures are not told apart: the verifier does that.
    fn given_to_external(
        &mut self,
        function: &str,
        import: u16,
        arg: &ast::Expr,
        param: &Param,
    ) -> Option<Expr> {
        let value = kept(self.expr(arg)?);
        let btf = self.types().set(TypeSet::Import(import))?;
        let want = self.external_type(btf, import, param.ty);
        let fitting = match &want {
            Type::Pointer { to, .. } if matches!(value.ty, Type::Pointer { .. }) => {
                Some(value.clone()).filter(|value| !other_numbers(to, &value.ty))
            }
            // Text and structures go by their address.
            Type::Pointer { .. } if !value.ty.is_scalar() && value.ty != Type::None => {
                Some(cast(value.clone(), want.clone()))
            }
            Type::Pointer { .. } if value.ty == Type::None && !self.session.last_reading => {
                Some(Expr { ty: want.clone(), ..value.clone() })
            }
            Type::Pointer { .. } => None,
            _ if want.is_scalar() => self.fit(value.clone(), &want),
            _ => None,
        };
        if fitting.is_none() {
            let wanted = self.wanted_text(btf, param.ty, &want);
            let got = self.type_text(&value.ty);
            let of =
                if param.name.is_empty() { String::new() } else { format!(" for argument `{}`", param.name) };
            let message = Diagnostic::error(arg.span, format!("Expected {wanted}{of} got {got}"));
            self.report(message.hint(format!(
                "{function}() is a function of {}",
                self.options().imports[usize::from(import)].name
            )));
        }
        fitting
    }

    /// What a parameter wants: numbers by the script's names for them, the rest by those of C.
    fn wanted_text(&self, btf: &Btf, id: TypeId, want: &Type) -> String {
        let number = match want {
            Type::Pointer { to, .. } => to,
            other => other,
        };
        match number {
            Type::Int { .. } | Type::Bool => self.type_text(want),
            _ => btf.type_name(id),
        }
    }

    /// A type of an object. Structures that the kernel has too are the kernel's: their fields are found where they are here.
    fn external_type(&self, btf: &Btf, import: u16, id: TypeId) -> Type {
        let set = TypeSet::Import(import);
        let ty = self.types().convert(set, id, Space::Kernel);
        let Type::Pointer { to, space } = &ty else { return ty };
        let Type::Composite { of, .. } = &**to else { return ty };
        let known = self.types().named(&btf.type_name(of.id)).filter(|known| known.set != set);
        match known {
            Some(known) => {
                let to = self.types().convert(known.set, known.id, *space);
                Type::Pointer { to: Box::new(to), space: *space }
            }
            None => ty,
        }
    }
}
