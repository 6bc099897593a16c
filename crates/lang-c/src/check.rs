//! From the tree to the typed tree: names resolved, records laid out, constants folded, every conversion written out.
//!
//! Declarations are checked one after the other, as C reads them. An expression is a [`make::Value`] until it is known what it is
//! used for; an error is told once, at its place, and what depends on it is left out.
mod asm;
mod atomics;
mod attributes;
mod builtins;
mod call;
mod cleanup;
mod constant;
mod convert;
mod core;
mod data;
mod declarators;
mod declare;
mod enums;
mod expr;
mod initialize;
mod kernel;
mod labels;
mod layout;
mod linked;
mod make;
mod numbers;
mod operators;
mod overrides;
mod places;
mod reach;
mod records;
mod scope;
mod specifiers;
mod stmt;

use crate::ast::{self, Item};
use crate::typed::{Function, FunctionId, Global, GlobalId, Local, LocalId, Relocate, Unit};
use crate::types::{RecordId, Ty, Types};
use crate::{Name, Names};
use cleanup::Cleanup;
use declare::{Lifetime, Linked};
use kernel::Kernel;
use osmia_base::{Arena, Diagnostic, Diagnostics, Severity, Span};
use osmia_btf::Btf;
use scope::Scopes;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How many errors are told.
const MAX_ERRORS: usize = 50;

/// A checked unit and what there is to say about it.
#[derive(Debug)]
pub struct Checked {
    /// The unit; not to be used where there are errors.
    pub unit: Unit,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// Checks a unit. Types that it does not define are the kernel's from [`Item::Kernel`] on.
pub fn check(unit: &ast::Unit, names: &mut Names, kernel: Option<&Btf>) -> Checked {
    let mut checker = Checker::new(names);
    let mut errors = 0;
    for item in &unit.items {
        let known = checker.functions.len();
        let before = checker.diagnostics.list.len();
        match item {
            Item::Function(function) => checker.function(function),
            Item::Declaration(declaration) => checker.declaration(declaration, &mut Vec::new()),
            Item::Assert(assert) => checker.static_assert(assert),
            Item::Kernel => checker.open_kernel(kernel),
        }
        checker.settle(known);
        errors += checker.errors_from(before);
        if errors > MAX_ERRORS {
            checker.give_up();
            break;
        }
    }
    checker.finish()
}

/// All that is known while a unit is read.
#[derive(Debug)]
struct Checker<'a> {
    names: &'a mut Names,
    types: Types,
    functions: Arena<FunctionId, Function>,
    globals: Arena<GlobalId, Global>,
    diagnostics: Diagnostics,
    /// What is wrong with a function only if it is kept.
    deferred: Vec<(FunctionId, Diagnostic)>,
    scopes: Scopes,
    /// The kernel's types, once the unit has named them.
    kernel: Option<Kernel<'a>>,
    /// The function that is being read.
    frame: Option<Frame>,
    /// Records that are being read, the innermost last.
    open_records: Vec<RecordId>,
    /// The ways to the members of records whose members were asked for: positions, also in unnamed records.
    member_paths: HashMap<RecordId, HashMap<Name, Vec<usize>>>,
    /// Symbols by name, whichever block declared them.
    linked: HashMap<Name, Linked>,
    /// Variables without a value so far, which they may still get.
    tentative: BTreeSet<GlobalId>,
    /// `__attribute__((used))`
    used_functions: BTreeSet<FunctionId>,
    used_globals: BTreeSet<GlobalId>,
    /// What is in variables that nobody changes.
    fixed: BTreeMap<GlobalId, i64>,
    /// Texts without a name, by their bytes.
    texts: HashMap<Vec<u8>, GlobalId>,
    /// How many `static` variables of functions have each name.
    static_names: HashMap<String, u32>,
    /// Bytes of all variables of the program so far.
    data_size: u64,
    /// Whether members that are stepped into lie where the running kernel says.
    relocate: Relocate,
    /// How long compound literals live.
    lifetime: Lifetime,
    /// Names that were told to be missing.
    missing: HashSet<Name>,
    /// Attributes that were told to mean nothing.
    told_attributes: HashSet<Span>,
    /// What is wrong with attributes of what is being read.
    refused: Vec<Diagnostic>,
}

/// A function that is being read.
#[derive(Debug)]
struct Frame {
    function: FunctionId,
    name: Name,
    /// What it returns.
    result: Ty,
    locals: Arena<LocalId, Local>,
    /// What is in variables that nobody changes.
    fixed: BTreeMap<LocalId, i64>,
    /// By their numbers.
    labels: Vec<Label>,
    /// The numbers of labels: first the function's, then those of open statement expressions.
    label_scopes: Vec<BTreeMap<Name, u32>>,
    /// What `break` and `continue` are in, the innermost last, and how many calls were due when it began.
    within: Vec<(Within, usize)>,
    switches: Vec<Switch>,
    /// What is called when blocks are left, the last variable's last.
    cleanups: Vec<Cleanup>,
    /// How many calls were due when each open block began.
    blocks: Vec<usize>,
    /// From where `goto` goes to a label, and how many calls are due there.
    gotos: Vec<(u32, usize, Span)>,
}

impl Frame {
    fn new(function: FunctionId, name: Name, result: Ty) -> Self {
        Self {
            function,
            name,
            result,
            locals: Arena::new(),
            fixed: BTreeMap::new(),
            labels: Vec::new(),
            label_scopes: vec![BTreeMap::new()],
            within: Vec::new(),
            switches: Vec::new(),
            cleanups: Vec::new(),
            blocks: Vec::new(),
            gotos: Vec::new(),
        }
    }
}

/// A place that `goto` leads to.
#[derive(Debug)]
struct Label {
    name: Name,
    mentioned: Span,
    defined: Option<Span>,
    /// How many calls are due where it is defined.
    due: usize,
}

/// What a statement is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Loop,
    Switch,
}

/// A switch that is being read.
#[derive(Debug)]
struct Switch {
    /// The type of its cases.
    ty: Ty,
    cases: Vec<Case>,
    default: Option<(u32, Span)>,
    /// How many places it has that cases lead to.
    places: u32,
}

/// Values that lead to a place.
#[derive(Debug)]
struct Case {
    first: i64,
    last: i64,
    number: u32,
    span: Span,
}

impl<'a> Checker<'a> {
    fn new(names: &'a mut Names) -> Self {
        Self {
            names,
            types: Types::default(),
            functions: Arena::new(),
            globals: Arena::new(),
            diagnostics: Diagnostics::default(),
            deferred: Vec::new(),
            scopes: Scopes::default(),
            kernel: None,
            frame: None,
            open_records: Vec::new(),
            member_paths: HashMap::new(),
            linked: HashMap::new(),
            tentative: BTreeSet::new(),
            used_functions: BTreeSet::new(),
            used_globals: BTreeSet::new(),
            fixed: BTreeMap::new(),
            texts: HashMap::new(),
            static_names: HashMap::new(),
            data_size: 0,
            relocate: Relocate::No,
            lifetime: Lifetime::Block,
            missing: HashSet::new(),
            told_attributes: HashSet::new(),
            refused: Vec::new(),
        }
    }

    fn open_kernel(&mut self, kernel: Option<&'a Btf>) {
        if self.kernel.is_none() {
            self.kernel = kernel.map(Kernel::new);
        }
    }

    /// An error that matters only if the function is kept: headers have functions that nobody calls.
    fn later(&mut self, diagnostic: Diagnostic) {
        match &self.frame {
            Some(frame) => self.deferred.push((frame.function, diagnostic)),
            None => self.diagnostics.push(diagnostic),
        }
    }

    /// What is wrong with attributes matters unless they are those of a function that is only declared, and that nobody calls: the
    /// kernel's types, written as C, have such.
    fn settle(&mut self, known: usize) {
        let mut declared = self.functions.keys().skip(known);
        let function =
            declared.next().filter(|id| self.functions[*id].body.is_none() && declared.next().is_none());
        for diagnostic in std::mem::take(&mut self.refused) {
            match function {
                Some(function) => self.deferred.push((function, diagnostic)),
                None => self.diagnostics.push(diagnostic),
            }
        }
    }

    /// How many errors there are among the messages from one on.
    fn errors_from(&self, first: usize) -> usize {
        let new = self.diagnostics.list.iter().skip(first);
        new.filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }

    /// Leaves out what nobody reads: the errors that are too many.
    fn give_up(&mut self) {
        let list = &mut self.diagnostics.list;
        let mut left = MAX_ERRORS;
        list.retain(|diagnostic| {
            let error = diagnostic.severity == Severity::Error;
            let kept = !error || left > 0;
            left -= usize::from(error && kept);
            kept
        });
        let text = "There are more mistakes; the rest of the unit is not read";
        list.push(Diagnostic::error(Span::NOWHERE, text));
    }

    /// What is checked in between is not run: its type alone is asked for.
    fn unevaluated<T>(&mut self, check: impl FnOnce(&mut Self) -> T) -> T {
        let relocate = std::mem::take(&mut self.relocate);
        let found = check(self);
        self.relocate = relocate;
        found
    }

    fn finish(mut self) -> Checked {
        self.finish_tentative();
        let mut unit = Unit { types: self.types, functions: self.functions, globals: self.globals };
        let kept = reach::keep_reachable(&mut unit, &self.used_functions, &self.used_globals);
        for (function, diagnostic) in self.deferred {
            if kept.contains(&function) {
                self.diagnostics.push(diagnostic);
            }
        }
        Checked { unit, diagnostics: self.diagnostics }
    }
}
