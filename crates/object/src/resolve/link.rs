//! Programs made whole: subprograms behind the program that calls them, every reference filled in.
use super::core::{self, Answers, Patched};
use super::exceptions::Callbacks;
use super::externs::Value;
use super::types::Types;
use super::{Context, ResolveError, ResolveErrorKind as Kind, When, attach, externs, lacks, maps, tables};
use crate::{
    ExternKey, Function, FunctionInfo, FunctionKey, ImageProgram, Later, LaterCore, LaterSymbol, LineInfo,
    Poison, Program, Symbol,
};
use osmia_abi::{Feature, ProgramType};
use osmia_base::Key;
use osmia_isa::{Callee, Imm64, Insn};
use std::collections::{HashMap, HashSet};

/// How many slots a program may have, and how many all programs of an object may have.
const MAX_SLOTS: u32 = 1_000_000;
const MAX_TOTAL: u32 = 16_000_000;

/// Helpers of old kernels that do for newer ones: `probe_read_user`, `_kernel`, `_user_str`, `_kernel_str`.
const FALLBACKS: [(u32, u32); 4] = [(112, 4), (113, 4), (114, 45), (115, 45)];

/// The helper numbers that stand for a missing kernel function, plus the symbol's number; libbpf has the same.
const MISSING_FUNCTION: u32 = 2_002_000_000;

/// Links all programs.
pub(super) fn programs(context: &mut Context<'_>, types: &mut Types) -> Vec<ImageProgram> {
    let object = context.object;
    let mains = object.functions.iter().filter_map(|(key, it)| Some((key, it, it.program.as_ref()?)));
    let mains: Vec<_> = mains.collect();
    let callbacks = Callbacks::new(object);
    let mut linker = Linker { context, types, callbacks, answers: Answers::default(), total: 0, position: 0 };
    let mut all = Vec::with_capacity(mains.len());
    for (position, (key, function, program)) in mains.into_iter().enumerate() {
        linker.position = position;
        all.push(linker.program(key, function, program));
    }
    all
}

struct Linker<'a, 'b> {
    context: &'a mut Context<'b>,
    types: &'a mut Types,
    callbacks: Callbacks,
    answers: Answers,
    total: u32,
    /// The program's position.
    position: usize,
}

/// The functions of a program, in order, and the slot where each begins.
#[derive(Default)]
pub(super) struct Layout {
    order: Vec<FunctionKey>,
    pub(super) base: HashMap<FunctionKey, u32>,
    slots: u32,
}

/// Instructions of a function with their slots in the program.
struct Piece {
    insns: Vec<Insn>,
    /// Constants of two slots that became two poisoned instructions.
    poisoned: Vec<Poison>,
}

impl<'b> Linker<'_, 'b> {
    /// One program; what keeps it from being loaded stands in `unfit`.
    fn program(&mut self, key: FunctionKey, function: &'b Function, program: &Program) -> ImageProgram {
        let mut linked = ImageProgram {
            name: function.name.clone(),
            section: function.section.clone(),
            kind: program.kind,
            attach_type: attach::attach_type(self.context, program),
            member: self.context.maps.members.get(key).map(|member| member.index),
            flags: attach::flags(program),
            attach: program.attach.clone(),
            autoload: self.context.maps.members.autoload(key, program.autoload),
            ..ImageProgram::default()
        };
        if let Err(kind) = self.aim(&mut linked, key, function, program) {
            linked.unfit.push(ResolveError::at(function, None, kind));
        }
        match self.layout(key) {
            Ok(layout) => self.code(&mut linked, &layout),
            Err(kind) => linked.unfit.push(ResolveError::at(function, None, kind)),
        }
        linked
    }

    /// What it is attached to.
    fn aim(
        &self,
        linked: &mut ImageProgram,
        key: FunctionKey,
        function: &Function,
        program: &Program,
    ) -> Result<(), Kind> {
        if program.kind == ProgramType::Unspec {
            return Err(Kind::UnknownSection(function.section.clone()));
        }
        (linked.attach_btf_id, linked.attach_types) = attach::btf_id(self.context, key, function, program)?;
        if self.context.when == When::Later {
            linked.later.attach =
                attach::wanted_type(function, program).map(|wanted| (wanted.name, wanted.tag));
        }
        Ok(())
    }

    /// Its instructions, and what is known of them.
    fn code(&mut self, linked: &mut ImageProgram, layout: &Layout) {
        linked.insns.reserve(layout.slots as usize);
        let mut errors = Vec::new();
        for &part in &layout.order {
            let piece = self.piece(part, layout, &mut linked.later, &mut errors);
            linked.insns.extend(piece.insns);
            linked.poisoned.extend(piece.poisoned);
        }
        linked.unfit.extend(errors);
        linked.functions = self.functions(linked.kind, layout);
        linked.lines = self.lines(layout);
    }

    /// Which functions a program reaches: itself, then each behind those that were found before it, in the order in
    /// which libbpf meets them (a function's callees right after the call is seen).
    fn layout(&mut self, main: FunctionKey) -> Result<Layout, Kind> {
        let mut layout = Layout::default();
        self.reach(&mut layout, main)?;
        // Nobody calls what is called back on an exception: it is named beside the program.
        if let Some(callback) = self.callbacks.of(self.context.object, self.function(main)?)? {
            self.reach(&mut layout, callback)?;
        }
        Ok(layout)
    }

    /// Places a function, and all that it reaches.
    fn reach(&mut self, layout: &mut Layout, first: FunctionKey) -> Result<(), Kind> {
        if layout.base.contains_key(&first) {
            return Ok(());
        }
        self.place(layout, first)?;
        let mut open = vec![(first, 0)];
        while let Some((key, next)) = open.pop() {
            let Some(reloc) = self.function(key)?.relocs.get(next) else { continue };
            open.push((key, next + 1));
            if let Symbol::Function(callee) = reloc.symbol
                && !layout.base.contains_key(&callee)
            {
                self.place(layout, callee)?;
                open.push((callee, 0));
            }
        }
        Ok(())
    }

    fn place(&mut self, layout: &mut Layout, key: FunctionKey) -> Result<(), Kind> {
        let function = self.function(key)?;
        if let Some(undecoded) = &function.undecoded {
            return Err(Kind::Undecoded {
                function: function.name.clone(),
                reason: undecoded.reason.clone(),
            });
        }
        let slots = function.insns.iter().map(Insn::slots).fold(0u32, u32::saturating_add);
        layout.order.push(key);
        layout.base.insert(key, layout.slots);
        layout.slots = layout.slots.saturating_add(slots);
        self.total = self.total.saturating_add(slots);
        if layout.slots > MAX_SLOTS || self.total > MAX_TOTAL { Err(Kind::TooLong) } else { Ok(()) }
    }

    fn function(&self, key: FunctionKey) -> Result<&'b Function, Kind> {
        self.context.object.functions.get(key).ok_or(Kind::Broken("a call of a function that is not there"))
    }

    /// One function, with everything filled in.
    fn piece(
        &mut self,
        key: FunctionKey,
        layout: &Layout,
        later: &mut Later,
        errors: &mut Vec<ResolveError>,
    ) -> Piece {
        let Ok(function) = self.function(key) else {
            return Piece { insns: Vec::new(), poisoned: Vec::new() };
        };
        let starts = starts(&function.insns, layout.base.get(&key).copied().unwrap_or(0));
        let mut insns = function.insns.clone();
        let mut poisoned = Vec::new();
        let slot_of = |insn: u32| starts.get(insn as usize).copied().unwrap_or(0);
        for reloc in &function.core {
            if self.context.when == When::Later {
                let access = self.types.string(&reloc.access);
                let core = LaterCore { type_id: reloc.type_id, access, kind: reloc.kind };
                later.core.push((slot_of(reloc.insn), core));
                continue;
            }
            let done = at(&mut insns, reloc.insn).and_then(|insn| self.core(insn, reloc));
            match done {
                Ok(None) => {}
                Ok(Some(reason)) => poisoned.push((reloc.insn, core::POISON, reason)),
                Err(kind) => errors.push(ResolveError::at(function, Some(reloc.insn), kind)),
            }
        }
        let mut absent = HashSet::new();
        for reloc in &function.relocs {
            let slot = slot_of(reloc.insn);
            let done =
                at(&mut insns, reloc.insn).and_then(|insn| self.link(insn, reloc.symbol, slot, layout));
            match done {
                Ok(None) => {}
                Ok(Some((helper, reason))) => poisoned.push((reloc.insn, helper, reason)),
                // What is not there is told at the first instruction that wants it.
                Err(kind) if self.absent(reloc.symbol, &kind).is_some_and(|key| !absent.insert(key)) => {}
                Err(kind) => errors.push(ResolveError::at(function, Some(reloc.insn), kind)),
            }
            if let Symbol::Extern(key) = reloc.symbol {
                let call = matches!(function.insns.get(reloc.insn as usize), Some(Insn::Call(_)));
                later.symbols.extend(self.later(key, slot, call));
            }
        }
        if lacks(self.context.target, Feature::ProbeReadKernel) {
            insns.iter_mut().for_each(fall_back);
        }
        poison(insns, poisoned, &starts)
    }

    /// The symbol, if what is wrong is that it is not there.
    fn absent(&self, symbol: Symbol, kind: &Kind) -> Option<ExternKey> {
        let Symbol::Extern(key) = symbol else { return None };
        matches!(self.context.externs.value(key), Value::Absent(absent) if absent == kind).then_some(key)
    }

    /// What is to be looked up when the program is loaded, if it is.
    fn later(&self, key: ExternKey, slot: u32, call: bool) -> Option<LaterSymbol> {
        let Value::Later(tag) = self.context.externs.value(key) else { return None };
        let symbol = self.context.object.externs.get(key)?;
        let name = tag.map_or(symbol.name.as_str(), |tag| externs::kernel_name(symbol, tag)).to_owned();
        Some(LaterSymbol { slot, name, tag: *tag, call, weak: symbol.weak })
    }

    /// Applies one CO-RE relocation; the reason where the instruction is to fail.
    fn core(&mut self, insn: &mut Insn, reloc: &crate::CoreReloc) -> Result<Option<String>, Kind> {
        let answer = core::answer(self.context, &mut self.answers, reloc)?;
        let local = self.context.object.btf.as_ref();
        match core::patch(*insn, &answer, || core::describe(local, reloc))? {
            Patched::Insn(patched) => {
                *insn = patched;
                Ok(None)
            }
            Patched::Poison(reason) => Ok(Some(reason)),
        }
    }

    /// Fills in one reference; a helper and the reason where the instruction is to fail.
    fn link(
        &mut self,
        insn: &mut Insn,
        symbol: Symbol,
        slot: u32,
        layout: &Layout,
    ) -> Result<Option<(u32, String)>, Kind> {
        match insn {
            Insn::LoadImm64 { value, .. } => {
                *value = self.constant(symbol, slot, layout)?;
                Ok(None)
            }
            Insn::Call(callee) => match self.callee(symbol, slot, layout)? {
                Ok(found) => {
                    *callee = found;
                    Ok(None)
                }
                Err(poison) => Ok(Some(poison)),
            },
            other => Err(Kind::BadReference(format!("{other:?} cannot hold an address"))),
        }
    }

    fn constant(&mut self, symbol: Symbol, slot: u32, layout: &Layout) -> Result<Imm64, Kind> {
        if let Symbol::Table(key) = symbol {
            let map = tables::map(self.context, self.position, key, layout)?;
            return Ok(Imm64::MapValue { map: map as u32, offset: 0 });
        }
        let places = &self.context.maps;
        let data = |map: Option<usize>, offset| match map {
            Some(map) => Ok(Imm64::MapValue { map: map as u32, offset }),
            None => Err(Kind::Unsupported("global data, which this kernel does not have")),
        };
        match symbol {
            Symbol::Map(key) => match self.context.object.maps.get(key) {
                Some(map) => maps::refused(map).map_or(Ok(Imm64::Map(key.index() as u32)), Err),
                None => Err(Kind::Broken("a reference to a map that is not there")),
            },
            Symbol::Table(_) => Err(Kind::Broken("a reference to a table that is not there")),
            Symbol::Data { section, offset } => {
                data(places.data(section), offset.wrapping_add(places.shift(section)))
            }
            Symbol::Function(key) => Ok(Imm64::Function(distance(layout, key, slot)?)),
            Symbol::Extern(key) => match self.context.externs.value(key) {
                Value::Missing => Ok(Imm64::Value(0)),
                Value::Address(address) => Ok(Imm64::Value(*address)),
                Value::BtfId(ty) => Ok(Imm64::BtfId { id: ty.id.0 as i32, fd: ty.module.into() }),
                Value::Kconfig(offset) => data(places.kconfig, *offset),
                Value::Later(Some(_)) => Ok(Imm64::BtfId { id: 0, fd: 0 }),
                Value::Later(None) => Ok(Imm64::Value(0)),
                Value::Absent(kind) => Err(kind.clone()),
            },
        }
    }

    fn callee(
        &self,
        symbol: Symbol,
        slot: u32,
        layout: &Layout,
    ) -> Result<Result<Callee, (u32, String)>, Kind> {
        match symbol {
            Symbol::Function(key) => Ok(Ok(Callee::Local(distance(layout, key, slot)?))),
            Symbol::Extern(key) => match self.context.externs.value(key) {
                Value::BtfId(ty) => {
                    Ok(Ok(Callee::Kfunc { id: ty.id.0 as i32, module: ty.module.cast_signed() }))
                }
                Value::Later(Some(_)) => Ok(Ok(Callee::Kfunc { id: 0, module: 0 })),
                Value::Missing => {
                    let name = self.context.object.externs.get(key).map_or("", |it| it.name.as_str());
                    let reason = format!("the kernel has no function `{name}`");
                    Ok(Err((MISSING_FUNCTION.wrapping_add(self.context.externs.rank(key)), reason)))
                }
                Value::Absent(kind) => Err(kind.clone()),
                _ => Err(Kind::BadReference("a call of something that is no function with a type".into())),
            },
            _ => Err(Kind::BadReference("a call of something that is no function".into())),
        }
    }

    /// Where each function begins and its type. The kernel wants all of them or none.
    fn functions(&mut self, kind: ProgramType, layout: &Layout) -> Vec<FunctionInfo> {
        if !self.types.exist() || lacks(self.context.target, Feature::BtfFunc) {
            return Vec::new();
        }
        let info = |key: &FunctionKey| {
            let type_id = self.function(*key).ok()?.type_id;
            (!type_id.is_void()).then_some(FunctionInfo { slot: layout.base.get(key).copied()?, type_id })
        };
        let mut all: Vec<FunctionInfo> =
            layout.order.iter().map(info).collect::<Option<_>>().unwrap_or_default();
        if lacks(self.context.target, Feature::ArgCtxTag) {
            self.types.name_contexts(kind, &mut all);
        }
        all
    }

    /// Lines. The kernel wants one at the start of each function, and at most one per instruction.
    fn lines(&mut self, layout: &Layout) -> Vec<LineInfo> {
        let parts: Vec<_> =
            layout.order.iter().filter_map(|&key| Some((key, self.function(key).ok()?))).collect();
        if parts.iter().all(|(_, function)| function.lines.is_empty()) {
            return Vec::new();
        }
        let mut all: Vec<LineInfo> = Vec::new();
        for (key, function) in parts {
            let base = layout.base.get(&key).copied().unwrap_or(0);
            let starts = starts(&function.insns, base);
            let first = all.len();
            for line in &function.lines {
                let Some(&slot) = starts.get(line.insn as usize) else { continue };
                let slot = if all.len() == first { base } else { slot };
                if all.get(first..).and_then(<[_]>::last).is_some_and(|last| last.slot >= slot) {
                    continue;
                }
                all.push(self.line(slot, line));
            }
            if all.len() == first {
                all.push(self.line(base, &crate::Line::default()));
            }
        }
        all
    }

    fn line(&mut self, slot: u32, line: &crate::Line) -> LineInfo {
        LineInfo {
            slot,
            file: line.file.clone(),
            text: line.text.clone(),
            file_offset: self.types.string(&line.file),
            text_offset: self.types.string(&line.text),
            line: line.line,
            column: line.column,
        }
    }
}

/// The slot of each instruction, of which the first is at `base`.
pub(super) fn starts(insns: &[Insn], base: u32) -> Vec<u32> {
    insns
        .iter()
        .scan(base, |slot, insn| {
            let here = *slot;
            *slot = slot.saturating_add(insn.slots());
            Some(here)
        })
        .collect()
}

fn at(insns: &mut [Insn], index: u32) -> Result<&mut Insn, Kind> {
    insns.get_mut(index as usize).ok_or(Kind::Broken("a relocation past the function's end"))
}

/// How far a function is from the instruction after the one at `slot`.
fn distance(layout: &Layout, key: FunctionKey, slot: u32) -> Result<i32, Kind> {
    let base = layout.base.get(&key).ok_or(Kind::Broken("a call of a function that is not there"))?;
    Ok(*base as i32 - slot as i32 - 1)
}

fn fall_back(insn: &mut Insn) {
    if let Insn::Call(Callee::Helper(number)) = insn
        && let Some((_, old)) = FALLBACKS.iter().find(|(new, _)| new == number)
    {
        *number = *old;
    }
}

/// Puts calls that fail in the place of instructions; a constant of two slots becomes two of them.
fn poison(insns: Vec<Insn>, poisoned: Vec<(u32, u32, String)>, starts: &[u32]) -> Piece {
    if poisoned.is_empty() {
        return Piece { insns, poisoned: Vec::new() };
    }
    let helpers: HashMap<u32, u32> = poisoned.iter().map(|&(at, helper, _)| (at, helper)).collect();
    let mut out = Vec::with_capacity(insns.len());
    for (at, insn) in insns.into_iter().enumerate() {
        match helpers.get(&(at as u32)) {
            Some(&helper) => out.extend(std::iter::repeat_n(core::poison(helper), insn.slots() as usize)),
            None => out.push(insn),
        }
    }
    let reasons = poisoned.into_iter().filter_map(|(at, helper, reason)| {
        Some(Poison { slot: starts.get(at as usize).copied()?, helper, reason })
    });
    Piece { insns: out, poisoned: reasons.collect() }
}
