//! Leaves out writes to the stack of what is there already: a key that is looked up again, and not changed in between.
use super::places::{Place, Places};
use crate::cfg::{Cfg, PerBlock};
use crate::emit::keeps;
use crate::{Block, Callee, Function, Inst, Op, Pointee, Type, Value};
use osmia_abi::{Arg, ProgramType};
use osmia_base::Key;
use osmia_isa::Size;

/// `bpf_override_return`: it changes registers of the context.
const OVERRIDE_RETURN: u32 = 58;
/// At most so many things are remembered.
const MOST: usize = 64;

/// What some bytes of the stack hold.
#[derive(Clone, Debug, PartialEq)]
enum Held {
    Value(Value),
    Number(i64),
    /// What is read from the context, which stays as it is.
    Context(Op),
}

#[derive(Clone, Debug, PartialEq)]
struct Known {
    place: Place,
    size: Size,
    held: Held,
}

struct Same<'a> {
    places: Places,
    ops: Vec<Option<&'a Op>>,
    /// Slots that others than helpers get the address of.
    leaked: Vec<bool>,
    known: Vec<Known>,
}

/// Leaves out writes of what is there already.
pub(crate) fn same_stores(function: &mut Function) {
    if function.slots.is_empty() {
        return;
    }
    let cfg = Cfg::new(function);
    let mut useless: PerBlock<Vec<usize>> = PerBlock::new(function, Vec::new());
    let mut same = Same::new(function, &cfg);
    let mut after: PerBlock<Option<Vec<Known>>> = PerBlock::new(function, None);
    for &block in &cfg.order {
        same.known = before(&cfg, block, &after);
        for (at, inst) in function.blocks[block].insts.iter().enumerate() {
            if same.inst(function, inst) {
                useless[block].push(at);
            }
        }
        after[block] = Some(std::mem::take(&mut same.known));
    }
    for &block in &cfg.order {
        let (mut at, mut useless) = (0, useless[block].iter().copied().peekable());
        function.blocks[block].insts.retain(|_| {
            at += 1;
            useless.next_if_eq(&(at - 1)).is_none()
        });
    }
}

/// What is known on each way to a block; nothing at the head of a loop.
fn before(cfg: &Cfg, block: Block, after: &PerBlock<Option<Vec<Known>>>) -> Vec<Known> {
    let Some((&first, rest)) = cfg.preds[block].split_first() else { return Vec::new() };
    let mut known = after[first].clone().unwrap_or_default();
    for &pred in rest {
        let other = after[pred].as_deref().unwrap_or_default();
        known.retain(|one| other.contains(one));
    }
    known
}

impl<'a> Same<'a> {
    fn new(function: &'a Function, cfg: &Cfg) -> Self {
        let places = Places::new(function, cfg);
        let leaked = leaked(function, cfg, &places);
        let mut ops = vec![None; function.values.len()];
        for inst in function.blocks.values().flat_map(|data| &data.insts) {
            if let Some(result) = inst.result {
                ops[result.index()] = Some(&inst.op);
            }
        }
        Self { places, ops, leaked, known: Vec::new() }
    }

    /// Follows one instruction; whether it is a write of what is there.
    fn inst(&mut self, function: &Function, inst: &Inst) -> bool {
        match &inst.op {
            Op::Store(size, at, value) => {
                let Some(place) = self.places.access(at) else { return false };
                let known = Known { place, size: *size, held: self.held(function, *value, *size) };
                if self.known.contains(&known) {
                    return true;
                }
                self.forget(place, size.bytes().into());
                if !self.leaked[place.0.index()] && self.known.len() < MOST {
                    self.known.push(known);
                }
            }
            Op::Zero(at, size) | Op::Copy { to: at, size, .. } => {
                if let Some(place) = self.places.access(at) {
                    self.forget(place, (*size).into());
                }
            }
            Op::Atomic(_, size, at, _) | Op::CompareExchange { size, at, .. } => {
                if let Some(place) = self.places.access(at) {
                    self.forget(place, size.bytes().into());
                }
            }
            Op::Call(Callee::Helper(OVERRIDE_RETURN), _) => self.known.clear(),
            Op::Call(Callee::Helper(number), args) => self.call(*number, args),
            _ => {}
        }
        false
    }

    fn held(&self, function: &Function, value: Value, size: Size) -> Held {
        match self.ops[value.index()] {
            Some(Op::Const(number)) => {
                let shift = 64 - size.bytes() * 8;
                Held::Number(number << shift >> shift)
            }
            Some(op @ Op::Load(_, at)) if keeps_context(function) && is_context(function, at.base) => {
                Held::Context(op.clone())
            }
            _ => Held::Value(value),
        }
    }

    fn forget(&mut self, (slot, start): Place, bytes: i64) {
        let end = start + bytes;
        self.known.retain(|known| {
            let (other, off) = known.place;
            other != slot || off >= end || off + i64::from(known.size.bytes()) <= start
        });
    }

    /// A helper may write where it has the address of, unless it says that it only reads there.
    fn call(&mut self, number: u32, args: &[Value]) {
        let kinds = osmia_abi::helper(number).map_or(&[][..], |helper| helper.args);
        for (at, &arg) in args.iter().enumerate() {
            let Some((slot, _)) = self.places.of(arg) else { continue };
            if !matches!(kinds.get(at), Some(Arg::Key | Arg::Value | Arg::Mem | Arg::Fixed(_))) {
                self.known.retain(|known| known.place.0 != slot);
            }
        }
    }
}

pub(super) fn is_context(function: &Function, value: Value) -> bool {
    function.kind(value) == Type::Ptr(Pointee::Context)
}

/// Whether the program's context is the record of an event, which nobody changes.
pub(super) fn keeps_context(function: &Function) -> bool {
    const EVENTS: [ProgramType; 4] =
        [ProgramType::Tracepoint, ProgramType::Kprobe, ProgramType::PerfEvent, ProgramType::RawTracepoint];
    function.program.as_ref().is_some_and(|program| EVENTS.contains(&program.kind))
}

/// Slots whose address goes anywhere but into accesses and to helpers that forget it.
fn leaked(function: &Function, cfg: &Cfg, places: &Places) -> Vec<bool> {
    let mut leaked = vec![false; function.slots.len()];
    let mut leak = |value| {
        if let Some((slot, _)) = places.of(value) {
            leaked[slot.index()] = true;
        }
    };
    for &block in &cfg.order {
        let data = &function.blocks[block];
        for inst in &data.insts {
            match &inst.op {
                Op::Load(_, at) | Op::LoadSigned(_, at) | Op::Zero(at, _) if places.access(at).is_some() => {}
                Op::Cast(_) => {}
                Op::Store(_, at, value) | Op::Atomic(_, _, at, value) if places.access(at).is_some() => {
                    leak(*value);
                }
                Op::Copy { to, from, .. } => {
                    [to, from]
                        .into_iter()
                        .filter(|at| places.access(at).is_none())
                        .for_each(|at| leak(at.base));
                }
                Op::Call(Callee::Helper(number), _) if !keeps(*number) => {}
                Op::Alu(_, _, b) if inst.result.is_some_and(|result| places.of(result).is_some()) => leak(*b),
                op => op.operands(&mut leak),
            }
        }
        data.end.operands(&mut leak);
    }
    leaked
}
