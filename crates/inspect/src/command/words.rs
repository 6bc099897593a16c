//! The words of a command, read from left to right.
use super::{Done, Failure};
use crate::{Handle, InspectError, Subject};

/// What is left of the words of a command.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The word before.
    last: &'a str,
    left: &'a [String],
}

impl<'a> Words<'a> {
    /// The words that follow another.
    pub const fn of(last: &'a str, left: &'a [String]) -> Self {
        Self { last, left }
    }

    /// All that are left.
    pub const fn left(&self) -> &'a [String] {
        self.left
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Whether they come right behind that word.
    pub fn follow(&self, word: &str) -> bool {
        self.last == word
    }

    /// The next word, which stays.
    pub fn peek(&self) -> Option<&'a str> {
        self.left.first().map(String::as_str)
    }

    /// The next word.
    pub fn word(&mut self) -> Option<&'a str> {
        let (first, rest) = self.left.split_first()?;
        (self.last, self.left) = (first, rest);
        Some(first)
    }

    /// The next word; an error that names what is missing.
    pub fn need(&mut self, what: &str) -> Result<&'a str, Failure> {
        let last = self.last;
        self.word().ok_or_else(|| Failure::words(format!("expected {what} after '{last}'")))
    }

    /// The next word if it is the beginning of this one.
    pub fn take(&mut self, keyword: &str) -> bool {
        let is = self.peek().is_some_and(|word| keyword.starts_with(word));
        if is {
            self.word();
        }
        is
    }

    /// The first of these keywords that the next word begins; an error that names them all.
    pub fn choose<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<T, Failure> {
        let word = self.need(&listed(choices))?;
        let found = choices.iter().find(|(keyword, _)| keyword.starts_with(word));
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| Failure::words(format!("expected {}, got: '{word}'", listed(choices))))
    }

    /// An error where fewer words are left than a command has at least.
    pub fn at_least(&self, count: usize) -> Done {
        let found = self.left.len();
        if found >= count {
            return Ok(());
        }
        // bpftool gives the number of the kernel's error for wrong arguments.
        Err(Failure::with(
            format!("'{}' needs at least {count} arguments, {found} found", self.last),
            osmia_sys::Errno::EINVAL,
        ))
    }

    /// An error where a word is left.
    pub fn end(&self) -> Done {
        self.peek().map_or(Ok(()), |word| Err(stray(word)))
    }

    /// A handle.
    pub fn handle(&mut self, subject: Subject) -> Result<Handle, Failure> {
        if self.left.is_empty() {
            return Err(InspectError::NoHandle(subject, String::new()).into());
        }
        let (handle, left) = Handle::parse(subject, self.left)?;
        let used = self.left.len().saturating_sub(left.len());
        self.last = used.checked_sub(1).and_then(|at| self.left.get(at)).map_or(self.last, String::as_str);
        self.left = left;
        Ok(handle)
    }

    /// A number as C reads it: decimal, `0x` hexadecimal or `0` octal.
    pub fn number(&mut self, what: &str) -> Result<u32, Failure> {
        let word = self.need(what)?;
        crate::handle::number(word).ok_or_else(|| Failure::words(format!("can't parse {word} as {what}")))
    }
}

/// What bpftool says of a word that means nothing where it stands.
pub(super) fn stray(word: &str) -> Failure {
    Failure::words(format!("what is '{word}'?"))
}

/// `'a', 'b' or 'c'`
fn listed<T>(choices: &[(&str, T)]) -> String {
    let mut text = String::new();
    for (place, (keyword, _)) in choices.iter().enumerate() {
        text += match place {
            0 => "",
            _ if place + 1 == choices.len() => " or ",
            _ => ", ",
        };
        text += &format!("'{keyword}'");
    }
    text
}
