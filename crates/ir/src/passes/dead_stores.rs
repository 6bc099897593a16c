//! Removes writes to the stack that are overwritten, or forgotten with the frame, before anybody reads them. Of areas
//! that are zeroed and then partly written, only the rest is zeroed.
use super::places::Places;
use crate::cfg::Cfg;
use crate::{Address, Block, Function, Inst, Offset, Op, Slot, Terminator};
use osmia_base::Key;

/// The biggest slot that is looked at, as big as the stack.
const MOST: usize = 512;

/// Bytes of a slot.
#[derive(Clone)]
struct ByteSet([u64; MOST / 64]);

const NONE: ByteSet = ByteSet([0; MOST / 64]);
const ALL: ByteSet = ByteSet([u64::MAX; MOST / 64]);

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
    /// Per slot, the bytes that are written before they are read, and when that was found out.
    dead: Vec<(u32, ByteSet)>,
    /// Counts up; what was found out before one of the next two is not so any more.
    now: u32,
    /// When the block began, and what holds there of all slots.
    began: (u32, ByteSet),
    /// When all slots whose address is known elsewhere were read last.
    read: u32,
}

/// Removes writes that nobody reads.
pub(crate) fn dead_stores(function: &mut Function) {
    if function.slots.is_empty() {
        return;
    }
    let cfg = Cfg::new(function);
    let places = Places::new(function, &cfg);
    let taken = places.taken(function, &cfg);
    let dead = vec![(0, NONE); function.slots.len()];
    let mut stores = Stores { places, taken, dead, now: 0, began: (0, NONE), read: 0 };
    for &block in &cfg.order {
        stores.block(function, block);
    }
}

impl Stores {
    fn block(&mut self, function: &mut Function, block: Block) {
        let gone = matches!(function.blocks[block].end, Terminator::Return(_) | Terminator::Unreachable);
        self.now += 1;
        self.began = (self.now, if gone { ALL } else { NONE });
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
            Op::Call(..) | Op::Barrier => self.read_all(),
            _ => {}
        }
        kept.push(inst);
    }

    /// The dead bytes of a slot. They are brought up to date only here, so that many slots cost nothing where they are not
    /// named.
    fn dead(&mut self, slot: Slot) -> &mut ByteSet {
        let (known, dead) = &mut self.dead[slot.index()];
        let (began, at_first) = &self.began;
        let read = if self.taken[slot.index()] { self.read } else { 0 };
        if *known < (*began).max(read) {
            *dead = if read > *began { NONE } else { at_first.clone() };
        }
        *known = self.now;
        dead
    }

    /// Notes a write; whether it is of no use.
    fn write(&mut self, at: &Address, bytes: i64) -> bool {
        let Some((slot, off)) = self.places.access(at) else { return false };
        let dead = self.dead(slot);
        let useless = dead.all(off, bytes);
        dead.set(off, bytes, true);
        useless
    }

    fn read(&mut self, at: &Address, bytes: i64) {
        match self.places.access(at) {
            Some((slot, off)) => self.dead(slot).set(off, bytes, false),
            None => self.read_all(),
        }
    }

    /// Whoever has an address may read there.
    fn read_all(&mut self) {
        self.now += 1;
        self.read = self.now;
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
            if !self.dead(slot).all(start, end - start) {
                match ranges.last_mut() {
                    Some(last) if last.1 == start => last.1 = end,
                    _ => ranges.push((start, end)),
                }
            }
            start = end;
        }
        self.dead(slot).set(off, size, true);
        for (start, end) in ranges.into_iter().rev() {
            let offset = Offset::Bytes((i64::from(*base) + start - off) as i32);
            let op = Op::Zero(Address { base: at.base, offset }, (end - start) as u32);
            kept.push(Inst { op, ..inst.clone() });
        }
    }
}
