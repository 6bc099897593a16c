//! Removes writes to the stack that are overwritten, or forgotten with the frame, before anybody reads them. Of areas
//! that are zeroed and then partly written, only the rest is zeroed.
use super::places::Places;
use crate::cfg::Cfg;
use crate::{Address, Block, Function, Inst, Offset, Op, Terminator};
use osmia_base::Key;

/// The biggest slot that is looked at, as big as the stack.
const MOST: usize = 512;

/// Bytes of a slot.
#[derive(Clone)]
struct ByteSet([u64; MOST / 64]);

impl ByteSet {
    fn set(&mut self, start: i64, bytes: i64, on: bool) {
        for at in start.max(0)..start.saturating_add(bytes).min(MOST as i64) {
            let (word, bit) = (at as usize / 64, 1 << (at % 64));
            if on { self.0[word] |= bit } else { self.0[word] &= !bit }
        }
    }

    fn all(&self, start: i64, bytes: i64) -> bool {
        (start..start.saturating_add(bytes)).all(|at| {
            usize::try_from(at).is_ok_and(|at| at < MOST && self.0[at / 64] & (1 << (at % 64)) != 0)
        })
    }
}

struct Stores {
    places: Places,
    taken: Vec<bool>,
    /// Per slot, the bytes that are written before they are read.
    dead: Vec<ByteSet>,
}

/// Removes writes that nobody reads.
pub(crate) fn dead_stores(function: &mut Function) {
    if function.slots.is_empty() {
        return;
    }
    let cfg = Cfg::new(function);
    let places = Places::new(function, &cfg);
    let taken = places.taken(function, &cfg);
    let dead = vec![ByteSet([0; MOST / 64]); function.slots.len()];
    let mut stores = Stores { places, taken, dead };
    for &block in &cfg.order {
        stores.block(function, block);
    }
}

impl Stores {
    fn block(&mut self, function: &mut Function, block: Block) {
        let gone = matches!(function.blocks[block].end, Terminator::Return(_) | Terminator::Unreachable);
        for dead in &mut self.dead {
            *dead = ByteSet([if gone { u64::MAX } else { 0 }; MOST / 64]);
        }
        let insts = std::mem::take(&mut function.blocks[block].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for inst in insts.into_iter().rev() {
            self.inst(inst, &mut kept);
        }
        kept.reverse();
        function.blocks[block].insts = kept;
    }

    fn inst(&mut self, inst: Inst, kept: &mut Vec<Inst>) {
        match &inst.op {
            Op::Store(size, at, _) if self.write(at, size.bytes().into()) => return,
            Op::Store(..) => {}
            Op::Zero(at, size) => return self.zero(at.clone(), i64::from(*size), inst, kept),
            Op::Copy { to, from, size } => {
                if self.write(to, (*size).into()) {
                    return;
                }
                self.read(from, (*size).into());
            }
            Op::Load(size, at)
            | Op::LoadSigned(size, at)
            | Op::Atomic(_, size, at, _)
            | Op::CompareExchange { size, at, .. } => self.read(at, size.bytes().into()),
            Op::Call(..) => self.read_all(),
            _ => {}
        }
        kept.push(inst);
    }

    /// Notes a write; whether it is of no use.
    fn write(&mut self, at: &Address, bytes: i64) -> bool {
        let Some((slot, off)) = self.places.access(at) else { return false };
        let dead = &mut self.dead[slot.index()];
        let useless = dead.all(off, bytes);
        dead.set(off, bytes, true);
        useless
    }

    fn read(&mut self, at: &Address, bytes: i64) {
        match self.places.access(at) {
            Some((slot, off)) => self.dead[slot.index()].set(off, bytes, false),
            None => self.read_all(),
        }
    }

    /// Whoever has an address may read there.
    fn read_all(&mut self) {
        for (dead, _) in self.dead.iter_mut().zip(&self.taken).filter(|(_, taken)| **taken) {
            *dead = ByteSet([0; MOST / 64]);
        }
    }

    /// Zeroes only the words that are not overwritten as a whole.
    fn zero(&mut self, at: Address, size: i64, inst: Inst, kept: &mut Vec<Inst>) {
        let (Some((slot, off)), Offset::Bytes(base)) = (self.places.access(&at), &at.offset) else {
            return kept.push(inst);
        };
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        let mut start = off;
        while start < off + size {
            let end = (start + 8 - start.rem_euclid(8)).min(off + size);
            if !self.dead[slot.index()].all(start, end - start) {
                match ranges.last_mut() {
                    Some(last) if last.1 == start => last.1 = end,
                    _ => ranges.push((start, end)),
                }
            }
            start = end;
        }
        self.dead[slot.index()].set(off, size, true);
        for (start, end) in ranges.into_iter().rev() {
            let offset = Offset::Bytes((i64::from(*base) + start - off) as i32);
            let op = Op::Zero(Address { base: at.base, offset }, (end - start) as u32);
            kept.push(Inst { op, ..inst.clone() });
        }
    }
}
