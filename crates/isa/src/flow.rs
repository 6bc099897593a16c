//! Where control goes: slots and indices, jump targets, basic blocks, reachability, functions.
use std::collections::BTreeMap;
use std::fmt;

use osmia_base::{Arena, Key};

use crate::{Callee, Imm64, Insn};

osmia_base::key!(
    /// A basic block of a [`Flow`].
    pub struct Block,
    "b"
);
osmia_base::key!(
    /// A function of a [`Flow`]; the first is the main one.
    pub struct Function,
    "f"
);

/// Which instruction begins at which slot, and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    starts: Vec<u32>,
    indices: Vec<Option<u32>>,
}

impl Slots {
    /// Counts the slots of `insns`.
    pub fn new(insns: &[Insn]) -> Self {
        let mut starts = Vec::with_capacity(insns.len());
        let mut indices = Vec::with_capacity(insns.len());
        for (index, insn) in insns.iter().enumerate() {
            starts.push(indices.len() as u32);
            indices.push(Some(index as u32));
            indices.resize(indices.len() + insn.slots() as usize - 1, None);
        }
        Self { starts, indices }
    }

    /// The first slot of instruction `index`.
    pub fn slot(&self, index: usize) -> Option<u32> {
        self.starts.get(index).copied()
    }

    /// The instruction that begins at `slot`; none in the second half of a 64-bit constant and past the end.
    pub fn index(&self, slot: u32) -> Option<usize> {
        self.indices.get(slot as usize).copied().flatten().map(|index| index as usize)
    }

    /// How many slots there are.
    pub fn count(&self) -> u32 {
        self.indices.len() as u32
    }

    /// The instruction that lies `off` slots after the slot behind the first one of instruction `from`.
    fn resolve(&self, from: usize, off: i32) -> Result<usize, FlowErrorKind> {
        let goal = i64::from(self.slot(from).unwrap_or(0)) + 1 + i64::from(off);
        let Some(slot) = u32::try_from(goal).ok().filter(|&slot| slot < self.count()) else {
            return Err(FlowErrorKind::OutOfRange { slot: goal });
        };
        self.index(slot).ok_or(FlowErrorKind::IntoConstant { slot })
    }
}

/// A jump or call that leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowError {
    /// The instruction, by index.
    pub insn: usize,
    /// What is wrong.
    pub kind: FlowErrorKind,
}

/// What is wrong with a jump or call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowErrorKind {
    /// It leads out of the code.
    OutOfRange {
        /// The slot it aims at.
        slot: i64,
    },
    /// It leads into the middle of a 64-bit constant.
    IntoConstant {
        /// The slot it aims at.
        slot: u32,
    },
    /// A jump leads into another function.
    IntoFunction {
        /// The instruction it aims at, by index.
        target: usize,
    },
    /// Control can run past the end of the function.
    FallsOff,
    /// There is no code.
    Empty,
}

impl fmt::Display for FlowErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OutOfRange { slot } => write!(f, "leads to slot {slot}, outside the code"),
            Self::IntoConstant { slot } => write!(f, "leads into a 64-bit constant, at slot {slot}"),
            Self::IntoFunction { target } => {
                write!(f, "jumps into another function, to instruction {target}")
            }
            Self::FallsOff => write!(f, "the function can end without exit"),
            Self::Empty => write!(f, "there is no code"),
        }
    }
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instruction {}: {}", self.insn, self.kind)
    }
}

impl std::error::Error for FlowError {}

/// Instructions that run one after the other, entered only at the first and left only at the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockData {
    /// The first instruction, by index.
    pub start: usize,
    /// The instruction after the last, by index.
    pub end: usize,
    /// The function it belongs to.
    pub function: Function,
    /// Where control goes next: first the block that follows, then the jump's target.
    pub next: Vec<Block>,
    /// Where control comes from.
    pub previous: Vec<Block>,
    /// Whether any path from the function's entry leads here. A jump to a register (`gotox`) is taken to lead to every
    /// block of its function.
    pub reachable: bool,
}

/// A run of instructions that is called: from its entry to the next function's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionData {
    /// The first instruction, by index.
    pub start: usize,
    /// The instruction after the last, by index.
    pub end: usize,
    /// Its calls of functions of the program: the instruction, by index, and the function; in order.
    pub calls: Vec<(usize, Function)>,
    /// Functions whose address it takes: the instruction, by index, and the function; in order.
    pub addresses: Vec<(usize, Function)>,
    /// Whether the main function reaches it by calls or addresses.
    pub reachable: bool,
}

/// The control flow of a whole program.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Slots and indices.
    pub slots: Slots,
    /// Blocks, in the order of the code.
    pub blocks: Arena<Block, BlockData>,
    /// Functions, in the order of the code; the first is the main one.
    pub functions: Arena<Function, FunctionData>,
    block_of: Vec<Block>,
}

impl Flow {
    /// The block of instruction `index`.
    pub fn block_of(&self, index: usize) -> Option<Block> {
        self.block_of.get(index).copied()
    }

    /// The function of instruction `index`.
    pub fn function_of(&self, index: usize) -> Option<Function> {
        self.block_of(index).and_then(|block| self.blocks.get(block)).map(|block| block.function)
    }

    /// The instruction that the jump at `index` leads to, other than the next one.
    pub fn target(&self, index: usize, insn: &Insn) -> Option<usize> {
        self.slots.resolve(index, jump_distance(insn)?).ok()
    }
}

/// How far a jump leads, in slots from the next one; none for what is no jump or leads to a register.
pub const fn jump_distance(insn: &Insn) -> Option<i32> {
    match *insn {
        Insn::Jump { off, .. } | Insn::Goto { off } | Insn::MayGoto { off } => Some(off as i32),
        Insn::GotoLong { off } => Some(off),
        Insn::Alu { .. }
        | Insn::Neg { .. }
        | Insn::MovSx { .. }
        | Insn::AddrSpaceCast { .. }
        | Insn::Swap { .. }
        | Insn::LoadImm64 { .. }
        | Insn::Load { .. }
        | Insn::LoadSx { .. }
        | Insn::Store { .. }
        | Insn::Atomic { .. }
        | Insn::LoadAcquire { .. }
        | Insn::StoreRelease { .. }
        | Insn::LoadPacket { .. }
        | Insn::GotoRegister { .. }
        | Insn::Call(_)
        | Insn::Exit => None,
    }
}

/// Whether control can go on to the instruction after this one.
pub const fn falls_through(insn: &Insn) -> bool {
    !matches!(insn, Insn::Goto { .. } | Insn::GotoLong { .. } | Insn::GotoRegister { .. } | Insn::Exit)
}

/// How far a call or function address leads, in slots from the next one.
const fn function_distance(insn: &Insn) -> Option<i32> {
    if let Insn::Call(Callee::Local(off)) | Insn::LoadImm64 { value: Imm64::Function(off), .. } = *insn {
        Some(off)
    } else {
        None
    }
}

/// Finds blocks and functions, or all jumps and calls that lead nowhere.
pub fn analyze(insns: &[Insn]) -> Result<Flow, Vec<FlowError>> {
    if insns.is_empty() {
        return Err(vec![FlowError { insn: 0, kind: FlowErrorKind::Empty }]);
    }
    let slots = Slots::new(insns);
    let jumps = targets(insns, &slots, jump_distance);
    let calls = targets(insns, &slots, function_distance);
    let (jumps, calls) = match (jumps, calls) {
        (Ok(jumps), Ok(calls)) => (jumps, calls),
        (jumps, calls) => {
            let mut errors: Vec<_> = jumps.err().into_iter().chain(calls.err()).flatten().collect();
            errors.sort_by_key(|error| error.insn);
            return Err(errors);
        }
    };
    let functions = find_functions(insns, &calls);
    let (blocks, block_of) = find_blocks(insns, &jumps, &functions);
    let mut flow = Flow { slots, blocks, functions, block_of };
    connect(&mut flow, insns, &jumps)?;
    mark_blocks(&mut flow, insns);
    let errors = falling_off(&flow, insns);
    if errors.is_empty() { Ok(flow) } else { Err(errors) }
}

type Targets = BTreeMap<usize, usize>;

/// The target of every instruction that `distance` knows one for, by index.
fn targets(
    insns: &[Insn],
    slots: &Slots,
    distance: fn(&Insn) -> Option<i32>,
) -> Result<Targets, Vec<FlowError>> {
    let mut found = Targets::new();
    let mut errors = Vec::new();
    for (index, insn) in insns.iter().enumerate() {
        let Some(off) = distance(insn) else { continue };
        match slots.resolve(index, off) {
            Ok(target) => drop(found.insert(index, target)),
            Err(kind) => errors.push(FlowError { insn: index, kind }),
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

/// The functions: at the start of the code and wherever a call or an address leads.
fn find_functions(insns: &[Insn], calls: &Targets) -> Arena<Function, FunctionData> {
    let mut entries: Vec<usize> = std::iter::once(0).chain(calls.values().copied()).collect();
    entries.sort_unstable();
    entries.dedup();
    let ends = entries.iter().copied().skip(1).chain([insns.len()]);
    let mut functions: Arena<Function, FunctionData> = entries
        .iter()
        .zip(ends)
        .map(|(&start, end)| FunctionData {
            start,
            end,
            calls: Vec::new(),
            addresses: Vec::new(),
            reachable: false,
        })
        .collect();
    for (&from, to) in calls {
        let caller = Function::from_index(entries.partition_point(|&entry| entry <= from) - 1);
        let callee = Function::from_index(entries.partition_point(|entry| entry < to));
        let data = &mut functions[caller];
        let is_call = matches!(insns.get(from), Some(Insn::Call(_)));
        if is_call { data.calls.push((from, callee)) } else { data.addresses.push((from, callee)) }
    }
    mark_functions(&mut functions);
    functions
}

fn mark_functions(functions: &mut Arena<Function, FunctionData>) {
    let mut todo = vec![Function::from_index(0)];
    while let Some(function) = todo.pop() {
        let data = &mut functions[function];
        if !std::mem::replace(&mut data.reachable, true) {
            todo.extend(data.calls.iter().chain(&data.addresses).map(|&(_, callee)| callee));
        }
    }
}

/// The blocks, not connected yet, and the block of every instruction.
fn find_blocks(
    insns: &[Insn],
    jumps: &Targets,
    functions: &Arena<Function, FunctionData>,
) -> (Arena<Block, BlockData>, Vec<Block>) {
    let ends_block = |insn: &Insn| jump_distance(insn).is_some() || !falls_through(insn);
    let mut leaders: Vec<bool> =
        std::iter::once(true).chain(insns.iter().map(ends_block)).take(insns.len()).collect();
    for start in jumps.values().copied().chain(functions.values().map(|function| function.start)) {
        leaders[start] = true;
    }
    let mut blocks: Arena<Block, BlockData> = Arena::new();
    let mut block_of: Vec<Block> = Vec::with_capacity(insns.len());
    let mut function = 0;
    for (index, leader) in leaders.into_iter().enumerate() {
        if functions.get(Function::from_index(function + 1)).is_some_and(|next| next.start == index) {
            function += 1;
        }
        let current = match block_of.last() {
            Some(&block) if !leader => block,
            _ => blocks.push(BlockData {
                start: index,
                end: index,
                function: Function::from_index(function),
                next: Vec::new(),
                previous: Vec::new(),
                reachable: false,
            }),
        };
        blocks[current].end = index + 1;
        block_of.push(current);
    }
    (blocks, block_of)
}

/// Draws the edges; an error for every jump from function to function.
fn connect(flow: &mut Flow, insns: &[Insn], jumps: &Targets) -> Result<(), Vec<FlowError>> {
    let mut errors = Vec::new();
    for block in flow.blocks.keys() {
        let BlockData { end, function, .. } = flow.blocks[block];
        let last = end - 1;
        let after = flow.block_of(end).filter(|&after| {
            insns.get(last).is_some_and(falls_through) && flow.blocks[after].function == function
        });
        let target = jumps.get(&last).copied();
        let jumped = target.and_then(|target| flow.block_of(target));
        if let (Some(target), Some(jumped)) = (target, jumped)
            && flow.blocks[jumped].function != function
        {
            errors.push(FlowError { insn: last, kind: FlowErrorKind::IntoFunction { target } });
        }
        for next in after.into_iter().chain(jumped) {
            flow.blocks[block].next.push(next);
            flow.blocks[next].previous.push(block);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Marks what the entries of functions lead to.
fn mark_blocks(flow: &mut Flow, insns: &[Insn]) {
    let mut todo: Vec<Block> =
        flow.functions.values().filter_map(|function| flow.block_of(function.start)).collect();
    let mut whole = vec![false; flow.functions.len()];
    while let Some(block) = todo.pop() {
        let data = &mut flow.blocks[block];
        if std::mem::replace(&mut data.reachable, true) {
            continue;
        }
        todo.extend(data.next.iter().copied());
        let (function, last) = (data.function, data.end - 1);
        let indirect = matches!(insns.get(last), Some(Insn::GotoRegister { .. }));
        if indirect && !std::mem::replace(&mut whole[function.index()], true) {
            let FunctionData { start, end, .. } = flow.functions[function];
            todo.extend(flow.block_of[start..end].iter().copied());
        }
    }
}

/// The reachable last instructions of functions after which control would run on.
fn falling_off(flow: &Flow, insns: &[Insn]) -> Vec<FlowError> {
    let falls = |function: &FunctionData| {
        let last = function.end - 1;
        let block = flow.block_of(last).and_then(|block| flow.blocks.get(block));
        let reachable = block.is_some_and(|block| block.reachable);
        (reachable && insns.get(last).is_some_and(falls_through))
            .then_some(FlowError { insn: last, kind: FlowErrorKind::FallsOff })
    };
    flow.functions.values().filter_map(falls).collect()
}
