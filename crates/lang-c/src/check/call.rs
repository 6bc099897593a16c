//! Calls of functions, helpers and pointers.
use super::Checker;
use super::convert::Given;
use super::make::Value;
use crate::ast::{self, Basic};
use crate::typed::{Arg, Callee, Expr, ExprKind, GlobalData, Linkage, Place, PlaceKind};
use crate::types::{Signature, Ty, TypeKind};
use osmia_base::{Diagnostic, Span};

impl Checker<'_> {
    /// `f(args)`
    pub(super) fn call(&mut self, callee: &ast::Expr, args: &[ast::Expr], span: Span) -> Option<Value> {
        if let ast::ExprKind::Name(name) = &callee.kind
            && let Some(builtin) = self.builtin(*name)
        {
            return self.call_builtin(builtin, *name, args, span);
        }
        let values: Vec<Option<Value>> = args.iter().map(|arg| self.value(arg)).collect();
        let (callee, signature) = self.callee(callee)?;
        let result = signature.result;
        let args = self.arguments(&callee, &signature, values, span)?;
        self.called(callee, result, args, span)
    }

    fn called(&mut self, callee: Callee, result: Ty, args: Vec<Arg>, span: Span) -> Option<Value> {
        let void = self.types.is_void(result);
        let call = self.of(ExprKind::Call(callee, args), result, span);
        if void || self.types.is_scalar(result) {
            return Some(Value::Scalar(call));
        }
        self.size_of(result, span)?;
        let local = self.temporary(result, span)?;
        let ty = self.types.unqualified(result);
        Some(Value::Place(Place { kind: PlaceKind::Call(Box::new(call), local), ty, span }))
    }

    fn callee(&mut self, callee: &ast::Expr) -> Option<(Callee, Signature)> {
        let value = self.value(callee)?;
        if let Value::Function(function, _) = value {
            return Some((Callee::Function(function), self.functions[function].signature.clone()));
        }
        let expr = self.scalar_of(value)?;
        let to = self.types.pointee(expr.ty);
        let signature = match to.map(|to| self.types.bare_kind(to)) {
            Some(TypeKind::Function(signature)) => signature.clone(),
            _ => {
                let text = self.spell(expr.ty);
                self.error(callee.span, format!("this is of type `{text}`, and functions alone are called"));
                return None;
            }
        };
        let callee = match self.helper(&expr) {
            Some(number) => Callee::Helper(number),
            None => match expr.kind {
                ExprKind::FunctionAddress(function) => Callee::Function(function),
                _ => Callee::Pointer(Box::new(expr)),
            },
        };
        Some((callee, signature))
    }

    /// The helper that a pointer leads to: its value is a small number, written out or in a variable that nobody changes.
    pub(super) fn helper(&self, expr: &Expr) -> Option<u32> {
        let mut at = expr;
        while let ExprKind::Convert(of) = &at.kind {
            at = of;
        }
        let number = match &at.kind {
            ExprKind::Load(Place { kind: PlaceKind::Global(global), ty, .. }) => {
                let global = &self.globals[*global];
                let fixed = global.symbol.linkage == Linkage::Static || self.types.qualifiers(*ty).constant;
                number_of(global.data.as_ref().filter(|_| fixed)?)?
            }
            _ => self.fold(at)?,
        };
        u32::try_from(number).ok().filter(|number| *number != 0)
    }

    fn arguments(
        &mut self,
        callee: &Callee,
        signature: &Signature,
        values: Vec<Option<Value>>,
        span: Span,
    ) -> Option<Vec<Arg>> {
        let (have, want) = (values.len(), signature.params.len());
        if have < want || have > want && !signature.variadic {
            self.wrong_count(callee, signature, have, span);
            return None;
        }
        let mut args = Vec::with_capacity(have);
        let mut params = signature.params.iter();
        for value in values {
            let arg = match (params.next(), value) {
                (_, None) => None,
                (Some((name, ty)), Some(value)) => {
                    let name = name.map(|name| self.names.text(name));
                    let role = name.map_or_else(
                        || "this parameter".to_owned(),
                        |name| format!("the parameter `{name}`"),
                    );
                    let at = value.span();
                    self.given(value, *ty, &role, at)
                }
                (None, Some(value)) => self.extra(value),
            };
            args.push(match arg {
                None => None,
                Some(Given::Scalar(expr)) => Some(Arg::Scalar(expr)),
                Some(Given::Record(place)) => Some(Arg::Record(place)),
            });
        }
        args.into_iter().collect()
    }

    /// An argument that no parameter stands for: registers have 64 bits.
    fn extra(&mut self, value: Value) -> Option<Given> {
        match self.decay(value)? {
            Value::Place(place) => {
                self.size_of(place.ty, place.span)?;
                Some(Given::Record(place))
            }
            value => {
                let expr = self.scalar_of(value)?;
                let expr = self.promote(expr);
                Some(Given::Scalar(match self.types.integer(expr.ty) {
                    Some(integer) if integer.signed => self.convert_basic(expr, Basic::Long),
                    Some(_) => self.convert_basic(expr, Basic::UnsignedLong),
                    None => expr,
                }))
            }
        }
    }

    fn wrong_count(&mut self, callee: &Callee, signature: &Signature, have: usize, span: Span) {
        let want = signature.params.len();
        let least = if signature.variadic { "at least " } else { "" };
        let plural = if want == 1 { "" } else { "s" };
        let mut diagnostic = Diagnostic::error(
            span,
            format!("this takes {least}{want} argument{plural}, and has {have} here"),
        );
        let names: Vec<String> =
            signature.params.iter().map(|(name, ty)| self.spell_param(*name, *ty)).collect();
        if !names.is_empty() {
            diagnostic = diagnostic.hint(format!("they are: {}", names.join(", ")));
        }
        if let Callee::Function(function) = callee {
            let at = self.functions[*function].symbol.span;
            // Those of the kernel's types are declared nowhere.
            if at != Span::NOWHERE {
                diagnostic = diagnostic.label(at, "it is declared here");
            }
        }
        self.diagnostics.push(diagnostic);
    }

    fn spell_param(&self, name: Option<crate::Name>, ty: Ty) -> String {
        let ty = self.spell(ty);
        match name {
            None => format!("`{ty}`"),
            Some(name) if ty.ends_with('*') => format!("`{ty}{}`", self.names.text(name)),
            Some(name) => format!("`{ty} {}`", self.names.text(name)),
        }
    }
}

/// The number that a variable of 8 bytes holds at first.
fn number_of(data: &GlobalData) -> Option<i64> {
    let bytes: [u8; 8] = data.bytes.as_slice().try_into().ok()?;
    data.addresses.is_empty().then(|| i64::from_le_bytes(bytes))
}
