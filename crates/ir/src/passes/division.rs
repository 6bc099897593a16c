//! Divisions by constants that addresses are computed from. The kernel's verifier knows nothing of what comes out of a
//! division, so it would refuse the address; of a multiplication and a shift it knows the range.
use crate::ranges::Ranges;
use crate::{Block, Function, Inst, Loc, Op, Type, Value, ValueData};
use osmia_base::Key;
use osmia_isa::{AluOp, Size};

/// How many bits behind the point a divisor's inverse has. The verifier multiplies numbers of 32 bits.
const POINT: u64 = 32;

/// Makes multiplications of divisions that addresses are computed from.
pub(crate) fn division(function: &mut Function) {
    if !function.blocks.values().flat_map(|data| &data.insts).any(|inst| is_division(&inst.op)) {
        return;
    }
    let in_address = in_addresses(function);
    let ranges = Ranges::new(function);
    for &block in ranges.order() {
        let mut out = Vec::new();
        for inst in std::mem::take(&mut function.blocks[block].insts) {
            let wanted = inst.result.filter(|result| in_address[result.index()]);
            match wanted.and_then(|_| divided(function, &ranges, block, &inst.op)) {
                Some(divided) => Rewrite { function, out: &mut out, loc: inst.loc }.division(divided, &inst),
                None => out.push(inst),
            }
        }
        function.blocks[block].insts = out;
    }
}

const fn is_division(op: &Op) -> bool {
    matches!(op, Op::Alu(AluOp::Div | AluOp::Mod, ..))
}

/// A division by a constant that is no power of two.
#[derive(Clone, Copy)]
struct Divided {
    op: AluOp,
    number: Value,
    by: Value,
    divisor: u64,
    /// Whether the number is so small that the inverse is exact for it.
    is_small: bool,
}

/// What can be said of a division; `None` where it is left as it is.
fn divided(function: &Function, ranges: &Ranges, block: Block, op: &Op) -> Option<Divided> {
    let &Op::Alu(op @ (AluOp::Div | AluOp::Mod), number, by) = op else { return None };
    let divisor = ranges.constant(by).filter(|it| (3..1 << 16).contains(it) && !it.is_power_of_two())?;
    let most = ranges.most(function, number, block);
    let is_small =
        most.checked_add(1).and_then(|all| all.checked_mul(divisor - 1)).is_some_and(|it| it < 1 << POINT);
    (is_small || op == AluOp::Mod).then_some(Divided { op, number, by, divisor, is_small })
}

/// Which values are part of an address: numbers that are added to a pointer, and what these are computed from.
fn in_addresses(function: &Function) -> Vec<bool> {
    let mut found = vec![false; function.values.len()];
    let mut sources: Vec<Vec<Value>> = vec![Vec::new(); function.values.len()];
    let mut work = Vec::new();
    for data in function.blocks.values() {
        for inst in &data.insts {
            let Some(result) = inst.result else { continue };
            match &inst.op {
                Op::Alu(_, a, b) if function.kind(result).is_pointer() => work.extend([*a, *b]),
                Op::Alu(_, a, b) | Op::Select(_, a, b) => sources[result.index()].extend([*a, *b]),
                Op::ZeroExtend(_, a) | Op::SignExtend(_, a) | Op::Truncate(a) | Op::Cast(a) => {
                    sources[result.index()].push(*a)
                }
                _ => {}
            }
        }
        for jump in data.end.jumps() {
            for (&param, &arg) in function.blocks[jump.block].params.iter().zip(&jump.args) {
                sources[param.index()].push(arg);
            }
        }
    }
    while let Some(value) = work.pop() {
        if !std::mem::replace(&mut found[value.index()], true) && !function.kind(value).is_pointer() {
            work.append(&mut sources[value.index()]);
        }
    }
    found
}

struct Rewrite<'a> {
    function: &'a mut Function,
    out: &'a mut Vec<Inst>,
    loc: Loc,
}

impl Rewrite<'_> {
    fn push(&mut self, op: Op, kind: Type) -> Value {
        let result = self.function.values.push(ValueData { kind });
        self.out.push(Inst { result: Some(result), op, loc: self.loc });
        result
    }

    fn alu(&mut self, op: AluOp, a: Value, number: u64) -> Value {
        let number = self.push(Op::Const(number.cast_signed()), Type::I64);
        self.push(Op::Alu(op, a, number), Type::I64)
    }

    /// `number * (2^32 / divisor)`: its upper half is the quotient, its lower half the rest as a part of the divisor.
    fn division(&mut self, divided: Divided, inst: &Inst) {
        let Some(result) = inst.result else { return };
        let kind = self.function.kind(divided.number);
        // What is left of a larger number is small.
        let small = if divided.is_small {
            divided.number
        } else {
            self.push(Op::Alu(AluOp::Mod, divided.number, divided.by), kind)
        };
        let small = if kind.is_wide() { small } else { self.push(Op::ZeroExtend(Size::W, small), Type::I64) };
        let inverse = (1_u64 << POINT).div_ceil(divided.divisor);
        let product = self.alu(AluOp::Mul, small, inverse);
        let shifted = if divided.op == AluOp::Div {
            product
        } else {
            let part = self.push(Op::ZeroExtend(Size::W, product), Type::I64);
            self.alu(AluOp::Mul, part, divided.divisor)
        };
        let point = self.push(Op::Const(POINT.cast_signed()), Type::I64);
        let op = Op::Alu(AluOp::Rsh, shifted, point);
        if kind.is_wide() {
            return self.out.push(Inst { result: Some(result), op, loc: self.loc });
        }
        let wide = self.push(op, Type::I64);
        self.out.push(Inst { result: Some(result), op: Op::Truncate(wide), loc: self.loc });
    }
}
