//! Which values are addresses in which slots.
use crate::cfg::Cfg;
use crate::{Address, Function, Offset, Op, Slot};
use osmia_base::Key;
use osmia_isa::AluOp;

/// A slot and an offset in it.
pub(crate) type Place = (Slot, i64);

/// For each value, the place it is the address of.
#[derive(Debug)]
pub(crate) struct Places(Vec<Option<Place>>);

impl Places {
    pub(crate) fn new(function: &Function, cfg: &Cfg) -> Self {
        let mut places: Vec<Option<Place>> = vec![None; function.values.len()];
        let mut constants = vec![None; function.values.len()];
        for &block in &cfg.order {
            for inst in &function.blocks[block].insts {
                let Some(result) = inst.result else { continue };
                match inst.op {
                    Op::Const(number) => constants[result.index()] = Some(number),
                    Op::SlotAddr(slot) => places[result.index()] = Some((slot, 0)),
                    Op::Cast(a) => places[result.index()] = places[a.index()],
                    Op::Alu(AluOp::Add, a, b) => {
                        let sum = places[a.index()].zip(constants[b.index()]);
                        places[result.index()] =
                            sum.map(|((slot, off), number)| (slot, off.wrapping_add(number)));
                    }
                    _ => {}
                }
            }
        }
        Self(places)
    }

    /// The place that a value is the address of.
    pub(crate) fn of(&self, value: crate::Value) -> Option<Place> {
        self.0.get(value.index()).copied().flatten()
    }

    /// The place of an access in a slot.
    pub(crate) fn access(&self, at: &Address) -> Option<Place> {
        let (slot, off) = self.of(at.base)?;
        match at.offset {
            Offset::Bytes(bytes) => Some((slot, off.wrapping_add(bytes.into()))),
            Offset::Core(_) => None,
        }
    }

    /// The slots whose address is used for more than accesses at known places.
    pub(crate) fn taken(&self, function: &Function, cfg: &Cfg) -> Vec<bool> {
        let mut taken = vec![false; function.slots.len()];
        let mut escape = |value| {
            if let Some((slot, _)) = self.of(value) {
                taken[slot.index()] = true;
            }
        };
        for &block in &cfg.order {
            let data = &function.blocks[block];
            for inst in &data.insts {
                match &inst.op {
                    Op::Load(_, at) | Op::LoadSigned(_, at) | Op::Zero(at, _)
                        if self.access(at).is_some() => {}
                    Op::Cast(_) => {}
                    Op::Store(_, at, value) | Op::Atomic(_, _, at, value) if self.access(at).is_some() => {
                        escape(*value)
                    }
                    Op::Copy { to, from, .. } if self.access(to).is_some() && self.access(from).is_some() => {
                    }
                    Op::Alu(AluOp::Add, _, b)
                        if inst.result.is_some_and(|result| self.of(result).is_some()) =>
                    {
                        escape(*b);
                    }
                    op => op.operands(&mut escape),
                }
            }
            data.end.operands(&mut escape);
        }
        taken
    }
}
