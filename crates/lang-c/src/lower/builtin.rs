//! What the compiler itself does.
use super::copy::{MOST, Overlap, cut};
use super::core::{ENUMERATOR_KINDS, EXISTS, FIELD_KINDS, KERNEL_TYPE_ID, LOCAL_TYPE_ID, TYPE_KINDS, path};
use super::function::Body;
use super::place::Spot;
use super::scalar::Scalar;
use crate::typed::{AtomicOp, Builtin, CoreQuestion, Expr, ExprKind};
use osmia_base::Span;
use osmia_ir::{Block, Op, Terminator, Type, Value};
use osmia_isa::{Cond, Size, Swap};

/// Bytes that are compared at most.
const MOST_COMPARED: u64 = 1024;

/// Whether somebody looks at what was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Old {
    Wanted,
    Unwanted,
}

impl Body<'_, '_> {
    /// One whose value nobody looks at.
    pub(super) fn builtin_effect(&mut self, builtin: &Builtin, expr: &Expr) {
        match builtin {
            Builtin::Atomic(op, pointer, value) => {
                self.atomic(*op, pointer, value, expr, Old::Unwanted);
            }
            Builtin::Fill(to, byte, size) => {
                self.set_bytes(to, byte, size);
            }
            Builtin::Copy(to, from, size) => {
                self.copied(to, from, size, Overlap::Never);
            }
            Builtin::Move(to, from, size) => {
                self.copied(to, from, size, Overlap::Maybe);
            }
            Builtin::Unreachable => {
                self.b.end(Terminator::Unreachable);
                self.nowhere();
            }
            Builtin::Core(_) | Builtin::TypeId(..) => {}
            _ => {
                self.builtin(builtin, expr);
            }
        }
    }

    /// The value of one.
    pub(super) fn builtin(&mut self, builtin: &Builtin, expr: &Expr) -> Value {
        let scalar = self.scalar(expr.ty);
        match builtin {
            Builtin::Fill(to, byte, size) => self.set_bytes(to, byte, size),
            Builtin::Copy(to, from, size) => self.copied(to, from, size, Overlap::Never),
            Builtin::Move(to, from, size) => self.copied(to, from, size, Overlap::Maybe),
            Builtin::Compare(a, b, size) => self.compare_bytes(a, b, size),
            Builtin::Swap(bytes, value) => self.swap(*bytes, value, scalar),
            Builtin::Count(count, value) => self.count_bits(*count, value),
            Builtin::Overflow(op, a, b, pointer) => self.overflow(*op, [a, b], pointer),
            Builtin::Atomic(op, pointer, value) => self.atomic(*op, pointer, value, expr, Old::Wanted),
            Builtin::CompareExchange(pointer, old, new) => self.compare_exchange(pointer, old, new, expr),
            Builtin::Core(question) => self.question(question, scalar, expr.span),
            Builtin::TypeId(ty, kind) => {
                let kind = if *kind == 0 { LOCAL_TYPE_ID } else { KERNEL_TYPE_ID };
                let question = self.cx.ask_type(*ty, kind);
                self.b.push(Op::Core(question), scalar.kind)
            }
            Builtin::Unreachable => {
                self.builtin_effect(builtin, expr);
                self.number(0, scalar)
            }
        }
    }

    fn question(&mut self, question: &CoreQuestion, scalar: Scalar, span: Span) -> Value {
        let (kinds, kind) = match question {
            CoreQuestion::Field(_, kind) => (FIELD_KINDS, *kind),
            CoreQuestion::Type(_, kind) => (TYPE_KINDS, *kind),
            CoreQuestion::Enumerator(.., kind) => (ENUMERATOR_KINDS, *kind),
        };
        let kind = usize::try_from(kind).ok().and_then(|kind| kinds.get(kind).copied());
        let Some(kind) = kind else {
            self.cx.error(span, format!("there are {} kinds of this question, counted from 0", kinds.len()));
            return self.number(0, scalar);
        };
        let core = match question {
            CoreQuestion::Field(place, _) => match path(self.types(), place) {
                Some(path) => {
                    if kind != EXISTS {
                        self.cx.check_unit(&path, span);
                    }
                    self.cx.ask(&path, kind)
                }
                None => {
                    self.cx
                        .error(span, "what is asked about must be known when the object is loaded")
                        .hints
                        .push("an index may only be a constant here".into());
                    return self.number(0, scalar);
                }
            },
            CoreQuestion::Type(ty, _) => self.cx.ask_type(*ty, kind),
            CoreQuestion::Enumerator(ty, position, _) => self.cx.ask_enumerator(*ty, *position, kind),
        };
        self.b.push(Op::Core(core), scalar.kind)
    }

    fn swap(&mut self, bytes: u32, value: &Expr, scalar: Scalar) -> Value {
        let size = Size::from_bytes(bytes).unwrap_or(Size::DW);
        let from = self.scalar(value.ty);
        let value = self.value(value);
        let unsigned = super::access::unsigned(size);
        let value = self.convert(value, from, unsigned);
        let value = self.b.push(Op::Swap(Swap::Always, size, value), unsigned.kind);
        self.convert(value, unsigned, scalar)
    }

    /// Where an address leads, and what is known of its alignment from before it became one of anything.
    fn area(&mut self, pointer: &Expr) -> Spot {
        let mut at = pointer;
        while let ExprKind::Convert(inner) = &at.kind
            && self.types().pointee(inner.ty).is_some()
        {
            at = inner;
        }
        if let ExprKind::AddressOf(place) = &at.kind {
            return self.place(place);
        }
        let align = self.types().pointee(at.ty).map_or(1, |ty| self.types().align(ty));
        let base = self.value(at);
        let base = self.pointer_typed(base);
        Spot::new(base, align)
    }

    /// A size that is known.
    fn size(&mut self, size: &Expr, most: u64) -> Option<u64> {
        let mut at = size;
        while let ExprKind::Convert(inner) = &at.kind {
            at = inner;
        }
        let ExprKind::Int(number) = at.kind else {
            self.cx.error(size.span, "the size must be known when the program is compiled").hints.push(
                "write a loop, or let a helper copy: `bpf_probe_read_kernel()`, `bpf_dynptr_read()`".into(),
            );
            return None;
        };
        let number = number.cast_unsigned();
        if number > most {
            self.cx.error(size.span, format!("at most {most} bytes can be dealt with at once"));
            return None;
        }
        Some(number)
    }

    fn set_bytes(&mut self, to: &Expr, byte: &Expr, size: &Expr) -> Value {
        let spot = self.area(to);
        let address = self.pointer(&spot);
        let Some(size) = self.size(size, MOST) else { return address };
        match byte.kind {
            ExprKind::Int(number) if number & 0xff == 0 => self.zero(&spot, size),
            _ => {
                let byte = self.value(byte);
                self.fill(&spot, byte, size);
            }
        }
        address
    }

    fn copied(&mut self, to: &Expr, from: &Expr, size: &Expr, overlap: Overlap) -> Value {
        let to = self.area(to);
        let from = self.area(from);
        let address = self.pointer(&to);
        if let Some(bytes) = self.size(size, MOST) {
            self.copy_bytes(&to, &from, bytes, overlap);
        }
        address
    }

    /// Below, at or above zero, as the first bytes that differ do.
    fn compare_bytes(&mut self, a: &Expr, b: &Expr, size: &Expr) -> Value {
        let (a, b) = (self.area(a), self.area(b));
        let Some(size) = self.size(size, MOST_COMPARED) else { return self.b.constant(0, Type::I32) };
        let (differ, join) = (self.b.block(), self.b.block());
        let [x, y] = [(); 2].map(|()| self.b.block_param(differ, Type::I64));
        let result = self.b.block_param(join, Type::I32);
        for (at, piece) in cut(a.align.min(b.align), size) {
            self.differing(&a.plus(at.cast_signed()), &b.plus(at.cast_signed()), piece, differ);
        }
        let zero = self.b.constant(0, Type::I32);
        self.b.jump(join, &[zero]);
        self.b.switch_to(differ);
        let [below, above] = [-1, 1].map(|number| self.b.constant(number, Type::I32));
        let jump = |arg| osmia_ir::Jump { block: join, args: vec![arg] };
        self.b.end(Terminator::Branch {
            cond: Cond::Lt,
            lhs: x,
            rhs: y,
            then: jump(below),
            other: jump(above),
        });
        self.b.switch_to(join);
        result
    }

    /// Leads elsewhere with what is at two places, first bytes first, if it differs.
    fn differing(&mut self, a: &Spot, b: &Spot, piece: Size, differ: Block) {
        let [x, y] = [a, b].map(|spot| {
            let at = self.address(spot);
            let value = self.b.push(Op::Load(piece, at), Type::I64);
            if piece == Size::B {
                value
            } else {
                self.b.push(Op::Swap(Swap::Always, piece, value), Type::I64)
            }
        });
        let next = self.b.block();
        self.b.end(Terminator::Branch {
            cond: Cond::Ne,
            lhs: x,
            rhs: y,
            then: osmia_ir::Jump { block: differ, args: vec![x, y] },
            other: osmia_ir::Jump { block: next, args: Vec::new() },
        });
        self.b.switch_to(next);
    }

    /// A number of 32 or 64 bits, as wide as the memory that is changed.
    fn operand(&mut self, value: &Expr, scalar: Scalar) -> Value {
        let from = self.scalar(value.ty);
        let value = self.value(value);
        let value = self.convert(value, from, scalar);
        if self.b.kind(value).is_pointer() { self.b.push(Op::Cast(value), Type::I64) } else { value }
    }

    /// What is changed atomically: of 32 or 64 bits.
    fn changed(&mut self, pointer: &Expr, expr: &Expr) -> Option<(Spot, Scalar)> {
        let pointee = self.types().pointee(pointer.ty);
        let scalar = pointee.and_then(|ty| self.types().scalar(ty)).filter(|scalar| !scalar.narrow());
        if scalar.is_none() {
            self.cx.error(expr.span, "only numbers of 32 and 64 bits can be changed atomically");
        }
        let base = self.value(pointer);
        let base = self.pointer_typed(base);
        scalar.map(|scalar| (Spot::new(base, scalar.bytes().into()), scalar))
    }

    fn atomic(&mut self, op: AtomicOp, pointer: &Expr, value: &Expr, expr: &Expr, old: Old) -> Value {
        let Some((spot, scalar)) = self.changed(pointer, expr) else { return self.b.constant(0, Type::I64) };
        let mut value = self.operand(value, scalar);
        let fetch = old == Old::Wanted;
        let op = match op {
            AtomicOp::Add => osmia_isa::AtomicOp::Add { fetch },
            AtomicOp::Sub => {
                let kind = self.b.kind(value);
                value = self.b.push(Op::Neg(value), kind);
                osmia_isa::AtomicOp::Add { fetch }
            }
            AtomicOp::And => osmia_isa::AtomicOp::And { fetch },
            AtomicOp::Or => osmia_isa::AtomicOp::Or { fetch },
            AtomicOp::Xor => osmia_isa::AtomicOp::Xor { fetch },
            AtomicOp::Exchange => osmia_isa::AtomicOp::Xchg,
        };
        let at = self.address(&spot);
        let change = Op::Atomic(op, scalar.size, at, value);
        if fetch || op == osmia_isa::AtomicOp::Xchg {
            let before = self.b.push(change, scalar.kind);
            return self.convert(before, scalar, self.scalar(expr.ty));
        }
        self.b.effect(change);
        value
    }

    fn compare_exchange(&mut self, pointer: &Expr, old: &Expr, new: &Expr, expr: &Expr) -> Value {
        let Some((spot, scalar)) = self.changed(pointer, expr) else { return self.b.constant(0, Type::I64) };
        let (expected, new) = (self.operand(old, scalar), self.operand(new, scalar));
        let at = self.address(&spot);
        let change = Op::CompareExchange { size: scalar.size, at, expected, new };
        let before = self.b.push(change, scalar.kind);
        self.convert(before, scalar, self.scalar(expr.ty))
    }
}
