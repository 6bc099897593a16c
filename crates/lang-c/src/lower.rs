//! From the checked tree to the module: functions, data, maps, external symbols, and the types that describe them.
//!
//! Each variable of a function is a piece of stack, and each function that is to be inlined is a function: the compiler's passes
//! do the rest.
mod access;
mod arithmetic;
mod bits;
mod btf;
mod builtin;
mod call;
mod condition;
mod copy;
mod core;
mod cx;
mod data;
mod expr;
mod function;
mod maps;
mod numbers;
mod place;
mod recursion;
mod scalar;
mod section;
mod stmt;
mod switch;

use crate::Names;
use crate::typed::Unit;
use cx::Cx;
use osmia_base::{Diagnostics, Source};
use osmia_ir::Module;

/// A unit as the compiler's passes take it.
#[derive(Debug)]
pub struct Lowered {
    /// All that was understood.
    pub module: Module,
    /// What cannot be.
    pub diagnostics: Diagnostics,
}

/// Lowers a unit that was checked without errors.
pub fn lower(unit: &Unit, names: &Names, source: &Source) -> Lowered {
    let mut cx = Cx::new(unit, names, source);
    data::place(&mut cx);
    function::place(&mut cx);
    data::link(&mut cx);
    unit.functions.keys().for_each(|id| function::lower(&mut cx, id));
    recursion::check(&mut cx);
    data::describe(&mut cx);
    let maps = maps::describe(&mut cx);
    cx.finish(&maps)
}
