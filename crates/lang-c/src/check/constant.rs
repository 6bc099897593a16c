//! What is known when the program is compiled.
use super::Checker;
use super::initialize::Store;
use super::make::Value;
use crate::ast::{self, Basic, BinaryOp};
use crate::typed::{
    Builtin, Count, Expr, ExprKind, FunctionId, GlobalId, LocalId, Place, PlaceKind, Relocate,
};
use crate::types::{Integer, Ty, TypeKind, Types};
use std::collections::BTreeMap;

/// From where an address is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// From zero: a number.
    Zero,
    Global(GlobalId),
    Function(FunctionId),
}

/// An address that is known but for where the linker puts its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) origin: Origin,
    pub(super) offset: i64,
}

/// What is known beforehand: types, and what is in variables that nobody changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    types: &'a Types,
    globals: &'a BTreeMap<GlobalId, i64>,
    locals: Option<&'a BTreeMap<LocalId, i64>>,
}

/// The number that an expression is, if that is known without running it.
fn fold(facts: Facts<'_>, expr: &Expr) -> Option<i64> {
    known(facts, expr).filter(|known| known.origin == Origin::Zero).map(|known| known.offset)
}

const fn plain(value: i64) -> Address {
    Address { origin: Origin::Zero, offset: value }
}

/// Whether it is not zero; symbols that may be missing lie at zero then, so that nothing is said of symbols.
fn truth(known: Address) -> Option<bool> {
    (known.origin == Origin::Zero).then_some(known.offset != 0)
}

/// What an expression is, if that is known without running it but for what the linker knows.
fn known(facts: Facts<'_>, expr: &Expr) -> Option<Address> {
    let here = |expr: &Expr| known(facts, expr);
    let holds = |expr: &Expr| here(expr).and_then(truth);
    let number = |expr: &Expr| fold(facts, expr);
    let wrapped = |value: i64| number_in(facts.types, value, expr.ty).map(plain);
    let truth_value = |value: bool| Some(plain(value.into()));
    match &expr.kind {
        ExprKind::Int(value) => Some(plain(*value)),
        ExprKind::Load(Place { kind: PlaceKind::Global(global), .. }) => {
            facts.globals.get(global).copied().map(plain)
        }
        ExprKind::Load(Place { kind: PlaceKind::Local(local), .. }) => {
            facts.locals?.get(local).copied().map(plain)
        }
        ExprKind::AddressOf(place) => place_address(facts, place),
        ExprKind::FunctionAddress(function) => {
            Some(Address { origin: Origin::Function(*function), offset: 0 })
        }
        ExprKind::Negate(of) => wrapped(number(of)?.wrapping_neg()),
        ExprKind::Complement(of) => wrapped(!number(of)?),
        ExprKind::Not(of) => truth_value(!holds(of)?),
        ExprKind::And(a, b) => truth_value(holds(a)? && holds(b)?),
        ExprKind::Or(a, b) => truth_value(holds(a)? || holds(b)?),
        ExprKind::Conditional(condition, yes, no) => here(if holds(condition)? { yes } else { no }),
        ExprKind::Elvis(yes, no) => match here(yes)? {
            yes if truth(yes)? => Some(yes),
            _ => here(no),
        },
        ExprKind::Binary(op, a, b) => known_binary(facts, *op, (here(a)?, here(b)?), a.ty),
        ExprKind::PointerAdd(pointer, count, size) => {
            Some(here(pointer)?.plus(number(count)?.wrapping_mul(*size)))
        }
        ExprKind::PointerDiff(a, b, size) => {
            let (a, b) = (here(a)?, here(b)?);
            let bytes = a.offset.wrapping_sub(b.offset);
            if a.origin == b.origin { bytes.checked_div(*size).map(plain) } else { None }
        }
        ExprKind::Convert(of) => match here(of)? {
            Address { origin: Origin::Zero, offset } => wrapped(offset),
            address => (facts.types.size(expr.ty) == Some(8)).then_some(address),
        },
        ExprKind::Builtin(Builtin::Swap(bytes, of)) => {
            let value = number(of)?.swap_bytes().cast_unsigned();
            wrapped(value.checked_shr(64_u32.checked_sub(bytes.checked_mul(8)?)?)?.cast_signed())
        }
        ExprKind::Builtin(Builtin::Count(count, of)) => {
            let bits = facts.types.integer(of.ty)?.bits();
            counted(*count, number(of)?.cast_unsigned(), bits).map(|number| plain(number.into()))
        }
        _ => None,
    }
}

/// What is counted in a number of so many bits; nothing where C does not say.
fn counted(count: Count, value: u64, bits: u32) -> Option<u32> {
    match count {
        Count::Ones => Some(value.count_ones()),
        Count::Parity => Some(value.count_ones() & 1),
        Count::FirstOne if value == 0 => Some(0),
        Count::FirstOne => Some(value.trailing_zeros() + 1),
        Count::TrailingZeros => (value != 0).then(|| value.trailing_zeros()),
        Count::LeadingZeros => {
            (value != 0).then(|| value.leading_zeros() + bits).and_then(|all| all.checked_sub(64))
        }
    }
}

impl Address {
    /// So many bytes behind it.
    const fn plus(self, bytes: i64) -> Self {
        Self { offset: self.offset.wrapping_add(bytes), ..self }
    }
}

fn known_binary(facts: Facts<'_>, op: BinaryOp, (a, b): (Address, Address), ty: Ty) -> Option<Address> {
    let integer = match facts.types.bare_kind(ty) {
        TypeKind::Pointer(_) => Integer { size: 8, signed: false, rank: 0 },
        _ => facts.types.integer(ty)?,
    };
    if a.origin == b.origin {
        let numbers = a.origin == Origin::Zero;
        let compared = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Sub);
        return if numbers || compared { binary(op, integer, a.offset, b.offset).map(plain) } else { None };
    }
    match op {
        BinaryOp::Add if integer.size == 8 && b.origin == Origin::Zero => Some(a.plus(b.offset)),
        BinaryOp::Add if integer.size == 8 && a.origin == Origin::Zero => Some(b.plus(a.offset)),
        BinaryOp::Sub if integer.size == 8 && b.origin == Origin::Zero => {
            Some(a.plus(b.offset.wrapping_neg()))
        }
        _ => None,
    }
}

/// What is left of a number in a type of scalars.
pub(super) fn number_in(types: &Types, value: i64, ty: Ty) -> Option<i64> {
    match types.bare_kind(ty) {
        TypeKind::Pointer(_) => Some(value),
        TypeKind::Basic(Basic::Bool) => Some(i64::from(value != 0)),
        _ => types.integer(ty).filter(|integer| integer.size <= 8).map(|integer| integer.wrap(value)),
    }
}

/// What an operator makes of two numbers of a type; nothing where C does not say.
pub(super) fn binary(op: BinaryOp, integer: Integer, a: i64, b: i64) -> Option<i64> {
    let (ua, ub) = (a as u64, b as u64);
    let signed = integer.signed;
    let compared =
        |signed_order: std::cmp::Ordering, unsigned_order| if signed { signed_order } else { unsigned_order };
    let order = compared(a.cmp(&b), ua.cmp(&ub));
    let value = match op {
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Sub => a.wrapping_sub(b),
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::Div if signed => a.checked_div(b)?,
        BinaryOp::Div => ua.checked_div(ub)? as i64,
        BinaryOp::Rem if signed => a.checked_rem(b)?,
        BinaryOp::Rem => ua.checked_rem(ub)? as i64,
        BinaryOp::Shl => shift(integer, b).map(|by| a.wrapping_shl(by))?,
        BinaryOp::Shr if signed => shift(integer, b).map(|by| a.wrapping_shr(by))?,
        BinaryOp::Shr => shift(integer, b).map(|by| ua.wrapping_shr(by))? as i64,
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        BinaryOp::Less => return Some(i64::from(order.is_lt())),
        BinaryOp::LessEqual => return Some(i64::from(order.is_le())),
        BinaryOp::Greater => return Some(i64::from(order.is_gt())),
        BinaryOp::GreaterEqual => return Some(i64::from(order.is_ge())),
        BinaryOp::Equal => return Some(i64::from(order.is_eq())),
        BinaryOp::NotEqual => return Some(i64::from(order.is_ne())),
    };
    Some(integer.wrap(value))
}

fn shift(integer: Integer, by: i64) -> Option<u32> {
    u32::try_from(by).ok().filter(|by| *by < integer.bits())
}

/// Where a place is, if that is known but for what the linker knows; of bits the byte that the first lies in.
fn place_address(facts: Facts<'_>, place: &Place) -> Option<Address> {
    match &place.kind {
        PlaceKind::Global(global) => Some(Address { origin: Origin::Global(*global), offset: 0 }),
        PlaceKind::Deref(pointer) => known(facts, pointer),
        PlaceKind::Field { of, record, index, relocate: Relocate::No } => {
            let field = facts.types.records[*record].body.as_ref()?.fields.get(*index)?;
            let by = i64::try_from(field.bit_offset / 8).ok()?;
            Some(place_address(facts, of)?.plus(by))
        }
        PlaceKind::Index { of, index, relocate: Relocate::No } => {
            let size = i64::try_from(facts.types.size(place.ty)?).ok()?;
            let by = fold(facts, index)?.wrapping_mul(size);
            Some(place_address(facts, of)?.plus(by))
        }
        _ => None,
    }
}

impl Checker<'_> {
    fn facts(&self) -> Facts<'_> {
        let locals = self.frame.as_ref().map(|frame| &frame.fixed);
        Facts { types: &self.types, globals: &self.fixed, locals }
    }

    /// The number that an expression is if that is known.
    pub(super) fn fold(&self, expr: &Expr) -> Option<i64> {
        fold(self.facts(), expr)
    }

    /// What an expression is, if that is known but for what the linker knows.
    pub(super) fn known(&self, expr: &Expr) -> Option<Address> {
        known(self.facts(), expr)
    }

    /// Where a place is, if that is known but for what the linker knows.
    pub(super) fn known_place(&self, place: &Place) -> Option<Address> {
        place_address(self.facts(), place)
    }

    /// The number that a variable has for good, if it is one: `const`, and known when the program is compiled.
    pub(super) fn fixed_number(&self, ty: Ty, stores: &[Store]) -> Option<i64> {
        let qualifiers = self.types.qualifiers(ty);
        let fixed = qualifiers.constant && !qualifiers.volatile && self.types.integer(ty).is_some();
        match stores {
            [Store::Scalar(_, value)] if fixed => self.fold(value),
            _ => None,
        }
    }

    /// A number that must be known when the program is compiled, and its type.
    pub(super) fn constant(&mut self, expr: &ast::Expr) -> Option<(i64, Ty)> {
        self.constant_or(expr, "this must be a constant number")
    }

    /// The same, and what is said otherwise.
    pub(super) fn constant_or(&mut self, expr: &ast::Expr, otherwise: &str) -> Option<(i64, Ty)> {
        let value = self.value(expr).and_then(|value| self.decay(value))?;
        let found = match &value {
            Value::Scalar(typed) => self
                .fold(typed)
                .filter(|_| self.types.integer(typed.ty).is_some())
                .map(|value| (value, typed.ty)),
            _ => None,
        };
        if found.is_none() {
            self.error(expr.span, otherwise.to_owned());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INT: Integer = Integer { size: 4, signed: true, rank: 3 };
    const UNSIGNED: Integer = Integer { size: 4, signed: false, rank: 3 };

    #[test]
    fn operators_stay_in_their_type() {
        assert_eq!(binary(BinaryOp::Add, INT, i32::MAX.into(), 1), Some(i32::MIN.into()));
        assert_eq!(binary(BinaryOp::Sub, UNSIGNED, 0, 1), Some(u32::MAX.into()));
        assert_eq!(binary(BinaryOp::Less, UNSIGNED, u32::MAX.into(), 1), Some(0));
        assert_eq!(binary(BinaryOp::Div, INT, 1, 0), None);
        assert_eq!(binary(BinaryOp::Shl, INT, 1, 32), None);
        assert_eq!(binary(BinaryOp::Shr, INT, -8, 1), Some(-4));
    }
}
