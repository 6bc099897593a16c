//! Numbers in definitions: how long an array is, how wide a bit-field.
use super::{LARGEST, Laid, MAX_DEPTH, Maker};
use crate::ast::{CAttributes, CField, Expr, ExprKind, TypeName, TypeNameKind, TypeOrExpr};
use crate::constant;

/// How long it may take to find out a number: definitions may stand for each other.
const MAX_STEPS: u32 = 10_000;

/// How many values may be open at a time.
const MAX_VALUES: u32 = 200;

/// What it has taken to find out a number so far: in `sizeof` there may be others.
#[derive(Debug, Default)]
pub(super) struct Effort {
    steps: u32,
    /// Values that are open.
    depth: u32,
}

impl Maker<'_> {
    /// A number that is known, or an error.
    pub(super) fn number(&mut self, expr: &Expr) -> Option<i64> {
        let number = self.value(expr);
        if number.is_none() {
            self.diagnostics.error(expr.span, "a number is expected here");
        }
        number.map(|number| number as i64)
    }

    fn value(&mut self, expr: &Expr) -> Option<i128> {
        if self.effort.depth == 0 {
            self.effort.steps = 0;
        }
        self.effort.steps += 1;
        if self.effort.steps > MAX_STEPS || self.effort.depth > MAX_VALUES {
            return None;
        }
        self.effort.depth += 1;
        let value = self.value_of(expr);
        self.effort.depth -= 1;
        value
    }

    fn value_of(&mut self, expr: &Expr) -> Option<i128> {
        match &expr.kind {
            ExprKind::Integer(value) => Some(i128::from(*value)),
            ExprKind::Bool(value) => Some(i128::from(*value)),
            ExprKind::Unary(op, inner) => Some(constant::unary(*op, self.value(inner)?)),
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                Some(constant::binary(*op, a, b))
            }
            ExprKind::Ternary(condition, a, b) => {
                let chosen = if self.value(condition)? != 0 { a } else { b };
                self.value(chosen)
            }
            ExprKind::Sizeof(of) => self.size_of(of).map(i128::from),
            ExprKind::Ident(name) => match self.enumerators.get(name) {
                Some(value) => Some(i128::from(*value)),
                None => {
                    let defines = self.defines;
                    self.value(defines.get(name)?)
                }
            },
            _ => None,
        }
    }

    fn size_of(&mut self, of: &TypeOrExpr) -> Option<u32> {
        match of {
            TypeOrExpr::Type(ty) => self.type_name(ty, MAX_DEPTH).map(|laid| laid.size),
            TypeOrExpr::Expr(Expr { kind: ExprKind::Ident(name), span }) => {
                let ty = TypeName { kind: TypeNameKind::Named(name.clone()), span: *span };
                self.type_name(&ty, MAX_DEPTH).map(|laid| laid.size)
            }
            TypeOrExpr::Expr(_) => None,
        }
    }

    /// To how many bytes attributes want it aligned, where they do.
    pub(super) fn aligned(&mut self, attributes: &CAttributes) -> Option<u32> {
        let mut most = None;
        for wanted in &attributes.aligned {
            match self.number(wanted).map(u32::try_from) {
                None => {}
                Some(Ok(bytes)) if bytes.is_power_of_two() && bytes <= LARGEST => {
                    most = most.max(Some(bytes));
                }
                Some(_) => {
                    self.diagnostics.error(wanted.span, "an alignment is a power of two, up to 512 MB");
                }
            }
        }
        most
    }

    /// How many bits a bit-field has.
    pub(super) fn width(&mut self, field: &CField, bits: &Expr, laid: Laid) -> Option<u8> {
        let width = self.number(bits)?;
        let most = i64::from(laid.size.min(8)) * 8;
        let least = i64::from(field.name.is_some());
        let fitting = (least..=most).contains(&width).then(|| u8::try_from(width).ok()).flatten();
        if fitting.is_none() {
            self.diagnostics.error(bits.span, format!("a bit-field of this type has {least} to {most} bits"));
        }
        fitting
    }
}
