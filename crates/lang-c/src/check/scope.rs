//! Which names mean what, where.
use super::Checker;
use crate::Name;
use crate::typed::{FunctionId, GlobalId, LocalId};
use crate::types::{EnumId, RecordId, Ty};
use osmia_base::Span;
use std::collections::HashMap;

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entity {
    Typedef(Ty),
    Local(LocalId),
    Global(GlobalId),
    Function(FunctionId),
    Enumerator(EnumId, usize),
    /// An error was told where it was declared.
    Unknown,
}

/// What a tag means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Record(RecordId),
    Enum(EnumId),
}

/// What is declared in one block.
#[derive(Debug, Default)]
struct Scope {
    names: HashMap<Name, (Entity, Span)>,
    tags: HashMap<Name, (Tag, Span)>,
}

/// From the outermost to the innermost; the first has what was taken out of the kernel's types, the second is the unit's.
#[derive(Debug)]
pub(super) struct Scopes(Vec<Scope>);

impl Default for Scopes {
    fn default() -> Self {
        Self(vec![Scope::default(), Scope::default()])
    }
}

impl Scopes {
    pub(super) fn enter(&mut self) {
        self.0.push(Scope::default());
    }

    pub(super) fn leave(&mut self) {
        if self.0.len() > 2 {
            self.0.pop();
        }
    }

    pub(super) fn name(&self, name: Name) -> Option<(Entity, Span)> {
        self.0.iter().rev().find_map(|scope| scope.names.get(&name)).copied()
    }

    pub(super) fn tag(&self, name: Name) -> Option<(Tag, Span)> {
        self.0.iter().rev().find_map(|scope| scope.tags.get(&name)).copied()
    }

    /// In the innermost block alone.
    pub(super) fn name_here(&self, name: Name) -> Option<(Entity, Span)> {
        self.0.last().and_then(|scope| scope.names.get(&name)).copied()
    }

    /// In the innermost block alone.
    pub(super) fn tag_here(&self, name: Name) -> Option<(Tag, Span)> {
        self.0.last().and_then(|scope| scope.tags.get(&name)).copied()
    }

    pub(super) fn declare(&mut self, name: Name, entity: Entity, span: Span) {
        if let Some(scope) = self.0.last_mut() {
            scope.names.insert(name, (entity, span));
        }
    }

    pub(super) fn declare_tag(&mut self, name: Name, tag: Tag, span: Span) {
        if let Some(scope) = self.0.last_mut() {
            scope.tags.insert(name, (tag, span));
        }
    }

    /// What the kernel's types have.
    pub(super) fn declare_kernel(&mut self, name: Name, entity: Entity) {
        if let Some(scope) = self.0.first_mut() {
            scope.names.insert(name, (entity, Span::NOWHERE));
        }
    }

    /// What the kernel's types have.
    pub(super) fn declare_kernel_tag(&mut self, name: Name, tag: Tag) {
        if let Some(scope) = self.0.first_mut() {
            scope.tags.insert(name, (tag, Span::NOWHERE));
        }
    }

    /// All names that mean something here, in the order of their numbers.
    pub(super) fn names(&self) -> Vec<Name> {
        let mut all: Vec<Name> = self.0.iter().flat_map(|scope| scope.names.keys().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Checker<'_> {
    /// What a name means here; the kernel's types are asked last.
    pub(super) fn look_up(&mut self, name: Name) -> Option<Entity> {
        if let Some((entity, _)) = self.scopes.name(name) {
            return Some(entity);
        }
        let found = self.kernel_name(name)?;
        self.scopes.declare_kernel(name, found);
        Some(found)
    }

    /// Says that nothing has this name, and which name may be meant.
    pub(super) fn undeclared(&mut self, name: Name, span: Span, what: &str) {
        if !self.missing.insert(name) {
            return;
        }
        let text = self.text(name);
        let mut diagnostic = osmia_base::Diagnostic::error(span, format!("there is no {what} `{text}`"));
        // What is left out in the end needs no suggestion.
        if self.diagnostics.list.len() < super::MAX_ERRORS {
            let known = self.scopes.names().into_iter().map(|name| self.names.text(name));
            diagnostic = diagnostic.suggest(&text, known);
        }
        self.diagnostics.push(diagnostic);
    }
}
