//! Bits that are counted, and arithmetic that says whether the result fits: the machine has neither.
use super::function::Body;
use super::scalar::{Scalar, Sign};
use crate::ast::BinaryOp;
use crate::typed::{Count, Expr};
use osmia_ir::{Op, Type, Value};
use osmia_isa::{AluOp, Cond, Size};

/// Half of the bits of a word.
const HALF: u32 = 32;

/// A number as long as it is: 64 bits, and what is above them. Where nothing is said of that, it is the sign of the low bits.
struct Long {
    low: Value,
    high: Option<Value>,
}

impl Body<'_, '_> {
    /// The same bits in each byte, as a number of a value's type.
    fn bytes(&mut self, byte: u8, like: Value) -> Value {
        self.b.constant(i64::from_ne_bytes([byte; 8]), self.b.kind(like))
    }

    fn alu_number(&mut self, op: AluOp, value: Value, number: i64) -> Value {
        let number = self.b.constant(number, self.b.kind(value));
        self.b.alu(op, value, number)
    }

    pub(super) fn count_bits(&mut self, count: Count, value: &Expr) -> Value {
        let value = self.value(value);
        let count = match count {
            Count::Ones => self.ones(value),
            Count::Parity => {
                let ones = self.ones(value);
                self.alu_number(AluOp::And, ones, 1)
            }
            Count::TrailingZeros => self.trailing_zeros(value),
            Count::LeadingZeros => self.leading_zeros(value),
            Count::FirstOne => {
                let zeros = self.trailing_zeros(value);
                let place = self.alu_number(AluOp::Add, zeros, 1);
                let none = self.b.constant(0, self.b.kind(value));
                self.b.push(Op::Select(value, place, none), self.b.kind(value))
            }
        };
        if self.b.kind(count) == Type::I64 { self.b.push(Op::Truncate(count), Type::I32) } else { count }
    }

    /// How many bits are set: those of two, then of four, then of eight, then all.
    fn ones(&mut self, value: Value) -> Value {
        let [odd, pairs, nibbles, each] = [0x55, 0x33, 0x0f, 0x01].map(|byte| self.bytes(byte, value));
        let upper = self.shifted(AluOp::Rsh, value, 1);
        let upper = self.b.alu(AluOp::And, upper, odd);
        let value = self.b.alu(AluOp::Sub, value, upper);
        let upper = self.shifted(AluOp::Rsh, value, 2);
        let [lower, upper] = [value, upper].map(|half| self.b.alu(AluOp::And, half, pairs));
        let value = self.b.alu(AluOp::Add, lower, upper);
        let upper = self.shifted(AluOp::Rsh, value, 4);
        let value = self.b.alu(AluOp::Add, value, upper);
        let value = self.b.alu(AluOp::And, value, nibbles);
        let sums = self.b.alu(AluOp::Mul, value, each);
        let bits = if self.b.kind(value) == Type::I64 { 64 } else { 32 };
        self.shifted(AluOp::Rsh, sums, bits - 8)
    }

    /// What is zero below the lowest one is one in the number before.
    fn trailing_zeros(&mut self, value: Value) -> Value {
        let before = self.alu_number(AluOp::Sub, value, 1);
        let others = self.alu_number(AluOp::Xor, value, -1);
        let below = self.b.alu(AluOp::And, before, others);
        self.ones(below)
    }

    /// All below the highest one become ones; the others are counted.
    fn leading_zeros(&mut self, mut value: Value) -> Value {
        for by in [1, 2, 4, 8, 16, 32] {
            if by < HALF || self.b.kind(value) == Type::I64 {
                let lower = self.shifted(AluOp::Rsh, value, by);
                value = self.b.alu(AluOp::Or, value, lower);
            }
        }
        let above = self.alu_number(AluOp::Xor, value, -1);
        self.ones(above)
    }

    /// Writes the result of an operation, and says whether it did not fit.
    pub(super) fn overflow(&mut self, op: BinaryOp, operands: [&Expr; 2], pointer: &Expr) -> Value {
        let operands = operands.map(|operand| {
            let scalar = self.scalar(operand.ty);
            let value = self.value(operand);
            let value = if scalar.kind == Type::I32 { self.widen(value, scalar) } else { value };
            (value, scalar)
        });
        let ty = self.types().pointee(pointer.ty).unwrap_or(pointer.ty);
        let to = self.scalar(ty);
        let spot = self.pointed_at(pointer, ty);
        let narrow = operands.iter().all(|(_, scalar)| scalar.bytes() < 8);
        let result = if narrow { self.short(op, operands) } else { self.long(op, operands) };
        let word = Scalar::number(Size::DW, Sign::Signed);
        let written = self.convert(result.low, word, to);
        self.store(&spot, ty, written);
        let written = if to.kind == Type::I32 { self.widen(written, to) } else { written };
        self.differs(&result, written, to)
    }

    /// Whether a number is not the one that was written of it.
    fn differs(&mut self, exact: &Long, written: Value, to: Scalar) -> Value {
        let low = self.b.push(Op::Compare(Cond::Ne, exact.low, written), Type::I32);
        let whole = !to.signed() && to.bytes() == 8;
        let high = match exact.high {
            // Of fewer bits the same is above them if they are the same.
            None if !whole => return low,
            None => self.sign(exact.low, Sign::Signed),
            Some(high) => high,
        };
        let expected = self.sign(written, to.sign);
        let high = self.b.push(Op::Compare(Cond::Ne, high, expected), Type::I32);
        self.b.alu(AluOp::Or, low, high)
    }

    /// What is above the 64 bits of a number.
    fn sign(&mut self, value: Value, sign: Sign) -> Value {
        match sign {
            Sign::Signed => self.shifted(AluOp::Arsh, value, 63),
            Sign::Unsigned => self.b.int(0),
        }
    }

    /// Numbers of at most 32 bits: 64 hold the result.
    fn short(&mut self, op: BinaryOp, operands: [(Value, Scalar); 2]) -> Long {
        let [(a, of_a), (b, of_b)] = operands;
        let low = self.binary(op, a, b, Scalar::number(Size::DW, Sign::Signed));
        // All 64 are the number's where both are large.
        let unsigned = op == BinaryOp::Mul && !of_a.signed() && !of_b.signed();
        let high = unsigned.then(|| self.b.int(0));
        Long { low, high }
    }

    /// Numbers of up to 64 bits.
    fn long(&mut self, op: BinaryOp, operands: [(Value, Scalar); 2]) -> Long {
        let [a, b] = operands.map(|(value, scalar)| (value, self.sign(value, scalar.sign)));
        if op == BinaryOp::Mul {
            return self.product(a, b);
        }
        let (op, cond) = match op {
            BinaryOp::Add => (AluOp::Add, Cond::Lt),
            _ => (AluOp::Sub, Cond::Gt),
        };
        let low = self.b.alu(op, a.0, b.0);
        let carry = self.b.push(Op::Compare(cond, low, a.0), Type::I64);
        let high = self.b.alu(op, a.1, b.1);
        Long { low, high: Some(self.b.alu(op, high, carry)) }
    }

    /// The product of two numbers of 64 bits, each with what is above them, by halves.
    fn product(&mut self, a: (Value, Value), b: (Value, Value)) -> Long {
        let word = Scalar::number(Size::W, Sign::Unsigned);
        let [a_low, b_low] = [a.0, b.0].map(|value| self.widen(value, word));
        let [a_high, b_high] = [a.0, b.0].map(|value| self.shifted(AluOp::Rsh, value, HALF));
        let lowest = self.b.alu(AluOp::Mul, a_low, b_low);
        let carry = self.shifted(AluOp::Rsh, lowest, HALF);
        let middle = self.b.alu(AluOp::Mul, a_high, b_low);
        let middle = self.b.alu(AluOp::Add, middle, carry);
        let (lower, upper) = (self.widen(middle, word), self.shifted(AluOp::Rsh, middle, HALF));
        let other = self.b.alu(AluOp::Mul, a_low, b_high);
        let other = self.b.alu(AluOp::Add, other, lower);
        let carry = self.shifted(AluOp::Rsh, other, HALF);
        let mut high = self.b.alu(AluOp::Mul, a_high, b_high);
        // What is above a number is nothing, or all ones: less the other number, 64 bits up.
        let (of_a, of_b) = (self.b.alu(AluOp::Mul, a.1, b.0), self.b.alu(AluOp::Mul, b.1, a.0));
        for part in [upper, carry, of_a, of_b] {
            high = self.b.alu(AluOp::Add, high, part);
        }
        Long { low: self.b.alu(AluOp::Mul, a.0, b.0), high: Some(high) }
    }
}
