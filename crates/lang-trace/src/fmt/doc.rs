//! What is to be printed, and where its lines may break: Wadler's documents.
//!
//! A document knows how wide it is on one line, and whether it can be on one line at all. The printer decides from that
//! alone, so its time grows with the length of the text.

/// A piece of a document.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// Words as they are.
    Text(&'a str),
    /// A space, or the end of the line where the group around it does not fit.
    Line,
    /// What follows begins a line.
    Hard,
    /// What follows begins a line, and an empty line is in front of it.
    Blank,
    /// A comment between words, with a space on each side where one looks well.
    Comment(&'a str),
    /// A comment that ends the line, whatever else still comes on it.
    Suffix(&'a str),
    /// A comment on lines of its own.
    Own(&'a str),
    /// A line that begins at the margin.
    Margin(&'a str),
    /// Lines in it begin so much farther to the right.
    Nest(usize, Doc<'a>),
    /// Lines in it begin where it begins.
    Align(Doc<'a>),
    /// Either all its line breaks are used or none.
    Group(Doc<'a>),
    /// Items between brackets.
    Items(Items<'a>),
}

/// Items with commas between them. They stand side by side as far as they fit, below the first of them; on lines of
/// their own where one of them is too wide for that.
#[derive(Debug)]
pub(super) struct Items<'a> {
    pub(super) doc: Doc<'a>,
    /// The widest of them.
    pub(super) widest: usize,
    /// A comment stands behind the bracket.
    pub(super) own_lines: bool,
}

/// A document.
#[derive(Debug, Default)]
pub(super) struct Doc<'a> {
    pub(super) parts: Vec<Part<'a>>,
    /// How wide it is on one line.
    pub(super) width: usize,
    /// It holds something that ends a line.
    pub(super) forced: bool,
}

impl<'a> Doc<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::default().with(Part::Text(text))
    }

    /// With one more piece at its end.
    pub(super) fn with(mut self, part: Part<'a>) -> Self {
        self.push(part);
        self
    }

    /// With words at its end.
    pub(super) fn say(self, text: &'a str) -> Self {
        self.with(Part::Text(text))
    }

    /// With all of `other` at its end.
    pub(super) fn then(mut self, other: Self) -> Self {
        self.append(other);
        self
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.parts.append(&mut other.parts);
        self.width += other.width;
        self.forced |= other.forced;
    }

    pub(super) fn push(&mut self, part: Part<'a>) {
        let (width, forced) = part.extent();
        self.width += width;
        self.forced |= forced;
        self.parts.push(part);
    }

    pub(super) fn group(self) -> Self {
        Self::default().with(Part::Group(self))
    }

    pub(super) fn nest(self, by: usize) -> Self {
        Self::default().with(Part::Nest(by, self))
    }

    pub(super) fn align(self) -> Self {
        Self::default().with(Part::Align(self))
    }
}

impl Part<'_> {
    /// How wide it is on one line, and whether it ends one.
    fn extent(&self) -> (usize, bool) {
        match self {
            Self::Text(text) => (text.chars().count(), text.contains('\n')),
            Self::Comment(text) => (text.chars().count() + 2, text.contains('\n')),
            Self::Line => (1, false),
            Self::Suffix(_) => (0, false),
            Self::Hard | Self::Blank | Self::Own(_) | Self::Margin(_) => (0, true),
            Self::Nest(_, doc) | Self::Align(doc) | Self::Group(doc) | Self::Items(Items { doc, .. }) => {
                (doc.width, doc.forced)
            }
        }
    }
}
