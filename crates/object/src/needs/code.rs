//! What instructions ask for.
use super::{ASKED, Collector, NeedKind, NeedPlace, of_function, relocations};
use crate::resolve::externs::{is_kconfig, is_of_others, is_typed};
use crate::{Extern, Function, FunctionKey, Object, Symbol};
use osmia_abi::{Feature, Version, flags, helper, helper_since, kfunc_since};
use osmia_btf::KindTag;
use osmia_isa::{AluOp, AtomicOp, Callee, Insn, Swap, Width};
use std::collections::{BTreeMap, HashSet};

const WEAK: &str = "it is weak: programs ask whether it is there";

/// All functions that programs reach.
pub(super) fn functions(object: &Object, all: &mut Collector) {
    let wanted = reached(object, |function| function.program.as_ref().is_some_and(|it| it.autoload));
    let possible = reached(object, |function| function.program.is_some());
    for (key, function) in object.functions.iter().filter(|(key, _)| possible.contains(key)) {
        let spare = (!wanted.contains(&key)).then_some(ASKED);
        relocations(function, all);
        instructions(object, function, spare, all);
        if function.insns.iter().map(Insn::slots).sum::<u32>() > flags::MAX_INSNS {
            let place = NeedPlace { words: of_function(function), line: None };
            all.feature(NeedKind::Code, Feature::LargePrograms, spare, place);
        }
    }
}

/// Functions that can be reached from some, these included.
fn reached(object: &Object, from: impl Fn(&Function) -> bool) -> HashSet<FunctionKey> {
    let mut left: Vec<FunctionKey> =
        object.functions.iter().filter(|(_, function)| from(function)).map(|(key, _)| key).collect();
    let by_key: BTreeMap<usize, &Function> =
        object.functions.iter().map(|(key, function)| (osmia_base::Key::index(key), function)).collect();
    let mut seen = HashSet::new();
    while let Some(key) = left.pop() {
        if !seen.insert(key) {
            continue;
        }
        let function = by_key.get(&osmia_base::Key::index(key));
        left.extend(function.iter().flat_map(|it| &it.relocs).filter_map(|reloc| match reloc.symbol {
            Symbol::Function(key) => Some(key),
            _ => None,
        }));
    }
    seen
}

fn instructions(object: &Object, function: &Function, spare: Option<&'static str>, all: &mut Collector) {
    let relocs: BTreeMap<u32, Symbol> = function.relocs.iter().map(|it| (it.insn, it.symbol)).collect();
    // Each thing once a function: at its first place.
    let mut seen = HashSet::new();
    for (at, insn) in (0..).zip(&function.insns) {
        let symbol = relocs.get(&at).copied();
        for (what, since, own) in asks(object, insn, symbol) {
            if seen.insert(what.clone()) {
                let place = NeedPlace { words: of_function(function), line: function.line_at(at).cloned() };
                all.add((what.0, &what.1), since, own.or(spare), place);
            }
        }
    }
}

type Asked = ((NeedKind, String), Option<Version>, Option<&'static str>);

/// What one instruction asks for.
fn asks(object: &Object, insn: &Insn, symbol: Option<Symbol>) -> Vec<Asked> {
    let code = |name: &str, since| ((NeedKind::Code, name.to_owned()), Some(since), None);
    let mut asked: Vec<Asked> = form(insn).map(|(name, since)| code(name, since)).into_iter().collect();
    match (insn, symbol) {
        (_, Some(Symbol::Extern(key))) => {
            // What another object has is asked for by that one.
            let symbol = object.externs.get(key).filter(|symbol| !is_of_others(symbol));
            asked.extend(symbol.map(|symbol| outside(object, symbol)));
        }
        (Insn::Call(_), Some(Symbol::Function(_))) => {
            asked.push(code("calls of functions", Version(4, 16)));
        }
        (Insn::LoadImm64 { .. }, Some(Symbol::Function(_))) => {
            asked.push(code("functions as arguments", Version(5, 13)));
        }
        (Insn::Call(Callee::Helper(id)), _) => {
            let name = helper(*id).map_or_else(|| format!("number {id}"), ToString::to_string);
            asked.push(((NeedKind::Helper, name), helper_since(*id), None));
        }
        _ => {}
    }
    asked
}

/// What the form of an instruction asks for.
fn form(insn: &Insn) -> Option<(&'static str, Version)> {
    let feature = |feature: Feature| Some((feature.name(), feature.row().since));
    match insn {
        Insn::Jump { off: ..0, .. } | Insn::Goto { off: ..0 } => feature(Feature::BoundedLoops),
        Insn::Jump { width: Width::W32, .. } => feature(Feature::Jump32),
        Insn::Atomic { op: AtomicOp::Add { fetch: false }, .. } => None,
        Insn::Atomic { .. } => feature(Feature::AtomicFetch),
        Insn::MovSx { .. }
        | Insn::LoadSx { .. }
        | Insn::GotoLong { .. }
        | Insn::Swap { kind: Swap::Always, .. }
        | Insn::Alu { op: AluOp::SDiv | AluOp::SMod, .. } => feature(Feature::IsaV4),
        Insn::MayGoto { .. } => Some(("may_goto", Version(6, 9))),
        Insn::AddrSpaceCast { .. } => Some(("addr_space_cast", Version(6, 9))),
        Insn::LoadAcquire { .. } | Insn::StoreRelease { .. } => {
            Some(("load-acquire and store-release", Version(6, 15)))
        }
        Insn::GotoRegister { .. } => Some(("jump tables", Version(6, 19))),
        _ => None,
    }
}

/// What a symbol of the kernel or its configuration asks for.
fn outside(object: &Object, symbol: &Extern) -> Asked {
    let weak = symbol.weak.then_some(WEAK);
    if is_kconfig(symbol) {
        let row = Feature::GlobalData.row();
        return ((NeedKind::Code, row.name.to_owned()), Some(row.since), None);
    }
    match is_typed(object.btf.as_ref(), symbol) {
        Some(KindTag::Func) => {
            let since = kfunc_since(&symbol.name);
            ((NeedKind::Kfunc, symbol.name.clone()), since, weak)
        }
        Some(_) => ((NeedKind::Variable, symbol.name.clone()), Some(Version(5, 10)), weak),
        None => ((NeedKind::Variable, symbol.name.clone()), None, weak),
    }
}
