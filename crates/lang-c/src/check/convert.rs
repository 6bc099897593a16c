//! From one type to another: promotions, arithmetic, assignment.
use super::Checker;
use super::constant::number_in;
use super::make::Value;
use crate::ast::{Basic, Qualifiers};
use crate::typed::{Expr, ExprKind, Place};
use crate::types::{Signature, Ty, TypeKind};
use osmia_base::{Diagnostic, Span};

/// What is given to a place, a parameter, or a caller.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Scalar(Expr),
    Record(Place),
}

/// How two pointers agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Fits,
    /// Only without `const` or `volatile` of what is pointed to.
    LosesQualifiers,
    Differs,
}

/// So many types are looked at to see whether two agree; beyond that they are taken to.
const MAX_COMPARED: u32 = 4096;

impl Checker<'_> {
    /// The expression in another type of scalars; numbers at once.
    pub(super) fn convert(&mut self, expr: Expr, ty: Ty) -> Expr {
        let ty = self.types.unqualified(ty);
        if self.types.bare(expr.ty) == self.types.bare(ty) {
            return Expr { ty, ..expr };
        }
        if let ExprKind::Int(value) = expr.kind
            && let Some(value) = number_in(&self.types, value, ty)
        {
            return Expr { kind: ExprKind::Int(value), ty, span: expr.span };
        }
        let span = expr.span;
        Expr { kind: ExprKind::Convert(Box::new(expr)), ty, span }
    }

    /// The same, to one of C's own types.
    pub(super) fn convert_basic(&mut self, expr: Expr, basic: Basic) -> Expr {
        let ty = self.types.basic(basic);
        self.convert(expr, ty)
    }

    /// The type that a number is promoted to before arithmetic, given how many bits it has if it is a bit-field.
    pub(super) fn promoted(&self, ty: Ty, bits: Option<u32>) -> Option<Basic> {
        let basic = self.types.basic_of(ty)?;
        let integer = basic.integer()?;
        Some(match bits {
            Some(bits) if bits < 32 => Basic::Int,
            Some(32) if integer.signed => Basic::Int,
            Some(32) => Basic::UnsignedInt,
            _ if integer.size < 4 => Basic::Int,
            _ => basic,
        })
    }

    /// Integer promotion; other scalars stay.
    pub(super) fn promote(&mut self, expr: Expr) -> Expr {
        let bits = match &expr.kind {
            ExprKind::Load(place) => self.bits_of(place),
            _ => None,
        };
        match self.promoted(expr.ty, bits) {
            Some(basic) => self.convert_basic(expr, basic),
            None => expr,
        }
    }

    /// Both operands in the type that arithmetic is made in.
    pub(super) fn balance(&mut self, a: Expr, b: Expr) -> (Expr, Expr, Ty) {
        let (a, b) = (self.promote(a), self.promote(b));
        let (left, right) = (self.types.basic_of(a.ty), self.types.basic_of(b.ty));
        let common =
            self.types.basic(left.zip(right).map_or(Basic::Long, |(left, right)| common(left, right)));
        (self.convert(a, common), self.convert(b, common), common)
    }

    /// Whether a value is a null pointer as C writes it: the number zero, also as a `void *`.
    pub(super) fn is_null(&self, expr: &Expr) -> bool {
        let to_void = self
            .types
            .pointee(expr.ty)
            .is_some_and(|to| *self.types.kind(to) == TypeKind::Basic(Basic::Void));
        (to_void || self.types.integer(expr.ty).is_some()) && self.fold(expr) == Some(0)
    }

    pub(super) fn is_pointer(&self, ty: Ty) -> bool {
        self.types.pointee(ty).is_some()
    }

    /// What a value is when it is given to something of type `to`; `role` says to what.
    pub(super) fn given(&mut self, value: Value, to: Ty, role: &str, span: Span) -> Option<Given> {
        match self.decay(value)? {
            Value::Scalar(expr) => self.assigned(expr, to, role, span).map(Given::Scalar),
            Value::Place(place) => {
                if self.types.record(to).is_some() && self.compatible(place.ty, to) {
                    self.size_of(to, span)?;
                    return Some(Given::Record(place));
                }
                self.mismatch(place.ty, to, role, span);
                None
            }
            Value::Function(..) => None,
        }
    }

    fn mismatch(&mut self, from: Ty, to: Ty, role: &str, span: Span) {
        let (from, to) = (self.spell(from), self.spell(to));
        self.error(span, format!("{role} is of type `{to}`, which `{from}` does not fit"));
    }

    /// The same for scalars.
    pub(super) fn assigned(&mut self, expr: Expr, to: Ty, role: &str, span: Span) -> Option<Expr> {
        let number =
            |checker: &Self, ty: Ty| checker.types.integer(ty).is_some_and(|integer| integer.size <= 8);
        let boolean = *self.types.bare_kind(to) == TypeKind::Basic(Basic::Bool);
        let (from_pointer, to_pointer) = (self.is_pointer(expr.ty), self.is_pointer(to));
        match (from_pointer, to_pointer) {
            _ if boolean && (from_pointer || number(self, expr.ty)) => {}
            (true, true) => self.check_pointers(&expr, to, role, span),
            (false, true) if self.is_null(&expr) => {}
            // In BPF, addresses are often numbers of 64 bits (arguments of tracing programs): those are not told.
            (false, true) if self.types.size(expr.ty) == Some(8) && number(self, expr.ty) => {}
            (false, true) if number(self, expr.ty) => {
                let (from, to) = (self.spell(expr.ty), self.spell(to));
                let text = format!(
                    "{role} is of type `{to}`, and a number of type `{from}` is taken for an address"
                );
                self.diagnostics
                    .push(Diagnostic::warning(span, text).hint("write the cast where that is meant"));
            }
            (true, false) if number(self, to) && self.types.size(to) == Some(8) => {}
            (true, false) if number(self, to) => {
                let (from, to) = (self.spell(expr.ty), self.spell(to));
                let text = format!(
                    "{role} is of type `{to}`, and an address of type `{from}` is taken for a number"
                );
                self.diagnostics
                    .push(Diagnostic::warning(span, text).hint("write the cast where that is meant"));
            }
            (false, false) if number(self, expr.ty) && number(self, to) => {}
            _ => {
                if self.types.is_void(expr.ty) {
                    self.error(span, format!("{role} takes a value, and this has none"));
                } else {
                    self.mismatch(expr.ty, to, role, span);
                }
                return None;
            }
        }
        Some(self.convert(expr, to))
    }

    fn check_pointers(&mut self, expr: &Expr, to: Ty, role: &str, span: Span) {
        let fit = match (self.types.pointee(expr.ty), self.types.pointee(to)) {
            _ if self.is_null(expr) => Fit::Fits,
            (Some(from), Some(to)) => self.fit(from, to),
            _ => Fit::Fits,
        };
        let (from, to) = (self.spell(expr.ty), self.spell(to));
        match fit {
            Fit::Fits => {}
            Fit::LosesQualifiers => self.warn(
                span,
                format!("{role} is of type `{to}`: what this `{from}` points to is not to be written, or is volatile"),
            ),
            Fit::Differs => {
                self.warn(span, format!("{role} is of type `{to}`, and `{from}` points to something else"));
            }
        }
    }

    fn fit(&mut self, from: Ty, to: Ty) -> Fit {
        let (a, b) = (self.types.qualifiers(from), self.types.qualifiers(to));
        let loses = a.constant && !b.constant || a.volatile && !b.volatile;
        let void = self.types.is_void(from) || self.types.is_void(to);
        if !void && !self.similar(from, to) {
            return Fit::Differs;
        }
        if loses { Fit::LosesQualifiers } else { Fit::Fits }
    }

    /// Whether pointers to one may be taken for pointers to the other: numbers may differ in their sign.
    pub(super) fn similar(&mut self, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.types.bare(a), self.types.bare(b));
        let same_numbers = match (self.types.integer(a), self.types.integer(b)) {
            (Some(a), Some(b)) => a.size == b.size,
            _ => false,
        };
        same_numbers || self.compatible(a, b)
    }

    /// Whether two types are the same but for names, tags, and qualifiers around them.
    pub(super) fn compatible(&mut self, a: Ty, b: Ty) -> bool {
        self.agree(a, b, &mut { MAX_COMPARED })
    }

    fn agree(&self, a: Ty, b: Ty, left: &mut u32) -> bool {
        let (a, b) = (self.types.bare(a), self.types.bare(b));
        let Some(fewer) = left.checked_sub(1) else { return true };
        *left = fewer;
        if a == b {
            return true;
        }
        match (self.types.kind(a), self.types.kind(b)) {
            (TypeKind::Pointer(a), TypeKind::Pointer(b)) => {
                self.qualifiers_agree(*a, *b) && self.agree(*a, *b, left)
            }
            (TypeKind::Array(a, one), TypeKind::Array(b, other)) => {
                (one == other || one.is_none() || other.is_none()) && self.agree(*a, *b, left)
            }
            (TypeKind::Function(a), TypeKind::Function(b)) => self.signatures_agree(a, b, left),
            (TypeKind::Record(a), TypeKind::Record(b)) => {
                let (a, b) = (&self.types.records[*a], &self.types.records[*b]);
                a.kind == b.kind && a.tag.is_some() && a.tag == b.tag
            }
            (TypeKind::Enum(a), TypeKind::Enum(b)) => {
                let (a, b) = (&self.types.enums[*a], &self.types.enums[*b]);
                a.tag.is_some() && a.tag == b.tag
            }
            (TypeKind::Enum(number), TypeKind::Basic(basic))
            | (TypeKind::Basic(basic), TypeKind::Enum(number)) => {
                self.types.enums[*number].underlying == *basic
            }
            _ => false,
        }
    }

    fn qualifiers_agree(&self, a: Ty, b: Ty) -> bool {
        self.types.qualifiers(a) == self.types.qualifiers(b)
    }

    fn signatures_agree(&self, a: &Signature, b: &Signature, left: &mut u32) -> bool {
        // `()` says nothing of parameters.
        let unsaid = |signature: &Signature| signature.variadic && signature.params.is_empty();
        if !self.agree(a.result, b.result, left) {
            return false;
        }
        if unsaid(a) || unsaid(b) {
            return true;
        }
        a.variadic == b.variadic
            && a.params.len() == b.params.len()
            && a.params.iter().zip(&b.params).all(|((_, a), (_, b))| self.agree(*a, *b, left))
    }

    /// A value without places: arrays and functions are pointers, what places hold is loaded. Records stay places.
    pub(super) fn decay(&mut self, value: Value) -> Option<Value> {
        let place = match value {
            Value::Scalar(expr) => return Some(Value::Scalar(expr)),
            Value::Function(function, span) => {
                let ty = self.functions[function].ty;
                let ty = self.types.pointer(ty);
                return Some(Value::Scalar(Expr { kind: ExprKind::FunctionAddress(function), ty, span }));
            }
            Value::Place(place) => place,
        };
        let span = place.span;
        match self.types.bare_kind(place.ty) {
            TypeKind::Array(element, _) => {
                let element = *element;
                Some(Value::Scalar(self.decayed_array(place, element)))
            }
            TypeKind::Record(_) => Some(Value::Place(place)),
            TypeKind::Function(_) => Some(Value::Scalar(self.address_of(place, span))),
            TypeKind::Basic(Basic::Void) => {
                let (address, void) = (self.address_of(place, span), self.void());
                Some(Value::Scalar(self.convert(address, void)))
            }
            _ if self.types.is_scalar(place.ty) => Some(Value::Scalar(self.load(place))),
            _ => {
                let text = self.spell(place.ty);
                self.error(span, format!("BPF has no values of type `{text}`: no register holds them"));
                None
            }
        }
    }

    /// Qualifiers of both.
    pub(super) fn all_qualifiers(&self, a: Ty, b: Ty) -> Qualifiers {
        let (a, b) = (self.types.qualifiers(a), self.types.qualifiers(b));
        Qualifiers { constant: a.constant || b.constant, volatile: a.volatile || b.volatile }
    }
}

/// The type that arithmetic on two promoted numbers is made in.
fn common(a: Basic, b: Basic) -> Basic {
    let (Some(left), Some(right)) = (a.integer(), b.integer()) else { return Basic::Long };
    if left.signed == right.signed {
        return if left.rank >= right.rank { a } else { b };
    }
    let ((signed, signed_numbers), (unsigned, unsigned_numbers)) =
        if left.signed { ((a, left), (b, right)) } else { ((b, right), (a, left)) };
    if unsigned_numbers.rank >= signed_numbers.rank {
        unsigned
    } else if signed_numbers.size > unsigned_numbers.size {
        signed
    } else {
        // The signed one has the higher rank and no more bits: `long long` and `unsigned long`.
        match signed {
            Basic::Int => Basic::UnsignedInt,
            Basic::Long => Basic::UnsignedLong,
            Basic::LongLong => Basic::UnsignedLongLong,
            other => other,
        }
    }
}
