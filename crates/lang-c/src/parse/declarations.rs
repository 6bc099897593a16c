//! What a unit consists of: functions and declarations.
use super::Parser;
use super::declarators::Naming;
use super::recovery::Within;
use super::scopes::Meaning;
use super::specifiers::Place;
use crate::Name;
use crate::ast::{Attribute, Declaration, Declarator, Function, InitDeclarator, Item, Part};
use crate::ast::{Specifiers, StaticAssert, Storage, Unit};
use crate::token::TokenKind;
use crate::word;
use osmia_base::Diagnostic;

/// What begins with specifiers.
pub(super) enum Declared {
    /// A declaration, with its `;`.
    Declaration(Declaration),
    /// A function with its body.
    Function(Box<Function>),
}

impl Parser<'_> {
    /// `unit = item*`
    pub(super) fn unit(&mut self) -> Unit {
        let mut unit = Unit::default();
        while !self.at_end() {
            let before = self.pos;
            self.height = 0;
            let item = self.item();
            unit.items.extend(item);
            if self.lost {
                self.recover_item();
            }
            if self.pos == before {
                self.bump();
            }
        }
        unit
    }

    /// `item = declaration | function | static-assert | ";"`
    fn item(&mut self) -> Option<Item> {
        if self.eat(";") {
            return None;
        }
        if self.token.kind == TokenKind::Kernel {
            self.bump();
            self.scopes.open_kernel(self.kernel);
            return Some(Item::Kernel);
        }
        if self.at_static_assert() {
            return Some(Item::Assert(self.static_assert()));
        }
        if self.at_stray_item() {
            return None;
        }
        Some(match self.declaration(Vec::new()) {
            Declared::Declaration(declaration) => Item::Declaration(declaration),
            Declared::Function(function) => Item::Function(function),
        })
    }

    /// What is often found outside of functions and cannot stand there; an error is told.
    fn at_stray_item(&mut self) -> bool {
        let token = self.token;
        let diagnostic = if token.is("}") {
            self.bump();
            Diagnostic::error(token.span, "this `}` closes nothing").hint("is there one too many before it?")
        } else if self.at_asm() {
            Diagnostic::error(token.span, "assembly stands in functions only")
        } else if self.at_name() && self.second().is("(") && !self.starts_type(token) {
            let name = self.names.text(token.text);
            let text = format!("expected a declaration, found a call of `{name}`");
            Diagnostic::error(token.span, text)
                .hint("a function's declaration begins with the type that it returns; macros have to be defined before")
        } else {
            return false;
        };
        self.report(diagnostic);
        // Behind a `}` there is nothing to pass over.
        self.lost = !token.is("}");
        true
    }

    /// `declaration = specifiers (declarator ("=" initializer)?),* ";" | specifiers declarator block`, with attributes that
    /// were read before.
    pub(super) fn declaration(&mut self, attributes: Vec<Attribute>) -> Declared {
        let start = self.pos;
        let mut specifiers = self.specifiers_behind(attributes, Place::Declaration);
        let mut declarators = Vec::new();
        if self.lacks_semicolon() {
            return Declared::Declaration(Declaration { specifiers, declarators, span: self.from(start) });
        }
        while !self.lost && !self.at(";") {
            let mut declarator = self.beside(|parser| parser.declarator(Naming::Named));
            self.declare(&specifiers, &declarator);
            if declarators.is_empty() && self.begins_body(&declarator) {
                specifiers.attributes.extend(self.pragma_attributes("function"));
                return Declared::Function(Box::new(self.function(start, specifiers, declarator)));
            }
            declarator.attributes.extend(self.pragma_attributes_of(&specifiers, &declarator));
            let initializer = self.eat("=").then(|| self.beside(Self::initializer));
            self.trailing(&mut declarator.attributes);
            declarators.push(InitDeclarator { declarator, bits: None, initializer });
            if !self.eat(",") {
                break;
            }
        }
        self.end_declaration(&declarators);
        Declared::Declaration(Declaration { specifiers, declarators, span: self.from(start) })
    }

    fn end_declaration(&mut self, declarators: &[InitDeclarator]) {
        if self.lost || self.eat(";") {
            return;
        }
        match declarators.last() {
            Some(last) if last.initializer.is_none() => self.missing("`;`, `,` or `=`"),
            _ => self.missing("`;`"),
        }
    }

    fn pragma_attributes_of(&self, specifiers: &Specifiers, declarator: &Declarator) -> Vec<Attribute> {
        match declarator.parts.first() {
            _ if specifiers.storage == Storage::Typedef => Vec::new(),
            Some(Part::Function { .. }) => self.pragma_attributes("function"),
            _ => self.pragma_attributes("variable"),
        }
    }

    /// From here on the name is known.
    fn declare(&mut self, specifiers: &Specifiers, declarator: &Declarator) {
        let is_type = specifiers.storage == Storage::Typedef;
        if let Some(name) = declarator.name {
            self.scopes.declare(name.node, if is_type { Meaning::Type } else { Meaning::Thing });
        }
    }

    /// Whether a function's body begins here.
    fn begins_body(&self, declarator: &Declarator) -> bool {
        self.at("{") && !self.lost && matches!(declarator.parts.first(), Some(Part::Function { .. }))
    }

    /// The body, in a scope that has the parameters.
    fn function(&mut self, start: usize, specifiers: Specifiers, declarator: Declarator) -> Function {
        let outer = std::mem::replace(&mut self.function, declarator.name.map(|name| name.node));
        let body = self.scoped(|parser| {
            for name in param_names(&declarator) {
                parser.scopes.declare(name, Meaning::Thing);
            }
            parser.beside(Self::block)
        });
        self.function = outer;
        Function { specifiers, declarator, body, span: self.from(start) }
    }

    /// Whether a static assertion begins here.
    pub(super) fn at_static_assert(&self) -> bool {
        let other = self.extra.static_assert;
        self.at_word(word::STATIC_ASSERT)
            || self.at_word(other) && self.second().is("(") && !self.scopes.knows(other)
    }

    /// `"_Static_assert" "(" condition ("," text)? ")" ";"`
    pub(super) fn static_assert(&mut self) -> StaticAssert {
        let start = self.pos;
        self.bump();
        let open = self.token;
        self.expect("(");
        let condition = Box::new(self.conditional());
        let text = self.eat(",").then(|| self.text());
        self.close(")", open, "assertion", Within::Statement);
        self.expect(";");
        StaticAssert { condition, text, span: self.from(start) }
    }
}

/// The names of a function's parameters.
fn param_names(declarator: &Declarator) -> Vec<Name> {
    let Some(Part::Function { params, .. }) = declarator.parts.first() else { return Vec::new() };
    params.iter().filter_map(|param| param.declarator.name).map(|name| name.node).collect()
}
