//! Tokens of C that is preprocessed already.
use osmia_base::Source;
use osmia_lang_c::{Names, Token, TokenKind, lex};

/// The tokens of a text: lines that begin with `#` are pragmas, `# kernel` is the token of that kind, and others (which say
/// where lines come from) are left out.
pub(crate) fn tokens(source: &Source, names: &mut Names) -> Vec<Token> {
    let all = lex(&source.text, 0, names);
    let mut tokens = Vec::with_capacity(all.len());
    let mut rest = all.as_slice();
    while let Some((&token, behind)) = rest.split_first() {
        if token.first && token.kind == TokenKind::Sign("#") {
            let line = behind.iter().position(|token| token.first || token.kind == TokenKind::End);
            let (line, next) = behind.split_at(line.unwrap_or(behind.len()));
            tokens.extend(directive(source, names, token, line));
            rest = next;
        } else {
            tokens.push(token);
            rest = behind;
        }
    }
    tokens
}

fn directive(source: &Source, names: &mut Names, hash: Token, line: &[Token]) -> Option<Token> {
    let word = line.first()?;
    let span = hash.span.to(line.last()?.span);
    match names.text(word.text) {
        "pragma" => {
            let text = osmia_base::Span::new(word.span.end, span.end).of(&source.text).trim().to_owned();
            Some(Token { kind: TokenKind::Pragma, text: names.add(&text), span, ..hash })
        }
        "kernel" => Some(Token { kind: TokenKind::Kernel, span, ..hash }),
        _ => None,
    }
}
