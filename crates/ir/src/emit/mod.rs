//! A module becomes an object: instructions are selected, registers allocated, frames laid out.

mod color;
mod error;
mod frame;
mod layout;
mod liveness;
mod lower;
mod mach;
mod select;
mod share;
mod spill;
mod tails;
mod unneeded;

pub use error::CompileError;

use crate::{Callee, Function, FunctionId, Inline, Loc, Module, Op, Value, validate_module};
use color::Outcome;
use frame::Frame;
use layout::Encoded;
use mach::Code;
use osmia_base::{Arena, Endian, Key, Source};
use osmia_btf::Btf;
use osmia_object::{Line, Object};
use std::collections::HashSet;

pub(crate) use lower::{exchange, negate};
pub(crate) use share::keeps;

/// The versions of the instruction set, as LLVM's `-mcpu` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Isa {
    /// What Linux 4.x began with.
    V1,
    /// Adds jumps on `<` and `<=` (4.14).
    V2,
    /// Adds jumps on 32 bits (5.1) and atomic operations that return the old value (5.12).
    #[default]
    V3,
    /// Adds sign extension, `bswap`, signed division, long jumps (6.6).
    V4,
}

/// What the compiler may use.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The instruction set.
    pub isa: Isa,
}

/// Compiles a module as it is; [`crate::optimize`] comes before.
pub fn emit(mut module: Module, options: &Options) -> Result<Object, CompileError> {
    // What is still there is called, whatever was asked for.
    module.functions.iter_mut().for_each(|(_, function)| function.inline = Inline::Free);
    validate_module(&module).map_err(CompileError::Invalid)?;
    callees_are_known(&module)?;
    let mut functions = Arena::new();
    let mut frames = Vec::new();
    for id in module.functions.keys().collect::<Vec<_>>() {
        let function = &mut module.functions[id];
        let (encoded, frame) = compile(function, options)?;
        frames.push(frame);
        functions.push(finish(&module.functions[id], encoded, &module.files));
    }
    check_chains(&module, &frames)?;
    let mut object = Object {
        license: module.license,
        version: module.version,
        endian: Endian::default(),
        functions,
        maps: module.maps,
        data: module.data,
        externs: module.externs,
        tables: Arena::new(),
        btf: None,
        foreign: module.foreign,
    };
    unneeded::leave_out(&mut module.btf, &mut object);
    object.btf = Some(Btf::parse(module.btf.finish()).map_err(CompileError::Btf)?);
    Ok(object)
}

/// There is no instruction for a call of whatever a pointer points to.
fn callees_are_known(module: &Module) -> Result<(), CompileError> {
    let blocks = module.functions.values().flat_map(|function| function.blocks.values());
    let mut calls = blocks.flat_map(|data| &data.insts);
    let unknown = calls.find(|inst| matches!(inst.op, Op::Call(Callee::Pointer, _)));
    unknown.map_or(Ok(()), |inst| Err(CompileError::UnknownCallee { loc: inst.loc }))
}

fn compile(function: &mut Function, options: &Options) -> Result<(Encoded, Frame), CompileError> {
    lower::lower(function, options);
    debug_assert_eq!(crate::validate(function), Ok(()), "after lowering");
    share::share_slots(function);
    let mut code = select::select(function, options)?;
    let mut frame = Frame::new(function);
    liveness::remove_dead(&mut code);
    allocate(&mut code, &mut frame);
    layout::drop_copies(&mut code);
    layout::merge_blocks(&mut code);
    frame.place(&code);
    frame.check(function)?;
    let encoded = layout::encode(&code, &frame, &function.name, options)?;
    Ok((encoded, frame))
}

/// Gives every register a place. Each round spills at least one that never comes back, so it ends.
fn allocate(code: &mut Code, frame: &mut Frame) {
    let mut carriers = HashSet::new();
    loop {
        match color::color(code, &carriers) {
            Outcome::Colored(colors) => return layout::apply(code, &colors),
            Outcome::Spilled(groups) => carriers.extend(spill::spill(code, frame, &groups)),
        }
    }
}

fn finish(function: &Function, encoded: Encoded, files: &[Source]) -> osmia_object::Function {
    let lines = lines(&encoded.locs, files);
    osmia_object::Function {
        name: function.name.clone(),
        section: function.section.clone(),
        linkage: function.linkage,
        program: function.program.clone(),
        insns: encoded.insns,
        relocs: encoded.relocs,
        core: encoded.core,
        lines,
        type_id: function.type_id,
        undecoded: None,
    }
}

/// The longest line that is kept beside instructions, in bytes.
const LINE: usize = 1023;

/// One record where the line changes. The kernel wants one for the first instruction of each function.
fn lines(locs: &[Loc], files: &[Source]) -> Vec<Line> {
    let known = |loc: &Loc| loc.line > 0 && files.get(loc.file as usize).is_some();
    let first = locs.iter().copied().find(known);
    let mut last = Loc::default();
    let mut lines: Vec<Line> = Vec::new();
    for (insn, loc) in locs.iter().enumerate() {
        let loc = if insn == 0 { first } else { Some(*loc).filter(known) };
        if let Some(loc) = loc.filter(|loc| *loc != last) {
            last = loc;
            lines.extend(line(insn as u32, loc, files));
        }
    }
    lines
}

fn line(insn: u32, loc: Loc, files: &[Source]) -> Option<Line> {
    let source = files.get(loc.file as usize)?;
    let text = shorten(source.line(loc.line)).to_owned();
    Some(Line { insn, file: source.name.clone(), text, line: loc.line, column: loc.column.min(1023) })
}

/// As much of a line as the kernel's log is to show: a script of one long line has many instructions, each with its line.
fn shorten(line: &str) -> &str {
    let end = (0..=LINE.min(line.len())).rev().find(|&end| line.is_char_boundary(end));
    line.get(..end.unwrap_or(0)).unwrap_or("")
}

/// A chain of calls: its stack, and the functions on it.
type Chain = (u32, Vec<FunctionId>);

/// The deepest chain of calls must fit, each frame rounded up as the kernel does.
fn check_chains(module: &Module, frames: &[Frame]) -> Result<(), CompileError> {
    let mut known: Vec<Option<Chain>> = vec![None; frames.len()];
    for id in module.functions.keys() {
        chain(module, frames, id, &mut known)?;
    }
    let Some((used, ids)) = known.into_iter().flatten().max_by_key(|chain| chain.0) else { return Ok(()) };
    if used <= frame::LIMIT || ids.len() == 1 {
        return Ok(());
    }
    let functions = ids.iter().map(|&id| module.functions[id].name.clone()).collect();
    let biggest = ids.iter().flat_map(|&id| frames[id.index()].biggest(&module.functions[id])).collect();
    Err(CompileError::StackTooDeep { functions, used, limit: frame::LIMIT, biggest })
}

/// `bpf_timer_set_callback`: what it is given runs later, on a stack of its own.
const TIMER_SET_CALLBACK: u32 = 170;

/// How one function leads to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Via {
    /// It calls it.
    Call,
    /// It has a helper call it.
    Address,
}

fn callees(function: &Function) -> Vec<(FunctionId, Via)> {
    let insts = || function.blocks.values().flat_map(|data| &data.insts);
    let later: HashSet<Value> = insts().filter_map(|inst| runs_later(&inst.op)).flatten().copied().collect();
    let mut callees: Vec<(FunctionId, Via)> = insts()
        .filter_map(|inst| match inst.op {
            Op::Call(Callee::Function(id), _) => Some((id, Via::Call)),
            Op::FunctionAddr(id) if !inst.result.is_some_and(|value| later.contains(&value)) => {
                Some((id, Via::Address))
            }
            _ => None,
        })
        .collect();
    callees.sort_unstable();
    callees.dedup();
    callees
}

/// The arguments of a call that is not there any more when the functions among them run.
fn runs_later(op: &Op) -> Option<&[Value]> {
    match op {
        Op::Call(Callee::Helper(TIMER_SET_CALLBACK) | Callee::Kfunc(_), args) => Some(args),
        _ => None,
    }
}

/// Finds the deepest chain from `root`, without recursion of our own.
fn chain(
    module: &Module,
    frames: &[Frame],
    root: FunctionId,
    known: &mut [Option<Chain>],
) -> Result<(), CompileError> {
    if known[root.index()].is_some() {
        return Ok(());
    }
    let mut path = vec![(root, callees(&module.functions[root]))];
    while let Some((id, rest)) = path.last_mut() {
        let id = *id;
        if let Some((next, via)) = rest.pop() {
            if path.iter().any(|entry| entry.0 == next) {
                // How often a helper calls back, the kernel knows.
                if via == Via::Address {
                    continue;
                }
                return Err(CompileError::Recursive { function: module.functions[next].name.clone() });
            }
            if known[next.index()].is_none() {
                path.push((next, callees(&module.functions[next])));
            }
            continue;
        }
        let deepest =
            callees(&module.functions[id]).into_iter().filter_map(|(next, _)| known[next.index()].clone());
        let (below, ids) = deepest.max_by_key(|chain| chain.0).unwrap_or_default();
        let own = frames[id.index()].used.max(1).next_multiple_of(32);
        known[id.index()] = Some((own + below, std::iter::once(id).chain(ids).collect()));
        path.pop();
    }
    Ok(())
}
