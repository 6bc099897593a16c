//! What stands before declarators: storage, qualifiers, and the type.
use super::Parser;
use super::basic::{MAX_WORDS, WORDS, basic};
use super::recovery::Within;
use crate::Name;
use crate::ast::{Attribute, AttributeArg, Basic, Expr, ExprKind};
use crate::ast::{Declarator, Part, Qualifiers, Specifiers, Storage, TypeName, TypeSpec};
use crate::token::{Token, TokenKind};
use crate::word;
use osmia_base::{Diagnostic, Spanned};

/// Where specifiers stand, which says how sure it is that a word there means a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Before declarations, outside of functions or among statements.
    Declaration,
    /// Members, parameters, casts: nothing but a type can stand here.
    Type,
}

const STORAGE: &[(Name, Storage)] = &[
    (word::TYPEDEF, Storage::Typedef),
    (word::EXTERN, Storage::Extern),
    (word::STATIC, Storage::Static),
    (word::REGISTER, Storage::None),
];

const CONST: &[Name] = &[word::CONST, word::CONST_, word::CONST__];
const VOLATILE: &[Name] = &[word::VOLATILE, word::VOLATILE_, word::VOLATILE__];
const RESTRICT: &[Name] = &[word::RESTRICT, word::RESTRICT_, word::RESTRICT__];
const INLINE: &[Name] = &[word::INLINE, word::INLINE_, word::INLINE__];
const TYPEOF: &[Name] = &[word::TYPEOF, word::TYPEOF_, word::TYPEOF__];
const TYPEOF_UNQUAL: &[Name] = &[word::TYPEOF_UNQUAL, word::TYPEOF_UNQUAL_, word::TYPEOF_UNQUAL__];

/// What was read of specifiers so far.
#[derive(Debug, Default)]
struct Read {
    storage: Option<Storage>,
    /// `auto`, which without a type is that of the initializer.
    auto: bool,
    inline: bool,
    qualifiers: Qualifiers,
    attributes: Vec<Attribute>,
    /// A type that is not made of words.
    ty: Option<TypeSpec>,
    /// The sum of the words, how many there are, and the first.
    sum: u64,
    words: usize,
    /// A word was taken for an unknown type; it may have been meant as something else.
    guessed: bool,
}

impl Read {
    fn has_type(&self) -> bool {
        self.ty.is_some() || self.words > 0
    }
}

impl Parser<'_> {
    /// Whether a declaration, a parameter or the name of a type begins with this token.
    pub(super) fn starts_type(&mut self, token: Token) -> bool {
        if token.kind != TokenKind::Word {
            return false;
        }
        match token.text {
            word::TYPEDEF | word::EXTERN | word::STATIC | word::AUTO | word::REGISTER => true,
            word::STRUCT | word::UNION | word::ENUM | word::AUTO_TYPE => true,
            word::ALIGNAS | word::ATOMIC | word::COMPLEX | word::NORETURN | word::THREAD_LOCAL => true,
            word if word.is_keyword() => {
                let lists = [CONST, VOLATILE, RESTRICT, INLINE, TYPEOF, TYPEOF_UNQUAL];
                lists.iter().any(|list| list.contains(&word)) || WORDS.iter().any(|&(found, _)| found == word)
            }
            word => self.is_type(word) || self.is_builtin(word),
        }
    }

    /// Whether a word is a type, or the storage, that the compiler knows of itself.
    fn is_builtin(&self, word: Name) -> bool {
        let extra = &self.extra;
        [extra.thread, extra.va_list, extra.int128, extra.uint128].contains(&word) && !self.scopes.knows(word)
    }

    /// `specifiers = (storage | qualifier | attribute | type)*`
    pub(super) fn specifiers(&mut self, place: Place) -> Specifiers {
        let attributes = self.attributes();
        self.specifiers_behind(attributes, place)
    }

    /// Specifiers, before which these attributes stood.
    pub(super) fn specifiers_behind(&mut self, attributes: Vec<Attribute>, place: Place) -> Specifiers {
        let start = self.pos;
        let mut read = Read { attributes, ..Read::default() };
        while !self.lost && self.specifier(&mut read, place) {}
        let ty = self.type_of(start, &mut read);
        Specifiers {
            storage: read.storage.unwrap_or_default(),
            inline: read.inline,
            qualifiers: read.qualifiers,
            ty,
            attributes: read.attributes,
            span: self.from(start),
        }
    }

    /// One of them; false if there is none.
    fn specifier(&mut self, read: &mut Read, place: Place) -> bool {
        if self.at_attribute() {
            self.attributes_into(&mut read.attributes);
            return true;
        }
        if self.token.kind != TokenKind::Word {
            return false;
        }
        let word = self.token.text;
        if !word.is_keyword() {
            return self.named_type(read, place);
        }
        self.qualifier(&mut read.qualifiers)
            || self.storage(read)
            || self.basic_word(read)
            || self.special(read)
            || self.made_type(read)
    }

    /// `qualifier = "const" | "volatile" | "restrict" | "_Atomic"`
    pub(super) fn qualifier(&mut self, qualifiers: &mut Qualifiers) -> bool {
        if self.eat_any(CONST) {
            qualifiers.constant = true;
        } else if self.eat_any(VOLATILE) {
            qualifiers.volatile = true;
        } else if !self.eat_any(RESTRICT) {
            return self.atomic();
        }
        true
    }

    fn atomic(&mut self) -> bool {
        let found = self.at_word(word::ATOMIC) && !self.second().is("(");
        if found {
            self.complain_of_atomic();
            self.bump();
        }
        found
    }

    fn complain_of_atomic(&mut self) {
        let hint = "use a plain type, and `__sync_fetch_and_add()` and its kin for what has to be atomic";
        self.remark(Diagnostic::error(self.token.span, "`_Atomic` types are not known").hint(hint));
    }

    fn storage(&mut self, read: &mut Read) -> bool {
        let token = self.token;
        if self.eat_word(word::AUTO) {
            read.auto = true;
            return true;
        }
        let Some(&(_, storage)) = STORAGE.iter().find(|&&(word, _)| self.at_word(word)) else { return false };
        self.bump();
        if read.storage.is_some_and(|before| before != storage) {
            self.complain(
                token.span,
                "there is already another of `typedef`, `extern`, `static`, `register`",
            );
        }
        read.storage = Some(storage);
        true
    }

    fn basic_word(&mut self, read: &mut Read) -> bool {
        let Some(&(_, weight)) = WORDS.iter().find(|&&(word, _)| self.at_word(word)) else { return false };
        if read.ty.is_some() && !read.guessed {
            return self.second_type();
        }
        let token = self.bump();
        if read.guessed {
            (read.guessed, read.ty) = (false, None);
        }
        read.words += 1;
        if read.words > MAX_WORDS {
            self.complain(token.span, "these words are no type together");
        } else {
            read.sum += weight;
        }
        true
    }

    /// Passes over the word of another type behind one; only behind a `}` it begins something new.
    fn second_type(&mut self) -> bool {
        let new = self.is_behind_brace();
        if !new {
            let text = "there is already a type before this one: is a `;` or `,` missing?";
            self.complain(self.token.span, text);
            self.bump();
        }
        !new
    }

    fn is_behind_brace(&self) -> bool {
        self.tokens.get(self.last).is_some_and(|last| last.is("}"))
    }

    /// Behind the `}` of a record or an enumeration something new begins: the `;` is missing.
    pub(super) fn lacks_semicolon(&mut self) -> bool {
        let begins = [word::STRUCT, word::UNION, word::ENUM, word::TYPEDEF, word::STATIC, word::EXTERN];
        let basic = WORDS.iter().any(|&(word, _)| self.at_word(word));
        let lacks = !self.lost && self.is_behind_brace() && (basic || self.at_any(&begins));
        if lacks {
            let (span, found) = (self.here(), self.words_for(self.token));
            self.complain(span, format!("expected `;` or a name behind this `}}`, found {found}"));
        }
        lacks
    }

    /// What belongs to a declaration and is neither storage nor type.
    fn special(&mut self, read: &mut Read) -> bool {
        if self.eat_any(INLINE) {
            read.inline = true;
            return true;
        }
        match self.token.text {
            word::EXTENSION => {
                self.bump();
            }
            word::NORETURN => {
                let span = self.bump().span;
                let name = self.extra.noreturn;
                read.attributes.push(Attribute { name, args: Vec::new(), span });
            }
            word::ALIGNAS => self.alignas(&mut read.attributes),
            word::THREAD_LOCAL => self.thread_local(),
            word::COMPLEX => {
                let span = self.bump().span;
                self.complain(span, "complex numbers are not known: programs for BPF only have integers");
            }
            _ => return false,
        }
        true
    }

    fn thread_local(&mut self) {
        let span = self.bump().span;
        let hint = "for a variable of each processor use a map of the kind BPF_MAP_TYPE_PERCPU_ARRAY";
        self.remark(Diagnostic::error(span, "programs for BPF have no threads of their own").hint(hint));
    }

    /// `"_Alignas" "(" (type | expression) ")"`: the attribute `aligned`.
    fn alignas(&mut self, attributes: &mut Vec<Attribute>) {
        let start = self.pos;
        self.bump();
        let Some(value) = self.parenthesized("alignment", |parser| match parser.at_type() {
            true => {
                let ty = parser.type_name();
                Expr { span: ty.span, kind: ExprKind::AlignofType(Box::new(ty)) }
            }
            false => parser.conditional(),
        }) else {
            return;
        };
        let args = vec![AttributeArg::Expr(value)];
        attributes.push(Attribute { name: self.extra.aligned, args, span: self.from(start) });
    }

    /// Types with more to them than a word.
    fn made_type(&mut self, read: &mut Read) -> bool {
        let token = self.token;
        if read.ty.is_some() && !read.guessed && self.is_behind_brace() {
            return false;
        }
        let ty = match token.text {
            word::STRUCT | word::UNION => self.record(&mut read.attributes),
            word::ENUM => self.enumeration(&mut read.attributes),
            word::AUTO_TYPE => {
                self.bump();
                TypeSpec::Auto
            }
            word::ATOMIC => {
                self.complain_of_atomic();
                self.typeof_type()
            }
            word if TYPEOF.contains(&word) => self.typeof_type(),
            word if TYPEOF_UNQUAL.contains(&word) => TypeSpec::Unqualified(Box::new(self.typeof_type())),
            _ => return false,
        };
        self.set_type(read, ty, token);
        true
    }

    /// `"typeof" "(" (type | expression) ")"`
    fn typeof_type(&mut self) -> TypeSpec {
        self.bump();
        let read = self.parenthesized("`typeof`", |parser| match parser.at_type() {
            true => TypeSpec::TypeofType(Box::new(parser.type_name())),
            false => TypeSpec::TypeofExpr(Box::new(parser.expression())),
        });
        read.unwrap_or(TypeSpec::Basic(Basic::Int))
    }

    fn set_type(&mut self, read: &mut Read, ty: TypeSpec, token: Token) {
        if read.has_type() && !read.guessed {
            let text = "there is already a type before this one: is a `;` or `,` missing?";
            self.complain(token.span, text);
        }
        (read.guessed, read.words) = (false, 0);
        read.ty = Some(ty);
    }

    /// The name of a type, or a word that only makes sense as one.
    fn named_type(&mut self, read: &mut Read, place: Place) -> bool {
        let token = self.token;
        if read.has_type() && !read.guessed {
            return false;
        }
        if self.is_type(token.text) {
            self.bump();
            read.ty = Some(TypeSpec::Named(Spanned::new(token.text, token.span)));
            read.guessed = false;
            return true;
        }
        if self.is_builtin(token.text) {
            self.builtin_type(read);
            return true;
        }
        if read.guessed || read.auto || !self.looks_like_type(place) {
            return false;
        }
        self.unknown_type(token);
        self.bump();
        read.ty = Some(TypeSpec::Named(Spanned::new(token.text, token.span)));
        read.guessed = true;
        true
    }

    fn builtin_type(&mut self, read: &mut Read) {
        let name = self.token.text;
        if name == self.extra.thread {
            return self.thread_local();
        }
        let token = self.bump();
        let ty = if name == self.extra.int128 {
            TypeSpec::Basic(Basic::Int128)
        } else if name == self.extra.uint128 {
            TypeSpec::Basic(Basic::UnsignedInt128)
        } else {
            TypeSpec::TypeofType(Box::new(void_pointer(token)))
        };
        read.ty = Some(ty);
    }

    /// Whether this word, which is no type, is meant to be one.
    fn looks_like_type(&self, place: Place) -> bool {
        let next = self.second();
        place == Place::Type || next.is("*") || next.kind == TokenKind::Word
    }

    /// Whether this name, with which a statement begins, is meant to be a type: `a b` or `a *b;` of an `a` that nothing is
    /// known of.
    pub(super) fn starts_unknown_type(&self) -> bool {
        if !self.at_name() || self.scopes.knows(self.token.text) {
            return false;
        }
        let mut ahead = self.ahead();
        let mut next = ahead.next();
        if next.is_some_and(|next| next.kind == TokenKind::Word) {
            return true;
        }
        let mut stars = 0;
        while next.is_some_and(|next| next.is("*")) {
            next = ahead.next();
            stars += 1;
        }
        let named = next.is_some_and(|next| next.is_name());
        let ends = |token: Token| [";", "=", ",", "["].iter().any(|sign| token.is(sign));
        stars > 0 && named && ahead.next().is_some_and(ends)
    }

    /// The type that was read, or what is missing.
    fn type_of(&mut self, start: usize, read: &mut Read) -> TypeSpec {
        if let Some(ty) = read.ty.take() {
            return ty;
        }
        if read.words == 0 {
            if read.auto {
                return TypeSpec::Auto;
            }
            self.missing("a type");
            return TypeSpec::Basic(Basic::Int);
        }
        let found = basic(read.sum);
        if found.is_none() {
            let span = self.from(start);
            self.complain(span, "these words are no type together");
        }
        TypeSpec::Basic(found.unwrap_or(Basic::Int))
    }

    /// Whether the name of a type begins here.
    pub(super) fn at_type(&mut self) -> bool {
        self.begins_type(0)
    }

    /// Whether the name of a type begins so many tokens from here.
    pub(super) fn begins_type(&mut self, mut at: usize) -> bool {
        while self.peek(at).is_word(word::EXTENSION) {
            at += 1;
        }
        let token = self.peek(at);
        token.begins_attribute(self.peek(at + 1)) || self.starts_type(token) || self.begins_unknown_type(at)
    }

    /// Whether the name there, in a place for a type or an expression, is meant to be a type: `a *)` of an `a` that nothing is
    /// known of.
    fn begins_unknown_type(&self, mut at: usize) -> bool {
        let token = self.peek(at);
        if !token.is_name() || self.scopes.knows(token.text) || !self.peek(at + 1).is("*") {
            return false;
        }
        at += 1;
        while self.peek(at).is("*") {
            at += 1;
        }
        self.peek(at).is(")")
    }

    /// `"(" inner ")"`
    pub(super) fn parenthesized<T>(&mut self, what: &str, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let open = self.token;
        if !self.expect("(") {
            return None;
        }
        let made = self.nested(inner);
        self.close(")", open, what, Within::Statement);
        made
    }
}

/// `void *`
fn void_pointer(token: Token) -> TypeName {
    let span = token.span;
    let pointer = Part::Pointer { qualifiers: Qualifiers::default(), attributes: Vec::new() };
    TypeName {
        specifiers: Specifiers {
            storage: Storage::None,
            inline: false,
            qualifiers: Qualifiers::default(),
            ty: TypeSpec::Basic(Basic::Void),
            attributes: Vec::new(),
            span,
        },
        declarator: Declarator { name: None, parts: vec![pointer], attributes: Vec::new(), span },
        span,
    }
}
