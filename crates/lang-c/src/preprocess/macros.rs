//! What a macro is, and how `#define` makes one.
use super::builtin::Builtin;
use super::piece::is;
use crate::{Name, Names, Token, TokenKind, word};
use osmia_base::{Diagnostic, Span};
use std::cell::Cell;
use std::rc::Rc;

/// A macro.
#[derive(Debug)]
pub(super) struct Macro {
    /// Its name, where it was defined.
    pub(super) name: Token,
    pub(super) form: Form,
    /// What it becomes.
    pub(super) parts: Vec<Part>,
    /// Its body as it was written.
    pub(super) body: Box<[Token]>,
    /// Whether it is being expanded, so that its name in what it became is left alone.
    pub(super) active: Cell<bool>,
}

/// How a macro is called.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// By its name.
    Object,
    /// By its name and arguments.
    Function(Params),
    /// The preprocessor's own.
    Builtin(Builtin),
}

/// The parameters of a macro.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Params {
    pub(super) names: Vec<Name>,
    /// Whether the last one takes all arguments that are left.
    pub(super) variadic: bool,
}

/// A part of what a macro becomes; tokens are as they stand in the body.
#[derive(Debug)]
pub(super) enum Part {
    Token(Token),
    /// A parameter.
    Argument(usize, Token),
    /// `#` and a parameter.
    Spelled(usize, Token),
    /// `##`
    Paste(Token),
    /// `__VA_OPT__(…)`
    Optional(Vec<Self>, Token),
    /// `#__VA_OPT__(…)`
    SpelledOptional(Vec<Self>, Token),
}

impl Part {
    /// The token that stands for it.
    pub(super) const fn token(&self) -> Token {
        match self {
            Self::Token(token)
            | Self::Argument(_, token)
            | Self::Spelled(_, token)
            | Self::Paste(token)
            | Self::Optional(_, token)
            | Self::SpelledOptional(_, token) => *token,
        }
    }
}

impl Params {
    /// Which parameter a token is.
    fn index(&self, token: &Token) -> Option<usize> {
        let word = token.kind == TokenKind::Word;
        self.names.iter().position(|&name| word && name == token.text)
    }
}

impl Macro {
    /// One of the preprocessor's own.
    pub(super) fn builtin(builtin: Builtin, name: Name) -> Self {
        let span = Span::NOWHERE;
        let name = Token { kind: TokenKind::Word, text: name, span, spaced: false, first: false };
        let active = Cell::new(false);
        Self { name, form: Form::Builtin(builtin), parts: Vec::new(), body: Box::default(), active }
    }

    /// Where its body was written.
    pub(super) fn span(&self) -> Span {
        match (self.body.first(), self.body.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::new(self.name.span.end, self.name.span.end),
        }
    }

    /// Whether another definition says the same (C11 6.10.3).
    pub(super) fn same(&self, other: &Self) -> bool {
        let spelled = |token: &Token| (token.kind, token.text);
        let blanks = |body: &[Token]| body.iter().skip(1).map(|token| token.spaced).collect::<Vec<_>>();
        self.form == other.form
            && self.body.iter().map(spelled).eq(other.body.iter().map(spelled))
            && blanks(&self.body) == blanks(&other.body)
    }
}

/// All macros that are defined, by name.
#[derive(Debug, Default)]
pub(super) struct Macros {
    by_name: Vec<Option<Rc<Macro>>>,
    /// What `#pragma push_macro` keeps.
    pub(super) kept: Vec<(Name, Option<Rc<Macro>>)>,
}

impl Macros {
    /// The macro of a name.
    pub(super) fn get(&self, name: Name) -> Option<&Rc<Macro>> {
        self.by_name.get(name.index())?.as_ref()
    }

    /// Gives a name another meaning, or none; what it was.
    pub(super) fn set(&mut self, name: Name, meaning: Option<Rc<Macro>>) -> Option<Rc<Macro>> {
        if self.by_name.len() <= name.index() {
            self.by_name.resize(name.index() + 1, None);
        }
        let place = self.by_name.get_mut(name.index())?;
        std::mem::replace(place, meaning)
    }
}

/// define = name ("(" params)? body
pub(super) fn define(line: &[Token], directive: Token, names: &Names) -> Result<Macro, Diagnostic> {
    let Some((&name, rest)) = line.split_first() else {
        return Err(Diagnostic::error(directive.span, "`#define` names no macro").hint("`#define NAME TEXT`"));
    };
    macro_name(name, names)?;
    let (form, body) = match rest.split_first() {
        Some((open, rest)) if is(open, "(") && !open.spaced => {
            let (params, body) = params(*open, rest, names)?;
            (Form::Function(params), body)
        }
        _ => (Form::Object, rest),
    };
    let parts = Body { form: &form, place: Place::Outside }.parts(body)?;
    Ok(Macro { name, form, parts, body: body.into(), active: Cell::new(false) })
}

/// Whether a token may be a macro's name.
pub(super) fn macro_name(name: Token, names: &Names) -> Result<(), Diagnostic> {
    let text = names.text(name.text);
    if name.kind != TokenKind::Word {
        return Err(Diagnostic::error(name.span, format!("`{text}` is no name, so it cannot be a macro")));
    }
    if [word::DEFINED, word::VA_ARGS, word::VA_OPT].contains(&name.text) {
        return Err(Diagnostic::error(name.span, format!("`{text}` is the preprocessor's own word")));
    }
    Ok(())
}

/// params = ")" | param ("," param)* ("..." | "," "...")? ")"
fn params<'t>(
    open: Token,
    mut rest: &'t [Token],
    names: &Names,
) -> Result<(Params, &'t [Token]), Diagnostic> {
    let mut params = Params::default();
    if let Some((close, body)) = rest.split_first()
        && is(close, ")")
    {
        return Ok((params, body));
    }
    loop {
        let (param, behind) = split(rest, open)?;
        rest = behind;
        params.push(param, names)?;
        let (mut next, behind) = split(rest, open)?;
        rest = behind;
        if is(&next, "...") && !params.variadic {
            params.variadic = true;
            (next, rest) = split(rest, open)?;
        }
        if is(&next, ")") {
            return Ok((params, rest));
        }
        if !is(&next, ",") || params.variadic {
            let text = names.text(next.text);
            let error = Diagnostic::error(next.span, format!("A `)` is missing before `{text}`"));
            return Err(error.label(open.span, "The parameters begin here"));
        }
    }
}

/// The next token of the parameters and those behind it.
fn split(tokens: &[Token], open: Token) -> Result<(Token, &[Token]), Diagnostic> {
    let error = || Diagnostic::error(open.span, "The parameters of this macro have no `)` in their line");
    tokens.split_first().map(|(&token, rest)| (token, rest)).ok_or_else(error)
}

impl Params {
    fn push(&mut self, param: Token, names: &Names) -> Result<(), Diagnostic> {
        let text = names.text(param.text);
        match param.kind {
            TokenKind::Sign("...") => {
                self.names.push(word::VA_ARGS);
                self.variadic = true;
            }
            TokenKind::Word if self.names.contains(&param.text) => {
                return Err(Diagnostic::error(param.span, format!("There are two parameters `{text}`")));
            }
            TokenKind::Word => self.names.push(param.text),
            _ => {
                return Err(Diagnostic::error(param.span, format!("`{text}` is no name of a parameter"))
                    .hint("parameters are names, and `...` for any number of arguments"));
            }
        }
        Ok(())
    }
}

/// Whether parts are within `__VA_OPT__`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Outside,
    Optional,
}

/// Who reads a body.
#[derive(Clone, Copy, Debug)]
struct Body<'a> {
    form: &'a Form,
    place: Place,
}

impl Body<'_> {
    fn parts(self, mut tokens: &[Token]) -> Result<Vec<Part>, Diagnostic> {
        let mut parts = Vec::with_capacity(tokens.len());
        while !tokens.is_empty() {
            let (part, rest) = self.part(tokens)?;
            parts.push(part);
            tokens = rest;
        }
        match (parts.first(), parts.last()) {
            (Some(Part::Paste(paste)), _) | (_, Some(Part::Paste(paste))) => {
                Err(Diagnostic::error(paste.span, "`##` stands between two tokens")
                    .hint("it makes one token of both"))
            }
            _ => Ok(parts),
        }
    }

    /// part = "##" | "#" (param | optional) | optional | param | token
    fn part(self, tokens: &[Token]) -> Result<(Part, &[Token]), Diagnostic> {
        let Some((&token, rest)) = tokens.split_first() else {
            return Err(Diagnostic::error(Span::NOWHERE, "A token is missing"));
        };
        if is(&token, "##") {
            return Ok((Part::Paste(token), rest));
        }
        let Form::Function(params) = self.form else { return Ok((Part::Token(token), rest)) };
        if is(&token, "#") {
            return self.spelled(token, params, rest);
        }
        if params.variadic && token.text == word::VA_OPT {
            let (inner, rest) = self.optional(token, rest)?;
            return Ok((Part::Optional(inner, token), rest));
        }
        let argument = params.index(&token).map(|index| Part::Argument(index, token));
        Ok((argument.unwrap_or(Part::Token(token)), rest))
    }

    /// What stands behind `#`.
    fn spelled<'t>(
        self,
        hash: Token,
        params: &Params,
        tokens: &'t [Token],
    ) -> Result<(Part, &'t [Token]), Diagnostic> {
        let error = Diagnostic::error(hash.span, "`#` stands before a parameter of the macro")
            .hint("it makes a string of the argument");
        let Some((&param, rest)) = tokens.split_first() else { return Err(error) };
        let token = Token { span: hash.span.to(param.span), ..hash };
        if params.variadic && param.text == word::VA_OPT {
            let (inner, rest) = self.optional(param, rest)?;
            return Ok((Part::SpelledOptional(inner, token), rest));
        }
        params.index(&param).map(|index| (Part::Spelled(index, token), rest)).ok_or(error)
    }

    /// optional = "__VA_OPT__" "(" part* ")"
    fn optional(self, word: Token, tokens: &[Token]) -> Result<(Vec<Part>, &[Token]), Diagnostic> {
        let fail = |text: &str| Err(Diagnostic::error(word.span, text));
        if self.place == Place::Optional {
            return fail("`__VA_OPT__` may not stand within another");
        }
        let Some((open, rest)) = tokens.split_first() else {
            return fail("`__VA_OPT__` takes tokens in parentheses");
        };
        let Some(end) = closing(rest).filter(|_| is(open, "(")) else {
            return fail("`__VA_OPT__` takes tokens in parentheses");
        };
        let (inner, rest) = rest.split_at(end);
        let inner = Self { place: Place::Optional, ..self }.parts(inner)?;
        Ok((inner, rest.get(1..).unwrap_or(&[])))
    }
}

/// The position of the `)` that belongs to a `(` before the tokens.
fn closing(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        let closes = is(token, ")") && depth == 0;
        match token.kind {
            TokenKind::Sign("(") => depth += 1,
            TokenKind::Sign(")") => depth = depth.saturating_sub(1),
            _ => {}
        }
        closes
    })
}
