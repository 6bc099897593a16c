//! What a macro becomes: its body with the arguments in it, `#` and `##` carried out (C11 6.10.3.1 to 6.10.3.3).
use super::expand::Purpose;
use super::macros::{Form, Macro, Part};
use super::piece::{Became, Piece};
use super::reading::end;
use super::state::State;
use crate::lex::lex_one;
use crate::{Names, Token, TokenKind};
use osmia_base::{Diagnostic, Span};

/// A call of a macro.
#[derive(Debug)]
struct Call<'m> {
    definition: &'m Macro,
    arguments: Vec<Vec<Piece>>,
    /// The arguments expanded, where that was asked for.
    expanded: Vec<Option<Vec<Piece>>>,
    /// The body, and the first address of its copy.
    body: Span,
    base: u32,
}

impl Call<'_> {
    /// A span of the body, in its copy.
    const fn copy(&self, span: Span) -> Span {
        let start = self.base.saturating_add(span.start.saturating_sub(self.body.start));
        Span::new(start, start.saturating_add(span.end.saturating_sub(span.start)))
    }

    /// The number of the parameter that takes all arguments that are left.
    fn rest(&self) -> Option<usize> {
        match &self.definition.form {
            Form::Function(params) if params.variadic => params.names.len().checked_sub(1),
            _ => None,
        }
    }
}

impl State<'_> {
    /// What a call becomes.
    pub(super) fn substitute(
        &mut self,
        definition: &Macro,
        arguments: Vec<Vec<Piece>>,
        call: Span,
    ) -> Became {
        if definition.parts.is_empty() {
            return Became::default();
        }
        let body = definition.span();
        let base = self.add_expansion(body, call);
        let expanded = vec![None; arguments.len()];
        let mut call = Call { definition, arguments, expanded, body, base };
        let mut became = self.parts(&mut call, &definition.parts);
        became.drop_placemarkers();
        became
    }

    /// What parts of a body become, in order. An empty operand of `##` is a placemarker: the end of tokens.
    fn parts(&mut self, call: &mut Call<'_>, parts: &[Part]) -> Became {
        let mut out: Vec<Piece> = Vec::with_capacity(parts.len());
        let mut gap = false;
        let mut left: Option<Span> = None;
        let mut paste = false;
        for (number, part) in parts.iter().enumerate() {
            let token = part.token();
            if let Part::Paste(_) = part {
                paste = true;
                continue;
            }
            gap |= number > 0 && !paste && token.spaced;
            let beside = paste || matches!(parts.get(number + 1), Some(Part::Paste(_)));
            let from = out.len();
            let comma = paste && out.last().is_some_and(|last| last.is(","));
            match part {
                Part::Argument(index, _) if comma && call.rest() == Some(*index) => {
                    // No arguments take the comma away, and others are left as they are.
                    match call.arguments.get(*index) {
                        Some(argument) => out.extend(argument),
                        None => drop(out.pop()),
                    }
                    (paste, gap) = (false, false);
                    continue;
                }
                _ => self.part(call, part, beside, &mut out),
            }
            if beside && out.len() == from {
                let placemarker = end(call.copy(token.span));
                out.push(Token { first: false, ..placemarker }.into());
            }
            if let Some(first) = out.get_mut(from) {
                first.token.spaced = gap;
                gap = false;
            }
            if paste {
                let span = call.copy(left.unwrap_or(token.span).to(token.span));
                self.paste(&mut out, from, span);
            }
            left = Some(token.span);
            paste = false;
        }
        Became { pieces: out, gap }
    }

    /// Puts what one part becomes behind `out`.
    fn part(&mut self, call: &mut Call<'_>, part: &Part, beside: bool, out: &mut Vec<Piece>) {
        let span = call.copy(part.token().span);
        match part {
            Part::Token(token) => out.push(Token { span, ..*token }.into()),
            Part::Paste(_) => {}
            Part::Argument(index, _) if beside => {
                out.extend(call.arguments.get(*index).into_iter().flatten())
            }
            Part::Argument(index, _) => out.extend(self.expanded(call, *index)),
            Part::Spelled(index, token) => {
                let text = spelled(call.arguments.get(*index).map_or(&[], Vec::as_slice), self.names);
                out.push(self.string(&text, Token { span, ..*token }));
            }
            Part::Optional(inner, _) => out.extend(self.optional(call, inner).pieces),
            Part::SpelledOptional(inner, token) => {
                let mut became = self.optional(call, inner);
                became.drop_placemarkers();
                let text = spelled(&became.pieces, self.names);
                out.push(self.string(&text, Token { span, ..*token }));
            }
        }
    }

    /// What an argument becomes when it is expanded by itself.
    fn expanded<'c>(&mut self, call: &'c mut Call<'_>, index: usize) -> &'c [Piece] {
        let (Some(argument), Some(place)) = (call.arguments.get(index), call.expanded.get_mut(index)) else {
            return &[];
        };
        let named = |piece: &Piece| self.macros.get(piece.token.text).is_some();
        if !argument.iter().any(named) {
            return argument;
        }
        place.get_or_insert_with(|| self.expand_list(argument.clone(), Purpose::Plain))
    }

    /// What stands in `__VA_OPT__`, if there are arguments for `...`.
    fn optional(&mut self, call: &mut Call<'_>, inner: &[Part]) -> Became {
        match call.rest() {
            Some(rest) if !inner.is_empty() && !self.expanded(call, rest).is_empty() => {
                self.parts(call, inner)
            }
            _ => Became::default(),
        }
    }

    /// Makes one token of those before and at a position.
    fn paste(&mut self, out: &mut Vec<Piece>, from: usize, span: Span) {
        let Some(before) = from.checked_sub(1) else { return };
        let (Some(&left), Some(&right)) = (out.get(before), out.get(from)) else { return };
        let made = match (left.token.kind, right.token.kind) {
            (_, TokenKind::End) => left,
            (TokenKind::End, _) => {
                let token = Token { spaced: left.token.spaced, first: left.token.first, ..right.token };
                Piece { token, ..right }
            }
            _ => match self.pasted(left.token, right.token, span) {
                Some(token) => token.into(),
                None => return,
            },
        };
        out.remove(from);
        if let Some(place) = out.get_mut(before) {
            *place = made;
        }
    }

    fn pasted(&mut self, left: Token, right: Token, span: Span) -> Option<Token> {
        let text = [self.names.text(left.text), self.names.text(right.text)].concat();
        self.spell(text.len(), span);
        let made = lex_one(&text, self.names);
        if made.is_none() {
            let text = format!("`##` makes `{text}` here, which is no token");
            self.report(Diagnostic::error(span, text).hint("tokens beside one another need no `##`"));
        }
        made.map(|token| Token { span, spaced: left.spaced, first: left.first, ..token })
    }

    fn string(&mut self, text: &str, like: Token) -> Piece {
        self.spell(text.len(), like.span);
        self.made(TokenKind::Text, text, like).into()
    }
}

/// The string literal that spells tokens (C11 6.10.3.2).
fn spelled(pieces: &[Piece], names: &Names) -> String {
    let mut out = String::from('"');
    for (number, Piece { token, .. }) in pieces.iter().enumerate() {
        if token.spaced && number > 0 {
            out.push(' ');
        }
        let text = names.text(token.text);
        match token.kind {
            TokenKind::Text | TokenKind::Char => out.extend(text.chars().flat_map(escaped)),
            _ => out.push_str(text),
        }
    }
    let backslashes = out.bytes().rev().take_while(|&byte| byte == b'\\').count();
    if backslashes % 2 == 1 {
        out.pop();
    }
    out.push('"');
    out
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c])
}
