//! Attributes: `__attribute__((…))` and `[[…]]`.
use super::Parser;
use super::recovery::Within;
use crate::Name;
use crate::ast::{Attribute, AttributeArg};
use crate::token::{Token, TokenKind};
use crate::word;

impl Token {
    /// Whether an attribute begins with it, before that other token.
    pub(super) fn begins_attribute(&self, next: Self) -> bool {
        let word = self.is_word(word::ATTRIBUTE) || self.is_word(word::ATTRIBUTE__);
        word || self.is("[") && next.is("[")
    }
}

impl Parser<'_> {
    /// Whether attributes begin here.
    pub(super) fn at_attribute(&self) -> bool {
        self.token.begins_attribute(self.second())
    }

    /// Attributes, as many as there are.
    pub(super) fn attributes(&mut self) -> Vec<Attribute> {
        let mut list = Vec::new();
        self.attributes_into(&mut list);
        list
    }

    /// Attributes, put behind others.
    pub(super) fn attributes_into(&mut self, list: &mut Vec<Attribute>) {
        while !self.lost && self.at_attribute() {
            let open = self.bump();
            if open.is("[") {
                self.bracketed_attributes(list);
            } else {
                self.parenthesized("attribute", |parser| {
                    parser.parenthesized("attribute", |parser| parser.attribute_list(list, ")"));
                });
            }
        }
    }

    /// `"[" "[" list "]" "]"`, from the second bracket on.
    fn bracketed_attributes(&mut self, list: &mut Vec<Attribute>) {
        let inner = self.bump();
        self.attribute_list(list, "]");
        self.close("]", inner, "attribute", Within::Statement);
        self.expect("]");
    }

    /// `list = attribute? ("," attribute?)*`
    fn attribute_list(&mut self, list: &mut Vec<Attribute>, end: &str) {
        while !self.lost && !self.at(end) {
            if self.eat(",") {
                continue;
            }
            self.attribute(list);
            if !self.at(end) && !self.at(",") && !self.lost {
                self.missing(&format!("`,` or `{end}` behind the attribute"));
            }
        }
    }

    /// `attribute = (word "::")? word ("(" arguments ")")?`
    fn attribute(&mut self, list: &mut Vec<Attribute>) {
        let start = self.pos;
        let Some(mut name) = self.attribute_name() else { return };
        if self.eat_path() {
            match self.attribute_name() {
                Some(inner) => name = inner,
                None => return,
            }
        }
        let mut args = Vec::new();
        if self.at("(") {
            self.parenthesized("attribute's arguments", |parser| parser.attribute_args(&mut args));
        }
        list.push(Attribute { name, args, span: self.from(start) });
    }

    /// `::`, which may be one token or two.
    fn eat_path(&mut self) -> bool {
        let two = self.at(":") && self.second().is(":");
        if two {
            self.bump();
        }
        two && self.eat(":") || self.eat("::")
    }

    /// Any word, keywords too, without the underscores around it.
    fn attribute_name(&mut self) -> Option<Name> {
        if self.token.kind != TokenKind::Word {
            self.missing("the name of an attribute");
            return None;
        }
        let name = self.bump().text;
        let text = self.names.text(name);
        let inner = text.strip_prefix("__").and_then(|text| text.strip_suffix("__"));
        let Some(inner) = inner.filter(|inner| !inner.is_empty()) else { return Some(name) };
        let inner = inner.to_owned();
        Some(self.names.add(&inner))
    }

    fn attribute_args(&mut self, args: &mut Vec<AttributeArg>) {
        while !self.lost && !self.at(")") {
            let arg = self.beside(Self::attribute_arg);
            args.extend(arg);
            if !self.at(")") && !self.eat(",") && !self.lost {
                self.missing("`,` or `)` behind the attribute's argument");
            }
        }
    }

    /// A word, a text, an expression. (Types say nothing to any attribute that is known here.)
    fn attribute_arg(&mut self) -> Option<AttributeArg> {
        let alone = self.second().is(",") || self.second().is(")");
        match self.token.kind {
            TokenKind::Word if alone => return Some(AttributeArg::Word(self.bump().text)),
            TokenKind::Text => return Some(AttributeArg::Text(self.text())),
            _ => (),
        }
        if self.at_type() {
            self.type_name();
            return None;
        }
        Some(AttributeArg::Expr(self.assignment()))
    }
}
