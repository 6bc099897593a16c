//! Expressions: each has one value, or an effect alone.
use super::condition::is_answer;
use super::cx::FunctionPlace;
use super::function::Body;
use super::scalar::{MEMORY, Scalar, Sign};
use crate::ast::BinaryOp;
use crate::typed::{Expr, ExprKind, FunctionId, Place, Yields};
use crate::types::Ty;
use osmia_base::Span;
use osmia_ir::{Op, Pointee, Type, Value};
use osmia_isa::{AluOp, Cond, Size};

impl Body<'_, '_> {
    /// How a value of a type is held; what is none is held in 64 bits.
    pub(super) fn scalar(&self, ty: Ty) -> Scalar {
        self.types().scalar(ty).unwrap_or(Scalar::number(Size::DW, Sign::Unsigned))
    }

    /// An expression for its effects alone.
    pub(super) fn effect(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Comma(a, b) => {
                self.effect(a);
                self.effect(b);
            }
            ExprKind::Convert(a) => self.effect(a),
            ExprKind::Conditional(condition, a, b) => self.either(condition, a, b),
            ExprKind::And(..) | ExprKind::Or(..) => self.whether(expr),
            ExprKind::Copy(to, from) => self.within(expr.span, |it| it.copy_places(to, from)),
            ExprKind::Call(callee, args) => {
                self.within(expr.span, |it| it.call(callee, args, expr, None));
            }
            ExprKind::Block(stmts, value) => {
                self.stmts(stmts);
                value.iter().for_each(|value| self.effect(value));
            }
            ExprKind::Builtin(builtin) => self.within(expr.span, |it| it.builtin_effect(builtin, expr)),
            _ if self.types().is_void(expr.ty) => {}
            _ => {
                self.value(expr);
            }
        }
    }

    /// What only happens on one of two ways.
    fn either(&mut self, condition: &Expr, a: &Expr, b: &Expr) {
        let (then, other, join) = (self.b.block(), self.b.block(), self.b.block());
        self.branch(condition, then, other);
        for (block, expr) in [(then, a), (other, b)] {
            self.b.switch_to(block);
            self.effect(expr);
            self.b.jump(join, &[]);
        }
        self.b.switch_to(join);
    }

    /// A condition whose answer nobody wants.
    fn whether(&mut self, expr: &Expr) {
        let join = self.b.block();
        self.branch(expr, join, join);
        self.b.switch_to(join);
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Int(number) => self.number(*number, self.scalar(expr.ty)),
            ExprKind::Load(place) => self.within(expr.span, |it| {
                let spot = it.place(place);
                it.load(&spot, place.ty)
            }),
            ExprKind::AddressOf(place) => {
                let spot = self.place(place);
                self.pointer(&spot)
            }
            ExprKind::FunctionAddress(id) => self.function_address(*id, expr.span),
            ExprKind::Negate(a) => {
                let value = self.value(a);
                let kind = self.b.kind(value);
                self.b.push(Op::Neg(value), kind)
            }
            ExprKind::Complement(a) => {
                let value = self.value(a);
                let ones = self.b.constant(-1, self.b.kind(value));
                self.b.alu(AluOp::Xor, value, ones)
            }
            ExprKind::Not(a) if !is_answer(a) => {
                let value = self.value(a);
                let zero = self.b.constant(0, self.b.kind(value));
                self.b.push(Op::Compare(Cond::Eq, value, zero), Type::I32)
            }
            ExprKind::Not(_) | ExprKind::And(..) | ExprKind::Or(..) => self.answer(expr),
            ExprKind::Binary(op, a, b) => {
                let (scalar, a, b) = (self.scalar(a.ty), self.value(a), self.value(b));
                self.binary(*op, a, b, scalar)
            }
            ExprKind::PointerAdd(pointer, number, size) => self.pointer_add(pointer, number, *size),
            ExprKind::PointerDiff(a, b, size) => self.pointer_difference(a, b, *size),
            ExprKind::Convert(a) if self.types().is_void(a.ty) => {
                self.effect(a);
                self.number(0, self.scalar(expr.ty))
            }
            ExprKind::Convert(a) => {
                let value = self.value(a);
                let (from, to) = (self.scalar(a.ty), self.scalar(expr.ty));
                self.convert(value, from, to)
            }
            ExprKind::Conditional(condition, a, b) => self.choice(condition, a, b, expr.ty),
            ExprKind::Elvis(a, b) => self.first_set(a, b, expr.ty),
            ExprKind::Comma(a, b) => {
                self.effect(a);
                self.value(b)
            }
            ExprKind::Block(stmts, Some(value)) => {
                self.stmts(stmts);
                self.value(value)
            }
            _ => self.within(expr.span, |it| it.done(expr)),
        }
    }

    /// The value of what also does something.
    fn done(&mut self, expr: &Expr) -> Value {
        let value = match &expr.kind {
            ExprKind::Assign(place, value) => Some(self.assign(place, value)),
            ExprKind::AssignOp { place, op, in_type, value, yields } => {
                Some(self.assign_op(place, *op, *in_type, value, *yields))
            }
            ExprKind::Call(callee, args) => self.call(callee, args, expr, None),
            ExprKind::Builtin(builtin) => Some(self.builtin(builtin, expr)),
            _ => {
                self.effect(expr);
                None
            }
        };
        value.unwrap_or_else(|| self.number(0, self.scalar(expr.ty)))
    }

    /// A number as a value of a type.
    pub(super) fn number(&mut self, number: i64, scalar: Scalar) -> Value {
        let number = if scalar.kind == Type::I32 { i64::from(number as i32) } else { number };
        self.b.constant(number, scalar.kind)
    }

    fn function_address(&mut self, id: FunctionId, span: Span) -> Value {
        match self.cx.function(id) {
            FunctionPlace::Own(id) => self.b.push(Op::FunctionAddr(id), Type::Ptr(Pointee::Function)),
            FunctionPlace::Extern(key) => self.b.push(Op::ExternAddr(key), MEMORY),
            FunctionPlace::Unneeded => {
                self.cx.error(span, "this function is nowhere");
                self.b.constant(0, MEMORY)
            }
        }
    }

    /// 1 or 0, by where a condition leads.
    fn answer(&mut self, expr: &Expr) -> Value {
        let (then, other, join) = (self.b.block(), self.b.block(), self.b.block());
        let result = self.b.block_param(join, Type::I32);
        self.branch(expr, then, other);
        for (block, number) in [(then, 1), (other, 0)] {
            self.b.switch_to(block);
            let number = self.b.constant(number, Type::I32);
            self.b.jump(join, &[number]);
        }
        self.b.switch_to(join);
        result
    }

    fn choice(&mut self, condition: &Expr, a: &Expr, b: &Expr, ty: Ty) -> Value {
        let (then, other, join) = (self.b.block(), self.b.block(), self.b.block());
        let result = self.b.block_param(join, self.scalar(ty).kind);
        self.branch(condition, then, other);
        for (block, expr) in [(then, a), (other, b)] {
            self.b.switch_to(block);
            let value = self.value(expr);
            self.b.jump(join, &[value]);
        }
        self.b.switch_to(join);
        result
    }

    /// The first of two values, or the second where the first is zero.
    fn first_set(&mut self, a: &Expr, b: &Expr, ty: Ty) -> Value {
        let (other, join) = (self.b.block(), self.b.block());
        let result = self.b.block_param(join, self.scalar(ty).kind);
        let first = self.value(a);
        let zero = self.b.constant(0, self.b.kind(first));
        let jump = |block, args: &[Value]| osmia_ir::Jump { block, args: args.to_vec() };
        self.b.end(osmia_ir::Terminator::Branch {
            cond: Cond::Ne,
            lhs: first,
            rhs: zero,
            then: jump(join, &[first]),
            other: jump(other, &[]),
        });
        self.b.switch_to(other);
        let second = self.value(b);
        self.b.jump(join, &[second]);
        self.b.switch_to(join);
        result
    }

    fn pointer_add(&mut self, pointer: &Expr, number: &Expr, size: i64) -> Value {
        let base = self.value(pointer);
        let base = self.pointer_typed(base);
        match number.kind {
            ExprKind::Int(number) => self.b.offset(base, number.wrapping_mul(size)),
            _ => {
                let number = self.value(number);
                self.step(base, number, size)
            }
        }
    }

    fn pointer_difference(&mut self, a: &Expr, b: &Expr, size: i64) -> Value {
        let [a, b] = [a, b].map(|expr| {
            let value = self.value(expr);
            if self.b.kind(value) == Type::I64 { value } else { self.b.push(Op::Cast(value), Type::I64) }
        });
        let bytes = self.b.alu(AluOp::Sub, a, b);
        match size {
            ..=1 => bytes,
            // What is between two elements is a multiple of their size.
            _ if size.count_ones() == 1 => self.shifted(AluOp::Arsh, bytes, size.trailing_zeros()),
            _ => {
                let size = self.b.int(size);
                self.b.alu(AluOp::SDiv, bytes, size)
            }
        }
    }

    fn assign(&mut self, place: &Place, value: &Expr) -> Value {
        let value = self.value(value);
        let spot = self.place(place);
        self.store(&spot, place.ty, value)
    }

    /// The place is found once.
    fn assign_op(&mut self, place: &Place, op: BinaryOp, in_type: Ty, value: &Expr, yields: Yields) -> Value {
        let operand = self.value(value);
        let spot = self.place(place);
        let old = self.load(&spot, place.ty);
        let (outside, inside) = (self.scalar(place.ty), self.scalar(in_type));
        let before = self.convert(old, outside, inside);
        let new = self.binary(op, before, operand, inside);
        let new = self.convert(new, inside, outside);
        let stored = self.store(&spot, place.ty, new);
        match yields {
            Yields::Before => old,
            Yields::After => stored,
        }
    }
}
