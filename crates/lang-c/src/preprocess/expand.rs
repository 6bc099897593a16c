//! Calls of macros (C11 6.10.3).
//!
//! What a macro became is read again with the macro switched off until all of it was read. A name that is met while its
//! macro is off is painted: it is never expanded any more, wherever it gets.
use super::limits;
use super::macros::{Form, Macro, Params};
use super::piece::{Became, Piece};
use super::state::{Frame, State};
use crate::{Token, TokenKind, word};
use osmia_base::{Diagnostic, Span};
use std::rc::Rc;

/// What a list of tokens is expanded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be read as it is.
    Plain,
    /// As an expression of `#if`, where `defined` asks for a name.
    Condition,
}

impl State<'_> {
    /// Expands the macro that a word names, so that it is read next; the word itself where it names none.
    pub(super) fn enter(&mut self, mut piece: Piece) -> Option<Piece> {
        let Some(definition) = self.macros.get(piece.token.text) else { return Some(piece) };
        if piece.painted || definition.active.get() {
            piece.painted = true;
            return Some(piece);
        }
        let definition = Rc::clone(definition);
        let (arguments, call) = match &definition.form {
            Form::Builtin(builtin) => return self.builtin(*builtin, piece),
            Form::Function(_) if !self.paren_follows() => return Some(piece),
            Form::Function(params) => self.arguments(piece.token, &definition, params)?,
            Form::Object => (Vec::new(), piece.token.span),
        };
        let became = self.substitute(&definition, arguments, call);
        self.push(became, definition, piece.token);
        None
    }

    /// Has what a macro became read next.
    fn push(&mut self, became: Became, owner: Rc<Macro>, name: Token) {
        let Became { mut pieces, gap } = became;
        self.spend(pieces.len(), name.span);
        if self.stopped {
            return;
        }
        let Some(first) = pieces.first_mut() else {
            self.carry.spaced |= name.spaced || gap;
            self.carry.first |= name.first;
            return;
        };
        first.token.spaced = name.spaced;
        first.token.first = name.first;
        owner.active.set(true);
        self.frames.push(Frame { pieces, at: 0, owner: Some(owner), gap });
    }

    /// Expands a list of tokens by itself.
    pub(super) fn expand_list(&mut self, pieces: Vec<Piece>, purpose: Purpose) -> Vec<Piece> {
        if self.depth >= limits::ARGUMENT_DEPTH {
            let at = pieces.first().map_or(Span::NOWHERE, |piece| piece.token.span);
            self.stop(Diagnostic::error(at, "Macros are called too deeply within arguments of macros"));
            return Vec::new();
        }
        if self.stopped {
            return Vec::new();
        }
        self.depth += 1;
        let floor = self.floor.replace(self.frames.len());
        let carry = std::mem::take(&mut self.carry);
        let mut out = Vec::with_capacity(pieces.len());
        self.frames.push(Frame { pieces, at: 0, owner: None, gap: false });
        loop {
            let piece = self.next();
            match piece.token.kind {
                TokenKind::End => break,
                TokenKind::Word if purpose == Purpose::Condition && piece.token.text == word::DEFINED => {
                    out.push(self.defined(piece.token).into());
                }
                TokenKind::Word => out.extend(self.enter(piece)),
                _ => out.push(piece),
            }
        }
        self.carry = carry;
        self.floor = floor;
        self.depth -= 1;
        out
    }

    /// defined = "defined" (name | "(" name ")")
    fn defined(&mut self, word: Token) -> Token {
        let mut name = self.next();
        let open = name.is("(");
        if open {
            name = self.next();
        }
        let closed = !open || self.next().is(")");
        if name.token.kind != TokenKind::Word || !closed {
            let error = Diagnostic::error(word.span, "`defined` asks for the name of a macro");
            self.report(error.hint("`defined NAME` or `defined(NAME)`"));
        }
        let text = if self.macros.get(name.token.text).is_some() { "1" } else { "0" };
        self.made(TokenKind::Number, text, word)
    }

    /// The arguments of a call, and where the whole call stands.
    fn arguments(
        &mut self,
        name: Token,
        definition: &Macro,
        params: &Params,
    ) -> Option<(Vec<Vec<Piece>>, Span)> {
        self.next();
        let mut arguments = vec![Vec::new()];
        let mut depth = 0_usize;
        let end = loop {
            let piece = self.argument_piece();
            match piece.token.kind {
                TokenKind::End => {
                    self.unclosed(name, definition);
                    return None;
                }
                TokenKind::Sign(")") if depth == 0 => break piece.token.span,
                TokenKind::Sign(",")
                    if depth == 0 && !(params.variadic && arguments.len() >= params.names.len()) =>
                {
                    arguments.push(Vec::new());
                    continue;
                }
                TokenKind::Sign("(") => depth += 1,
                TokenKind::Sign(")") => depth -= 1,
                _ => {}
            }
            if let Some(last) = arguments.last_mut() {
                last.push(piece);
            }
        };
        let call = self.join(name.span, end);
        self.spend(arguments.iter().map(|argument| argument.len() + 1).sum(), call);
        self.counted(arguments, definition, params, call).map(|arguments| (arguments, call))
    }

    /// The next token of an argument; line ends are blanks there.
    fn argument_piece(&mut self) -> Piece {
        let mut piece = self.next();
        piece.token.spaced |= piece.token.first;
        piece.token.first = false;
        if piece.token.kind == TokenKind::Word {
            piece.painted |= self.macros.get(piece.token.text).is_some_and(|named| named.active.get());
        }
        piece
    }

    fn unclosed(&mut self, name: Token, definition: &Macro) {
        let text = format!("This call of the macro `{}` has no `)`", self.names.text(name.text));
        self.report(
            Diagnostic::error(name.span, text).label(definition.name.span, "The macro is defined here"),
        );
    }

    /// The arguments if there are as many as parameters, or what is wrong with their number. Those for `...` may be
    /// missing, which is something else than empty.
    fn counted(
        &mut self,
        arguments: Vec<Vec<Piece>>,
        definition: &Macro,
        params: &Params,
        call: Span,
    ) -> Option<Vec<Vec<Piece>>> {
        let wanted = params.names.len();
        let least = if params.variadic { wanted.saturating_sub(1) } else { wanted };
        if least == 0 && arguments.len() == 1 && arguments.iter().all(Vec::is_empty) {
            return Some(Vec::new());
        }
        if (least..=wanted).contains(&arguments.len()) {
            return Some(arguments);
        }
        let given = arguments.len();
        let name = self.names.text(definition.name.text);
        let at_least = if params.variadic { "at least " } else { "" };
        let arguments = if least == 1 { "argument" } else { "arguments" };
        let are = if given == 1 { "is" } else { "are" };
        let text = format!("The macro `{name}` takes {at_least}{least} {arguments}, but {given} {are} given");
        let error = Diagnostic::error(call, text).label(definition.name.span, "It is defined here");
        self.report(match given > least && least > 0 {
            true => error.hint("a comma within an argument stands in parentheses"),
            false => error,
        });
        None
    }
}
