//! The C in front of a script: structures, unions, enumerations and typedefs.
use super::Parser;
use super::types::tag_of;
use crate::ast::{CDefinition, CEnumerator, CField, CItem, CTag, Expr, Name, TypeName, TypeNameKind};
use crate::lex::TokenKind;
use osmia_base::Span;

/// Words that say nothing about a type's form.
const QUALIFIERS: [&str; 7] = ["const", "volatile", "restrict", "static", "extern", "inline", "__user"];

/// What stands behind a type: its name, and the type with its stars and brackets.
type Declarator = (Option<Name>, TypeName);

impl Parser<'_> {
    /// `c-item = (definition | "typedef" type declarator | tag name) ";"?`
    pub(super) fn c_item(&mut self) {
        let start = self.token.span.start;
        let typedef = self.eat_word("typedef");
        let Some(ty) = self.nested(Self::c_type) else { return };
        let item = if typedef {
            let (name, ty) = self.declarator(ty);
            name.map(|name| CItem::Typedef { name, ty })
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
            TypeNameKind::Defined(definition) => Some(CItem::Type(*definition)),
            TypeNameKind::Tagged(..) if self.at(";") => None,
            _ => {
                self.missing("expected `{` and the members of the type".into());
                None
            }
        }
    }

    /// `type = qualifier* (tag name? attributes ("{" members "}")? | word+) qualifier* attributes`
    pub(super) fn c_type(&mut self) -> Option<TypeName> {
        self.qualifiers();
        let start = self.token.span.start;
        let tag = tag_of(self.text_of(self.token));
        let kind = match tag {
            Some(tag) => self.tagged(tag)?,
            None => TypeNameKind::Named(self.type_words()?),
        };
        let span = self.from(start);
        self.qualifiers();
        Some(TypeName { kind, span })
    }

    fn qualifiers(&mut self) {
        while self.token.kind == TokenKind::Ident {
            let word = self.text_of(self.token);
            if word.starts_with("__attribute") {
                self.attributes();
            } else if QUALIFIERS.contains(&word) {
                self.bump();
            } else {
                break;
            }
        }
    }

    /// `attributes = ("__attribute__" "(" … ")")*`; whether one of them is `packed`.
    fn attributes(&mut self) -> bool {
        let mut packed = false;
        while self.token.kind == TokenKind::Ident && self.text_of(self.token).starts_with("__attribute") {
            self.bump();
            let mut open = 0u32;
            while !self.at_end() {
                let token = self.bump();
                match token.kind {
                    TokenKind::Sign("(") => open += 1,
                    TokenKind::Sign(")") => open = open.saturating_sub(1),
                    TokenKind::Ident => packed |= self.text_of(token).trim_matches('_') == "packed",
                    _ => (),
                }
                if open == 0 {
                    break;
                }
            }
        }
        packed
    }

    fn tagged(&mut self, tag: CTag) -> Option<TypeNameKind> {
        let start = self.bump().span.start;
        let mut packed = self.attributes();
        let name = if self.token.kind == TokenKind::Ident { self.name("a name") } else { None };
        packed |= self.attributes();
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
        packed |= self.attributes();
        let span = self.from(start);
        Some(TypeNameKind::Defined(Box::new(CDefinition { tag, name, fields, names, packed, span })))
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
        let Some(ty) = self.nested(Self::c_type) else {
            self.missing("expected the type of a member".into());
            self.bump();
            return;
        };
        loop {
            let anonymous = self.at(";") || self.at(":");
            let (name, ty) = if anonymous { (None, ty.clone()) } else { self.declarator(ty.clone()) };
            let bits = self.eat(":").then(|| self.expr());
            self.attributes();
            fields.push(CField { name, ty, bits, span: self.from(start) });
            if self.lost || !self.eat(",") {
                break;
            }
        }
        // Compilers only warn when it is missing after the last member.
        if !self.at("}") {
            self.expect(";");
        }
    }

    /// `declarator = "*"* (name | "(" declarator ")") ("[" expr? "]")* | … "(" parameters ")"`
    fn declarator(&mut self, ty: TypeName) -> Declarator {
        let ty = self.stars(ty);
        if self.at("(") {
            return self
                .nested(|parser| Some(parser.inner_declarator(ty)))
                .unwrap_or_else(|| (None, error_type(self.token.span)));
        }
        let name = self.name("the name of a member");
        let ty = self.suffixes(ty);
        (name, ty)
    }

    /// `(*name)(parameters)`: the only form of it that occurs in practice is a pointer to a function.
    fn inner_declarator(&mut self, ty: TypeName) -> Declarator {
        let open = self.bump().span;
        let span = ty.span;
        let function = TypeName { kind: TypeNameKind::Function, span };
        let (name, inner) = self.declarator(function);
        self.close(")", open, "declaration");
        if self.at("(") {
            self.skip_parameters();
        }
        (name, inner)
    }

    fn skip_parameters(&mut self) {
        let mut open = 0u32;
        while !self.at_end() && !self.at("{") && !self.at(";") {
            match self.bump().kind {
                TokenKind::Sign("(") => open += 1,
                TokenKind::Sign(")") => open = open.saturating_sub(1),
                _ => (),
            }
            if open == 0 {
                break;
            }
        }
    }

    /// `("*" qualifier*)*`
    pub(super) fn stars(&mut self, mut ty: TypeName) -> TypeName {
        let before = self.height;
        self.height = 0;
        while !self.lost && self.eat("*") {
            self.qualifiers();
            let span = self.from(ty.span.start);
            ty = TypeName { kind: TypeNameKind::Pointer(Box::new(ty)), span };
            self.grow(0);
        }
        self.height = before;
        ty
    }

    /// `("[" expr? "]")*`, the outermost first, as C has it.
    fn suffixes(&mut self, ty: TypeName) -> TypeName {
        let mut lengths: Vec<Option<Box<Expr>>> = Vec::new();
        while !self.lost && self.at("[") {
            if lengths.len() > 16 {
                self.too_deep();
                break;
            }
            let open = self.bump().span;
            lengths.push((!self.at("]")).then(|| Box::new(self.expr())));
            self.close("]", open, "array");
        }
        let span = self.from(ty.span.start);
        lengths
            .into_iter()
            .rev()
            .fold(ty, |ty, length| TypeName { kind: TypeNameKind::Array(Box::new(ty), length), span })
    }
}

/// What stands for a type that could not be read.
pub(super) const fn error_type(span: Span) -> TypeName {
    TypeName { kind: TypeNameKind::Named(String::new()), span }
}
