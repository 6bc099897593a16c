//! Turns pieces of stack whose address stays here into values: slots are cut where accesses cut them, and each piece
//! that is always accessed as a whole becomes a variable.
use super::places::{Place, Places};
use crate::cfg::{Cfg, PerBlock};
use crate::{Address, Block, Function, Inst, Loc, Op, Pointee, Type, Value, ValueData};
use osmia_base::Key;
use osmia_isa::{AluOp, Size};
use std::collections::{BTreeMap, HashMap};

/// A variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Var(u32);

/// What is known of a slot.
#[derive(Default)]
struct Use {
    /// Its address is known elsewhere, or it is accessed in a way that is not understood.
    escapes: bool,
    /// Pieces: offset and size.
    pieces: BTreeMap<i64, i64>,
    /// Ranges that are zeroed.
    zeroed: Vec<(i64, i64)>,
}

/// Turns pieces of stack into values.
pub(crate) fn promote(function: &mut Function) {
    if function.slots.is_empty() {
        return;
    }
    let cfg = Cfg::new(function);
    let places = Places::new(function, &cfg);
    let uses = uses(function, &cfg, &places);
    let mut vars = HashMap::new();
    let mut kinds = Vec::new();
    for (slot, found) in function.slots.keys().zip(&uses) {
        if found.escapes {
            continue;
        }
        for (&off, &size) in &found.pieces {
            vars.insert((slot, off), Var(kinds.len() as u32));
            kinds.push(if size == 8 { Type::I64 } else { Type::I32 });
        }
    }
    let promotable: Vec<bool> = uses.iter().map(|found| !found.escapes).collect();
    if !promotable.contains(&true) {
        return;
    }
    let mut promote = Promote { places, promotable, vars, kinds, pieces: uses };
    promote.pointers(function, &cfg);
    promote.rewrite(function, &cfg);
}

fn uses(function: &Function, cfg: &Cfg, places: &Places) -> Vec<Use> {
    let mut uses: Vec<Use> = function.slots.keys().map(|_| Use::default()).collect();
    for &block in &cfg.order {
        let data = &function.blocks[block];
        for inst in &data.insts {
            note(&mut uses, places, inst);
        }
        data.end.operands(|value| escape(&mut uses, places, value));
    }
    for (data, found) in function.slots.values().zip(&mut uses) {
        found.settle(data.size.into());
    }
    uses
}

fn escape(uses: &mut [Use], places: &Places, value: Value) {
    if let Some((slot, _)) = places.of(value) {
        uses[slot.index()].escapes = true;
    }
}

fn note(uses: &mut [Use], places: &Places, inst: &Inst) {
    match &inst.op {
        Op::Load(size, at) | Op::LoadSigned(size, at) => access(uses, places, at, *size),
        Op::Store(size, at, value) => {
            escape(uses, places, *value);
            access(uses, places, at, *size);
        }
        Op::Zero(at, size) => match places.access(at) {
            Some((slot, off)) => uses[slot.index()].zeroed.push((off, (*size).into())),
            None => escape(uses, places, at.base),
        },
        Op::Alu(AluOp::Add, _, b) if inst.result.is_some_and(|result| places.of(result).is_some()) => {
            escape(uses, places, *b);
        }
        Op::Cast(_) => {}
        op => op.operands(|value| escape(uses, places, value)),
    }
}

fn access(uses: &mut [Use], places: &Places, at: &Address, size: Size) {
    let Some((slot, off)) = places.access(at) else { return escape(uses, places, at.base) };
    let found = &mut uses[slot.index()];
    let size = i64::from(size.bytes());
    let old = *found.pieces.entry(off).or_insert(size);
    found.escapes |= old != size;
}

impl Use {
    /// Pieces must not overlap, lie inside, and be zeroed as a whole.
    fn settle(&mut self, size: i64) {
        let mut end = 0;
        for (&off, &bytes) in &self.pieces {
            self.escapes |= off < end || off + bytes > size;
            end = off + bytes;
        }
        for &(start, bytes) in &self.zeroed {
            let stop = start + bytes;
            let cut = |(&off, &bytes): (&i64, &i64)| {
                let whole = off >= start && off + bytes <= stop;
                let apart = off + bytes <= start || off >= stop;
                !whole && !apart
            };
            self.escapes |= self.pieces.iter().any(cut);
        }
    }
}

/// One access to variables.
enum Access {
    Load(Var, Size, Signed),
    Store(Var, Size, Value),
    Zero(Vec<Var>),
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signed {
    No,
    Yes,
}

struct Promote {
    places: Places,
    promotable: Vec<bool>,
    vars: HashMap<Place, Var>,
    kinds: Vec<Type>,
    pieces: Vec<Use>,
}

impl Promote {
    fn access(&self, op: &Op) -> Access {
        let var = |at: &Address| {
            let place = self.places.access(at)?;
            self.promotable[place.0.index()].then(|| self.vars.get(&place).copied()).flatten()
        };
        let access = match op {
            Op::Load(size, at) => var(at).map(|var| Access::Load(var, *size, Signed::No)),
            Op::LoadSigned(size, at) => var(at).map(|var| Access::Load(var, *size, Signed::Yes)),
            Op::Store(size, at, value) => var(at).map(|var| Access::Store(var, *size, *value)),
            Op::Zero(at, size) => self.zeroed(at, (*size).into()).map(Access::Zero),
            _ => None,
        };
        access.unwrap_or(Access::None)
    }

    fn zeroed(&self, at: &Address, size: i64) -> Option<Vec<Var>> {
        let (slot, off) = self.places.access(at)?;
        if !self.promotable[slot.index()] {
            return None;
        }
        let inside = self.pieces[slot.index()].pieces.range(off..off.saturating_add(size).max(off));
        Some(inside.filter_map(|(&off, _)| self.vars.get(&(slot, off)).copied()).collect())
    }

    /// A variable that only ever holds pointers has their type; what a constant is does not matter.
    fn pointers(&mut self, function: &Function, cfg: &Cfg) {
        let constants = constants(function);
        let mut seen: Vec<Option<Type>> = vec![None; self.kinds.len()];
        for &block in &cfg.order {
            for inst in &function.blocks[block].insts {
                let Access::Store(var, Size::DW, value) = self.access(&inst.op) else { continue };
                if constants[value.index()] {
                    continue;
                }
                let kind = function.kind(value);
                let seen = &mut seen[var.0 as usize];
                *seen = Some(seen.map_or(kind, |old| common(old, kind)));
            }
        }
        for (var, kind) in seen.into_iter().enumerate() {
            if let Some(kind) = kind.filter(|kind| kind.is_wide()) {
                self.kinds[var] = kind;
            }
        }
    }

    fn rewrite(&self, function: &mut Function, cfg: &Cfg) {
        let params = self.place_params(function, cfg);
        let mut rename = Rename {
            promote: self,
            current: vec![None; self.kinds.len()],
            undo: Vec::new(),
            loads: HashMap::new(),
        };
        let children = cfg.children(function);
        let mut stack = vec![(function.entry, None)];
        while let Some((block, left)) = stack.pop() {
            if let Some(mark) = left {
                rename.leave(mark);
                continue;
            }
            stack.push((block, Some(rename.undo.len())));
            rename.block(function, block, &params);
            stack.extend(children[block].iter().rev().map(|&child| (child, None)));
        }
        let loads = rename.loads;
        super::replace_all(function, &loads);
    }

    /// The variables that each block needs as parameters: where they are live and several definitions meet.
    fn place_params(&self, function: &mut Function, cfg: &Cfg) -> PerBlock<Vec<(Var, Value)>> {
        let (defs, live) = self.liveness(function, cfg);
        let frontiers = frontiers(function, cfg);
        let mut params = PerBlock::new(function, Vec::new());
        let mut placed = PerBlock::new(function, u32::MAX);
        for (var, (defs, live)) in defs.into_iter().zip(live).enumerate() {
            let var = var as u32;
            let live: std::collections::HashSet<Block> = live.into_iter().collect();
            let mut work = defs;
            while let Some(block) = work.pop() {
                for &join in &frontiers[block] {
                    if placed[join] == var || !live.contains(&join) {
                        continue;
                    }
                    placed[join] = var;
                    let value = function.values.push(ValueData { kind: self.kinds[var as usize] });
                    function.blocks[join].params.push(value);
                    params[join].push((Var(var), value));
                    work.push(join);
                }
            }
        }
        params
    }

    /// Per variable: the blocks that write it, and those at whose start it is still needed.
    fn liveness(&self, function: &Function, cfg: &Cfg) -> (Vec<Vec<Block>>, Vec<Vec<Block>>) {
        let mut defs = vec![Vec::new(); self.kinds.len()];
        let mut live = vec![Vec::new(); self.kinds.len()];
        for &block in &cfg.order {
            let read = |var: Var, defs: &[Vec<Block>], live: &mut [Vec<Block>]| {
                let at = var.0 as usize;
                if defs[at].last() != Some(&block) && live[at].last() != Some(&block) {
                    live[at].push(block);
                }
            };
            let write = |var: Var, defs: &mut [Vec<Block>]| {
                let at = var.0 as usize;
                if defs[at].last() != Some(&block) {
                    defs[at].push(block);
                }
            };
            for inst in &function.blocks[block].insts {
                match self.access(&inst.op) {
                    Access::Load(var, ..) => read(var, &defs, &mut live),
                    Access::Store(var, ..) => write(var, &mut defs),
                    Access::Zero(vars) => vars.into_iter().for_each(|var| write(var, &mut defs)),
                    Access::None => {}
                }
            }
        }
        let mut seen = PerBlock::new(function, u32::MAX);
        let mut writes = PerBlock::new(function, u32::MAX);
        for (var, (defs, live)) in defs.iter().zip(&mut live).enumerate() {
            let var = var as u32;
            defs.iter().for_each(|&block| writes[block] = var);
            live.iter().for_each(|&block| seen[block] = var);
            let mut work = live.clone();
            while let Some(block) = work.pop() {
                for &pred in &cfg.preds[block] {
                    if seen[pred] != var && writes[pred] != var {
                        seen[pred] = var;
                        live.push(pred);
                        work.push(pred);
                    }
                }
            }
        }
        (defs, live)
    }
}

/// The type of a variable that holds values of two types.
fn common(a: Type, b: Type) -> Type {
    match (a, b) {
        _ if a == b => a,
        (Type::Ptr(_), Type::Ptr(_)) => Type::Ptr(Pointee::Memory),
        _ => Type::I64,
    }
}

/// Which values are constants.
fn constants(function: &Function) -> Vec<bool> {
    let mut constants = vec![false; function.values.len()];
    for inst in function.blocks.values().flat_map(|data| &data.insts) {
        if let (Some(result), Op::Const(_)) = (inst.result, &inst.op) {
            constants[result.index()] = true;
        }
    }
    constants
}

/// The blocks where what a block dominates ends.
fn frontiers(function: &Function, cfg: &Cfg) -> PerBlock<Vec<Block>> {
    let mut frontiers: PerBlock<Vec<Block>> = PerBlock::new(function, Vec::new());
    for &block in cfg.order.iter().filter(|&&block| cfg.preds[block].len() > 1) {
        for &pred in &cfg.preds[block] {
            let mut at = pred;
            while at != cfg.idom[block] {
                if frontiers[at].last() != Some(&block) {
                    frontiers[at].push(block);
                }
                at = cfg.idom[at];
            }
        }
    }
    frontiers
}

struct Rename<'a> {
    promote: &'a Promote,
    current: Vec<Option<Value>>,
    undo: Vec<(Var, Option<Value>)>,
    /// What loads became.
    loads: HashMap<Value, Value>,
}

impl Rename<'_> {
    fn leave(&mut self, mark: usize) {
        while self.undo.len() > mark {
            if let Some((var, old)) = self.undo.pop() {
                self.current[var.0 as usize] = old;
            }
        }
    }

    fn set(&mut self, var: Var, value: Value) {
        let old = self.current[var.0 as usize].replace(value);
        self.undo.push((var, old));
    }

    fn kind(&self, var: Var) -> Type {
        self.promote.kinds[var.0 as usize]
    }

    fn block(&mut self, function: &mut Function, block: Block, params: &PerBlock<Vec<(Var, Value)>>) {
        for &(var, value) in &params[block] {
            self.set(var, value);
        }
        let insts = std::mem::take(&mut function.blocks[block].insts);
        let mut out = Vec::with_capacity(insts.len());
        for inst in insts {
            match self.promote.access(&inst.op) {
                Access::None => out.push(inst),
                Access::Load(var, size, signed) => self.load(function, &mut out, &inst, var, size, signed),
                Access::Store(var, size, value) => self.store(function, &mut out, inst.loc, var, size, value),
                Access::Zero(vars) => {
                    for var in vars {
                        let zero = push(function, &mut out, Op::Const(0), self.kind(var), inst.loc);
                        self.set(var, zero);
                    }
                }
            }
        }
        let mut end = std::mem::take(&mut function.blocks[block].end);
        for jump in end.jumps_mut() {
            for &(var, _) in &params[jump.block] {
                let value = self.read(function, &mut out, var, Loc::default());
                jump.args.push(value);
            }
        }
        function.blocks[block].end = end;
        function.blocks[block].insts = out;
    }

    /// What a variable holds; zero before anything was written.
    fn read(&mut self, function: &mut Function, out: &mut Vec<Inst>, var: Var, loc: Loc) -> Value {
        if let Some(value) = self.current[var.0 as usize] {
            return value;
        }
        push(function, out, Op::Const(0), self.kind(var), loc)
    }

    fn load(
        &mut self,
        function: &mut Function,
        out: &mut Vec<Inst>,
        inst: &Inst,
        var: Var,
        size: Size,
        signed: Signed,
    ) {
        let Some(result) = inst.result else { return };
        let value = self.read(function, out, var, inst.loc);
        let (from, to) = (function.kind(value), function.kind(result));
        let op = match (size, signed) {
            (Size::DW, _) if from == to => {
                self.loads.insert(result, value);
                return;
            }
            (Size::DW, _) => Op::Cast(value),
            (Size::W, _) if from == to => {
                self.loads.insert(result, value);
                return;
            }
            (_, Signed::Yes) => Op::SignExtend(size, value),
            (_, Signed::No) => Op::ZeroExtend(size, value),
        };
        out.push(Inst { result: Some(result), op, loc: inst.loc });
    }

    fn store(
        &mut self,
        function: &mut Function,
        out: &mut Vec<Inst>,
        loc: Loc,
        var: Var,
        size: Size,
        value: Value,
    ) {
        let (from, to) = (function.kind(value), self.kind(var));
        let value = if size == Size::DW && from != to {
            push(function, out, Op::Cast(value), to, loc)
        } else if size != Size::DW && from.is_wide() {
            push(function, out, Op::Truncate(value), Type::I32, loc)
        } else {
            value
        };
        self.set(var, value);
    }
}

fn push(function: &mut Function, out: &mut Vec<Inst>, op: Op, kind: Type, loc: Loc) -> Value {
    let result = function.values.push(ValueData { kind });
    out.push(Inst { result: Some(result), op, loc });
    result
}
