//! Texts that are read once because all that is in them stands within `#ifndef NAME`.
use super::piece::is;
use crate::{Name, Token, TokenKind, word};

/// The macro whose definition makes a text empty.
pub(super) fn guard(tokens: &[Token]) -> Option<Name> {
    let (name, mut rest) = opening(tokens)?;
    let mut depth = 1_usize;
    loop {
        let at = rest.iter().position(|token| token.first && is(token, "#"))?;
        rest = rest.get(at + 1..)?;
        let directive = rest.first().filter(|token| !token.first && token.kind == TokenKind::Word);
        match directive.map(|token| token.text) {
            Some(word::IF | word::IFDEF | word::IFNDEF) => depth += 1,
            Some(word::ELSE | word::ELIF | word::ELIFDEF | word::ELIFNDEF) if depth == 1 => return None,
            Some(word::ENDIF) if depth == 1 => {
                let end = rest.iter().find(|token| token.first || token.kind == TokenKind::End)?;
                return (end.kind == TokenKind::End).then_some(name);
            }
            Some(word::ENDIF) => depth -= 1,
            _ => {}
        }
    }
}

/// opening = "#" ("ifndef" name | "if" "!" "defined" (name | "(" name ")"))
fn opening(tokens: &[Token]) -> Option<(Name, &[Token])> {
    let (hash, rest) = tokens.split_first()?;
    let end = rest.iter().position(|token| token.first || token.kind == TokenKind::End)?;
    let (line, rest) = rest.split_at(end);
    let name = match line {
        [directive, name] if directive.text == word::IFNDEF => name,
        [directive, not, defined, name]
            if directive.text == word::IF && is(not, "!") && defined.text == word::DEFINED =>
        {
            name
        }
        [directive, not, defined, _, name, _]
            if directive.text == word::IF && is(not, "!") && defined.text == word::DEFINED =>
        {
            name
        }
        _ => return None,
    };
    (is(hash, "#") && name.kind == TokenKind::Word).then_some((name.text, rest))
}
