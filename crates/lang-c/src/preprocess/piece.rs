//! Tokens while they are expanded.
use crate::{Token, TokenKind};

/// A token on its way through macros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) token: Token,
    /// Whether it is the name of a macro that was being expanded when it was met: it never is expanded any more.
    pub(super) painted: bool,
}

impl Piece {
    /// Whether it is this punctuator.
    pub(super) fn is(&self, sign: &str) -> bool {
        is(&self.token, sign)
    }
}

impl From<Token> for Piece {
    fn from(token: Token) -> Self {
        Self { token, painted: false }
    }
}

/// Whether a token is this punctuator.
pub(super) fn is(token: &Token, sign: &str) -> bool {
    matches!(token.kind, TokenKind::Sign(own) if own == sign)
}

/// What a body, or a part of it, became.
#[derive(Debug, Default)]
pub(super) struct Became {
    pub(super) pieces: Vec<Piece>,
    /// Whether layout goes on to what is behind it.
    pub(super) gap: bool,
}

impl Became {
    /// Takes away what only `##` needed: placemarkers, which are the end of tokens.
    pub(super) fn drop_placemarkers(&mut self) {
        let mut gap = false;
        self.pieces.retain_mut(|piece| {
            if piece.token.kind == TokenKind::End {
                gap |= piece.token.spaced;
                return false;
            }
            piece.token.spaced |= std::mem::take(&mut gap);
            true
        });
        self.gap |= gap;
    }
}
