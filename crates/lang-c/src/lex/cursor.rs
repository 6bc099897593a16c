//! The bytes of a text, with the lines that a backslash joins read as one.

/// A place in a text, and where the token began that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    start: usize,
    /// Whether lines were joined within the token.
    joined: bool,
}

/// What stands between two tokens.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    /// Anything at all.
    pub(super) blanks: bool,
    /// The end of a line.
    pub(super) lines: bool,
    /// A comment begins here that has no end.
    pub(super) open_comment: bool,
}

impl<'a> Cursor<'a> {
    /// At the begin of a text, behind its byte order mark.
    pub(super) fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, bytes: text.as_bytes(), at, start: at, joined: false }
    }

    /// How many bytes were read.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// A token begins here.
    pub(super) fn start(&mut self) {
        self.at = self.place();
        self.start = self.at;
        self.joined = false;
    }

    /// Where the token lies.
    pub(super) const fn range(&self) -> (usize, usize) {
        (self.start, self.at)
    }

    /// Where the next byte is, behind joined lines.
    fn place(&self) -> usize {
        self.behind_joins(self.at)
    }

    fn behind_joins(&self, mut at: usize) -> usize {
        while self.bytes.get(at) == Some(&b'\\') {
            let rest = self.bytes.get(at + 1..).unwrap_or(&[]);
            let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
            if rest.get(blanks) != Some(&b'\n') {
                break;
            }
            at += blanks + 2;
        }
        at
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        match self.bytes.get(self.at) {
            Some(b'\\') => self.bytes.get(self.place()).copied(),
            byte => byte.copied(),
        }
    }

    /// The next four bytes, zeros behind the end.
    pub(super) fn ahead(&self) -> [u8; 4] {
        let mut at = self.at;
        [(); 4].map(|()| {
            at = self.behind_joins(at);
            let byte = self.bytes.get(at).copied();
            at += 1;
            byte.unwrap_or(0)
        })
    }

    /// Goes behind the next byte.
    pub(super) fn bump(&mut self) {
        let place = self.place();
        self.joined |= place != self.at;
        self.at = (place + 1).min(self.bytes.len());
    }

    /// Goes behind some bytes.
    pub(super) fn take(&mut self, count: usize) {
        for _ in 0..count {
            self.bump();
        }
    }

    /// Goes to the end of the text.
    pub(super) const fn take_rest(&mut self) {
        self.at = self.bytes.len();
    }

    /// The letter or digit that is next.
    pub(super) fn letter(&self) -> Option<char> {
        let next = self.text.get(self.place()..)?.chars().next()?;
        (next.is_alphanumeric() || matches!(next, '_' | '$')).then_some(next)
    }

    /// Goes behind the next character.
    pub(super) fn bump_letter(&mut self) {
        let next = self.text.get(self.place()..).and_then(|rest| rest.chars().next());
        self.take(next.map_or(1, char::len_utf8));
    }

    /// Goes behind all letters and digits.
    pub(super) fn take_word(&mut self) {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or(&[]);
            self.at += rest.iter().take_while(|&&byte| is_word(byte)).count();
            match self.peek() {
                Some(byte) if is_word(byte) => self.bump(),
                Some(0x80..) if self.letter().is_some() => self.bump_letter(),
                _ => return,
            }
        }
    }

    /// Calls with the token's text, its lines joined.
    pub(super) fn with_spelling<T>(&self, call: impl FnOnce(&str) -> T) -> T {
        let text = self.text.get(self.start..self.at).unwrap_or("");
        if !self.joined {
            return call(text.trim_end_matches('\r'));
        }
        let mut at = self.start;
        let mut bytes = Vec::new();
        loop {
            at = self.behind_joins(at);
            if at >= self.at {
                return call(&String::from_utf8_lossy(&bytes));
            }
            bytes.extend(self.bytes.get(at));
            at += 1;
        }
    }

    /// Goes behind blanks, line ends and comments.
    pub(super) fn layout(&mut self) -> Layout {
        let mut layout = Layout::default();
        loop {
            match self.bytes.get(self.at) {
                Some(b'\n') => layout.lines = true,
                Some(b' ' | b'\t' | b'\r' | 0x0b | 0x0c) => {}
                Some(b'/') => match self.ahead() {
                    [_, b'/', ..] => self.line_comment(),
                    [_, b'*', ..] if !self.block_comment() => {
                        layout.open_comment = true;
                        return layout;
                    }
                    [_, b'*', ..] => {}
                    _ => return layout,
                },
                Some(b'\\') if self.place() != self.at => {
                    self.at = self.place();
                    continue;
                }
                _ => return layout,
            }
            layout.blanks = true;
            // Comments stop at their last byte.
            self.at += 1;
        }
    }

    /// Goes to the byte before the line's end.
    fn line_comment(&mut self) {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or(&[]);
            self.at += rest.iter().take_while(|&&byte| byte != b'\n' && byte != b'\\').count();
            match self.bytes.get(self.at) {
                Some(b'\\') => self.at = (self.at + 1).max(self.place()),
                _ => break,
            }
        }
        self.at -= 1;
    }

    /// Goes to the last byte of a comment; stays where it has no end.
    fn block_comment(&mut self) -> bool {
        let mut at = self.behind_joins(self.behind_joins(self.at) + 1) + 1;
        loop {
            let rest = self.bytes.get(at..).unwrap_or(&[]);
            let Some(star) = rest.iter().position(|&byte| byte == b'*') else { return false };
            let end = self.behind_joins(at + star + 1);
            if self.bytes.get(end) == Some(&b'/') {
                self.at = end;
                return true;
            }
            at += star + 1;
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}
