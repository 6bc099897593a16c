//! Which macro a call means: the first of its name whose parameters take what is given.
use super::base;
use crate::ast::{Expr, ExprKind, Macro, MacroParam, MacroParamKind};
use osmia_base::{Diagnostic, Diagnostics};
use std::collections::{BTreeMap, BTreeSet};

/// All macros of a script, by name.
pub(super) struct Registry<'a> {
    macros: BTreeMap<&'a str, Vec<&'a Macro>>,
    /// Functions, as macros.
    functions: BTreeMap<&'a str, &'a Macro>,
}

/// Whose macros are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The script's.
    Script,
    /// The script's functions, which may use all maps.
    Function,
    /// The language's, which know nothing of the script's.
    Language,
}

/// What a name and its arguments mean.
pub(super) enum Found<'a> {
    /// This macro.
    Macro(&'a Macro, Owner),
    /// There are macros of this name, but for other arguments; this one is the closest.
    Other(&'a Macro, Owner),
    /// There is none.
    Nothing,
}

impl<'a> Registry<'a> {
    /// Says so where two macros take the same, or a macro names two parameters alike.
    pub(super) fn new(macros: &'a [Macro], functions: &'a [Macro], diagnostics: &mut Diagnostics) -> Self {
        let mut registry = Self { macros: BTreeMap::new(), functions: BTreeMap::new() };
        for function in functions {
            if let Some(first) = registry.functions.insert(&function.name.node, function) {
                let text = format!("Redefinition of function: {}", function.name.node);
                diagnostics.push(
                    Diagnostic::error(function.name.span, text)
                        .label(first.name.span, "This is the original definition."),
                );
            }
        }
        for definition in macros {
            let kinds: Vec<MacroParamKind> = definition.params.iter().map(|param| param.kind).collect();
            if let Some(first) = registry.exact(&definition.name.node, &kinds) {
                let text = format!("Redefinition of macro: {}", definition.name.node);
                diagnostics.push(
                    Diagnostic::error(definition.header(), text)
                        .label(first.header(), "This is the original definition."),
                );
                continue;
            }
            if let Some(twice) = repeated(&definition.params) {
                let text = format!(
                    "{} for macro argument has already been used: {}",
                    word(twice.kind),
                    twice.name.node
                );
                diagnostics.error(twice.name.span, text);
                continue;
            }
            registry.macros.entry(&definition.name.node).or_default().push(definition);
        }
        registry
    }

    fn exact(&self, name: &str, given: &[MacroParamKind]) -> Option<&'a Macro> {
        let all = self.macros.get(name)?;
        all.iter().copied().find(|item| takes(item, given))
    }

    /// The macro that a call means; `by` is who calls.
    pub(super) fn find<'e>(&self, name: &str, args: impl Iterator<Item = &'e Expr>, by: Owner) -> Found<'a> {
        let own = self.macros.get(name).filter(|_| by != Owner::Language);
        let function = self.functions.get(name).copied().filter(|_| by != Owner::Language);
        let base = base::named(name);
        if own.is_none() && function.is_none() && base.is_empty() {
            return Found::Nothing;
        }
        let given: Vec<MacroParamKind> = args.map(kind_of).collect();
        let own = || own.into_iter().flatten().copied();
        if let Some(found) = own().find(|item| takes(item, &given)) {
            return Found::Macro(found, Owner::Script);
        }
        if let Some(found) = function.filter(|item| takes(item, &given)) {
            return Found::Macro(found, Owner::Function);
        }
        if let Some(found) = base.iter().find(|item| takes(item, &given)) {
            return Found::Macro(found, Owner::Language);
        }
        let base = base.iter().map(|item| (item, Owner::Language));
        let functions = function.into_iter().map(|item| (item, Owner::Script));
        let all = own().map(|item| (item, Owner::Script)).chain(functions).chain(base);
        let closest = all.min_by_key(|(item, _)| distance(item, &given));
        closest.map_or(Found::Nothing, |(item, owner)| Found::Other(item, owner))
    }
}

/// The first parameter that has the name of one before it.
fn repeated(params: &[MacroParam]) -> Option<&MacroParam> {
    let mut names = BTreeSet::new();
    params.iter().find(|param| !names.insert(&param.name.node))
}

/// What messages call a parameter.
const fn word(kind: MacroParamKind) -> &'static str {
    match kind {
        MacroParamKind::Variable => "Variable",
        MacroParamKind::Map => "Map",
        MacroParamKind::Expr => "Ident",
        MacroParamKind::Type => "Type",
    }
}

/// What an argument could be given for.
pub(super) fn kind_of(arg: &Expr) -> MacroParamKind {
    match &arg.kind {
        ExprKind::Var(_) => MacroParamKind::Variable,
        ExprKind::Map { keys, .. } if keys.is_empty() => MacroParamKind::Map,
        ExprKind::Type(_) => MacroParamKind::Type,
        _ => MacroParamKind::Expr,
    }
}

/// Whether a parameter takes an argument. An expression may be anything.
pub(super) fn accepts(param: MacroParamKind, given: MacroParamKind) -> bool {
    param == MacroParamKind::Expr || param == given
}

fn takes(definition: &Macro, given: &[MacroParamKind]) -> bool {
    definition.params.len() == given.len() && distance(definition, given) == 0
}

/// How far a macro is from taking these arguments: how many there are counts most.
fn distance(definition: &Macro, given: &[MacroParamKind]) -> usize {
    let wrong = definition.params.iter().zip(given).filter(|(param, given)| !accepts(param.kind, **given));
    definition.params.len().abs_diff(given.len()) * 1024 + wrong.count()
}
