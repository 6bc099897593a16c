//! The optimizer: a list of passes.
mod branches;
mod dead_code;
mod fold;
mod gvn;
mod promote;
mod replace;

pub(crate) use dead_code::dead_code;

use crate::{Function, Module, Value};
use branches::branches;
use fold::fold;
use gvn::gvn;
use promote::promote;
use replace::Replace;
use std::collections::HashMap;

/// A pass over one function.
type Pass = fn(&mut Function);

/// All passes over functions, in the order in which they run.
const PASSES: &[(&str, Pass)] = &[
    ("promote", promote),
    ("fold", fold),
    ("gvn", gvn),
    ("branches", branches),
    ("dead_code", dead_code),
    ("fold", fold),
    ("gvn", gvn),
    ("branches", branches),
    ("dead_code", dead_code),
];

/// Makes a module's functions shorter and faster.
pub fn optimize(module: &mut Module) {
    optimize_with(module, |_, _| {});
}

/// As [`optimize`]; `seen` gets each function after each pass.
pub fn optimize_with(module: &mut Module, mut seen: impl FnMut(&str, &Function)) {
    for id in module.functions.keys().collect::<Vec<_>>() {
        run_passes(&mut module.functions[id], &mut seen);
    }
}

fn run_passes(function: &mut Function, seen: &mut impl FnMut(&str, &Function)) {
    for (name, pass) in PASSES {
        pass(function);
        seen(name, function);
        debug_assert_eq!(crate::validate(function), Ok(()), "after {name}");
    }
}

/// Runs the pass of that name alone.
///
/// # Panics
/// Where there is no such pass.
#[doc(hidden)]
pub fn run_pass(module: &mut Module, name: &str) {
    let Some((_, pass)) = PASSES.iter().find(|pass| pass.0 == name) else { panic!("no pass `{name}`") };
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
