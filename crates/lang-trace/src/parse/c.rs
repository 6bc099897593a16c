//! The C in front of a script: structures, unions, enumerations and typedefs.
use super::Parser;
use super::types::tag_of;
use crate::ast::{CAttributes, CDefinition, CEnumerator, CField, CItem, CTag, TypeName, TypeNameKind};
use crate::lex::TokenKind;
use osmia_base::Span;

impl Parser<'_> {
    /// `c-item = (definition declarators? | "typedef" type declarator | tag name) ";"?`
    pub(super) fn c_item(&mut self) {
        let start = self.token.span.start;
        let typedef = self.eat_word("typedef");
        let Some((ty, mut attributes)) = self.nested(Self::c_type) else { return };
        let item = if typedef {
            let (name, ty) = self.declarator(ty);
            self.attributes(&mut attributes);
            name.map(|name| CItem::Typedef { name, ty, attributes })
        } else {
            self.c_definition(ty)
        };
        self.eat(";");
        let whole = self.from(start);
        self.note(whole);
        self.script.preamble.items.extend(item);
        self.script.preamble.definitions.push(whole);
    }

    fn c_definition(&mut self, ty: TypeName) -> Option<CItem> {
        match ty.kind {
            TypeNameKind::Defined(definition) => {
                self.variables(ty.span);
                Some(CItem::Type(*definition))
            }
            TypeNameKind::Tagged(..) if self.at(";") => None,
            _ => {
                self.missing("expected `{` and the members of the type".into());
                None
            }
        }
    }

    /// `declarators = declarator ("," declarator)*`: variables of a program, which a script has no use for.
    fn variables(&mut self, span: Span) {
        let named = self.token.kind == TokenKind::Ident
            && matches!(self.second().kind, TokenKind::Sign(";" | "[") | TokenKind::End);
        if !named && !self.at("*") {
            return;
        }
        while !self.lost {
            self.declarator(error_type(span));
            if self.eat("=") {
                self.expr();
            }
            if !self.eat(",") {
                break;
            }
        }
    }

    /// `type = qualifier* (tag name? attributes ("{" members "}")? | word+) qualifier* attributes`
    pub(super) fn c_type(&mut self) -> Option<(TypeName, CAttributes)> {
        let mut attributes = CAttributes::default();
        self.qualifiers(&mut attributes);
        let start = self.token.span.start;
        let tag = tag_of(self.text_of(self.token));
        let kind = match tag {
            Some(tag) => self.tagged(tag)?,
            None => TypeNameKind::Named(self.type_words()?),
        };
        let span = self.from(start);
        self.qualifiers(&mut attributes);
        Some((TypeName { kind, span }, attributes))
    }

    fn tagged(&mut self, tag: CTag) -> Option<TypeNameKind> {
        let start = self.bump().span.start;
        let mut attributes = CAttributes::default();
        self.attributes(&mut attributes);
        let name = if self.token.kind == TokenKind::Ident { self.name("a name") } else { None };
        self.attributes(&mut attributes);
        let base = if tag == CTag::Enum && self.eat(":") { self.nested(Self::c_type) } else { None };
        if !self.at("{") {
            let name = name.or_else(|| self.name("the name of the type, or `{`"))?;
            return Some(TypeNameKind::Tagged(tag, name.node));
        }
        let open = self.bump().span;
        let (fields, names) = match tag {
            CTag::Enum => (Vec::new(), self.enumerators()),
            CTag::Struct | CTag::Union => (self.members(), Vec::new()),
        };
        self.close("}", open, "definition");
        self.attributes(&mut attributes);
        let (base, span) = (base.map(|(base, _)| base), self.from(start));
        let definition = CDefinition { tag, name, fields, names, base, attributes, span };
        Some(TypeNameKind::Defined(Box::new(definition)))
    }

    /// `names = (name ("=" expr)? ",")*`
    fn enumerators(&mut self) -> Vec<CEnumerator> {
        let mut names = Vec::new();
        while !self.at("}") && !self.lost {
            let Some(name) = self.name("a name of the enumeration") else { break };
            let value = self.eat("=").then(|| self.expr());
            names.push(CEnumerator { name, value });
            if !self.eat(",") {
                break;
            }
        }
        names
    }

    /// `members = (type (declarator ("," declarator)*)? ";")*`
    fn members(&mut self) -> Vec<CField> {
        let mut fields = Vec::new();
        while !self.at("}") && !self.at_end() && !self.at_probe() {
            self.c_member(&mut fields);
            if self.lost {
                self.recover();
            }
        }
        fields
    }

    fn c_member(&mut self, fields: &mut Vec<CField>) {
        let start = self.token.span.start;
        if self.eat(";") {
            return;
        }
        if self.at_word("_Static_assert") || self.at_word("static_assert") {
            self.bump();
            self.skip_parentheses();
            self.expect(";");
            return;
        }
        let Some((ty, common)) = self.nested(Self::c_type) else {
            self.missing("expected the type of a member".into());
            self.bump();
            return;
        };
        loop {
            let anonymous = self.at(";") || self.at(":");
            let (name, ty) = if anonymous { (None, ty.clone()) } else { self.declarator(ty.clone()) };
            let bits = self.eat(":").then(|| self.expr());
            let mut attributes = common.clone();
            self.attributes(&mut attributes);
            fields.push(CField { name, ty, bits, attributes, span: self.from(start) });
            if self.lost || !self.eat(",") {
                break;
            }
        }
        // Compilers only warn when it is missing after the last member.
        if !self.at("}") {
            self.expect(";");
        }
    }
}

/// What stands for a type that could not be read.
pub(super) const fn error_type(span: Span) -> TypeName {
    TypeName { kind: TypeNameKind::Named(String::new()), span }
}
