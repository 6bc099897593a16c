//! Division and extension with a sign, of numbers that are never negative: without a sign they are the same, and the
//! kernel's verifier knows more of what comes out of them. Masks and shifts, for powers of two, it knows exactly.
use crate::ranges::Ranges;
use crate::{Block, Function, Op};
use osmia_isa::{AluOp, Size};

/// Forgets signs that no number has.
pub(crate) fn unsigned(function: &mut Function) {
    if !function.blocks.values().flat_map(|data| &data.insts).any(|inst| is_signed(&inst.op)) {
        return;
    }
    let ranges = Ranges::new(function);
    for &block in ranges.order() {
        let mut insts = std::mem::take(&mut function.blocks[block].insts);
        for inst in insts.iter_mut().filter(|inst| is_signed(&inst.op)) {
            if let Some(op) = without_sign(function, &ranges, block, &inst.op) {
                inst.op = op;
            }
        }
        function.blocks[block].insts = insts;
    }
}

const fn is_signed(op: &Op) -> bool {
    matches!(op, Op::Alu(AluOp::SDiv | AluOp::SMod, ..) | Op::SignExtend(..))
}

/// What an operation is where its operands are never negative.
fn without_sign(function: &Function, ranges: &Ranges, block: Block, op: &Op) -> Option<Op> {
    let natural = |value, size| ranges.is_natural(function, value, block, size);
    match *op {
        Op::Alu(op @ (AluOp::SDiv | AluOp::SMod), a, b) => {
            let size = if function.kind(a).is_wide() { Size::DW } else { Size::W };
            let unsigned = if op == AluOp::SDiv { AluOp::Div } else { AluOp::Mod };
            (natural(a, size) && natural(b, size)).then_some(Op::Alu(unsigned, a, b))
        }
        Op::SignExtend(size, a) => natural(a, size).then_some(Op::ZeroExtend(size, a)),
        _ => None,
    }
}
