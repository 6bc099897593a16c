//! Macros: each call of one becomes a copy of its body, so that checking and lowering never hear of them.
//!
//! `parse → expand → wants → check`: this is a pass of its own over the tree. A copy has places of its own in the
//! [`Source`], which know body and call: messages about it print both (`expanded from`). Variables of a macro's own get names
//! that no script can write (`$x` and a number behind [`OWN`]), so that they meet no variable of the caller's; parameters become what
//! the caller gave. Nested calls are expanded as the copy is made. How much all copies may be, and how deep, is bounded.
mod base;
mod functions;
mod registry;
mod tree;
mod types;

use crate::ast::{
    Block, CItem, Expr, ExprKind, Function, Macro, MacroParam, MacroParamKind, Preamble, Script,
};
pub(crate) use base::names as library_names;
pub(crate) use functions::given_name;
use osmia_base::{Diagnostic, Diagnostics, Source, Span};
use registry::{Owner, Registry};
use std::collections::{BTreeMap, BTreeSet};

/// Between a variable's name and the number of the expansion that it belongs to.
pub(crate) const OWN: char = '\u{1}';

/// How many nodes of a tree all expansions may make.
const MAX_NODES: u32 = 400_000;

/// How high a tree may be after expansion; checking calls itself as often.
const MAX_HEIGHT: u32 = 220;

/// How many macros may be inside each other.
const MAX_CALLS: usize = 64;

/// Expands all macros of a script, which has none afterwards. The source gets the places of the copies.
pub fn expand(script: &mut Script, source: &mut Source) -> Diagnostics {
    let mut macros = std::mem::take(&mut script.macros);
    macros.extend(defined_macros(&script.preamble));
    let mut diagnostics = Diagnostics::default();
    let apart = functions::apart(script, &macros);
    let written = std::mem::take(&mut script.functions);
    let functions: Vec<Macro> =
        written.iter().map(|function| functions::as_macro(function, &mut diagnostics)).collect();
    let registry = Registry::new(&macros, &functions, &mut diagnostics);
    let mut expander = Expander {
        registry,
        source,
        diagnostics,
        stack: Vec::new(),
        base: None,
        apart,
        called: Vec::new(),
        expansions: 0,
        nodes: 0,
        height: 0,
        peak: 0,
        spent: false,
    };
    for item in &mut script.preamble.items {
        if let CItem::Define { params: None, value: Some(value), .. } = item {
            expander.expr(value, None);
        }
    }
    for probe in &mut script.probes {
        probe.predicate.iter_mut().for_each(|predicate| expander.expr(predicate, None));
        expander.block(&mut probe.body, None);
    }
    let mut next = 0;
    while let Some(&called) = expander.called.get(next) {
        next += 1;
        let Some(at) = functions.iter().position(|it| std::ptr::eq(it, called)) else { continue };
        let body = expander.function_body(called);
        script.functions.push(Function { body, ..written[at].clone() });
    }
    if expander.spent {
        // What is left of it is not what was written: there is nothing more to say about it.
        script.probes.iter_mut().for_each(|probe| (probe.predicate, probe.body) = Default::default());
    }
    expander.diagnostics
}

/// C macros that take something and are an expression, as macros of this language; of one name the last counts.
fn defined_macros(preamble: &Preamble) -> Vec<Macro> {
    let mut all = BTreeMap::<&str, Macro>::new();
    for item in &preamble.items {
        let CItem::Define { name, params: Some(params), value: Some(value), .. } = item else { continue };
        let params = params.iter().map(|name| MacroParam { kind: MacroParamKind::Expr, name: name.clone() });
        let span = name.span.to(value.span);
        let body = Block { stmts: Vec::new(), tail: Some(Box::new(value.clone())), span: value.span };
        all.insert(&name.node, Macro { name: name.clone(), params: params.collect(), body, span });
    }
    all.into_values().collect()
}

/// A name as it was written.
pub(crate) fn written_name(name: &str) -> &str {
    name.split(OWN).next().unwrap_or(name)
}

/// A text that may hold names, as they were written.
pub(crate) fn written_names(text: &str) -> String {
    let mut parts = text.split(OWN);
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push_str(part.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    out
}

/// The state of the pass.
struct Expander<'a> {
    registry: Registry<'a>,
    source: &'a mut Source,
    diagnostics: Diagnostics,
    /// The macros that are being expanded, outer before inner.
    stack: Vec<(&'a Macro, Owner)>,
    /// Where the language's own macros are, once one of them was needed.
    base: Option<u32>,
    /// Functions that stay functions.
    apart: BTreeSet<String>,
    /// Those of them that are called.
    called: Vec<&'a Macro>,
    /// How many expansions there were so far.
    expansions: u32,
    nodes: u32,
    /// How deep in the tree that is being made.
    height: u32,
    /// How deep it was at most.
    peak: u32,
    /// Whether it was reported that there is too much of it.
    spent: bool,
}

/// One expansion.
struct Frame<'a> {
    definition: &'a Macro,
    /// What was given for each parameter, by the name in the macro.
    args: BTreeMap<&'a str, Argument>,
    number: u32,
    /// The first place of the copy.
    base: u32,
    owner: Owner,
}

/// What was given for a parameter; it has been expanded.
struct Argument {
    value: Expr,
    nodes: u32,
    height: u32,
}

impl Frame<'_> {
    /// A place in the copy.
    fn moved(&self, span: Span) -> Span {
        let start = self.definition.span.start;
        let moved = |at: u32| self.base.saturating_add(at.saturating_sub(start));
        Span::new(moved(span.start), moved(span.end))
    }
}

impl<'a> Expander<'a> {
    fn error(&mut self, span: Span, text: impl Into<String>) {
        self.report(Diagnostic::error(span, text));
    }

    /// Reports; but no end of things.
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.list.len() < 100 {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether there is room for so many nodes more, at this height; says so once where there is none.
    fn fits(&mut self, nodes: u32, height: u32, span: Span) -> bool {
        self.nodes = self.nodes.saturating_add(nodes);
        let over = if self.nodes > MAX_NODES {
            "macros expand to more than a script can hold"
        } else if self.height + height > MAX_HEIGHT {
            "this is nested too deep, with what macros stand for"
        } else {
            self.peak = self.peak.max(self.height + height);
            return true;
        };
        if !self.spent {
            self.spent = true;
            self.error(span, over);
        }
        false
    }

    /// The body of `definition`, as it is for these arguments.
    fn expansion(
        &mut self,
        (definition, owner): (&'a Macro, Owner),
        args: Vec<Argument>,
        call: Span,
    ) -> Option<Block> {
        if let Some(at) = self.stack.iter().position(|(open, _)| std::ptr::eq(*open, definition)) {
            let open = self.stack[at..].iter().map(|(open, _)| *open);
            let chain: Vec<&str> = open.chain([definition]).map(|item| item.name.node.as_str()).collect();
            self.error(call, format!("Recursive macro call detected. Call chain: {}", chain.join(" > ")));
            return None;
        }
        if self.stack.len() >= MAX_CALLS {
            self.error(call, format!("macros call each other more than {MAX_CALLS} levels deep"));
            return None;
        }
        let Some(base) = self.copy(definition, owner, call) else {
            self.spent = true;
            self.error(call, "macros expand to more than a script can hold");
            return None;
        };
        self.expansions += 1;
        let names = definition.params.iter().map(|param| param.name.node.as_str());
        let args = names.zip(args).collect();
        let frame = Frame { definition, args, number: self.expansions, base, owner };
        let mut body = definition.body.clone();
        self.stack.push((definition, owner));
        self.block(&mut body, Some(&frame));
        self.stack.pop();
        Some(body)
    }

    /// The body of a function that stays one, where it was written: its parameters are words that the checker knows.
    fn function_body(&mut self, definition: &'a Macro) -> Block {
        self.expansions += 1;
        let args = definition.params.iter().map(|param| {
            let name = param.name.node.as_str();
            let value = Expr { kind: ExprKind::Ident(name.to_owned()), span: param.name.span };
            (name, Argument { value, nodes: 1, height: 1 })
        });
        let (number, base, owner) = (self.expansions, definition.span.start, Owner::Function);
        let frame = Frame { definition, args: args.collect(), number, base, owner };
        let mut body = definition.body.clone();
        self.stack.push((definition, owner));
        self.block(&mut body, Some(&frame));
        self.stack.pop();
        body
    }

    /// Places for a copy of the macro's body.
    fn copy(&mut self, definition: &Macro, owner: Owner, call: Span) -> Option<u32> {
        let text = match owner {
            Owner::Script | Owner::Function => 0,
            Owner::Language => match self.base {
                Some(base) => base,
                None => *self.base.insert(self.source.add_file(base::source()).ok()?),
            },
        };
        let from = Span::new(definition.span.start + text, definition.span.end + text);
        self.source.add_expansion(from, call).ok()
    }

    /// Who calls where we are.
    fn caller(&self) -> Owner {
        self.stack.last().map_or(Owner::Script, |(_, owner)| *owner)
    }
}
