//! Atomic changes of memory: `__sync_…` and `__atomic_…`.
use super::Checker;
use super::builtins::Called;
use crate::ast::{self, Basic, BinaryOp, Qualifiers};
use crate::typed::{AtomicOp, Builtin, Expr, ExprKind, Place, PlaceKind, Stmt, StmtKind};
use crate::types::Ty;
use osmia_base::{Diagnostic, Span};

/// What a function of this kind does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Changes, and is what was there.
    Fetch(AtomicOp),
    /// Changes, and is what is there now.
    Changed(AtomicOp, BinaryOp),
    /// Is what was there, or whether it was what was expected.
    CompareAndSwap(Outcome),
    Load,
    Store,
    CompareExchange,
    /// Stores zero.
    Release,
}

/// What a comparison with exchange is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Before,
    Success,
}

/// Orders that x86 and the kernel's own instructions give anyway (`__ATOMIC_RELAXED`, `__ATOMIC_SEQ_CST`).
const ORDERS: [i64; 2] = [0, 5];

const TABLE: &[(&str, Known)] = &[
    ("__sync_fetch_and_add", Known::Fetch(AtomicOp::Add)),
    ("__sync_fetch_and_sub", Known::Fetch(AtomicOp::Sub)),
    ("__sync_fetch_and_and", Known::Fetch(AtomicOp::And)),
    ("__sync_fetch_and_or", Known::Fetch(AtomicOp::Or)),
    ("__sync_fetch_and_xor", Known::Fetch(AtomicOp::Xor)),
    ("__sync_lock_test_and_set", Known::Fetch(AtomicOp::Exchange)),
    ("__sync_swap", Known::Fetch(AtomicOp::Exchange)),
    ("__sync_add_and_fetch", Known::Changed(AtomicOp::Add, BinaryOp::Add)),
    ("__sync_sub_and_fetch", Known::Changed(AtomicOp::Sub, BinaryOp::Sub)),
    ("__sync_and_and_fetch", Known::Changed(AtomicOp::And, BinaryOp::BitAnd)),
    ("__sync_or_and_fetch", Known::Changed(AtomicOp::Or, BinaryOp::BitOr)),
    ("__sync_xor_and_fetch", Known::Changed(AtomicOp::Xor, BinaryOp::BitXor)),
    ("__sync_val_compare_and_swap", Known::CompareAndSwap(Outcome::Before)),
    ("__sync_bool_compare_and_swap", Known::CompareAndSwap(Outcome::Success)),
    ("__sync_lock_release", Known::Release),
    ("__atomic_fetch_add", Known::Fetch(AtomicOp::Add)),
    ("__atomic_fetch_sub", Known::Fetch(AtomicOp::Sub)),
    ("__atomic_fetch_and", Known::Fetch(AtomicOp::And)),
    ("__atomic_fetch_or", Known::Fetch(AtomicOp::Or)),
    ("__atomic_fetch_xor", Known::Fetch(AtomicOp::Xor)),
    ("__atomic_exchange_n", Known::Fetch(AtomicOp::Exchange)),
    ("__atomic_add_fetch", Known::Changed(AtomicOp::Add, BinaryOp::Add)),
    ("__atomic_sub_fetch", Known::Changed(AtomicOp::Sub, BinaryOp::Sub)),
    ("__atomic_and_fetch", Known::Changed(AtomicOp::And, BinaryOp::BitAnd)),
    ("__atomic_or_fetch", Known::Changed(AtomicOp::Or, BinaryOp::BitOr)),
    ("__atomic_xor_fetch", Known::Changed(AtomicOp::Xor, BinaryOp::BitXor)),
    ("__atomic_load_n", Known::Load),
    ("__atomic_store_n", Known::Store),
    ("__atomic_compare_exchange_n", Known::CompareExchange),
];

/// The function of this name.
pub(super) fn find(text: &str) -> Option<Known> {
    TABLE.iter().find(|(name, _)| *name == text).map(|(_, known)| *known)
}

impl Checker<'_> {
    pub(super) fn atomic(&mut self, known: Known, call: Called<'_>) -> Option<Expr> {
        let (own, orders) = call.args.split_at_checked(known.own_arguments()).unwrap_or((call.args, &[]));
        let ordered = call.text.starts_with("__atomic_");
        let wanted = if !ordered {
            orders.len()
        } else if known == Known::CompareExchange {
            3
        } else {
            1
        };
        if own.len() < known.own_arguments() || orders.len() != wanted {
            let own = known.own_arguments() + if ordered { wanted } else { 0 };
            let text = format!("`{}` takes {own} arguments, and has {} here", call.text, call.args.len());
            self.error(call.span, text);
            return None;
        }
        if ordered {
            self.orders(orders, known);
        }
        let [pointer, rest @ ..] = own else { return None };
        let (pointer, to) = self.atomic_place(pointer, known)?;
        let mut values = Vec::new();
        for value in rest {
            values.push(self.atomic_value(value, to, known == Known::CompareExchange && values.is_empty()));
        }
        let values: Option<Vec<Expr>> = values.into_iter().collect();
        self.atomic_of(known, pointer, to, values?, call.span)
    }

    /// The orders that are asked for; the kernel's instructions for changes have the strongest one.
    fn orders(&mut self, orders: &[ast::Expr], known: Known) {
        for order in orders {
            let Some((value, _)) = self.constant(order) else { continue };
            let plain = matches!(known, Known::Load | Known::Store);
            if plain && !ORDERS.contains(&value) {
                let diagnostic =
                    Diagnostic::error(order.span, "loads and stores with an order are not known yet");
                self.later(diagnostic);
            }
        }
    }

    /// The pointer, and what it points to: 32 or 64 bits.
    fn atomic_place(&mut self, expr: &ast::Expr, known: Known) -> Option<(Expr, Ty)> {
        let pointer = self.scalar(expr)?;
        let to = self.types.pointee(pointer.ty).filter(|to| self.types.is_scalar(*to));
        let size = to.and_then(|to| self.types.size(to));
        let plain = matches!(known, Known::Load | Known::Store | Known::Release);
        let possible: &[u64] = if plain { &[1, 2, 4, 8] } else { &[4, 8] };
        match to.filter(|_| size.is_some_and(|size| possible.contains(&size))) {
            Some(to) => Some((pointer, self.types.unqualified(to))),
            None => {
                let text = self.spell(pointer.ty);
                self.error(
                    expr.span,
                    format!("atomic changes are of 4 or 8 bytes: `{text}` does not point to so many"),
                );
                None
            }
        }
    }

    fn atomic_value(&mut self, expr: &ast::Expr, to: Ty, pointed: bool) -> Option<Expr> {
        let value = self.scalar(expr)?;
        if pointed {
            return match self.types.pointee(value.ty) {
                Some(_) => Some(value),
                None => {
                    self.error(expr.span, "this is a pointer to what is expected".to_owned());
                    None
                }
            };
        }
        self.assigned(value, to, "what is changed", expr.span)
    }

    fn atomic_of(
        &mut self,
        known: Known,
        pointer: Expr,
        to: Ty,
        values: Vec<Expr>,
        span: Span,
    ) -> Option<Expr> {
        let mut values = values.into_iter();
        let pointer = Box::new(pointer);
        match known {
            Known::Fetch(op) => {
                let builtin = Builtin::Atomic(op, pointer, Box::new(values.next()?));
                Some(self.of(ExprKind::Builtin(builtin), to, span))
            }
            Known::Changed(op, again) => {
                let (kept, begin) = self.kept(values.next()?)?;
                let builtin = Builtin::Atomic(op, pointer, Box::new(self.load(kept.clone())));
                let before = self.of(ExprKind::Builtin(builtin), to, span);
                let value = self.load(kept);
                let after = self.binary_value(again, before, value, to, span)?;
                Some(self.of(ExprKind::Block(vec![begin], Some(Box::new(after))), to, span))
            }
            Known::CompareAndSwap(outcome) => {
                self.compare_and_swap(outcome, pointer, to, [values.next()?, values.next()?], span)
            }
            Known::CompareExchange => {
                self.compare_exchange(*pointer, to, [values.next()?, values.next()?], span)
            }
            Known::Load => {
                let place = self.volatile(*pointer, to, span);
                Some(self.load(place))
            }
            Known::Store => {
                let place = self.volatile(*pointer, to, span);
                Some(self.store_effect(place, values.next()?, span))
            }
            Known::Release => {
                let place = self.volatile(*pointer, to, span);
                let zero = self.int(0, Basic::Int, span);
                let zero = self.convert(zero, to);
                Some(self.store_effect(place, zero, span))
            }
        }
    }

    /// `a op b`, in the type of both.
    fn binary_value(&mut self, op: BinaryOp, a: Expr, b: Expr, to: Ty, span: Span) -> Option<Expr> {
        let long = Basic::UnsignedLong;
        let (a, b) = if self.is_pointer(to) {
            (self.convert_basic(a, long), self.convert_basic(b, long))
        } else {
            (a, b)
        };
        let value = self.binary_of(op, a, b, span)?;
        Some(self.convert(value, to))
    }

    fn volatile(&mut self, pointer: Expr, to: Ty, span: Span) -> Place {
        let ty = self.types.qualified(Qualifiers { constant: false, volatile: true }, to);
        Place { kind: PlaceKind::Deref(Box::new(pointer)), ty, span }
    }

    fn store_effect(&mut self, place: Place, value: Expr, span: Span) -> Expr {
        let ty = place.ty;
        let store = self.of(ExprKind::Assign(place, Box::new(value)), ty, span);
        let void = self.void();
        self.convert(store, void)
    }

    fn compare_and_swap(
        &mut self,
        outcome: Outcome,
        pointer: Box<Expr>,
        to: Ty,
        [old, new]: [Expr; 2],
        span: Span,
    ) -> Option<Expr> {
        if outcome == Outcome::Before {
            let builtin = Builtin::CompareExchange(pointer, Box::new(old), Box::new(new));
            return Some(self.of(ExprKind::Builtin(builtin), to, span));
        }
        let (kept, begin) = self.kept(old)?;
        let old = self.load(kept.clone());
        let builtin = Builtin::CompareExchange(pointer, Box::new(old), Box::new(new));
        let found = self.of(ExprKind::Builtin(builtin), to, span);
        let old = self.load(kept);
        let same = self.binary_of(BinaryOp::Equal, found, old, span)?;
        let same = self.convert_basic(same, Basic::Bool);
        let ty = same.ty;
        Some(self.of(ExprKind::Block(vec![begin], Some(Box::new(same))), ty, span))
    }

    /// `__atomic_compare_exchange_n(pointer, &expected, new, …)`: what was there is stored where the expected value was.
    fn compare_exchange(
        &mut self,
        pointer: Expr,
        to: Ty,
        [expected, new]: [Expr; 2],
        span: Span,
    ) -> Option<Expr> {
        let (expected, begin_expected) = self.kept(expected)?;
        let pointed = |checker: &Self, expected: Place| Place {
            kind: PlaceKind::Deref(Box::new(checker.load(expected))),
            ty: to,
            span,
        };
        let old = pointed(self, expected.clone());
        let (old, begin_old) = self.kept(self.load(old))?;
        let asked = self.load(old.clone());
        let builtin = Builtin::CompareExchange(Box::new(pointer), Box::new(asked), Box::new(new));
        let found = self.of(ExprKind::Builtin(builtin), to, span);
        let (found, begin_found) = self.kept(found)?;
        let store = ExprKind::Assign(pointed(self, expected), Box::new(self.load(found.clone())));
        let store = self.of(store, to, span);
        let store = Stmt { kind: StmtKind::Expr(store), span };
        let same = self.binary_of(BinaryOp::Equal, self.load(found), self.load(old), span)?;
        let same = self.convert_basic(same, Basic::Bool);
        let ty = same.ty;
        let stmts = vec![begin_expected, begin_old, begin_found, store];
        Some(self.of(ExprKind::Block(stmts, Some(Box::new(same))), ty, span))
    }
}

impl Known {
    /// How many arguments there are before those that say the order.
    const fn own_arguments(self) -> usize {
        match self {
            Self::Load | Self::Release => 1,
            Self::Fetch(_) | Self::Changed(..) | Self::Store => 2,
            Self::CompareAndSwap(_) | Self::CompareExchange => 3,
        }
    }
}
