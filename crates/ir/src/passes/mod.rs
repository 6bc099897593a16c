//! The optimizer: a list of passes.
mod branches;
mod dead_code;
mod dead_stores;
mod division;
mod fold;
mod gvn;
mod hoist;
mod inline;
mod narrow;
mod places;
mod promote;
mod replace;
mod same_stores;
mod unroll;
mod unsigned;

pub(crate) use dead_code::dead_code;
pub(crate) use places::Places;
pub use unroll::unroll;
use unroll::unroll_asked;

use crate::{Callee, Function, Module, Op, Value};
use branches::branches;
use dead_stores::dead_stores;
use division::division;
use fold::fold;
use gvn::gvn;
use hoist::hoist;
use inline::inline;
use narrow::narrow;
use promote::promote;
use replace::Replace;
use same_stores::same_stores;
use std::collections::HashMap;
use unsigned::unsigned;

/// A pass over one function.
type Pass = fn(&mut Function);

/// Passes over functions on their own, so that what is inlined is small already.
const BEFORE: &[(&str, Pass)] =
    &[("promote", promote), ("fold", fold), ("gvn", gvn), ("branches", branches), ("dead_code", dead_code)];

/// Passes over functions with what was inlined.
const AFTER: &[(&str, Pass)] = &[
    ("branches", branches),
    ("unroll_asked", unroll_asked),
    ("promote", promote),
    ("unsigned", unsigned),
    ("division", division),
    ("fold", fold),
    ("gvn", gvn),
    ("branches", branches),
    ("fold", fold),
    ("narrow", narrow),
    ("hoist", hoist),
    ("same_stores", same_stores),
    ("dead_stores", dead_stores),
    ("dead_code", dead_code),
];

/// Makes a module's functions shorter and faster.
pub fn optimize(module: &mut Module) {
    optimize_with(module, |_, _| {});
}

/// As [`optimize`]; `seen` gets each function after each pass.
pub fn optimize_with(module: &mut Module, mut seen: impl FnMut(&str, &Function)) {
    run_passes(module, BEFORE, &mut seen);
    inline_all(module, &mut seen);
    for _ in 0..ROUNDS {
        if !calls_pointers(module) {
            break;
        }
        run_passes(module, BEFORE, &mut seen);
        inline_all(module, &mut seen);
    }
    run_passes(module, AFTER, &mut seen);
}

/// So often a function that is called through a pointer is put where that is known, and may itself call through one.
const ROUNDS: u32 = 4;

/// Whether a call is left of which it is not known where it leads.
fn calls_pointers(module: &Module) -> bool {
    let blocks = module.functions.values().flat_map(|function| function.blocks.values());
    let mut insts = blocks.flat_map(|data| &data.insts);
    insts.any(|inst| matches!(inst.op, Op::Call(Callee::Pointer, _)))
}

fn inline_all(module: &mut Module, seen: &mut impl FnMut(&str, &Function)) {
    inline(module);
    for function in module.functions.values() {
        seen("inline", function);
        debug_assert_eq!(crate::validate(function), Ok(()), "after inline");
    }
}

fn run_passes(module: &mut Module, passes: &[(&str, Pass)], seen: &mut impl FnMut(&str, &Function)) {
    for id in module.functions.keys().collect::<Vec<_>>() {
        let function = &mut module.functions[id];
        for (name, pass) in passes {
            pass(function);
            seen(name, function);
            debug_assert_eq!(crate::validate(function), Ok(()), "after {name}");
        }
    }
}

/// Runs the pass of that name alone.
///
/// # Panics
/// Where there is no such pass.
#[doc(hidden)]
pub fn run_pass(module: &mut Module, name: &str) {
    if name == "inline" {
        return inline(module);
    }
    if name == "unroll" {
        return module.functions.keys().for_each(|id| {
            unroll(&mut module.functions[id], 64);
        });
    }
    let Some((_, pass)) = BEFORE.iter().chain(AFTER).find(|pass| pass.0 == name) else {
        panic!("no pass `{name}`")
    };
    for id in module.functions.keys().collect::<Vec<_>>() {
        pass(&mut module.functions[id]);
    }
}

/// Uses other values in place of some.
fn replace_all(function: &mut Function, by: &HashMap<Value, Value>) {
    let mut replace = Replace::new(function);
    let mut sorted: Vec<(&Value, &Value)> = by.iter().collect();
    sorted.sort_unstable();
    for (&value, &by) in sorted {
        replace.set(value, by);
    }
    replace.apply(function);
}
