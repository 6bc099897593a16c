//! A script as tokens, each with the comments around it.
//!
//! Attach points and C definitions are one token each. Lines that begin with `#`, and the first line if it begins with `#!`,
//! stand between tokens as comments do.
use crate::ast::Script;
use crate::lex::{Layout, Lexer, TokenKind, layout};
use osmia_base::Span;

/// What a comment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommentKind {
    /// `//` or `/* */`
    Comment,
    /// A line that begins with `#`, with what it leaves out.
    Directive,
}

/// Something between tokens that must not be lost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment<'a> {
    pub(super) text: &'a str,
    pub(super) kind: CommentKind,
    /// How many line ends there are between it and what stands before it.
    pub(super) breaks: usize,
    /// Whether the line ends behind it.
    pub(super) ends_line: bool,
}

/// A token of the formatter.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
    pub(super) kind: TokenKind,
    /// It is a C definition.
    pub(super) is_c: bool,
    /// Comments in front of it.
    pub(super) before: Vec<Comment<'a>>,
    /// Comments behind it, up to the end of its line.
    pub(super) after: Vec<Comment<'a>>,
    /// How many line ends there are between it and what stands before it.
    pub(super) breaks: usize,
    /// Where the parenthesis ends that it opens.
    pub(super) partner: u32,
}

/// What is not made of ordinary tokens.
struct Island {
    span: Span,
    is_directive: bool,
    is_c: bool,
}

/// All tokens of `text`, the end as the last; `script` is its tree.
pub(super) fn tokens<'a>(text: &'a str, script: &Script) -> Vec<Token<'a>> {
    let mut reader = Reader { text, pos: 0, islands: islands(text, script), tokens: Vec::new() };
    while reader.token() {}
    pair(&mut reader.tokens);
    reader.tokens
}

fn islands(text: &str, script: &Script) -> std::iter::Peekable<std::vec::IntoIter<Island>> {
    let preamble = &script.preamble;
    let island = |span, is_directive, is_c| Island { span, is_directive, is_c };
    let mut islands: Vec<Island> = Vec::new();
    islands.extend(shebang(text).map(|span| island(span, true, false)));
    islands.extend(preamble.directives.iter().map(|&span| island(span, true, false)));
    islands.extend(preamble.definitions.iter().map(|&span| island(span, false, true)));
    for probe in &script.probes {
        for point in &probe.points {
            let named = probe.name.as_ref().filter(|name| name.span.end + 1 == point.span.start);
            let start = named.map_or(point.span.start, |name| name.span.start);
            islands.push(island(Span::new(start, point.span.end), false, false));
        }
    }
    islands.sort_by_key(|island| island.span.start);
    islands.into_iter().peekable()
}

/// The first line, where it says which program reads the script.
fn shebang(text: &str) -> Option<Span> {
    let rest = text.trim_start();
    let start = text.len() - rest.len();
    let length = rest.find('\n').unwrap_or(rest.len());
    rest.starts_with("#!").then(|| Span::new(start as u32, (start + length) as u32))
}

struct Reader<'a> {
    text: &'a str,
    pos: usize,
    islands: std::iter::Peekable<std::vec::IntoIter<Island>>,
    tokens: Vec<Token<'a>>,
}

impl<'a> Reader<'a> {
    /// Reads one token; whether it was not the end.
    fn token(&mut self) -> bool {
        let (mut before, breaks) = self.comments();
        let trailing = trailing(&before);
        if let Some(last) = self.tokens.last_mut() {
            last.after.extend(before.drain(..trailing));
        }
        let (span, kind, is_c) = match self.island(false) {
            Some(island) => (island.span, TokenKind::Unknown, island.is_c),
            None => {
                let token = Lexer::new(self.text, self.pos).next();
                (token.span, token.kind, false)
            }
        };
        self.pos = span.end as usize;
        let text = span.of(self.text);
        self.tokens.push(Token { text, span, kind, is_c, before, after: Vec::new(), breaks, partner: 0 });
        kind != TokenKind::End
    }

    /// The island that begins here, if there is one.
    fn island(&mut self, directive: bool) -> Option<Island> {
        let pos = self.pos as u32;
        while self.islands.next_if(|island| island.span.start < pos).is_some() {}
        self.islands.next_if(|island| island.span.start == pos && island.is_directive == directive)
    }

    /// The comments up to the next token, and how many lines end between the last of them and it.
    fn comments(&mut self) -> (Vec<Comment<'a>>, usize) {
        let (mut found, mut breaks): (Vec<Comment<'a>>, usize) = (Vec::new(), 0);
        loop {
            let rest = self.text.get(self.pos..).unwrap_or("");
            let (kind, length) = match self.island(true) {
                Some(island) => (CommentKind::Directive, (island.span.end - island.span.start) as usize),
                None => match layout(rest) {
                    Some((Layout::Space | Layout::Joined, length)) => {
                        breaks += rest.bytes().take(length).filter(|&byte| byte == b'\n').count();
                        self.pos += length;
                        continue;
                    }
                    Some((_, length)) => (CommentKind::Comment, length),
                    None => break,
                },
            };
            mark_end(&mut found, breaks);
            let text = rest.get(..length).unwrap_or("").trim_end();
            found.push(Comment { text, kind, breaks, ends_line: false });
            breaks = 0;
            self.pos += length;
        }
        let at_end = self.pos >= self.text.len();
        mark_end(&mut found, breaks + usize::from(at_end));
        mark_lines(&mut found);
        (found, breaks)
    }
}

fn mark_end(found: &mut [Comment<'_>], breaks: usize) {
    if let Some(last) = found.last_mut() {
        last.ends_line = breaks > 0;
    }
}

/// Comments that share a line which ends behind them get a line each.
fn mark_lines(found: &mut [Comment<'_>]) {
    for at in (1..found.len()).rev() {
        let ends = found.get(at).is_some_and(|next| next.breaks == 0 && next.ends_line);
        if let Some(comment) = found.get_mut(at - 1) {
            comment.ends_line |= ends;
        }
    }
}

/// How many of the comments belong to what stands before them: those on its line, if it ends behind them.
fn trailing(comments: &[Comment<'_>]) -> usize {
    let same_line = |comment: &&Comment<'_>| comment.breaks == 0 && comment.kind == CommentKind::Comment;
    let count = comments.iter().take_while(same_line).count();
    let whole = count < comments.len() || comments.last().is_some_and(|last| last.ends_line);
    if whole { count } else { 0 }
}

/// Finds the end of each parenthesis.
fn pair(tokens: &mut [Token<'_>]) {
    let mut open = Vec::new();
    for index in 0..tokens.len() {
        let Some(token) = tokens.get(index) else { continue };
        match token.kind {
            TokenKind::Sign("(") => open.push(index),
            TokenKind::Sign(")") => {
                let end = token.span.start;
                if let Some(opener) = open.pop().and_then(|opener| tokens.get_mut(opener)) {
                    opener.partner = end;
                }
            }
            _ => (),
        }
    }
}

/// All comments and lines that begin with `#`, in order of their text: those at the end of a line may change places with
/// others there.
pub(super) fn comments(tokens: &[Token<'_>]) -> Vec<String> {
    let all = tokens.iter().flat_map(|token| token.before.iter().chain(&token.after));
    let mut texts: Vec<String> = all.map(|comment| comment.text.split_whitespace().collect()).collect();
    texts.sort_unstable();
    texts
}
