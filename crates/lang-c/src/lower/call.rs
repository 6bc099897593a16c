//! Calls.
use super::cx::FunctionPlace;
use super::function::{Body, Passing, passing, returns_record};
use super::place::Spot;
use super::scalar::{MEMORY, Sign};
use crate::typed::{Arg, Callee, Expr, FunctionId};
use crate::types::Ty;
use osmia_base::Span;
use osmia_ir::{Op, Type, Value};
use osmia_isa::Size;

/// So many arguments fit registers.
const REGISTERS: usize = 5;

impl Body<'_, '_> {
    /// A call and its value; a record goes to `to`.
    pub(super) fn call(
        &mut self,
        callee: &Callee,
        args: &[Arg],
        call: &Expr,
        to: Option<&Spot>,
    ) -> Option<Value> {
        match callee {
            Callee::Helper(number) => {
                let args = self.outward(args, call.span);
                self.made(osmia_ir::Callee::Helper(*number), args, call.ty)
            }
            Callee::Function(id) => match self.cx.function(*id) {
                FunctionPlace::Own(own) => self.inward(*id, own, args, call, to),
                FunctionPlace::Extern(key) => {
                    let args = self.outward(args, call.span);
                    self.made(osmia_ir::Callee::Kfunc(key), args, call.ty)
                }
                FunctionPlace::Unneeded => None,
            },
            // Where it leads may be known once functions are where they are called.
            Callee::Pointer(pointer) => {
                let pointer = self.value(pointer);
                let mut values = vec![pointer];
                values.extend(args.iter().map(|arg| self.argument(arg, None)));
                let op = Op::Call(osmia_ir::Callee::Pointer, values);
                match self.types().scalar(call.ty) {
                    Some(scalar) => Some(self.b.push(op, scalar.kind)),
                    None => {
                        self.b.effect(op);
                        None
                    }
                }
            }
        }
    }

    /// A call of what the kernel or another object has.
    fn made(&mut self, callee: osmia_ir::Callee, args: Vec<Value>, ty: Ty) -> Option<Value> {
        let op = Op::Call(callee, args);
        let Some(scalar) = self.types().scalar(ty) else {
            self.b.effect(op);
            return None;
        };
        let value = self.b.push(op, scalar.kind);
        // Nobody promises what is above a small number.
        Some(match (scalar.size, scalar.sign) {
            (size @ (Size::B | Size::H), Sign::Unsigned) => {
                self.b.push(Op::ZeroExtend(size, value), Type::I32)
            }
            (size @ (Size::B | Size::H), Sign::Signed) => self.b.push(Op::SignExtend(size, value), Type::I32),
            _ => value,
        })
    }

    /// Arguments for somebody else: the verifier looks at all 64 bits of them.
    fn outward(&mut self, args: &[Arg], span: Span) -> Vec<Value> {
        if args.len() > REGISTERS {
            self.cx.error(span, "a call has at most five arguments: there are no more registers for them");
        }
        let mut values = Vec::new();
        for arg in args.iter().take(REGISTERS) {
            let value = match arg {
                Arg::Scalar(expr) => self.value(expr),
                Arg::Record(place) => {
                    self.cx
                        .error(place.span, "the kernel's functions take no records, but pointers to them")
                        .hints
                        .push("pass its address: `&…`".into());
                    continue;
                }
            };
            values.push(match self.b.kind(value) {
                Type::I32 => self.b.push(Op::ZeroExtend(Size::W, value), Type::I64),
                Type::I64 | Type::Ptr(_) => value,
            });
        }
        values
    }

    /// A call of a function of the unit.
    fn inward(
        &mut self,
        id: FunctionId,
        own: osmia_ir::FunctionId,
        args: &[Arg],
        call: &Expr,
        to: Option<&Spot>,
    ) -> Option<Value> {
        self.cx.calls.push((self.id, id, call.span));
        let unit = self.cx.unit;
        let signature = &unit.functions[id].signature;
        let mut values = Vec::new();
        if returns_record(&unit.types, signature) {
            let to = to.cloned().unwrap_or_else(|| self.temporary(signature.result));
            values.push(self.pointer(&to));
        }
        for (at, arg) in args.iter().enumerate() {
            let param = signature.params.get(at).map(|param| param.1);
            values.push(self.argument(arg, param));
        }
        if args.len() != signature.params.len() {
            self.cx.error(call.span, "the function takes another number of arguments");
            return None;
        }
        let op = Op::Call(osmia_ir::Callee::Function(own), values);
        match unit.types.scalar(signature.result) {
            Some(scalar) => Some(self.b.push(op, scalar.kind)),
            None => {
                self.b.effect(op);
                None
            }
        }
    }

    fn argument(&mut self, arg: &Arg, param: Option<Ty>) -> Value {
        match arg {
            Arg::Scalar(expr) => {
                let value = self.value(expr);
                match param.map(|ty| passing(self.types(), ty)) {
                    Some(Passing::Scalar(scalar)) => self.convert(value, self.scalar(expr.ty), scalar),
                    Some(Passing::Record) | None => value,
                }
            }
            Arg::Record(place) => {
                let from = self.place(place);
                let copy = self.temporary(place.ty);
                self.copy(&copy, &from, place.ty, place.span);
                let address = self.pointer(&copy);
                if self.b.kind(address) == MEMORY { address } else { self.b.push(Op::Cast(address), MEMORY) }
            }
        }
    }
}
