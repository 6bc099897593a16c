//! Declarators: a name, and what is made of the type before it.
use super::recovery::Within;
use super::scopes::Meaning;
use super::specifiers::Place;
use super::{MAX_DEPTH, Parser};
use crate::ast::{Attribute, AttributeArg, Basic, Declarator, Param, Part, Qualifiers, TypeName, TypeSpec};
use crate::token::TokenKind;
use crate::{Name, word};
use osmia_base::{Span, Spanned};

/// Whether a declarator has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// It has.
    Named,
    /// It has none.
    Unnamed,
    /// It may have one.
    Either,
}

const ASM: &[Name] = &[word::ASM, word::ASM_, word::ASM__];

/// What is read of a declarator.
#[derive(Debug, Default)]
struct Read {
    name: Option<Spanned<Name>>,
    parts: Vec<Part>,
    attributes: Vec<Attribute>,
}

impl Parser<'_> {
    /// `declarator = pointer* direct trailing`
    pub(super) fn declarator(&mut self, naming: Naming) -> Declarator {
        let start = self.pos;
        let mut read = Read::default();
        self.declarator_into(&mut read, naming);
        self.trailing(&mut read.attributes);
        let here = self.here().start;
        let span = if self.pos == start { Span::new(here, here) } else { self.from(start) };
        Declarator { name: read.name, parts: read.parts, attributes: read.attributes, span }
    }

    /// `type-name = specifiers declarator`, which has no name.
    pub(super) fn type_name(&mut self) -> TypeName {
        let start = self.pos;
        let specifiers = self.specifiers(Place::Type);
        let declarator = self.declarator(Naming::Unnamed);
        TypeName { specifiers, declarator, span: self.from(start) }
    }

    /// Parts go from the name outwards: what stands in parentheses, then what stands behind, then the pointers before.
    fn declarator_into(&mut self, read: &mut Read, naming: Naming) {
        self.attributes_into(&mut read.attributes);
        let pointers = self.pointers();
        self.direct(read, naming);
        self.suffixes(read);
        read.parts.extend(pointers.into_iter().rev());
        self.attributes_into(&mut read.attributes);
        if read.parts.len() > MAX_DEPTH as usize {
            self.too_deep();
            read.parts.truncate(MAX_DEPTH as usize);
        }
    }

    /// `pointer = "*" (qualifier | attribute)*`, those further left first.
    fn pointers(&mut self) -> Vec<Part> {
        let mut pointers = Vec::new();
        while !self.lost && self.at("*") {
            if pointers.len() > MAX_DEPTH as usize {
                self.too_deep();
                break;
            }
            self.bump();
            let (mut qualifiers, mut attributes) = (Qualifiers::default(), Vec::new());
            while !self.lost && (self.at_attribute() || self.token.kind == TokenKind::Word) {
                if self.at_attribute() {
                    self.attributes_into(&mut attributes);
                } else if !self.qualifier(&mut qualifiers) && !self.eat_word(word::EXTENSION) {
                    break;
                }
            }
            pointers.push(Part::Pointer { qualifiers, attributes });
        }
        pointers
    }

    /// `direct = name | "(" declarator ")"`, or nothing.
    fn direct(&mut self, read: &mut Read, naming: Naming) {
        if self.lost {
            return;
        }
        if self.at_name() && naming != Naming::Unnamed {
            let token = self.bump();
            read.name = Some(Spanned::new(token.text, token.span));
        } else if self.at("(") && self.encloses_declarator(naming) {
            self.parenthesized("declarator", |parser| parser.declarator_into(read, naming));
        } else if naming == Naming::Named {
            self.missing("a name");
        }
    }

    /// Whether `(` begins a declarator in parentheses, not parameters.
    fn encloses_declarator(&mut self, naming: Naming) -> bool {
        let next = self.second();
        match naming {
            _ if next.kind == TokenKind::Word
                && [word::ATTRIBUTE, word::ATTRIBUTE__].contains(&next.text) =>
            {
                true
            }
            Naming::Named => true,
            _ if next.is("*") || next.is("(") || next.is("[") || next.is("^") => true,
            Naming::Unnamed => false,
            Naming::Either => next.is_name() && !self.starts_type(next),
        }
    }

    /// `suffix = "[" … "]" | "(" … ")"`
    fn suffixes(&mut self, read: &mut Read) {
        while !self.lost && read.parts.len() <= MAX_DEPTH as usize {
            let open = self.token;
            if open.is("[") && !self.second().is("[") {
                self.bump();
                let part = self.array();
                self.close("]", open, "array", Within::Statement);
                read.parts.push(part);
            } else if open.is("(") {
                self.bump();
                let part = self.nested(Self::function_part);
                self.close(")", open, "list of parameters", Within::Statement);
                read.parts.extend(part);
            } else {
                return;
            }
        }
    }

    /// `("static" | qualifier)* ("*" | expression)?`
    fn array(&mut self) -> Part {
        let mut ignored = Qualifiers::default();
        while self.token.kind == TokenKind::Word
            && (self.eat_word(word::STATIC) || self.qualifier(&mut ignored))
        {}
        if self.at("*") && self.second().is("]") {
            self.bump();
        }
        let length = (!self.at("]") && !self.lost).then(|| Box::new(self.beside(Self::assignment)));
        Part::Array { length }
    }

    /// `parameters = "void" | (parameter ("," parameter)* ("," "...")?)?`, in a scope of its own.
    fn function_part(&mut self) -> Part {
        if self.at(")") {
            return Part::Function { params: Vec::new(), variadic: true };
        }
        self.scoped(|parser| {
            let (mut params, mut variadic) = (Vec::new(), false);
            while !parser.lost {
                if parser.eat("...") {
                    variadic = true;
                    break;
                }
                let param = parser.beside(Self::param);
                params.push(param);
                if !parser.eat(",") {
                    break;
                }
            }
            if matches!(params.as_slice(), [only] if is_void(only)) {
                params.clear();
            }
            Part::Function { params, variadic }
        })
    }

    /// `parameter = specifiers declarator`
    fn param(&mut self) -> Param {
        let specifiers = self.specifiers(Place::Type);
        let declarator = self.declarator(Naming::Either);
        if let Some(name) = declarator.name {
            self.scopes.declare(name.node, Meaning::Thing);
        }
        Param { specifiers, declarator }
    }

    /// What may stand behind a declarator: `asm("name")`, which is an attribute of the name `asm`, and attributes.
    pub(super) fn trailing(&mut self, attributes: &mut Vec<Attribute>) {
        while !self.lost {
            if self.at_any(ASM) {
                self.asm_label(attributes);
            } else if self.at_attribute() {
                self.attributes_into(attributes);
            } else {
                return;
            }
        }
    }

    fn asm_label(&mut self, attributes: &mut Vec<Attribute>) {
        let start = self.pos;
        self.bump();
        let text = self.parenthesized("name", Self::text);
        let args = text.map(AttributeArg::Text).into_iter().collect();
        attributes.push(Attribute { name: word::ASM, args, span: self.from(start) });
    }
}

/// `void` alone.
fn is_void(param: &Param) -> bool {
    let Declarator { name, parts, .. } = &param.declarator;
    name.is_none() && parts.is_empty() && matches!(param.specifiers.ty, TypeSpec::Basic(Basic::Void))
}
