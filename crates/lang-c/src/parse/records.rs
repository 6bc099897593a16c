//! `struct`, `union` and `enum`.
use super::Parser;
use super::declarators::Naming;
use super::recovery::Within;
use super::scopes::{Meaning, Tag};
use super::specifiers::Place;
use crate::Name;
use crate::ast::{Attribute, Declaration, EnumSpec, Enumerator, InitDeclarator};
use crate::ast::{Member, RecordKind, RecordSpec, TypeName, TypeSpec};
use crate::word;
use osmia_base::Spanned;

impl Parser<'_> {
    /// `record = ("struct" | "union") attribute* tag? ("{" member* "}" attribute*)?`
    ///
    /// Attributes behind the `}` may be meant for what is declared, too: they are put into `outer` as well. Those of a record that
    /// is not defined here are meant for what is declared alone.
    pub(super) fn record(&mut self, outer: &mut Vec<Attribute>) -> TypeSpec {
        let kind = if self.at_word(word::UNION) { RecordKind::Union } else { RecordKind::Struct };
        self.bump();
        let mut attributes = self.attributes();
        let tag = self.tag(if kind == RecordKind::Union { Tag::Union } else { Tag::Struct });
        self.attributes_into(&mut attributes);
        let mut members = None;
        if self.at("{") {
            attributes.extend(self.pragma_attributes("record"));
            attributes.extend(self.packing());
            members = Some(self.nested(Self::members).unwrap_or_default());
            self.attributes_behind(&mut attributes, outer);
        } else if tag.is_none() {
            self.missing("a tag or `{`");
        } else {
            outer.append(&mut attributes);
        }
        TypeSpec::Record(Box::new(RecordSpec { kind, tag, members, attributes }))
    }

    fn tag(&mut self, tag: Tag) -> Option<Spanned<Name>> {
        if !self.at_name() {
            return None;
        }
        let token = self.bump();
        self.scopes.note_tag(token.text, tag);
        Some(Spanned::new(token.text, token.span))
    }

    fn attributes_behind(&mut self, attributes: &mut Vec<Attribute>, outer: &mut Vec<Attribute>) {
        let behind = self.attributes();
        outer.extend(behind.iter().cloned());
        attributes.extend(behind);
    }

    /// `"{" member* "}"`
    fn members(&mut self) -> Vec<Member> {
        let open = self.bump();
        let mut members = Vec::new();
        while !self.at("}") && !self.at_end() {
            let before = self.pos;
            let member = self.beside(Self::member);
            members.extend(member);
            if self.lost {
                self.recover();
            }
            if self.lost {
                break;
            }
            if self.pos == before {
                self.bump();
            }
        }
        self.close("}", open, "record", Within::Block);
        members
    }

    /// `member = specifiers (declarator (":" bits)?),* ";" | static-assert | ";"`
    fn member(&mut self) -> Option<Member> {
        if self.eat(";") {
            return None;
        }
        if self.at_static_assert() {
            return Some(Member::Assert(self.static_assert()));
        }
        let start = self.pos;
        let specifiers = self.specifiers(Place::Type);
        let mut declarators = Vec::new();
        if self.lacks_semicolon() {
            return Some(Member::Declaration(Declaration {
                specifiers,
                declarators,
                span: self.from(start),
            }));
        }
        while !self.lost && !self.at(";") && !self.at("}") {
            declarators.push(self.beside(Self::member_declarator));
            if !self.eat(",") {
                break;
            }
        }
        // Compilers only warn when it is missing behind the last member.
        if !self.at("}") {
            self.expect(";");
        }
        Some(Member::Declaration(Declaration { specifiers, declarators, span: self.from(start) }))
    }

    fn member_declarator(&mut self) -> InitDeclarator {
        let naming = if self.at(":") { Naming::Unnamed } else { Naming::Named };
        let mut declarator = self.declarator(naming);
        let bits = self.eat(":").then(|| Box::new(self.conditional()));
        self.trailing(&mut declarator.attributes);
        InitDeclarator { declarator, bits, initializer: None }
    }

    /// `enumeration = "enum" attribute* tag? (":" type)? ("{" names "}" attribute*)?`
    pub(super) fn enumeration(&mut self, outer: &mut Vec<Attribute>) -> TypeSpec {
        self.bump();
        let mut attributes = self.attributes();
        let tag = self.tag(Tag::Enum);
        self.attributes_into(&mut attributes);
        let underlying = self.underlying();
        let mut names = None;
        if self.at("{") {
            attributes.extend(self.pragma_attributes("enum"));
            names = Some(self.nested(Self::enumerators).unwrap_or_default());
            self.attributes_behind(&mut attributes, outer);
        } else if tag.is_none() {
            self.missing("a tag or `{`");
        } else {
            outer.append(&mut attributes);
        }
        TypeSpec::Enum(Box::new(EnumSpec { tag, underlying, names, attributes }))
    }

    /// `":" type`; in a record `:` may begin the number of bits.
    fn underlying(&mut self) -> Option<TypeName> {
        let next = self.second();
        if !self.at(":") || !self.starts_type(next) {
            return None;
        }
        self.bump();
        Some(self.type_name())
    }

    /// `"{" enumerator ("," enumerator)* ","? "}"`
    fn enumerators(&mut self) -> Vec<Enumerator> {
        let open = self.bump();
        let mut names = Vec::new();
        while !self.lost && !self.at("}") {
            let enumerator = self.beside(Self::enumerator);
            names.extend(enumerator);
            if !self.at("}") && !self.eat(",") && !self.lost {
                self.missing("`,` or `}`");
            }
        }
        self.close("}", open, "enumeration", Within::Block);
        names
    }

    /// `enumerator = name attribute* ("=" value)?`
    fn enumerator(&mut self) -> Option<Enumerator> {
        let name = self.name("the name of a value")?;
        self.attributes();
        let value = self.eat("=").then(|| Box::new(self.conditional()));
        self.scopes.declare(name.node, Meaning::Thing);
        Some(Enumerator { name, value })
    }
}
