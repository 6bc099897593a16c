//! Which names stand for types, and where.
use super::Parser;
use crate::token::Token;
use crate::{Name, Names};
use osmia_base::Diagnostic;
use osmia_btf::{Btf, KindTag};
use std::collections::HashMap;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A type.
    Type,
    /// A variable, a function, an enumerator.
    Thing,
}

/// What the tag of a type belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Struct,
    Union,
    Enum,
}

impl Tag {
    const fn word(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Union => "union",
            Self::Enum => "enum",
        }
    }
}

/// The names that are known at one place of the unit.
#[derive(Debug, Default)]
pub(super) struct Scopes<'a> {
    meanings: HashMap<Name, Meaning>,
    /// What names meant before they were declared in an inner scope.
    hidden: Vec<(Name, Option<Meaning>)>,
    /// How many of these there were when each open scope began.
    open: Vec<usize>,
    /// The kernel's types, once they are known.
    kernel: Option<&'a Btf>,
    /// Which names are types of the kernel, as far as it was asked.
    asked: HashMap<Name, bool>,
    /// All tags, wherever they stand: for hints only.
    tags: HashMap<Name, Tag>,
}

impl<'a> Scopes<'a> {
    /// From here on the kernel's types are known.
    pub(super) fn open_kernel(&mut self, kernel: Option<&'a Btf>) {
        self.kernel = kernel;
        self.asked.clear();
    }

    /// Begins a scope.
    pub(super) fn enter(&mut self) {
        self.open.push(self.hidden.len());
    }

    /// Ends the innermost scope: names mean what they meant before it.
    pub(super) fn leave(&mut self) {
        let from = self.open.pop().unwrap_or(0);
        for (name, before) in self.hidden.drain(from..).rev() {
            match before {
                Some(meaning) => self.meanings.insert(name, meaning),
                None => self.meanings.remove(&name),
            };
        }
    }

    /// From here to the end of the innermost scope the name means this.
    pub(super) fn declare(&mut self, name: Name, meaning: Meaning) {
        let before = self.meanings.insert(name, meaning);
        if !self.open.is_empty() {
            self.hidden.push((name, before));
        }
    }

    /// From here to the end of the unit the name means this, where no scope says otherwise.
    fn declare_everywhere(&mut self, name: Name, meaning: Meaning) {
        self.meanings.insert(name, meaning);
    }

    /// Notes a tag.
    pub(super) fn note_tag(&mut self, name: Name, tag: Tag) {
        self.tags.insert(name, tag);
    }

    /// Whether the unit has given the name a meaning.
    pub(super) fn knows(&self, name: Name) -> bool {
        self.meanings.contains_key(&name)
    }

    /// Whether the name stands for a type.
    pub(super) fn is_type(&mut self, name: Name, names: &Names) -> bool {
        if let Some(&meaning) = self.meanings.get(&name) {
            return meaning == Meaning::Type;
        }
        let Some(kernel) = self.kernel else { return false };
        *self.asked.entry(name).or_insert_with(|| kernel.find_typedef(names.text(name)).is_some())
    }

    /// What a name is the tag of.
    fn tag(&self, name: Name, names: &Names) -> Option<Tag> {
        let of_kernel = || {
            let (kernel, text) = (self.kernel?, names.text(name));
            let record = kernel.find_struct(text).map(|_| Tag::Struct);
            record.or_else(|| kernel.find_union(text).map(|_| Tag::Union))
        };
        self.tags.get(&name).copied().or_else(of_kernel)
    }

    /// All names of types, in the order of the alphabet.
    fn types<'b>(&'b self, names: &'b Names) -> Vec<&'b str> {
        let own = self.meanings.iter().filter(|&(_, &meaning)| meaning == Meaning::Type);
        let mut types: Vec<&str> = own.map(|(&name, _)| names.text(name)).collect();
        if let Some(kernel) = self.kernel {
            let typedefs = kernel.ids().filter(|&id| kernel.tag(id) == Some(KindTag::Typedef));
            types.extend(typedefs.filter_map(|id| kernel.name(id)));
        }
        types.extend([
            "unsigned", "signed", "char", "short", "int", "long", "void", "struct", "union", "enum",
        ]);
        types.sort_unstable();
        types
    }
}

impl Parser<'_> {
    /// Reads something in a scope of its own.
    pub(super) fn scoped<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.enter();
        let made = inner(self);
        self.scopes.leave();
        made
    }

    /// Whether a name stands for a type here.
    pub(super) fn is_type(&mut self, name: Name) -> bool {
        self.scopes.is_type(name, self.names)
    }

    /// Says that a word stands for no type, though it is where one does. From here on it does, so that this is said once.
    pub(super) fn unknown_type(&mut self, token: Token) {
        let text = self.names.text(token.text);
        if self.scopes.knows(token.text) {
            let text = format!("expected a type, found `{text}`, which is not the name of one");
            self.complain(token.span, text);
            return;
        }
        let diagnostic = Diagnostic::error(token.span, format!("unknown type name `{text}`"));
        let diagnostic = match self.scopes.tag(token.text, self.names) {
            Some(tag) => diagnostic.hint(format!("write `{} {text}`", tag.word())),
            None => diagnostic.suggest(text, self.scopes.types(self.names)),
        };
        self.remark(diagnostic);
        self.scopes.declare_everywhere(token.text, Meaning::Type);
    }
}
