//! Programs made whole: subprograms behind the program that calls them, every reference filled in.
use super::core::{self, Answers, Patched};
use super::externs::Value;
use super::layout::{Layout, Layouts, function, starts};
use super::types::Types;
use super::{
    Context, ResolveError, ResolveErrorKind as Kind, When, attach, externs, infos, lacks, maps, tables,
};
use crate::{
    ExternKey, Function, FunctionKey, ImageProgram, Later, LaterCore, LaterSymbol, Poison, Program, Symbol,
};
use osmia_abi::{Feature, ProgramType};
use osmia_base::Key;
use osmia_isa::{Callee, Imm64, Insn};
use std::collections::{HashMap, HashSet};

/// Helpers of old kernels that do for newer ones: `probe_read_user`, `_kernel`, `_user_str`, `_kernel_str`.
const FALLBACKS: [(u32, u32); 4] = [(112, 4), (113, 4), (114, 45), (115, 45)];

/// The helper numbers that stand for a missing kernel function, plus the symbol's number; libbpf has the same.
const MISSING_FUNCTION: u32 = 2_002_000_000;

/// Links all programs.
pub(super) fn programs(context: &mut Context<'_>, types: &mut Types) -> Vec<ImageProgram> {
    let object = context.object;
    let mains = object.functions.iter().filter_map(|(key, it)| Some((key, it, it.program.as_ref()?)));
    let mains: Vec<_> = mains.collect();
    let layouts = Layouts::new(object);
    let mut linker = Linker { context, types, layouts, answers: Answers::default(), position: 0 };
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
    layouts: Layouts<'b>,
    answers: Answers,
    /// The program's position.
    position: usize,
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
        match self.layouts.of(key) {
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
        let object = self.context.object;
        linked.functions = infos::functions(object, self.context.target, self.types, linked.kind, layout);
        linked.lines = infos::lines(object, self.types, layout);
    }

    /// One function, with everything filled in.
    fn piece(
        &mut self,
        key: FunctionKey,
        layout: &Layout,
        later: &mut Later,
        errors: &mut Vec<ResolveError>,
    ) -> Piece {
        let Ok(function) = function(self.context.object, key) else {
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
            Symbol::Function(key) => Ok(Imm64::Function(layout.distance(key, slot)?)),
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
            Symbol::Function(key) => Ok(Ok(Callee::Local(layout.distance(key, slot)?))),
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
}

fn at(insns: &mut [Insn], index: u32) -> Result<&mut Insn, Kind> {
    insns.get_mut(index as usize).ok_or(Kind::Broken("a relocation past the function's end"))
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
