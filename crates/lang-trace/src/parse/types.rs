//! Types in scripts: `int32`, `struct foo *`, `uint8[4]`, `typeof(e)`.
use super::Parser;
use super::c::error_type;
use crate::ast::{CTag, Expr, ExprKind, Name, TypeName, TypeNameKind, TypeOrExpr};
use crate::lex::{Lexer, Token, TokenKind};

/// Names that are types wherever they stand alone.
pub(crate) const BASIC: [&str; 34] = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "string",
    "buffer",
    "inet",
    "void",
    "char",
    "short",
    "int",
    "long",
    "unsigned",
    "signed",
    "float",
    "double",
    "_Bool",
    "int8_t",
    "int16_t",
    "int32_t",
    "int64_t",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "size_t",
    "ssize_t",
    "uintptr_t",
    "__int128",
];

/// Words of C that combine into one name.
const COMBINE: [&str; 12] = [
    "char",
    "short",
    "int",
    "long",
    "unsigned",
    "signed",
    "__signed",
    "__signed__",
    "float",
    "double",
    "_Bool",
    "__int128",
];

/// What a look at the tokens says about a type that may begin there.
pub(super) struct Shape {
    /// What follows it.
    pub(super) next: Token,
    /// What follows that.
    pub(super) after: Token,
    /// Whether it can be nothing else: a basic name, `struct`, or with `*` or `[]` behind it.
    pub(super) certain: bool,
}

impl Parser<'_> {
    /// `type = (tag name | word+ | "typeof" "(" … ")" | "(" types ")") ("*" | "[" number? "]")*`
    pub(super) fn type_name(&mut self) -> TypeName {
        let span = self.token.span;
        self.nested(|parser| parser.plain_type().map(|ty| parser.type_suffixes(ty)))
            .unwrap_or_else(|| error_type(span))
    }

    fn plain_type(&mut self) -> Option<TypeName> {
        let start = self.token.span.start;
        let kind = if self.at("(") {
            self.type_list()?
        } else if self.at_word("typeof") {
            self.bump();
            let open = self.token.span;
            self.expect("(");
            let inner = self.type_or_expr();
            self.close(")", open, "list");
            TypeNameKind::Typeof(Box::new(inner))
        } else if let Some(tag) = tag_of(self.text_of(self.token)) {
            self.bump();
            TypeNameKind::Tagged(tag, self.name("the name of the type")?.node)
        } else if self.token.kind == TokenKind::Ident {
            return self.c_type().map(|(ty, _)| ty);
        } else {
            self.missing("expected a type".into());
            return None;
        };
        Some(TypeName { kind, span: self.from(start) })
    }

    /// `"(" type ("," type)* ")"` or `"(" name "=" type ("," name "=" type)* ")"`
    fn type_list(&mut self) -> Option<TypeNameKind> {
        let open = self.bump().span;
        let record = self.token.kind == TokenKind::Ident && self.second().kind == TokenKind::Sign("=");
        let (mut names, mut types): (Vec<Name>, Vec<TypeName>) = Default::default();
        while !self.at(")") && !self.lost {
            if record {
                names.push(self.name("the name of a part")?);
                self.expect("=");
            }
            types.push(self.type_name());
            if !self.eat(",") {
                break;
            }
        }
        self.close(")", open, "list");
        Some(if record {
            TypeNameKind::Record(names.into_iter().zip(types).collect())
        } else {
            TypeNameKind::Tuple(types)
        })
    }

    fn type_suffixes(&mut self, mut ty: TypeName) -> TypeName {
        let mut count = 0;
        while !self.lost && (self.at("*") || self.at("[")) {
            count += 1;
            if count > 32 {
                self.too_deep();
            }
            let start = ty.span.start;
            let open = self.bump();
            let kind = if open.kind == TokenKind::Sign("*") {
                self.pointer_qualifiers();
                TypeNameKind::Pointer(Box::new(ty))
            } else {
                let length = (!self.at("]")).then(|| Box::new(self.expr()));
                self.close("]", open.span, "array");
                TypeNameKind::Array(Box::new(ty), length)
            };
            ty = TypeName { kind, span: self.from(start) };
        }
        ty
    }

    fn pointer_qualifiers(&mut self) {
        while self.at_word("const") || self.at_word("volatile") || self.at_word("restrict") {
            self.bump();
        }
    }

    /// The name of a type that is not a structure: one word, or several words of C.
    pub(super) fn type_words(&mut self) -> Option<String> {
        let mut words = self.name("a type")?.node;
        let combines = COMBINE.contains(&words.as_str());
        while combines && self.token.kind == TokenKind::Ident {
            let next = self.text_of(self.token);
            if COMBINE.contains(&next) {
                words = format!("{words} {next}");
            } else if !QUALIFIED.contains(&next) {
                break;
            }
            self.bump();
        }
        Some(words)
    }

    /// What may stand in `sizeof`: a type where it can only be one, an expression otherwise.
    pub(super) fn type_or_expr(&mut self) -> TypeOrExpr {
        let ends = |shape: &Shape| {
            shape.next.kind == TokenKind::Sign(")") || shape.next.kind == TokenKind::Sign(",")
        };
        match self.type_shape(self.token, self.ahead()) {
            Some(shape) if shape.certain && ends(&shape) => TypeOrExpr::Type(self.type_name()),
            _ => TypeOrExpr::Expr(self.expr()),
        }
    }

    /// An argument of a call: an expression, or a type where it can only be one.
    pub(super) fn argument(&mut self) -> Expr {
        let start = self.token.span.start;
        match self.type_or_expr() {
            TypeOrExpr::Expr(expr) => expr,
            TypeOrExpr::Type(ty) => {
                self.height = 1;
                Expr { kind: ExprKind::Type(Box::new(ty)), span: self.from(start) }
            }
        }
    }

    /// What comes after the type that begins with `first`, if one does. Looks at few tokens more than the type has.
    pub(super) fn type_shape(&self, first: Token, mut ahead: Lexer<'_>) -> Option<Shape> {
        if first.kind != TokenKind::Ident {
            return None;
        }
        let word = self.text_of(first);
        let mut certain = is_type(word);
        let mut next = ahead.next();
        if ["struct", "union", "enum", "const", "volatile"].contains(&word) {
            certain = next.kind == TokenKind::Ident;
            next = ahead.next();
        } else if word == "typeof" {
            certain = next.kind == TokenKind::Sign("(");
            return Some(Shape { next: Token { kind: TokenKind::Sign(")"), ..next }, after: next, certain });
        }
        while next.kind == TokenKind::Ident
            && (COMBINE.contains(&self.text_of(next)) || QUALIFIED.contains(&word))
        {
            next = ahead.next();
        }
        loop {
            match next.kind {
                TokenKind::Sign("*") => certain |= closes(ahead.clone().next()),
                TokenKind::Sign("[") => certain |= self.skip_brackets(&mut ahead, certain)?,
                _ => break,
            }
            next = ahead.next();
        }
        let after = ahead.next();
        Some(Shape { next, after, certain })
    }

    /// Passes over `]` or `n]`; whether that can only belong to a type.
    fn skip_brackets(&self, ahead: &mut Lexer<'_>, certain: bool) -> Option<bool> {
        let inner = ahead.next();
        let closed = inner.kind == TokenKind::Sign("]");
        if !closed && (!certain || ahead.next().kind != TokenKind::Sign("]")) {
            return None;
        }
        Some(true)
    }
}

/// The kind of C type that a keyword begins.
pub(super) fn tag_of(word: &str) -> Option<CTag> {
    [CTag::Struct, CTag::Union, CTag::Enum].into_iter().find(|tag| tag.word() == word)
}

/// Whether a word is a type where it stands alone: a basic one, or a name that the kernel gives to numbers only.
fn is_type(word: &str) -> bool {
    let plain = word.trim_start_matches('_');
    let bits = plain.strip_prefix("be").or_else(|| plain.strip_prefix("le"));
    let bits = bits.or_else(|| plain.strip_prefix(['u', 's'])).unwrap_or("");
    BASIC.contains(&word) || word.ends_with("_t") || ["8", "16", "32", "64"].contains(&bits)
}

/// Words after which a type's name is still to come.
const QUALIFIED: [&str; 2] = ["const", "volatile"];

/// A `*` in front of this belongs to a type: nothing follows that it could multiply with.
fn closes(token: Token) -> bool {
    matches!(token.kind, TokenKind::Sign(")" | "," | "[" | "=" | ";" | "{" | "}"))
        || token.kind == TokenKind::End
}
