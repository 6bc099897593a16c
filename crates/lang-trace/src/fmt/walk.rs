//! The walk along the tokens. The tree says what a token means; each is printed where the walk comes to it, with the
//! comments around it, so that none is lost.
use super::doc::{Doc, Items, Part};
use super::print::INDENT;
use super::tokens::{Comment, CommentKind, Token};
use crate::lex::TokenKind;

/// Where the walk is.
pub(super) struct Walk<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    /// The tokens are not what the tree says.
    pub(super) lost: bool,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(tokens: Vec<Token<'a>>) -> Self {
        Self { tokens, at: 0, lost: false }
    }

    pub(super) fn token(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    pub(super) fn second(&self) -> &'a str {
        self.tokens.get(self.at + 1).map_or("", |token| token.text)
    }

    /// The next token's text.
    pub(super) fn text(&self) -> &'a str {
        self.token().map_or("", |token| token.text)
    }

    pub(super) fn at(&self, text: &str) -> bool {
        self.text() == text && !self.at_end()
    }

    pub(super) fn at_end(&self) -> bool {
        self.token().is_none_or(|token| token.kind == TokenKind::End)
    }

    /// Where the next token begins.
    pub(super) fn start(&self) -> u32 {
        self.token().map_or(u32::MAX, |token| token.span.start)
    }

    /// Whether comments stand in front of the next token.
    pub(super) fn commented(&self) -> bool {
        self.token().is_some_and(|token| !token.before.is_empty())
    }

    /// Whether comments stand behind the token that was taken last.
    fn was_commented(&self) -> bool {
        self.at
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last))
            .is_some_and(|last| !last.after.is_empty())
    }

    /// Takes the next token, with its comments.
    pub(super) fn take(&mut self) -> Doc<'a> {
        let Some(token) = self.tokens.get_mut(self.at).filter(|token| token.kind != TokenKind::End) else {
            self.lost = true;
            return Doc::default();
        };
        let (text, before) = (token.text, std::mem::take(&mut token.before));
        let mut doc = Doc::default();
        for comment in before {
            doc.append(in_front(comment));
        }
        doc.push(Part::Text(text));
        for comment in &token.after {
            doc.push(Part::Suffix(comment.text));
        }
        self.at += 1;
        doc
    }

    /// Takes this token.
    pub(super) fn expect(&mut self, text: &str) -> Doc<'a> {
        if !self.at(text) {
            self.lost = true;
            return Doc::default();
        }
        self.take()
    }

    /// Takes this token if it is there.
    pub(super) fn eat(&mut self, text: &str) -> Doc<'a> {
        if self.at(text) { self.take() } else { Doc::default() }
    }

    /// All tokens up to `end`, with spaces between them.
    pub(super) fn words_until(&mut self, end: u32) -> Doc<'a> {
        let mut doc = Doc::default();
        while self.start() < end && !self.lost {
            if !doc.parts.is_empty() {
                doc.push(Part::Text(" "));
            }
            doc.append(self.take());
        }
        doc
    }

    /// Passes over `;`s that need not be there.
    pub(super) fn drop_semicolons(&mut self) -> Doc<'a> {
        let mut doc = Doc::default();
        while self.at(";") {
            doc.append(self.drop_token());
        }
        doc
    }

    /// Passes over a token that needs not be there; its comments stay.
    pub(super) fn drop_token(&mut self) -> Doc<'a> {
        let mut doc = Doc::default();
        let Some(token) = self.tokens.get_mut(self.at) else { return doc };
        let mut moved = std::mem::take(&mut token.before);
        let after = std::mem::take(&mut token.after);
        if token.breaks == 0 && moved.is_empty() {
            for comment in after {
                doc.push(Part::Suffix(comment.text));
            }
        } else {
            let breaks = token.breaks;
            moved.extend(after.into_iter().map(|comment| Comment { breaks, ends_line: true, ..comment }));
        }
        self.at += 1;
        if let Some(next) = self.tokens.get_mut(self.at) {
            next.before.splice(0..0, moved);
        }
        doc
    }

    /// Goes to a line of its own, with an empty one in front of it where there was one, unless it is the `first` of its
    /// block; and takes the comments in front of the next token.
    pub(super) fn lead(&mut self, first: bool) -> Doc<'a> {
        let Some(token) = self.tokens.get_mut(self.at) else { return Doc::default() };
        let (comments, mut breaks) = (std::mem::take(&mut token.before), token.breaks);
        let nothing_follows = self.at("}") || self.at_end();
        let (mut doc, mut first, mut line_goes_on) = (Doc::default(), first, false);
        for comment in comments {
            if !line_goes_on {
                doc.push(line_break(comment.breaks, first));
            }
            let ends_line = comment.ends_line || nothing_follows;
            doc.append(in_front(Comment { ends_line, ..comment }));
            (first, line_goes_on) = (false, !ends_line);
        }
        if line_goes_on {
            return doc;
        }
        if nothing_follows {
            breaks = 0;
        }
        doc.with(line_break(breaks, first))
    }

    /// `open item, item, … close`, with or without a comma at the end. A format stands alone on its line, unless all else
    /// fits there too.
    pub(super) fn items(
        &mut self,
        open: &'static str,
        close: &'static str,
        mut item: impl FnMut(&mut Self) -> Doc<'a>,
    ) -> Doc<'a> {
        let doc = self.expect(open);
        let own_lines = self.was_commented();
        let format = self.token().is_some_and(|token| token.kind == TokenKind::Str);
        let (mut inner, mut widest, mut count) = (Doc::default(), 0, 0);
        while !self.at(close) && !self.lost && !self.at_end() {
            let mut next = item(self);
            let more = self.at(",");
            next.append(self.eat(","));
            widest = widest.max(next.width);
            inner.append(match count {
                0 => next,
                1 if format => Doc::default().with(Part::Line).then(next),
                _ => Doc::default().with(Part::Line).then(next).group(),
            });
            count += 1;
            if !more {
                break;
            }
        }
        if count == 0 {
            return doc.then(self.expect(close));
        }
        let items = Items { doc: inner.group(), widest, own_lines };
        doc.with(Part::Items(items)).then(self.expect(close))
    }

    /// The inside of braces: `inner` is all that stands there, each part beginning its line.
    pub(super) fn braces(&mut self, inner: impl FnOnce(&mut Self) -> Doc<'a>) -> Doc<'a> {
        let open = self.expect("{");
        let mut inner = inner(self);
        let first = inner.parts.is_empty();
        inner.append(self.drop_semicolons());
        if self.commented() {
            inner.append(self.lead(first));
        }
        if inner.parts.is_empty() {
            return open.then(self.expect("}"));
        }
        open.then(inner.with(Part::Hard).nest(INDENT)).with(Part::Hard).then(self.expect("}"))
    }
}

/// How a line begins that `breaks` line ends are in front of.
fn line_break<'a>(breaks: usize, first: bool) -> Part<'a> {
    if breaks > 1 && !first { Part::Blank } else { Part::Hard }
}

/// A comment in front of a token.
fn in_front(comment: Comment<'_>) -> Doc<'_> {
    match comment.kind {
        CommentKind::Directive => Doc::default().with(Part::Margin(comment.text)),
        CommentKind::Comment if comment.ends_line => Doc::default().with(Part::Own(comment.text)),
        CommentKind::Comment => Doc::default().with(Part::Comment(comment.text)),
    }
}
