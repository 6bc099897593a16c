//! Addresses as numbers: a register that holds a pointer is more to the verifier than a number.
use super::cx::{Cx, Result};
use crate::typed::{Expr, ExprKind, Space, Type};
use osmia_ir::{Type as Kind, Value};
use osmia_isa::Size;

impl<'a> Cx<'a> {
    /// An address as a number that may be reckoned with. Where a register holds a pointer the verifier allows little more
    /// than steps on it, and it knows one again that was on the stack; what a helper wrote there is a number.
    pub(super) fn reckonable(&mut self, value: Value) -> Value {
        if self.b.kind(value) == Kind::I64 {
            return value;
        }
        let at = self.temp(8);
        self.b.store(Size::DW, at.base, at.offset, value);
        let address = self.begin_of(at);
        let (size, from) = (self.b.int(8), self.number_of(address));
        self.probe_read(Space::Kernel, at, size, from);
        self.b.load(Size::DW, at.base, at.offset, Kind::I64)
    }

    /// A number that is only stored, compared or a pointer again: an address may stay one.
    pub(super) fn for_storing(&mut self, it: &'a Expr) -> Result<Value> {
        match &it.kind {
            ExprKind::Cast(inner)
                if matches!(inner.ty, Type::Pointer { .. }) && matches!(it.ty, Type::Int { size: 8, .. }) =>
            {
                self.scalar(inner)
            }
            _ => self.scalar(it),
        }
    }

    /// Two numbers that are compared.
    pub(super) fn compared(&mut self, a: &'a Expr, b: &'a Expr) -> Result<(Value, Value)> {
        let (a, b) = (self.for_storing(a)?, self.for_storing(b)?);
        Ok((self.number_of(a), self.number_of(b)))
    }
}
