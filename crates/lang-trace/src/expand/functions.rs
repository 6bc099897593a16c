//! Functions of the script (`fn`): each becomes a macro whose arguments are values of the declared types, and whose
//! `return`s become the value of the block that is left. A `return` in a loop leaves the loop first ([`mod@returns`]).
//!
//! Then there are two ways. A function that is called from several places, and is given and returns numbers, stays a function
//! ([`apart`]): one copy of its code a program, and a call where it is called, so that a script grows by a call with each call.
//! (What is small, or called from one place of a program after all, the compiler puts there again: it sees what it costs.)
//! All others are put in the place of their calls: one call costs nothing so, and text, tuples and structures need not go
//! through registers, which are all that a call of the kernel's machine passes on.
mod returns;

use super::OWN;
use crate::ast::{
    Block, Expr, ExprKind, Function, If, Macro, MacroParam, MacroParamKind, Name, Script, Stmt, StmtKind,
    TypeName, TypeNameKind, Visit, visit_block, visit_definitions, visit_expr,
};
use osmia_base::{Diagnostics, Span};
use std::collections::{BTreeMap, BTreeSet};

/// How many statements a function may become.
const MAX_STATEMENTS: usize = 20_000;

/// A function as a macro.
pub(super) fn as_macro(function: &Function, diagnostics: &mut Diagnostics) -> Macro {
    let before = diagnostics.list.len();
    let result = function.result.as_ref().filter(|ty| !is_void(ty));
    let mut converter = Converter { diagnostics, result, statements: 0, loops: 0, full: false };
    let mut body = converter.valued(&function.body.stmts, function.body.span);
    if let (Some(ty), Some(value)) = (result, body.tail.take()) {
        let span = value.span;
        let own = given_name("$result");
        let name = Name::new(own.clone(), span);
        body.stmts
            .push(Stmt { kind: StmtKind::Let { name, ty: Some(ty.clone()), value: Some(*value) }, span });
        body.tail = Some(Box::new(Expr { kind: ExprKind::Var(own), span }));
    } else if result.is_some() && converter.diagnostics.list.len() == before {
        let text = format!("{}() has to return a value", function.name.node);
        converter.diagnostics.error(function.name.span, text);
    }
    let given = function.params.iter().map(|(name, ty)| {
        let value = Expr { kind: ExprKind::Ident(given_name(&name.node)), span: name.span };
        let kind = StmtKind::Let { name: name.clone(), ty: Some(ty.clone()), value: Some(value) };
        Stmt { kind, span: name.span }
    });
    body.stmts = given.chain(std::mem::take(&mut body.stmts)).collect();
    let params = function.params.iter().map(|(name, _)| MacroParam {
        kind: MacroParamKind::Expr,
        name: Name::new(given_name(&name.node), name.span),
    });
    Macro { name: function.name.clone(), params: params.collect(), body, span: function.span }
}

/// At most so many parameters are passed in registers: of five, one is the frame of the program.
const REGISTERS: usize = 4;

/// The names of the functions that stay functions. Macros are `macros`: a call in one may become several.
pub(super) fn apart(script: &Script, macros: &[Macro]) -> BTreeSet<String> {
    #[derive(Default)]
    struct Calls(BTreeMap<String, usize>);
    impl Visit for Calls {
        fn expr(&mut self, expr: &Expr) {
            if let ExprKind::Call { name, .. } = &expr.kind {
                *self.0.entry(name.node.clone()).or_default() += 1;
            }
        }
    }
    let mut calls = Calls::default();
    visit_definitions(script, &mut calls);
    for item in macros {
        for _ in 0..2 {
            visit_block(&item.body, &mut calls);
        }
    }
    for probe in &script.probes {
        probe.predicate.iter().for_each(|predicate| visit_expr(predicate, &mut calls));
        visit_block(&probe.body, &mut calls);
    }
    let fits = |function: &&Function| {
        let numbers = function.params.iter().all(|(_, ty)| is_number(ty));
        let result = function.result.as_ref().is_none_or(|ty| is_void(ty) || is_number(ty));
        numbers && result && function.params.len() <= REGISTERS && calls.0.get(&function.name.node) > Some(&1)
    };
    script.functions.iter().filter(fits).map(|function| function.name.node.clone()).collect()
}

/// Whether values of a type fit a register, as far as its name tells.
fn is_number(ty: &TypeName) -> bool {
    const NUMBERS: [&str; 10] =
        ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "int"];
    match &ty.kind {
        TypeNameKind::Named(name) => NUMBERS.contains(&name.as_str()),
        TypeNameKind::Pointer(_) => true,
        _ => false,
    }
}

/// What a parameter is called before it becomes a variable; no script can write it.
pub(crate) fn given_name(name: &str) -> String {
    format!("{name}{OWN}")
}

fn is_void(ty: &TypeName) -> bool {
    matches!(&ty.kind, TypeNameKind::Named(name) if name == "void")
}

struct Converter<'a> {
    diagnostics: &'a mut Diagnostics,
    /// The type of what it returns.
    result: Option<&'a TypeName>,
    statements: usize,
    /// How many loops may be left by a `return`.
    loops: usize,
    full: bool,
}

impl Converter<'_> {
    /// Statements as a block: what follows a `return` is left out, and what follows an `if` that may return goes into
    /// both its branches.
    fn valued(&mut self, stmts: &[Stmt], span: Span) -> Block {
        let mut block = Block { stmts: Vec::new(), tail: None, span };
        for (index, stmt) in stmts.iter().enumerate() {
            self.statements += 1;
            if self.statements > MAX_STATEMENTS {
                if !std::mem::replace(&mut self.full, true) {
                    self.diagnostics.error(stmt.span, "this function has too many ways to its `return`s");
                }
                return block;
            }
            let rest = stmts.get(index + 1..).unwrap_or(&[]);
            match &stmt.kind {
                StmtKind::Return(value) => {
                    block.tail = value.clone().map(Box::new);
                    return block;
                }
                _ if !returns(std::slice::from_ref(stmt)) => block.stmts.push(stmt.clone()),
                StmtKind::If(branch) => {
                    self.both(branch, rest, stmt.span, &mut block);
                    return block;
                }
                StmtKind::Block(inner) => {
                    let joined = [&inner.stmts[..], rest].concat();
                    let inner = self.valued(&joined, inner.span);
                    block.tail = inner.tail;
                    block.stmts.extend(inner.stmts);
                    return block;
                }
                _ => {
                    let (before, way) = self.leaving_loop(stmt);
                    block.stmts.extend(before);
                    self.both(&way, rest, stmt.span, &mut block);
                    return block;
                }
            }
        }
        block
    }

    /// An `if` that may return, with what follows it in both branches.
    fn both(&mut self, branch: &If, rest: &[Stmt], span: Span, block: &mut Block) {
        let then = self.valued(&[&branch.then.stmts[..], rest].concat(), branch.then.span);
        let other = branch.otherwise.as_ref();
        let others = other.map_or(&[][..], |other| &other.stmts);
        let other = self.valued(&[others, rest].concat(), other.map_or(span, |other| other.span));
        let valued = then.tail.is_some() && other.tail.is_some();
        let both = Box::new(If { condition: branch.condition.clone(), then, otherwise: Some(other) });
        if valued {
            block.tail = Some(Box::new(Expr { kind: ExprKind::If(both), span }));
        } else {
            block.stmts.push(Stmt { kind: StmtKind::If(both), span });
        }
    }
}

/// Whether there is a `return` in these statements.
fn returns(stmts: &[Stmt]) -> bool {
    struct Finder(bool);
    impl Visit for Finder {
        fn stmt(&mut self, stmt: &Stmt) {
            self.0 |= matches!(stmt.kind, StmtKind::Return(_));
        }
    }
    let mut finder = Finder(false);
    let block = Block { stmts: stmts.to_vec(), tail: None, span: Span::default() };
    visit_block(&block, &mut finder);
    finder.0
}
